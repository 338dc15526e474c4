//! `kr group describe`: state, members, committed offsets and lag, by partition and in all.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use kr_client::admin::{At, CommittedOffset, GroupDescription, GroupMember, TopicPartition};
use kr_client::{Client, Error, ErrorCode};
use kr_wire::fetch::IsolationLevel;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::commands::names::GroupNames;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Style, Table};

/// Arguments of `kr group describe`.
#[derive(Debug, Args)]
pub struct DescribeArgs {
    #[command(flatten)]
    names: GroupNames,
    #[command(flatten)]
    output: OutputArgs,
}

impl DescribeArgs {
    /// The usual description of these groups.
    pub fn of(names: GroupNames, output: OutputArgs) -> Self {
        Self { names, output }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Description {
    group: String,
    #[serde(rename = "type")]
    group_type: &'static str,
    state: String,
    assignor: Option<String>,
    epoch: Option<i32>,
    coordinator: Option<i32>,
    /// Records behind in all partitions whose lag is known.
    lag: i64,
    members: Vec<MemberRow>,
    offsets: Vec<OffsetRow>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct MemberRow {
    member_id: String,
    instance_id: Option<String>,
    client_id: String,
    host: String,
    partitions: Option<Vec<String>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct OffsetRow {
    topic: String,
    partition: i32,
    committed: Option<i64>,
    end: Option<i64>,
    lag: Option<i64>,
    member_id: Option<String>,
    client_id: Option<String>,
    host: Option<String>,
}

impl Item for Description {
    const KIND: &'static str = "kr.group.describe/v1";

    fn write(items: &[Self], page: &mut Page) {
        for group in items {
            page.heading(&format!("Group {}", group.group));
            page.fields([
                ("Type", group.group_type.to_owned()),
                ("State", group.state.clone()),
                ("Assignor", group.assignor.clone().unwrap_or_else(|| "-".to_owned())),
                ("Coordinator", group.coordinator.map_or("-".to_owned(), |id| id.to_string())),
                ("Members", group.members.len().to_string()),
                ("Lag", group.lag.to_string()),
            ]);
            if !group.offsets.is_empty() {
                page.gap();
                page.table(&offsets_table(&group.offsets));
            }
            let idle: Vec<&MemberRow> =
                group.members.iter().filter(|m| m.partitions.as_ref().is_none_or(Vec::is_empty)).collect();
            if !idle.is_empty() {
                page.gap();
                page.table(&idle_table(&idle));
            }
        }
    }

    fn name(&self) -> String {
        self.group.clone()
    }
}

fn offsets_table(offsets: &[OffsetRow]) -> Table {
    let mut table = Table::new(["TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "MEMBER", "CLIENT", "HOST"]);
    let text = |text: &Option<String>| Cell::text(text.as_deref().unwrap_or("-"));
    for row in offsets {
        let lag = Cell::maybe(row.lag);
        table.row([
            Cell::text(&row.topic),
            Cell::number(row.partition),
            Cell::maybe(row.committed),
            Cell::maybe(row.end),
            if row.lag.is_some_and(|lag| lag > 0) { lag.styled(Style::Warning) } else { lag },
            text(&row.member_id),
            text(&row.client_id),
            text(&row.host),
        ]);
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

/// Runs `kr group describe`.
pub async fn run(args: &DescribeArgs, context: &mut Context) -> Result<Exit, CliError> {
    let names = args.names.read(context)?;
    let client = context.client().await?;
    let mut report = Report::default();
    for name in names {
        match describe(&client, &name).await {
            Ok(description) => report.items.push(description),
            Err(error) => report.failures.push(Failure::of(name, &error)),
        }
    }
    context.show(args.output.output, &report)
}

async fn describe(client: &Client, name: &str) -> Result<Description, Error> {
    let group = client.describe_group(name).await?;
    let committed = match client.committed_offsets(name).await {
        Err(error) if error.code() == Some(ErrorCode::GROUP_ID_NOT_FOUND) => BTreeMap::new(),
        committed => committed?,
    };
    let offsets = offsets(client, &group, &committed).await;
    let lag = offsets.iter().filter_map(|row| row.lag).sum();
    Ok(Description {
        group: group.id,
        group_type: group.group_type,
        state: group.state,
        assignor: group.assignor,
        epoch: group.epoch,
        coordinator: group.coordinator.map(|id| id.0),
        lag,
        members: group.members.into_iter().map(member_row).collect(),
        offsets,
    })
}

fn member_row(member: GroupMember) -> MemberRow {
    let GroupMember { id, instance_id, client_id, host, assignment } = member;
    let partitions = assignment.map(|all| all.iter().map(TopicPartition::to_string).collect());
    MemberRow { member_id: id, instance_id, client_id, host, partitions }
}

/// Every partition that has a committed offset or a member.
async fn offsets(
    client: &Client,
    group: &GroupDescription,
    committed: &BTreeMap<TopicPartition, CommittedOffset>,
) -> Vec<OffsetRow> {
    let mut owners: BTreeMap<&TopicPartition, &GroupMember> = BTreeMap::new();
    for member in &group.members {
        owners.extend(member.assignment.iter().flatten().map(|place| (place, member)));
    }
    let places: BTreeSet<&TopicPartition> = committed.keys().chain(owners.keys().copied()).collect();
    let wanted: Vec<(TopicPartition, At)> =
        places.iter().map(|place| ((*place).clone(), At::Latest)).collect();
    let ends = client.offsets_now(&wanted, IsolationLevel::ReadCommitted).await;
    let row = |place: &TopicPartition| {
        let committed = committed.get(place).map(|committed| committed.offset.0);
        let found = ends.get(place).and_then(|end| end.as_ref().ok());
        let end = found.and_then(|found| found.offset).map(|offset| offset.0);
        let owner = owners.get(place);
        OffsetRow {
            topic: place.topic.to_string(),
            partition: place.partition.0,
            committed,
            end,
            lag: end.zip(committed).map(|(end, committed)| (end - committed).max(0)),
            member_id: owner.map(|member| member.id.clone()),
            client_id: owner.map(|member| member.client_id.clone()),
            host: owner.map(|member| member.host.clone()),
        }
    };
    places.into_iter().map(row).collect()
}
