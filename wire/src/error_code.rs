//! Kafka's error codes: number, name, whether a retry can help, and what happened, in our words.
//!
//! A code is a number first: one that is not in the table keeps it, so that nothing is lost between a newer
//! broker and the user. Which code answers which failure is decided where requests are handled.

use std::fmt;

/// An error code as it stands on the wire; zero is success.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(pub i16);

impl ErrorCode {
    /// Whether the code says that nothing went wrong.
    pub fn is_ok(self) -> bool {
        self == Self::NONE
    }

    /// Turns success into `Ok` for `?`.
    pub fn ok(self) -> Result<(), Self> {
        if self.is_ok() { Ok(()) } else { Err(self) }
    }

    /// Kafka's name of the code (`Errors`), or `UNKNOWN` for a number that has none.
    pub fn name(self) -> &'static str {
        self.entry().map_or("UNKNOWN", |entry| entry.name)
    }

    /// Whether the same request may succeed later (Kafka: a subclass of `RetriableException`).
    pub fn is_retriable(self) -> bool {
        self.entry().is_some_and(|entry| entry.retriable)
    }

    /// What happened: lower-case, no full stop, fit for the end of an error message.
    pub fn message(self) -> &'static str {
        self.entry()
            .map_or("the server answered with an error this version does not know", |entry| entry.message)
    }

    /// Finds a code by Kafka's name.
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE.iter().find(|entry| entry.name == name).map(|entry| entry.code)
    }

    /// All codes that have a name, ascending.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|entry| entry.code)
    }

    fn entry(self) -> Option<&'static Entry> {
        // The table is dense from -1 on, which a test holds it to.
        TABLE.get(usize::try_from(i32::from(self.0) + 1).ok()?)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry() {
            Some(entry) => f.pad(entry.name),
            None => write!(f, "error code {}", self.0),
        }
    }
}

impl std::error::Error for ErrorCode {}

impl From<i16> for ErrorCode {
    fn from(code: i16) -> Self {
        Self(code)
    }
}

impl From<ErrorCode> for i16 {
    fn from(code: ErrorCode) -> Self {
        code.0
    }
}

struct Entry {
    code: ErrorCode,
    name: &'static str,
    retriable: bool,
    message: &'static str,
}

macro_rules! codes {
    ($($code:literal $name:ident $retry:ident $message:literal;)*) => {
        impl ErrorCode {
            $(#[doc = concat!("Code ", stringify!($code), ": ", $message, ".")]
            pub const $name: Self = Self($code);)*
        }

        const TABLE: &[Entry] = &[$(Entry {
            code: ErrorCode::$name,
            name: stringify!($name),
            retriable: codes!(@ $retry),
            message: $message,
        }),*];
    };
    (@ retry) => { true };
    (@ final) => { false };
}

