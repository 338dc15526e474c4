//! A cluster that has one of everything a command can be pointed at, and what it says of it.
//!
//! What changes something is answered as done and changes nothing here, or is forbidden: the tests look at what
//! was asked. Topics, groups and records are those of the fake brokers' world.

use std::sync::{Arc, Mutex};

use kr_wire::compression::Codec;
use kr_wire::error_code::ErrorCode;
use kr_wire::ids::Uuid;
use kr_wire::message::{RequestKind, ResponseKind, StrBytes};
use kr_wire::messages::*;

use crate::acls::{request, respond};
use crate::fake::{FakeCluster, World, batch};

/// APIs that the fake brokers' world does not serve by itself.
const SERVED: [i16; 21] =
    [27, 29, 30, 31, 34, 38, 39, 40, 41, 46, 48, 49, 50, 51, 57, 64, 65, 66, 74, 80, 81];

/// How it takes changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// They are done.
    Willing,
    /// Nobody is authorised to them.
    Forbidding,
}

/// Starts it.
pub fn start(mood: Mood) -> FakeCluster {
    let cluster = FakeCluster::start(3);
    let port = cluster.bootstrap()[0].rsplit_once(':').unwrap().1.parse().unwrap();
    let mut world = cluster.world();
    for key in SERVED {
        let row = kr_wire::api::row(key).unwrap();
        world.apis.insert(key, (row.min, row.max));
    }
    furnish(&mut world);
    drop(world);
    // A leader that was elected, a voter that was removed: who waits for it sees it.
    let done = Arc::new(Mutex::new(Vec::<i16>::new()));
    cluster.script(move |seen, _| {
        let key = seen.header.api_key;
        // What is written is in frames of its own.
        if matches!(key, 0 | 1) {
            return None;
        }
        let request = request(seen);
        if mood == Mood::Forbidding
            && let Some(refusal) = super::refusal::of(&request)
        {
            return Some(respond(seen, refusal));
        }
        let mut done = done.lock().unwrap();
        let answer = answer(&request, port, &done)?;
        done.push(key);
        Some(respond(seen, answer))
    });
    cluster
}

