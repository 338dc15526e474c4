//! `kr consume`: from the start to the end as it was at launch, then out; `-F` follows.
//!
//! A group is joined with `-g`, and its offsets move only with `--commit`. What is printed is in
//! [`template`], where reading begins in [`start`].

mod start;
mod template;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use kr_client::admin::TopicPartition;
use kr_client::safety::Operation;
use kr_client::{
    Chunk, Client, ConsumedRecord, Consumer, ConsumerOptions, GroupConsumer, GroupEvent, GroupOptions,
    StartAt,
};
use kr_wire::fetch::IsolationLevel;
use kr_wire::ids::{Offset, PartitionId};

use super::record_json;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};

use template::Template;

/// How often a group's offsets are committed while reading.
const COMMIT_INTERVAL: Duration = Duration::from_secs(5);

/// Arguments of `kr consume`.
#[derive(Debug, Args)]
pub struct ConsumeArgs {
    /// Topics to read
    #[arg(value_name = "TOPIC")]
    names: Vec<String>,
    /// The same
    #[arg(short = 't', long = "topic", value_name = "TOPIC", hide = true)]
    topics: Vec<String>,
    /// Only these partitions, with commas between
    #[arg(
        short = 'p',
        long = "partition",
        value_name = "N",
        value_delimiter = ',',
        conflicts_with = "group"
    )]
    partitions: Vec<i32>,
    /// Where to begin: start, end, an offset, -N for the last N of each partition, or @TIME
    ///
    /// A time is RFC 3339, a date, seconds or milliseconds since 1970, or a span before now: @-1h.
    #[arg(short = 'o', long = "offset", value_name = "PLACE", allow_hyphen_values = true)]
    offset: Option<String>,
    /// End after this many records
    #[arg(short = 'n', long = "max-messages", alias = "num", value_name = "N")]
    count: Option<u64>,
    /// Go on with records as they come
    #[arg(short = 'F', long)]
    follow: bool,
    /// Join this group; begins where it has committed
    #[arg(short = 'g', long, value_name = "GROUP")]
    group: Option<String>,
    /// Commit what was printed as read by the group
    #[arg(long, requires = "group")]
    commit: bool,
    /// What to print of a record: %v value, %k key, %h headers, %t topic, %p partition, %o offset,
    /// %T timestamp, %% percent, \n, \t
    #[arg(short = 'f', long = "format", value_name = "TEMPLATE", conflicts_with_all = ["json", "output"])]
    template: Option<String>,
    /// JSON, one record a line, as `kr produce -J` reads it
    #[arg(short = 'J', long = "json")]
    json: bool,
    /// Form of the output: value or json
    #[arg(long, value_enum, value_name = "FORM")]
    output: Option<RecordFormat>,
    /// Also records of open and aborted transactions
    #[arg(long)]
    uncommitted: bool,
}

/// `--output` of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RecordFormat {
    /// The value and a newline
    #[value(alias = "table")]
    Value,
    /// As -J
    #[value(alias = "jsonl")]
    Json,
}

/// How a record is printed.
enum Printer {
    Json,
    Template(Template),
}

impl Printer {
    fn of(args: &ConsumeArgs, for_terminal: bool) -> Result<Self, CliError> {
        if args.json || args.output == Some(RecordFormat::Json) {
            return Ok(Self::Json);
        }
        let text = args.template.as_deref().unwrap_or("%v\\n");
        let template = Template::parse(text, for_terminal);
        template.map(Self::Template).map_err(|why| CliError::usage(format!("-f {text}: {why}")))
    }

    fn print(&self, record: &ConsumedRecord, context: &mut Context) -> Result<(), CliError> {
        match self {
            Self::Json => {
                let line = record_json::write(record)
                    .map_err(|error| CliError::internal("cannot write JSON").caused_by(error))?;
                context.io.print(line)
            }
            Self::Template(template) => context.io.print(template.render(record)),
        }
    }
}

/// What ends a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Reached,
    Counted,
    Interrupted,
}

/// What a member of a group does to it; a reader without a group changes nothing.
fn operations(args: &ConsumeArgs) -> &'static [Operation] {
    match (&args.group, args.commit) {
        (None, _) => &[],
        (Some(_), false) => &[Operation::GROUP_JOIN, Operation::GROUP_MEMBER_REMOVE],
        (Some(_), true) => {
            &[Operation::GROUP_JOIN, Operation::GROUP_MEMBER_REMOVE, Operation::GROUP_OFFSETS_SET]
        }
    }
}

