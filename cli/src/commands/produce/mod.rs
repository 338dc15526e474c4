//! `kr produce`: records of standard input or of files, written with acks=all and idempotence, in a transaction
//! if that is wanted: then all of them are seen, or none.
//!
//! How input is cut is in [`input`], how a piece becomes a record in [`recipe`], what became of it in [`ledger`].

mod input;
mod ledger;
mod recipe;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use kr_client::admin::ConfigTarget;
use kr_client::produce::Acks;
use kr_client::produce::partitioner::Partitioner;
use kr_client::safety::Operation;
use kr_client::{Client, Header, Producer, ProducerOptions};
use kr_wire::compression::Codec;
use kr_wire::ids::PartitionId;

use super::record_format;
use super::record_format::read::RecordReader;
use super::record_pace::{Pace, Rate, parse_rate};
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Failure, Format};
use crate::spans::{parse_duration, parse_time};

use input::{Cut, Input, Source, name_of};
use ledger::{Ledger, Origin};
use recipe::{Ignored, Recipe};

/// Records whose outcome is awaited at the same time.
const UNSETTLED: usize = 20_000;

/// From this size on a record is compared with the limit of its topic before it is sent: a little below Kafka's
/// default of `max.message.bytes`.
const LARGE: usize = 1_000_000;

/// Arguments of `kr produce`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, after_long_help = after_long_help())]
pub struct ProduceArgs {
    /// Topic to write to; with -J or %t in -f it may be left out (-), then each record names its own
    #[arg(value_name = "TOPIC")]
    topic: Option<String>,
    /// Files to read, - for standard input [default: -]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The same as TOPIC
    #[arg(short = 't', long = "topic", value_name = "TOPIC", hide = true, conflicts_with = "topic")]
    topic_flag: Option<String>,
    /// Key of every record that has none
    #[arg(short = 'k', long, value_name = "KEY", conflicts_with = "key_delimiter")]
    key: Option<String>,
    /// What stands between key and value in a line
    #[arg(short = 'K', long = "key-delim", alias = "key-delimiter", value_name = "TEXT")]
    key_delimiter: Option<String>,
    /// What stands between records [default: \\n]
    #[arg(short = 'D', long = "delim", alias = "delimiter", value_name = "TEXT", conflicts_with_all = ["format", "json"])]
    delimiter: Option<String>,
    /// Header of every record; may be repeated
    #[arg(short = 'H', long = "header", value_name = "KEY=VALUE")]
    headers: Vec<String>,
    /// Partition [default: that of the input, by the key, or any]
    #[arg(short = 'p', long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    partition: Option<i32>,
    /// How a key chooses its partition
    #[arg(long, value_enum, value_name = "NAME", default_value_t)]
    partitioner: PartitionerArg,
    /// Timestamp of every record: RFC 3339, seconds or milliseconds since 1970, -1h [default: that of the input, or now]
    #[arg(short = 'T', long, value_name = "TIME", allow_hyphen_values = true)]
    timestamp: Option<String>,
    /// Take empty keys and values as null: an empty value is a tombstone
    #[arg(short = 'Z', long = "null")]
    empty_is_null: bool,
    /// Lines are JSON as `kr consume -J` writes it
    #[arg(short = 'J', long = "json", conflicts_with_all = ["key", "key_delimiter", "empty_is_null", "format"])]
    json: bool,
    /// How records stand in the input: see the table of tokens with --help
    #[arg(short = 'f', long = "format", value_name = "FORMAT", conflicts_with = "key_delimiter")]
    format: Option<String>,
    /// What the input says and shall not count
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    ignore: Vec<Ignored>,
    /// Each file is one record
    #[arg(long, conflicts_with_all = ["delimiter", "format", "json", "key_delimiter"])]
    file_per_record: bool,
    /// Compression
    #[arg(short = 'z', long = "compression", value_name = "CODEC", value_enum, default_value_t)]
    compression: Compression,
    /// Who must have a record before it counts as written
    #[arg(long, value_enum, default_value_t, value_name = "WHO")]
    acks: AcksArg,
    /// Write all records in one transaction of this id: all are seen, or none
    #[arg(long, value_name = "ID", conflicts_with = "acks")]
    txn: Option<String>,
    /// How long the transaction may be open before the broker aborts it
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "1m", requires = "txn")]
    txn_timeout: Duration,
    /// At most this much a second: records, or bytes as in 1MiB
    #[arg(long, value_name = "RATE", value_parser = parse_rate)]
    rate: Option<Rate>,
    /// Form of what is said of the records that were written
    #[arg(short = 'o', long = "output", value_enum, default_value_t, value_name = "FORM")]
    output: Format,
}

