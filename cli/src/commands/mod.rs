//! One match: from what was typed to the command that does it.

pub mod acl;
pub mod broker;
pub mod client_metrics;
pub mod cluster;
pub mod completion;
pub mod config;
pub mod consume;
pub mod context;
pub mod controller;
pub mod decode;
pub mod dev;
pub mod diff;
pub mod doctor;
pub mod feature;
pub mod group;
pub mod journal;
pub mod key;
pub mod logdir;
pub mod man;
pub mod migrate;
pub mod names;
pub mod partition;
pub mod produce;
pub mod quorum;
pub mod quota;
pub mod reassign;
mod record_decode;
mod record_filter;
mod record_format;
mod record_json;
mod record_pace;
pub mod throttle;
pub mod token;
pub mod topic;
pub mod tui;
pub mod txn;
pub mod undo;
pub mod user;
pub mod wait;
pub mod watch;

use crate::args::Command;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};

/// Runs the command that was typed.
pub async fn run(command: Command, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        // These end in their own way when they are interrupted.
        Command::Dev(command) => dev::run(command, context).await,
        Command::Consume(args) => consume::run(args, context).await,
        Command::Tail(args) => consume::tail(args, context).await,
        Command::Decode(args) => decode::run(args, context).await,
        Command::Produce(args) => produce::run(args, context).await,
        Command::Tui(args) => tui::run(&args, context).await,
        command => tokio::select! {
            outcome = run_to_the_end(command, context) => outcome,
            Ok(()) = tokio::signal::ctrl_c() => Err(CliError::new(Kind::Interrupted, "interrupted")),
        },
    }
}

async fn run_to_the_end(command: Command, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        Command::Topic(command) => topic::run(command, context).await,
        Command::Partition(command) => partition::run(command, context).await,
        Command::Group(command) => group::run(command, context).await,
        Command::Broker(command) => broker::run(command, context).await,
        Command::Config(command) => config::run(command, context).await,
        Command::ClientMetrics(command) => client_metrics::run(command, context).await,
        Command::Controller(command) => controller::run(command, context).await,
        Command::Feature(command) => feature::run(command, context).await,
        Command::Txn(command) => txn::run(command, context).await,
        Command::Token(command) => token::run(command, context).await,
        Command::Acl(command) => acl::run(command, context).await,
        Command::User(command) => user::run(command, context).await,
        Command::Quota(command) => quota::run(command, context).await,
        Command::Cluster(command) => cluster::run(command, context).await,
        Command::Quorum(command) => quorum::run(command, context).await,
        Command::Reassign(command) => reassign::run(command, context).await,
        Command::Throttle(command) => throttle::run(command, context).await,
        Command::Logdir(command) => logdir::run(command, context).await,
        Command::Diff(args) => diff::run(&args, context).await,
        Command::Doctor(args) => doctor::run(&args, context).await,
        Command::Watch(args) => watch::run(&args, context).await,
        Command::Migrate(command) => migrate::run(command, context).await,
        Command::Wait(args) => wait::run(&args, context).await,
        Command::Journal(args) => journal::run(&args, context),
        Command::Undo(command) => undo::run(command, context).await,
        Command::Produce(args) => produce::run(args, context).await,
        Command::Consume(args) => consume::run(args, context).await,
        Command::Tail(args) => consume::tail(args, context).await,
        Command::Tui(args) => tui::run(&args, context).await,
        Command::Decode(args) => decode::run(args, context).await,
        Command::Key(command) => key::run(command, context).await,
        Command::Context(command) => self::context::run(command, context).await,
        Command::Dev(command) => dev::run(command, context).await,
        Command::Completion(args) => completion::run(&args, context),
        Command::Man(args) => man::run(&args, context),
    }
}
