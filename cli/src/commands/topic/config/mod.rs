//! `kr topic config`: one file per verb, and what they know of configs in common.

mod change;
mod diff;
mod get;
pub mod plan;

pub use get::{ConfigRow, table};

use clap::Subcommand;
use kr_client::Client;
use kr_client::admin::{ConfigDetail, ConfigEntry, ConfigSource, ConfigTarget};
use kr_client::cluster_view::Topic;

use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::Failure;

/// Verbs of `kr topic config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Show configs of topics, where each value comes from and what would count instead
    #[command(aliases = ["list", "ls", "describe", "show"])]
    Get(get::GetArgs),
    /// Set configs of topics: TOPIC.. KEY=VALUE..
    Set(change::SetArgs),
    /// Set configs back to their default: TOPIC KEY..
    #[command(aliases = ["delete", "rm"])]
    Unset(change::UnsetArgs),
    /// Add items to configs that are lists: TOPIC.. KEY=ITEM,..
    Append(change::AppendArgs),
    /// Take items from configs that are lists: TOPIC.. KEY=ITEM,..
    #[command(alias = "remove")]
    Subtract(change::SubtractArgs),
    /// Compare what is set on a topic with the defaults, or with another topic
    Diff(diff::DiffArgs),
}

/// Runs a verb of `kr topic config`.
pub async fn run(command: ConfigCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        ConfigCommand::Get(args) => get::run(&args, context).await,
        ConfigCommand::Set(args) => change::set(&args, context).await,
        ConfigCommand::Unset(args) => change::unset(&args, context).await,
        ConfigCommand::Append(args) => change::append(&args, context).await,
        ConfigCommand::Subtract(args) => change::subtract(&args, context).await,
        ConfigCommand::Diff(args) => diff::run(&args, context).await,
    }
}

/// Configs of topics; failures go to the list.
async fn read(
    client: &Client,
    topics: &[Topic],
    detail: ConfigDetail,
    failures: &mut Vec<Failure>,
) -> Result<Vec<(Topic, Vec<ConfigEntry>)>, CliError> {
    let targets: Vec<ConfigTarget> = topics.iter().map(|t| ConfigTarget::Topic(t.name.clone())).collect();
    let described = client.describe_all_configs(&targets, detail).await?;
    let mut found = Vec::new();
    for (topic, (_, configs)) in topics.iter().zip(described) {
        match configs {
            Ok(configs) => found.push((topic.clone(), configs)),
            Err(error) => failures.push(Failure::of(topic.name.as_str(), &error)),
        }
    }
    Ok(found)
}

/// The value that would count if it were not set on the topic, and where that comes from.
fn fallback(entry: &ConfigEntry) -> Option<(&str, ConfigSource)> {
    if entry.source != ConfigSource::Topic {
        return Some((entry.value.as_deref()?, entry.source));
    }
    let next = entry.synonyms.iter().find(|synonym| synonym.source != ConfigSource::Topic)?;
    Some((next.value.as_deref()?, next.source))
}

/// The value set on the topic itself.
fn own(entry: &ConfigEntry) -> Option<&str> {
    entry.value.as_deref().filter(|_| entry.source == ConfigSource::Topic)
}
