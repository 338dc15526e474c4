//! `kr consume`: from the start to the end as it was at launch, then out; `-F` follows. `kr tail`: the last 10,
//! then what comes.
//!
//! A group is joined with `-g`, and its offsets move only with `--commit`. Where reading begins and ends is in
//! [`place`], what is printed in [`printer`], the run itself in [`run`], the last records of all partitions in
//! [`newest`].

mod newest;
pub mod place;
mod printer;
mod run;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use kr_client::admin::{At, TopicPartition};
use kr_client::produce::partitioner::Partitioner;
use kr_client::safety::Operation;
use kr_client::{Client, Consumer, ConsumerOptions, GroupConsumer, GroupOptions, Span, StartAt};
use kr_wire::fetch::IsolationLevel;
use kr_wire::ids::{Offset, PartitionId};

use super::produce::PartitionerArg;
use super::record_filter::Filter;
use super::record_format;
use super::record_pace::{Pace, Rate, parse_rate};
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};

use place::{PlaceError, Until, Window};
use printer::Printer;
use run::{End, Run};

/// How many records `kr tail` begins with.
const TAIL: usize = 10;

/// Arguments of `kr consume` and `kr tail`.
#[derive(Debug, Default, Args)]
#[command(after_help = AFTER_HELP, after_long_help = after_long_help())]
pub struct ConsumeArgs {
    /// Topics to read
    #[arg(value_name = "TOPIC")]
    pub(super) names: Vec<String>,
    /// The same
    #[arg(short = 't', long = "topic", value_name = "TOPIC", hide = true)]
    pub(super) topics: Vec<String>,
    /// Only these partitions, with commas between
    #[arg(
        short = 'p',
        long = "partition",
        value_name = "N",
        value_delimiter = ',',
        conflicts_with = "group"
    )]
    pub(super) partitions: Vec<i32>,
    /// Where to begin: start, end, an offset, -N for the last N of each partition, a TIME, or FROM:UNTIL
    ///
    /// A time is RFC 3339, a date, seconds to nanoseconds since 1970 behind an @, or a span before now: -1h.
    #[arg(short = 'o', long = "offset", value_name = "PLACE", allow_hyphen_values = true)]
    pub(super) offset: Option<String>,
    /// Where to end: an offset or a TIME that is not read any more [default: the end at launch]
    #[arg(long, value_name = "PLACE", allow_hyphen_values = true, conflicts_with = "group")]
    pub(super) until: Option<String>,
    /// Only the last N records of all partitions together, by time
    #[arg(long, value_name = "N", conflicts_with_all = ["offset", "group"])]
    pub(super) tail: Option<usize>,
    /// End after this many records
    #[arg(short = 'n', long = "max-messages", aliases = ["num", "count"], value_name = "N")]
    pub(super) count: Option<u64>,
    /// End each partition after this many records
    #[arg(long, value_name = "N", conflicts_with = "group")]
    pub(super) per_partition: Option<u64>,
    /// Go on with records as they come
    #[arg(short = 'F', long)]
    pub(super) follow: bool,
    /// Join this group; begins where it has committed
    #[arg(short = 'g', long, value_name = "GROUP")]
    pub(super) group: Option<String>,
    /// Commit what was printed as read by the group
    #[arg(long, requires = "group")]
    pub(super) commit: bool,
    /// Be this static member of the group, which keeps its partitions while it is away
    #[arg(long, value_name = "ID", requires = "group")]
    pub(super) instance_id: Option<String>,
    /// Only records for which this holds: `key == "a" && value.amount > 10`
    #[arg(long = "where", value_name = "EXPR", visible_alias = "filter")]
    pub(super) condition: Option<String>,
    /// Only records with this key, read from the partition it belongs to
    #[arg(long, value_name = "KEY")]
    pub(super) key: Option<String>,
    /// How the producer chose the partition of --key
    #[arg(long, value_enum, value_name = "NAME", default_value_t, requires = "key")]
    pub(super) partitioner: PartitionerArg,
    /// What to print of a record: see the table of tokens with --help
    #[arg(short = 'f', long = "format", value_name = "FORMAT", conflicts_with_all = ["json", "output"])]
    pub(super) format: Option<String>,
    /// JSON, one record a line, as `kr produce -J` reads it
    #[arg(short = 'J', long = "json")]
    pub(super) json: bool,
    /// Form of the output: value or json
    #[arg(long, value_enum, value_name = "FORM")]
    pub(super) output: Option<RecordFormat>,
    /// Say what the records of Kafka's own topics mean
    #[arg(long, conflicts_with_all = ["format", "truncate", "no_value", "headers_only"])]
    pub(super) decode: bool,
    /// In JSON, embed keys and values that are JSON themselves
    #[arg(long)]
    pub(super) json_values: bool,
    /// Leave values out
    #[arg(long)]
    pub(super) no_value: bool,
    /// Leave keys and values out
    #[arg(long)]
    pub(super) headers_only: bool,
    /// Cut keys and values after this many bytes, and say so
    #[arg(long, value_name = "BYTES", conflicts_with = "json")]
    pub(super) truncate: Option<usize>,
    /// Print NULL for what is null
    #[arg(short = 'Z', long = "show-null")]
    pub(super) shows_null: bool,
    /// Also records of open and aborted transactions
    #[arg(long)]
    pub(super) uncommitted: bool,
    /// Read from a replica in this rack
    #[arg(long, value_name = "RACK")]
    pub(super) rack: Option<String>,
    /// At most this much a second: records, or bytes as in 1MiB
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    pub(super) rate: Option<Rate>,
}

