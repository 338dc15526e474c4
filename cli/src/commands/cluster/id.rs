//! `kr cluster id`: the id and nothing else, for scripts.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Item, Page, Report};
use crate::schemas::published;

/// Arguments of `kr cluster id`.
#[derive(Debug, Args)]
pub struct IdArgs {
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    cluster_id: String,
}

impl Item for Row {
    const KIND: &'static str = "kr.cluster.id/v1";

    fn write(items: &[Self], page: &mut Page) {
        for row in items {
            page.line(&row.cluster_id);
        }
    }

    fn name(&self) -> String {
        self.cluster_id.clone()
    }
}

published!(Row, "cluster id");

/// Runs `kr cluster id`.
pub async fn run(args: &IdArgs, context: &mut Context) -> Result<Exit, CliError> {
    let cluster_id = context.client().await?.view().cluster_id.clone();
    let cluster_id = cluster_id.ok_or_else(|| CliError::failed("the cluster did not tell its id"))?;
    context.show(args.output.output, &Report::of(vec![Row { cluster_id }]))
}
