//! The table of events, newest first, and the words for what changed.
//!
//! What belongs to one batch and is of one kind is folded into one row until it is unfolded: when a broker is
//! fenced, thousands of ISRs change at once. A row is the event's number, and how many stand behind it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kr_wire::ids::{LeaderEpoch, NodeId};

use crate::event::{BrokerChange, Change, Event, IsrChange, Kind};

use super::clock;
use super::list::Scope;
use super::table::{Column, Entity, Field, Row, Table, Tone};
use super::world::World;

/// Bits of a row that are the event's number; the others count what is folded.
const NUMBER_BITS: u32 = 40;

/// The table.
pub static EVENTS: Table = Table {
    columns: COLUMNS,
    rows: |world| (world.first_event()..world.events_seen).rev().map(Row).collect(),
    entity: |_, row| Some(Entity::Event(number(row))),
    row: |world, entity| match entity {
        Entity::Event(number) => world.event(*number).map(|_| Row(*number)),
        _ => None,
    },
    fold: Some(fold),
    sort: None,
};

const COLUMNS: &[Column] = &[
    Column::text("time", "TIME", 14, |world, row| match at(world, row) {
        Some(event) => Field::Text(world.zone.when(event.when).into()),
        None => Field::Missing("-"),
    })
    .about("when; `12:04:20 -2.1s` is an interval: some time in the 2.1 s before"),
    Column::text("kind", "KIND", 8, |world, row| match at(world, row) {
        Some(event) => Field::Ranked(event.change.kind() as u8, event.change.kind().word()),
        None => Field::Missing("-"),
    })
    .toned(|world, row| at(world, row).map_or(Tone::Plain, |event| tone(event.change.kind())))
    .about("kind of change"),
    Column::text("subject", "SUBJECT", 14, |world, row| match (at(world, row), folded(row)) {
        (Some(event), 0) => Field::Text(subject(&event.change).into()),
        (Some(_), more) => Field::Text(format!("{} partitions", clock::count(more as i64 + 1)).into()),
        (None, _) => Field::Missing("-"),
    })
    .about("what it is about"),
    Column::text("what", "WHAT", 27, |world, row| match (at(world, row), folded(row)) {
        (Some(event), 0) => Field::Text(what(&event.change).into()),
        (Some(event), _) => Field::Text(alike(world, event, number(row)).into()),
        (None, _) => Field::Missing("-"),
    })
    .growing()
    .about("what changed"),
    Column::text("source", "SOURCE", 14, |world, row| match at(world, row) {
        Some(event) => Field::Text(Cow::Borrowed(event.source.name())),
        None => Field::Missing("-"),
    })
    .ranked(2)
    .about("the metadata log is exact; others are comparisons of two looks"),
    Column::number("offset", "OFFSET", 12, |world, row| {
        Field::maybe(at(world, row).and_then(|event| event.offset).map(|offset| offset.0), "-")
    })
    .ranked(3)
    .about("record in the metadata log"),
];

/// The number of a row's event.
pub fn number(row: Row) -> u64 {
    row.0 & ((1 << NUMBER_BITS) - 1)
}

/// How many events are folded behind a row.
pub fn folded(row: Row) -> u64 {
    row.0 >> NUMBER_BITS
}

fn at(world: &World, row: Row) -> Option<&Arc<Event>> {
    world.event(number(row))
}

/// Folds rows of one batch and one kind into the first of them, as long as rows of other batches do not come
/// between. Batches in `unfolded` stay as they are.
pub fn fold(world: &World, rows: &mut Vec<Row>, unfolded: &BTreeSet<u64>) {
    let mut folded: Vec<Row> = Vec::with_capacity(rows.len());
    let mut batch = None;
    let mut heads: BTreeMap<Kind, usize> = BTreeMap::new();
    for row in rows.drain(..) {
        let Some(event) = at(world, row) else { continue };
        if batch != Some((event.batch, event.source)) {
            batch = Some((event.batch, event.source));
            heads.clear();
        }
        let kind = event.change.kind();
        let is_folding = !unfolded.contains(&event.batch)
            && matches!(kind, Kind::Leader | Kind::IsrShrink | Kind::IsrExpand | Kind::Replicas);
        match heads.get(&kind).filter(|_| is_folding) {
            Some(head) => folded[*head].0 += 1 << NUMBER_BITS,
            None => {
                heads.insert(kind, folded.len());
                folded.push(row);
            }
        }
    }
    *rows = folded;
}

