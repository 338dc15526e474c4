//! `kr group clone`: another group goes on where this one is. Offsets with their leader epochs and metadata are
//! copied; members, subscriptions and configs are not.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use kr_client::admin::CommittedOffset;

use super::reset::apply::{self, Words};
use super::reset::look::{self, Wanted};
use super::reset::offsets_of_other;
use super::reset::plan::Wish;
use super::reset::row::CloneRow;
use super::standing;
use super::topics::{self, TopicChoice};
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::Risk;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::spans::parse_duration;

const EXAMPLES: &str = "\
Examples:
  kr group clone billing billing-test
  kr group clone billing billing-test --topic orders --dry-run";

/// Arguments of `kr group clone`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CloneArgs {
    /// The group whose offsets are copied
    #[arg(value_name = "FROM")]
    from: String,
    /// The group that gets them; it may not be there yet
    #[arg(value_name = "TO")]
    to: String,
    /// Only this topic, or some of its partitions; may be repeated
    #[arg(short = 't', long = "topic", value_name = "TOPIC[:PARTITIONS]", value_parser = topics::parse)]
    topics: Vec<TopicChoice>,
    /// Wait so long for the members of the other group to leave
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    wait_empty: Option<Duration>,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs `kr group clone`.
pub async fn run(args: &CloneArgs, context: &mut Context) -> Result<Exit, CliError> {
    if args.from == args.to {
        return Err(CliError::usage("a group cannot be cloned to itself"));
    }
    let client = context.client().await?;
    let mut copied = offsets_of_other(&client, &args.from).await?;
    copied
        .retain(|place, _| args.topics.is_empty() || args.topics.iter().any(|choice| choice.includes(place)));
    let (found, mut failures) =
        standing::look(&client, std::slice::from_ref(&args.to), "set the offsets of", args.wait_empty).await;
    let (mut offsets, more) = look::offsets_of(&client, &found).await;
    failures.extend(more);
    let mut wanted = BTreeMap::new();
    let mut risk = Risk::Routine;
    for (group, standing) in found {
        let offsets = offsets.remove(&group).unwrap_or_default();
        if standing.state.is_some() {
            risk = Risk::Lossy;
        }
        let wish = |committed: &CommittedOffset| Wish::Exactly(committed.offset.0);
        let wishes = copied.iter().map(|(place, committed)| (place.clone(), wish(committed))).collect();
        wanted.insert(group, Wanted { standing, wishes, offsets });
    }
    let (mut changes, more) = look::plan(&client, wanted).await;
    failures.extend(more);
    for change in &mut changes {
        change.copied = copied.clone();
    }
    let words = Words { action: "copy offsets to", risk };
    apply::run::<CloneRow>(context, &words, changes, failures, (&args.change, args.output)).await
}