const AFTER_HELP: &str = "\
Examples:
  kr produce orders -K : < orders.txt
  kr consume orders -J | kr produce orders-copy -J --ignore partition
  kr produce orders -f '%k\\t%T\\t%v\\n' --txn import-1 orders.tsv
  kr produce images --file-per-record -k logo logo.png";

fn after_long_help() -> String {
    format!("{}\n\n{AFTER_HELP}", record_format::TOKENS)
}

/// `-z`.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Compression {
    #[default]
    None,
    Gzip,
    Snappy,
    Lz4,
    Zstd,
}

impl Compression {
    fn codec(self) -> Codec {
        match self {
            Self::None => Codec::None,
            Self::Gzip => Codec::Gzip,
            Self::Snappy => Codec::Snappy,
            Self::Lz4 => Codec::Lz4,
            Self::Zstd => Codec::Zstd,
        }
    }
}

/// `--acks`.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum AcksArg {
    /// All replicas in sync
    #[default]
    #[value(alias = "-1")]
    All,
    /// The leader
    #[value(name = "1", alias = "leader")]
    Leader,
    /// Nobody
    #[value(name = "0", alias = "none")]
    Nobody,
}

impl AcksArg {
    fn acks(self) -> Acks {
        match self {
            Self::All => Acks::All,
            Self::Leader => Acks::Leader,
            Self::Nobody => Acks::None,
        }
    }
}

/// `--partitioner`.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum PartitionerArg {
    /// As Kafka's Java clients
    #[default]
    #[value(aliases = ["murmur2_random", "java"])]
    Murmur2,
    /// CRC-32, as librdkafka and kcat
    #[value(aliases = ["consistent_random", "crc32"])]
    Consistent,
    /// As sarama
    #[value(aliases = ["fnv1a_random", "sarama"])]
    Fnv1a,
    /// Any partition, whatever the key
    Random,
}

impl From<PartitionerArg> for Partitioner {
    fn from(arg: PartitionerArg) -> Self {
        match arg {
            PartitionerArg::Murmur2 => Self::Murmur2,
            PartitionerArg::Consistent => Self::Consistent,
            PartitionerArg::Fnv1a => Self::Fnv1a,
            PartitionerArg::Random => Self::Random,
        }
    }
}

impl ProduceArgs {
    fn cut(&self) -> Result<Cut, CliError> {
        if self.file_per_record {
            return Ok(Cut::File);
        }
        let Some(format) = &self.format else {
            let delimiter = self.delimiter.as_deref().map_or_else(|| b"\n".to_vec(), unescape);
            if delimiter.is_empty() {
                return Err(CliError::usage("the delimiter of -D is empty"));
            }
            return Ok(Cut::Delimiter(delimiter));
        };
        let wrong = |why: String| CliError::usage(format!("-f {format}: {why}"));
        let reader = RecordReader::parse(format).map_err(wrong)?;
        if !reader.has_value() && !self.empty_is_null {
            return Err(wrong("it has no value, %v".to_owned()).hint("with -Z all records are tombstones"));
        }
        Ok(Cut::Format(reader))
    }

    fn topic(&self, cut: &Cut) -> Result<Option<Arc<str>>, CliError> {
        let topic = self.topic.as_ref().or(self.topic_flag.as_ref()).filter(|topic| *topic != "-");
        let names_itself = self.json || matches!(cut, Cut::Format(reader) if reader.names_topic());
        match topic {
            None if !names_itself => Err(CliError::usage("no topic is named")),
            topic => Ok(topic.map(|topic| Arc::from(topic.as_str()))),
        }
    }

