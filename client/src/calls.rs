//! The APIs this client calls, each with the types of its request and response.
//!
//! A table, and the few that are newer than the codec. Produce and Fetch are not in it: their frames are written
//! by hand in `kr-wire`.

use bytes::Bytes;
use kr_wire::api::{self, ApiRow};
use kr_wire::frame::Frame;
use kr_wire::header::RequestHeader;
use kr_wire::message::{self, EncodeError, RequestKind, ResponseKind};
use kr_wire::messages::*;
use kr_wire::newer::{
    self, NewerRequest, StreamsGroupDescribeRequest, StreamsGroupDescribeResponse,
    UnregisterControllerRequest, UnregisterControllerResponse,
};
use kr_wire::primitives::Decoded;

use crate::safety::{self, Operation};

/// A request that has a response.
pub trait Call: Send + Sized {
    /// Number of the API.
    const KEY: i16;
    /// Name of the API.
    const NAME: &'static str;
    /// What answers it.
    type Response: Send;

    /// Wraps the request for who lays it out.
    fn into_body(self) -> Body;

    /// Reads the body of a response; `None` if it is one of another API.
    fn read(version: i16, body: Bytes) -> Decoded<Option<Self::Response>>;
}

/// A request for who lays it out.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, on its way to the wire")]
pub enum Body {
    /// The codec.
    Codec(RequestKind),
    /// By hand, because the codec is older.
    Newer(NewerRequest),
}

impl Body {
    /// What the request changes.
    pub fn operations(&self) -> Vec<Operation> {
        match self {
            Self::Codec(request) => safety::operations_of(request),
            Self::Newer(NewerRequest::StreamsGroupDescribe(_)) => Vec::new(),
            Self::Newer(NewerRequest::UnregisterController(_)) => vec![Operation::CONTROLLER_UNREGISTER],
        }
    }

    /// Lays the request out.
    pub fn encode(&self, header: &RequestHeader) -> Result<Frame, EncodeError> {
        match self {
            Self::Codec(request) => message::encode_request(header, request),
            Self::Newer(request) => Ok(request.encode(header)),
        }
    }
}

/// Versions of an API that this client speaks: what the codec and Kafka 4.1's stable range have in common, and
/// what came later and is laid out by hand.
pub fn our_versions(key: i16) -> (i16, i16) {
    if let Some(versions) = newer::versions(key) {
        return versions;
    }
    api::row(key).map_or((0, -1), |row: &ApiRow| (row.min, row.max.min(last_for_clients(key))))
}

/// The last version of an API that is for clients as this one.
fn last_for_clients(key: i16) -> i16 {
    match key {
        // AddPartitionsToTxn: later versions are what brokers ask each other.
        24 => 3,
        // EndTxn: later versions are of producers that do not add partitions themselves (KIP-890).
        26 => 4,
        _ => i16::MAX,
    }
}

macro_rules! calls {
    ($($kind:ident($key:literal): $request:ident -> $response:ident;)*) => {$(
        impl Call for $request {
            const KEY: i16 = $key;
            const NAME: &'static str = stringify!($kind);
            type Response = $response;

            fn into_body(self) -> Body {
                Body::Codec(RequestKind::$kind(self))
            }

            fn read(version: i16, body: Bytes) -> Decoded<Option<$response>> {
                Ok(match message::decode_response($key, version, body)? {
                    ResponseKind::$kind(response) => Some(response),
                    _ => None,
                })
            }
        }
    )*

        #[cfg(test)]
        const ALL: &[(i16, &str)] = &[$(($key, stringify!($kind)),)*];
    };
}