fn furnish(world: &mut World) {
    world.add_topic("orders", 3);
    world.add_topic("payments", 1);
    world.add_topic("__consumer_offsets", 1);
    world.add_topic("small", 1);
    world.partition("small", 0).replicas = vec![1];
    world.partition("small", 0).isr = vec![1];
    world.features.push(("transaction.version", 1, 0, 2));
    world.log_dirs.push("/data2".to_owned());
    for partition in 0..3 {
        world.partition("orders", partition).append(&batch(&["a", "b"], Codec::None)).unwrap();
    }
    world.partition("orders", 1).leader = 3;
    let set =
        |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    world.config_defaults = set(&[("retention.ms", "604800000"), ("cleanup.policy", "delete")]);
    world.topics.get_mut("orders").unwrap().configs =
        set(&[("cleanup.policy", "compact,delete"), ("leader.replication.throttled.replicas", "*")]);
    let billing = world.groups.entry("billing".to_owned()).or_default();
    billing.committed.insert(("orders".to_owned(), 0), 2);
    world.groups.entry("shop".to_owned()).or_default().member = Some("member-1".to_owned());
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn topic_name(name: &str) -> TopicName {
    TopicName(text(name))
}

/// What it says; the rest is the world's.
fn answer(request: &RequestKind, port: u16, done: &[i16]) -> Option<ResponseKind> {
    Some(match request {
        RequestKind::DescribeQuorum(_) => quorum(port, done).into(),
        RequestKind::DescribeCluster(asked) if asked.endpoint_type == 2 => controllers(port).into(),
        RequestKind::ListPartitionReassignments(_) => {
            let response = ListPartitionReassignmentsResponse::default().with_error_message(None);
            response.with_topics(reassignments(done)).into()
        }
        RequestKind::DescribeConfigs(asked) if asked.resources.iter().all(|r| r.resource_type != 2) => {
            configs(asked).into()
        }
        RequestKind::IncrementalAlterConfigs(asked)
            if asked.resources.iter().any(|r| r.resource_type != 2) =>
        {
            altered(asked, 0).into()
        }
        RequestKind::AlterReplicaLogDirs(asked) => moved(asked, 0).into(),
        RequestKind::UpdateFeatures(asked) => updated(asked, 0).into(),
        RequestKind::UnregisterBroker(_) => {
            UnregisterBrokerResponse::default().with_error_message(None).into()
        }
        RequestKind::AddRaftVoter(_) => AddRaftVoterResponse::default().with_error_message(None).into(),
        RequestKind::RemoveRaftVoter(_) => RemoveRaftVoterResponse::default().with_error_message(None).into(),
        RequestKind::DescribeProducers(asked) => producers(asked).into(),
        RequestKind::ListTransactions(_) => {
            let state = list_transactions_response::TransactionState::default()
                .with_transactional_id(TransactionalId(text("import")))
                .with_producer_id(ProducerId(78))
                .with_transaction_state(text("Ongoing"));
            ListTransactionsResponse::default().with_transaction_states(vec![state]).into()
        }
        RequestKind::DescribeTransactions(asked) => transactions(asked).into(),
        RequestKind::WriteTxnMarkers(asked) => marked(asked, 0).into(),
        RequestKind::ListConfigResources(_) => {
            let resource = list_config_resources_response::ConfigResource::default()
                .with_resource_name(text("latency"))
                .with_resource_type(16);
            ListConfigResourcesResponse::default().with_config_resources(vec![resource]).into()
        }
        other => return security(other),
    })
}

/// Users, what they may do and how much of it.
fn security(request: &RequestKind) -> Option<ResponseKind> {
    Some(match request {
        RequestKind::DescribeAcls(_) => acls().into(),
        RequestKind::CreateAcls(asked) => {
            let result = create_acls_response::AclCreationResult::default().with_error_message(None);
            CreateAclsResponse::default().with_results(vec![result; asked.creations.len()]).into()
        }
        RequestKind::DeleteAcls(asked) => {
            let result = delete_acls_response::DeleteAclsFilterResult::default().with_error_message(None);
            DeleteAclsResponse::default().with_filter_results(vec![result; asked.filters.len()]).into()
        }
        RequestKind::DescribeClientQuotas(_) => {
            use describe_client_quotas_response::*;
            let entity =
                EntityData::default().with_entity_type(text("user")).with_entity_name(Some(text("alice")));
            let value = ValueData::default().with_key(text("producer_byte_rate")).with_value(1000.0);
            let entry = EntryData::default().with_entity(vec![entity]).with_values(vec![value]);
            let response = DescribeClientQuotasResponse::default().with_error_message(None);
            response.with_entries(Some(vec![entry])).into()
        }
        RequestKind::AlterClientQuotas(asked) => quotas_altered(asked, 0).into(),
        RequestKind::DescribeUserScramCredentials(asked) => users(asked).into(),
        RequestKind::AlterUserScramCredentials(asked) => users_altered(asked, 0).into(),
        RequestKind::DescribeDelegationToken(_) => {
            let token = describe_delegation_token_response::DescribedDelegationToken::default()
                .with_principal_type(text("User"))
                .with_principal_name(text("alice"))
                .with_token_requester_principal_type(text("User"))
                .with_token_requester_principal_name(text("alice"))
                .with_issue_timestamp(1_700_000_000_000)
                .with_expiry_timestamp(1_900_000_000_000)
                .with_max_timestamp(2_000_000_000_000)
                .with_token_id(text("token-1"))
                .with_hmac(vec![7; 32].into());
            DescribeDelegationTokenResponse::default().with_tokens(vec![token]).into()
        }
        RequestKind::CreateDelegationToken(_) => CreateDelegationTokenResponse::default()
            .with_principal_type(text("User"))
            .with_principal_name(text("alice"))
            .with_token_requester_principal_type(text("User"))
            .with_token_requester_principal_name(text("alice"))
            .with_token_id(text("token-2"))
            .with_hmac(vec![8; 32].into())
            .into(),
        RequestKind::RenewDelegationToken(_) => RenewDelegationTokenResponse::default().into(),
        RequestKind::ExpireDelegationToken(_) => ExpireDelegationTokenResponse::default().into(),
        _ => return None,
    })
}

/// One config each of brokers, loggers, groups and subscriptions, set on the thing itself.
fn configs(asked: &DescribeConfigsRequest) -> DescribeConfigsResponse {
    use describe_configs_response::*;
    let result = |resource: &describe_configs_request::DescribeConfigsResource| {
        // `DescribeConfigsResponse.ConfigSource` of Kafka.
        let (key, value, source) = match resource.resource_type {
            4 => ("log.cleaner.threads", "1", 2),
            8 => ("kafka", "INFO", 6),
            16 => ("interval.ms", "1000", 7),
            _ => ("consumer.session.timeout.ms", "45000", 8),
        };
        let synonym = DescribeConfigsSynonym::default()
            .with_name(text(key))
            .with_value(Some(text(value)))
            .with_source(source);
        let config = DescribeConfigsResourceResult::default()
            .with_name(text(key))
            .with_value(Some(text(value)))
            .with_config_source(source)
            .with_synonyms(vec![synonym])
            .with_documentation(None);
        DescribeConfigsResult::default()
            .with_error_message(None)
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone())
            .with_configs(vec![config])
    };
    DescribeConfigsResponse::default().with_results(asked.resources.iter().map(result).collect())
}

