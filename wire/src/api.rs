//! Kafka's APIs as a table: key, name, versions, and who answers.
//!
//! The versions are those of Apache Kafka 4.1 (`ApiMessageType`); what came later and an administrator needs has
//! a name and a header here and its layout in [`crate::newer`]. Which of them a handler honours, and so
//! which are advertised, is decided where the handlers are, never beyond what stands here.

pub use kafka_protocol::messages::ApiKey;

use crate::primitives::{DecodeError, Decoded};

/// What Kafka 4.1 says about one API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiRow {
    /// The number on the wire.
    pub key: i16,
    /// Kafka's name of the API.
    pub name: &'static str,
    /// Lowest valid version.
    pub min: i16,
    /// Highest stable version, inclusive; below `min` if every version is unstable. A version above, marked
    /// `latestVersionUnstable` in Kafka, is neither served nor sent.
    pub max: i16,
    /// First version with compact lengths, tagged fields and the longer headers (KIP-482).
    pub first_flexible: Option<i16>,
    /// Whether a broker's listener answers it.
    pub broker: bool,
    /// Whether a controller's listener answers it.
    pub controller: bool,
    /// Whether a broker passes it on to the active controller (KIP-590).
    pub forwardable: bool,
}

impl ApiRow {
    /// Whether `version` is a stable version.
    pub fn has_version(&self, version: i16) -> bool {
        (self.min..=self.max).contains(&version)
    }

    /// Whether `version` uses compact lengths and tagged fields.
    pub fn is_flexible(&self, version: i16) -> bool {
        self.first_flexible.is_some_and(|first| version >= first)
    }
}

/// Finds an API by its key.
pub fn row(key: i16) -> Option<&'static ApiRow> {
    ROWS.binary_search_by_key(&key, |row| row.key).ok().map(|index| &ROWS[index])
}

/// Finds an API and checks that the version is one of its stable versions.
pub fn row_of_version(key: i16, version: i16) -> Decoded<&'static ApiRow> {
    let row = row(key).ok_or(DecodeError::Api { key })?;
    if row.has_version(version) { Ok(row) } else { Err(DecodeError::Version { key, version }) }
}

/// All APIs, ascending by key.
pub fn rows() -> &'static [ApiRow] {
    ROWS
}

/// Who answers an API.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Served {
    Broker,
    Controller,
    Both,
    /// Both listeners, and a broker passes it on.
    Forwarded,
    /// A controller's listener, to which a broker passes it on for itself.
    ControllerForwarded,
}

