//! `kr broker describe`: one broker with everything that one screen should say of it.

use clap::Args;
use kr_client::admin::{ClusterNode, LogDir};
use kr_client::versions::NodeVersions;
use kr_client::{Client, Route};
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use super::list::{Load, loads};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;
use crate::sizes::human_bytes;

/// Arguments of `kr broker describe`.
#[derive(Debug, Args)]
pub struct DescribeArgs {
    /// Ids of brokers
    #[arg(value_name = "ID", required = true)]
    brokers: Vec<i32>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    id: i32,
    address: Option<String>,
    rack: Option<String>,
    /// Whether it is registered but not in service; null when the cluster does not tell.
    fenced: Option<bool>,
    leaders: usize,
    preferred_leaders: usize,
    replicas: usize,
    out_of_sync: usize,
    /// Its log directories; null when it does not answer.
    directories: Option<Vec<Directory>>,
    /// Feature levels it supports; null when it does not answer.
    features: Option<Vec<Feature>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Directory {
    path: String,
    /// Whether it can be used.
    online: bool,
    replicas: usize,
    /// Bytes of all replicas in it.
    bytes: u64,
    total_bytes: Option<u64>,
    usable_bytes: Option<u64>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Feature {
    name: String,
    min: i16,
    max: i16,
}

impl Item for Row {
    const KIND: &'static str = "kr.broker.describe/v1";

    fn write(items: &[Self], page: &mut Page) {
        for row in items {
            page.heading(&format!("Broker {}", row.id));
            let state = match row.fenced {
                Some(true) => "fenced",
                Some(false) => "active",
                None => "-",
            };
            page.fields([
                ("Address", row.address.clone().unwrap_or_else(|| "-".to_owned())),
                ("Rack", row.rack.clone().unwrap_or_else(|| "-".to_owned())),
                ("State", state.to_owned()),
                ("Leaders", format!("{} (preferred {})", row.leaders, row.preferred_leaders)),
                ("Replicas", format!("{} ({} out of sync)", row.replicas, row.out_of_sync)),
            ]);
            write_directories(row.directories.as_deref().unwrap_or_default(), page);
            let mut table = Table::new(["FEATURE", "SUPPORTED"]);
            for feature in row.features.iter().flatten() {
                table
                    .row([Cell::text(&feature.name), Cell::text(format!("{}-{}", feature.min, feature.max))]);
            }
            if !table.is_empty() {
                page.gap();
                page.table(&table);
            }
        }
    }

    fn name(&self) -> String {
        self.id.to_string()
    }
}

published!(Row, "broker describe");

fn write_directories(directories: &[Directory], page: &mut Page) {
    let mut table = Table::new(["DIRECTORY", "STATE", "REPLICAS", "SIZE", "USABLE", "TOTAL"]);
    for directory in directories {
        table.row([
            Cell::text(&directory.path),
            Cell::text(if directory.online { "online" } else { "offline" }),
            Cell::number(directory.replicas),
            Cell::number(human_bytes(directory.bytes)),
            Cell::maybe(directory.usable_bytes.map(human_bytes)),
            Cell::maybe(directory.total_bytes.map(human_bytes)),
        ]);
    }
    if !table.is_empty() {
        page.gap();
        page.table(&table);
    }
}

/// Runs `kr broker describe`.
pub async fn run(args: &DescribeArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let cluster = client.describe_cluster().await?;
    let loads = loads(&client.list_topics().await?);
    let mut report = Report::default();
    for id in &args.brokers {
        let id = NodeId(*id);
        let node = cluster.brokers.iter().find(|broker| broker.id == id);
        let load = loads.get(&id).copied();
        if node.is_none() && load.is_none() {
            let what = format!("describe broker {id}");
            let error = kr_client::Error::broker(what, kr_client::ErrorCode::BROKER_ID_NOT_REGISTERED, None);
            report.failures.push(Failure::of(id.to_string(), &error));
            continue;
        }
        report.items.push(row(&client, id, node, load.unwrap_or_default()).await);
    }
    context.show(args.output.output, &report)
}

async fn row(client: &Client, id: NodeId, node: Option<&ClusterNode>, load: Load) -> Row {
    // A broker that is down or fenced does not answer, and what is known without it is still worth showing.
    let is_up = node.is_some_and(|node| node.is_fenced != Some(true));
    let (versions, directories) = if is_up {
        let asked = [id];
        let (versions, mut directories) =
            tokio::join!(client.node_versions(Route::Broker(id)), client.describe_log_dirs(&asked, None));
        let directories = directories.remove(&id).and_then(Result::ok);
        (versions.ok(), directories.map(|found| found.iter().map(directory).collect()))
    } else {
        (None, None)
    };
    Row {
        id: id.0,
        address: node.map(|node| node.address.to_string()),
        rack: node.and_then(|node| node.rack.clone()),
        fenced: node.and_then(|node| node.is_fenced),
        leaders: load.leaders,
        preferred_leaders: load.preferred,
        replicas: load.replicas,
        out_of_sync: load.out_of_sync,
        directories,
        features: versions.map(|versions| features(&versions)),
    }
}

fn directory(found: &LogDir) -> Directory {
    let bytes = |count: i64| u64::try_from(count).unwrap_or(0);
    Directory {
        path: found.path.clone(),
        online: found.failure.is_none(),
        replicas: found.replicas.len(),
        bytes: found.replicas.iter().map(|replica| bytes(replica.bytes)).sum(),
        total_bytes: found.total_bytes.map(bytes),
        usable_bytes: found.usable_bytes.map(bytes),
    }
}

fn features(versions: &NodeVersions) -> Vec<Feature> {
    let feature = |feature: &kr_client::versions::Feature| {
        let (min, max) = feature.supported?;
        Some(Feature { name: feature.name.clone(), min, max })
    };
    versions.features.iter().filter_map(feature).collect()
}
