//! A list on a screen: which rows of a table are shown, in which order, and where the cursor is.
//!
//! The cursor is on an entity: when rows are sorted anew, come or go, it stays on what it was on. Only when that
//! is gone it takes the next row.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use kr_client::admin::TopicPartition;
use kr_wire::ids::NodeId;

use super::filter::Filter;
use super::table::{Entity, Field, Row, Table};
use super::world::World;

/// What a list is narrowed to by the way the user came: a topic's partitions, a broker's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One topic.
    Topic(Arc<str>),
    /// One broker.
    Broker(NodeId),
    /// One partition.
    Partition(TopicPartition),
    /// What is not well.
    Ill,
}

/// The state of a list.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// What the cursor is on.
    pub cursor: Option<Entity>,
    /// The cursor's row in [`List::rows`].
    pub position: usize,
    /// The first row on the screen.
    pub top: usize,
    /// Which rows are shown.
    pub filter: Filter,
    /// What the list is narrowed to.
    pub scope: Option<Scope>,
    /// The column sorted by, and whether the largest comes first.
    pub sort: Option<(&'static str, bool)>,
    /// Columns that are left out.
    pub hidden: BTreeSet<&'static str>,
    /// Rows in their order.
    pub rows: Arc<Vec<Row>>,
    /// How many rows there are without the filter.
    pub total: usize,
    /// Batches of events that are unfolded.
    pub unfolded: BTreeSet<u64>,
    /// What is marked.
    pub marks: BTreeSet<Entity>,
}

impl List {
    /// A list sorted as its table says.
    pub fn of(table: &Table) -> Self {
        Self { sort: table.sort, ..Self::default() }
    }

    /// Finds the rows anew. `is_in_scope` knows what scopes mean for this table.
    pub fn rebuild(&mut self, world: &World, table: &Table, is_in_scope: fn(&World, Row, &Scope) -> bool) {
        let mut rows = (table.rows)(world);
        if let Some(scope) = &self.scope {
            rows.retain(|row| is_in_scope(world, *row, scope));
        }
        self.total = rows.len();
        if !self.filter.is_empty() {
            rows.retain(|row| self.filter.matches(world, *row, table.columns));
        }
        if let Some(fold) = table.fold.filter(|_| self.sort.is_none()) {
            fold(world, &mut rows, &self.unfolded);
        }
        if let Some((column, largest_first)) =
            self.sort.and_then(|(id, desc)| Some((table.column(id)?, desc)))
        {
            sort(&mut rows, |row| (column.value)(world, row), largest_first);
        }
        self.rows = Arc::new(rows);
        self.find_cursor(world, table);
    }

    fn find_cursor(&mut self, world: &World, table: &Table) {
        let row = self.cursor.as_ref().and_then(|entity| (table.row)(world, entity));
        let is_row = |other: &Row| Some(*other) == row;
        let is_entity = |other: &Row| row.is_some() && (table.entity)(world, *other) == self.cursor;
        let found = match table.fold {
            None => self.rows.iter().position(is_row),
            Some(_) => self.rows.iter().position(is_entity),
        };
        match found {
            Some(position) => self.position = position,
            None => self.go_to(self.position, world, table),
        }
    }

    /// Puts the cursor on a row, or on the last one.
    pub fn go_to(&mut self, position: usize, world: &World, table: &Table) {
        self.position = position.min(self.rows.len().saturating_sub(1));
        self.cursor = self.rows.get(self.position).and_then(|row| (table.entity)(world, *row));
    }

    /// Puts the cursor on an entity; it is found at the next rebuild.
    pub fn point_at(&mut self, entity: Entity) {
        self.cursor = Some(entity);
    }

    /// Moves the cursor by rows.
    pub fn step(&mut self, by: isize, world: &World, table: &Table) {
        self.go_to(self.position.saturating_add_signed(by), world, table);
    }

    /// The rows that fit on a screen of this height, with the cursor among them. Remembers where it began.
    pub fn scroll(&mut self, height: usize) {
        if height == 0 {
            return;
        }
        let last_top = self.rows.len().saturating_sub(height);
        let top = self.top.clamp((self.position + 1).saturating_sub(height), self.position);
        self.top = top.min(last_top);
    }

    /// The row the cursor is on.
    pub fn row(&self) -> Option<Row> {
        self.rows.get(self.position).copied()
    }
}

/// Sorts by a value. Rows of equal values keep their order, which is that of identity; unknown values are last.
fn sort<'a>(rows: &mut Vec<Row>, value: impl Fn(Row) -> Field<'a>, largest_first: bool) {
    let mut keyed: Vec<(Key<'a>, Row)> = rows.iter().map(|row| (Key::of(value(*row)), *row)).collect();
    keyed.sort_by(|(a, _), (b, _)| match (a, b) {
        (Key::Missing, Key::Missing) => Ordering::Equal,
        (Key::Missing, _) => Ordering::Greater,
        (_, Key::Missing) => Ordering::Less,
        (Key::Number(a), Key::Number(b)) => turned(a.total_cmp(b), largest_first),
        (Key::Text(a), Key::Text(b)) => turned(a.cmp(b), largest_first),
        (Key::Number(_), Key::Text(_)) => Ordering::Less,
        (Key::Text(_), Key::Number(_)) => Ordering::Greater,
    });
    rows.clear();
    rows.extend(keyed.into_iter().map(|(_, row)| row));
}

fn turned(ordering: Ordering, is_turned: bool) -> Ordering {
    if is_turned { ordering.reverse() } else { ordering }
}

enum Key<'a> {
    Number(f64),
    Text(std::borrow::Cow<'a, str>),
    Missing,
}

impl<'a> Key<'a> {
    fn of(field: Field<'a>) -> Self {
        match (field.number(), field) {
            (Some(number), _) => Self::Number(number),
            (None, Field::Text(text)) => Self::Text(text),
            _ => Self::Missing,
        }
    }
}
