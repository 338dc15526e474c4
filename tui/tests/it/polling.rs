//! What the poller tells: what is seen, what changes, what fails; and what it asks for.

use std::sync::Arc;
use std::time::Duration;

use kr_client::admin::TopicPartition;
use kr_client::{ErrorCode, Options};
use kr_tui::event::{Change, Event, When};
use kr_tui::msg::{Ask, Focus, Intent, Msg};
use kr_tui::poller::{self, PollOptions};
use kr_tui::snapshot::{Gap, Mode, Observation, PartitionEnds};
use kr_wire::ids::{NodeId, Offset, PartitionId};
use kr_wire::message::{self, ResponseKind};
use kr_wire::messages::*;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::fake::{FakeCluster, Reply, Seen, batch};

/// How long something may take that does not take long.
const PATIENCE: Duration = Duration::from_secs(30);

struct Polled {
    told: mpsc::Receiver<Msg>,
    wants: mpsc::UnboundedSender<Intent>,
}

fn poll(bootstrap: &[String]) -> Polled {
    let mut client = Options { connect_timeout: Duration::from_secs(2), ..Options::default() };
    client.set_bootstrap(bootstrap).unwrap();
    let (tell, told) = mpsc::channel(64);
    let (wants, intents) = mpsc::unbounded_channel();
    tokio::spawn(poller::run(PollOptions::new(client), intents, tell));
    Polled { told, wants }
}

impl Polled {
    /// Waits for a message that is wanted.
    async fn wait<T>(&mut self, what: &str, mut find: impl FnMut(Msg) -> Option<T>) -> T {
        let mut seen = Vec::new();
        let found = timeout(PATIENCE, async {
            loop {
                let msg = self.told.recv().await.expect("the poller goes on");
                seen.push(format!("{msg:?}").chars().take(200).collect::<String>());
                if let Some(found) = find(msg) {
                    return found;
                }
            }
        });
        match found.await {
            Ok(found) => found,
            Err(_) => panic!("{what} did not come; what came: {seen:#?}"),
        }
    }

    async fn observed<T>(&mut self, what: &str, mut find: impl FnMut(Observation) -> Option<T>) -> T {
        let find = |msg| match msg {
            Msg::Observed(seen) => find(seen),
            _ => None,
        };
        self.wait(what, find).await
    }

    async fn event(&mut self, what: &str, is_it: impl Fn(&Change) -> bool) -> Event {
        let find = |msg| match msg {
            Msg::Events(events) => events.into_iter().find(|event| is_it(&event.change)),
            _ => None,
        };
        self.wait(what, find).await
    }
}

fn respond(seen: &Seen<'_>, response: ResponseKind) -> Reply {
    let header = seen.header;
    let frame =
        message::encode_response(header.correlation_id, header.api_key, header.api_version, &response);
    Reply::Raw(frame.unwrap().concat())
}

#[tokio::test]
async fn a_leader_that_moves_is_an_event_with_its_interval() {
    let cluster = FakeCluster::start(2);
    cluster.world().add_topic("t", 2);
    let mut polled = poll(&cluster.bootstrap());
    let topics = polled
        .observed("all topics", |seen| match seen {
            Observation::Topics(seen) => Some(seen.value),
            _ => None,
        })
        .await;
    assert!(topics.is_complete);
    assert_eq!(topics.topics[0].len(), 2);
    {
        let mut world = cluster.world();
        let partition = world.partition("t", 1);
        (partition.leader, partition.epoch) = (1, 4);
        partition.isr = vec![1];
    }
    let event = polled.event("the leader", |change| matches!(change, Change::Leader { .. })).await;
    let When::Between(from, to) = event.when else { panic!("{event:?}") };
    assert!(from <= to && to.since(from) < Duration::from_secs(20));
    let Change::Leader { place, from, to, .. } = event.change else { unreachable!() };
    assert_eq!((place.partition, from, to), (PartitionId(1), Some(NodeId(2)), Some(NodeId(1))));
}

#[tokio::test]
async fn a_cluster_that_is_away_is_told_and_found_when_it_is_back() {
    // A port where nobody listens.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let mut polled = poll(&[address]);
    for _ in 0..2 {
        let failure = polled
            .wait("the failure", |msg| match msg {
                Msg::Failed(failure) => Some(failure),
                _ => None,
            })
            .await;
        assert!(failure.is_total);
        assert!(failure.error.contains("cannot reach a broker"), "{}", failure.error);
    }
}

