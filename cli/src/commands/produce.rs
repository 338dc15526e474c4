//! `kr produce`: one record a line of standard input, written with acks=all and idempotence.
//!
//! Lines have no limit of length. Standard input is read in a thread of its own, because reading it blocks.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use bytes::Bytes;
use clap::{Args, ValueEnum};
use kr_client::produce::{Ack, Acks, Delivery};
use kr_client::safety::Operation;
use kr_client::{Header, NewRecord, Producer, ProducerOptions};
use kr_wire::compression::Codec;
use kr_wire::ids::PartitionId;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::mpsc;

use super::record_json;
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Cell, Failure, Format, Item, Page, Report, Table};
use crate::schemas::published;

/// Lines read ahead of the producer.
const READ_AHEAD: usize = 1024;

/// Records whose outcome is awaited at the same time.
const UNSETTLED: usize = 100_000;

/// Failures that are listed; the rest is counted.
const LISTED_FAILURES: usize = 10;

/// Arguments of `kr produce`.
#[derive(Debug, Args)]
pub struct ProduceArgs {
    /// Topic to write to; with -J it may be left out, then each line names its own
    #[arg(value_name = "TOPIC")]
    topic: Option<String>,
    /// The same
    #[arg(short = 't', long = "topic", value_name = "TOPIC", hide = true, conflicts_with = "topic")]
    topic_flag: Option<String>,
    /// Key of every record
    #[arg(short = 'k', long, value_name = "KEY", conflicts_with = "key_delimiter")]
    key: Option<String>,
    /// What stands between key and value in a line
    #[arg(short = 'K', long = "key-delim", alias = "key-delimiter", value_name = "TEXT")]
    key_delimiter: Option<String>,
    /// Header of every record; may be repeated
    #[arg(short = 'H', long = "header", value_name = "KEY=VALUE")]
    headers: Vec<String>,
    /// Partition [default: by the key, or any]
    #[arg(short = 'p', long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    partition: Option<i32>,
    /// Take an empty value as a tombstone
    #[arg(short = 'Z', long = "null")]
    empty_is_null: bool,
    /// Lines are JSON as `kr consume -J` writes it
    #[arg(short = 'J', long = "json", conflicts_with_all = ["key", "key_delimiter", "empty_is_null"])]
    json: bool,
    /// Compression
    #[arg(short = 'z', long = "compression", value_name = "CODEC", value_enum, default_value_t)]
    compression: Compression,
    /// Who must have a record before it counts as written
    #[arg(long, value_enum, default_value_t, value_name = "WHO")]
    acks: AcksArg,
    #[command(flatten)]
    output: OutputArgs,
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

/// What was written to a partition.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Written {
    topic: String,
    partition: i32,
    records: u64,
    first_offset: Option<i64>,
    last_offset: Option<i64>,
}

impl Item for Written {
    const KIND: &'static str = "kr.produce/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["TOPIC", "PARTITION", "RECORDS", "FIRST", "LAST"]);
        for row in items {
            table.row([
                Cell::text(&row.topic),
                Cell::number(row.partition),
                Cell::number(row.records),
                Cell::maybe(row.first_offset),
                Cell::maybe(row.last_offset),
            ]);
        }
        page.table_or(&table, "no records");
    }

    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

published!(Written, "produce");

/// How lines become records.
struct Recipe {
    topic: Option<Arc<str>>,
    key: Option<Bytes>,
    key_delimiter: Option<Vec<u8>>,
    headers: Vec<Header>,
    partition: Option<PartitionId>,
    empty_is_null: bool,
    json: bool,
}

impl Recipe {
    fn of(args: &ProduceArgs) -> Result<Self, CliError> {
        let topic = args.topic.as_ref().or(args.topic_flag.as_ref()).map(|topic| Arc::from(topic.as_str()));
        if topic.is_none() && !args.json {
            return Err(CliError::usage("no topic is named"));
        }
        let headers = args.headers.iter().map(|header| {
            let (key, value) = header
                .split_once('=')
                .ok_or_else(|| CliError::usage(format!("-H {header} is not KEY=VALUE")))?;
            Ok(Header { key: key.to_owned().into(), value: Some(value.to_owned().into()) })
        });
        let delimiter = args.key_delimiter.as_deref().map(unescape);
        if delimiter.as_ref().is_some_and(Vec::is_empty) {
            return Err(CliError::usage("the delimiter of -K is empty"));
        }
        Ok(Self {
            topic,
            key: args.key.clone().map(Bytes::from),
            key_delimiter: delimiter,
            headers: headers.collect::<Result<_, CliError>>()?,
            partition: args.partition.map(PartitionId),
            empty_is_null: args.empty_is_null,
            json: args.json,
        })
    }

