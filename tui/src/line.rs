//! An event in one plain line of words, for scripts and for those who hear the screen read to them. The screens
//! have their own, narrower words. Names are not escaped here.

use std::fmt::Write as _;
use std::time::Duration;

use kr_wire::ids::{LeaderEpoch, NodeId};

use crate::event::{BrokerChange, Change, Event, IsrChange, Kind, When};

/// Events of one kind in one batch from which on they are told together.
const ALIKE: usize = 5;

/// What happened, without when.
pub fn words(change: &Change) -> String {
    match change {
        Change::Leader { place, from, to, from_epoch, to_epoch, is_unclean } => {
            let mut text = format!("{place}: leader {} -> {}", node(*from), node(*to));
            let _ = write!(text, ", epoch {} -> {}", epoch(*from_epoch), epoch(*to_epoch));
            if let Some(hidden) = hidden_steps(*from_epoch, *to_epoch) {
                let _ = write!(text, ", {hidden} steps in between were not seen");
            }
            if *is_unclean == Some(true) {
                text.push_str(", unclean: records may be lost");
            }
            text
        }
        Change::IsrShrink(change) => isr(change),
        Change::IsrExpand(change) => isr(change),
        Change::Replicas { place, from, to } => format!("{place}: replicas {} -> {}", nodes(from), nodes(to)),
        Change::Fence(change) => broker(change, "is fenced"),
        Change::Unfence(change) => broker(change, "is in service"),
        Change::Shutdown(change) => broker(change, "shuts down"),
        Change::Registered(change) => broker(change, "is registered"),
        Change::Unregistered(change) => broker(change, "is no longer registered"),
        Change::Controller { from, to, from_epoch, to_epoch, without } => {
            let mut text = format!("controller {} -> {}", node(*from), node(*to));
            let _ = write!(text, ", epoch {} -> {}", epoch(*from_epoch), epoch(*to_epoch));
            if let Some(without) = without {
                let _ = write!(text, ", at most {} without one", seconds(*without));
            }
            text
        }
        Change::Voters { from, to } => format!("voters {} -> {}", nodes(from), nodes(to)),
        Change::TopicCreated { topic, partitions } => format!("{topic}: created, {partitions} partitions"),
        Change::TopicDeleted { topic } => format!("{topic}: deleted"),
        Change::PartitionsAdded { topic, from, to } => format!("{topic}: partitions {from} -> {to}"),
        Change::Config { resource, key, value: Some(value) } => format!("{resource}: {key} = {value}"),
        Change::Config { resource, key, value: None } => format!("{resource}: {key} is unset"),
        Change::Feature { name, from, to } => {
            let level =
                |level: &Option<i16>| level.map_or_else(|| "none".to_owned(), |level| level.to_string());
            format!("feature {name}: level {} -> {}", level(from), level(to))
        }
        Change::Group { id, from, to } => {
            let state = |state: &Option<_>, none: &str| {
                state.as_deref().map_or_else(|| none.to_owned(), str::to_owned)
            };
            format!("group {id}: {} -> {}", state(from, "none"), state(to, "gone"))
        }
        Change::Blind { reason } => format!("nothing could be seen: {reason}"),
    }
}

/// How sure the time is: empty for an instant, else the span in which it happened.
pub fn within(when: When) -> String {
    match when {
        When::At(_) => String::new(),
        When::Between(from, to) => format!("within {}", seconds(to.since(from))),
    }
}

/// Steps that a jump of the epoch hides; none for one step and where epochs are not told.
pub fn hidden_steps(from: Option<LeaderEpoch>, to: Option<LeaderEpoch>) -> Option<i32> {
    let steps = to?.0.checked_sub(from?.0)?;
    Some(steps - 1).filter(|hidden| *hidden > 0)
}

/// Events of a batch that are told in one line: the first of its kind, and how many more there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told<'a> {
    /// The event that is told.
    pub event: &'a Event,
    /// How many of its kind and batch stand behind it.
    pub alike: usize,
}

/// Folds what a batch has many of, in the order of the first of each.
pub fn fold(events: &[Event]) -> Vec<Told<'_>> {
    let key = |event: &Event| (event.batch, event.source, event.change.kind());
    let mut told: Vec<Told<'_>> = Vec::new();
    let mut firsts: std::collections::BTreeMap<(u64, crate::snapshot::Source, Kind), (usize, usize)> =
        std::collections::BTreeMap::new();
    for event in events {
        firsts.entry(key(event)).or_insert((usize::MAX, 0)).1 += 1;
    }
    for event in events {
        let Some((first, count)) = firsts.get_mut(&key(event)) else { continue };
        if *count < ALIKE {
            told.push(Told { event, alike: 0 });
        } else if *first == usize::MAX {
            *first = told.len();
            told.push(Told { event, alike: *count - 1 });
        }
    }
    told
}

fn isr(change: &IsrChange) -> String {
    format!("{}: ISR {} -> {}", change.place, nodes(&change.from), nodes(&change.to))
}

fn broker(change: &BrokerChange, what: &str) -> String {
    match change.epoch {
        Some(epoch) => format!("broker {} {what}, broker epoch {epoch}", change.broker),
        None => format!("broker {} {what}", change.broker),
    }
}

fn node(id: Option<NodeId>) -> String {
    id.map_or_else(|| "none".to_owned(), |id| id.to_string())
}

fn epoch(epoch: Option<LeaderEpoch>) -> String {
    epoch.map_or_else(|| "?".to_owned(), |epoch| epoch.to_string())
}

fn nodes(ids: &[NodeId]) -> String {
    if ids.is_empty() {
        return "none".to_owned();
    }
    ids.iter().map(NodeId::to_string).collect::<Vec<_>>().join(",")
}

fn seconds(span: Duration) -> String {
    format!("{:.1} s", span.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use kr_client::admin::TopicPartition;
    use kr_wire::ids::PartitionId;

    use super::*;
    use crate::snapshot::{Source, Time};

    fn shrink(partition: i32, batch: u64) -> Event {
        let change = IsrChange {
            place: TopicPartition::new("t", PartitionId(partition)),
            from: vec![NodeId(1), NodeId(2)],
            to: vec![NodeId(1)],
            epoch: None,
        };
        let when = When::Between(Time(1000), Time(2500));
        Event { when, source: Source::Metadata, offset: None, batch, change: Change::IsrShrink(change) }
    }

    #[test]
    fn a_jump_of_the_epoch_says_what_it_hides() {
        let leader = |to| Change::Leader {
            place: TopicPartition::new("orders", PartitionId(7)),
            from: Some(NodeId(1)),
            to: None,
            from_epoch: Some(LeaderEpoch(4)),
            to_epoch: Some(LeaderEpoch(to)),
            is_unclean: None,
        };
        assert_eq!(words(&leader(5)), "orders-7: leader 1 -> none, epoch 4 -> 5");
        let hidden = "orders-7: leader 1 -> none, epoch 4 -> 7, 2 steps in between were not seen";
        assert_eq!(words(&leader(7)), hidden);
        assert_eq!(within(When::Between(Time(1000), Time(2500))), "within 1.5 s");
    }

    #[test]
    fn many_of_a_kind_in_a_batch_are_one_line_and_few_are_not() {
        let mut events: Vec<Event> = (0..4).map(|partition| shrink(partition, 1)).collect();
        assert_eq!(fold(&events).len(), 4);
        events.extend((0..1000).map(|partition| shrink(partition, 2)));
        let told = fold(&events);
        assert_eq!(told.len(), 5);
        assert_eq!(told[4].alike, 999);
    }
}
