//! The tables of a description.

use super::{Description, PartitionRow};
use crate::commands::topic::config;
use crate::output::page::{list, list_cell};
use crate::output::{Cell, Style, Table};

/// What topics are.
pub(super) fn summary(items: &[Description]) -> Table {
    let mut table = Table::new(["TOPIC", "ID", "PARTITIONS", "REPLICAS", "INTERNAL"]);
    for topic in items {
        table.row([
            Cell::text(&topic.name),
            Cell::text(topic.id.as_deref().unwrap_or("-")),
            Cell::number(topic.partitions.len()),
            Cell::number(topic.replication_factor),
            Cell::text(if topic.internal { "yes" } else { "no" }),
        ]);
    }
    table
}

/// What is set on topics.
pub(super) fn configs(items: &[Description]) -> Table {
    let rows = items
        .iter()
        .flat_map(|topic| topic.configs.iter().flatten().map(|config| (topic.name.as_str(), config)));
    config::table(rows)
}

/// Partitions of topics.
pub fn partitions<'a>(rows: impl IntoIterator<Item = (&'a str, &'a PartitionRow)>) -> Table {
    let head = ["TOPIC", "PARTITION", "LEADER", "EPOCH", "REPLICAS", "ISR", "ELR", "OFFLINE", "START", "END"];
    let mut table = Table::new(head);
    for (topic, row) in rows {
        let leader = match row.leader {
            Some(leader) => Cell::number(leader),
            None => Cell::text("none").styled(Style::Bad),
        };
        let isr = list_cell(&row.isr);
        let is_short = row.isr.len() < row.replicas.len();
        table.row([
            Cell::text(topic),
            Cell::number(row.partition),
            leader,
            Cell::maybe(row.leader_epoch),
            list_cell(&row.replicas),
            if is_short { isr.styled(Style::Warning) } else { isr },
            Cell::text(eligible(row)),
            list_cell(&row.offline),
            Cell::maybe(row.start_offset),
            Cell::maybe(row.end_offset),
        ]);
    }
    table
}

/// Eligible replicas, and behind them those that were before they ended uncleanly: `2 (last known 3)`.
fn eligible(row: &PartitionRow) -> String {
    let known = row.last_known_eligible.as_deref().filter(|nodes| !nodes.is_empty());
    let now = match row.eligible_leader_replicas.as_deref() {
        None | Some([]) => "-".to_owned(),
        Some(nodes) => list(nodes),
    };
    known.map_or(now.clone(), |known| format!("{now} (last known {})", list(known)))
}