/// What folded events have in common.
fn alike(world: &World, event: &Event, number: u64) -> String {
    let kind = event.change.kind();
    let all = || {
        let before = (world.first_event()..=number).rev().filter_map(|number| world.event(number));
        before
            .take_while(|other| other.batch == event.batch)
            .map(|other| &other.change)
            .filter(move |change| change.kind() == kind)
    };
    let same = |nodes: &[Vec<NodeId>]| nodes.windows(2).all(|pair| pair[0] == pair[1]);
    match event.change.kind() {
        Kind::IsrShrink | Kind::IsrExpand => {
            let moved: Vec<Vec<NodeId>> = all()
                .filter_map(|change| match change {
                    Change::IsrShrink(isr) => Some(missing(&isr.from, &isr.to)),
                    Change::IsrExpand(isr) => Some(missing(&isr.to, &isr.from)),
                    _ => None,
                })
                .collect();
            let verb = if event.change.kind() == Kind::IsrShrink { "lost" } else { "got back" };
            match moved.first() {
                Some(nodes) if same(&moved) => format!("all {verb} {}   (enter unfolds)", ids(nodes)),
                _ => format!("{verb} several   (enter unfolds)"),
            }
        }
        Kind::Leader => {
            let offline = all().filter(|change| matches!(change, Change::Leader { to: None, .. })).count();
            let unclean = all()
                .filter(|change| matches!(change, Change::Leader { is_unclean: Some(true), .. }))
                .count();
            let from: Vec<Vec<NodeId>> = all()
                .filter_map(|change| match change {
                    Change::Leader { from, .. } => Some(from.iter().copied().collect()),
                    _ => None,
                })
                .collect();
            let of = match from.first() {
                Some(nodes) if same(&from) && !nodes.is_empty() => format!("all of {} ", ids(nodes)),
                _ => String::new(),
            };
            format!("{of}moved, {offline} offline, {unclean} unclean   (enter unfolds)")
        }
        _ => "alike   (enter unfolds)".to_owned(),
    }
}

/// What a change is about.
pub fn subject(change: &Change) -> String {
    match change {
        Change::Leader { place, .. } | Change::Replicas { place, .. } => place.to_string(),
        Change::IsrShrink(isr) | Change::IsrExpand(isr) => isr.place.to_string(),
        Change::Fence(broker)
        | Change::Unfence(broker)
        | Change::Shutdown(broker)
        | Change::Registered(broker)
        | Change::Unregistered(broker) => format!("broker {}", broker.broker),
        Change::Controller { from, to, .. } => format!("{} > {}", one(*from), one(*to)),
        Change::Voters { .. } => "quorum".to_owned(),
        Change::TopicCreated { topic, .. }
        | Change::TopicDeleted { topic }
        | Change::PartitionsAdded { topic, .. } => topic.to_string(),
        Change::Config { resource, .. } => resource.to_string(),
        Change::Feature { name, .. } => name.to_string(),
        Change::Group { id, .. } => id.to_string(),
        Change::Blind { .. } => "-".to_owned(),
    }
}

/// What changed, in a line.
pub fn what(change: &Change) -> String {
    match change {
        Change::Leader { from, to, from_epoch, to_epoch, is_unclean, .. } => {
            let unclean = if *is_unclean == Some(true) { "  UNCLEAN !" } else { "" };
            format!("{} > {}  {}{unclean}", one(*from), one(*to), epochs(*from_epoch, *to_epoch))
        }
        Change::IsrShrink(isr) => isr_line(isr, "lost", &missing(&isr.from, &isr.to)),
        Change::IsrExpand(isr) => isr_line(isr, "got", &missing(&isr.to, &isr.from)),
        Change::Replicas { from, to, .. } => format!("{} > {}", ids(from), ids(to)),
        Change::Fence(broker) => incarnation("fenced: leads nothing, is in no ISR", broker),
        Change::Unfence(broker) => incarnation("unfenced: may lead again", broker),
        Change::Shutdown(broker) => incarnation("controlled shutdown: gives its leaderships away", broker),
        Change::Registered(broker) => incarnation("registered", broker),
        Change::Unregistered(_) => "registration removed".to_owned(),
        Change::Controller { from_epoch, to_epoch, without, .. } => match without {
            Some(without) => {
                format!("{}, {} without a leader", epochs(*from_epoch, *to_epoch), clock::span(*without))
            }
            None => epochs(*from_epoch, *to_epoch),
        },
        Change::Voters { from, to } => format!("voters {} > {}", ids(from), ids(to)),
        Change::TopicCreated { partitions, .. } => format!("created with {partitions} partitions"),
        Change::TopicDeleted { .. } => "deleted".to_owned(),
        Change::PartitionsAdded { from, to, .. } => format!("partitions {from} > {to}"),
        Change::Config { key, value, .. } => match value {
            Some(value) => format!("{key} = {value}"),
            None => format!("{key} back at its default"),
        },
        Change::Feature { from, to, .. } => {
            let level = |level: Option<i16>| level.map_or("none".to_owned(), |level| level.to_string());
            format!("level {} > {}", level(*from), level(*to))
        }
        Change::Group { from, to, .. } => {
            format!("{} > {}", from.as_deref().unwrap_or("new"), to.as_deref().unwrap_or("gone"))
        }
        Change::Blind { reason } => format!("nothing seen: {reason}"),
    }
}

