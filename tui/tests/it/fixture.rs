//! A scripted cluster: three brokers, of which the second has just been fenced, and a robot that drives the core
//! and reads the screen.

use std::sync::Arc;
use std::time::Duration;

use kr_client::admin::TopicPartition;
use kr_tui::commands::parse_key;
use kr_tui::event::{BrokerChange, Change, Event, IsrChange, When};
use kr_tui::model::world::World;
use kr_tui::model::{Model, Settings};
use kr_tui::msg::{Cmd, Msg, Traffic};
use kr_tui::snapshot::{
    Broker, BrokerPulse, Cluster, EpochHistory, EpochStart, Group, GroupDetail, GroupMember, GroupOffset,
    Mode, Observation, Partition, PartitionElr, PartitionEnds, Quorum, QuorumReplica, Reach, Seen, Source,
    Time, TopicColumns, TopicConfig, Topics,
};
use kr_tui::theme::{Glyphs, Palette, Theme};
use kr_tui::update::update;
use kr_tui::view;
use kr_wire::ids::{LeaderEpoch, NodeId, Offset, PartitionId};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// 2026-11-21 12:04:31 UTC.
pub const NOW: Time = Time(1_795_262_671_000);

/// A theme without anything that depends on the machine.
pub fn theme(palette: Palette) -> Theme {
    Theme { palette, glyphs: Glyphs::Ascii, has_256: true }
}

/// Drives the core.
pub struct Robot {
    pub model: Model,
    pub wanted: Vec<Cmd>,
}

impl Robot {
    /// A core that has seen nothing yet.
    pub fn fresh(columns: u16, rows: u16, palette: Palette) -> Self {
        let settings = Settings {
            cluster: "dev-3".to_owned(),
            is_dev: true,
            is_read_only: false,
            twin_options: String::new(),
        };
        let model = Model::new(settings, theme(palette), World::default());
        let mut robot = Self { model, wanted: Vec::new() };
        robot.tell(Msg::Resize { columns, rows });
        robot.tell(Msg::Tick(NOW));
        robot
    }

    /// A core that has seen the scripted cluster.
    pub fn new(columns: u16, rows: u16, palette: Palette) -> Self {
        let mut robot = Self::fresh(columns, rows, palette);
        for msg in script() {
            robot.tell(msg);
        }
        robot.wanted.clear();
        robot
    }

    /// Tells the core something.
    pub fn tell(&mut self, msg: Msg) {
        self.wanted.extend(update(&mut self.model, msg));
    }

    /// Presses keys, with spaces between them.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for text in keys.split_whitespace() {
            let key = parse_key(text).unwrap_or_else(|| panic!("{text} is no key"));
            self.tell(Msg::Key(key));
        }
        self
    }

    /// Types text, letter by letter.
    pub fn write(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            let key = if letter == ' ' { parse_key("space") } else { parse_key(&letter.to_string()) };
            self.tell(Msg::Key(key.expect("a letter is a key")));
        }
        self
    }

    /// The frame.
    pub fn buffer(&self) -> Buffer {
        let (columns, rows) = self.model.size;
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
        view::draw(&self.model, &mut buffer);
        buffer
    }

    /// The frame's text.
    pub fn text(&self) -> String {
        let buffer = self.buffer();
        let rows = buffer.content.chunks(usize::from(buffer.area.width.max(1)));
        let lines =
            rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The frame's styles: each row as runs of equal style.
    pub fn styles(&self) -> String {
        let buffer = self.buffer();
        let mut dump = String::new();
        for row in buffer.content.chunks(usize::from(buffer.area.width.max(1))) {
            let mut runs: Vec<(String, String)> = Vec::new();
            for cell in row {
                let style =
                    format!("{}/{}/{:?}", cell.fg, cell.bg, cell.modifier).replace("Modifier(0x0)", "-");
                match runs.last_mut() {
                    Some((last, text)) if *last == style => text.push_str(cell.symbol()),
                    _ => runs.push((style, cell.symbol().to_owned())),
                }
            }
            let runs = runs.iter().filter(|(_, text)| !text.trim().is_empty());
            let texts: Vec<String> = runs.map(|(style, text)| format!("{}[{style}]", text.trim())).collect();
            dump.push_str(&texts.join(" "));
            dump.push('\n');
        }
        dump
    }

    /// Fails unless the frame shows a text.
    pub fn expect(&mut self, wanted: &str) -> &mut Self {
        let text = self.text();
        assert!(text.contains(wanted), "{wanted:?} is not on the screen:\n{text}");
        self
    }
}

fn node(id: i32) -> NodeId {
    NodeId(id)
}

fn nodes(ids: &[i32]) -> Vec<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}

pub fn place(topic: &str, partition: i32) -> TopicPartition {
    TopicPartition::new(topic, PartitionId(partition))
}

fn seen<T>(value: T, ago_ms: i64, source: Source) -> Seen<T> {
    Seen::new(value, Time(NOW.0 - ago_ms), source)
}

