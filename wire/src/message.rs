//! Whole messages: decodes and encodes every API but the hot frames of [`crate::produce`] and [`crate::fetch`].
//!
//! The structs and their layout are those of the kafka-protocol crate. Nothing reaches it before
//! [`crate::guard`] has walked the bytes, because its array decoder reserves what the sender claims.

use bytes::{Bytes, BytesMut};
pub use kafka_protocol::messages::{RequestKind, ResponseKind};
pub use kafka_protocol::protocol::StrBytes;

use crate::api::{self, ApiKey};
use crate::frame::{self, Frame, LENGTH_BYTES};
use crate::guard;
use crate::header::{self, RequestHeader};
use crate::primitives::{DecodeError, Decoded, Writer};

/// A message that cannot be said in the version asked for: our bug, or a field the version does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message of api key {key} cannot be encoded in version {version}: {reason}")]
pub struct EncodeError {
    /// The API.
    pub key: i16,
    /// The version asked for.
    pub version: i16,
    /// The codec's words.
    pub reason: String,
}

/// Reads the body of a request; `body` must end where the request ends.
pub fn decode_request(key: i16, version: i16, body: Bytes) -> Decoded<RequestKind> {
    let codec = codec(key, version)?;
    guard::check_request(key, version, &body)?;
    decode(key, version, body, |bytes| RequestKind::decode(codec, bytes, version))
}

/// Reads the body of a response; `body` must end where the response ends.
pub fn decode_response(key: i16, version: i16, body: Bytes) -> Decoded<ResponseKind> {
    let codec = codec(key, version)?;
    guard::check_response(key, version, &body)?;
    decode(key, version, body, |bytes| ResponseKind::decode(codec, bytes, version))
}

/// Lays out a request: length, header, body in one piece.
pub fn encode_request(header: &RequestHeader, request: &RequestKind) -> Result<Frame, EncodeError> {
    let mut writer = Writer::with_capacity(SMALL_FRAME_BYTES, false);
    writer.i32(0);
    header.encode(&mut writer);
    let (key, version) = (header.api_key, header.api_version);
    encode(key, version, writer, |bytes| request.encode(bytes, version))
}

/// Lays out a response: length, header, body in one piece.
pub fn encode_response(
    correlation_id: i32,
    key: i16,
    version: i16,
    response: &ResponseKind,
) -> Result<Frame, EncodeError> {
    let mut writer = Writer::with_capacity(SMALL_FRAME_BYTES, false);
    writer.i32(0);
    header::encode_response_header(key, version, correlation_id, &mut writer);
    encode(key, version, writer, |bytes| response.encode(bytes, version))
}

