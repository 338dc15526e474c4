//! `kr broker list`: brokers with what they carry, the fenced ones included where the cluster tells.

use std::collections::BTreeMap;

use clap::Args;
use kr_client::Client;
use kr_client::cluster_view::Topic;
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;

/// Arguments of `kr broker list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only fenced brokers
    #[arg(long)]
    fenced: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// What a broker carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Partitions it leads.
    pub leaders: usize,
    /// Partitions it would lead if every preferred leader led.
    pub preferred: usize,
    /// Replicas on it.
    pub replicas: usize,
    /// Replicas on it that are not in sync.
    pub out_of_sync: usize,
}

/// What each broker carries of these topics.
pub fn loads(topics: &[Topic]) -> BTreeMap<NodeId, Load> {
    let mut loads: BTreeMap<NodeId, Load> = BTreeMap::new();
    for partition in topics.iter().flat_map(|topic| &topic.partitions) {
        if let Some(leader) = partition.leader {
            loads.entry(leader).or_default().leaders += 1;
        }
        if let Some(first) = partition.replicas.first() {
            loads.entry(*first).or_default().preferred += 1;
        }
        for replica in &partition.replicas {
            let load = loads.entry(*replica).or_default();
            load.replicas += 1;
            load.out_of_sync += usize::from(!partition.isr.contains(replica));
        }
    }
    loads
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    id: i32,
    address: Option<String>,
    rack: Option<String>,
    /// Whether it is registered but not in service; null when the cluster does not tell.
    fenced: Option<bool>,
    leaders: usize,
    /// Partitions of which it is the preferred leader.
    preferred_leaders: usize,
    replicas: usize,
    /// Replicas that are not in sync.
    out_of_sync: usize,
}

impl Item for Row {
    const KIND: &'static str = "kr.broker.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let head = ["ID", "ADDRESS", "RACK", "STATE", "LEADERS", "PREFERRED", "REPLICAS", "OUT OF SYNC"];
        let mut table = Table::new(head);
        for row in items {
            let state = match (row.fenced, &row.address) {
                (_, None) => Cell::text("gone").styled(Style::Bad),
                (Some(true), _) => Cell::text("fenced").styled(Style::Bad),
                (Some(false), _) => Cell::text("active").styled(Style::Good),
                (None, _) => Cell::text("-"),
            };
            let behind = Cell::number(row.out_of_sync);
            table.row([
                Cell::number(row.id),
                Cell::text(row.address.as_deref().unwrap_or("-")),
                Cell::text(row.rack.as_deref().unwrap_or("-")),
                state,
                Cell::number(row.leaders),
                Cell::number(row.preferred_leaders),
                Cell::number(row.replicas),
                if row.out_of_sync > 0 { behind.styled(Style::Warning) } else { behind },
            ]);
        }
        page.table_or(&table, "no brokers");
    }

    fn name(&self) -> String {
        self.id.to_string()
    }
}

published!(Row, "broker list");

/// Runs `kr broker list`.
pub async fn run(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let mut rows = rows(&client).await?;
    if args.fenced {
        rows.retain(|row| row.fenced == Some(true) || row.address.is_none());
    }
    context.show(args.output.output, &Report::of(rows))
}

async fn rows(client: &Client) -> Result<Vec<Row>, CliError> {
    let cluster = client.describe_cluster().await?;
    let mut loads = loads(&client.list_topics().await?);
    let mut rows: Vec<Row> = Vec::new();
    for broker in &cluster.brokers {
        let load = loads.remove(&broker.id).unwrap_or_default();
        rows.push(row(
            broker.id,
            load,
            Some(broker.address.to_string()),
            broker.rack.clone(),
            broker.is_fenced,
        ));
    }
    // Brokers that hold replicas and that nobody lists: dead, on clusters that do not tell of fenced ones.
    rows.extend(loads.into_iter().map(|(id, load)| row(id, load, None, None, None)));
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

fn row(id: NodeId, load: Load, address: Option<String>, rack: Option<String>, fenced: Option<bool>) -> Row {
    Row {
        id: id.0,
        address,
        rack,
        fenced,
        leaders: load.leaders,
        preferred_leaders: load.preferred,
        replicas: load.replicas,
        out_of_sync: load.out_of_sync,
    }
}
