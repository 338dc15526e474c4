//! The table of brokers. A row is the broker's index in the order of ids; counts come from a [`Load`] that is
//! counted once for a picture.

use std::borrow::Cow;
use std::collections::BTreeMap;

use kr_wire::ids::NodeId;

use crate::snapshot::Broker;

use super::list::Scope;
use super::table::{Column, Entity, Field, Row, Table, Tone};
use super::world::World;

/// What a broker carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Partitions it leads.
    pub leads: i64,
    /// Replicas it has.
    pub replicas: i64,
    /// Replicas it has that are not in the ISR.
    pub lagging: i64,
    /// Partitions for which it is the preferred leader.
    pub preferred: i64,
}

impl Load {
    /// Counts for all brokers at once.
    pub fn count(world: &World) -> BTreeMap<NodeId, Self> {
        let mut loads: BTreeMap<NodeId, Self> = BTreeMap::new();
        for (_, _, partition) in world.partitions() {
            if let Some(leader) = partition.leader {
                loads.entry(leader).or_default().leads += 1;
            }
            if let Some(first) = partition.replicas.first() {
                loads.entry(*first).or_default().preferred += 1;
            }
            for replica in partition.replicas {
                let load = loads.entry(*replica).or_default();
                load.replicas += 1;
                load.lagging += i64::from(!partition.isr.contains(replica));
            }
        }
        loads
    }
}

/// The table.
pub static BROKERS: Table = Table {
    columns: COLUMNS,
    rows: |world| (0..world.brokers().len() as u64).map(Row).collect(),
    entity: |world, row| at(world, row).map(|broker| Entity::Broker(broker.id)),
    row: |world, entity| match entity {
        Entity::Broker(id) => {
            world.brokers().iter().position(|broker| broker.id == *id).map(|index| Row(index as u64))
        }
        _ => None,
    },
    fold: None,
    sort: None,
};

const COLUMNS: &[Column] = &[
    Column::number("id", "ID", 5, |world, row| Field::maybe(at(world, row).map(|b| b.id.0.into()), "-"))
        .about("node.id"),
    Column::text("state", "STATE", 8, |world, row| {
        let is_fenced = at(world, row).is_some_and(|broker| broker.is_fenced);
        Field::Ranked(u8::from(is_fenced), if is_fenced { "FENCED !" } else { "up" })
    })
    .toned(|world, row| if at(world, row).is_some_and(|b| b.is_fenced) { Tone::Bad } else { Tone::Good })
    .about("up or fenced"),
    Column::text("role", "ROLE", 8, |world, row| {
        let id = at(world, row).map(|broker| broker.id);
        let is_voter =
            world.known_quorum().is_some_and(|q| q.voters.iter().any(|voter| Some(voter.id) == id));
        match (id.is_some() && id == world.controller(), is_voter) {
            (true, _) => Field::Text("CTRL".into()),
            (false, true) => Field::Text("voter".into()),
            (false, false) => Field::Missing("-"),
        }
    })
    .toned(
        |world, row| {
            if at(world, row).map(|b| b.id) == world.controller() { Tone::Leader } else { Tone::Plain }
        },
    )
    .ranked(3)
    .about("CTRL: the active controller; voter: also votes in the quorum"),
    Column::text("address", "ADDRESS", 21, |world, row| match at(world, row) {
        Some(broker) => Field::Text(Cow::Borrowed(&broker.address)),
        None => Field::Missing("-"),
    })
    .growing()
    .ranked(4)
    .about("the listener it was seen on"),
    Column::text("rack", "RACK", 8, |world, row| {
        match at(world, row).and_then(|broker| broker.rack.as_ref()) {
            Some(rack) => Field::Text(Cow::Borrowed(rack)),
            None => Field::Missing("-"),
        }
    })
    .ranked(5)
    .about("broker.rack"),
    Column::number("leads", "LEADS", 7, |world, row| load(world, row, |load| load.leads))
        .about("partitions it leads"),
    Column::number("replicas", "REPLICAS", 8, |world, row| load(world, row, |load| load.replicas))
        .ranked(1)
        .about("replicas it has"),
    Column::number("urp", "NOT-IN-ISR", 10, |world, row| load(world, row, |load| load.lagging))
        .toned(|world, row| {
            let lagging = load(world, row, |load| load.lagging).number().unwrap_or(0.0);
            if lagging > 0.0 { Tone::Warn } else { Tone::Dim }
        })
        .about("its replicas that are not in the ISR"),
    Column::number("preferred", "PREFERRED", 9, |world, row| load(world, row, |load| load.preferred))
        .ranked(6)
        .about("partitions that it should lead"),
    Column::number("meta-lag", "META-LAG", 8, |world, row| {
        Field::maybe(at(world, row).and_then(|broker| metadata_lag(world, broker.id)), "?")
    })
    .ranked(2)
    .about("metadata records it has not applied yet, by its own account"),
    Column::number("rtt", "RTT", 8, |world, row| {
        let pulse = at(world, row).and_then(|broker| world.pulses.get(&broker.id));
        match pulse.map(|pulse| &pulse.value.round_trip) {
            Some(Ok(took)) => Field::Span(*took),
            Some(Err(_)) => Field::Missing("fails"),
            None => Field::Missing("-"),
        }
    })
    .ranked(4)
    .about("round trip of a request from here"),
    Column::number("disk", "DISK", 9, |world, row| {
        let directories = at(world, row)
            .and_then(|broker| world.disks.get(&broker.id))
            .and_then(|disks| disks.value.directories.as_ref().ok());
        match directories {
            Some(directories) => Field::Bytes(
                directories.iter().flat_map(|directory| &directory.replicas).map(|(_, bytes)| *bytes).sum(),
            ),
            None => Field::Missing("-"),
        }
    })
    .ranked(7)
    .about("bytes of its replicas"),
];

fn at(world: &World, row: Row) -> Option<&Broker> {
    world.brokers().get(row.0 as usize)
}

fn load(world: &World, row: Row, of: fn(&Load) -> i64) -> Field<'static> {
    match at(world, row) {
        Some(broker) => Field::Number(world.loads.get(&broker.id).map_or(0, of)),
        None => Field::Missing("-"),
    }
}

/// Metadata records that a broker has not applied: the quorum's high watermark less what the broker says.
pub fn metadata_lag(world: &World, id: NodeId) -> Option<i64> {
    let mark = world.known_quorum()?.high_watermark?;
    let applied = world.pulses.get(&id)?.value.applied.as_ref().ok()?;
    // The broker names the last offset that it applied, the watermark the first that is not committed. The
    // two were asked at different moments, so a broker can be ahead.
    Some((mark.0 - 1 - applied.0).max(0))
}

/// Whether a row is in what the list is narrowed to.
pub fn is_in_scope(world: &World, row: Row, scope: &Scope) -> bool {
    match scope {
        Scope::Broker(id) => at(world, row).is_some_and(|broker| broker.id == *id),
        Scope::Topic(_) | Scope::Partition(_) | Scope::Ill => true,
    }
}
