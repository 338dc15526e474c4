//! The quorum, its controllers, users, quotas, configs and hanging transactions: what is asked of the
//! cluster, and what is sent to it; against a broker that answers by script.

use std::sync::{Arc, Mutex};

use kr_wire::ids::Uuid;
use kr_wire::message::{RequestKind, StrBytes};
use kr_wire::messages::*;

use super::acls::{cluster_with, request, respond};
use super::fake::{FakeCluster, Seen};
use super::{Setting, kr_on, kr_with};

/// Requests that were seen and are worth a look.
type Caught = Arc<Mutex<Vec<RequestKind>>>;

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

/// A quorum of voter 101 with observers 1 and 104, whose controllers listen where the broker does.
fn quorum(port: u16) -> DescribeQuorumResponse {
    use describe_quorum_response::{Listener, Node, PartitionData, ReplicaState, TopicData};
    let replica = |id: i32| {
        ReplicaState::default()
            .with_replica_id(BrokerId(id))
            .with_replica_directory_id(Uuid::from_u128(1000 + id as u128))
            .with_log_end_offset(50)
            .with_last_fetch_timestamp(5000)
            .with_last_caught_up_timestamp(5000)
    };
    let partition = PartitionData::default()
        .with_leader_id(BrokerId(101))
        .with_leader_epoch(4)
        .with_high_watermark(50)
        .with_current_voters(vec![replica(101)])
        .with_observers(vec![replica(1), replica(104)]);
    let listener =
        Listener::default().with_name(text("CONTROLLER")).with_host(text("127.0.0.1")).with_port(port);
    let node = Node::default().with_node_id(BrokerId(101)).with_listeners(vec![listener]);
    DescribeQuorumResponse::default()
        .with_topics(vec![TopicData::default().with_partitions(vec![partition])])
        .with_nodes(vec![node])
}

/// Controllers 101, 103 and 104 are registered; 103 is in no quorum.
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
        .with_brokers(vec![node(101), node(103), node(104)])
}

fn kraft() -> (FakeCluster, Caught) {
    let cluster = cluster_with(&[80, 81]);
    let port: u16 = cluster.bootstrap()[0].rsplit_once(':').unwrap().1.parse().unwrap();
    let caught = Caught::default();
    let seen_by_us = Arc::clone(&caught);
    cluster.script(move |seen: &Seen<'_>, _| match seen.header.api_key {
        55 => Some(respond(seen, quorum(port).into())),
        60 => match request(seen) {
            RequestKind::DescribeCluster(asked) if asked.endpoint_type == 2 => {
                Some(respond(seen, controllers(port).into()))
            }
            _ => None,
        },
        80 => {
            seen_by_us.lock().unwrap().push(request(seen));
            Some(respond(seen, AddRaftVoterResponse::default().with_error_message(None).into()))
        }
        81 => {
            seen_by_us.lock().unwrap().push(request(seen));
            Some(respond(seen, RemoveRaftVoterResponse::default().with_error_message(None).into()))
        }
        _ => None,
    });
    (cluster, caught)
}

/// Row 28: `kr quorum add ID` from anywhere: directory id and endpoint read from the cluster.
#[test]
fn complaint_28_a_voter_is_added_from_anywhere() {
    let (cluster, caught) = kraft();
    assert_eq!(kr_on(&cluster, &["quorum", "add", "104", "--dry-run"]).code, 0);
    assert!(caught.lock().unwrap().is_empty());
    let ran = kr_on(&cluster, &["quorum", "add", "104"]);
    assert_eq!(ran.code, 0, "{}", ran.page());
    let caught = caught.lock().unwrap();
    let [RequestKind::AddRaftVoter(sent)] = caught.as_slice() else { panic!("{caught:?}") };
    assert_eq!((sent.voter_id, sent.voter_directory_id), (104, Uuid::from_u128(1104)));
    assert_eq!(sent.listeners[0].name.as_str(), "CONTROLLER");
    assert_eq!(sent.cluster_id.as_ref().unwrap().as_str(), "fake-cluster");
}

#[test]
fn a_node_that_does_not_read_along_cannot_become_a_voter() {
    let (cluster, caught) = kraft();
    for id in ["103", "101", "9"] {
        assert_eq!(kr_on(&cluster, &["quorum", "add", id, "-y"]).code, 1, "{id}");
    }
    assert!(caught.lock().unwrap().is_empty());
}

