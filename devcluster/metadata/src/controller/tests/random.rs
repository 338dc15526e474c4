//! Random histories: whatever is asked in whatever order, the log says all, and the image keeps its rules.

use std::collections::BTreeSet;
use std::time::Duration;

use kr_wire::ids::NodeId;
use kr_wire::messages::alter_partition_request::{BrokerState, PartitionData, TopicData};
use kr_wire::messages::elect_leaders_request::TopicPartitions;
use kr_wire::messages::{
    AlterPartitionRequest, BrokerId, DeleteTopicsRequest, ElectLeadersRequest, UnregisterBrokerRequest,
};
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use proptest::test_runner::Config;

use super::{Bench, name, placed};
use crate::image::{Image, Partition};
use crate::snapshot::{self, Snapshot};
use crate::{Delta, Loader};

#[derive(Clone, Debug)]
enum Step {
    Register { broker: i32, incarnation: u8, clean: bool },
    Beat { broker: i32, want_fence: bool, want_shut_down: bool },
    Lost { broker: i32 },
    Wait { ms: u16 },
    Create { topic: u8, partitions: i32, replicas: i16 },
    Delete { topic: u8 },
    Isr { topic: u8, members: u8, stale: bool },
    Elect { topic: u8, unclean: bool },
    Unregister { broker: i32 },
}

fn step() -> impl Strategy<Value = Step> {
    let broker = 1..5i32;
    prop_oneof![
        3 => (broker.clone(), 0..3u8, any::<bool>())
            .prop_map(|(broker, incarnation, clean)| Step::Register { broker, incarnation, clean }),
        6 => (broker.clone(), 0..8u8, 0..8u8).prop_map(|(broker, fence, stop)| Step::Beat {
            broker,
            want_fence: fence == 0,
            want_shut_down: stop == 0
        }),
        2 => broker.clone().prop_map(|broker| Step::Lost { broker }),
        2 => (0..12_000u16).prop_map(|ms| Step::Wait { ms }),
        3 => (0..4u8, 1..4i32, 1..4i16)
            .prop_map(|(topic, partitions, replicas)| Step::Create { topic, partitions, replicas }),
        1 => (0..4u8).prop_map(|topic| Step::Delete { topic }),
        6 => (0..4u8, any::<u8>(), 0..5u8)
            .prop_map(|(topic, members, stale)| Step::Isr { topic, members, stale: stale == 0 }),
        2 => (0..4u8, any::<bool>()).prop_map(|(topic, unclean)| Step::Elect { topic, unclean }),
        1 => broker.prop_map(|broker| Step::Unregister { broker }),
    ]
}

impl Bench {
    fn step(&mut self, step: &Step) {
        match *step {
            Step::Register { broker, incarnation, clean } => {
                let registered = self.image().broker(NodeId(broker)).map_or(-1, |b| b.epoch.0);
                let request = self
                    .registration(broker, u128::from(incarnation) * 100 + broker as u128)
                    .with_previous_broker_epoch(if clean { registered } else { -1 });
                self.register(&request);
            }
            Step::Beat { broker, want_fence, want_shut_down } => {
                if self.image().broker(NodeId(broker)).is_some() {
                    let request =
                        self.alive(broker).with_want_fence(want_fence).with_want_shut_down(want_shut_down);
                    self.beat(&request);
                }
            }
            Step::Lost { broker } => self.controller.broker_lost(NodeId(broker), self.now),
            Step::Wait { ms } => {
                self.advance(Duration::from_millis(ms.into()));
                self.tick();
            }
            Step::Create { topic, partitions, replicas } => {
                self.create(vec![placed(&format!("t{topic}"), partitions, replicas)]);
            }
            Step::Delete { topic } => {
                let names = vec![name(&format!("t{topic}"))];
                let request = DeleteTopicsRequest::default().with_topic_names(names);
                self.ask(5, |c, call| c.delete_topics(&request, call));
            }
            Step::Isr { topic, members, stale } => self.change_isr(topic, members, stale),
            Step::Elect { topic, unclean } => {
                let topic = TopicPartitions::default()
                    .with_topic(name(&format!("t{topic}")))
                    .with_partitions(vec![0]);
                let request = ElectLeadersRequest::default()
                    .with_election_type(i8::from(unclean))
                    .with_topic_partitions(Some(vec![topic]));
                self.ask(2, |c, call| c.elect_leaders(&request, call));
            }
            Step::Unregister { broker } => {
                let request = UnregisterBrokerRequest::default().with_broker_id(BrokerId(broker));
                self.ask(0, |c, call| c.unregister_broker(&request, call));
            }
        }
    }

