//! Group V: releases and versions, as far as the tree and the log tell.

use kr_metadata::features::version_name;
use kr_wire::metadata_records::MetadataRecord;

use super::{Check, Facts, Input, Severity, Step, Symptom};

/// Level of 3.6-IV1, the first with transactions.
const TRANSACTIONS: i16 = 13;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "V02",
        severity: Severity::Blocker,
        title: "inter.broker.protocol.version is too low",
        step: Step::Prepare,
        needs: &[Input::ZooKeeper],
        fix: "raise inter.broker.protocol.version on all brokers before the migration",
        reference: "KAFKA-14448",
        judge: protocol,
    },
    Check {
        id: "V03",
        severity: Severity::Blocker,
        title: "the controllers have another metadata.version than is planned",
        step: Step::Controllers,
        needs: &[Input::MetadataLog],
        fix: "format the controllers again with --release-version of the brokers' protocol version",
        reference: "KAFKA-20117",
        judge: level,
    },
    Check {
        id: "V04",
        severity: Severity::Blocker,
        title: "the controllers' metadata.version has no transactions",
        step: Step::Controllers,
        needs: &[Input::MetadataLog],
        fix: "use 3.6-IV1 or newer, so that half a copy is never left behind",
        reference: "KAFKA-17457",
        judge: transactions,
    },
    Check {
        id: "V09",
        severity: Severity::Warning,
        title: "topics set message.format.version",
        step: Step::Later,
        needs: &[Input::ZooKeeper],
        fix: "remove the key; it has no effect since 3.0 and is gone in 4.0",
        reference: "KIP-724",
        judge: message_format,
    },
];

fn protocol(facts: &Facts<'_>) -> Vec<Symptom> {
    let mut found = Vec::new();
    for (id, broker) in &facts.model().brokers {
        if let Ok(broker) = broker
            && broker.version < 5
        {
            let evidence = format!("registration of version {}: below 2.7", broker.version);
            found.push(Symptom::of(format!("/brokers/ids/{id}"), evidence));
        }
    }
    let feature = facts.tree().get("/feature").and_then(|node| node.data.as_deref());
    let feature = feature.and_then(|data| serde_json::from_slice::<serde_json::Value>(data).ok());
    if let Some(feature) = feature
        && feature["version"] == 1
    {
        found.push(Symptom::of("/feature", "version 1: the controller is below 3.3"));
    }
    found
}

/// The finalised `metadata.version` of the log.
pub(super) fn metadata_version(facts: &Facts<'_>) -> Option<i16> {
    let records = facts.log().records_until(facts.log().end);
    let levels = records.filter_map(|record| match record {
        MetadataRecord::FeatureLevel(level) if level.name == "metadata.version" => Some(level.feature_level),
        _ => None,
    });
    levels.last()
}

fn level(facts: &Facts<'_>) -> Vec<Symptom> {
    let wanted = facts.settings.metadata_version;
    let name = |level: i16| version_name(level).map_or_else(|| level.to_string(), str::to_owned);
    let other = metadata_version(facts).filter(|level| *level != wanted);
    let symptom =
        |level| Symptom::of("metadata.version", format!("{}, planned is {}", name(level), name(wanted)));
    other.map(symptom).into_iter().collect()
}

fn transactions(facts: &Facts<'_>) -> Vec<Symptom> {
    let low = metadata_version(facts).filter(|level| *level < TRANSACTIONS);
    let symptom = |level: i16| {
        let name = version_name(level).map_or_else(|| level.to_string(), str::to_owned);
        Symptom::of("metadata.version", name)
    };
    low.map(symptom).into_iter().collect()
}

fn message_format(facts: &Facts<'_>) -> Vec<Symptom> {
    let topics = facts.model().configs.topics.iter();
    let set = topics.filter_map(|(topic, config)| {
        let version = config.as_ref().ok()?.get("message.format.version")?;
        Some(Symptom::of(topic, format!("message.format.version={version}")))
    });
    set.collect()
}
