//! `kr partition`: one file per verb.

mod describe;
mod elect;
mod explain;
mod list;
mod observe;
mod verify;

use clap::{Args, Subcommand};
use kr_client::Client;
use kr_client::admin::TopicPartition;
use kr_client::cluster_view::Topic;

use super::topic::measure;
use super::topic::partition_set::{PartitionSet, read_place};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::Failure;

/// Verbs of `kr partition`.
#[derive(Debug, Subcommand)]
pub enum PartitionCommand {
    /// List partitions with leaders, replicas and offsets
    #[command(alias = "ls")]
    List(list::ListArgs),
    /// Show what each replica of partitions has
    #[command(alias = "get")]
    Describe(describe::DescribeArgs),
    /// Leaders of partitions: elect
    #[command(subcommand, alias = "leader")]
    Leaders(LeadersCommand),
    /// Same as `kr partition leaders elect`
    #[command(hide = true)]
    Elect(elect::ElectArgs),
    /// Say why partitions are under-replicated or have no leader
    Explain(explain::ExplainArgs),
    /// Compare the data of replicas, batch by batch
    Verify(verify::VerifyArgs),
}

/// Verbs of `kr partition leaders`.
#[derive(Debug, Subcommand)]
pub enum LeadersCommand {
    /// Elect leaders: the preferred ones, or any live replica where no other is left
    Elect(elect::ElectArgs),
}

/// Runs a verb of `kr partition`.
pub async fn run(command: PartitionCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        PartitionCommand::List(args) => list::run(&args, context).await,
        PartitionCommand::Describe(args) => describe::run(&args, context).await,
        PartitionCommand::Leaders(LeadersCommand::Elect(args)) | PartitionCommand::Elect(args) => {
            elect::run(&args, context).await
        }
        PartitionCommand::Explain(args) => explain::run(&args, context).await,
        PartitionCommand::Verify(args) => verify::run(&args, context).await,
    }
}

/// Partitions by name, or by topic.
#[derive(Clone, Debug, Default, Args)]
pub struct Places {
    /// Partitions: TOPIC-NUMBER
    #[arg(value_name = "PARTITION")]
    places: Vec<String>,
    /// All partitions of this topic; may be repeated
    #[arg(short = 't', long = "topic", value_name = "TOPIC")]
    topics: Vec<String>,
    /// Of the topics, only these partitions: 0,2,4-7
    #[arg(short = 'p', long = "partitions", value_name = "PARTITIONS", requires = "topics")]
    partitions: Option<PartitionSet>,
}

/// Partitions that were named, with the topics they are of.
#[derive(Debug, Default)]
struct Named {
    topics: Vec<Topic>,
    places: Vec<TopicPartition>,
}

impl Places {
    /// Whether none was named.
    fn is_empty(&self) -> bool {
        self.places.is_empty() && self.topics.is_empty()
    }

    /// Finds the partitions; what is wrong with them goes to the list.
    async fn find(&self, client: &Client, failures: &mut Vec<Failure>) -> Result<Named, CliError> {
        let wrong = |text: &str| {
            CliError::usage(format!("\"{text}\" is no partition"))
                .hint("a partition is TOPIC-NUMBER: orders-0")
        };
        let read = |text: &String| read_place(text).ok_or_else(|| wrong(text));
        let wanted = self.places.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let mut names: Vec<&str> = wanted.iter().map(|(topic, _)| topic.as_str()).collect();
        names.extend(self.topics.iter().map(String::as_str));
        names.sort_unstable();
        names.dedup();
        let mut named = Named::default();
        for (name, topic) in client.describe_topics(&names).await? {
            match topic {
                Ok(topic) => named.topics.push(topic),
                Err(error) => failures.push(Failure::of(name, &error)),
            }
        }
        for (name, partition) in wanted {
            let Some(topic) = named.topics.iter().find(|topic| topic.name == name) else { continue };
            match topic.partition(partition) {
                Some(_) => named.places.push(TopicPartition::new(name, partition)),
                None => failures.push(unknown(&name, partition.0, topic.partitions.len())),
            }
        }
        let is_wanted = |place: &TopicPartition| match &self.partitions {
            Some(set) => set.contains(place.partition),
            None => true,
        };
        let whole = named.topics.iter().filter(|topic| self.topics.contains(&topic.name));
        named.places.extend(measure::places(whole).into_iter().filter(is_wanted));
        named.places.sort();
        named.places.dedup();
        Ok(named)
    }
}

fn unknown(topic: &str, partition: i32, count: usize) -> Failure {
    let code = kr_client::ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
    Failure {
        code: Some(code.0),
        name: code.name().to_owned(),
        message: format!("there is no partition {topic}-{partition}: the topic has {count}"),
        target: format!("{topic}-{partition}"),
        hint: None,
        kind: crate::error::Kind::Failed,
    }
}