/// Voters 101 and 102; controller 104 and broker 1 read along. Once a voter was added, 104 is one.
fn quorum(port: u16, done: &[i16]) -> DescribeQuorumResponse {
    use describe_quorum_response::{Listener, Node, PartitionData, ReplicaState, TopicData};
    let replica = |id: i32| {
        ReplicaState::default()
            .with_replica_id(BrokerId(id))
            .with_replica_directory_id(Uuid::from_u128(1000 + id as u128))
            .with_log_end_offset(50)
            .with_last_fetch_timestamp(5000)
            .with_last_caught_up_timestamp(5000)
    };
    let (mut voters, mut observers) = (vec![101, 102, 103], vec![1, 104]);
    if done.contains(&80) {
        voters.push(104);
        observers.retain(|id| *id != 104);
    }
    if done.contains(&81) {
        voters.retain(|id| *id != 102);
    }
    let partition = PartitionData::default()
        .with_leader_id(BrokerId(101))
        .with_leader_epoch(4)
        .with_high_watermark(50)
        .with_current_voters(voters.iter().map(|id| replica(*id)).collect())
        .with_observers(observers.iter().map(|id| replica(*id)).collect());
    let node = |id: &i32| {
        let listener =
            Listener::default().with_name(text("CONTROLLER")).with_host(text("127.0.0.1")).with_port(port);
        Node::default().with_node_id(BrokerId(*id)).with_listeners(vec![listener])
    };
    let topic = TopicData::default().with_topic_name(topic_name("__cluster_metadata"));
    DescribeQuorumResponse::default()
        .with_topics(vec![topic.with_partitions(vec![partition])])
        .with_nodes(voters.iter().map(node).collect())
}

fn controllers(port: u16) -> DescribeClusterResponse {
    let node = |id: i32| {
        describe_cluster_response::DescribeClusterBroker::default()
            .with_broker_id(BrokerId(id))
            .with_host(text("127.0.0.1"))
            .with_port(port.into())
    };
    DescribeClusterResponse::default()
        .with_error_message(None)
        .with_endpoint_type(2)
        .with_cluster_id(text("fake-cluster"))
        .with_brokers([101, 102, 103, 104].map(node).to_vec())
}