/// Everything that is told about the cluster, in order.
pub fn script() -> Vec<Msg> {
    let mut script: Vec<Msg> = [9_400, 5_400, 1_400].into_iter().map(quorum).collect();
    script.extend([
        Msg::Observed(Observation::Cluster(seen(cluster(), 900, Source::Cluster))),
        Msg::Observed(Observation::Topics(seen(topics(), 800, Source::Metadata))),
        Msg::Observed(Observation::Configs(seen(configs(), 700, Source::Configs))),
        Msg::Observed(Observation::Pulses(seen(pulses(), 600, Source::ApiVersions))),
        Msg::Observed(Observation::Ends(seen(ends(0), 2_500, Source::ListOffsets))),
        Msg::Observed(Observation::Ends(seen(ends(1_204), 500, Source::ListOffsets))),
        Msg::Observed(Observation::Elr(seen(vec![elr()], 500, Source::TopicPartitions))),
        Msg::Observed(Observation::Epochs(seen(epochs(), 400, Source::EpochProbe))),
        Msg::Observed(Observation::Reach(seen((node(2), Reach::Refused), 300, Source::Probe))),
        Msg::Observed(Observation::Moving(seen(Ok(Vec::new()), 400, Source::Reassignments))),
        Msg::Observed(Observation::Groups(seen((groups(), Vec::new()), 300, Source::Groups))),
        Msg::Observed(Observation::GroupDetails(seen(vec![billing(4_000)], 5_300, Source::Groups))),
        Msg::Observed(Observation::GroupDetails(seen(vec![billing(3_000)], 300, Source::Groups))),
        Msg::Events(events()),
        Msg::Traffic(Traffic { requests: 6, bytes: 11_200, budget: 1_000_000, ..Traffic::default() }),
    ]);
    script
}

fn quorum(ago: i64) -> Msg {
    let replica = |id: i32, lag: i64, fetched: i64| QuorumReplica {
        id: node(id),
        directory: None,
        end: Some(Offset(18_442_110 - ago / 500 - lag)),
        last_fetch: Some(Time(NOW.0 - ago - fetched)),
        last_caught_up: Some(Time(NOW.0 - ago - fetched)),
        address: Some(format!("127.0.0.1:1909{id}").into()),
    };
    let quorum = Quorum {
        leader: Some(node(3)),
        epoch: Some(LeaderEpoch(42)),
        high_watermark: Some(Offset(18_442_110 - ago / 500)),
        voters: vec![replica(1, 0, 12), replica(2, 412, 20_100), replica(3, 0, 0)],
        observers: vec![replica(4, 3, 8)],
    };
    Msg::Observed(Observation::Quorum(seen(Ok(quorum), ago, Source::Quorum)))
}

fn cluster() -> Cluster {
    let broker = |id: i32| Broker {
        id: node(id),
        address: format!("127.0.0.1:909{id}").into(),
        rack: Some(format!("r{id}").into()),
        is_fenced: id == 2,
        epoch: None,
    };
    Cluster {
        id: Some("5L6g3nShT-eMCtK--X86sw".into()),
        mode: Some(Mode::KRaft),
        release: Some("4.1".into()),
        metadata_version: Some(27),
        zookeeper_controller: None,
        brokers: vec![broker(1), broker(2), broker(3)],
    }
}

fn topics() -> Topics {
    let mut orders = TopicColumns::new("orders", None, false);
    for number in 0..12 {
        let replicas = nodes(&[[1, 2, 3], [2, 3, 1], [3, 1, 2]][number % 3]);
        let isr: Vec<NodeId> = replicas.iter().filter(|id| id.0 != 2).copied().collect();
        let epoch = Some(LeaderEpoch(10 + number as i32 % 4));
        orders.push(Partition {
            leader: isr.first().copied(),
            epoch,
            replicas: &replicas,
            isr: &isr,
            offline: &[],
        });
    }
    let mut pay = TopicColumns::new("pay.settled.v2", None, false);
    let (replicas, lone) = (nodes(&[2, 3]), nodes(&[3]));
    let epoch = Some(LeaderEpoch(9));
    pay.push(Partition { leader: Some(node(3)), epoch, replicas: &replicas, isr: &lone, offline: &[] });
    pay.push(Partition {
        leader: None,
        epoch,
        replicas: &nodes(&[2]),
        isr: &nodes(&[2]),
        offline: &nodes(&[2]),
    });
    let mut audit = TopicColumns::new("audit", None, false);
    let pair = nodes(&[1, 3]);
    audit.push(Partition { leader: Some(node(3)), epoch, replicas: &pair, isr: &pair, offline: &[] });
    audit.push(Partition { leader: Some(node(1)), epoch, replicas: &pair, isr: &pair, offline: &[] });
    let topics = [orders, pay, audit].into_iter().map(Arc::new).collect();
    Topics { is_complete: true, topics, gone: Vec::new() }
}