    /// Makes a record of a line without its end.
    fn record(&self, line: Vec<u8>) -> Result<NewRecord, String> {
        if self.json {
            let mut record = record_json::read(&line, self.topic.as_ref())?;
            record.headers.extend(self.headers.iter().cloned());
            record.partition = self.partition.or(record.partition);
            return Ok(record);
        }
        let line = Bytes::from(line);
        let (key, value) = match &self.key_delimiter {
            None => (self.key.clone(), line),
            Some(delimiter) => {
                let at = line.windows(delimiter.len()).position(|window| window == delimiter.as_slice());
                let at = at.ok_or("it does not hold the delimiter of -K")?;
                (Some(line.slice(..at)), line.slice(at + delimiter.len()..))
            }
        };
        let topic = self.topic.clone().ok_or("no topic is named")?;
        let value = Some(value).filter(|value| !(self.empty_is_null && value.is_empty()));
        let (headers, partition) = (self.headers.clone(), self.partition);
        Ok(NewRecord { topic, partition, key, value, headers, timestamp_ms: None })
    }
}

/// `\t`, `\n` and `\0` as people type them in a delimiter.
fn unescape(text: &str) -> Vec<u8> {
    text.replace("\\t", "\t").replace("\\n", "\n").replace("\\0", "\0").into_bytes()
}

/// Runs `kr produce`.
pub async fn run(args: ProduceArgs, context: &mut Context) -> Result<Exit, CliError> {
    let recipe = Recipe::of(&args)?;
    let client = context.client_for(&[Operation::PRODUCE]).await?;
    if let Some(topic) = &recipe.topic {
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
        codec: args.compression.codec(),
        ..defaults
    };
    let mut ledger = Ledger::default();
    let producer = Producer::new(&client, options);
    let stopped = feed(context, &recipe, &producer, &mut ledger).await;
    // What was handed over before a failure counts, so the producer lives until all of it has an outcome.
    ledger.settle(0).await;
    drop(producer);
    let report = ledger.into_report();
    let count: u64 = report.items.iter().map(|written| written.records).sum();
    context.note(&format!("{count} record{} written", if count == 1 { "" } else { "s" }));
    let exit = match args.output.output {
        // For people the count is enough, and stdout stays free.
        Format::Table => {
            context.complain(&report.failures);
            report.exit()
        }
        format => context.show(format, &report)?,
    };
    stopped.map(|()| exit)
}

/// Reads lines and hands their records over, to the end of standard input.
async fn feed(
    context: &mut Context,
    recipe: &Recipe,
    producer: &Producer,
    ledger: &mut Ledger,
) -> Result<(), CliError> {
    let stdin = context.io.stdin.take().ok_or_else(|| CliError::internal("standard input is taken"))?;
    let mut lines = lines_of(stdin);
    let mut number = 0u64;
    while let Some(line) = lines.recv().await {
        number += 1;
        let line = line.map_err(|error| CliError::failed("cannot read standard input").caused_by(error))?;
        let record = recipe
            .record(line)
            .map_err(|why| CliError::failed(format!("line {number} is no record: {why}")))?;
        let topic = Arc::clone(&record.topic);
        let delivery = producer.send(record).await?;
        ledger.enter(number, topic, delivery);
        ledger.settle(UNSETTLED).await;
        if ledger.is_hopeless() {
            return Ok(());
        }
    }
    producer.flush().await?;
    Ok(())
}

/// Lines of a reader, without their ends, read in a thread that ends with the reader.
fn lines_of(reader: Box<dyn Read + Send>) -> mpsc::Receiver<std::io::Result<Vec<u8>>> {
    let (sender, lines) = mpsc::channel(READ_AHEAD);
    std::thread::spawn(move || {
        let mut reader = BufReader::with_capacity(256 * 1024, reader);
        loop {
            let mut line = Vec::new();
            match reader.read_until(b'\n', &mut line) {
                Ok(0) => return,
                Ok(_) => {
                    if line.last() == Some(&b'\n') {
                        line.pop();
                    }
                    if sender.blocking_send(Ok(line)).is_err() {
                        return;
                    }
                }
                Err(error) => {
                    let _ = sender.blocking_send(Err(error));
                    return;
                }
            }
        }
    });
    lines
}