#[test]
fn the_last_voter_is_not_removed() {
    let (cluster, caught) = kraft();
    let ran = kr_on(&cluster, &["quorum", "remove", "101", "--yes"]);
    assert_eq!(ran.code, 6, "{}", ran.page());
    assert!(ran.stderr.contains("only 0 of the 0 left follow the leader"), "{}", ran.stderr);
    assert!(caught.lock().unwrap().is_empty());
}

/// Row 29: ghost registrations are shown and named as what blocks the upgrade of a feature.
#[test]
fn complaint_29_ghost_registrations_are_shown_and_block_an_upgrade() {
    let (cluster, _) = kraft();
    let ran = kr_on(&cluster, &["cluster", "nodes", "--ghosts", "-o", "name"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "103\n"), "{}", ran.page());
    assert!(ran.stderr.contains("controllers 103 are registered and not in the quorum"), "{}", ran.stderr);
    let ran = kr_on(&cluster, &["feature", "check", "--to", "4.1", "-o", "json"]);
    assert_eq!(ran.code, 3);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let ghost = document["items"].as_array().unwrap().iter().find(|row| row["node"] == 103).unwrap();
    assert_eq!(ghost["verdict"], "ghost");
}

#[test]
fn controllers_can_be_asked_instead_of_brokers() {
    let (cluster, _) = kraft();
    let controller = cluster.bootstrap()[0].clone();
    let ran = super::kr(&["cluster", "id", "--bootstrap-controller", &controller]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "fake-cluster\n"), "{}", ran.page());
    assert_eq!(cluster.count(3), 0, "controllers serve no Metadata");
}

/// A broker with the user "bob", whose credential is SCRAM-SHA-256 with 4096 iterations.
fn users() -> (FakeCluster, Caught) {
    let cluster = cluster_with(&[29, 50, 51]);
    let caught = Caught::default();
    let seen_by_us = Arc::clone(&caught);
    cluster.script(move |seen, _| match seen.header.api_key {
        50 => {
            use describe_user_scram_credentials_response::*;
            let RequestKind::DescribeUserScramCredentials(asked) = request(seen) else { unreachable!() };
            let info = CredentialInfo::default().with_mechanism(1).with_iterations(4096);
            let result = |name: &str| {
                let result = DescribeUserScramCredentialsResult::default()
                    .with_user(text(name))
                    .with_error_message(None);
                let is_bob = name == "bob";
                if is_bob {
                    result.with_credential_infos(vec![info.clone()])
                } else {
                    result.with_error_code(91)
                }
            };
            let results = match asked.users {
                Some(users) => users.iter().map(|user| result(&user.name)).collect(),
                None => vec![result("bob")],
            };
            let response = DescribeUserScramCredentialsResponse::default().with_error_message(None);
            Some(respond(seen, response.with_results(results).into()))
        }
        51 => {
            use alter_user_scram_credentials_response::AlterUserScramCredentialsResult;
            let RequestKind::AlterUserScramCredentials(asked) = request(seen) else { unreachable!() };
            let names =
                asked.upsertions.iter().map(|u| &u.name).chain(asked.deletions.iter().map(|d| &d.name));
            let result = |name: &StrBytes| {
                AlterUserScramCredentialsResult::default().with_user(name.clone()).with_error_message(None)
            };
            let results = names.map(result).collect();
            seen_by_us.lock().unwrap().push(RequestKind::AlterUserScramCredentials(asked));
            Some(respond(seen, AlterUserScramCredentialsResponse::default().with_results(results).into()))
        }
        _ => None,
    });
    (cluster, caught)
}

/// The broker gets a salted hash; the password is in no argument, no request and no output.
#[test]
fn a_password_comes_from_stdin_and_leaves_salted() {
    let (cluster, caught) = users();
    let setting = Setting { stdin: b"geheim\nmore\n".to_vec(), ..Setting::clean() };
    let ran = kr_with(&cluster, setting, &["user", "set", "alice", "--password-stdin"]);
    assert_eq!(ran.code, 0, "{}", ran.page());
    assert!(!ran.page().contains("geheim"));
    let caught = caught.lock().unwrap();
    let [RequestKind::AlterUserScramCredentials(sent)] = caught.as_slice() else { panic!() };
    let credential = &sent.upsertions[0];
    assert_eq!((credential.mechanism, credential.iterations), (2, 4096));
    assert_eq!((credential.salted_password.len(), credential.salt.len()), (64, 26));
}

