//! `kr doctor`: one pass over the cluster, many numbered checks. Looks once, then judges: every check is a pure
//! function of [`evidence::Evidence`], and says what it saw and what to do. What could not be looked at is said.

mod activity;
mod brokers;
mod evidence;
mod finding;
mod partitions;
mod quorum;
mod settings;

use clap::Args;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::Report;

use evidence::Evidence;
use finding::{Check, Finding, Listed, Severity};

const EXAMPLES: &str = "Examples:
  kr doctor
  kr doctor --fail-on warning -o json
  kr doctor --only P01,P02,Q01
  kr doctor --list";

/// Arguments of `kr doctor`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DoctorArgs {
    /// Exit with 3 from this severity on
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "error")]
    fail_on: Severity,
    /// Only these checks
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    only: Vec<String>,
    /// List the checks and look at nothing
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// All checks, in the order in which they are shown.
fn checks() -> impl Iterator<Item = &'static Check> {
    [partitions::CHECKS, brokers::CHECKS, settings::CHECKS, quorum::CHECKS, activity::CHECKS]
        .into_iter()
        .flatten()
}

/// Runs `kr doctor`.
pub async fn run(args: &DoctorArgs, context: &mut Context) -> Result<Exit, CliError> {
    let is_wanted =
        |check: &&Check| args.only.is_empty() || args.only.iter().any(|id| check.id.eq_ignore_ascii_case(id));
    if let Some(unknown) =
        args.only.iter().find(|id| !checks().any(|check| check.id.eq_ignore_ascii_case(id)))
    {
        return Err(
            CliError::usage(format!("there is no check {unknown}")).hint("see them with `kr doctor --list`")
        );
    }
    if args.list {
        let rows = checks().filter(is_wanted).map(Listed::from).collect();
        return context.show(args.output.output, &Report::of(rows));
    }
    let client = context.client().await?;
    let evidence = Evidence::gather(&client).await?;
    let mut found: Vec<Finding> = checks()
        .filter(is_wanted)
        .flat_map(|check| (check.judge)(&evidence).into_iter().map(|symptom| Finding::of(check, symptom)))
        .collect();
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let worst = found.iter().map(|finding| finding.severity).max();
    let count = checks().filter(is_wanted).count();
    let mut report = Report::of(found);
    report.failures = evidence.unseen;
    let exit = context.show(args.output.output, &report)?;
    context.note(&format!(
        "{count} checks over {} brokers and {} topics: {}",
        evidence.brokers.len(),
        evidence.topics.len(),
        match report.items.len() {
            0 => "nothing found".to_owned(),
            found => format!("{found} findings"),
        }
    ));
    Ok(if worst.is_some_and(|worst| worst >= args.fail_on) { Exit::CONDITION } else { exit })
}

#[cfg(test)]
mod tests;
