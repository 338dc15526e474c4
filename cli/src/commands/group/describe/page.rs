//! The description of a group as people see it.
//!
//! ```text
//! Group billing
//! Type   Classic
//! State  Stable
//! Lag    2
//!
//! TOPIC   PARTITION  COMMITTED  END  LAG  MEMBER ...
//! ```

use std::fmt::Display;

use super::{Description, MemberRow, OffsetRow, Section, TopicRow, tasks};
use crate::output::{Cell, Item, Page, Style, Table};
use crate::schemas::published;

impl Item for Description {
    const KIND: &'static str = "kr.group.describe/v1";

    fn write(items: &[Self], page: &mut Page) {
        for group in items {
            page.heading(&format!("Group {}", group.group));
            for (at, section) in group.sections.iter().enumerate() {
                if at > 0 {
                    page.gap();
                }
                write_section(group, *section, page);
            }
        }
    }

    fn name(&self) -> String {
        self.group.clone()
    }
}

published!(Description, "group describe", "group get");

fn write_section(group: &Description, section: Section, page: &mut Page) {
    match section {
        Section::Summary => write_summary(group, page),
        Section::Lag => write_lag(group, page),
        Section::Members => page.table_or(&members_table(group), "no members"),
        Section::Assignment if group.topology.is_some() => {
            page.table_or(&tasks::table(group), "no members");
        }
        Section::Assignment => page.table_or(&assignment_table(&group.members), "no members"),
        Section::Offsets => page.table_or(&offsets_table(&group.offsets), "no offsets"),
    }
}

fn or_none<T: Display>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn write_summary(group: &Description, page: &mut Page) {
    page.fields([
        ("Type", group.group_type.to_owned()),
        ("State", group.state.clone()),
        ("Assignor", or_none(group.assignor.as_ref())),
        ("Coordinator", or_none(group.coordinator)),
        ("Members", group.members.len().to_string()),
        ("Lag", or_none(group.lag)),
    ]);
    if group.epoch.is_some() {
        page.fields([
            ("Group epoch", or_none(group.epoch)),
            ("Target assignment epoch", or_none(group.assignment_epoch)),
        ]);
    }
}

fn write_lag(group: &Description, page: &mut Page) {
    page.table_or(&lag_table(&group.offsets), "no offsets");
    if group.topics.len() > 1 {
        page.gap();
        page.table(&topics_table(&group.topics));
    }
    let idle: Vec<&MemberRow> =
        group.members.iter().filter(|m| m.partitions.as_ref().is_none_or(Vec::is_empty)).collect();
    if !idle.is_empty() {
        page.gap();
        page.table(&idle_table(&idle));
    }
}

fn lag_cell(lag: Option<i64>) -> Cell {
    let cell = Cell::maybe(lag);
    if lag > Some(0) { cell.styled(Style::Warning) } else { cell }
}

fn maybe_text(text: Option<&String>) -> Cell {
    Cell::text(text.map_or("-", String::as_str))
}

fn lag_table(offsets: &[OffsetRow]) -> Table {
    let mut table = Table::new(["TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "MEMBER", "CLIENT", "HOST"]);
    for row in offsets {
        table.row([
            Cell::text(&row.topic),
            Cell::number(row.partition),
            Cell::maybe(row.committed),
            Cell::maybe(row.end),
            lag_cell(row.lag),
            maybe_text(row.member_id.as_ref()),
            maybe_text(row.client_id.as_ref()),
            maybe_text(row.host.as_ref()),
        ]);
    }
    table
}

fn topics_table(topics: &[TopicRow]) -> Table {
    let mut table = Table::new(["TOPIC", "PARTITIONS", "LAG"]);
    for row in topics {
        table.row([Cell::text(&row.topic), Cell::number(row.partitions), lag_cell(row.lag)]);
    }
    table
}

fn idle_table(members: &[&MemberRow]) -> Table {
    let mut table = Table::new(["IDLE MEMBER", "CLIENT", "HOST"]);
    for member in members {
        table.row([Cell::text(&member.member_id), Cell::text(&member.client_id), Cell::text(&member.host)]);
    }
    table
}

fn members_table(group: &Description) -> Table {
    let mut table = Table::new([
        "MEMBER",
        "INSTANCE",
        "CLIENT",
        "HOST",
        "RACK",
        "EPOCH",
        "PROTOCOL",
        "PARTITIONS",
        "SUBSCRIPTION",
    ]);
    for member in &group.members {
        let protocol = match member.is_classic {
            Some(true) => "classic".to_owned(),
            _ => group.group_type.to_lowercase(),
        };
        table.row([
            Cell::text(&member.member_id),
            maybe_text(member.instance_id.as_ref()),
            Cell::text(&member.client_id),
            Cell::text(&member.host),
            maybe_text(member.rack.as_ref()),
            Cell::maybe(member.epoch),
            Cell::text(protocol),
            Cell::maybe(member.partitions.as_ref().map(Vec::len)),
            Cell::text(subscription(member)),
        ]);
    }
    table
}

/// Topics, and a pattern between slashes.
fn subscription(member: &MemberRow) -> String {
    let mut parts: Vec<String> = member.topics.iter().flatten().cloned().collect();
    parts.extend(member.topic_pattern.as_ref().map(|pattern| format!("/{pattern}/")));
    if parts.is_empty() { "-".to_owned() } else { parts.join(",") }
}

fn assignment_table(members: &[MemberRow]) -> Table {
    let list = |places: Option<&Vec<String>>| match places {
        Some(places) if !places.is_empty() => Cell::text(places.join(",")),
        _ => Cell::text("-"),
    };
    let mut table = Table::new(["MEMBER", "CLIENT", "EPOCH", "CURRENT", "TARGET"]);
    for member in members {
        table.row([
            Cell::text(&member.member_id),
            Cell::text(&member.client_id),
            Cell::maybe(member.epoch),
            list(member.partitions.as_ref()),
            list(member.target.as_ref()),
        ]);
    }
    table
}

fn offsets_table(offsets: &[OffsetRow]) -> Table {
    let mut table = Table::new([
        "TOPIC",
        "PARTITION",
        "COMMITTED",
        "LEADER EPOCH",
        "START",
        "STABLE END",
        "END",
        "LAG",
        "METADATA",
    ]);
    for row in offsets {
        table.row([
            Cell::text(&row.topic),
            Cell::number(row.partition),
            Cell::maybe(row.committed),
            Cell::maybe(row.committed_leader_epoch),
            Cell::maybe(row.start),
            Cell::maybe(row.stable_end),
            Cell::maybe(row.end),
            lag_cell(row.lag),
            maybe_text(row.metadata.as_ref().filter(|text| !text.is_empty())),
        ]);
    }
    table
}
