//! Moves as rows, and what they cost.

use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::output::page::list;
use crate::output::{Cell, Page, Table};
use crate::plan::{Cost, Move};
use crate::sizes::human_bytes;

/// A partition that gets other replicas.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MoveRow {
    topic: String,
    partition: i32,
    /// Replicas now, the preferred leader first.
    from: Vec<i32>,
    /// Replicas afterwards, the preferred leader first.
    to: Vec<i32>,
    /// Brokers that get a replica.
    adding: Vec<i32>,
    /// Brokers that lose theirs.
    removing: Vec<i32>,
    /// Bytes that each new replica copies.
    bytes: Option<u64>,
}

impl From<&Move> for MoveRow {
    fn from(change: &Move) -> Self {
        Self {
            topic: change.partition.topic.to_string(),
            partition: change.partition.partition.0,
            from: ids(&change.from),
            to: ids(&change.to),
            adding: change.adding().map(|node| node.0).collect(),
            removing: change.removing().map(|node| node.0).collect(),
            bytes: change.bytes,
        }
    }
}

/// Ids as numbers.
pub fn ids(nodes: &[NodeId]) -> Vec<i32> {
    nodes.iter().map(|node| node.0).collect()
}

/// What moves cost.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CostRow {
    /// Replicas that are copied.
    replicas: usize,
    /// Bytes that are copied; null when some sizes are not known.
    bytes: Option<u64>,
    brokers: Vec<BrokerCost>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct BrokerCost {
    broker: i32,
    /// Bytes copied to it, as far as sizes are known.
    incoming: u64,
    /// Bytes read from it, taking the preferred leader for the source.
    outgoing: u64,
}

impl From<&Cost> for CostRow {
    fn from(cost: &Cost) -> Self {
        let mut brokers: Vec<NodeId> = cost.incoming.keys().chain(cost.outgoing.keys()).copied().collect();
        brokers.sort();
        brokers.dedup();
        let broker = |node: NodeId| BrokerCost {
            broker: node.0,
            incoming: cost.incoming.get(&node).copied().unwrap_or(0),
            outgoing: cost.outgoing.get(&node).copied().unwrap_or(0),
        };
        Self {
            replicas: cost.replicas,
            bytes: cost.bytes,
            brokers: brokers.into_iter().map(broker).collect(),
        }
    }
}

impl CostRow {
    /// One line: how much is copied.
    pub fn line(&self) -> String {
        let bytes = self.bytes.map_or("an unknown number of bytes".to_owned(), human_bytes);
        format!("{} replicas to copy, {bytes}", self.replicas)
    }

    /// One line a broker: what comes and goes.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.brokers.iter().map(|cost| {
            let (incoming, outgoing) = (human_bytes(cost.incoming), human_bytes(cost.outgoing));
            format!("broker {}: {incoming} in, {outgoing} out", cost.broker)
        })
    }

    /// Whether so much is copied that clients may feel it: from 100 MiB on, or an unknown amount.
    pub fn bytes_are_many(&self) -> bool {
        self.replicas > 0 && self.bytes.is_none_or(|bytes| bytes >= 100 << 20)
    }

    /// How long the busiest broker takes at a rate in bytes per second; none without sizes.
    pub fn seconds_at(&self, rate: u64) -> Option<u64> {
        self.bytes?;
        let most = self.brokers.iter().map(|cost| cost.incoming.max(cost.outgoing)).max()?;
        most.checked_div(rate)
    }
}

/// Writes moves for people.
pub fn write_moves(rows: &[MoveRow], page: &mut Page) {
    let mut table = Table::new(["TOPIC", "PARTITION", "FROM", "TO", "COPIES TO", "SIZE"]);
    for row in rows {
        let adding = list(&row.adding);
        table.row([
            Cell::text(&row.topic),
            Cell::number(row.partition),
            Cell::text(list(&row.from)),
            Cell::text(list(&row.to)),
            Cell::text(if adding.is_empty() { "-" } else { &adding }),
            Cell::maybe(row.bytes.map(human_bytes)),
        ]);
    }
    page.table_or(&table, "nothing to move");
}
