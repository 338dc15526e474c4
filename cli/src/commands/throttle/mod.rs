//! `kr throttle`: throttles of replication in force, and those that nothing needs any more.

mod clear;
mod list;

use std::collections::{BTreeMap, BTreeSet};

use clap::Subcommand;
use kr_client::Client;
use kr_client::admin::{ConfigDetail, ConfigEntry, ConfigSource, ConfigTarget};
use kr_client::undo::ConfigsBefore;

use super::reassign::throttle::{RATES, REPLICAS};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::Failure;

/// Verbs of `kr throttle`.
#[derive(Debug, Subcommand)]
pub enum ThrottleCommand {
    /// List throttles of replication
    #[command(alias = "ls")]
    List(list::ListArgs),
    /// Take throttles away
    #[command(alias = "rm")]
    Clear(clear::ClearArgs),
}

/// Runs a verb of `kr throttle`.
pub async fn run(command: ThrottleCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        ThrottleCommand::List(args) => list::run(&args, context).await,
        ThrottleCommand::Clear(args) => clear::run(&args, context).await,
    }
}

/// A throttle in force.
#[derive(Debug)]
struct Found {
    target: ConfigTarget,
    key: String,
    value: String,
    /// Whether no reassignment stands behind it.
    is_stale: bool,
}

/// Throttles of all brokers and topics; brokers and topics that did not tell.
async fn find(client: &Client) -> Result<(Vec<Found>, Vec<Failure>), CliError> {
    let under_way = match client.list_reassignments(None).await {
        // Older than 2.4: what is under way cannot be told, so nothing is stale.
        Err(kr_client::Error::Unsupported { .. }) => None,
        listed => Some(listed?),
    };
    let moving: Option<BTreeSet<String>> =
        under_way.map(|under_way| under_way.keys().map(|name| name.topic.to_string()).collect());
    let brokers = client.describe_cluster().await?.brokers;
    let mut targets: Vec<ConfigTarget> = brokers
        .iter()
        .filter(|broker| broker.is_fenced != Some(true))
        .map(|broker| ConfigTarget::Broker(broker.id))
        .collect();
    targets.extend(client.list_topics().await?.into_iter().map(|topic| ConfigTarget::Topic(topic.name)));
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for (target, described) in client.describe_all_configs(&targets, ConfigDetail::default()).await? {
        match described {
            Ok(entries) => {
                let is_stale = match (&target, &moving) {
                    (_, None) => false,
                    (ConfigTarget::Topic(topic), Some(moving)) => !moving.contains(topic),
                    (_, Some(moving)) => moving.is_empty(),
                };
                found.extend(throttles(&target, entries, is_stale));
            }
            Err(error) => failures.push(Failure::of(target.to_string(), &error)),
        }
    }
    Ok((found, failures))
}

fn throttles(target: &ConfigTarget, entries: Vec<ConfigEntry>, is_stale: bool) -> Vec<Found> {
    let is_own = |entry: &ConfigEntry| {
        matches!(entry.source, ConfigSource::Topic | ConfigSource::Broker | ConfigSource::BrokerDefault)
            && (RATES.contains(&entry.name.as_str()) || REPLICAS.contains(&entry.name.as_str()))
    };
    let found = entries.into_iter().filter(is_own).filter_map(|entry| {
        let value = entry.value.filter(|value| !value.is_empty())?;
        Some(Found { target: target.clone(), key: entry.name, value, is_stale })
    });
    found.collect()
}

/// Records for the journal: what each throttle was, and that it is gone.
fn records(found: &[Found]) -> Vec<ConfigsBefore> {
    let mut by_target: BTreeMap<&ConfigTarget, ConfigsBefore> = BTreeMap::new();
    for throttle in found {
        let (resource_type, name) = throttle.target.resource();
        let record = by_target.entry(&throttle.target).or_insert_with(|| ConfigsBefore {
            resource_type,
            name,
            before: BTreeMap::new(),
            after: BTreeMap::new(),
        });
        record.before.insert(throttle.key.clone(), Some(throttle.value.clone()));
        record.after.insert(throttle.key.clone(), None);
    }
    by_target.into_values().collect()
}