/// The API of a request.
pub fn request_key(request: &RequestKind) -> i16 {
    let key = match request {
        RequestKind::Produce(_) => ApiKey::Produce,
        RequestKind::Fetch(_) => ApiKey::Fetch,
        RequestKind::ListOffsets(_) => ApiKey::ListOffsets,
        RequestKind::Metadata(_) => ApiKey::Metadata,
        RequestKind::OffsetCommit(_) => ApiKey::OffsetCommit,
        RequestKind::OffsetFetch(_) => ApiKey::OffsetFetch,
        RequestKind::FindCoordinator(_) => ApiKey::FindCoordinator,
        RequestKind::JoinGroup(_) => ApiKey::JoinGroup,
        RequestKind::Heartbeat(_) => ApiKey::Heartbeat,
        RequestKind::LeaveGroup(_) => ApiKey::LeaveGroup,
        RequestKind::SyncGroup(_) => ApiKey::SyncGroup,
        RequestKind::DescribeGroups(_) => ApiKey::DescribeGroups,
        RequestKind::ListGroups(_) => ApiKey::ListGroups,
        RequestKind::SaslHandshake(_) => ApiKey::SaslHandshake,
        RequestKind::ApiVersions(_) => ApiKey::ApiVersions,
        RequestKind::CreateTopics(_) => ApiKey::CreateTopics,
        RequestKind::DeleteTopics(_) => ApiKey::DeleteTopics,
        RequestKind::DeleteRecords(_) => ApiKey::DeleteRecords,
        RequestKind::InitProducerId(_) => ApiKey::InitProducerId,
        RequestKind::OffsetForLeaderEpoch(_) => ApiKey::OffsetForLeaderEpoch,
        RequestKind::AddPartitionsToTxn(_) => ApiKey::AddPartitionsToTxn,
        RequestKind::AddOffsetsToTxn(_) => ApiKey::AddOffsetsToTxn,
        RequestKind::EndTxn(_) => ApiKey::EndTxn,
        RequestKind::WriteTxnMarkers(_) => ApiKey::WriteTxnMarkers,
        RequestKind::TxnOffsetCommit(_) => ApiKey::TxnOffsetCommit,
        RequestKind::DescribeAcls(_) => ApiKey::DescribeAcls,
        RequestKind::CreateAcls(_) => ApiKey::CreateAcls,
        RequestKind::DeleteAcls(_) => ApiKey::DeleteAcls,
        RequestKind::DescribeConfigs(_) => ApiKey::DescribeConfigs,
        RequestKind::AlterConfigs(_) => ApiKey::AlterConfigs,
        RequestKind::AlterReplicaLogDirs(_) => ApiKey::AlterReplicaLogDirs,
        RequestKind::DescribeLogDirs(_) => ApiKey::DescribeLogDirs,
        RequestKind::SaslAuthenticate(_) => ApiKey::SaslAuthenticate,
        RequestKind::CreatePartitions(_) => ApiKey::CreatePartitions,
        RequestKind::CreateDelegationToken(_) => ApiKey::CreateDelegationToken,
        RequestKind::RenewDelegationToken(_) => ApiKey::RenewDelegationToken,
        RequestKind::ExpireDelegationToken(_) => ApiKey::ExpireDelegationToken,
        RequestKind::DescribeDelegationToken(_) => ApiKey::DescribeDelegationToken,
        RequestKind::DeleteGroups(_) => ApiKey::DeleteGroups,
        RequestKind::ElectLeaders(_) => ApiKey::ElectLeaders,
        RequestKind::IncrementalAlterConfigs(_) => ApiKey::IncrementalAlterConfigs,
        RequestKind::AlterPartitionReassignments(_) => ApiKey::AlterPartitionReassignments,
        RequestKind::ListPartitionReassignments(_) => ApiKey::ListPartitionReassignments,
        RequestKind::OffsetDelete(_) => ApiKey::OffsetDelete,
        RequestKind::DescribeClientQuotas(_) => ApiKey::DescribeClientQuotas,
        RequestKind::AlterClientQuotas(_) => ApiKey::AlterClientQuotas,
        RequestKind::DescribeUserScramCredentials(_) => ApiKey::DescribeUserScramCredentials,
        RequestKind::AlterUserScramCredentials(_) => ApiKey::AlterUserScramCredentials,
        RequestKind::Vote(_) => ApiKey::Vote,
        RequestKind::BeginQuorumEpoch(_) => ApiKey::BeginQuorumEpoch,
        RequestKind::EndQuorumEpoch(_) => ApiKey::EndQuorumEpoch,
        RequestKind::DescribeQuorum(_) => ApiKey::DescribeQuorum,
        RequestKind::AlterPartition(_) => ApiKey::AlterPartition,
        RequestKind::UpdateFeatures(_) => ApiKey::UpdateFeatures,
        RequestKind::Envelope(_) => ApiKey::Envelope,
        RequestKind::FetchSnapshot(_) => ApiKey::FetchSnapshot,
        RequestKind::DescribeCluster(_) => ApiKey::DescribeCluster,
        RequestKind::DescribeProducers(_) => ApiKey::DescribeProducers,
        RequestKind::BrokerRegistration(_) => ApiKey::BrokerRegistration,
        RequestKind::BrokerHeartbeat(_) => ApiKey::BrokerHeartbeat,
        RequestKind::UnregisterBroker(_) => ApiKey::UnregisterBroker,
        RequestKind::DescribeTransactions(_) => ApiKey::DescribeTransactions,
        RequestKind::ListTransactions(_) => ApiKey::ListTransactions,
        RequestKind::AllocateProducerIds(_) => ApiKey::AllocateProducerIds,
        RequestKind::ConsumerGroupHeartbeat(_) => ApiKey::ConsumerGroupHeartbeat,
        RequestKind::ConsumerGroupDescribe(_) => ApiKey::ConsumerGroupDescribe,
        RequestKind::ControllerRegistration(_) => ApiKey::ControllerRegistration,
        RequestKind::GetTelemetrySubscriptions(_) => ApiKey::GetTelemetrySubscriptions,
        RequestKind::PushTelemetry(_) => ApiKey::PushTelemetry,
        RequestKind::AssignReplicasToDirs(_) => ApiKey::AssignReplicasToDirs,
        RequestKind::ListConfigResources(_) => ApiKey::ListConfigResources,
        RequestKind::DescribeTopicPartitions(_) => ApiKey::DescribeTopicPartitions,
        RequestKind::ShareGroupHeartbeat(_) => ApiKey::ShareGroupHeartbeat,
        RequestKind::ShareGroupDescribe(_) => ApiKey::ShareGroupDescribe,
        RequestKind::ShareFetch(_) => ApiKey::ShareFetch,
        RequestKind::ShareAcknowledge(_) => ApiKey::ShareAcknowledge,
        RequestKind::AddRaftVoter(_) => ApiKey::AddRaftVoter,
        RequestKind::RemoveRaftVoter(_) => ApiKey::RemoveRaftVoter,
        RequestKind::UpdateRaftVoter(_) => ApiKey::UpdateRaftVoter,
        RequestKind::InitializeShareGroupState(_) => ApiKey::InitializeShareGroupState,
        RequestKind::ReadShareGroupState(_) => ApiKey::ReadShareGroupState,
        RequestKind::WriteShareGroupState(_) => ApiKey::WriteShareGroupState,
        RequestKind::DeleteShareGroupState(_) => ApiKey::DeleteShareGroupState,
        RequestKind::ReadShareGroupStateSummary(_) => ApiKey::ReadShareGroupStateSummary,
        RequestKind::DescribeShareGroupOffsets(_) => ApiKey::DescribeShareGroupOffsets,
        RequestKind::AlterShareGroupOffsets(_) => ApiKey::AlterShareGroupOffsets,
        RequestKind::DeleteShareGroupOffsets(_) => ApiKey::DeleteShareGroupOffsets,
        // kafka-protocol marks the enum as open; every message of its schemas stands above.
        _ => return -1,
    };
    key as i16
}