    fn recipe(&self, topic: Option<Arc<str>>) -> Result<Recipe, CliError> {
        let headers = self.headers.iter().map(|header| {
            let (key, value) = header
                .split_once('=')
                .ok_or_else(|| CliError::usage(format!("-H {header} is not KEY=VALUE")))?;
            Ok(Header { key: key.to_owned().into(), value: Some(value.to_owned().into()) })
        });
        let delimiter = self.key_delimiter.as_deref().map(unescape);
        if delimiter.as_ref().is_some_and(Vec::is_empty) {
            return Err(CliError::usage("the delimiter of -K is empty"));
        }
        let time = |text: &String| {
            let time = parse_time(text.strip_prefix('@').unwrap_or(text), Timestamp::now());
            time.ok_or_else(|| CliError::usage(format!("-T {text} is no time")))
        };
        Ok(Recipe {
            topic,
            key: self.key.clone().map(Bytes::from),
            key_delimiter: delimiter,
            headers: headers.collect::<Result<_, CliError>>()?,
            partition: self.partition.map(PartitionId),
            timestamp_ms: self.timestamp.as_ref().map(time).transpose()?,
            empty_is_null: self.empty_is_null,
            is_json: self.json,
            ignored: self.ignore.clone(),
        })
    }

    fn sources(&self, context: &mut Context) -> Result<Vec<Source>, CliError> {
        let stdin = std::path::Path::new("-");
        if self.files.is_empty() {
            return Ok(vec![take_stdin(context)?]);
        }
        self.files
            .iter()
            .map(|file| if file == stdin { take_stdin(context) } else { Ok(Source::File(file.clone())) })
            .collect()
    }
}

fn take_stdin(context: &mut Context) -> Result<Source, CliError> {
    let stdin = context.io.stdin.take();
    stdin.map(Source::Stdin).ok_or_else(|| CliError::usage("standard input can be read only once"))
}

/// `\t`, `\n` and `\0` as people type them in a delimiter.
fn unescape(text: &str) -> Vec<u8> {
    text.replace("\\t", "\t").replace("\\n", "\n").replace("\\0", "\0").into_bytes()
}

/// Runs `kr produce`.
pub async fn run(args: ProduceArgs, context: &mut Context) -> Result<Exit, CliError> {
    let cut = args.cut()?;
    let topic = args.topic(&cut)?;
    let recipe = args.recipe(topic.clone())?;
    let client = context.client_for(&[Operation::PRODUCE]).await?;
    if let Some(topic) = &topic {
        // A mistyped name is found before anything is read.
        for (_, described) in client.describe_topics(&[topic]).await? {
            described.map_err(|error| CliError::from(error).hint("create it with `kr topic create`"))?;
        }
    }
    let acks = args.acks.acks();
    let defaults = ProducerOptions::default();
    let options = ProducerOptions {
        delivery_timeout: context.global.timeout.unwrap_or(defaults.delivery_timeout),
        acks,
        idempotent: acks == Acks::All,
        partitioner: args.partitioner.into(),
        codec: args.compression.codec(),
        ..defaults
    };
    let transaction = match &args.txn {
        Some(id) => Some(client.begin_transaction(id, args.txn_timeout).await?),
        None => None,
    };
    let producer = match &transaction {
        Some(transaction) => transaction.producer(options),
        None => Producer::new(&client, options),
    };
    let mut feed = Feed {
        limits: Limits {
            client: client.clone(),
            is_compressed: args.compression.codec() != Codec::None,
            known: BTreeMap::new(),
        },
        unit: name_of(&cut),
        producer,
        pace: args.rate.map(Pace::new),
        ledger: Ledger::default(),
        all_or_nothing: transaction.is_some(),
    };
    let sources = args.sources(context)?;
    let mut fed = tokio::select! {
        fed = feed.feed(input::read(sources, cut, recipe)) => fed,
        Ok(()) = tokio::signal::ctrl_c() => Err(CliError::new(Kind::Interrupted, "interrupted")),
    };
    if fed.is_err() && (transaction.is_some() || is_interruption(&fed)) {
        feed.producer.abandon().await?;
    }
    // What was handed over before a failure counts, so the producer lives until all of it has an outcome.
    feed.ledger.settle(0).await;
    if let Some(transaction) = transaction {
        let is_whole = fed.is_ok() && !feed.ledger.has_failures();
        let ended = if is_whole { transaction.commit().await } else { transaction.abort().await };
        if !is_whole || ended.is_err() {
            feed.ledger.forget_written();
        }
        if !is_whole && ended.is_ok() {
            context.note("the transaction was aborted: none of its records will be seen");
        }
        fed = fed.and(ended.map_err(CliError::from));
    }
    feed.finish(args.output, fed, context).await
}