codes! {
    -1 UNKNOWN_SERVER_ERROR final "the server failed in a way it did not expect";
    0 NONE final "no error";
    1 OFFSET_OUT_OF_RANGE final "the offset is below the log start offset or beyond the end of the log";
    2 CORRUPT_MESSAGE retry "the record batch fails its checksum or is malformed";
    3 UNKNOWN_TOPIC_OR_PARTITION retry "the topic or partition does not exist here";
    4 INVALID_FETCH_SIZE final "the fetch size is not valid";
    5 LEADER_NOT_AVAILABLE retry "the partition has no leader at the moment";
    6 NOT_LEADER_OR_FOLLOWER retry "the broker is not the leader, or not a replica, of the partition";
    7 REQUEST_TIMED_OUT retry "the request was not completed within its timeout";
    8 BROKER_NOT_AVAILABLE final "the broker is not available";
    9 REPLICA_NOT_AVAILABLE retry "the replica is not available on this broker";
    10 MESSAGE_TOO_LARGE final "the record batch is larger than max.message.bytes";
    11 STALE_CONTROLLER_EPOCH final "the request carries the epoch of an earlier controller";
    12 OFFSET_METADATA_TOO_LARGE final "the metadata of the committed offset is too large";
    13 NETWORK_EXCEPTION retry "the connection was lost before the response came";
    14 COORDINATOR_LOAD_IN_PROGRESS retry "the coordinator is still loading its state";
    15 COORDINATOR_NOT_AVAILABLE retry "there is no coordinator at the moment";
    16 NOT_COORDINATOR retry "the broker is not the coordinator";
    17 INVALID_TOPIC_EXCEPTION final "the topic name is not valid, or the operation is not allowed on this topic";
    18 RECORD_LIST_TOO_LARGE final "the record batch is larger than segment.bytes";
    19 NOT_ENOUGH_REPLICAS retry "fewer replicas are in sync than min.insync.replicas asks for";
    20 NOT_ENOUGH_REPLICAS_AFTER_APPEND retry "the records were appended, but fewer replicas were in sync than required";
    21 INVALID_REQUIRED_ACKS final "acks must be -1, 0 or 1";
    22 ILLEGAL_GENERATION final "the generation is not the group's current one";
    23 INCONSISTENT_GROUP_PROTOCOL final "the member has no protocol in common with the group";
    24 INVALID_GROUP_ID final "the group id is not valid";
    25 UNKNOWN_MEMBER_ID final "the group has no such member";
    26 INVALID_SESSION_TIMEOUT final "the session timeout is outside the limits of the broker";
    27 REBALANCE_IN_PROGRESS final "the group is rebalancing";
    28 INVALID_COMMIT_OFFSET_SIZE final "the committed offset is larger than a record may be";
    29 TOPIC_AUTHORIZATION_FAILED final "access to the topic is denied";
    30 GROUP_AUTHORIZATION_FAILED final "access to the group is denied";
    31 CLUSTER_AUTHORIZATION_FAILED final "the operation on the cluster is denied";
    32 INVALID_TIMESTAMP final "a record's timestamp is outside the accepted range";
    33 UNSUPPORTED_SASL_MECHANISM final "the SASL mechanism is not supported";
    34 ILLEGAL_SASL_STATE final "the request is not allowed at this point of authentication";
    35 UNSUPPORTED_VERSION final "the version of the request or feature is not supported";
    36 TOPIC_ALREADY_EXISTS final "a topic of this name exists already";
    37 INVALID_PARTITIONS final "the number of partitions is not valid";
    38 INVALID_REPLICATION_FACTOR final "the replication factor is below 1 or above the number of usable brokers";
    39 INVALID_REPLICA_ASSIGNMENT final "the assignment of replicas is not valid";
    40 INVALID_CONFIG final "the configuration is not valid";
    41 NOT_CONTROLLER retry "the node is not the active controller";
    42 INVALID_REQUEST final "the request contradicts itself or the protocol";
    43 UNSUPPORTED_FOR_MESSAGE_FORMAT final "the format of the records does not support the request";
    44 POLICY_VIOLATION final "the request violates a policy of the cluster";
    45 OUT_OF_ORDER_SEQUENCE_NUMBER final "the batch does not continue the producer's sequence";
    46 DUPLICATE_SEQUENCE_NUMBER final "the batch repeats a sequence that was appended before";
    47 INVALID_PRODUCER_EPOCH final "the producer's epoch is older than the current one";
    48 INVALID_TXN_STATE final "the transaction is in a state that does not allow the operation";
    49 INVALID_PRODUCER_ID_MAPPING final "the producer id does not belong to the transactional id";
    50 INVALID_TRANSACTION_TIMEOUT final "the transaction timeout is above transaction.max.timeout.ms";
    51 CONCURRENT_TRANSACTIONS retry "another operation on the same transaction is under way";
    52 TRANSACTION_COORDINATOR_FENCED final "a newer transaction coordinator has taken over";
    53 TRANSACTIONAL_ID_AUTHORIZATION_FAILED final "access to the transactional id is denied";
    54 SECURITY_DISABLED final "security features are disabled";
    55 OPERATION_NOT_ATTEMPTED final "the operation was not attempted, because another of the request failed";
    56 KAFKA_STORAGE_ERROR retry "the broker cannot read or write its disk";
    57 LOG_DIR_NOT_FOUND final "the broker has no such log directory";
    58 SASL_AUTHENTICATION_FAILED final "authentication failed";
    59 UNKNOWN_PRODUCER_ID final "the partition knows nothing of the producer id";
    60 REASSIGNMENT_IN_PROGRESS final "the partition is being reassigned";
    61 DELEGATION_TOKEN_AUTH_DISABLED final "delegation tokens are not enabled";
    62 DELEGATION_TOKEN_NOT_FOUND final "there is no such delegation token";
    63 DELEGATION_TOKEN_OWNER_MISMATCH final "the principal may not use or renew the delegation token";
    64 DELEGATION_TOKEN_REQUEST_NOT_ALLOWED final "the connection may not ask for delegation tokens";
    65 DELEGATION_TOKEN_AUTHORIZATION_FAILED final "access to the delegation token is denied";
    66 DELEGATION_TOKEN_EXPIRED final "the delegation token has expired";
    67 INVALID_PRINCIPAL_TYPE final "the type of the principal is not supported";
    68 NON_EMPTY_GROUP final "the group has members";
    69 GROUP_ID_NOT_FOUND final "there is no such group";
    70 FETCH_SESSION_ID_NOT_FOUND retry "there is no such fetch session";
    71 INVALID_FETCH_SESSION_EPOCH retry "the epoch of the fetch session is not the expected one";
    72 LISTENER_NOT_FOUND retry "the leader has no listener of the requested name";
    73 TOPIC_DELETION_DISABLED final "deletion of topics is disabled";
    74 FENCED_LEADER_EPOCH retry "the leader epoch of the request is older than the broker's";
    75 UNKNOWN_LEADER_EPOCH retry "the leader epoch of the request is newer than the broker's";
    76 UNSUPPORTED_COMPRESSION_TYPE final "the compression is not supported by this version of the request";
    77 STALE_BROKER_EPOCH final "the broker has registered again since";
    78 OFFSET_NOT_AVAILABLE retry "a new leader does not know its high watermark yet";
    79 MEMBER_ID_REQUIRED final "the member must join again with the id it was given";
    80 PREFERRED_LEADER_NOT_AVAILABLE retry "the preferred leader is not available";
    81 GROUP_MAX_SIZE_REACHED final "the group has as many members as it may";
    82 FENCED_INSTANCE_ID final "another member took over the group instance id";
    83 ELIGIBLE_LEADERS_NOT_AVAILABLE retry "no replica that may lead is available";
    84 ELECTION_NOT_NEEDED retry "the partition needs no election";
    85 NO_REASSIGNMENT_IN_PROGRESS final "the partition is not being reassigned";
    86 GROUP_SUBSCRIBED_TO_TOPIC final "the group is subscribed to the topic";
    87 INVALID_RECORD final "the broker refuses a record";
    88 UNSTABLE_OFFSET_COMMIT retry "a transaction still holds back offsets of the group";
    89 THROTTLING_QUOTA_EXCEEDED retry "a quota is used up for now";
    90 PRODUCER_FENCED final "a newer producer uses the transactional id";
    91 RESOURCE_NOT_FOUND final "the resource does not exist";
    92 DUPLICATE_RESOURCE final "the request names the resource twice";
    93 UNACCEPTABLE_CREDENTIAL final "the credential is not acceptable";
    94 INCONSISTENT_VOTER_SET final "sender and receiver disagree about the set of voters";
    95 INVALID_UPDATE_VERSION final "the version of the update is not valid";
    96 FEATURE_UPDATE_FAILED final "the features could not be updated";
    97 PRINCIPAL_DESERIALIZATION_FAILURE final "the principal of a forwarded request cannot be read";
    98 SNAPSHOT_NOT_FOUND final "there is no such snapshot";
    99 POSITION_OUT_OF_RANGE final "the position is outside the snapshot";
    100 UNKNOWN_TOPIC_ID retry "no topic has this id here";
    101 DUPLICATE_BROKER_REGISTRATION final "another broker is registered under the same id";
    102 BROKER_ID_NOT_REGISTERED final "no broker is registered under the id";
    103 INCONSISTENT_TOPIC_ID retry "the log belongs to a topic of another id";
    104 INCONSISTENT_CLUSTER_ID final "the node belongs to another cluster";
    105 TRANSACTIONAL_ID_NOT_FOUND final "there is no such transactional id";
    106 FETCH_SESSION_TOPIC_ID_ERROR retry "the fetch session mixes topic ids and names";
    107 INELIGIBLE_REPLICA final "a replica may not join the in-sync replicas";
    108 NEW_LEADER_ELECTED final "the partition was changed and has another leader now";
    109 OFFSET_MOVED_TO_TIERED_STORAGE final "the offset is in tiered storage only";
    110 FENCED_MEMBER_EPOCH final "the member was fenced and must join again";
    111 UNRELEASED_INSTANCE_ID final "another member still holds the group instance id";
    112 UNSUPPORTED_ASSIGNOR final "the group does not support the assignor";
    113 STALE_MEMBER_EPOCH final "the member epoch is not the current one";
    114 MISMATCHED_ENDPOINT_TYPE final "the request belongs to another type of endpoint";
    115 UNSUPPORTED_ENDPOINT_TYPE final "the type of endpoint is not supported";
    116 UNKNOWN_CONTROLLER_ID final "no controller has this id";
    117 UNKNOWN_SUBSCRIPTION_ID final "the telemetry subscription is unknown or out of date";
    118 TELEMETRY_TOO_LARGE final "the telemetry is larger than the broker accepts";
    119 INVALID_REGISTRATION final "the controller refuses the registration of the broker";
    120 TRANSACTION_ABORTABLE final "the transaction failed and can only be aborted";
    121 INVALID_RECORD_STATE final "the record is in a state that does not allow the acknowledgement";
    122 SHARE_SESSION_NOT_FOUND retry "there is no such share session";
    123 INVALID_SHARE_SESSION_EPOCH retry "the epoch of the share session is not the expected one";
    124 FENCED_STATE_EPOCH final "the state epoch of the share group is not the current one";
    125 INVALID_VOTER_KEY final "the voter's id and directory are not those of the receiver";
    126 DUPLICATE_VOTER final "the node is a voter already";
    127 VOTER_NOT_FOUND final "the node is not a voter";
    128 INVALID_REGULAR_EXPRESSION final "the regular expression is not valid";
    129 REBOOTSTRAP_REQUIRED final "the client must start again from its bootstrap servers";
    130 STREAMS_INVALID_TOPOLOGY final "the topology is not valid";
    131 STREAMS_INVALID_TOPOLOGY_EPOCH final "the epoch of the topology is not valid";
    132 STREAMS_TOPOLOGY_FENCED final "the group has a newer topology";
    133 SHARE_SESSION_LIMIT_REACHED retry "the broker has as many share sessions as it may";
}

