//! `kr cluster info`: id, controller, brokers and features.

use clap::Args;
use kr_client::versions::Feature;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Table};
use crate::schemas::published;

/// Arguments of `kr cluster info`.
#[derive(Debug, Args)]
pub struct InfoArgs {
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Info {
    cluster_id: Option<String>,
    /// Leader of the metadata quorum; on ZooKeeper the controller.
    controller: Option<i32>,
    brokers: usize,
    fenced: Option<usize>,
    topics: usize,
    partitions: usize,
    features: Vec<FeatureRow>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FeatureRow {
    name: String,
    level: Option<i16>,
    min: Option<i16>,
    max: Option<i16>,
}

impl FeatureRow {
    fn of(feature: Feature) -> Self {
        let Feature { name, supported, finalized } = feature;
        Self {
            name,
            level: finalized,
            min: supported.map(|range| range.0),
            max: supported.map(|range| range.1),
        }
    }
}

impl Item for Info {
    const KIND: &'static str = "kr.cluster.info/v1";

    fn write(items: &[Self], page: &mut Page) {
        for info in items {
            let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
            let brokers = match info.fenced {
                Some(fenced) if fenced > 0 => format!("{} ({fenced} fenced)", info.brokers),
                _ => info.brokers.to_string(),
            };
            page.fields([
                ("Cluster ID", or_none(info.cluster_id.clone())),
                ("Controller", or_none(info.controller.map(|id| id.to_string()))),
                ("Brokers", brokers),
                ("Topics", info.topics.to_string()),
                ("Partitions", info.partitions.to_string()),
            ]);
            let mut table = Table::new(["FEATURE", "LEVEL", "SUPPORTED"]);
            for row in &info.features {
                let range = row.min.zip(row.max).map_or("-".to_owned(), |(min, max)| format!("{min}-{max}"));
                table.row([Cell::text(&row.name), Cell::maybe(row.level), Cell::text(range)]);
            }
            if !table.is_empty() {
                page.gap();
                page.table(&table);
            }
        }
    }

    fn name(&self) -> String {
        self.cluster_id.clone().unwrap_or_default()
    }
}

published!(Info, "cluster info");

/// Runs `kr cluster info`.
pub async fn run(args: &InfoArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let cluster = client.describe_cluster().await?;
    let topics = client.list_topics().await?;
    // A broker names any broker as the controller on KRaft; only the quorum knows its leader.
    let controller = match client.describe_quorum().await {
        Ok(quorum) => quorum.leader,
        Err(kr_client::Error::Unsupported { .. }) => cluster.controller,
        Err(error) if error.fault() == kr_client::Fault::Denied => None,
        Err(error) => return Err(error.into()),
    };
    let knows_fenced = cluster.brokers.iter().any(|broker| broker.is_fenced.is_some());
    let fenced = cluster.brokers.iter().filter(|broker| broker.is_fenced == Some(true)).count();
    let info = Info {
        cluster_id: cluster.cluster_id,
        controller: controller.map(|id| id.0),
        brokers: cluster.brokers.len(),
        fenced: knows_fenced.then_some(fenced),
        topics: topics.len(),
        partitions: topics.iter().map(|topic| topic.partitions.len()).sum(),
        features: cluster.features.into_iter().map(FeatureRow::of).collect(),
    };
    context.show(args.output.output, &Report::of(vec![info]))
}
