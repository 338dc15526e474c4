//! `kr group explain`: is a group stuck, rebalancing, slow or dead, and by what is that seen. Looks twice; the
//! second look comes after members have had the time to commit.

mod findings;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use kr_client::admin::{ActiveProducer, GroupDescription, TopicPartition};
use kr_client::{Client, Error};
use schemars::JsonSchema;
use serde::Serialize;

use super::pick::GroupPick;
use super::positions::{self, Bounds};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Failure, Item, Page, Report};
use crate::schemas::published;
use crate::spans::parse_duration;

use findings::{Case, Finding, Look, Severity};

const EXAMPLES: &str = "\
Examples:
  kr group explain billing
  kr group explain billing --between 30s -o json";

/// Arguments of `kr group explain`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExplainArgs {
    #[command(flatten)]
    pick: GroupPick,
    /// Time between the two looks; longer than the members' auto.commit.interval.ms
    #[arg(long, value_name = "DURATION", default_value = "6s", value_parser = parse_duration)]
    between: Duration,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Explanation {
    group: String,
    #[serde(rename = "type")]
    group_type: &'static str,
    state: String,
    coordinator: Option<i32>,
    members: usize,
    /// Records behind in the partitions whose lag is known; null when none is.
    lag: Option<i64>,
    /// dead, rebalancing, blocked, stuck, slow, empty, caught up, working
    verdict: &'static str,
    /// What was found, problems first.
    findings: Vec<Finding>,
    /// Milliseconds between the two looks; 0 when one was enough.
    looked_for_ms: i64,
}

impl Item for Explanation {
    const KIND: &'static str = "kr.group.explain/v1";

    fn write(items: &[Self], page: &mut Page) {
        for group in items {
            page.heading(&format!("Group {}: {}", group.group, group.verdict));
            page.fields([
                ("Type", group.group_type.to_owned()),
                ("State", group.state.clone()),
                ("Coordinator", group.coordinator.map_or("-".to_owned(), |id| id.to_string())),
                ("Members", group.members.to_string()),
                ("Lag", group.lag.map_or("-".to_owned(), |lag| lag.to_string())),
            ]);
            for finding in &group.findings {
                page.gap();
                let severity = match finding.severity {
                    Severity::Problem => "PROBLEM",
                    Severity::Note => "note",
                };
                page.line(&format!("{severity}  {}: {}", finding.id, finding.what));
                for evidence in &finding.evidence {
                    page.line(&format!("  {evidence}"));
                }
                if let Some(advice) = finding.advice {
                    page.line(&format!("  -> {advice}"));
                }
            }
            if group.findings.is_empty() {
                page.gap();
                page.line("nothing is wrong");
            }
        }
    }

    fn name(&self) -> String {
        self.group.clone()
    }
}

published!(Explanation, "group explain");

/// Runs `kr group explain`.
pub async fn run(args: &ExplainArgs, context: &mut Context) -> Result<Exit, CliError> {
    let names = args.pick.read(context).await?;
    let client = context.client().await?;
    let mut report = Report::default();
    let mut looks: Vec<Look> = Vec::new();
    for name in names {
        match look(&client, &name).await {
            Ok(look) => looks.push(look),
            Err(error) => report.failures.push(Failure::of(name, &error)),
        }
    }
    // Of groups without members nothing moves.
    if looks.iter().any(|look| !look.group.members.is_empty()) {
        tokio::time::sleep(args.between).await;
    }
    for first in looks {
        let second = if first.group.members.is_empty() {
            Ok(first.clone())
        } else {
            look(&client, &first.group.id).await
        };
        match second {
            Ok(second) => {
                let case = complete(&client, first, second).await;
                report.items.push(explanation(case));
            }
            Err(error) => report.failures.push(Failure::of(first.group.id, &error)),
        }
    }
    let has_problem =
        report.items.iter().flat_map(|item| &item.findings).any(|f| f.severity == Severity::Problem);
    let exit = context.show(args.output.output, &report)?;
    Ok(if exit == Exit::DONE && has_problem { Exit::CONDITION } else { exit })
}

fn explanation(case: Case) -> Explanation {
    let findings = findings::findings(&case);
    let verdict = findings::verdict(&case, &findings);
    let Case { first, second, .. } = case;
    let lags = second.offsets.iter().map(|(place, committed)| {
        positions::lag(Some(committed.offset.0), second.logs.get(place).and_then(|log| log.end))
    });
    Explanation {
        lag: positions::total(lags),
        group: second.group.id,
        group_type: second.group.group_type.name(),
        state: second.group.state,
        coordinator: second.group.coordinator.map(|id| id.0),
        members: second.group.members.len(),
        verdict,
        findings,
        looked_for_ms: second.at_ms - first.at_ms,
    }
}

async fn look(client: &Client, name: &str) -> Result<Look, Error> {
    let group: GroupDescription = client.describe_group(name).await?;
    let types = BTreeMap::from([(name.to_owned(), group.group_type)]);
    let offsets = positions::offsets_of(client, &types).await.remove(name).transpose()?.unwrap_or_default();
    let places = positions::places_of(&group, &offsets);
    let logs = positions::log_ranges(client, &places, Bounds::All).await;
    Ok(Look { at_ms: Timestamp::now().as_millisecond(), group, offsets, logs })
}

/// Adds what a look does not show: all partitions of the topics, and who has open transactions.
async fn complete(client: &Client, first: Look, second: Look) -> Case {
    let topics: BTreeSet<&str> = second
        .group
        .members
        .iter()
        .flat_map(|member| member.topics.iter().flatten())
        .map(String::as_str)
        .collect();
    let names: Vec<&str> = topics.into_iter().collect();
    let mut subscribed = BTreeMap::new();
    // Topics that cannot be looked up say nothing of the group.
    for (name, topic) in client.describe_topics(&names).await.unwrap_or_default() {
        if let Ok(topic) = topic {
            let place = |id| TopicPartition::new(name.as_str(), id);
            let places = topic.partitions.iter().map(|partition| place(partition.id)).collect();
            subscribed.insert(name, places);
        }
    }
    let held: BTreeSet<TopicPartition> = second
        .logs
        .iter()
        .filter(|(_, log)| log.stable_end.zip(log.end).is_some_and(|(stable, end)| stable < end))
        .map(|(place, _)| place.clone())
        .collect();
    let mut open: BTreeMap<TopicPartition, Vec<ActiveProducer>> = BTreeMap::new();
    if !held.is_empty() {
        for (place, producers) in client.describe_producers(&held, None).await {
            let mut producers = producers.unwrap_or_default();
            producers.retain(|producer| producer.transaction_start.is_some());
            open.insert(place, producers);
        }
    }
    Case { first, second, subscribed, open }
}