#[test]
fn without_a_password_nothing_is_sent_and_a_replacement_is_asked_for() {
    let (cluster, caught) = users();
    assert_eq!(kr_on(&cluster, &["user", "set", "alice"]).code, 2);
    let replacement = ["user", "set", "bob", "--mechanism", "scram-sha-256", "--generate"];
    assert_eq!(kr_on(&cluster, &replacement).code, 6);
    assert_eq!(kr_on(&cluster, &["user", "delete", "bob"]).code, 6);
    assert_eq!(kr_on(&cluster, &["user", "delete", "bob", "--dry-run"]).code, 0);
    assert!(caught.lock().unwrap().is_empty());
    let ran = kr_on(&cluster, &["user", "delete", "bob", "nobody", "-y", "-o", "name"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, "bob\n"), "{}", ran.page());
}

/// Forms that leave the fields out would lose a password that nobody can ask for again.
#[test]
fn a_password_that_was_made_up_is_always_said() {
    let (cluster, _) = users();
    let ran = kr_on(&cluster, &["user", "set", "alice", "--generate", "-o", "name", "-q"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "alice\n"));
    assert!(ran.stderr.starts_with("the password of user \"alice\" is "), "{}", ran.stderr);
    let ran = kr_on(&cluster, &["user", "set", "alice", "--generate", "-o", "json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.contains("\"password\": \""), "{}", ran.stdout);
}

/// A topic with a transaction that has been open since 1970, whose producer no coordinator knows.
fn hung() -> (FakeCluster, Caught) {
    let cluster = cluster_with(&[27, 61, 66]);
    cluster.world().add_topic("t", 1);
    let caught = Caught::default();
    let seen_by_us = Arc::clone(&caught);
    cluster.script(move |seen, _| match seen.header.api_key {
        27 => {
            use write_txn_markers_response::*;
            seen_by_us.lock().unwrap().push(request(seen));
            let partition = WritableTxnMarkerPartitionResult::default();
            let topic = WritableTxnMarkerTopicResult::default()
                .with_name(TopicName(text("t")))
                .with_partitions(vec![partition]);
            let marker = WritableTxnMarkerResult::default().with_topics(vec![topic]);
            Some(respond(seen, WriteTxnMarkersResponse::default().with_markers(vec![marker]).into()))
        }
        61 => {
            use describe_producers_response::*;
            let producer = ProducerState::default()
                .with_producer_id(ProducerId(77))
                .with_producer_epoch(3)
                .with_last_timestamp(1000)
                .with_coordinator_epoch(-1)
                .with_current_txn_start_offset(42);
            let partition =
                PartitionResponse::default().with_error_message(None).with_active_producers(vec![producer]);
            let topic =
                TopicResponse::default().with_name(TopicName(text("t"))).with_partitions(vec![partition]);
            Some(respond(seen, DescribeProducersResponse::default().with_topics(vec![topic]).into()))
        }
        66 => Some(respond(seen, ListTransactionsResponse::default().into())),
        _ => None,
    });
    (cluster, caught)
}

