//! The table of partitions. A row is the topic's index and the partition's number.

use std::borrow::Cow;

use kr_client::admin::TopicPartition;
use kr_wire::ids::PartitionId;

use crate::snapshot::Partition;

use super::health::Health;
use super::list::Scope;
use super::table::{Column, Entity, Field, Row, Table, Tone};
use super::world::{TopicEntry, World};

/// The table.
pub static PARTITIONS: Table = Table {
    columns: COLUMNS,
    rows,
    entity: |world, row| place(world, row).map(Entity::Partition),
    row: |world, entity| match entity {
        Entity::Partition(place) => row_of(world, place),
        _ => None,
    },
    fold: None,
    sort: Some(("state", true)),
};

const COLUMNS: &[Column] = &[
    Column::text("topic", "TOPIC", 14, |world, row| match at(world, row) {
        Some((topic, ..)) => Field::Text(Cow::Borrowed(&topic.columns.name)),
        None => Field::Missing("-"),
    })
    .growing()
    .about("the topic"),
    Column::number("part", "PART", 4, |_, row| Field::Number(i64::from(number(row).0))).about("partition"),
    Column::number("leader", "LEAD", 4, |world, row| {
        Field::maybe(facts(world, row).and_then(|p| p.leader).map(|id| id.0.into()), "none")
    })
    .toned(
        |world, row| {
            if facts(world, row).is_some_and(|p| p.leader.is_none()) { Tone::Bad } else { Tone::Leader }
        },
    )
    .about("leader now"),
    Column::number("preferred", "PREF", 4, |world, row| {
        Field::maybe(facts(world, row).and_then(|p| p.replicas.first()).map(|id| id.0.into()), "-")
    })
    .ranked(6)
    .about("preferred leader: the first of the replicas"),
    Column::number("epoch", "EPOCH", 5, |world, row| {
        Field::maybe(facts(world, row).and_then(|p| p.epoch).map(|epoch| epoch.0.into()), "?")
    })
    .ranked(1)
    .about("leader epoch: one higher with each election"),
    Column::text("isr", "ISR", 5, |world, row| {
        facts(world, row).map_or(Field::Missing("-"), |p| Field::Nodes(p.isr))
    })
    .toned(state_tone)
    .about("in-sync replicas; isr<3 counts them, isr~3 asks for broker 3"),
    Column::text("replicas", "REPLICAS", 8, |world, row| {
        facts(world, row).map_or(Field::Missing("-"), |p| Field::Nodes(p.replicas))
    })
    .ranked(3)
    .about("replicas in the order of the assignment"),
    Column::number("rf", "RF", 3, |world, row| {
        facts(world, row).map_or(Field::Missing("-"), |p| Field::Number(p.replicas.len() as i64))
    })
    .ranked(9)
    .about("replication factor"),
    Column::number("min", "MIN", 3, |world, row| {
        let min = at(world, row).and_then(|(topic, ..)| world.min_isr(&topic.columns.name));
        Field::maybe(min.map(i64::from), "?")
    })
    .ranked(5)
    .about("min.insync.replicas"),
    Column::number("behind", "BEHIND", 7, |world, row| {
        Field::maybe(place(world, row).and_then(|place| world.worst_behind(&place)), "-")
    })
    .ranked(2)
    .about("records that the slowest replica lacks; each replica is asked for its own end"),
    Column::number("since", "SINCE", 6, |world, row| {
        let when = place(world, row).and_then(|place| world.changed.get(&place).copied());
        when.map_or(Field::Missing("-"), |when| Field::Span(world.now.since(when.latest())))
    })
    .ranked(4)
    .about("since when leader and ISR are as they are"),
    Column::number("size", "SIZE", 8, |world, row| {
        let bytes = place(world, row)
            .and_then(|place| world.partition(&place).and_then(|p| p.leader).map(|leader| (place, leader)))
            .and_then(|(place, leader)| world.size(&place, leader));
        bytes.map_or(Field::Missing("-"), Field::Bytes)
    })
    .ranked(8)
    .about("bytes on the leader's disk"),
    Column::text("state", "STATE", 7, |world, row| {
        let health = health(world, row);
        Field::Ranked(health as u8, health.word())
    })
    .toned(state_tone)
    .about("ok, moved (not the preferred leader), URP !, <MIN !!, OFFLINE !!!"),
];

/// Packs a row.
pub fn pack(topic: usize, partition: PartitionId) -> Row {
    Row(((topic as u64) << 32) | u64::from(partition.0.unsigned_abs()))
}

fn number(row: Row) -> PartitionId {
    PartitionId((row.0 & 0x7fff_ffff) as i32)
}

fn rows(world: &World) -> Vec<Row> {
    let mut rows = Vec::new();
    for (index, topic) in world.topics.iter().enumerate() {
        rows.extend((0..topic.columns.len()).map(|number| pack(index, PartitionId(number as i32))));
    }
    rows
}

fn at(world: &World, row: Row) -> Option<(&TopicEntry, PartitionId, Partition<'_>)> {
    let topic = world.topics.get((row.0 >> 32) as usize)?;
    Some((topic, number(row), topic.columns.partition(number(row))?))
}

fn facts(world: &World, row: Row) -> Option<Partition<'_>> {
    at(world, row).map(|(_, _, partition)| partition)
}

/// The partition of a row.
pub fn place(world: &World, row: Row) -> Option<TopicPartition> {
    at(world, row).map(|(topic, number, _)| TopicPartition::new(topic.columns.name.clone(), number))
}

fn row_of(world: &World, place: &TopicPartition) -> Option<Row> {
    let index = world.topics.binary_search_by(|known| known.columns.name.cmp(&place.topic)).ok()?;
    world.topics[index].columns.partition(place.partition)?;
    Some(pack(index, place.partition))
}

/// How the partition of a row is.
pub fn health(world: &World, row: Row) -> Health {
    at(world, row).map_or(Health::Well, |(topic, _, partition)| world.health(&topic.columns.name, &partition))
}

/// The tone of a state.
pub fn tone(health: Health) -> Tone {
    match health {
        Health::Well => Tone::Good,
        Health::NotPreferred => Tone::Note,
        Health::UnderReplicated => Tone::Warn,
        Health::UnderMin | Health::Offline => Tone::Bad,
    }
}

fn state_tone(world: &World, row: Row) -> Tone {
    tone(health(world, row))
}

/// Whether a row is in what the list is narrowed to.
pub fn is_in_scope(world: &World, row: Row, scope: &Scope) -> bool {
    at(world, row).is_some_and(|(topic, number, partition)| match scope {
        Scope::Topic(name) => topic.columns.name == *name,
        Scope::Broker(id) => partition.replicas.contains(id),
        Scope::Partition(place) => topic.columns.name == place.topic && number == place.partition,
        Scope::Ill => world.health(&topic.columns.name, &partition).is_ill(),
    })
}