/// payments-0 moves until somebody stops it.
fn reassignments(done: &[i16]) -> Vec<list_partition_reassignments_response::OngoingTopicReassignment> {
    use list_partition_reassignments_response::*;
    let partition = OngoingPartitionReassignment::default()
        .with_replicas(vec![BrokerId(1), BrokerId(2)])
        .with_adding_replicas(vec![BrokerId(2)]);
    let topic = OngoingTopicReassignment::default().with_name(topic_name("payments"));
    let is_moving = !done.contains(&45);
    is_moving.then(|| topic.with_partitions(vec![partition])).into_iter().collect()
}

/// A producer of orders-0 whose transaction no coordinator knows, open since 1970.
fn producers(asked: &DescribeProducersRequest) -> DescribeProducersResponse {
    use describe_producers_response::*;
    let topic = |topic: &describe_producers_request::TopicRequest| {
        let partition = |index: &i32| {
            let producer = ProducerState::default()
                .with_producer_id(ProducerId(77))
                .with_producer_epoch(3)
                .with_last_timestamp(1000)
                .with_coordinator_epoch(-1)
                .with_current_txn_start_offset(1);
            let is_there = topic.name.as_str() == "orders" && *index == 0;
            let producers = if is_there { vec![producer] } else { Vec::new() };
            let partition = PartitionResponse::default().with_partition_index(*index);
            partition.with_error_message(None).with_active_producers(producers)
        };
        TopicResponse::default()
            .with_name(topic.name.clone())
            .with_partitions(topic.partition_indexes.iter().map(partition).collect())
    };
    DescribeProducersResponse::default().with_topics(asked.topics.iter().map(topic).collect())
}

fn transactions(asked: &DescribeTransactionsRequest) -> DescribeTransactionsResponse {
    use describe_transactions_response::*;
    let state = |id: &TransactionalId| {
        let state = TransactionState::default().with_transactional_id(id.clone());
        if id.as_str() != "import" {
            return state.with_error_code(ErrorCode::TRANSACTIONAL_ID_NOT_FOUND.0);
        }
        let topic = TopicData::default().with_topic(topic_name("orders")).with_partitions(vec![1]);
        state
            .with_transaction_state(text("Ongoing"))
            .with_transaction_timeout_ms(60_000)
            .with_transaction_start_time_ms(1_700_000_000_000)
            .with_producer_id(ProducerId(78))
            .with_topics(vec![topic])
    };
    DescribeTransactionsResponse::default()
        .with_transaction_states(asked.transactional_ids.iter().map(state).collect())
}

/// User alice may read topic orders.
fn acls() -> DescribeAclsResponse {
    use describe_acls_response::{AclDescription, DescribeAclsResource};
    let acl = AclDescription::default()
        .with_principal(text("User:alice"))
        .with_host(text("*"))
        .with_operation(3)
        .with_permission_type(3);
    let resource = DescribeAclsResource::default()
        .with_resource_type(2)
        .with_resource_name(text("orders"))
        .with_pattern_type(3)
        .with_acls(vec![acl]);
    DescribeAclsResponse::default().with_error_message(None).with_resources(vec![resource])
}

/// User alice has a password for SCRAM-SHA-512.
fn users(asked: &DescribeUserScramCredentialsRequest) -> DescribeUserScramCredentialsResponse {
    use describe_user_scram_credentials_response::*;
    let result = |name: &str| {
        let result =
            DescribeUserScramCredentialsResult::default().with_user(text(name)).with_error_message(None);
        if name != "alice" {
            return result.with_error_code(ErrorCode::RESOURCE_NOT_FOUND.0);
        }
        result.with_credential_infos(vec![CredentialInfo::default().with_mechanism(2).with_iterations(4096)])
    };
    let results = match &asked.users {
        Some(users) => users.iter().map(|user| result(&user.name)).collect(),
        None => vec![result("alice")],
    };
    let response = DescribeUserScramCredentialsResponse::default().with_error_message(None);
    response.with_results(results)
}