#[tokio::test]
async fn a_quorum_that_may_not_be_seen_is_a_gap_and_the_rest_goes_on() {
    let cluster = FakeCluster::start(1);
    cluster.world().add_topic("t", 1);
    cluster.script(|seen, _| {
        let refused =
            DescribeQuorumResponse::default().with_error_code(ErrorCode::CLUSTER_AUTHORIZATION_FAILED.0);
        (seen.header.api_key == 55).then(|| respond(seen, refused.into()))
    });
    let mut polled = poll(&cluster.bootstrap());
    let (mut gap, mut has_topics) = (None, false);
    polled
        .observed("the quorum and topics", |seen| {
            match seen {
                Observation::Quorum(seen) => gap = seen.value.err(),
                Observation::Topics(_) => has_topics = true,
                _ => {}
            }
            (gap.is_some() && has_topics).then_some(())
        })
        .await;
    assert!(matches!(gap, Some(Gap::Denied(_))), "{gap:?}");
}

#[tokio::test]
async fn a_cluster_with_zookeeper_has_no_quorum_and_says_why() {
    let cluster = FakeCluster::start(1);
    cluster.world().apis.remove(&55);
    let mut polled = poll(&cluster.bootstrap());
    let (mut gap, mut known) = (None, None);
    polled
        .observed("the quorum and the cluster", |seen| {
            match seen {
                Observation::Quorum(seen) => gap = seen.value.err(),
                Observation::Cluster(seen) => known = Some(seen.value),
                _ => {}
            }
            (gap.is_some() && known.is_some()).then_some(())
        })
        .await;
    let Some(Gap::Unsupported(reason)) = gap else { panic!("{gap:?}") };
    assert!(reason.contains("ZooKeeper"), "{reason}");
    let known = known.unwrap();
    assert_eq!((known.mode, known.zookeeper_controller), (Some(Mode::ZooKeeper), Some(NodeId(1))));
}

#[tokio::test]
async fn each_replica_is_asked_for_its_own_end() {
    let cluster = FakeCluster::start(2);
    cluster.world().add_topic("t", 1);
    {
        let mut world = cluster.world();
        let partition = world.partition("t", 0);
        partition.append(&batch(&["a", "b", "c"], kr_wire::compression::Codec::None)).unwrap();
        partition.ends.insert(2, 1);
    }
    let mut polled = poll(&cluster.bootstrap());
    let place = TopicPartition::new("t", PartitionId(0));
    let focus = Focus { partitions: vec![place.clone()], ..Focus::default() };
    polled.wants.send(Intent::Focus(focus)).unwrap();
    let ends: PartitionEnds = polled
        .observed("ends", |seen| match seen {
            Observation::Ends(seen) => seen.value.into_iter().find(|ends| ends.start.is_ok()),
            _ => None,
        })
        .await;
    assert_eq!(ends.place, place);
    assert_eq!(ends.high_watermark, Ok(Offset(3)));
    assert_eq!(ends.ends, [(NodeId(1), Ok(Offset(3))), (NodeId(2), Ok(Offset(1)))]);
}

#[tokio::test]
async fn a_broker_that_does_not_answer_is_told_and_what_others_know_goes_on() {
    let cluster = FakeCluster::start(3);
    cluster.world().add_topic("t", 1);
    let mut polled = poll(&cluster.bootstrap());
    polled.observed("a pulse", |seen| matches!(seen, Observation::Pulses(_)).then_some(())).await;
    cluster.script(|seen, _| (seen.node == 1).then_some(Reply::Silence));
    polled
        .observed("the silent broker", |seen| match seen {
            Observation::Pulses(seen) => seen
                .value
                .iter()
                .any(|pulse| pulse.id == NodeId(1) && pulse.round_trip.is_err())
                .then_some(()),
            _ => None,
        })
        .await;
    cluster.world().add_topic("new", 1);
    let created = |change: &Change| matches!(change, Change::TopicCreated { topic, .. } if **topic == *"new");
    polled.event("the new topic", created).await;
}

#[tokio::test]
async fn a_question_is_answered_and_calls_are_counted() {
    let cluster = FakeCluster::start(1);
    cluster.world().add_topic("t", 1);
    let mut polled = poll(&cluster.bootstrap());
    polled.wants.send(Intent::Ask(Ask::Config(Arc::from("t")))).unwrap();
    polled.wants.send(Intent::Ask(Ask::Reach(NodeId(1)))).unwrap();
    let (mut config, mut reach, mut calls) = (None, None, 0);
    polled
        .wait("configs, reach and traffic", |msg| {
            match msg {
                Msg::Observed(Observation::Configs(seen)) => config = Some(seen.value),
                Msg::Observed(Observation::Reach(seen)) => reach = Some(seen.value),
                Msg::Traffic(traffic) => calls += traffic.calls.len(),
                _ => {}
            }
            (config.is_some() && reach.is_some() && calls > 3).then_some(())
        })
        .await;
    assert_eq!(&*config.unwrap()[0].topic, "t");
    assert!(matches!(reach.unwrap(), (NodeId(1), kr_tui::snapshot::Reach::Answers(_))));
}
