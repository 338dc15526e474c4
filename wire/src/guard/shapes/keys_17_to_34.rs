//! Shapes of the APIs with keys 17 to 34.

use super::Shape;
use super::macros::shapes;

shapes! {
    17 SaslHandshake {
        request { Mechanism: string }
        response { ErrorCode: i16, Mechanisms: [string] }
    }
    18 ApiVersions {
        request { ClientSoftwareName: string @3.., ClientSoftwareVersion: string @3.. }
        response {
            ErrorCode: i16,
            ApiKeys: [{ ApiKey: i16, MinVersion: i16, MaxVersion: i16 }], ThrottleTimeMs: i32 @1..,
            SupportedFeatures: [{ Name: string, MinVersion: i16, MaxVersion: i16 }] @3.. tag 0,
            FinalizedFeaturesEpoch: i64 @3.. tag 1,
            FinalizedFeatures: [{ Name: string, MaxVersionLevel: i16, MinVersionLevel: i16 }] @3.. tag 2,
            ZkMigrationReady: bool @3.. tag 3,
        }
    }
    19 CreateTopics {
        request {
            Topics: [{
                Name: string, NumPartitions: i32, ReplicationFactor: i16,
                Assignments: [{ PartitionIndex: i32, BrokerIds: [i32] }],
                Configs: [{ Name: string, Value: string }],
            }],
            timeoutMs: i32, validateOnly: bool,
        }
        response {
            ThrottleTimeMs: i32,
            Topics: [{
                Name: string, TopicId: uuid @7.., ErrorCode: i16, ErrorMessage: string,
                TopicConfigErrorCode: i16 @5.. tag 0, NumPartitions: i32 @5.., ReplicationFactor: i16 @5..,
                Configs: [{
                    Name: string, Value: string, ReadOnly: bool, ConfigSource: i8, IsSensitive: bool,
                }] @5..,
            }],
        }
    }
    20 DeleteTopics {
        request { Topics: [{ Name: string, TopicId: uuid }] @6.., TopicNames: [string] @..6, TimeoutMs: i32 }
        response {
            ThrottleTimeMs: i32,
            Responses: [{ Name: string, TopicId: uuid @6.., ErrorCode: i16, ErrorMessage: string @5.. }],
        }
    }
    21 DeleteRecords {
        request {
            Topics: [{ Name: string, Partitions: [{ PartitionIndex: i32, Offset: i64 }] }], TimeoutMs: i32,
        }
        response {
            ThrottleTimeMs: i32,
            Topics: [{
                Name: string,
                Partitions: [{ PartitionIndex: i32, LowWatermark: i64, ErrorCode: i16 }],
            }],
        }
    }
    22 InitProducerId {
        request {
            TransactionalId: string, TransactionTimeoutMs: i32, ProducerId: i64 @3.., ProducerEpoch: i16 @3..,
        }
        response { ThrottleTimeMs: i32, ErrorCode: i16, ProducerId: i64, ProducerEpoch: i16 }
    }
    23 OffsetForLeaderEpoch {
        request {
            ReplicaId: i32 @3..,
            Topics: [{
                Topic: string,
                Partitions: [{ Partition: i32, CurrentLeaderEpoch: i32, LeaderEpoch: i32 }],
            }],
        }
        response {
            ThrottleTimeMs: i32,
            Topics: [{
                Topic: string,
                Partitions: [{ ErrorCode: i16, Partition: i32, LeaderEpoch: i32, EndOffset: i64 }],
            }],
        }
    }
    24 AddPartitionsToTxn {
        request {
            Transactions: [{
                TransactionalId: string, ProducerId: i64, ProducerEpoch: i16, VerifyOnly: bool,
                Topics: [{ Name: string, Partitions: [i32] }],
            }] @4..,
            V3AndBelowTransactionalId: string @..4, V3AndBelowProducerId: i64 @..4,
            V3AndBelowProducerEpoch: i16 @..4,
            V3AndBelowTopics: [{ Name: string, Partitions: [i32] }] @..4,
        }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16 @4..,
            ResultsByTransaction: [{
                TransactionalId: string,
                TopicResults: [{
                    Name: string,
                    ResultsByPartition: [{ PartitionIndex: i32, PartitionErrorCode: i16 }],
                }],
            }] @4..,
            ResultsByTopicV3AndBelow: [{
                Name: string,
                ResultsByPartition: [{ PartitionIndex: i32, PartitionErrorCode: i16 }],
            }] @..4,
        }
    }
    25 AddOffsetsToTxn {
        request { TransactionalId: string, ProducerId: i64, ProducerEpoch: i16, GroupId: string }
        response { ThrottleTimeMs: i32, ErrorCode: i16 }
    }
    26 EndTxn {
        request { TransactionalId: string, ProducerId: i64, ProducerEpoch: i16, Committed: bool }
        response { ThrottleTimeMs: i32, ErrorCode: i16, ProducerId: i64 @5.., ProducerEpoch: i16 @5.. }
    }
    27 WriteTxnMarkers {
        request {
            Markers: [{
                ProducerId: i64, ProducerEpoch: i16, TransactionResult: bool,
                Topics: [{ Name: string, PartitionIndexes: [i32] }], CoordinatorEpoch: i32,
            }],
        }
        response {
            Markers: [{
                ProducerId: i64,
                Topics: [{ Name: string, Partitions: [{ PartitionIndex: i32, ErrorCode: i16 }] }],
            }],
        }
    }
    28 TxnOffsetCommit {
        request {
            TransactionalId: string, GroupId: string, ProducerId: i64, ProducerEpoch: i16,
            GenerationId: i32 @3.., MemberId: string @3.., GroupInstanceId: string @3..,
            Topics: [{
                Name: string,
                Partitions: [{
                    PartitionIndex: i32, CommittedOffset: i64, CommittedLeaderEpoch: i32 @2..,
                    CommittedMetadata: string,
                }],
            }],
        }
        response {
            ThrottleTimeMs: i32,
            Topics: [{ Name: string, Partitions: [{ PartitionIndex: i32, ErrorCode: i16 }] }],
        }
    }
    29 DescribeAcls {
        request {
            ResourceTypeFilter: i8, ResourceNameFilter: string, PatternTypeFilter: i8,
            PrincipalFilter: string, HostFilter: string, Operation: i8, PermissionType: i8,
        }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16, ErrorMessage: string,
            Resources: [{
                ResourceType: i8, ResourceName: string, PatternType: i8,
                Acls: [{ Principal: string, Host: string, Operation: i8, PermissionType: i8 }],
            }],
        }
    }
    30 CreateAcls {
        request {
            Creations: [{
                ResourceType: i8, ResourceName: string, ResourcePatternType: i8, Principal: string,
                Host: string, Operation: i8, PermissionType: i8,
            }],
        }
        response { ThrottleTimeMs: i32, Results: [{ ErrorCode: i16, ErrorMessage: string }] }
    }
    31 DeleteAcls {
        request {
            Filters: [{
                ResourceTypeFilter: i8, ResourceNameFilter: string, PatternTypeFilter: i8,
                PrincipalFilter: string, HostFilter: string, Operation: i8, PermissionType: i8,
            }],
        }
        response {
            ThrottleTimeMs: i32,
            FilterResults: [{
                ErrorCode: i16, ErrorMessage: string,
                MatchingAcls: [{
                    ErrorCode: i16, ErrorMessage: string, ResourceType: i8, ResourceName: string,
                    PatternType: i8, Principal: string, Host: string, Operation: i8, PermissionType: i8,
                }],
            }],
        }
    }
    32 DescribeConfigs {
        request {
            Resources: [{ ResourceType: i8, ResourceName: string, ConfigurationKeys: [string] }],
            IncludeSynonyms: bool, IncludeDocumentation: bool @3..,
        }
        response {
            ThrottleTimeMs: i32,
            Results: [{
                ErrorCode: i16, ErrorMessage: string, ResourceType: i8, ResourceName: string,
                Configs: [{
                    Name: string, Value: string, ReadOnly: bool, ConfigSource: i8, IsSensitive: bool,
                    Synonyms: [{ Name: string, Value: string, Source: i8 }], ConfigType: i8 @3..,
                    Documentation: string @3..,
                }],
            }],
        }
    }
    33 AlterConfigs {
        request {
            Resources: [{
                ResourceType: i8, ResourceName: string,
                Configs: [{ Name: string, Value: string }],
            }],
            ValidateOnly: bool,
        }
        response {
            ThrottleTimeMs: i32,
            Responses: [{ ErrorCode: i16, ErrorMessage: string, ResourceType: i8, ResourceName: string }],
        }
    }
    34 AlterReplicaLogDirs {
        request { Dirs: [{ Path: string, Topics: [{ Name: string, Partitions: [i32] }] }] }
        response {
            ThrottleTimeMs: i32,
            Results: [{ TopicName: string, Partitions: [{ PartitionIndex: i32, ErrorCode: i16 }] }],
        }
    }
}
