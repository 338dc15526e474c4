//! `kr quorum add`: from anywhere. The directory id is read from the quorum's observers and the address from
//! the controller's registration, so nothing of the new node's configuration is needed.

use clap::Args;
use kr_client::admin::{Majority, Nodes, QuorumStatus};
use kr_client::options::Address;
use kr_client::safety::Operation;
use kr_wire::ids::{DirectoryId, NodeId, parse_uuid_text};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr quorum add 4 --dry-run
  kr quorum add 4 --yes
  kr quorum add 4 --directory-id tq3lxrWRTQmMm1T3DuQVxg --endpoint CONTROLLER://controller-4:9093";

/// Arguments of `kr quorum add`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AddArgs {
    /// The controller; it must be running
    #[arg(value_name = "ID")]
    controller: i32,
    /// Its metadata directory [default: as it told the leader]
    #[arg(long, value_name = "ID", value_parser = directory)]
    directory_id: Option<DirectoryId>,
    /// Where it listens: NAME://HOST:PORT; may be repeated [default: as it is registered]
    #[arg(long = "endpoint", value_name = "ENDPOINT", value_parser = endpoint)]
    endpoints: Vec<(String, Address)>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

fn directory(text: &str) -> Result<DirectoryId, String> {
    parse_uuid_text(text).map(DirectoryId).ok_or_else(|| format!("`{text}` is no id of a directory"))
}

fn endpoint(text: &str) -> Result<(String, Address), String> {
    let (name, address) =
        text.split_once("://").ok_or_else(|| format!("`{text}` is not NAME://HOST:PORT"))?;
    let address = address.parse().map_err(|error: kr_client::options::OptionsError| error.to_string())?;
    Ok((name.to_owned(), address))
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    id: i32,
    directory_id: String,
    endpoints: Vec<String>,
    /// Voters after the change.
    voters: usize,
    /// How many of them must agree.
    majority: usize,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Item for Row {
    const KIND: &'static str = "kr.quorum.add/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["ID", "DIRECTORY", "ENDPOINTS", "VOTERS", "MAJORITY", "OUTCOME"]);
        for row in items {
            table.row([
                Cell::number(row.id),
                Cell::text(&row.directory_id),
                Cell::text(row.endpoints.join(",")),
                Cell::number(row.voters),
                Cell::number(row.majority),
                Cell::text(if row.is_dry_run { "would be added" } else { "added" }),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.id.to_string()
    }
}

published!(Row, "quorum add");

/// Runs `kr quorum add`.
pub async fn run(args: &AddArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let id = NodeId(args.controller);
    let quorum = super::read(&client).await?;
    let directory = match args.directory_id {
        Some(directory) => directory,
        None => directory_of(&quorum, id)?,
    };
    let endpoints = if args.endpoints.is_empty() {
        let nodes = client.describe_nodes(false).await?;
        endpoints_of(&nodes, &quorum, id)?
    } else {
        args.endpoints.clone()
    };
    let voters = quorum.voters.len() + 1;
    let row = Row {
        id: id.0,
        directory_id: directory.to_string(),
        endpoints: endpoints.iter().map(|(name, address)| format!("{name}://{address}")).collect(),
        voters,
        majority: voters / 2 + 1,
        is_dry_run: args.change.dry_run,
    };
    let mut report = Report { applied: Some(!args.change.dry_run), ..Report::default() };
    match change::begin(context, &plan(&quorum, &row), &args.change).await? {
        Decision::DryRun => report.items.push(row),
        Decision::Go(ticket) => match client.add_voter(id, directory, &endpoints).await {
            Ok(()) => {
                report.items.push(row);
                ticket.end(context, &report, None);
            }
            Err(error) => {
                let error = super::explained(error);
                ticket.fail(context, &error);
                return Err(error);
            }
        },
    }
    context.show(args.output.output, &report)
}

fn directory_of(quorum: &QuorumStatus, id: NodeId) -> Result<DirectoryId, CliError> {
    if quorum.voters.iter().any(|voter| voter.id == id) {
        return Err(CliError::failed(format!("node {id} is a voter already")));
    }
    let observer = quorum.observers.iter().find(|observer| observer.id == id).ok_or_else(|| {
        CliError::failed(format!("node {id} does not read the metadata log"))
            .hint("start it as a controller first; see `kr quorum status` for the nodes that read along")
    })?;
    observer.directory.ok_or_else(|| {
        CliError::failed(format!("the cluster does not tell the metadata directory of node {id}"))
            .hint("it is older than Kafka 3.9, or the quorum is static; or name it with --directory-id")
    })
}

/// Where the new voter listens, under the name that the listener of the other voters has.
fn endpoints_of(
    nodes: &Nodes,
    quorum: &QuorumStatus,
    id: NodeId,
) -> Result<Vec<(String, Address)>, CliError> {
    let name = quorum.nodes.iter().flat_map(|voter| &voter.listeners).map(|(name, _)| name).next();
    let node = nodes.nodes.iter().find(|node| node.id == id);
    let is_registered = node.is_some_and(|node| node.is_registered_controller == Some(true));
    let address = node.filter(|_| is_registered).and_then(|node| node.controller_address.clone());
    match (name, address) {
        (Some(name), Some(address)) => Ok(vec![(name.clone(), address)]),
        _ if !nodes.knows_controllers => {
            Err(CliError::failed(format!("nobody says where controller {id} listens"))
                .hint("no controller can be reached from here: name it with --endpoint NAME://HOST:PORT"))
        }
        _ => Err(CliError::failed(format!("node {id} is not registered as a controller"))
            .hint("is it running with the role controller? Or name it with --endpoint NAME://HOST:PORT")),
    }
}

fn plan(quorum: &QuorumStatus, row: &Row) -> Plan<'static> {
    let now = Majority::without(quorum, None);
    let mut effects = vec![
        format!("directory {}, {}", row.directory_id, row.endpoints.join(", ")),
        format!(
            "voters {} -> {}; {} instead of {} must agree",
            now.voters, row.voters, row.majority, now.needed
        ),
    ];
    if row.voters.is_multiple_of(2) {
        effects.push("an even number of voters bears no more failures than one voter less".to_owned());
    }
    Plan {
        action: format!("add voter {}", row.id),
        operations: &[Operation::QUORUM_ADD],
        risk: Risk::Careful,
        effects,
        targets: vec![format!("controller/{}", row.id)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_have_a_name_and_an_address() {
        assert_eq!(endpoint("CONTROLLER://h:9093").unwrap().0, "CONTROLLER");
        assert!(endpoint("h:9093").is_err());
        assert!(endpoint("CONTROLLER://h:x").is_err());
    }
}
