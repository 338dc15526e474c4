//! Numbered checks: what stands in the way of a migration, with what was seen.
//!
//! A check is a row of a table and a pure function of [`Facts`]. It runs when everything it needs was given, and says
//! so when not. Numbers never change their meaning; they are those of `docs/migration.md`.

use std::collections::BTreeSet;

use crate::convert::Settings;
use crate::model::Model;
use crate::source::metadata_log::MetadataLog;
use crate::source::properties::Properties;
use crate::tree::Tree;

mod configs;
mod operations;
mod properties;
mod quorum;
mod security;
mod topics;
mod versions;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Information,
    /// It may hurt.
    Warning,
    /// Harm is very likely.
    Error,
    /// The migration fails, or metadata is lost.
    Blocker,
}

/// Steps of a migration, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Software, health, backup.
    Prepare,
    /// Controllers are set up.
    Controllers,
    /// Brokers go to migration mode; the copy starts with the last one.
    Migrate,
    /// Brokers become KRaft brokers.
    Kraft,
    /// Controllers leave the migration: the point of no return.
    Finalize,
    /// Afterwards.
    Later,
}

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Input {
    /// The tree in ZooKeeper.
    ZooKeeper,
    /// The metadata log of the controllers.
    MetadataLog,
    /// The nodes' files of settings.
    Properties,
}

impl Input {
    /// What it is, for a message.
    pub fn name(self) -> &'static str {
        match self {
            Self::ZooKeeper => "the ZooKeeper tree",
            Self::MetadataLog => "the controllers' metadata log",
            Self::Properties => "the nodes' server.properties",
        }
    }
}

/// Everything that was given.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The tree below the chroot, and what it means.
    pub zookeeper: Option<(&'a Tree, &'a Model)>,
    /// The controllers' log.
    pub metadata_log: Option<&'a MetadataLog>,
    /// The settings of brokers and controllers; empty when none were given.
    pub properties: &'a [Properties],
    /// The `metadata.version` aimed at, and the driver's settings.
    pub settings: &'a Settings,
    /// Now, milliseconds since 1970.
    pub now_ms: i64,
}

impl<'a> Facts<'a> {
    fn has(&self, input: Input) -> bool {
        match input {
            Input::ZooKeeper => self.zookeeper.is_some(),
            Input::MetadataLog => self.metadata_log.is_some(),
            Input::Properties => !self.properties.is_empty(),
        }
    }

    fn model(&self) -> &'a Model {
        self.zookeeper.expect("the check needs it").1
    }

    fn tree(&self) -> &'a Tree {
        self.zookeeper.expect("the check needs it").0
    }

    fn log(&self) -> &'a MetadataLog {
        self.metadata_log.expect("the check needs it")
    }
}

/// A check.
pub struct Check {
    /// Letter of its group and number.
    pub id: &'static str,
    /// How bad it is, as a rule; a symptom may say otherwise.
    pub severity: Severity,
    /// What it finds.
    pub title: &'static str,
    /// The step before which it must be clean.
    pub step: Step,
    /// What it cannot do without.
    pub needs: &'static [Input],
    /// What to do about it.
    pub fix: &'static str,
    /// Where it is written: an issue, a KIP, a class of Kafka's.
    pub reference: &'static str,
    judge: fn(&Facts<'_>) -> Vec<Symptom>,
}

/// What a check saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symptom {
    /// Path, topic, broker or key.
    pub subject: String,
    /// The value that was read. Never a secret.
    pub evidence: String,
    /// How bad this one is, when it is not as the check says.
    pub severity: Option<Severity>,
}

impl Symptom {
    fn of(subject: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self { subject: subject.into(), evidence: evidence.into(), severity: None }
    }

    fn at(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }
}

/// What became of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It looked; nothing means clean.
    Looked(Vec<Symptom>),
    /// These inputs were not given.
    Missing(Vec<Input>),
}

impl Check {
    /// Runs the check.
    pub fn run(&self, facts: &Facts<'_>) -> Answer {
        let missing: Vec<Input> = self.needs.iter().copied().filter(|input| !facts.has(*input)).collect();
        if missing.is_empty() { Answer::Looked((self.judge)(facts)) } else { Answer::Missing(missing) }
    }
}

/// All checks, in the order in which they are shown.
pub fn all() -> impl Iterator<Item = &'static Check> {
    let groups = [
        versions::CHECKS,
        quorum::CHECKS,
        properties::CHECKS,
        topics::CHECKS,
        configs::CHECKS,
        security::CHECKS,
        operations::CHECKS,
    ];
    groups.into_iter().flatten()
}

/// A list for a message, cut after some items.
fn some<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    const SHOWN: usize = 10;
    let all: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    let more = all.len().saturating_sub(SHOWN);
    let shown = all[..all.len() - more].join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// Whether a key of a broker's or topic's configuration is a password (Kafka: `DynamicBrokerConfig`).
fn is_password(key: &str) -> bool {
    const ENDINGS: [&str; 7] = [
        "ssl.keystore.password",
        "ssl.key.password",
        "ssl.truststore.password",
        "ssl.keystore.key",
        "ssl.keystore.certificate.chain",
        "ssl.truststore.certificates",
        "sasl.jaas.config",
    ];
    ENDINGS.iter().any(|ending| key.ends_with(ending))
}

/// Ids of the brokers that are registered in ZooKeeper.
fn registered(model: &Model) -> BTreeSet<i32> {
    model.brokers.keys().filter_map(|name| crate::java::parse_int(name)).collect()
}

#[cfg(test)]
mod tests;
