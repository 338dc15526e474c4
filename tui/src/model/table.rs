//! Tables as data: columns with their names, widths and values. Filters, sorting, drawing and export all go by
//! the same columns.
//!
//! A [`Row`] is a number that only its own table understands; what the user points at is an [`Entity`], which
//! stays the same when rows move.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use kr_client::admin::TopicPartition;
use kr_wire::ids::NodeId;

use super::world::World;

/// A row of a table, while its picture lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row(pub u64);

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entity {
    /// A broker.
    Broker(NodeId),
    /// A topic.
    Topic(Arc<str>),
    /// A partition.
    Partition(TopicPartition),
    /// A group.
    Group(Arc<str>),
    /// An event, by its number.
    Event(u64),
    /// A replica of the metadata quorum.
    Voter(NodeId),
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub enum Field<'a> {
    /// Text, not escaped.
    Text(Cow<'a, str>),
    /// A number of things.
    Number(i64),
    /// Bytes.
    Bytes(u64),
    /// A time that something took or will take.
    Span(Duration),
    /// Nodes; compared by how many they are.
    Nodes(&'a [NodeId]),
    /// A word with its place in an order: states, the worst highest.
    Ranked(u8, &'static str),
    /// Nothing, or not known; says which: `-`, `?`, `none`.
    Missing(&'static str),
}

impl Field<'_> {
    /// The value as a number, where it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number as f64),
            Self::Bytes(bytes) => Some(*bytes as f64),
            Self::Span(span) => Some(span.as_secs_f64()),
            Self::Nodes(nodes) => Some(nodes.len() as f64),
            Self::Ranked(rank, _) => Some(f64::from(*rank)),
            Self::Text(_) | Self::Missing(_) => None,
        }
    }

    /// The value as text, where it is text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Ranked(_, word) => Some(word),
            _ => None,
        }
    }

    /// A number from what may be unknown.
    pub fn maybe(number: Option<i64>, missing: &'static str) -> Self {
        number.map_or(Self::Missing(missing), Self::Number)
    }
}

/// How a value is to be taken; colour follows from it, but never says it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Nothing special.
    Plain,
    /// Of less interest.
    Dim,
    /// As it should be.
    Good,
    /// Worth a look.
    Note,
    /// Not as it should be.
    Warn,
    /// Needs somebody now.
    Bad,
    /// The one that leads.
    Leader,
}

/// A column.
pub struct Column {
    /// Its name in filters, in the sort line and in exports.
    pub id: &'static str,
    /// Its head.
    pub title: &'static str,
    /// Columns on the screen it needs.
    pub width: u16,
    /// Whether it gets what is left of the line.
    pub grows: bool,
    /// Whether it stands at the right of its place.
    pub is_right: bool,
    /// When it is left out for want of room: the highest go first, 0 never.
    pub rank: u8,
    /// What it says, for the help.
    pub about: &'static str,
    /// Its value in a row.
    pub value: for<'a> fn(&'a World, Row) -> Field<'a>,
    /// How to take the value.
    pub tone: fn(&World, Row) -> Tone,
}

impl Column {
    /// A column of text.
    pub const fn text(
        id: &'static str,
        title: &'static str,
        width: u16,
        value: for<'a> fn(&'a World, Row) -> Field<'a>,
    ) -> Self {
        Self { id, title, width, grows: false, is_right: false, rank: 0, about: "", value, tone: plain }
    }

    /// A column of numbers.
    pub const fn number(
        id: &'static str,
        title: &'static str,
        width: u16,
        value: for<'a> fn(&'a World, Row) -> Field<'a>,
    ) -> Self {
        Self { is_right: true, ..Self::text(id, title, width, value) }
    }

    /// The column, taking what is left of the line.
    pub const fn growing(self) -> Self {
        Self { grows: true, ..self }
    }

    /// The column, left out early.
    pub const fn ranked(self, rank: u8) -> Self {
        Self { rank, ..self }
    }

    /// The column with its meaning.
    pub const fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// The column with its tone.
    pub const fn toned(self, tone: fn(&World, Row) -> Tone) -> Self {
        Self { tone, ..self }
    }
}

fn plain(_: &World, _: Row) -> Tone {
    Tone::Plain
}

/// Folds rows; the set says what stays unfolded.
pub type Fold = fn(&World, &mut Vec<Row>, &BTreeSet<u64>);

/// A table.
pub struct Table {
    /// Its columns from the left.
    pub columns: &'static [Column],
    /// All rows in the order of their identity.
    pub rows: fn(&World) -> Vec<Row>,
    /// What a row is about.
    pub entity: fn(&World, Row) -> Option<Entity>,
    /// The row of an entity; none when it is gone.
    pub row: fn(&World, &Entity) -> Option<Row>,
    /// Folds rows that are alike, all but those unfolded; only in the order of identity.
    pub fold: Option<Fold>,
    /// The column sorted by at first, and whether the largest comes first; none for the order of identity.
    pub sort: Option<(&'static str, bool)>,
}

impl Table {
    /// A column by its name.
    pub fn column(&self, id: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.id == id)
    }
}