type Line = (i16, &'static str, i16, i16, i16, Served);

const fn api(line: Line) -> ApiRow {
    let (key, name, min, max, first_flexible, served) = line;
    let first_flexible = if first_flexible < 0 { None } else { Some(first_flexible) };
    let broker = matches!(served, Served::Broker | Served::Both | Served::Forwarded);
    let controller = !matches!(served, Served::Broker);
    let forwardable = matches!(served, Served::Forwarded | Served::ControllerForwarded);
    ApiRow { key, name, min, max, first_flexible, broker, controller, forwardable }
}

use Served::{Both, Broker, Controller, ControllerForwarded, Forwarded};

/// Key, name, lowest and highest stable version, first flexible version (-1: none), who answers.
const ROWS: &[ApiRow] = &[
    api((0, "Produce", 3, 13, 9, Broker)),
    api((1, "Fetch", 4, 18, 12, Both)),
    api((2, "ListOffsets", 1, 10, 6, Broker)),
    api((3, "Metadata", 0, 13, 9, Broker)),
    api((8, "OffsetCommit", 2, 9, 8, Broker)),
    api((9, "OffsetFetch", 1, 9, 6, Broker)),
    api((10, "FindCoordinator", 0, 6, 3, Broker)),
    api((11, "JoinGroup", 0, 9, 6, Broker)),
    api((12, "Heartbeat", 0, 4, 4, Broker)),
    api((13, "LeaveGroup", 0, 5, 4, Broker)),
    api((14, "SyncGroup", 0, 5, 4, Broker)),
    api((15, "DescribeGroups", 0, 6, 5, Broker)),
    api((16, "ListGroups", 0, 5, 3, Broker)),
    api((17, "SaslHandshake", 0, 1, -1, Both)),
    api((18, "ApiVersions", 0, 4, 3, Both)),
    api((19, "CreateTopics", 2, 7, 5, Forwarded)),
    api((20, "DeleteTopics", 1, 6, 4, Forwarded)),
    api((21, "DeleteRecords", 0, 2, 2, Broker)),
    api((22, "InitProducerId", 0, 5, 2, Broker)),
    api((23, "OffsetForLeaderEpoch", 2, 4, 4, Broker)),
    api((24, "AddPartitionsToTxn", 0, 5, 3, Broker)),
    api((25, "AddOffsetsToTxn", 0, 4, 3, Broker)),
    api((26, "EndTxn", 0, 5, 3, Broker)),
    api((27, "WriteTxnMarkers", 1, 1, 1, Broker)),
    api((28, "TxnOffsetCommit", 0, 5, 3, Broker)),
    api((29, "DescribeAcls", 1, 3, 2, Both)),
    api((30, "CreateAcls", 1, 3, 2, Forwarded)),
    api((31, "DeleteAcls", 1, 3, 2, Forwarded)),
    api((32, "DescribeConfigs", 1, 4, 4, Both)),
    api((33, "AlterConfigs", 0, 2, 2, Forwarded)),
    api((34, "AlterReplicaLogDirs", 1, 2, 2, Broker)),
    api((35, "DescribeLogDirs", 1, 4, 2, Broker)),
    api((36, "SaslAuthenticate", 0, 2, 2, Both)),
    api((37, "CreatePartitions", 0, 3, 2, Forwarded)),
    api((38, "CreateDelegationToken", 1, 3, 2, Forwarded)),
    api((39, "RenewDelegationToken", 1, 2, 2, Forwarded)),
    api((40, "ExpireDelegationToken", 1, 2, 2, Forwarded)),
    api((41, "DescribeDelegationToken", 1, 3, 2, Both)),
    api((42, "DeleteGroups", 0, 2, 2, Broker)),
    api((43, "ElectLeaders", 0, 2, 2, Forwarded)),
    api((44, "IncrementalAlterConfigs", 0, 1, 1, Forwarded)),
    api((45, "AlterPartitionReassignments", 0, 1, 0, Forwarded)),
    api((46, "ListPartitionReassignments", 0, 0, 0, Forwarded)),
    api((47, "OffsetDelete", 0, 0, -1, Broker)),
    api((48, "DescribeClientQuotas", 0, 1, 1, Broker)),
    api((49, "AlterClientQuotas", 0, 1, 1, Forwarded)),
    api((50, "DescribeUserScramCredentials", 0, 0, 0, Both)),
    api((51, "AlterUserScramCredentials", 0, 0, 0, Forwarded)),
    api((52, "Vote", 0, 2, 0, Controller)),
    api((53, "BeginQuorumEpoch", 0, 1, 1, Controller)),
    api((54, "EndQuorumEpoch", 0, 1, 1, Controller)),
    api((55, "DescribeQuorum", 0, 2, 0, Forwarded)),
    api((56, "AlterPartition", 2, 3, 0, Controller)),
    api((57, "UpdateFeatures", 0, 2, 0, Forwarded)),
    api((58, "Envelope", 0, 0, 0, Controller)),
    api((59, "FetchSnapshot", 0, 1, 0, Controller)),
    api((60, "DescribeCluster", 0, 2, 0, Both)),
    api((61, "DescribeProducers", 0, 0, 0, Broker)),
    api((62, "BrokerRegistration", 0, 4, 0, Controller)),
    api((63, "BrokerHeartbeat", 0, 1, 0, Controller)),
    api((64, "UnregisterBroker", 0, 0, 0, Forwarded)),
    api((65, "DescribeTransactions", 0, 0, 0, Broker)),
    api((66, "ListTransactions", 0, 2, 0, Broker)),
    api((67, "AllocateProducerIds", 0, 0, 0, ControllerForwarded)),
    api((68, "ConsumerGroupHeartbeat", 0, 1, 0, Broker)),
    api((69, "ConsumerGroupDescribe", 0, 1, 0, Broker)),
    api((70, "ControllerRegistration", 0, 0, 0, Controller)),
    api((71, "GetTelemetrySubscriptions", 0, 0, 0, Broker)),
    api((72, "PushTelemetry", 0, 0, 0, Broker)),
    api((73, "AssignReplicasToDirs", 0, 0, 0, Controller)),
    api((74, "ListConfigResources", 0, 1, 0, Broker)),
    api((75, "DescribeTopicPartitions", 0, 0, 0, Broker)),
    api((76, "ShareGroupHeartbeat", 1, 1, 0, Broker)),
    api((77, "ShareGroupDescribe", 1, 1, 0, Broker)),
    api((78, "ShareFetch", 1, 1, 0, Broker)),
    api((79, "ShareAcknowledge", 1, 1, 0, Broker)),
    api((80, "AddRaftVoter", 0, 0, 0, Forwarded)),
    api((81, "RemoveRaftVoter", 0, 0, 0, Forwarded)),
    api((82, "UpdateRaftVoter", 0, 0, 0, Controller)),
    api((83, "InitializeShareGroupState", 0, 0, 0, Broker)),
    api((84, "ReadShareGroupState", 0, 0, 0, Broker)),
    api((85, "WriteShareGroupState", 0, 0, 0, Broker)),
    api((86, "DeleteShareGroupState", 0, 0, 0, Broker)),
    api((87, "ReadShareGroupStateSummary", 0, 0, 0, Broker)),
    api((88, "StreamsGroupHeartbeat", 0, -1, 0, Broker)),
    api((89, "StreamsGroupDescribe", 0, -1, 0, Broker)),
    api((90, "DescribeShareGroupOffsets", 0, 0, 0, Broker)),
    api((91, "AlterShareGroupOffsets", 0, 0, 0, Broker)),
    api((92, "DeleteShareGroupOffsets", 0, 0, 0, Broker)),
    api((94, "UnregisterController", 0, -1, 0, Forwarded)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_ascend_so_that_a_key_is_found() {
        assert!(ROWS.windows(2).all(|pair| pair[0].key < pair[1].key));
        for expected in ROWS {
            assert_eq!(row(expected.key), Some(expected));
        }
        for absent in [-1, 4, 5, 6, 7, 93, i16::MAX] {
            assert_eq!(row(absent), None, "{absent}");
        }
    }

    #[test]
    fn rows_agree_with_the_codec_about_names_and_headers() {
        for row in ROWS.iter().filter(|row| row.max >= row.min) {
            let codec =
                ApiKey::try_from(row.key).expect("the codec knows every api that has a stable version");
            assert_eq!(format!("{codec:?}"), row.name);
            for version in row.min..=row.max {
                assert_eq!(
                    codec.request_header_version(version) == 2,
                    row.is_flexible(version),
                    "{}",
                    row.name
                );
            }
        }
    }
}
