//! `kr dev`: a local cluster on this machine.
//!
//! `up` runs the supervisor of `kr-devcluster`, in this process or, with `-d`, in one of its own. Every other
//! verb reaches it through its control socket, or reads what it left on disk.

mod detach;
mod down;
mod env;
mod fault;
mod list;
mod logs;
mod run;
mod signals;
mod status;
mod stay;
mod up;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use kr_devcluster::{Place, Remote, RemoteError, State, UpError, is_valid_name};

use crate::context::Context;
use crate::error::{CliError, Exit, Kind};

use fault::FaultArgs;
use kr_devcluster::Action;

/// How long readiness is waited for unless told otherwise; it takes a fraction of a second.
const READY_PATIENCE: Duration = Duration::from_secs(60);

/// Verbs of `kr dev`.
#[derive(Debug, Subcommand)]
pub enum DevCommand {
    /// Start a cluster, or go on with the one of that name
    Up(up::UpArgs),
    /// Shut a cluster down; its data stays
    Down(down::DownArgs),
    /// Show how a cluster and its nodes are
    Status(status::StatusArgs),
    /// Print variables that point clients to a cluster
    Env(env::EnvArgs),
    /// Run a command with a cluster of its own, removed afterwards
    Run(run::RunArgs),
    /// Show what the nodes logged
    Logs(logs::LogsArgs),
    /// List the clusters of this user
    List(list::ListArgs),
    /// End nodes at once: nothing flushed, nobody told
    Kill(FaultArgs),
    /// Shut nodes down in order
    Stop(FaultArgs),
    /// Start nodes that are down
    Start(FaultArgs),
    /// Freeze nodes with their connections open
    Pause(FaultArgs),
    /// Let frozen nodes go on
    Resume(FaultArgs),
    /// What `up -d` starts
    #[command(hide = true)]
    Supervise(up::UpArgs),
}

/// Which cluster.
#[derive(Clone, Debug, Args)]
pub struct NameArgs {
    /// Name of the cluster
    #[arg(long, value_name = "NAME", default_value = "dev")]
    name: String,
}

/// Runs a verb of `kr dev`.
pub async fn run(command: DevCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        DevCommand::Up(args) => up::run(args, context).await,
        DevCommand::Down(args) => down::run(args, context).await,
        DevCommand::Status(args) => status::run(args, context).await,
        DevCommand::Env(args) => env::run(&args, context),
        DevCommand::Run(args) => run::run(args, context).await,
        DevCommand::Logs(args) => logs::run(args, context).await,
        DevCommand::List(args) => list::run(args, context),
        DevCommand::Kill(args) => fault::run(Action::Kill, args, context).await,
        DevCommand::Stop(args) => fault::run(Action::Stop, args, context).await,
        DevCommand::Start(args) => fault::run(Action::Start, args, context).await,
        DevCommand::Pause(args) => fault::run(Action::Pause, args, context).await,
        DevCommand::Resume(args) => fault::run(Action::Resume, args, context).await,
        DevCommand::Supervise(args) => detach::supervise(args, context).await,
    }
}

/// The directory of all clusters: `$KR_DATA_DIR`, then the user's data directory.
fn root(context: &Context) -> Result<PathBuf, CliError> {
    let dir = match context.environment.var("KR_DATA_DIR") {
        Some(dir) => Some(PathBuf::from(dir)),
        None => context.environment.data_dir(),
    };
    let dir = dir.ok_or_else(|| {
        CliError::new(Kind::Config, "there is no place for data: neither $KR_DATA_DIR nor $HOME is set")
    })?;
    std::path::absolute(&dir).map_err(|error| {
        CliError::new(Kind::Config, format!("{} is not a path", dir.display())).caused_by(error)
    })
}

/// Where a cluster is or would be.
fn place(context: &Context, name: &str) -> Result<Place, CliError> {
    if !is_valid_name(name) {
        return Err(CliError::usage(format!("\"{name}\" cannot be the name of a cluster")));
    }
    Ok(Place::of(&root(context)?, name))
}

/// The place and state of a cluster that exists.
fn existing(context: &Context, name: &str) -> Result<(Place, State), CliError> {
    let place = place(context, name)?;
    match place.state() {
        Ok(Some(state)) => Ok((place, state)),
        Ok(None) => Err(CliError::failed(format!("there is no cluster \"{name}\""))
            .hint("see those that are there with `kr dev list`, or make it with `kr dev up`")),
        Err(error) => {
            Err(CliError::failed(format!("cannot read the state of cluster \"{name}\"")).caused_by(error))
        }
    }
}

/// The running cluster of this name.
fn running(context: &Context, name: &str) -> Result<Remote, CliError> {
    let (place, _) = existing(context, name)?;
    if !place.is_running() {
        let error = CliError::new(Kind::Unreachable, format!("cluster \"{name}\" is not running"));
        return Err(error.hint(format!("start it with `kr dev up{}`", name_option(name))));
    }
    Ok(Remote::new(place.control_socket()))
}

/// How the name is given in a hint.
fn name_option(name: &str) -> String {
    if name == "dev" { String::new() } else { format!(" --name {name}") }
}

fn remote_error(error: RemoteError) -> CliError {
    let kind = match &error {
        RemoteError::Unreachable(_) | RemoteError::TimedOut(_) => Kind::Unreachable,
        RemoteError::Nonsense(_) => Kind::Internal,
        RemoteError::Refused { .. } => Kind::Failed,
    };
    let hint = match &error {
        RemoteError::Refused { hint, .. } => hint.clone(),
        _ => None,
    };
    let error = CliError::new(kind, error.to_string());
    hint.into_iter().fold(error, CliError::hint)
}

fn up_error(error: UpError) -> CliError {
    let kind = match &error {
        UpError::Plan(_) => Kind::Usage,
        UpError::NotReady { .. } => Kind::Condition,
        _ => Kind::Failed,
    };
    let hint = error.hint();
    let error = CliError::new(kind, error.to_string());
    hint.into_iter().fold(error, CliError::hint)
}