/// What became of the records.
#[derive(Default)]
struct Ledger {
    open: std::collections::VecDeque<(u64, Arc<str>, Delivery)>,
    written: BTreeMap<(Arc<str>, i32), Written>,
    failures: Vec<Failure>,
    failed: u64,
}

impl Ledger {
    fn enter(&mut self, line: u64, topic: Arc<str>, delivery: Delivery) {
        self.open.push_back((line, topic, delivery));
    }

    /// Waits until at most `most` records have no outcome yet.
    async fn settle(&mut self, most: usize) {
        while self.open.len() > most {
            let Some((line, topic, delivery)) = self.open.pop_front() else { return };
            match delivery.await {
                Ok(ack) => self.count(topic, ack),
                Err(error) => {
                    self.failed += 1;
                    if self.failures.len() < LISTED_FAILURES {
                        let failure = Failure::of(format!("line {line}"), &error);
                        let message = format!("line {line}: {}", failure.message);
                        self.failures.push(Failure { message, ..failure });
                    }
                }
            }
        }
    }

    fn count(&mut self, topic: Arc<str>, ack: Ack) {
        let partition = ack.partition.0;
        let written = self.written.entry((Arc::clone(&topic), partition)).or_insert_with(|| Written {
            topic: topic.to_string(),
            partition,
            ..Written::default()
        });
        written.records += 1;
        let offset = ack.offset.map(|offset| offset.0);
        written.first_offset = written.first_offset.or(offset);
        written.last_offset = offset.or(written.last_offset);
    }

    /// Whether so much has failed that going on helps nobody.
    fn is_hopeless(&self) -> bool {
        self.failed > 0 && self.written.is_empty()
    }

    fn into_report(self) -> Report<Written> {
        let mut failures = self.failures;
        let listed = u64::try_from(failures.len()).unwrap_or(u64::MAX);
        if self.failed > listed {
            let message = format!("{} more records were not written", self.failed - listed);
            let (code, name, target) = (None, "MORE".to_owned(), String::new());
            let kind = failures.first().map_or(Kind::Failed, |failure| failure.kind);
            failures.push(Failure { code, name, message, target, hint: None, kind });
        }
        Report { items: self.written.into_values().collect(), failures, applied: None }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Harness {
        #[command(flatten)]
        args: ProduceArgs,
    }

    fn record(args: &[&str], line: &str) -> Result<NewRecord, String> {
        let args = Harness::parse_from([&["kr"], args].concat()).args;
        Recipe::of(&args).unwrap().record(line.as_bytes().to_vec())
    }

    #[test]
    fn a_line_is_split_at_the_first_delimiter() {
        let made = record(&["t", "-K", ":"], "k:v:w").unwrap();
        assert_eq!((made.key.as_deref(), made.value.as_deref()), (Some(&b"k"[..]), Some(&b"v:w"[..])));
        let made = record(&["t", "-K", "\\t"], "k\tv").unwrap();
        assert_eq!(made.key.as_deref(), Some(&b"k"[..]));
        assert!(record(&["t", "-K", ":"], "no key").is_err());
    }

    #[test]
    fn an_empty_value_is_a_tombstone_only_when_asked_for() {
        assert_eq!(record(&["t"], "").unwrap().value.as_deref(), Some(&b""[..]));
        assert_eq!(record(&["t", "-Z", "-k", "k"], "").unwrap().value, None);
    }

    #[test]
    fn flags_of_every_record_are_added() {
        let made = record(&["t", "-k", "k", "-H", "a=1", "-H", "a=2", "-p", "3"], "v").unwrap();
        assert_eq!(made.headers.len(), 2);
        assert_eq!(made.partition, Some(PartitionId(3)));
        let made = record(&["t", "-J", "-p", "3"], r#"{"topic":"u","partition":1,"value":"v"}"#).unwrap();
        assert_eq!((&*made.topic, made.partition), ("t", Some(PartitionId(3))));
    }
}
