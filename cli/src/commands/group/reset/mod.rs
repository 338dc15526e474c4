//! `kr group reset`: lets groups go on elsewhere. Shows for each partition what is read again or skipped, asks,
//! commits, and reads back.
//!
//! Groups with members are refused: the coordinator would refuse them, too, and members would commit over it.
//! Places are resolved to offsets of the log before anything is committed ([`plan`]).

pub mod apply;
pub mod look;
pub mod plan;
pub mod row;
mod target;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use kr_client::Client;
use kr_client::admin::{Offsets, TopicPartition};

use super::offsets_file::{self, FileOffsets};
use super::pick::GroupPick;
use super::standing::{self, Standing};
use super::topics::{self, TopicChoice};
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::Risk;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Failure, Report};
use crate::spans::parse_duration;

use apply::Words;
use look::Wanted;
use plan::Wish;
use row::ResetRow;
use target::Target;

const EXAMPLES: &str = "\
Examples:
  kr group reset billing --topic orders --to earliest --dry-run
  kr group reset billing --topic orders:0,3 --to -1h
  kr group reset billing --all-topics --to +1 --yes
  kr group reset billing --to group:billing-old
  kr group export billing > offsets.csv; kr group reset billing --to file:offsets.csv
  kr group reset --all-groups --topic orders --to 2026-01-31T12:00:00Z --wait-empty 5m";

/// Arguments of `kr group reset`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ResetArgs {
    #[command(flatten)]
    pick: GroupPick,
    /// Where to go on: earliest, latest, current, OFFSET, +N, -N, TIME, -DURATION, group:OTHER, file:FILE
    #[arg(long, value_name = "PLACE", allow_hyphen_values = true)]
    to: String,
    #[command(flatten)]
    topics: TopicArgs,
    /// Wait so long for the members of a group to leave
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    wait_empty: Option<Duration>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Which partitions.
#[derive(Clone, Debug, Default, Args)]
pub struct TopicArgs {
    /// A topic, or some of its partitions (orders:0,2-5); may be repeated
    #[arg(short = 't', long = "topic", value_name = "TOPIC[:PARTITIONS]", value_parser = topics::parse)]
    pub topics: Vec<TopicChoice>,
    /// All topics in which the group has offsets
    #[arg(long, conflicts_with = "topics")]
    pub all_topics: bool,
}

/// Where groups go on, with what had to be read for that.
enum Source {
    /// A place that is the same for all partitions.
    Place(Target),
    /// Offsets of another group.
    Group(Offsets),
    /// Offsets of a file.
    File(FileOffsets),
}

/// Runs `kr group reset`.
pub async fn run(args: &ResetArgs, context: &mut Context) -> Result<Exit, CliError> {
    let target = parse_target(&args.to)?;
    let needs_topics = !matches!(target, Target::Group(_) | Target::File(_));
    if needs_topics && args.topics.topics.is_empty() && !args.topics.all_topics {
        return Err(CliError::usage("no topic is named").hint(
            "name some with --topic TOPIC[:PARTITIONS], or take --all-topics the group has offsets in",
        ));
    }
    let file = read_file(&target, context)?;
    let names = match named_in(file.as_ref()).filter(|_| args.pick.names.is_empty() && !args.pick.is_many()) {
        Some(names) => names,
        None => args.pick.read(context).await?,
    };
    let client = context.client().await?;
    let source = source(&client, target, file).await?;
    let (standing, mut failures) =
        standing::look(&client, &names, "reset the offsets of", args.wait_empty).await;
    let (wanted, more) = wanted(&client, &source, &args.topics, standing).await?;
    failures.extend(more);
    let (changes, more) = look::plan(&client, wanted).await;
    failures.extend(more);
    if changes.is_empty() && failures.is_empty() {
        let report = Report::<ResetRow> { applied: Some(!args.change.dry_run), ..Report::default() };
        context.note("nothing to set: the groups have no offsets there");
        return context.show(args.output.output, &report);
    }
    let words = Words { action: "reset the offsets of", risk: Risk::Lossy };
    apply::run::<ResetRow>(context, &words, changes, failures, (&args.change, args.output)).await
}

/// Reads `--to`.
fn parse_target(text: &str) -> Result<Target, CliError> {
    target::parse(text, Timestamp::now()).ok_or_else(|| {
        CliError::usage(format!("--to \"{text}\" is no place to go on"))
            .hint("earliest, latest, current, OFFSET, +N, -N, a time, -1h, group:OTHER or file:FILE")
    })
}

fn read_file(target: &Target, context: &mut Context) -> Result<Option<FileOffsets>, CliError> {
    let Target::File(path) = target else { return Ok(None) };
    let text = read_text(path, context)?;
    let parsed = offsets_file::read(&text).map_err(|error| {
        CliError::usage(format!("cannot use the offsets in {}", path.display())).caused_by(error)
    });
    parsed.map(Some)
}