#[cfg(test)]
mod tests {
    use kafka_protocol::error::ResponseError;

    use super::*;

    #[test]
    fn table_is_dense_so_that_a_code_finds_its_line() {
        assert!(TABLE.iter().zip(-1..).all(|(entry, code)| entry.code.0 == code));
        assert_eq!(TABLE.len(), 135);
        assert!(TABLE.iter().all(|entry| entry.code.entry().is_some_and(|found| found.name == entry.name)));
    }

    #[test]
    fn retriable_codes_are_kafkas() {
        for code in ErrorCode::all() {
            // The codec's table is behind Kafka 4.1 (Errors) in this one.
            if let Some(peer) = ResponseError::try_from_code(code.0)
                && code != ErrorCode::CONCURRENT_TRANSACTIONS
            {
                assert_eq!(code.is_retriable(), peer.is_retriable(), "{code}");
            }
        }
    }

    #[test]
    fn unknown_code_keeps_its_number() {
        let code = ErrorCode(4711);
        assert_eq!(code.to_string(), "error code 4711");
        assert_eq!((code.name(), code.is_retriable(), i16::from(code)), ("UNKNOWN", false, 4711));
        assert_eq!(ErrorCode(i16::MIN).name(), "UNKNOWN");
    }

    #[test]
    fn names_read_back() {
        for code in ErrorCode::all() {
            assert_eq!(ErrorCode::from_name(code.name()), Some(code));
        }
        assert_eq!(ErrorCode::from_name("NO_SUCH_ERROR"), None);
    }
}
