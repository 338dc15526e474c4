//! `kr group create`: a group that begins at given offsets. Kafka has no request for that; a group is there
//! from its first committed offset on.

use std::collections::BTreeMap;

use clap::Args;

use super::reset::apply::{self, Words};
use super::reset::look::{self, Wanted};
use super::reset::row::CreateRow;
use super::reset::wishes_of;
use super::standing;
use super::topics::{self, TopicChoice};
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::Risk;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::Failure;

const EXAMPLES: &str = "\
Examples:
  kr group create billing --topic orders --to latest
  kr group create billing --topic orders:0,1 --topic refunds --to -1h";

/// Arguments of `kr group create`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CreateArgs {
    /// Name of the group
    #[arg(value_name = "GROUP")]
    name: String,
    /// A topic, or some of its partitions (orders:0,2-5); may be repeated
    #[arg(short = 't', long = "topic", value_name = "TOPIC[:PARTITIONS]", required = true)]
    #[arg(value_parser = topics::parse)]
    topics: Vec<TopicChoice>,
    /// Where to begin: earliest, latest, OFFSET, TIME, -DURATION
    #[arg(long, value_name = "PLACE", allow_hyphen_values = true)]
    to: String,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs `kr group create`.
pub async fn run(args: &CreateArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let names = [args.name.clone()];
    let (mut found, mut failures) = standing::look(&client, &names, "create", None).await;
    let mut wanted = BTreeMap::new();
    match found.remove(&args.name) {
        Some(standing) if standing.state.is_none() => {
            let (places, more) = topics::resolve(&client, &args.topics).await?;
            failures.extend(more);
            let (wishes, more) = wishes_of(&client, &args.to, &places).await?;
            failures.extend(more);
            wanted.insert(args.name.clone(), Wanted { standing, wishes, offsets: BTreeMap::new() });
        }
        Some(_) => failures.push(exists(&args.name)),
        None => {}
    }
    let (changes, more) = look::plan(&client, wanted).await;
    failures.extend(more);
    let words = Words { action: "create", risk: Risk::Routine };
    apply::run::<CreateRow>(context, &words, changes, failures, (&args.change, args.output)).await
}

fn exists(name: &str) -> Failure {
    Failure {
        code: None,
        name: "GROUP_EXISTS".to_owned(),
        message: format!("cannot create group \"{name}\": it exists already"),
        target: name.to_owned(),
        hint: Some("set its offsets with `kr group reset`".to_owned()),
        kind: Kind::Failed,
    }
}