calls! {
    ListOffsets(2): ListOffsetsRequest -> ListOffsetsResponse;
    Metadata(3): MetadataRequest -> MetadataResponse;
    OffsetCommit(8): OffsetCommitRequest -> OffsetCommitResponse;
    OffsetFetch(9): OffsetFetchRequest -> OffsetFetchResponse;
    FindCoordinator(10): FindCoordinatorRequest -> FindCoordinatorResponse;
    JoinGroup(11): JoinGroupRequest -> JoinGroupResponse;
    Heartbeat(12): HeartbeatRequest -> HeartbeatResponse;
    LeaveGroup(13): LeaveGroupRequest -> LeaveGroupResponse;
    SyncGroup(14): SyncGroupRequest -> SyncGroupResponse;
    DescribeGroups(15): DescribeGroupsRequest -> DescribeGroupsResponse;
    ListGroups(16): ListGroupsRequest -> ListGroupsResponse;
    SaslHandshake(17): SaslHandshakeRequest -> SaslHandshakeResponse;
    ApiVersions(18): ApiVersionsRequest -> ApiVersionsResponse;
    CreateTopics(19): CreateTopicsRequest -> CreateTopicsResponse;
    DeleteTopics(20): DeleteTopicsRequest -> DeleteTopicsResponse;
    DeleteRecords(21): DeleteRecordsRequest -> DeleteRecordsResponse;
    InitProducerId(22): InitProducerIdRequest -> InitProducerIdResponse;
    OffsetForLeaderEpoch(23): OffsetForLeaderEpochRequest -> OffsetForLeaderEpochResponse;
    AddPartitionsToTxn(24): AddPartitionsToTxnRequest -> AddPartitionsToTxnResponse;
    EndTxn(26): EndTxnRequest -> EndTxnResponse;
    WriteTxnMarkers(27): WriteTxnMarkersRequest -> WriteTxnMarkersResponse;
    DescribeAcls(29): DescribeAclsRequest -> DescribeAclsResponse;
    CreateAcls(30): CreateAclsRequest -> CreateAclsResponse;
    DeleteAcls(31): DeleteAclsRequest -> DeleteAclsResponse;
    DescribeConfigs(32): DescribeConfigsRequest -> DescribeConfigsResponse;
    AlterReplicaLogDirs(34): AlterReplicaLogDirsRequest -> AlterReplicaLogDirsResponse;
    DescribeLogDirs(35): DescribeLogDirsRequest -> DescribeLogDirsResponse;
    SaslAuthenticate(36): SaslAuthenticateRequest -> SaslAuthenticateResponse;
    CreatePartitions(37): CreatePartitionsRequest -> CreatePartitionsResponse;
    CreateDelegationToken(38): CreateDelegationTokenRequest -> CreateDelegationTokenResponse;
    RenewDelegationToken(39): RenewDelegationTokenRequest -> RenewDelegationTokenResponse;
    ExpireDelegationToken(40): ExpireDelegationTokenRequest -> ExpireDelegationTokenResponse;
    DescribeDelegationToken(41): DescribeDelegationTokenRequest -> DescribeDelegationTokenResponse;
    DeleteGroups(42): DeleteGroupsRequest -> DeleteGroupsResponse;
    ElectLeaders(43): ElectLeadersRequest -> ElectLeadersResponse;
    IncrementalAlterConfigs(44): IncrementalAlterConfigsRequest -> IncrementalAlterConfigsResponse;
    OffsetDelete(47): OffsetDeleteRequest -> OffsetDeleteResponse;
    DescribeClientQuotas(48): DescribeClientQuotasRequest -> DescribeClientQuotasResponse;
    AlterClientQuotas(49): AlterClientQuotasRequest -> AlterClientQuotasResponse;
    DescribeUserScramCredentials(50): DescribeUserScramCredentialsRequest -> DescribeUserScramCredentialsResponse;
    AlterUserScramCredentials(51): AlterUserScramCredentialsRequest -> AlterUserScramCredentialsResponse;
    AlterPartitionReassignments(45): AlterPartitionReassignmentsRequest -> AlterPartitionReassignmentsResponse;
    ListPartitionReassignments(46): ListPartitionReassignmentsRequest -> ListPartitionReassignmentsResponse;
    DescribeQuorum(55): DescribeQuorumRequest -> DescribeQuorumResponse;
    UpdateFeatures(57): UpdateFeaturesRequest -> UpdateFeaturesResponse;
    FetchSnapshot(59): FetchSnapshotRequest -> FetchSnapshotResponse;
    DescribeCluster(60): DescribeClusterRequest -> DescribeClusterResponse;
    DescribeProducers(61): DescribeProducersRequest -> DescribeProducersResponse;
    UnregisterBroker(64): UnregisterBrokerRequest -> UnregisterBrokerResponse;
    DescribeTransactions(65): DescribeTransactionsRequest -> DescribeTransactionsResponse;
    ListTransactions(66): ListTransactionsRequest -> ListTransactionsResponse;
    ConsumerGroupDescribe(69): ConsumerGroupDescribeRequest -> ConsumerGroupDescribeResponse;
    ListConfigResources(74): ListConfigResourcesRequest -> ListConfigResourcesResponse;
    DescribeTopicPartitions(75): DescribeTopicPartitionsRequest -> DescribeTopicPartitionsResponse;
    ShareGroupDescribe(77): ShareGroupDescribeRequest -> ShareGroupDescribeResponse;
    AddRaftVoter(80): AddRaftVoterRequest -> AddRaftVoterResponse;
    RemoveRaftVoter(81): RemoveRaftVoterRequest -> RemoveRaftVoterResponse;
    DescribeShareGroupOffsets(90): DescribeShareGroupOffsetsRequest -> DescribeShareGroupOffsetsResponse;
    AlterShareGroupOffsets(91): AlterShareGroupOffsetsRequest -> AlterShareGroupOffsetsResponse;
    DeleteShareGroupOffsets(92): DeleteShareGroupOffsetsRequest -> DeleteShareGroupOffsetsResponse;
}

macro_rules! newer_calls {
    ($($kind:ident($key:literal): $request:ident -> $response:ident;)*) => {$(
        impl Call for $request {
            const KEY: i16 = $key;
            const NAME: &'static str = stringify!($kind);
            type Response = $response;

            fn into_body(self) -> Body {
                Body::Newer(NewerRequest::$kind(self))
            }

            fn read(version: i16, body: Bytes) -> Decoded<Option<$response>> {
                $response::decode(version, &body).map(Some)
            }
        }
    )*

        #[cfg(test)]
        const NEWER: &[(i16, &str)] = &[$(($key, stringify!($kind)),)*];
    };
}

newer_calls! {
    StreamsGroupDescribe(89): StreamsGroupDescribeRequest -> StreamsGroupDescribeResponse;
    UnregisterController(94): UnregisterControllerRequest -> UnregisterControllerResponse;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_has_the_number_its_name_has_in_kafka() {
        for (key, name) in ALL.iter().chain(NEWER) {
            assert_eq!(api::row(*key).map(|row| row.name), Some(*name));
        }
    }
}
