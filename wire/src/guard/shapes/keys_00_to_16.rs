//! Shapes of the APIs with keys 0 to 16.

use super::Shape;
use super::macros::shapes;

shapes! {
    0 Produce {
        request {
            TransactionalId: string, Acks: i16, TimeoutMs: i32,
            TopicData: [{
                Name: string @..13, TopicId: uuid @13..,
                PartitionData: [{ Index: i32, Records: bytes }],
            }],
        }
        response {
            Responses: [{
                Name: string @..13, TopicId: uuid @13..,
                PartitionResponses: [{
                    Index: i32, ErrorCode: i16, BaseOffset: i64, LogAppendTimeMs: i64,
                    LogStartOffset: i64 @5..,
                    RecordErrors: [{ BatchIndex: i32, BatchIndexErrorMessage: string }] @8..,
                    ErrorMessage: string @8..,
                    CurrentLeader: { LeaderId: i32, LeaderEpoch: i32 } @10.. tag 0,
                }],
            }],
            ThrottleTimeMs: i32,
            NodeEndpoints: [{ NodeId: i32, Host: string, Port: i32, Rack: string }] @10.. tag 0,
        }
    }
    1 Fetch {
        request {
            ClusterId: string @12.. tag 0, ReplicaId: i32 @..15,
            ReplicaState: { ReplicaId: i32, ReplicaEpoch: i64 } @15.. tag 1, MaxWaitMs: i32, MinBytes: i32,
            MaxBytes: i32, IsolationLevel: i8, SessionId: i32 @7.., SessionEpoch: i32 @7..,
            Topics: [{
                Topic: string @..13, TopicId: uuid @13..,
                Partitions: [{
                    Partition: i32, CurrentLeaderEpoch: i32 @9.., FetchOffset: i64,
                    LastFetchedEpoch: i32 @12.., LogStartOffset: i64 @5.., PartitionMaxBytes: i32,
                    ReplicaDirectoryId: uuid @17.. tag 0, HighWatermark: i64 @18.. tag 1,
                }],
            }],
            ForgottenTopicsData: [{ Topic: string @..13, TopicId: uuid @13.., Partitions: [i32] }] @7..,
            RackId: string @11..,
        }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16 @7.., SessionId: i32 @7..,
            Responses: [{
                Topic: string @..13, TopicId: uuid @13..,
                Partitions: [{
                    PartitionIndex: i32, ErrorCode: i16, HighWatermark: i64, LastStableOffset: i64,
                    LogStartOffset: i64 @5..,
                    DivergingEpoch: { Epoch: i32, EndOffset: i64 } @12.. tag 0,
                    CurrentLeader: { LeaderId: i32, LeaderEpoch: i32 } @12.. tag 1,
                    SnapshotId: { EndOffset: i64, Epoch: i32 } @12.. tag 2,
                    AbortedTransactions: [{ ProducerId: i64, FirstOffset: i64 }],
                    PreferredReadReplica: i32 @11.., Records: bytes,
                }],
            }],
            NodeEndpoints: [{ NodeId: i32, Host: string, Port: i32, Rack: string }] @16.. tag 0,
        }
    }
    2 ListOffsets {
        request {
            ReplicaId: i32, IsolationLevel: i8 @2..,
            Topics: [{
                Name: string,
                Partitions: [{ PartitionIndex: i32, CurrentLeaderEpoch: i32 @4.., Timestamp: i64 }],
            }],
            TimeoutMs: i32 @10..,
        }
        response {
            ThrottleTimeMs: i32 @2..,
            Topics: [{
                Name: string,
                Partitions: [{
                    PartitionIndex: i32, ErrorCode: i16, Timestamp: i64, Offset: i64, LeaderEpoch: i32 @4..,
                }],
            }],
        }
    }
    3 Metadata {
        request {
            Topics: [{ TopicId: uuid @10.., Name: string }], AllowAutoTopicCreation: bool @4..,
            IncludeClusterAuthorizedOperations: bool @8..11, IncludeTopicAuthorizedOperations: bool @8..,
        }
        response {
            ThrottleTimeMs: i32 @3..,
            Brokers: [{ NodeId: i32, Host: string, Port: i32, Rack: string @1.. }], ClusterId: string @2..,
            ControllerId: i32 @1..,
            Topics: [{
                ErrorCode: i16, Name: string, TopicId: uuid @10.., IsInternal: bool @1..,
                Partitions: [{
                    ErrorCode: i16, PartitionIndex: i32, LeaderId: i32, LeaderEpoch: i32 @7..,
                    ReplicaNodes: [i32], IsrNodes: [i32], OfflineReplicas: [i32] @5..,
                }],
                TopicAuthorizedOperations: i32 @8..,
            }],
            ClusterAuthorizedOperations: i32 @8..11, ErrorCode: i16 @13..,
        }
    }
    8 OffsetCommit {
        request {
            GroupId: string, GenerationIdOrMemberEpoch: i32, MemberId: string, GroupInstanceId: string @7..,
            RetentionTimeMs: i64 @..5,
            Topics: [{
                Name: string,
                Partitions: [{
                    PartitionIndex: i32, CommittedOffset: i64, CommittedLeaderEpoch: i32 @6..,
                    CommittedMetadata: string,
                }],
            }],
        }
        response {
            ThrottleTimeMs: i32 @3..,
            Topics: [{ Name: string, Partitions: [{ PartitionIndex: i32, ErrorCode: i16 }] }],
        }
    }
    9 OffsetFetch {
        request {
            GroupId: string @..8,
            Topics: [{ Name: string, PartitionIndexes: [i32] }] @..8,
            Groups: [{
                GroupId: string, MemberId: string @9.., MemberEpoch: i32 @9..,
                Topics: [{ Name: string, PartitionIndexes: [i32] }],
            }] @8..,
            RequireStable: bool @7..,
        }
        response {
            ThrottleTimeMs: i32 @3..,
            Topics: [{
                Name: string,
                Partitions: [{
                    PartitionIndex: i32, CommittedOffset: i64, CommittedLeaderEpoch: i32 @5..,
                    Metadata: string, ErrorCode: i16,
                }],
            }] @..8,
            ErrorCode: i16 @2..8,
            Groups: [{
                GroupId: string,
                Topics: [{
                    Name: string,
                    Partitions: [{
                        PartitionIndex: i32, CommittedOffset: i64, CommittedLeaderEpoch: i32,
                        Metadata: string, ErrorCode: i16,
                    }],
                }],
                ErrorCode: i16,
            }] @8..,
        }
    }
    10 FindCoordinator {
        request { Key: string @..4, KeyType: i8 @1.., CoordinatorKeys: [string] @4.. }
        response {
            ThrottleTimeMs: i32 @1.., ErrorCode: i16 @..4, ErrorMessage: string @1..4, NodeId: i32 @..4,
            Host: string @..4, Port: i32 @..4,
            Coordinators: [{
                Key: string, NodeId: i32, Host: string, Port: i32, ErrorCode: i16, ErrorMessage: string,
            }] @4..,
        }
    }
    11 JoinGroup {
        request {
            GroupId: string, SessionTimeoutMs: i32, RebalanceTimeoutMs: i32 @1.., MemberId: string,
            GroupInstanceId: string @5.., ProtocolType: string,
            Protocols: [{ Name: string, Metadata: bytes }], Reason: string @8..,
        }
        response {
            ThrottleTimeMs: i32 @2.., ErrorCode: i16, GenerationId: i32, ProtocolType: string @7..,
            ProtocolName: string, Leader: string, SkipAssignment: bool @9.., MemberId: string,
            Members: [{ MemberId: string, GroupInstanceId: string @5.., Metadata: bytes }],
        }
    }
    12 Heartbeat {
        request { GroupId: string, GenerationId: i32, MemberId: string, GroupInstanceId: string @3.. }
        response { ThrottleTimeMs: i32 @1.., ErrorCode: i16 }
    }
    13 LeaveGroup {
        request {
            GroupId: string, MemberId: string @..3,
            Members: [{ MemberId: string, GroupInstanceId: string, Reason: string @5.. }] @3..,
        }
        response {
            ThrottleTimeMs: i32 @1.., ErrorCode: i16,
            Members: [{ MemberId: string, GroupInstanceId: string, ErrorCode: i16 }] @3..,
        }
    }
    14 SyncGroup {
        request {
            GroupId: string, GenerationId: i32, MemberId: string, GroupInstanceId: string @3..,
            ProtocolType: string @5.., ProtocolName: string @5..,
            Assignments: [{ MemberId: string, Assignment: bytes }],
        }
        response {
            ThrottleTimeMs: i32 @1.., ErrorCode: i16, ProtocolType: string @5.., ProtocolName: string @5..,
            Assignment: bytes,
        }
    }
    15 DescribeGroups {
        request { Groups: [string], IncludeAuthorizedOperations: bool @3.. }
        response {
            ThrottleTimeMs: i32 @1..,
            Groups: [{
                ErrorCode: i16, ErrorMessage: string @6.., GroupId: string, GroupState: string,
                ProtocolType: string, ProtocolData: string,
                Members: [{
                    MemberId: string, GroupInstanceId: string @4.., ClientId: string, ClientHost: string,
                    MemberMetadata: bytes, MemberAssignment: bytes,
                }],
                AuthorizedOperations: i32 @3..,
            }],
        }
    }
    16 ListGroups {
        request { StatesFilter: [string] @4.., TypesFilter: [string] @5.. }
        response {
            ThrottleTimeMs: i32 @1.., ErrorCode: i16,
            Groups: [{
                GroupId: string, ProtocolType: string, GroupState: string @4.., GroupType: string @5..,
            }],
        }
    }
}
