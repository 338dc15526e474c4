//! `kr decode`: what Kafka has written in its own topics, record by record.

mod metadata;

use clap::Args;

use super::consume::{self, ConsumeArgs};
use super::record_decode::TOPICS;
use crate::context::Context;
use crate::error::{CliError, Exit};

/// Arguments of `kr decode`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct DecodeArgs {
    /// __consumer_offsets, __transaction_state, __share_group_state or __cluster_metadata
    ///
    /// The last one is read from the controller that leads, which takes CLUSTER_ACTION on the cluster.
    #[arg(value_name = "TOPIC")]
    topic: String,
    /// Only these partitions, with commas between
    #[arg(short = 'p', long = "partition", value_name = "N", value_delimiter = ',')]
    partitions: Vec<i32>,
    /// Where to begin: start, end, an offset, -N for the last N of each partition, a TIME, or FROM:UNTIL
    #[arg(short = 'o', long = "offset", value_name = "PLACE", allow_hyphen_values = true)]
    offset: Option<String>,
    /// Where to end: an offset or a TIME that is not read any more [default: the end at launch]
    #[arg(long, value_name = "PLACE", allow_hyphen_values = true)]
    until: Option<String>,
    /// Only the last N records of all partitions together, by time
    #[arg(long, value_name = "N", conflicts_with = "offset")]
    tail: Option<usize>,
    /// End after this many records
    #[arg(short = 'n', long = "max-messages", value_name = "N")]
    count: Option<u64>,
    /// Go on with records as they come
    #[arg(short = 'F', long)]
    follow: bool,
    /// JSON, one record a line
    #[arg(short = 'J', long = "json")]
    json: bool,
}

const AFTER_HELP: &str = "\
Examples:
  kr decode __consumer_offsets --tail 20
  kr decode __transaction_state -J | jq 'select(.value.transaction_status == 1)'
  kr decode __consumer_offsets -F
  kr decode __cluster_metadata -o -1h
  kr decode __cluster_metadata --bootstrap-controller localhost:9093 -F -J";

/// Runs `kr decode`.
pub async fn run(args: DecodeArgs, context: &mut Context) -> Result<Exit, CliError> {
    if args.topic == metadata::TOPIC {
        return metadata::run(&args, context).await;
    }
    if !TOPICS.contains(&args.topic.as_str()) {
        let known = TOPICS.join(", ");
        return Err(CliError::usage(format!("the records of \"{}\" are not Kafka's own", args.topic))
            .hint(format!("known are {known}; read others with `kr consume`")));
    }
    let args = ConsumeArgs {
        names: vec![args.topic],
        partitions: args.partitions,
        offset: args.offset,
        until: args.until,
        tail: args.tail,
        count: args.count,
        follow: args.follow,
        json: args.json,
        decode: true,
        ..ConsumeArgs::default()
    };
    consume::run(args, context).await
}
