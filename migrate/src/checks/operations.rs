//! Group O: running the migration.

use kr_wire::metadata_records::MetadataRecord;

use super::{Check, Facts, Input, Severity, Step, Symptom, some};

/// ZooKeeper's default `jute.maxbuffer`, in bytes.
const MAX_BUFFER_BYTES: usize = 1_048_575;
/// Share of it, in percent, from which it is worth telling.
const NEAR_PERCENT: usize = 75;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "O01",
        severity: Severity::Blocker,
        title: "brokers are still in ZooKeeper mode: finalising would cut them off",
        step: Step::Finalize,
        needs: &[Input::ZooKeeper, Input::MetadataLog],
        fix: "make them KRaft brokers first",
        reference: "KAFKA-20960",
        judge: migrating,
    },
    Check {
        id: "O03",
        severity: Severity::Warning,
        title: "nodes or lists of children near jute.maxbuffer",
        step: Step::Prepare,
        needs: &[Input::ZooKeeper],
        fix: "raise jute.maxbuffer on the servers, the brokers and the controllers",
        reference: "KAFKA-13270",
        judge: large,
    },
    Check {
        id: "O04",
        severity: Severity::Warning,
        title: "sessions in ZooKeeper that are neither brokers nor controllers",
        step: Step::Prepare,
        needs: &[Input::ZooKeeper],
        fix: "find out what they are, and move them to Kafka's protocol",
        reference: "ephemeral nodes outside /brokers/ids and /controller",
        judge: strangers,
    },
];

fn migrating(facts: &Facts<'_>) -> Vec<Symptom> {
    let mut registrations = std::collections::BTreeMap::new();
    for record in facts.log().records_until(facts.log().end) {
        match record {
            MetadataRecord::RegisterBroker(record) => {
                registrations.insert(record.broker_id, record.is_migrating_zk_broker);
            }
            MetadataRecord::UnregisterBroker(record) => {
                registrations.remove(&record.broker_id);
            }
            _ => {}
        }
    }
    let migrating = registrations.iter().filter(|(_, migrating)| **migrating);
    let mut found: Vec<Symptom> = migrating
        .map(|(id, _)| Symptom::of(format!("broker {id}"), "registered as a migrating ZooKeeper broker"))
        .collect();
    let ids: Vec<&String> = facts.model().brokers.keys().collect();
    if !ids.is_empty() {
        found.push(Symptom::of("/brokers/ids", some(ids)));
    }
    found
}

fn large(facts: &Facts<'_>) -> Vec<Symptom> {
    let tree = facts.tree();
    let near = MAX_BUFFER_BYTES * NEAR_PERCENT / 100;
    let mut found = Vec::new();
    for (path, node) in tree.walk() {
        let data = node.data.as_ref().map_or(0, |data| data.len());
        if data > near {
            found.push(Symptom::of(&path, format!("{data} bytes of data")));
        }
        let children: usize = tree.children(&path).map(|name| name.len() + 4).sum();
        if children > near {
            found.push(Symptom::of(&path, format!("{children} bytes of children's names")));
        }
    }
    found
}

fn strangers(facts: &Facts<'_>) -> Vec<Symptom> {
    let ephemeral = facts.tree().walk().filter(|(_, node)| node.stat.ephemeral_owner != 0);
    let strange = ephemeral.filter(|(path, _)| path != "/controller" && !path.starts_with("/brokers/ids/"));
    strange
        .map(|(path, node)| Symptom::of(path, format!("of session 0x{:x}", node.stat.ephemeral_owner)))
        .collect()
}