/// Room for most control messages: heartbeats, joins and small metadata.
const SMALL_FRAME_BYTES: usize = 256;

fn codec(key: i16, version: i16) -> Decoded<ApiKey> {
    api::row_of_version(key, version)?;
    // The codec leaves out the two APIs of Streams groups, which have no stable version.
    ApiKey::try_from(key).map_err(|()| DecodeError::Version { key, version })
}

fn decode<T, E: std::fmt::Display>(
    key: i16,
    version: i16,
    mut body: Bytes,
    read: impl FnOnce(&mut Bytes) -> Result<T, E>,
) -> Decoded<T> {
    let length = body.len();
    let message = read(&mut body).map_err(|error| DecodeError::Message {
        key,
        version,
        reason: format!("{error:#}"),
    })?;
    match body.len() {
        0 => Ok(message),
        count => Err(DecodeError::Trailing { at: length - count, count }),
    }
}

fn encode<E: std::fmt::Display>(
    key: i16,
    version: i16,
    head: Writer,
    write: impl FnOnce(&mut BytesMut) -> Result<(), E>,
) -> Result<Frame, EncodeError> {
    let mut bytes = BytesMut::from(Bytes::from(head.into_vec()));
    write(&mut bytes).map_err(|error| EncodeError { key, version, reason: format!("{error:#}") })?;
    debug_assert!(bytes.len() >= LENGTH_BYTES);
    frame::seal(&mut bytes, 0);
    Ok(vec![bytes.freeze()])
}
