//! `kr watch`: what happens in the cluster, a plain line for each event as it happens, for scripts and for those
//! who hear the screen read to them. The same events as in `kr tui`.
//!
//! Follows the metadata log where that is allowed and compares looks elsewhere; a line says which by how it gives
//! the time. A cluster that cannot be reached does not end it.

use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use kr_tui::event::{Change, Event, Kind as EventKind, When};
use kr_tui::line::{self, Told};
use kr_tui::msg::{Focus, Intent, Msg};
use kr_tui::poller::{self, PollOptions};
use kr_tui::snapshot::Source;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::escape::escape;
use crate::output::json;
use crate::spans::parse_duration;

const HELP: &str = "Examples:
  kr watch
  kr watch --kind leader,isr- --topic orders
  kr watch --since-start --for 10s -o jsonl";

/// Messages that may wait to be printed.
const WAITING: usize = 1024;

/// How long after its last event a batch is told: its end is not marked.
const BREATH: Duration = Duration::from_millis(100);

/// Arguments of `kr watch`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct WatchArgs {
    /// Only events of these kinds, with commas between
    #[arg(long = "kind", value_name = "KINDS", value_delimiter = ',')]
    kinds: Vec<KindArg>,
    /// Only events of this topic; may be repeated
    #[arg(long = "topic", value_name = "TOPIC")]
    topics: Vec<String>,
    /// Tell what happened before, too, as far back as the metadata log goes
    #[arg(long)]
    since_start: bool,
    /// Compare looks, and do not follow the metadata log
    #[arg(long, conflicts_with = "since_start")]
    poll: bool,
    /// Tell each event of a batch, however many are alike
    #[arg(long)]
    all: bool,
    /// End after this time
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_duration)]
    span: Option<Duration>,
    /// End after this many events
    #[arg(short = 'n', long = "count", value_name = "N")]
    count: Option<u64>,
    /// How events are printed
    #[arg(short = 'o', long = "output", value_name = "FORM", value_enum, default_value_t = Form::Lines)]
    form: Form,
}

/// How events are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A line of words each
    Lines,
    /// A JSON object each
    Jsonl,
}

/// Kinds of events as they are typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum KindArg {
    /// Leaders of partitions
    Leader,
    /// Replicas that left an ISR
    #[value(name = "isr-", alias = "isr-shrink")]
    IsrShrink,
    /// Replicas that came into an ISR
    #[value(name = "isr+", alias = "isr-expand")]
    IsrExpand,
    /// Assignments of replicas
    Replicas,
    /// Brokers that are fenced
    Fence,
    /// Brokers that are in service again
    Unfence,
    /// Registrations of brokers
    Broker,
    /// The active controller
    #[value(alias = "ctrl")]
    Controller,
    /// Voters of the quorum
    Voters,
    /// Topics
    Topic,
    /// Configs and features
    Config,
    /// Groups
    Group,
    /// Times in which nothing could be seen
    Blind,
}

impl KindArg {
    fn kind(self) -> EventKind {
        match self {
            Self::Leader => EventKind::Leader,
            Self::IsrShrink => EventKind::IsrShrink,
            Self::IsrExpand => EventKind::IsrExpand,
            Self::Replicas => EventKind::Replicas,
            Self::Fence => EventKind::Fence,
            Self::Unfence => EventKind::Unfence,
            Self::Broker => EventKind::Broker,
            Self::Controller => EventKind::Controller,
            Self::Voters => EventKind::Voters,
            Self::Topic => EventKind::Topic,
            Self::Config => EventKind::Config,
            Self::Group => EventKind::Group,
            Self::Blind => EventKind::Blind,
        }
    }
}

/// An event in JSON.
#[derive(Debug, Serialize)]
struct Row {
    /// `kr.watch/v1`.
    kind: &'static str,
    /// When it happened, or the latest it can have.
    time: String,
    /// It happened after this; null when the time is exact.
    after: Option<String>,
    /// What kind of event: leader, isr-, fence, ...
    event: String,
    /// Whether it is from the metadata log, exact and in order, or from comparing two looks.
    is_exact: bool,
    /// Its record in the metadata log.
    offset: Option<i64>,
    /// What belongs together has the same number.
    batch: u64,
    topic: Option<String>,
    partition: Option<i32>,
    /// What is particular to the kind of event.
    detail: Value,
    /// In words.
    text: String,
}