/// Configs changed, or not, with this code.
pub fn altered(asked: &IncrementalAlterConfigsRequest, code: i16) -> IncrementalAlterConfigsResponse {
    use incremental_alter_configs_response::AlterConfigsResourceResponse;
    let result = |resource: &incremental_alter_configs_request::AlterConfigsResource| {
        AlterConfigsResourceResponse::default()
            .with_error_code(code)
            .with_error_message(None)
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone())
    };
    IncrementalAlterConfigsResponse::default().with_responses(asked.resources.iter().map(result).collect())
}

/// Replicas moved, or not, with this code.
pub fn moved(asked: &AlterReplicaLogDirsRequest, code: i16) -> AlterReplicaLogDirsResponse {
    use alter_replica_log_dirs_response::*;
    let mut results = Vec::new();
    for topic in asked.dirs.iter().flat_map(|dir| &dir.topics) {
        let partition = |index: &i32| {
            AlterReplicaLogDirPartitionResult::default().with_partition_index(*index).with_error_code(code)
        };
        results.push(
            AlterReplicaLogDirTopicResult::default()
                .with_topic_name(topic.name.clone())
                .with_partitions(topic.partitions.iter().map(partition).collect()),
        );
    }
    AlterReplicaLogDirsResponse::default().with_results(results)
}

/// Features changed, or not, with this code.
pub fn updated(asked: &UpdateFeaturesRequest, code: i16) -> UpdateFeaturesResponse {
    let result = |update: &update_features_request::FeatureUpdateKey| {
        update_features_response::UpdatableFeatureResult::default()
            .with_feature(update.feature.clone())
            .with_error_message(None)
    };
    UpdateFeaturesResponse::default()
        .with_error_code(code)
        .with_error_message(None)
        .with_results(asked.feature_updates.iter().map(result).collect())
}

/// Transactions ended, or not, with this code.
pub fn marked(asked: &WriteTxnMarkersRequest, code: i16) -> WriteTxnMarkersResponse {
    use write_txn_markers_response::*;
    let marker = |marker: &write_txn_markers_request::WritableTxnMarker| {
        let topic = |topic: &write_txn_markers_request::WritableTxnMarkerTopic| {
            let partition = |index: &i32| {
                WritableTxnMarkerPartitionResult::default().with_partition_index(*index).with_error_code(code)
            };
            WritableTxnMarkerTopicResult::default()
                .with_name(topic.name.clone())
                .with_partitions(topic.partition_indexes.iter().map(partition).collect())
        };
        WritableTxnMarkerResult::default()
            .with_producer_id(marker.producer_id)
            .with_topics(marker.topics.iter().map(topic).collect())
    };
    WriteTxnMarkersResponse::default().with_markers(asked.markers.iter().map(marker).collect())
}

/// Quotas changed, or not, with this code.
pub fn quotas_altered(asked: &AlterClientQuotasRequest, code: i16) -> AlterClientQuotasResponse {
    use alter_client_quotas_response::{EntityData, EntryData};
    let entry = |entry: &alter_client_quotas_request::EntryData| {
        let entity = |entity: &alter_client_quotas_request::EntityData| {
            EntityData::default()
                .with_entity_type(entity.entity_type.clone())
                .with_entity_name(entity.entity_name.clone())
        };
        EntryData::default()
            .with_error_code(code)
            .with_error_message(None)
            .with_entity(entry.entity.iter().map(entity).collect())
    };
    AlterClientQuotasResponse::default().with_entries(asked.entries.iter().map(entry).collect())
}

/// Credentials changed, or not, with this code.
pub fn users_altered(
    asked: &AlterUserScramCredentialsRequest,
    code: i16,
) -> AlterUserScramCredentialsResponse {
    use alter_user_scram_credentials_response::AlterUserScramCredentialsResult;
    let names = asked.upsertions.iter().map(|u| &u.name).chain(asked.deletions.iter().map(|d| &d.name));
    let result = |name: &StrBytes| {
        AlterUserScramCredentialsResult::default()
            .with_user(name.clone())
            .with_error_code(code)
            .with_error_message(None)
    };
    AlterUserScramCredentialsResponse::default().with_results(names.map(result).collect())
}