fn configs() -> Vec<TopicConfig> {
    ["orders", "pay.settled.v2", "audit"]
        .into_iter()
        .map(|topic| TopicConfig {
            topic: topic.into(),
            min_isr: Ok(if topic == "audit" { 1 } else { 2 }),
            overrides: vec![("retention.ms".into(), Some("3600000".into()))],
        })
        .collect()
}

fn pulses() -> Vec<BrokerPulse> {
    let pulse = |id: i32, applied: i64| BrokerPulse {
        id: node(id),
        applied: Ok(Offset(applied)),
        round_trip: Ok(Duration::from_millis(2)),
    };
    vec![pulse(1, 18_442_106), pulse(3, 18_442_106)]
}

fn ends(more: i64) -> Vec<PartitionEnds> {
    (0..12)
        .map(|number| PartitionEnds {
            place: place("orders", number),
            high_watermark: Ok(Offset(9_412_871 + 2 * more)),
            start: Ok(Offset(0)),
            ends: vec![
                (node(1), Ok(Offset(9_412_880 + 2 * more))),
                (node(2), Ok(Offset(9_364_760))),
                (node(3), Ok(Offset(9_412_871 + 2 * more))),
            ],
        })
        .collect()
}

fn elr() -> PartitionElr {
    PartitionElr { place: place("orders", 7), eligible: Ok(Vec::new()), last_known: Ok(Vec::new()) }
}

fn epochs() -> EpochHistory {
    let start = |epoch: i32, leader: Option<i32>, start: i64, known_from| EpochStart {
        epoch: LeaderEpoch(epoch),
        start: Ok(Offset(start)),
        leader: leader.map(NodeId),
        at: Some(Time(NOW.0 - 86_400_000 * i64::from(13 - epoch))),
        known_from,
    };
    let epochs = vec![
        start(13, Some(3), 9_101_004, Source::MetadataLog),
        start(12, Some(2), 8_870_113, Source::MetadataLog),
        start(11, None, 7_002_371, Source::EpochProbe),
    ];
    EpochHistory { place: place("orders", 7), epochs: Ok(epochs) }
}

fn groups() -> Vec<Group> {
    let group = |id: &str, state: &str| Group {
        id: id.into(),
        group_type: Some("consumer".into()),
        state: Some(state.into()),
        coordinator: node(1),
    };
    vec![group("billing", "Stable"), group("fraud-score", "Reconciling")]
}

fn billing(lag: i64) -> GroupDetail {
    let offset = GroupOffset {
        place: place("orders", 0),
        committed: Some(Offset(9_412_880 - lag)),
        end: Ok(Offset(9_412_880)),
    };
    let member = GroupMember {
        id: "m-7f".into(),
        instance: None,
        client: "billing-1".into(),
        host: "/127.0.0.1".into(),
        epoch: Some(90),
        assigned: vec![place("orders", 0)],
        target: Some(vec![place("orders", 0), place("orders", 1)]),
    };
    GroupDetail {
        id: "billing".into(),
        state: "Stable".into(),
        assignor: Some("uniform".into()),
        epoch: Some(91),
        assignment_epoch: Some(91),
        members: vec![member],
        offsets: Ok(vec![offset]),
    }
}

/// Broker 2 is fenced, and with it twelve ISRs shrink and four leaders move, in one batch of the metadata log.
pub fn events() -> Vec<Event> {
    let at = |ago: i64| When::At(Time(NOW.0 - ago));
    let event = |ago, batch, change| Event {
        when: at(ago),
        source: Source::MetadataLog,
        offset: Some(Offset(batch as i64)),
        batch,
        change,
    };
    let mut events = vec![event(
        389_000,
        7,
        Change::Controller {
            from: Some(node(1)),
            to: Some(node(3)),
            from_epoch: Some(LeaderEpoch(41)),
            to_epoch: Some(LeaderEpoch(42)),
            without: Some(Duration::from_millis(3_100)),
        },
    )];
    events.push(event(11_000, 9, Change::Fence(BrokerChange { broker: node(2), epoch: None })));
    for number in 0..12 {
        let replicas = nodes(&[[1, 2, 3], [2, 3, 1], [3, 1, 2]][number % 3]);
        let to: Vec<NodeId> = replicas.iter().filter(|id| id.0 != 2).copied().collect();
        let place = place("orders", number as i32);
        let epoch = Some(LeaderEpoch(10 + number as i32 % 4));
        let isr = IsrChange { place: place.clone(), from: replicas.clone(), to: to.clone(), epoch };
        events.push(event(11_000, 9, Change::IsrShrink(isr)));
    }
    for number in [1, 4, 7, 10] {
        let change = Change::Leader {
            place: place("orders", number),
            from: Some(node(2)),
            to: Some(node(3)),
            from_epoch: Some(LeaderEpoch(9 + number % 4)),
            to_epoch: Some(LeaderEpoch(10 + number % 4)),
            is_unclean: Some(false),
        };
        events.push(event(11_000, 9, change));
    }
    events
}