    fn change_isr(&mut self, topic: u8, members: u8, stale: bool) {
        let Some(topic) = self.image().topic_by_name(&format!("t{topic}")) else { return };
        let Some(partition) = topic.partitions.values().next() else { return };
        let Some(leader) = partition.leader else { return };
        let chosen = partition.replicas.iter().enumerate();
        let chosen = chosen.filter(|(i, id)| **id == leader || members >> i & 1 == 1).map(|(_, id)| *id);
        let state = |id: NodeId| {
            let epoch = self.image().broker(id).map_or(-1, |b| b.epoch.0);
            BrokerState::default().with_broker_id(BrokerId(id.0)).with_broker_epoch(epoch)
        };
        let data = PartitionData::default()
            .with_leader_epoch(partition.leader_epoch.0)
            .with_partition_epoch(partition.partition_epoch - i32::from(stale))
            .with_new_isr_with_epochs(chosen.map(state).collect());
        let topics = vec![TopicData::default().with_topic_id(topic.id.0).with_partitions(vec![data])];
        let Some(broker) = self.image().broker(leader) else { return };
        let request = AlterPartitionRequest::default()
            .with_broker_id(BrokerId(leader.0))
            .with_broker_epoch(broker.epoch.0)
            .with_topics(topics);
        self.ask(3, |c, call| c.alter_partition(&request, call));
    }
}

/// What holds for every partition at every time.
fn check_partition(image: &Image, partition: &Partition) {
    let distinct = |ids: &[NodeId]| ids.iter().collect::<BTreeSet<_>>().len() == ids.len();
    assert!(distinct(&partition.replicas) && distinct(&partition.isr), "{partition:?}");
    assert!(partition.isr.iter().all(|id| partition.is_replica(*id)), "{partition:?}");
    assert!(partition.elr.iter().all(|id| partition.is_replica(*id)), "{partition:?}");
    assert!(partition.elr.iter().all(|id| !partition.isr.contains(id)), "{partition:?}");
    assert_eq!(partition.replicas.len(), partition.directories.len());
    if let Some(leader) = partition.leader {
        assert!(partition.isr.contains(&leader), "the leader is not in sync: {partition:?}");
        assert!(
            image.broker(leader).is_some_and(|b| b.is_active()),
            "the leader is not active: {partition:?}"
        );
    }
    if !image.elr_enabled() {
        assert!(!partition.isr.is_empty() && partition.elr.is_empty(), "{partition:?}");
    }
}

fn run(mut bench: Bench, steps: &[Step]) {
    let mut before = bench.image().clone();
    for step in steps {
        bench.step(step);
        for topic in bench.image().topics() {
            for (index, partition) in &topic.partitions {
                check_partition(bench.image(), partition);
                if let Some(old) = before.partition(topic.id, *index) {
                    assert!(old.leader_epoch <= partition.leader_epoch, "the leader epoch went back");
                    assert!(old.leader == partition.leader || old.leader_epoch < partition.leader_epoch);
                    assert!(*old == **partition || old.partition_epoch < partition.partition_epoch);
                }
            }
        }
        before = bench.image().clone();
    }
    let mut loader = Loader::new();
    for record in &bench.log {
        loader.replay(record).unwrap();
    }
    let delta = loader.publish().unwrap();
    assert_eq!(loader.image(), bench.image(), "the log does not say all");
    assert_eq!(delta.created.len(), bench.image().topic_count());
    let bytes = snapshot::of_image(bench.image(), kr_wire::ids::LeaderEpoch(1), 3);
    let restored = Snapshot::read(&bytes).unwrap().image().unwrap();
    assert_eq!(restored, *bench.image(), "the snapshot does not say all");
    assert!(Delta::between(bench.image(), &restored).is_empty());
}

proptest! {
    #![proptest_config(Config { cases: 256, failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_history_keeps_the_rules_and_is_in_the_log(
        steps in proptest::collection::vec(step(), 1..80),
        elr in any::<bool>(),
    ) {
        run(if elr { Bench::with_elr() } else { Bench::new() }, &steps);
    }
}