/// Runs `kr consume`.
pub async fn run(args: ConsumeArgs, context: &mut Context) -> Result<Exit, CliError> {
    let topics: Vec<Arc<str>> =
        args.names.iter().chain(&args.topics).map(|name| Arc::from(&**name)).collect();
    if topics.is_empty() {
        return Err(CliError::usage("no topic is named"));
    }
    let start = match &args.offset {
        Some(text) => start::parse(text, jiff::Timestamp::now())?,
        None => StartAt::Earliest,
    };
    let printer = Printer::of(&args, context.io.stdout_is_terminal)?;
    let client = context.client_for(operations(&args)).await?;
    let mut run = Run { printer, left: args.count, printed: 0, positions: BTreeMap::new() };
    let isolation =
        if args.uncommitted { IsolationLevel::ReadUncommitted } else { IsolationLevel::ReadCommitted };
    let options = ConsumerOptions { isolation, ..ConsumerOptions::default() };
    let end = match &args.group {
        Some(group) => {
            let options = GroupOptions {
                start,
                to_the_end: !args.follow,
                consumer: options,
                ..GroupOptions::new(group, topics.clone())
            };
            check_topics(&client, &topics).await?;
            run.read_group(GroupConsumer::new(&client, options), args.commit, context).await?
        }
        None => {
            let starts: Vec<(TopicPartition, StartAt)> =
                places(&client, &topics, &args.partitions).await?.into_iter().map(|p| (p, start)).collect();
            let spans = client.spans(&starts, !args.follow, isolation).await?;
            let mut consumer = Consumer::new(&client, options);
            consumer.assign(spans);
            run.read(consumer, context).await?
        }
    };
    context.io.flush()?;
    if context.io.stdout_is_terminal || context.io.stdin_is_terminal {
        let why = match end {
            End::Reached => "the end as it was at launch; -F goes on",
            End::Counted => "as many as asked for",
            End::Interrupted => "interrupted",
        };
        let records = if run.printed == 1 { "record" } else { "records" };
        context.note(&format!("{} {records}: {why}", run.printed));
    }
    Ok(if end == End::Interrupted { Exit::INTERRUPTED } else { Exit::DONE })
}

/// All partitions of the topics, or those that were asked for.
async fn places(
    client: &Client,
    topics: &[Arc<str>],
    wanted: &[i32],
) -> Result<Vec<TopicPartition>, CliError> {
    let mut places = Vec::new();
    for (name, ids) in check_topics(client, topics).await? {
        let missing = wanted.iter().find(|index| !ids.contains(&PartitionId(**index)));
        if let Some(missing) = missing {
            return Err(CliError::failed(format!("topic \"{name}\" has no partition {missing}"))
                .hint(format!("it has {} partitions, from 0", ids.len())));
        }
        let is_wanted = |id: &PartitionId| wanted.is_empty() || wanted.contains(&id.0);
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

/// One run: what is left to print and how far it has come.
struct Run {
    printer: Printer,
    left: Option<u64>,
    printed: u64,
    positions: BTreeMap<TopicPartition, Offset>,
}

impl Run {
    async fn read(&mut self, mut consumer: Consumer, context: &mut Context) -> Result<End, CliError> {
        if self.left == Some(0) {
            return Ok(End::Counted);
        }
        loop {
            let chunk = tokio::select! {
                chunk = consumer.next() => chunk?,
                Ok(()) = tokio::signal::ctrl_c() => return Ok(End::Interrupted),
            };
            let Some(chunk) = chunk else { return Ok(End::Reached) };
            if self.print(chunk, context)? {
                return Ok(End::Counted);
            }
        }
    }

    async fn read_group(
        &mut self,
        mut member: GroupConsumer,
        commits: bool,
        context: &mut Context,
    ) -> Result<End, CliError> {
        let end = self.follow_group(&mut member, commits, context).await;
        // What was printed counts as read, also when the run ended in an error.
        let committed = if commits { member.commit(&self.positions).await } else { Ok(()) };
        let left = member.leave().await;
        let end = end?;
        committed?;
        if let Err(error) = left {
            context.note(&format!("the group waits for this member's session to end: {error}"));
        }
        Ok(end)
    }

    async fn follow_group(
        &mut self,
        member: &mut GroupConsumer,
        commits: bool,
        context: &mut Context,
    ) -> Result<End, CliError> {
        let mut committed_at = Instant::now();
        loop {
            let event = tokio::select! {
                event = member.next() => event?,
                Ok(()) = tokio::signal::ctrl_c() => return Ok(End::Interrupted),
            };
            match event {
                None => return Ok(End::Reached),
                Some(GroupEvent::Assigned(partitions)) => {
                    self.positions.clear();
                    let count = partitions.len();
                    context.note(&format!("joined; {count} partition{}", if count == 1 { "" } else { "s" }));
                }
                Some(GroupEvent::Revoking) => {
                    if commits {
                        member.commit(&self.positions).await?;
                    }
                }
                Some(GroupEvent::Records(chunk)) => {
                    if self.print(chunk, context)? {
                        return Ok(End::Counted);
                    }
                    if commits && committed_at.elapsed() >= COMMIT_INTERVAL {
                        member.commit(&self.positions).await?;
                        committed_at = Instant::now();
                    }
                }
            }
        }
    }

    /// Prints records; true when as many are printed as were asked for. Each chunk reaches the reader at once.
    fn print(&mut self, chunk: Chunk, context: &mut Context) -> Result<bool, CliError> {
        for record in &chunk.records {
            if self.left == Some(0) {
                break;
            }
            self.printer.print(record, context)?;
            self.printed += 1;
            self.left = self.left.map(|left| left - 1);
            self.positions.insert(chunk.place.clone(), record.offset + 1);
        }
        context.io.flush()?;
        let is_enough = self.left == Some(0);
        if !is_enough {
            self.positions.insert(chunk.place, chunk.next);
        }
        Ok(is_enough)
    }
}

impl From<start::StartError> for CliError {
    fn from(error: start::StartError) -> Self {
        let mut wrong = CliError::new(Kind::Usage, error.to_string());
        if let Some(hint) = error.hint() {
            wrong = wrong.hint(hint);
        }
        wrong
    }
}
