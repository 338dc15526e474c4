//! Shapes of the APIs with keys 62 to 92.

use super::Shape;
use super::macros::shapes;

shapes! {
    62 BrokerRegistration {
        request {
            BrokerId: i32, ClusterId: string, IncarnationId: uuid,
            Listeners: [{ Name: string, Host: string, Port: u16, SecurityProtocol: i16 }],
            Features: [{ Name: string, MinSupportedVersion: i16, MaxSupportedVersion: i16 }], Rack: string,
            IsMigratingZkBroker: bool @1.., LogDirs: [uuid] @2.., PreviousBrokerEpoch: i64 @3..,
        }
        response { ThrottleTimeMs: i32, ErrorCode: i16, BrokerEpoch: i64 }
    }
    63 BrokerHeartbeat {
        request {
            BrokerId: i32, BrokerEpoch: i64, CurrentMetadataOffset: i64, WantFence: bool, WantShutDown: bool,
            OfflineLogDirs: [uuid] @1.. tag 0,
        }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16, IsCaughtUp: bool, IsFenced: bool, ShouldShutDown: bool,
        }
    }
    64 UnregisterBroker {
        request { BrokerId: i32 }
        response { ThrottleTimeMs: i32, ErrorCode: i16, ErrorMessage: string }
    }
    65 DescribeTransactions {
        request { TransactionalIds: [string] }
        response {
            ThrottleTimeMs: i32,
            TransactionStates: [{
                ErrorCode: i16, TransactionalId: string, TransactionState: string, TransactionTimeoutMs: i32,
                TransactionStartTimeMs: i64, ProducerId: i64, ProducerEpoch: i16,
                Topics: [{ Topic: string, Partitions: [i32] }],
            }],
        }
    }
    66 ListTransactions {
        request {
            StateFilters: [string], ProducerIdFilters: [i64], DurationFilter: i64 @1..,
            TransactionalIdPattern: string @2..,
        }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16, UnknownStateFilters: [string],
            TransactionStates: [{ TransactionalId: string, ProducerId: i64, TransactionState: string }],
        }
    }
    67 AllocateProducerIds {
        request { BrokerId: i32, BrokerEpoch: i64 }
        response { ThrottleTimeMs: i32, ErrorCode: i16, ProducerIdStart: i64, ProducerIdLen: i32 }
    }
    68 ConsumerGroupHeartbeat {
        request {
            GroupId: string, MemberId: string, MemberEpoch: i32, InstanceId: string, RackId: string,
            RebalanceTimeoutMs: i32, SubscribedTopicNames: [string], SubscribedTopicRegex: string @1..,
            ServerAssignor: string,
            TopicPartitions: [{ TopicId: uuid, Partitions: [i32] }],
        }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16, ErrorMessage: string, MemberId: string, MemberEpoch: i32,
            HeartbeatIntervalMs: i32,
            Assignment: (null { TopicPartitions: [{ TopicId: uuid, Partitions: [i32] }] }),
        }
    }
    69 ConsumerGroupDescribe {
        request { GroupIds: [string], IncludeAuthorizedOperations: bool }
        response {
            ThrottleTimeMs: i32,
            Groups: [{
                ErrorCode: i16, ErrorMessage: string, GroupId: string, GroupState: string, GroupEpoch: i32,
                AssignmentEpoch: i32, AssignorName: string,
                Members: [{
                    MemberId: string, InstanceId: string, RackId: string, MemberEpoch: i32, ClientId: string,
                    ClientHost: string, SubscribedTopicNames: [string], SubscribedTopicRegex: string,
                    Assignment: {
                        TopicPartitions: [{ TopicId: uuid, TopicName: string, Partitions: [i32] }],
                    },
                    TargetAssignment: {
                        TopicPartitions: [{ TopicId: uuid, TopicName: string, Partitions: [i32] }],
                    },
                    MemberType: i8 @1..,
                }],
                AuthorizedOperations: i32,
            }],
        }
    }
    70 ControllerRegistration {
        request {
            ControllerId: i32, IncarnationId: uuid, ZkMigrationReady: bool,
            Listeners: [{ Name: string, Host: string, Port: u16, SecurityProtocol: i16 }],
            Features: [{ Name: string, MinSupportedVersion: i16, MaxSupportedVersion: i16 }],
        }
        response { ThrottleTimeMs: i32, ErrorCode: i16, ErrorMessage: string }
    }
    71 GetTelemetrySubscriptions {
        request { ClientInstanceId: uuid }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16, ClientInstanceId: uuid, SubscriptionId: i32,
            AcceptedCompressionTypes: [i8], PushIntervalMs: i32, TelemetryMaxBytes: i32,
            DeltaTemporality: bool, RequestedMetrics: [string],
        }
    }
    72 PushTelemetry {
        request {
            ClientInstanceId: uuid, SubscriptionId: i32, Terminating: bool, CompressionType: i8,
            Metrics: bytes,
        }
        response { ThrottleTimeMs: i32, ErrorCode: i16 }
    }
    73 AssignReplicasToDirs {
        request {
            BrokerId: i32, BrokerEpoch: i64,
            Directories: [{ Id: uuid, Topics: [{ TopicId: uuid, Partitions: [{ PartitionIndex: i32 }] }] }],
        }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16,
            Directories: [{
                Id: uuid,
                Topics: [{ TopicId: uuid, Partitions: [{ PartitionIndex: i32, ErrorCode: i16 }] }],
            }],
        }
    }
    74 ListConfigResources {
        request { ResourceTypes: [i8] @1.. }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16,
            ConfigResources: [{ ResourceName: string, ResourceType: i8 @1.. }],
        }
    }
    75 DescribeTopicPartitions {
        request {
            Topics: [{ Name: string }], ResponsePartitionLimit: i32,
            Cursor: (null { TopicName: string, PartitionIndex: i32 }),
        }
        response {
            ThrottleTimeMs: i32,
            Topics: [{
                ErrorCode: i16, Name: string, TopicId: uuid, IsInternal: bool,
                Partitions: [{
                    ErrorCode: i16, PartitionIndex: i32, LeaderId: i32, LeaderEpoch: i32, ReplicaNodes: [i32],
                    IsrNodes: [i32], EligibleLeaderReplicas: [i32], LastKnownElr: [i32],
                    OfflineReplicas: [i32],
                }],
                TopicAuthorizedOperations: i32,
            }],
            NextCursor: (null { TopicName: string, PartitionIndex: i32 }),
        }
    }
    76 ShareGroupHeartbeat {
        request {
            GroupId: string, MemberId: string, MemberEpoch: i32, RackId: string,
            SubscribedTopicNames: [string],
        }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16, ErrorMessage: string, MemberId: string, MemberEpoch: i32,
            HeartbeatIntervalMs: i32,
            Assignment: (null { TopicPartitions: [{ TopicId: uuid, Partitions: [i32] }] }),
        }
    }
    77 ShareGroupDescribe {
        request { GroupIds: [string], IncludeAuthorizedOperations: bool }
        response {
            ThrottleTimeMs: i32,
            Groups: [{
                ErrorCode: i16, ErrorMessage: string, GroupId: string, GroupState: string, GroupEpoch: i32,
                AssignmentEpoch: i32, AssignorName: string,
                Members: [{
                    MemberId: string, RackId: string, MemberEpoch: i32, ClientId: string, ClientHost: string,
                    SubscribedTopicNames: [string],
                    Assignment: {
                        TopicPartitions: [{ TopicId: uuid, TopicName: string, Partitions: [i32] }],
                    },
                }],
                AuthorizedOperations: i32,
            }],
        }
    }
    78 ShareFetch {
        request {
            GroupId: string, MemberId: string, ShareSessionEpoch: i32, MaxWaitMs: i32, MinBytes: i32,
            MaxBytes: i32, MaxRecords: i32, BatchSize: i32,
            Topics: [{
                TopicId: uuid,
                Partitions: [{
                    PartitionIndex: i32,
                    AcknowledgementBatches: [{ FirstOffset: i64, LastOffset: i64, AcknowledgeTypes: [i8] }],
                }],
            }],
            ForgottenTopicsData: [{ TopicId: uuid, Partitions: [i32] }],
        }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16, ErrorMessage: string, AcquisitionLockTimeoutMs: i32,
            Responses: [{
                TopicId: uuid,
                Partitions: [{
                    PartitionIndex: i32, ErrorCode: i16, ErrorMessage: string, AcknowledgeErrorCode: i16,
                    AcknowledgeErrorMessage: string,
                    CurrentLeader: { LeaderId: i32, LeaderEpoch: i32 }, Records: bytes,
                    AcquiredRecords: [{ FirstOffset: i64, LastOffset: i64, DeliveryCount: i16 }],
                }],
            }],
            NodeEndpoints: [{ NodeId: i32, Host: string, Port: i32, Rack: string }],
        }
    }
    79 ShareAcknowledge {
        request {
            GroupId: string, MemberId: string, ShareSessionEpoch: i32,
            Topics: [{
                TopicId: uuid,
                Partitions: [{
                    PartitionIndex: i32,
                    AcknowledgementBatches: [{ FirstOffset: i64, LastOffset: i64, AcknowledgeTypes: [i8] }],
                }],
            }],
        }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16, ErrorMessage: string,
            Responses: [{
                TopicId: uuid,
                Partitions: [{
                    PartitionIndex: i32, ErrorCode: i16, ErrorMessage: string,
                    CurrentLeader: { LeaderId: i32, LeaderEpoch: i32 },
                }],
            }],
            NodeEndpoints: [{ NodeId: i32, Host: string, Port: i32, Rack: string }],
        }
    }
    80 AddRaftVoter {
        request {
            ClusterId: string, TimeoutMs: i32, VoterId: i32, VoterDirectoryId: uuid,
            Listeners: [{ Name: string, Host: string, Port: u16 }],
        }
        response { ThrottleTimeMs: i32, ErrorCode: i16, ErrorMessage: string }
    }
    81 RemoveRaftVoter {
        request { ClusterId: string, VoterId: i32, VoterDirectoryId: uuid }
        response { ThrottleTimeMs: i32, ErrorCode: i16, ErrorMessage: string }
    }
    82 UpdateRaftVoter {
        request {
            ClusterId: string, CurrentLeaderEpoch: i32, VoterId: i32, VoterDirectoryId: uuid,
            Listeners: [{ Name: string, Host: string, Port: u16 }],
            KRaftVersionFeature: { MinSupportedVersion: i16, MaxSupportedVersion: i16 },
        }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16,
            CurrentLeader: { LeaderId: i32, LeaderEpoch: i32, Host: string, Port: i32 } tag 0,
        }
    }
    83 InitializeShareGroupState {
        request {
            GroupId: string,
            Topics: [{ TopicId: uuid, Partitions: [{ Partition: i32, StateEpoch: i32, StartOffset: i64 }] }],
        }
        response {
            Results: [{
                TopicId: uuid,
                Partitions: [{ Partition: i32, ErrorCode: i16, ErrorMessage: string }],
            }],
        }
    }
    84 ReadShareGroupState {
        request {
            GroupId: string,
            Topics: [{ TopicId: uuid, Partitions: [{ Partition: i32, LeaderEpoch: i32 }] }],
        }
        response {
            Results: [{
                TopicId: uuid,
                Partitions: [{
                    Partition: i32, ErrorCode: i16, ErrorMessage: string, StateEpoch: i32, StartOffset: i64,
                    StateBatches: [{
                        FirstOffset: i64, LastOffset: i64, DeliveryState: i8, DeliveryCount: i16,
                    }],
                }],
            }],
        }
    }
    85 WriteShareGroupState {
        request {
            GroupId: string,
            Topics: [{
                TopicId: uuid,
                Partitions: [{
                    Partition: i32, StateEpoch: i32, LeaderEpoch: i32, StartOffset: i64,
                    StateBatches: [{
                        FirstOffset: i64, LastOffset: i64, DeliveryState: i8, DeliveryCount: i16,
                    }],
                }],
            }],
        }
        response {
            Results: [{
                TopicId: uuid,
                Partitions: [{ Partition: i32, ErrorCode: i16, ErrorMessage: string }],
            }],
        }
    }
    86 DeleteShareGroupState {
        request { GroupId: string, Topics: [{ TopicId: uuid, Partitions: [{ Partition: i32 }] }] }
        response {
            Results: [{
                TopicId: uuid,
                Partitions: [{ Partition: i32, ErrorCode: i16, ErrorMessage: string }],
            }],
        }
    }
    87 ReadShareGroupStateSummary {
        request {
            GroupId: string,
            Topics: [{ TopicId: uuid, Partitions: [{ Partition: i32, LeaderEpoch: i32 }] }],
        }
        response {
            Results: [{
                TopicId: uuid,
                Partitions: [{
                    Partition: i32, ErrorCode: i16, ErrorMessage: string, StateEpoch: i32, LeaderEpoch: i32,
                    StartOffset: i64,
                }],
            }],
        }
    }
    90 DescribeShareGroupOffsets {
        request { Groups: [{ GroupId: string, Topics: [{ TopicName: string, Partitions: [i32] }] }] }
        response {
            ThrottleTimeMs: i32,
            Groups: [{
                GroupId: string,
                Topics: [{
                    TopicName: string, TopicId: uuid,
                    Partitions: [{
                        PartitionIndex: i32, StartOffset: i64, LeaderEpoch: i32, ErrorCode: i16,
                        ErrorMessage: string,
                    }],
                }],
                ErrorCode: i16, ErrorMessage: string,
            }],
        }
    }
    91 AlterShareGroupOffsets {
        request {
            GroupId: string,
            Topics: [{ TopicName: string, Partitions: [{ PartitionIndex: i32, StartOffset: i64 }] }],
        }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16, ErrorMessage: string,
            Responses: [{
                TopicName: string, TopicId: uuid,
                Partitions: [{ PartitionIndex: i32, ErrorCode: i16, ErrorMessage: string }],
            }],
        }
    }
    92 DeleteShareGroupOffsets {
        request { GroupId: string, Topics: [{ TopicName: string }] }
        response {
            ThrottleTimeMs: i32, ErrorCode: i16, ErrorMessage: string,
            Responses: [{ TopicName: string, TopicId: uuid, ErrorCode: i16, ErrorMessage: string }],
        }
    }
}