fn read_text(path: &Path, context: &mut Context) -> Result<String, CliError> {
    let failed =
        |error: std::io::Error| CliError::usage(format!("cannot read {}", path.display())).caused_by(error);
    if path != Path::new("-") {
        return std::fs::read_to_string(path).map_err(failed);
    }
    let Some(mut stdin) = context.io.stdin.take() else {
        return Err(CliError::usage("standard input can be named only once"));
    };
    let mut text = String::new();
    stdin.read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// The groups a file names.
fn named_in(file: Option<&FileOffsets>) -> Option<Vec<String>> {
    let names: Vec<String> = file?.keys().flatten().cloned().collect();
    (!names.is_empty()).then_some(names)
}

async fn source(client: &Client, target: Target, file: Option<FileOffsets>) -> Result<Source, CliError> {
    if let Some(file) = file {
        return Ok(Source::File(file));
    }
    match target {
        Target::Group(other) => offsets_of_other(client, &other).await.map(Source::Group),
        place => Ok(Source::Place(place)),
    }
}

/// The offsets of a group that another one takes over.
pub async fn offsets_of_other(client: &Client, other: &str) -> Result<Offsets, CliError> {
    let group_type = client.describe_group(other).await?.group_type;
    let standing = BTreeMap::from([(other.to_owned(), Standing { group_type, state: None })]);
    let (mut offsets, failures) = look::offsets_of(client, &standing).await;
    if let Some(failure) = failures.into_iter().next() {
        return Err(CliError::new(failure.kind, failure.message));
    }
    let offsets = offsets.remove(other).unwrap_or_default();
    if offsets.is_empty() {
        return Err(CliError::new(Kind::Failed, format!("group \"{other}\" has no offsets")));
    }
    Ok(offsets)
}

/// What is wanted of each group, with what the groups have committed.
async fn wanted(
    client: &Client,
    source: &Source,
    args: &TopicArgs,
    standing: BTreeMap<String, Standing>,
) -> Result<(BTreeMap<String, Wanted>, Vec<Failure>), CliError> {
    let (offsets, mut failures) = look::offsets_of(client, &standing).await;
    let (named, more) = topics::resolve(client, &args.topics).await?;
    failures.extend(more);
    let mut wanted = BTreeMap::new();
    for (group, offsets) in offsets {
        let Some(standing) = standing.get(&group).cloned() else { continue };
        let wishes = match source {
            Source::Place(target) => {
                let places = if args.all_topics { offsets.keys().cloned().collect() } else { named.clone() };
                let (wishes, more) = wishes(client, target, &places).await;
                failures.extend(more);
                wishes
            }
            Source::Group(others) => {
                let exactly = others.iter().map(|(place, other)| (place.clone(), other.offset.0));
                chosen(exactly, args)
            }
            Source::File(file) => {
                let own = file.get(&Some(group.clone())).into_iter().chain(file.get(&None)).flatten();
                chosen(own.map(|(place, offset)| (place.clone(), *offset)), args)
            }
        };
        wanted.insert(group, Wanted { standing, wishes, offsets });
    }
    Ok((wanted, failures))
}

/// Given offsets, as far as their partitions are among those named.
fn chosen(
    offsets: impl Iterator<Item = (TopicPartition, i64)>,
    args: &TopicArgs,
) -> BTreeMap<TopicPartition, Wish> {
    let is_chosen = |place: &TopicPartition| {
        args.topics.is_empty() || args.topics.iter().any(|choice| choice.includes(place))
    };
    offsets
        .filter(|(place, _)| is_chosen(place))
        .map(|(place, offset)| (place, Wish::Exactly(offset)))
        .collect()
}

/// The same place in each partition.
pub async fn wishes_of(
    client: &Client,
    place: &str,
    places: &BTreeSet<TopicPartition>,
) -> Result<(BTreeMap<TopicPartition, Wish>, Vec<Failure>), CliError> {
    match parse_target(place)? {
        Target::Group(_) | Target::File(_) | Target::Current | Target::Shift(_) => {
            Err(CliError::usage(format!("\"{place}\" is no place for a group that is not there yet"))
                .hint("earliest, latest, an offset or a time; see also `kr group clone`"))
        }
        target => Ok(wishes(client, &target, places).await),
    }
}

async fn wishes(
    client: &Client,
    target: &Target,
    places: &BTreeSet<TopicPartition>,
) -> (BTreeMap<TopicPartition, Wish>, Vec<Failure>) {
    let wish = match target {
        Target::Timestamp(ms) => return look::at_time(client, places, *ms).await,
        Target::Earliest => Wish::Earliest,
        Target::Latest => Wish::Latest,
        Target::Offset(offset) => Wish::Exactly(*offset),
        Target::Shift(by) => Wish::Shift(*by),
        // Groups and files come with offsets of their own.
        Target::Current | Target::Group(_) | Target::File(_) => Wish::Current,
    };
    (places.iter().map(|place| (place.clone(), wish)).collect(), Vec::new())
}