fn is_interruption(fed: &Result<(), CliError>) -> bool {
    fed.as_ref().is_err_and(|error| error.kind == Kind::Interrupted)
}

/// Hands records over.
struct Feed {
    limits: Limits,
    unit: &'static str,
    producer: Producer,
    pace: Option<Pace>,
    ledger: Ledger,
    /// In a transaction one failure ends it all.
    all_or_nothing: bool,
}

impl Feed {
    /// Hands records over, to the end of the input.
    async fn feed(
        &mut self,
        mut batches: tokio::sync::mpsc::Receiver<Result<Vec<Input>, CliError>>,
    ) -> Result<(), CliError> {
        while let Some(batch) = batches.recv().await {
            for input in batch? {
                self.hand_over(input).await?;
                let is_lost = self.all_or_nothing && self.ledger.has_failures();
                if is_lost || self.ledger.is_hopeless() {
                    return Ok(());
                }
            }
        }
        self.producer.flush().await?;
        Ok(())
    }

    async fn hand_over(&mut self, input: Input) -> Result<(), CliError> {
        let origin = Origin { unit: self.unit, number: input.number, file: input.file };
        let record = input.record.map_err(|why| CliError::failed(format!("{origin} is no record: {why}")))?;
        let (topic, size) = (Arc::clone(&record.topic), record.size());
        if let Some(pace) = &mut self.pace {
            pace.wait(size).await;
        }
        if size > LARGE
            && let Some(refusal) = self.limits.refuse(&origin, &topic, size).await
        {
            self.ledger.fail(refusal);
            return Ok(());
        }
        let delivery = self.producer.send(record).await?;
        self.ledger.enter(origin, topic, size, delivery);
        self.ledger.settle(UNSETTLED).await;
        Ok(())
    }

    /// Says what became of the records.
    async fn finish(
        mut self,
        format: Format,
        fed: Result<(), CliError>,
        context: &mut Context,
    ) -> Result<Exit, CliError> {
        for topic in std::mem::take(&mut self.ledger.too_large) {
            if let Some(limit) = self.limits.of(&topic).await {
                let hint = format!("max.message.bytes of topic \"{topic}\" is {limit}");
                self.ledger.hint("MESSAGE_TOO_LARGE", &hint);
            }
        }
        if self.ledger.abandoned() > 0 {
            context.note(&format!("{} read and not written", self.ledger.abandoned()));
        }
        let count = self.ledger.records();
        context.note(&format!("{count} record{} written", if count == 1 { "" } else { "s" }));
        let report = self.ledger.into_report();
        // For people the count is enough, and stdout stays free.
        let exit = if format.is_for_people() {
            context.complain(&report.failures);
            report.exit()
        } else {
            context.show(format, &report)?
        };
        fed.map(|()| exit)
    }
}

/// What topics take at most.
struct Limits {
    client: Client,
    is_compressed: bool,
    known: BTreeMap<Arc<str>, Option<usize>>,
}

impl Limits {
    /// `max.message.bytes` of a topic, if it may be known.
    async fn of(&mut self, topic: &Arc<str>) -> Option<usize> {
        if let Some(known) = self.known.get(topic) {
            return *known;
        }
        let configs = self.client.describe_configs(&ConfigTarget::Topic(topic.to_string())).await;
        let limit = configs.ok().and_then(|configs| {
            let entry = configs.into_iter().find(|entry| entry.name == "max.message.bytes")?;
            entry.value?.parse().ok()
        });
        self.known.insert(Arc::clone(topic), limit);
        limit
    }

    /// A record that no compression will make small enough is not sent: beyond the limit of a request the broker
    /// would only close the connection.
    async fn refuse(&mut self, origin: &Origin, topic: &Arc<str>, size: usize) -> Option<Failure> {
        let limit = self.of(topic).await.filter(|limit| size > *limit && !self.is_compressed)?;
        Some(Failure {
            code: None,
            name: "MESSAGE_TOO_LARGE".to_owned(),
            message: format!("{origin}: a record of {size} bytes is larger than topic \"{topic}\" takes"),
            target: origin.to_string(),
            hint: Some(format!("max.message.bytes of topic \"{topic}\" is {limit}; -z zstd may make it fit")),
            kind: Kind::Failed,
        })
    }
}