/// Row 40: a scan of the whole cluster for hanging transactions, and an abort that is guarded.
#[test]
fn complaint_40_hanging_transactions_are_found_and_aborted_only_when_agreed() {
    let (cluster, caught) = hung();
    let ran = kr_on(&cluster, &["txn", "hung", "-o", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
    let row = &document["items"][0];
    assert_eq!((row["producer_id"].as_i64(), row["start_offset"].as_i64()), (Some(77), Some(42)));
    assert_eq!(row["reason"], "no-coordinator");
    assert_eq!(kr_on(&cluster, &["txn", "hung", "--abort"]).code, 6);
    assert_eq!(kr_on(&cluster, &["txn", "hung", "--abort", "--dry-run"]).code, 0);
    assert_eq!(kr_on(&cluster, &["txn", "abort", "t-0", "--start-offset", "41", "-y"]).code, 1);
    assert!(caught.lock().unwrap().is_empty());
    let ran = kr_on(&cluster, &["txn", "hung", "--abort", "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.page());
    let caught = caught.lock().unwrap();
    let [RequestKind::WriteTxnMarkers(sent)] = caught.as_slice() else { panic!() };
    let marker = &sent.markers[0];
    assert_eq!((marker.producer_id.0, marker.producer_epoch, marker.transaction_result), (77, 3, false));
    assert_eq!(marker.coordinator_epoch, 0);
}

/// Row 33: configs are changed key by key; a key that is as wanted is not sent.
#[test]
fn complaint_33_configs_are_changed_incrementally_only() {
    let cluster = cluster_with(&[44]);
    cluster.world().add_topic("t", 1);
    let configs = [("retention.ms".to_owned(), "5".to_owned())];
    cluster.world().topics.get_mut("t").unwrap().configs = configs.into();
    let caught = Caught::default();
    let seen_by_us = Arc::clone(&caught);
    cluster.script(move |seen, _| {
        (seen.header.api_key == 44).then(|| {
            use incremental_alter_configs_response::AlterConfigsResourceResponse;
            seen_by_us.lock().unwrap().push(request(seen));
            let done = AlterConfigsResourceResponse::default()
                .with_error_message(None)
                .with_resource_type(2)
                .with_resource_name(text("t"));
            respond(seen, IncrementalAlterConfigsResponse::default().with_responses(vec![done]).into())
        })
    });
    assert_eq!(kr_on(&cluster, &["config", "set", "topic/t", "retention.ms=5"]).code, 0);
    assert!(caught.lock().unwrap().is_empty());
    let ran = kr_on(&cluster, &["config", "set", "topic/t", "retention.ms=5", "max.message.bytes=9", "-y"]);
    assert_eq!(ran.code, 0, "{}", ran.page());
    let caught = caught.lock().unwrap();
    let [RequestKind::IncrementalAlterConfigs(sent)] = caught.as_slice() else { panic!() };
    let sent: Vec<&str> = sent.resources[0].configs.iter().map(|config| config.name.as_str()).collect();
    assert_eq!((sent, cluster.count(33)), (vec!["max.message.bytes"], 0));
}

/// `kr quota effective` and a change of quotas, with old and new values.
#[test]
fn quotas_show_old_and_new_and_a_dry_run_only_validates() {
    let cluster = cluster_with(&[48, 49]);
    let caught = Caught::default();
    let seen_by_us = Arc::clone(&caught);
    cluster.script(move |seen, _| match seen.header.api_key {
        48 => {
            use describe_client_quotas_response::*;
            let entity = EntityData::default().with_entity_type(text("user")).with_entity_name(None);
            let value = ValueData::default().with_key(text("producer_byte_rate")).with_value(5.0);
            let entry = EntryData::default().with_entity(vec![entity]).with_values(vec![value]);
            let response = DescribeClientQuotasResponse::default().with_error_message(None);
            Some(respond(seen, response.with_entries(Some(vec![entry])).into()))
        }
        49 => {
            use alter_client_quotas_response::{EntityData, EntryData};
            seen_by_us.lock().unwrap().push(request(seen));
            let entity = EntityData::default().with_entity_type(text("user")).with_entity_name(None);
            let entry = EntryData::default().with_error_message(None).with_entity(vec![entity]);
            Some(respond(seen, AlterClientQuotasResponse::default().with_entries(vec![entry]).into()))
        }
        _ => None,
    });
    let ran = kr_on(&cluster, &["quota", "effective", "--user", "alice", "-o", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["items"][0]["value"].as_f64(), Some(5.0));
    assert!(document["items"][1]["value"].is_null());
    let change = ["quota", "set", "--user-default", "producer_byte_rate=1kb", "-o", "json"];
    let ran = kr_on(&cluster, &[&change[..], &["--dry-run"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.page());
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["items"][0]["before"].as_f64(), Some(5.0));
    assert_eq!(kr_on(&cluster, &change).code, 0);
    let caught = caught.lock().unwrap();
    let [RequestKind::AlterClientQuotas(tried), RequestKind::AlterClientQuotas(sent)] = caught.as_slice()
    else {
        panic!()
    };
    assert!(tried.validate_only && !sent.validate_only);
    assert_eq!(sent.entries[0].ops[0].value, 1000.0);
}