fn isr_line(isr: &IsrChange, verb: &str, moved: &[NodeId]) -> String {
    format!("{} > {}  ({verb} {})", ids(&isr.from), ids(&isr.to), ids(moved))
}

fn incarnation(text: &str, broker: &BrokerChange) -> String {
    broker.epoch.map_or(text.to_owned(), |epoch| format!("{text}  (broker epoch {epoch})"))
}

/// `epoch 12 > 13`, and how many elections lie in between unseen.
fn epochs(from: Option<LeaderEpoch>, to: Option<LeaderEpoch>) -> String {
    match (from, to) {
        (Some(from), Some(to)) if to.0 - from.0 > 1 => {
            format!("epoch {from} > {to}, {} steps between two looks", to.0 - from.0)
        }
        (Some(from), Some(to)) => format!("epoch {from} > {to}"),
        (None, Some(to)) => format!("epoch ? > {to}"),
        _ => "epoch ?".to_owned(),
    }
}

fn one(node: Option<NodeId>) -> String {
    node.map_or("none".to_owned(), |id| id.to_string())
}

/// Nodes with commas between them.
pub fn ids(nodes: &[NodeId]) -> String {
    if nodes.is_empty() {
        return "none".to_owned();
    }
    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// Those of `from` that are not in `to`.
fn missing(from: &[NodeId], to: &[NodeId]) -> Vec<NodeId> {
    from.iter().filter(|node| !to.contains(node)).copied().collect()
}

/// The tone of a kind.
pub fn tone(kind: Kind) -> Tone {
    match kind {
        Kind::Fence | Kind::Blind => Tone::Bad,
        Kind::IsrShrink => Tone::Warn,
        Kind::Unfence | Kind::IsrExpand => Tone::Good,
        Kind::Leader | Kind::Controller => Tone::Leader,
        Kind::Voters | Kind::Broker | Kind::Replicas | Kind::Topic => Tone::Note,
        Kind::Config | Kind::Group => Tone::Plain,
    }
}

/// Whether a row is in what the list is narrowed to.
pub fn is_in_scope(world: &World, row: Row, scope: &Scope) -> bool {
    at(world, row).is_some_and(|event| match scope {
        Scope::Partition(place) => event.change.place() == Some(place),
        Scope::Topic(topic) => match &event.change {
            Change::TopicCreated { topic: name, .. }
            | Change::TopicDeleted { topic: name }
            | Change::PartitionsAdded { topic: name, .. } => name == topic,
            change => change.place().is_some_and(|place| place.topic == *topic),
        },
        Scope::Broker(id) => match &event.change {
            Change::Fence(broker)
            | Change::Unfence(broker)
            | Change::Shutdown(broker)
            | Change::Registered(broker)
            | Change::Unregistered(broker) => broker.broker == *id,
            Change::Leader { from, to, .. } | Change::Controller { from, to, .. } => {
                *from == Some(*id) || *to == Some(*id)
            }
            Change::IsrShrink(isr) | Change::IsrExpand(isr) => isr.from.contains(id) != isr.to.contains(id),
            _ => false,
        },
        Scope::Ill => true,
    })
}

/// `3 more`.
pub fn more(count: usize) -> String {
    format!("{} more", clock::count(count as i64))
}
