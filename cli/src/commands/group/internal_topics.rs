//! `kr group internal-topics delete`: changelogs and repartition topics of Kafka Streams applications.
//!
//! A group of the streams protocol (KIP-1071) says which they are. A classic one does not: then they are those
//! that Kafka Streams would name so for its application id, which is the name of the group.

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use kr_client::admin::{GroupDescription, Subtopology};
use kr_client::{Client, ErrorCode};

use super::standing;
use crate::args::{ChangeArgs, OutputArgs};
use crate::commands::names::GroupNames;
use crate::commands::topic::delete;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};

const EXAMPLES: &str = "\
Examples:
  kr group internal-topics delete word-count --dry-run
  kr group internal-topics delete word-count --topic word-count-counts-changelog --yes";

/// Verbs of `kr group internal-topics`.
#[derive(Debug, Subcommand)]
pub enum InternalTopicsCommand {
    /// Delete topics that a Kafka Streams application made for itself
    #[command(alias = "rm")]
    Delete(DeleteArgs),
}

/// Arguments of `kr group internal-topics delete`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DeleteArgs {
    #[command(flatten)]
    names: GroupNames,
    /// Only this one of them; may be repeated
    #[arg(short = 't', long = "topic", value_name = "TOPIC", value_delimiter = ',')]
    topics: Vec<String>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs a verb of `kr group internal-topics`.
pub async fn run(command: InternalTopicsCommand, context: &mut Context) -> Result<Exit, CliError> {
    let InternalTopicsCommand::Delete(args) = command;
    let groups = args.names.read(context)?;
    let client = context.client().await?;
    let (_, failures) = standing::look(&client, &groups, "delete the internal topics of", None).await;
    if let Some(failure) = failures.into_iter().next() {
        let error = CliError::new(failure.kind, failure.message);
        return Err(failure.hint.into_iter().fold(error, CliError::hint));
    }
    let mut found = BTreeSet::new();
    for group in &groups {
        found.extend(internal_topics(&client, group).await?);
    }
    if let Some(other) = args.topics.iter().find(|topic| !found.contains(*topic)) {
        let of = groups.join(", ");
        return Err(CliError::new(Kind::Refused, format!("\"{other}\" is no internal topic of {of}"))
            .hint("see them with --dry-run; delete other topics with `kr topic delete`"));
    }
    if !args.topics.is_empty() {
        found.retain(|topic| args.topics.contains(topic));
    }
    let deletion = delete::DeleteArgs::of(found.into_iter().collect(), args.change, args.output);
    Box::pin(delete::run(&deletion, context)).await
}

/// The internal topics of a group, as far as they exist.
async fn internal_topics(client: &Client, group: &str) -> Result<Vec<String>, CliError> {
    let told = match client.describe_group(group).await {
        Ok(GroupDescription { topology, .. }) => topology,
        // Its offsets may be gone while its topics are still there.
        Err(error) if error.code() == Some(ErrorCode::GROUP_ID_NOT_FOUND) => None,
        Err(error) => return Err(error.into()),
    };
    let made =
        |part: &Subtopology| [part.changelog_topics.clone(), part.repartition_source_topics.clone()].concat();
    let told: Option<BTreeSet<String>> =
        told.map(|topology| topology.subtopologies.iter().flat_map(made).collect());
    let is_internal = |name: &str| match &told {
        Some(told) => told.contains(name),
        None => is_named_so(group, name),
    };
    let topics = client.list_topics().await?.into_iter().map(|topic| topic.name);
    Ok(topics.filter(|name| is_internal(name)).collect())
}

/// Whether Kafka Streams gives such names to the topics of an application: its id, then what it is for.
fn is_named_so(application: &str, topic: &str) -> bool {
    let rest = topic.strip_prefix(application).and_then(|rest| rest.strip_prefix('-'));
    let is_of_join = |rest: &str| {
        // Foreign-key joins (KIP-213): `KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-0000000014-topic`.
        let rest = rest.strip_suffix("-topic").unwrap_or_default();
        let numbered = ["REGISTRATION", "RESPONSE"].iter().find_map(|step| {
            rest.split_once(&format!("KTABLE-FK-JOIN-SUBSCRIPTION-{step}-")).map(|(_, number)| number)
        });
        numbered.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    rest.is_some_and(|rest| {
        rest.ends_with("-changelog") || rest.ends_with("-repartition") || is_of_join(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::is_named_so;

    #[test]
    fn topics_of_an_application_are_told_by_their_names() {
        for name in [
            "app-counts-changelog",
            "app-KSTREAM-MAP-0000000004-repartition",
            "app-KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-0000000012-topic",
        ] {
            assert!(is_named_so("app", name), "{name}");
        }
        for name in ["app-orders", "app2-counts-changelog", "counts-changelog", "app-topic", "app-x-topic"] {
            assert!(!is_named_so("app", name), "{name}");
        }
    }
}
