//! `kr client-metrics set` and `delete`: a subscription is nothing but its configs.

use std::time::Duration;

use clap::Args;
use kr_client::admin::{ConfigEdit, ConfigTarget};

use super::list::found;
use crate::args::{ChangeArgs, OutputArgs};
use crate::commands::config::edit;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::spans::parse_duration;

/// The keys of a subscription.
const KEYS: [&str; 3] = ["interval.ms", "match", "metrics"];

const EXAMPLES: &str = "\
Examples:
  kr client-metrics set slow --metrics org.apache.kafka.producer. --interval 30s
  kr client-metrics set all --metrics '*' --match client_software_name=apache-kafka-java";

/// Arguments of `kr client-metrics set`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SetArgs {
    /// The subscription
    #[arg(value_name = "NAME")]
    name: String,
    /// Prefixes of metrics with commas between; `*` is all
    #[arg(long, value_name = "PREFIXES")]
    metrics: Option<String>,
    /// How often clients push: 100 ms to 1 h
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    interval: Option<Duration>,
    /// Which clients: NAME=REGEX; may be repeated, and all must match
    #[arg(long = "match", value_name = "NAME=REGEX")]
    matches: Vec<String>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr client-metrics delete`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// Names of subscriptions
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs `kr client-metrics set`.
pub async fn set(args: &SetArgs, context: &mut Context) -> Result<Exit, CliError> {
    let mut edits = Vec::new();
    edits.extend(
        args.interval.map(|interval| ConfigEdit::set("interval.ms", interval.as_millis().to_string())),
    );
    edits.extend(args.metrics.as_ref().map(|metrics| ConfigEdit::set("metrics", metrics)));
    if !args.matches.is_empty() {
        edits.push(ConfigEdit::set("match", args.matches.join(",")));
    }
    if edits.is_empty() {
        return Err(CliError::usage("nothing is to be set").hint("say --metrics, --interval or --match"));
    }
    let target = ConfigTarget::ClientMetrics(args.name.clone());
    edit::run(vec![(target, edits)], args.change, args.output, context).await
}

/// Runs `kr client-metrics delete`.
pub async fn delete(args: &DeleteArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let (names, failures) = found(&client, &args.names).await?;
    let changes = names.into_iter().map(|name| {
        let edits = KEYS.iter().map(|key| ConfigEdit::unset(*key)).collect();
        (ConfigTarget::ClientMetrics(name), edits)
    });
    edit::run_beside(failures, changes.collect(), args.change, args.output, context).await
}
