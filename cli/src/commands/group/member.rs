//! `kr group member remove`: takes members out of a classic group, static ones too (KIP-345). A member that still
//! runs joins again; one that died is not waited for any longer.

use clap::{Args, Subcommand};
use kr_client::admin::{GroupDescription, GroupMember, GroupType, MemberName};
use kr_client::safety::Operation;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr group member remove billing --instance billing-3
  kr group member remove billing --member consumer-1-8f0c...
  kr group member remove billing --all --reason 'stuck after the upgrade' --yes";

/// Verbs of `kr group member`.
#[derive(Debug, Subcommand)]
pub enum MemberCommand {
    /// Remove members from a classic group
    #[command(alias = "rm")]
    Remove(RemoveArgs),
}

/// Arguments of `kr group member remove`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RemoveArgs {
    /// Name of the group
    #[arg(value_name = "GROUP")]
    group: String,
    /// Member id; may be repeated
    #[arg(long = "member", value_name = "ID", required_unless_present_any = ["instances", "all"])]
    members: Vec<String>,
    /// group.instance.id of a static member; may be repeated
    #[arg(long = "instance", value_name = "ID")]
    instances: Vec<String>,
    /// All members
    #[arg(long, conflicts_with_all = ["members", "instances"])]
    all: bool,
    /// What the coordinator notes in its log
    #[arg(long, value_name = "TEXT", default_value = "removed by kr group member remove")]
    reason: String,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    group: String,
    member_id: Option<String>,
    /// `group.instance.id` of a static member.
    instance_id: Option<String>,
    client_id: Option<String>,
    host: Option<String>,
    /// Partitions it read; null when that is not known.
    partitions: Option<usize>,
    #[serde(skip)]
    name: String,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Item for Row {
    const KIND: &'static str = "kr.group.member.remove/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["MEMBER", "INSTANCE", "CLIENT", "HOST", "PARTITIONS", "OUTCOME"]);
        let text = |text: &Option<String>| Cell::text(text.as_deref().unwrap_or("-"));
        for row in items {
            table.row([
                text(&row.member_id),
                text(&row.instance_id),
                text(&row.client_id),
                text(&row.host),
                Cell::maybe(row.partitions),
                Cell::text(if row.is_dry_run { "would be removed" } else { "removed" }),
            ]);
        }
        page.table_or(&table, "no members");
    }

    fn name(&self) -> String {
        self.member_id.clone().or_else(|| self.instance_id.clone()).unwrap_or_default()
    }
}

published!(Row, "group member remove");

/// Runs a verb of `kr group member`.
pub async fn run(command: &MemberCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        MemberCommand::Remove(args) => remove(args, context).await,
    }
}

async fn remove(args: &RemoveArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let group = client.describe_group(&args.group).await?;
    if group.group_type != GroupType::Classic {
        let kind = group.group_type.name().to_lowercase();
        return Err(CliError::failed(format!(
            "cannot remove members of group \"{}\": Kafka has no request for that in {kind} groups",
            args.group
        ))
        .hint("stop the client; a member that died is dropped after its session timeout (group config)"));
    }
    let names = names(args, &group);
    let mut rows: Vec<Row> = names.iter().map(|name| row(&group, name, args.change.dry_run)).collect();
    let mut report = Report { applied: Some(!args.change.dry_run), ..Report::default() };
    if rows.is_empty() {
        return context.show(args.output.output, &report);
    }
    match change::begin(context, &plan(&args.group, &group, &rows), &args.change).await? {
        Decision::DryRun => report.items = rows,
        Decision::Go(ticket) => {
            for (name, outcome) in client.remove_members(&args.group, &names, &args.reason).await? {
                if let Err(error) = outcome {
                    rows.retain(|row| row.name != name.to_string());
                    report.failures.push(Failure::of(name.to_string(), &error));
                }
            }
            report.items = rows;
            ticket.end(context, &report, None);
        }
    }
    context.show(args.output.output, &report)
}

/// Who is meant; static members by their instance id, as their member id may change.
fn names(args: &RemoveArgs, group: &GroupDescription) -> Vec<MemberName> {
    if args.all {
        let name = |member: &GroupMember| match &member.instance_id {
            Some(instance) => MemberName::Instance(instance.clone()),
            None => MemberName::Member(member.id.clone()),
        };
        return group.members.iter().map(name).collect();
    }
    let members = args.members.iter().cloned().map(MemberName::Member);
    members.chain(args.instances.iter().cloned().map(MemberName::Instance)).collect()
}

fn row(group: &GroupDescription, name: &MemberName, is_dry_run: bool) -> Row {
    let found = group.members.iter().find(|member| match name {
        MemberName::Member(id) => member.id == *id,
        MemberName::Instance(id) => member.instance_id.as_ref() == Some(id),
    });
    let (member_id, instance_id) = match name {
        MemberName::Member(id) => (Some(id.clone()), found.and_then(|member| member.instance_id.clone())),
        MemberName::Instance(id) => (found.map(|member| member.id.clone()), Some(id.clone())),
    };
    Row {
        group: group.id.clone(),
        member_id,
        instance_id,
        client_id: found.map(|member| member.client_id.clone()),
        host: found.map(|member| member.host.clone()),
        partitions: found.and_then(|member| member.assignment.as_ref()).map(Vec::len),
        name: name.to_string(),
        is_dry_run,
    }
}

fn plan(id: &str, group: &GroupDescription, rows: &[Row]) -> Plan<'static> {
    let effect = |row: &Row| {
        let client = row.client_id.as_deref().unwrap_or("not in the group");
        let host = row.host.as_deref().unwrap_or("-");
        format!("{}: {client} at {host}, {} partitions", row.name, row.partitions.unwrap_or(0))
    };
    let count = if rows.len() == 1 { "1 member".to_owned() } else { format!("{} members", rows.len()) };
    let mut effects: Vec<String> = rows.iter().map(effect).collect();
    let left = group.members.len().saturating_sub(rows.len());
    effects.push(format!("the {left} others rebalance; members that still run join again"));
    Plan {
        action: format!("remove {count} of group \"{id}\""),
        operations: &[Operation::GROUP_MEMBER_REMOVE],
        risk: Risk::Lossy,
        effects,
        targets: vec![id.to_owned()],
    }
}
