//! `kr dev down`: shuts a cluster down, and with `--delete` removes its data.

use std::time::{Duration, Instant};

use clap::Args;
use kr_devcluster::{Place, Remote};
use schemars::JsonSchema;
use serde::Serialize;

use super::{NameArgs, existing, remote_error, root};
use crate::args::{ConfirmArgs, OutputArgs};
use crate::config::forget_dev_context;
use crate::confirm::{Question, confirm};
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Item, Page, Report};
use crate::schemas::published;

/// How long the process of a cluster may take to go after its last word.
const GONE_PATIENCE: Duration = Duration::from_secs(10);

/// Arguments of `kr dev down`.
#[derive(Debug, Args)]
pub struct DownArgs {
    #[command(flatten)]
    name: NameArgs,

    /// Shut all clusters of this user down
    #[arg(long, conflicts_with = "name")]
    all: bool,

    /// Remove the data as well
    #[arg(long)]
    delete: bool,

    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// A cluster that is down.
#[derive(Debug, Serialize, JsonSchema)]
struct Downed {
    name: String,
    was_running: bool,
    deleted: bool,
}

impl Item for Downed {
    const KIND: &'static str = "kr.dev.down/v1";

    fn write(items: &[Self], page: &mut Page) {
        for item in items {
            let what = match (item.was_running, item.deleted) {
                (true, true) => "is down and deleted",
                (true, false) => "is down",
                (false, true) => "is deleted",
                (false, false) => "was not running",
            };
            page.line(&format!("cluster \"{}\" {what}", item.name));
        }
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Downed, "dev down");

/// Runs `kr dev down`.
pub async fn run(args: DownArgs, context: &mut Context) -> Result<Exit, CliError> {
    let places =
        if args.all { Place::all(&root(context)?) } else { vec![existing(context, &args.name.name)?.0] };
    if args.delete {
        let losses: Vec<_> =
            places.iter().map(|place| format!("all data in {}", place.dir().display())).collect();
        let action =
            format!("delete {} dev cluster{}", places.len(), if places.len() == 1 { "" } else { "s" });
        let question = Question { action: &action, effects: &losses, cluster_id: None, type_to_agree: None };
        confirm(context, &question, args.confirm.yes)?;
    }
    let mut downed = Vec::new();
    for place in places {
        downed.push(down(&place, args.delete, context).await?);
    }
    context.show(args.output.output, &Report::of(downed))
}

async fn down(place: &Place, delete: bool, context: &Context) -> Result<Downed, CliError> {
    let name = place.dir().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let was_running = place.is_running();
    if was_running {
        Remote::new(place.control_socket()).down().await.map_err(remote_error)?;
        wait_until_gone(place, &name).await?;
    }
    // What a process that died has left of an ephemeral cluster is of no more use.
    let delete = delete || matches!(place.state(), Ok(Some(state)) if state.ephemeral);
    let is_gone = !place.dir().exists();
    if delete && !is_gone {
        place.remove().map_err(|error| {
            CliError::failed(format!("cannot remove {}", place.dir().display())).caused_by(error)
        })?;
    }
    if delete || is_gone {
        forget_dev_context(&context.environment, context.global.config.as_deref(), &name)?;
    }
    Ok(Downed { name, was_running, deleted: delete || is_gone })
}

async fn wait_until_gone(place: &Place, name: &str) -> Result<(), CliError> {
    let began = Instant::now();
    while place.is_running() {
        if began.elapsed() > GONE_PATIENCE {
            let message = format!("the process of cluster \"{name}\" does not end");
            return Err(CliError::new(Kind::Unreachable, message));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