const AFTER_HELP: &str = "\
Examples:
  kr consume orders -o -1h --where 'value.amount > 100 && header(\"region\") == \"eu\"'
  kr consume orders -J -o @2026-01-01:2026-01-02 > orders.jsonl
  kr consume orders --key alice -f '%p %o %d{rfc3339} %v\\n'
  kr tail orders payments";

fn after_long_help() -> String {
    format!("{}\n\n{AFTER_HELP}", record_format::TOKENS)
}

/// `--output` of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RecordFormat {
    /// The value and a newline
    #[value(alias = "table")]
    Value,
    /// As -J
    #[value(alias = "jsonl")]
    Json,
}

impl ConsumeArgs {
    fn is_json(&self) -> bool {
        self.json || self.output == Some(RecordFormat::Json)
    }

    fn isolation(&self) -> IsolationLevel {
        if self.uncommitted { IsolationLevel::ReadUncommitted } else { IsolationLevel::ReadCommitted }
    }

    /// From where to where, with `--until` before the second half of `-o FROM:UNTIL`.
    fn window(&self, now: Timestamp) -> Result<Window, CliError> {
        let mut window = match &self.offset {
            Some(text) => place::parse(text, now)?,
            None => Window { start: StartAt::Earliest, until: None },
        };
        if let Some(text) = &self.until {
            window.until = Some(place::parse_until(text, now)?);
        }
        if self.group.is_some() && window.until.is_some() {
            return Err(CliError::usage("a group has no place to end").hint("use -n, or read without -g"));
        }
        Ok(window)
    }

    fn filter(&self, now: Timestamp) -> Result<Option<Filter>, CliError> {
        let Some(text) = &self.condition else { return Ok(None) };
        let filter = Filter::parse(text, now);
        filter.map(Some).map_err(|error| CliError::usage(format!("--where {text}: {error}")))
    }

    /// What a member of a group does to it; a reader without a group changes nothing.
    fn operations(&self) -> &'static [Operation] {
        match (&self.group, self.commit) {
            (None, _) => &[],
            (Some(_), false) => &[Operation::GROUP_JOIN, Operation::GROUP_MEMBER_REMOVE],
            (Some(_), true) => {
                &[Operation::GROUP_JOIN, Operation::GROUP_MEMBER_REMOVE, Operation::GROUP_OFFSETS_SET]
            }
        }
    }
}

/// Runs `kr tail`: the last records, then what comes.
pub async fn tail(mut args: ConsumeArgs, context: &mut Context) -> Result<Exit, CliError> {
    args.follow = true;
    if args.offset.is_none() && args.group.is_none() {
        args.tail.get_or_insert(TAIL);
    }
    run(args, context).await
}

/// Runs `kr consume`.
pub async fn run(args: ConsumeArgs, context: &mut Context) -> Result<Exit, CliError> {
    let topics: Vec<Arc<str>> =
        args.names.iter().chain(&args.topics).map(|name| Arc::from(&**name)).collect();
    if topics.is_empty() {
        return Err(CliError::usage("no topic is named"));
    }
    let now = Timestamp::now();
    let window = args.window(now)?;
    let mut run = Run {
        printer: Printer::of(&args, context.io.stdout_is_terminal)?,
        filter: args.filter(now)?,
        key: args.key.clone(),
        pace: args.rate.map(Pace::new),
        left: args.count,
        per_partition: args.per_partition,
        taken: BTreeMap::new(),
        printed: 0,
        positions: BTreeMap::new(),
    };
    let client = context.client_for(args.operations()).await?;
    let options = ConsumerOptions {
        isolation: args.isolation(),
        rack: args.rack.clone(),
        ..ConsumerOptions::default()
    };
    let deadline = deadline(&args, window, now);
    let reading = async {
        match &args.group {
            Some(group) => {
                let options = GroupOptions {
                    start: window.start,
                    to_the_end: !args.follow,
                    instance_id: args.instance_id.clone(),
                    consumer: options,
                    ..GroupOptions::new(group, topics.clone())
                };
                check_topics(&client, &topics).await?;
                run.read_group(GroupConsumer::new(&client, options), args.commit, context).await
            }
            None => read(&client, &args, &topics, window, options, &mut run, context).await,
        }
    };
    let end = tokio::select! {
        end = reading => end?,
        () = deadline => End::Reached,
    };
    context.io.flush()?;
    if context.io.stdout_is_terminal || context.io.stdin_is_terminal {
        let records = if run.printed == 1 { "record" } else { "records" };
        context.note(&format!("{} {records}: {}", run.printed, end.why()));
    }
    Ok(if end == End::Interrupted { Exit::INTERRUPTED } else { Exit::DONE })
}

