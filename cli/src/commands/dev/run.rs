//! `kr dev run -- CMD`: a command with a cluster of its own, which is removed afterwards.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use clap::Args;
use kr_devcluster::{Cluster, Spec, Up, up};
use tokio::process::Command;

use super::env::variables;
use super::signals::Signals;
use super::up::{ShapeArgs, take_signals};
use super::{READY_PATIENCE, root, up_error};
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};

/// Arguments of `kr dev run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    shape: ShapeArgs,

    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs `kr dev run`. The exit code is the command's, or 128 and the signal that ended it.
pub async fn run(args: RunArgs, context: &mut Context) -> Result<Exit, CliError> {
    let name = format!("run-{}", std::process::id());
    let spec = Spec { port: Some(0), ephemeral: true, ..args.shape.spec(&name) };
    let mut signals = take_signals()?;
    let cluster = match up(&root(context)?, &spec).await.map_err(up_error)? {
        Up::Started(cluster) => cluster,
        Up::Running(_) => return Err(CliError::internal(format!("cluster \"{name}\" exists"))),
    };
    let exit = with_cluster(&cluster, &spec, &args.command, &mut signals, context).await;
    // Nothing of it is kept, so there is nothing to shut down in order.
    cluster.crash().await;
    exit
}

async fn with_cluster(
    cluster: &Cluster,
    spec: &Spec,
    command: &[OsString],
    signals: &mut Signals,
    context: &Context,
) -> Result<Exit, CliError> {
    let ready = async {
        cluster.ready(READY_PATIENCE).await?;
        cluster.create_topics(&spec.topics, READY_PATIENCE).await
    };
    tokio::select! {
        outcome = ready => outcome.map_err(up_error)?,
        () = signals.next() => return Err(CliError::new(Kind::Interrupted, "interrupted before the cluster was ready")),
    }
    let (program, args) = command.split_first().ok_or_else(|| CliError::usage("no command is given"))?;
    let mut child = Command::new(program)
        .args(args)
        .env_clear()
        .envs(context.environment.variables())
        .envs(variables(cluster.state()))
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            CliError::failed(format!("cannot run {}", program.to_string_lossy())).caused_by(error)
        })?;
    loop {
        tokio::select! {
            status = child.wait() => {
                let failed = |error| CliError::internal("cannot wait for the command").caused_by(error);
                return Ok(exit_of(status.map_err(failed)?));
            }
            // A terminal's Ctrl-C reaches the command as well; how it ends is its own decision.
            () = signals.next() => {}
        }
    }
}

fn exit_of(status: ExitStatus) -> Exit {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    Exit(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(Exit::FAILED.0))
}