/// Runs `kr watch`.
pub async fn run(args: &WatchArgs, context: &mut Context) -> Result<Exit, CliError> {
    let mut options = PollOptions::new(context.client_options()?);
    options.follow_log = !args.poll;
    let (tell, mut told) = mpsc::channel(WAITING);
    let (wants, intents) = mpsc::unbounded_channel();
    // The list of groups is asked for only if somebody wants to see groups.
    let wants_groups = args.kinds.is_empty() || args.kinds.contains(&KindArg::Group);
    let focus = Focus { group_list: wants_groups, ..Focus::default() };
    // The poller is there until this function ends.
    let _ = wants.send(Intent::Focus(focus));
    let poller = tokio::spawn(poller::run(options, intents, tell));
    let began = Timestamp::now().as_millisecond();
    let mut watch = Watch { args, began, waiting: Vec::new(), printed: 0, said: None };
    let ended = watch.listen(&mut told, context).await;
    poller.abort();
    ended
}

struct Watch<'a> {
    args: &'a WatchArgs,
    began: i64,
    /// Events of the batch that may not be over yet.
    waiting: Vec<Event>,
    printed: u64,
    /// The failure that was said last.
    said: Option<String>,
}

impl Watch<'_> {
    async fn listen(
        &mut self,
        told: &mut mpsc::Receiver<Msg>,
        context: &mut Context,
    ) -> Result<Exit, CliError> {
        let end = self.args.span.map(|span| Instant::now() + span);
        loop {
            let is_waiting = !self.waiting.is_empty();
            tokio::select! {
                msg = told.recv() => match msg {
                    Some(msg) => self.hear(msg, context)?,
                    None => return Err(CliError::internal("the poller ended")),
                },
                () = tokio::time::sleep(BREATH), if is_waiting => self.print(context)?,
                () = until(end) => {
                    self.print(context)?;
                    return Ok(Exit::DONE);
                }
            }
            if self.args.count.is_some_and(|count| self.printed >= count) {
                return Ok(Exit::DONE);
            }
        }
    }

    fn hear(&mut self, msg: Msg, context: &mut Context) -> Result<(), CliError> {
        match msg {
            Msg::Events(events) => {
                let wanted = |event: &Event| self.wants(event);
                let events: Vec<Event> = events.into_iter().filter(wanted).collect();
                self.waiting.extend(events);
                // What is alike is alike within a batch: those before the last one are over.
                if self.waiting.len() > 10_000 {
                    self.print(context)?;
                }
            }
            Msg::Failed(failure) if failure.is_total => {
                let text = failure.error.to_string();
                if self.said.as_ref() != Some(&text) {
                    context.note(&format!("cannot see the cluster: {}", escape(&text)));
                    self.said = Some(text);
                }
            }
            Msg::Observed(_) if self.said.take().is_some() => context.note("the cluster can be seen"),
            _ => {}
        }
        Ok(())
    }

    fn wants(&self, event: &Event) -> bool {
        let is_new = self.args.since_start || event.when.latest().0 >= self.began;
        let kinds = &self.args.kinds;
        let is_of_kind = kinds.is_empty() || kinds.iter().any(|kind| kind.kind() == event.change.kind());
        let topics = &self.args.topics;
        let is_of_topic = topics.is_empty()
            || topic_of(&event.change).is_some_and(|topic| topics.iter().any(|wanted| wanted == topic));
        is_new && is_of_kind && is_of_topic
    }

    fn print(&mut self, context: &mut Context) -> Result<(), CliError> {
        let events = std::mem::take(&mut self.waiting);
        let folds = self.args.form == Form::Lines && !self.args.all;
        let told = if folds {
            line::fold(&events)
        } else {
            events.iter().map(|event| Told { event, alike: 0 }).collect()
        };
        for told in told {
            if self.args.count.is_some_and(|count| self.printed >= count) {
                break;
            }
            self.printed += 1;
            match self.args.form {
                Form::Lines => context.io.print(words(told))?,
                Form::Jsonl => {
                    let line = json::line(&row(told.event));
                    context.io.print(
                        line.map_err(|error| CliError::internal("cannot write JSON").caused_by(error))?,
                    )?;
                }
            }
        }
        context.io.flush()
    }
}