/// Reads without a group.
async fn read(
    client: &Client,
    args: &ConsumeArgs,
    topics: &[Arc<str>],
    window: Window,
    options: ConsumerOptions,
    run: &mut Run,
    context: &mut Context,
) -> Result<End, CliError> {
    let places = places(client, args, topics).await?;
    let mut spans = spans(client, &places, window, args.follow, options.isolation).await?;
    if let Some(count) = args.tail {
        let ends: Vec<Span> =
            client.spans(&starts(&places, StartAt::Earliest), true, options.isolation).await?;
        let newest = tokio::select! {
            newest = newest::records(client, &ends, count, &options, run) => newest?,
            Ok(()) = tokio::signal::ctrl_c() => return Ok(End::Interrupted),
        };
        if run.print_newest(newest, context)? {
            return Ok(End::Counted);
        }
        for (span, end) in spans.iter_mut().zip(&ends) {
            span.from = end.until.unwrap_or(span.from);
        }
    }
    let mut consumer = Consumer::new(client, options);
    consumer.assign(spans);
    run.read(consumer, context).await
}

/// Ends at the time of `--until` if that is still to come; never otherwise.
async fn deadline(args: &ConsumeArgs, window: Window, now: Timestamp) {
    match window.until {
        Some(Until::Timestamp(ms)) if args.follow && ms > now.as_millisecond() => {
            let wait = u64::try_from(ms - now.as_millisecond()).unwrap_or(0);
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        _ => std::future::pending().await,
    }
}

fn starts(places: &[TopicPartition], start: StartAt) -> Vec<(TopicPartition, StartAt)> {
    places.iter().map(|place| (place.clone(), start)).collect()
}

/// From where to where each partition is read.
async fn spans(
    client: &Client,
    places: &[TopicPartition],
    window: Window,
    follow: bool,
    isolation: IsolationLevel,
) -> Result<Vec<Span>, CliError> {
    let to_the_end = !follow || window.until == Some(Until::End);
    let mut spans = client.spans(&starts(places, window.start), to_the_end, isolation).await?;
    let untils: BTreeMap<TopicPartition, Offset> = match window.until {
        None | Some(Until::End) => BTreeMap::new(),
        Some(Until::Offset(offset)) => places.iter().map(|place| (place.clone(), Offset(offset))).collect(),
        Some(Until::Timestamp(ms)) => {
            let wanted: Vec<_> = places.iter().map(|place| (place.clone(), At::Timestamp(ms))).collect();
            let mut untils = BTreeMap::new();
            for (place, found) in client.offsets(&wanted, isolation).await {
                untils.extend(found?.offset.map(|offset| (place, offset)));
            }
            untils
        }
    };
    for span in &mut spans {
        if let Some(until) = untils.get(&span.place) {
            span.until = Some(span.until.map_or(*until, |end| end.min(*until)));
        }
    }
    Ok(spans)
}

/// The partitions to read: all of the topics', those that were asked for, or that of a key.
async fn places(
    client: &Client,
    args: &ConsumeArgs,
    topics: &[Arc<str>],
) -> Result<Vec<TopicPartition>, CliError> {
    let mut places = Vec::new();
    for (name, ids) in check_topics(client, topics).await? {
        let missing = args.partitions.iter().find(|index| !ids.contains(&PartitionId(**index)));
        if let Some(missing) = missing {
            return Err(CliError::failed(format!("topic \"{name}\" has no partition {missing}"))
                .hint(format!("it has {} partitions, from 0", ids.len())));
        }
        let count = i32::try_from(ids.len()).unwrap_or(i32::MAX);
        let partitioner: Partitioner = args.partitioner.into();
        let of_key = args.key.as_ref().and_then(|key| partitioner.by_key(key.as_bytes(), count));
        let is_wanted = |id: &PartitionId| match of_key {
            Some(of_key) if args.partitions.is_empty() => *id == of_key,
            _ => args.partitions.is_empty() || args.partitions.contains(&id.0),
        };
        places.extend(ids.into_iter().filter(is_wanted).map(|id| TopicPartition::new(Arc::clone(&name), id)));
    }
    Ok(places)
}

/// The partitions of topics that must exist.
async fn check_topics(
    client: &Client,
    topics: &[Arc<str>],
) -> Result<Vec<(Arc<str>, Vec<PartitionId>)>, CliError> {
    let names: Vec<&str> = topics.iter().map(|name| &**name).collect();
    let mut checked = Vec::new();
    for (name, topic) in client.describe_topics(&names).await? {
        let ids = topic?.partitions.iter().map(|partition| partition.id).collect();
        checked.push((Arc::from(name), ids));
    }
    Ok(checked)
}

impl From<PlaceError> for CliError {
    fn from(error: PlaceError) -> Self {
        CliError::new(Kind::Usage, error.to_string()).hint(error.hint())
    }
}
