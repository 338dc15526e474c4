//! Shapes of the APIs with keys 35 to 61.

use super::Shape;
use super::macros::shapes;

shapes! {
    35 DescribeLogDirs {
        request { Topics: [{ Topic: string, Partitions: [i32] }] }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16 @3..,
            Results: [{
                ErrorCode: i16, LogDir: string,
                Topics: [{
                    Name: string,
                    Partitions: [{
                        PartitionIndex: i32, PartitionSize: i64, OffsetLag: i64, IsFutureKey: bool,
                    }],
                }],
                TotalBytes: i64 @4.., UsableBytes: i64 @4..,
            }],
        }
    }
    36 SaslAuthenticate {
        request { AuthBytes: bytes }
        response { ErrorCode: i16, ErrorMessage: string, AuthBytes: bytes, SessionLifetimeMs: i64 @1.. }
    }
    37 CreatePartitions {
        request {
            Topics: [{ Name: string, Count: i32, Assignments: [{ BrokerIds: [i32] }] }], TimeoutMs: i32,
            ValidateOnly: bool,
        }
        response { ThrottleTimeMs: i32, Results: [{ Name: string, ErrorCode: i16, ErrorMessage: string }] }
    }
    38 CreateDelegationToken {
        request {
            OwnerPrincipalType: string @3.., OwnerPrincipalName: string @3..,
            Renewers: [{ PrincipalType: string, PrincipalName: string }], MaxLifetimeMs: i64,
        }
        response {
            ErrorCode: i16, PrincipalType: string, PrincipalName: string,
            TokenRequesterPrincipalType: string @3.., TokenRequesterPrincipalName: string @3..,
            IssueTimestampMs: i64, ExpiryTimestampMs: i64, MaxTimestampMs: i64, TokenId: string, Hmac: bytes,
            ThrottleTimeMs: i32,
        }
    }
    39 RenewDelegationToken {
        request { Hmac: bytes, RenewPeriodMs: i64 }
        response { ErrorCode: i16, ExpiryTimestampMs: i64, ThrottleTimeMs: i32 }
    }
    40 ExpireDelegationToken {
        request { Hmac: bytes, ExpiryTimePeriodMs: i64 }
        response { ErrorCode: i16, ExpiryTimestampMs: i64, ThrottleTimeMs: i32 }
    }
    41 DescribeDelegationToken {
        request { Owners: [{ PrincipalType: string, PrincipalName: string }] }
        response {
            ErrorCode: i16,
            Tokens: [{
                PrincipalType: string, PrincipalName: string, TokenRequesterPrincipalType: string @3..,
                TokenRequesterPrincipalName: string @3.., IssueTimestamp: i64, ExpiryTimestamp: i64,
                MaxTimestamp: i64, TokenId: string, Hmac: bytes,
                Renewers: [{ PrincipalType: string, PrincipalName: string }],
            }],
            ThrottleTimeMs: i32,
        }
    }
    42 DeleteGroups {
        request { GroupsNames: [string] }
        response { ThrottleTimeMs: i32, Results: [{ GroupId: string, ErrorCode: i16 }] }
    }
    43 ElectLeaders {
        request {
            ElectionType: i8 @1..,
            TopicPartitions: [{ Topic: string, Partitions: [i32] }], TimeoutMs: i32,
        }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16 @1..,
            ReplicaElectionResults: [{
                Topic: string,
                PartitionResult: [{ PartitionId: i32, ErrorCode: i16, ErrorMessage: string }],
            }],
        }
    }
    44 IncrementalAlterConfigs {
        request {
            Resources: [{
                ResourceType: i8, ResourceName: string,
                Configs: [{ Name: string, ConfigOperation: i8, Value: string }],
            }],
            ValidateOnly: bool,
        }
        response {
            ThrottleTimeMs: i32,
            Responses: [{ ErrorCode: i16, ErrorMessage: string, ResourceType: i8, ResourceName: string }],
        }
    }
    45 AlterPartitionReassignments {
        request {
            TimeoutMs: i32, AllowReplicationFactorChange: bool @1..,
            Topics: [{ Name: string, Partitions: [{ PartitionIndex: i32, Replicas: [i32] }] }],
        }
        response {
            ThrottleTimeMs: i32, AllowReplicationFactorChange: bool @1.., ErrorCode: i16,
            ErrorMessage: string,
            Responses: [{
                Name: string,
                Partitions: [{ PartitionIndex: i32, ErrorCode: i16, ErrorMessage: string }],
            }],
        }
    }
    46 ListPartitionReassignments {
        request { TimeoutMs: i32, Topics: [{ Name: string, PartitionIndexes: [i32] }] }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16, ErrorMessage: string,
            Topics: [{
                Name: string,
                Partitions: [{
                    PartitionIndex: i32, Replicas: [i32], AddingReplicas: [i32], RemovingReplicas: [i32],
                }],
            }],
        }
    }
    47 OffsetDelete {
        request { GroupId: string, Topics: [{ Name: string, Partitions: [{ PartitionIndex: i32 }] }] }
        response {
            ErrorCode: i16, ThrottleTimeMs: i32,
            Topics: [{ Name: string, Partitions: [{ PartitionIndex: i32, ErrorCode: i16 }] }],
        }
    }
    48 DescribeClientQuotas {
        request { Components: [{ EntityType: string, MatchType: i8, Match: string }], Strict: bool }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16, ErrorMessage: string,
            Entries: [{
                Entity: [{ EntityType: string, EntityName: string }],
                Values: [{ Key: string, Value: f64 }],
            }],
        }
    }
    49 AlterClientQuotas {
        request {
            Entries: [{
                Entity: [{ EntityType: string, EntityName: string }],
                Ops: [{ Key: string, Value: f64, Remove: bool }],
            }],
            ValidateOnly: bool,
        }
        response {
            ThrottleTimeMs: i32,
            Entries: [{
                ErrorCode: i16, ErrorMessage: string,
                Entity: [{ EntityType: string, EntityName: string }],
            }],
        }
    }
    50 DescribeUserScramCredentials {
        request { Users: [{ Name: string }] }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16, ErrorMessage: string,
            Results: [{
                User: string, ErrorCode: i16, ErrorMessage: string,
                CredentialInfos: [{ Mechanism: i8, Iterations: i32 }],
            }],
        }
    }
    51 AlterUserScramCredentials {
        request {
            Deletions: [{ Name: string, Mechanism: i8 }],
            Upsertions: [{
                Name: string, Mechanism: i8, Iterations: i32, Salt: bytes, SaltedPassword: bytes,
            }],
        }
        response { ThrottleTimeMs: i32, Results: [{ User: string, ErrorCode: i16, ErrorMessage: string }] }
    }
    52 Vote {
        request {
            ClusterId: string, VoterId: i32 @1..,
            Topics: [{
                TopicName: string,
                Partitions: [{
                    PartitionIndex: i32, ReplicaEpoch: i32, ReplicaId: i32, ReplicaDirectoryId: uuid @1..,
                    VoterDirectoryId: uuid @1.., LastOffsetEpoch: i32, LastOffset: i64, PreVote: bool @2..,
                }],
            }],
        }
        response {
            ErrorCode: i16,
            Topics: [{
                TopicName: string,
                Partitions: [{
                    PartitionIndex: i32, ErrorCode: i16, LeaderId: i32, LeaderEpoch: i32, VoteGranted: bool,
                }],
            }],
            NodeEndpoints: [{ NodeId: i32, Host: string, Port: u16 }] @1.. tag 0,
        }
    }
    53 BeginQuorumEpoch {
        request {
            ClusterId: string, VoterId: i32 @1..,
            Topics: [{
                TopicName: string,
                Partitions: [{
                    PartitionIndex: i32, VoterDirectoryId: uuid @1.., LeaderId: i32, LeaderEpoch: i32,
                }],
            }],
            LeaderEndpoints: [{ Name: string, Host: string, Port: u16 }] @1..,
        }
        response {
            ErrorCode: i16,
            Topics: [{
                TopicName: string,
                Partitions: [{ PartitionIndex: i32, ErrorCode: i16, LeaderId: i32, LeaderEpoch: i32 }],
            }],
            NodeEndpoints: [{ NodeId: i32, Host: string, Port: u16 }] @1.. tag 0,
        }
    }
    54 EndQuorumEpoch {
        request {
            ClusterId: string,
            Topics: [{
                TopicName: string,
                Partitions: [{
                    PartitionIndex: i32, LeaderId: i32, LeaderEpoch: i32, PreferredSuccessors: [i32] @..1,
                    PreferredCandidates: [{ CandidateId: i32, CandidateDirectoryId: uuid }] @1..,
                }],
            }],
            LeaderEndpoints: [{ Name: string, Host: string, Port: u16 }] @1..,
        }
        response {
            ErrorCode: i16,
            Topics: [{
                TopicName: string,
                Partitions: [{ PartitionIndex: i32, ErrorCode: i16, LeaderId: i32, LeaderEpoch: i32 }],
            }],
            NodeEndpoints: [{ NodeId: i32, Host: string, Port: u16 }] @1.. tag 0,
        }
    }
    55 DescribeQuorum {
        request { Topics: [{ TopicName: string, Partitions: [{ PartitionIndex: i32 }] }] }
        response {
            ErrorCode: i16, ErrorMessage: string @2..,
            Topics: [{
                TopicName: string,
                Partitions: [{
                    PartitionIndex: i32, ErrorCode: i16, ErrorMessage: string @2.., LeaderId: i32,
                    LeaderEpoch: i32, HighWatermark: i64,
                    CurrentVoters: [{
                        ReplicaId: i32, ReplicaDirectoryId: uuid @2.., LogEndOffset: i64,
                        LastFetchTimestamp: i64 @1.., LastCaughtUpTimestamp: i64 @1..,
                    }],
                    Observers: [{
                        ReplicaId: i32, ReplicaDirectoryId: uuid @2.., LogEndOffset: i64,
                        LastFetchTimestamp: i64 @1.., LastCaughtUpTimestamp: i64 @1..,
                    }],
                }],
            }],
            Nodes: [{ NodeId: i32, Listeners: [{ Name: string, Host: string, Port: u16 }] }] @2..,
        }
    }
    56 AlterPartition {
        request {
            BrokerId: i32, BrokerEpoch: i64,
            Topics: [{
                TopicId: uuid,
                Partitions: [{
                    PartitionIndex: i32, LeaderEpoch: i32, NewIsr: [i32] @..3,
                    NewIsrWithEpochs: [{ BrokerId: i32, BrokerEpoch: i64 }] @3.., LeaderRecoveryState: i8,
                    PartitionEpoch: i32,
                }],
            }],
        }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16,
            Topics: [{
                TopicId: uuid,
                Partitions: [{
                    PartitionIndex: i32, ErrorCode: i16, LeaderId: i32, LeaderEpoch: i32, Isr: [i32],
                    LeaderRecoveryState: i8, PartitionEpoch: i32,
                }],
            }],
        }
    }
    57 UpdateFeatures {
        request {
            timeoutMs: i32,
            FeatureUpdates: [{
                Feature: string, MaxVersionLevel: i16, AllowDowngrade: bool @..1, UpgradeType: i8 @1..,
            }],
            ValidateOnly: bool @1..,
        }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16, ErrorMessage: string,
            Results: [{ Feature: string, ErrorCode: i16, ErrorMessage: string }] @..2,
        }
    }
    58 Envelope {
        request { RequestData: bytes, RequestPrincipal: bytes, ClientHostAddress: bytes }
        response { ResponseData: bytes, ErrorCode: i16 }
    }
    59 FetchSnapshot {
        request {
            ClusterId: string tag 0, ReplicaId: i32, MaxBytes: i32,
            Topics: [{
                Name: string,
                Partitions: [{
                    Partition: i32, CurrentLeaderEpoch: i32,
                    SnapshotId: { EndOffset: i64, Epoch: i32 }, Position: i64,
                    ReplicaDirectoryId: uuid @1.. tag 0,
                }],
            }],
        }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16,
            Topics: [{
                Name: string,
                Partitions: [{
                    Index: i32, ErrorCode: i16,
                    SnapshotId: { EndOffset: i64, Epoch: i32 },
                    CurrentLeader: { LeaderId: i32, LeaderEpoch: i32 } tag 0, Size: i64, Position: i64,
                    UnalignedRecords: bytes,
                }],
            }],
            NodeEndpoints: [{ NodeId: i32, Host: string, Port: u16 }] @1.. tag 0,
        }
    }
    60 DescribeCluster {
        request {
            IncludeClusterAuthorizedOperations: bool, EndpointType: i8 @1.., IncludeFencedBrokers: bool @2..,
        }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16, ErrorMessage: string, EndpointType: i8 @1..,
            ClusterId: string, ControllerId: i32,
            Brokers: [{ BrokerId: i32, Host: string, Port: i32, Rack: string, IsFenced: bool @2.. }],
            ClusterAuthorizedOperations: i32,
        }
    }
    61 DescribeProducers {
        request { Topics: [{ Name: string, PartitionIndexes: [i32] }] }
        response {
            ThrottleTimeMs: i32,
            Topics: [{
                Name: string,
                Partitions: [{
                    PartitionIndex: i32, ErrorCode: i16, ErrorMessage: string,
                    ActiveProducers: [{
                        ProducerId: i64, ProducerEpoch: i32, LastSequence: i32, LastTimestamp: i64,
                        CoordinatorEpoch: i32, CurrentTxnStartOffset: i64,
                    }],
                }],
            }],
        }
    }
}