async fn until(end: Option<Instant>) {
    match end {
        Some(end) => tokio::time::sleep_until(end).await,
        None => std::future::pending().await,
    }
}

fn words(told: Told<'_>) -> String {
    let event = told.event;
    let mut text = format!(
        "{}  {:<8}  {}",
        time(event.when.latest().0),
        event.change.kind().word(),
        line::words(&event.change)
    );
    if told.alike > 0 {
        text.push_str(&format!("  and {} alike", told.alike));
    }
    let within = line::within(event.when);
    if !within.is_empty() {
        text.push_str(&format!("  ({within})"));
    }
    format!("{}\n", escape(&text))
}

fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |time| format!("{time:.3}"))
}

fn topic_of(change: &Change) -> Option<&str> {
    match change {
        Change::TopicCreated { topic, .. }
        | Change::TopicDeleted { topic }
        | Change::PartitionsAdded { topic, .. } => Some(topic),
        Change::Config { resource, .. } => resource.strip_prefix("topic "),
        other => other.place().map(|place| &*place.topic),
    }
}

fn row(event: &Event) -> Row {
    let after = match event.when {
        When::At(_) => None,
        When::Between(from, _) => Some(time(from.0)),
    };
    let place = event.change.place();
    Row {
        kind: "kr.watch/v1",
        time: time(event.when.latest().0),
        after,
        event: event.change.kind().word().to_lowercase(),
        is_exact: event.source == Source::MetadataLog,
        offset: event.offset.map(|offset| offset.0),
        batch: event.batch,
        topic: topic_of(&event.change).map(str::to_owned),
        partition: place.map(|place| place.partition.0),
        detail: detail(&event.change),
        text: line::words(&event.change),
    }
}

fn detail(change: &Change) -> Value {
    let ids = |ids: &[kr_wire::ids::NodeId]| ids.iter().map(|id| id.0).collect::<Vec<_>>();
    let id = |id: &Option<kr_wire::ids::NodeId>| id.map(|id| id.0);
    let epoch = |epoch: &Option<kr_wire::ids::LeaderEpoch>| epoch.map(|epoch| epoch.0);
    match change {
        Change::Leader { from, to, from_epoch, to_epoch, is_unclean, .. } => json!({
            "from": id(from), "to": id(to), "from_epoch": epoch(from_epoch), "to_epoch": epoch(to_epoch),
            "hidden_steps": line::hidden_steps(*from_epoch, *to_epoch).unwrap_or(0), "is_unclean": is_unclean,
        }),
        Change::IsrShrink(change) | Change::IsrExpand(change) => json!({
            "from": ids(&change.from), "to": ids(&change.to), "epoch": epoch(&change.epoch),
        }),
        Change::Replicas { from, to, .. } | Change::Voters { from, to } => {
            json!({ "from": ids(from), "to": ids(to) })
        }
        Change::Fence(change)
        | Change::Unfence(change)
        | Change::Shutdown(change)
        | Change::Registered(change)
        | Change::Unregistered(change) => json!({
            "broker": change.broker.0, "broker_epoch": change.epoch.map(|epoch| epoch.0),
        }),
        Change::Controller { from, to, from_epoch, to_epoch, without } => json!({
            "from": id(from), "to": id(to), "from_epoch": epoch(from_epoch), "to_epoch": epoch(to_epoch),
            "without_ms": without.map(|span| span.as_millis()),
        }),
        Change::TopicCreated { partitions, .. } => json!({ "partitions": partitions }),
        Change::PartitionsAdded { from, to, .. } => json!({ "from": from, "to": to }),
        Change::TopicDeleted { .. } => json!({}),
        Change::Config { resource, key, value } => {
            json!({ "resource": &**resource, "key": &**key, "value": value.as_deref() })
        }
        Change::Feature { name, from, to } => json!({ "name": &**name, "from": from, "to": to }),
        Change::Group { id, from, to } => {
            json!({ "group": &**id, "from": from.as_deref(), "to": to.as_deref() })
        }
        Change::Blind { reason } => json!({ "reason": &**reason }),
    }
}
