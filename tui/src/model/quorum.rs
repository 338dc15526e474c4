//! The table of the quorum's replicas. Voters come first, then observers; a row is the index in that order.

use std::borrow::Cow;

use crate::snapshot::{Quorum, QuorumReplica};

use super::table::{Column, Entity, Field, Row, Table, Tone};
use super::world::World;

/// The table.
pub static QUORUM: Table = Table {
    columns: COLUMNS,
    rows: |world| {
        let count = world.known_quorum().map_or(0, |quorum| quorum.voters.len() + quorum.observers.len());
        (0..count as u64).map(Row).collect()
    },
    entity: |world, row| at(world, row).map(|(replica, _)| Entity::Voter(replica.id)),
    row: |world, entity| match entity {
        Entity::Voter(id) => {
            let quorum = world.known_quorum()?;
            let mut all = quorum.voters.iter().chain(&quorum.observers);
            all.position(|replica| replica.id == *id).map(|index| Row(index as u64))
        }
        _ => None,
    },
    fold: None,
    sort: None,
};

const COLUMNS: &[Column] = &[
    Column::text("role", "ROLE", 9, |world, row| match at(world, row) {
        Some((_, Part::Leader)) => Field::Text("LEADER".into()),
        Some((_, Part::Voter)) => Field::Text("voter".into()),
        Some((_, Part::Observer)) => Field::Text("observer".into()),
        None => Field::Missing("-"),
    })
    .toned(|world, row| match at(world, row) {
        Some((_, Part::Leader)) => Tone::Leader,
        Some((_, Part::Observer)) => Tone::Dim,
        _ => Tone::Plain,
    })
    .about("LEADER is the active controller"),
    Column::number("id", "ID", 5, |world, row| Field::maybe(at(world, row).map(|(r, _)| r.id.0.into()), "-"))
        .about("node.id"),
    Column::number("end", "LOG-END", 9, |world, row| {
        Field::maybe(at(world, row).and_then(|(replica, _)| replica.end).map(|end| end.0), "?")
    })
    .ranked(1)
    .about("log end offset, as the leader knows it"),
    Column::number("lag", "LAG", 8, |world, row| {
        let quorum = world.known_quorum();
        let lag = at(world, row).zip(quorum).and_then(|((replica, _), quorum)| lag(quorum, replica));
        Field::maybe(lag, "?")
    })
    .toned(|world, row| state(world, row).1)
    .about("records behind the leader's log end"),
    Column::number("fetch", "FETCH-AGE", 10, |world, row| match at(world, row) {
        Some((_, Part::Leader)) => Field::Missing("-"),
        Some((replica, _)) => age(world, replica.last_fetch),
        None => Field::Missing("-"),
    })
    .about("time since its last fetch"),
    Column::number("caught-up", "CAUGHT-UP", 10, |world, row| match at(world, row) {
        Some((_, Part::Leader)) => Field::Missing("-"),
        Some((replica, _)) => age(world, replica.last_caught_up),
        None => Field::Missing("-"),
    })
    .ranked(2)
    .about("time since it had everything"),
    Column::text("state", "STATE", 9, |world, row| Field::Text(state(world, row).0.into()))
        .toned(|world, row| state(world, row).1)
        .about("caught up, behind, or silent: no fetch for longer than two seconds"),
    Column::text("directory", "DIRECTORY", 22, |world, row| {
        match at(world, row).and_then(|(replica, _)| replica.directory.as_ref()) {
            Some(directory) => Field::Text(Cow::Borrowed(directory)),
            None => Field::Missing("-"),
        }
    })
    .ranked(4)
    .about("directory id (KIP-853)"),
    Column::text("address", "LISTENER", 21, |world, row| {
        match at(world, row).and_then(|(replica, _)| replica.address.as_ref()) {
            Some(address) => Field::Text(Cow::Borrowed(address)),
            None => Field::Missing("-"),
        }
    })
    .growing()
    .ranked(3)
    .about("its controller listener"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Leader,
    Voter,
    Observer,
}

fn at(world: &World, row: Row) -> Option<(&QuorumReplica, Part)> {
    let quorum = world.known_quorum()?;
    let index = row.0 as usize;
    let voters = quorum.voters.len();
    let replica = quorum.voters.get(index).or_else(|| quorum.observers.get(index.checked_sub(voters)?))?;
    let part = match (index < voters, quorum.leader == Some(replica.id)) {
        (true, true) => Part::Leader,
        (true, false) => Part::Voter,
        (false, _) => Part::Observer,
    };
    Some((replica, part))
}

/// Records that a replica lacks of the leader's log.
pub fn lag(quorum: &Quorum, replica: &QuorumReplica) -> Option<i64> {
    let leader = quorum.voters.iter().find(|voter| Some(voter.id) == quorum.leader)?;
    Some((leader.end? - replica.end?).max(0))
}

/// Ages are by the leader's clock, which is at the time of the answer about what this machine's says.
fn age(world: &World, at: Option<crate::snapshot::Time>) -> Field<'static> {
    let as_of = world.quorum.as_ref().map_or(world.now, |seen| seen.as_of);
    at.map_or(Field::Missing("?"), |at| Field::Span(as_of.since(at)))
}

/// A replica is silent when it did not fetch for this long: a fetch waits half a second at most.
const SILENT_AFTER_MS: u64 = 2_000;
/// Records a healthy replica may lack at the moment of the question.
const NOISE: i64 = 5;

/// Whether a replica keeps up, by fetch age first and lag second.
pub fn is_current(world: &World, quorum: &Quorum, replica: &QuorumReplica) -> bool {
    if quorum.leader == Some(replica.id) {
        return true;
    }
    let as_of = world.quorum.as_ref().map_or(world.now, |seen| seen.as_of);
    let is_silent =
        replica.last_fetch.is_some_and(|at| as_of.since(at).as_millis() > u128::from(SILENT_AFTER_MS));
    !is_silent && lag(quorum, replica).is_some_and(|lag| lag <= NOISE)
}

fn state(world: &World, row: Row) -> (&'static str, Tone) {
    let (Some((replica, part)), Some(quorum)) = (at(world, row), world.known_quorum()) else {
        return ("?", Tone::Dim);
    };
    let as_of = world.quorum.as_ref().map_or(world.now, |seen| seen.as_of);
    let bad = if part == Part::Observer { Tone::Warn } else { Tone::Bad };
    match (replica.last_fetch, lag(quorum, replica)) {
        _ if part == Part::Leader => ("leads", Tone::Leader),
        (Some(fetch), _) if as_of.since(fetch).as_millis() > u128::from(SILENT_AFTER_MS) => ("SILENT !", bad),
        (_, None) => ("?", Tone::Dim),
        (_, Some(lag)) if lag <= NOISE => ("caught up", Tone::Good),
        _ => ("BEHIND !", Tone::Warn),
    }
}
