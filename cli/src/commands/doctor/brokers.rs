//! Checks of brokers: in service, reachable, disks, versions.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::Evidence;
use super::finding::{Check, Severity, Symptom};
use crate::sizes::human_bytes;

/// Checks of this subject.
pub const CHECKS: &[Check] = &[
    Check {
        id: "B01",
        severity: Severity::Error,
        title: "broker is fenced",
        fix: "it is registered and not in service: see its log, start it, or forget it with `kr broker unregister ID`",
        judge: |evidence| {
            let fenced = evidence.brokers.iter().filter(|broker| broker.is_fenced == Some(true));
            fenced
                .map(|broker| Symptom::of(format!("broker {}", broker.id), broker.address.to_string()))
                .collect()
        },
    },
    Check {
        id: "B02",
        severity: Severity::Error,
        title: "broker cannot be reached from here",
        fix: "clients need every broker: check its advertised.listeners, DNS and firewalls",
        judge: |evidence| {
            let symptom =
                |(id, why): (&kr_wire::ids::NodeId, &String)| Symptom::of(format!("broker {id}"), why);
            evidence.unreachable.iter().map(symptom).collect()
        },
    },
    Check {
        id: "B03",
        severity: Severity::Error,
        title: "log directory cannot be used",
        fix: "look at the disk and the broker's log; the replicas in it are offline",
        judge: |evidence| of_dirs(evidence, |dir| dir.failure.as_ref().map(std::string::ToString::to_string)),
    },
    Check {
        id: "B04",
        severity: Severity::Error,
        title: "log directory is nearly full",
        fix: "a full disk stops the broker: shorten retention, add disks, or move replicas with `kr reassign plan`",
        judge: |evidence| of_dirs(evidence, |dir| fullness(dir, 95, 101)),
    },
    Check {
        id: "B05",
        severity: Severity::Warning,
        title: "log directory is filling up",
        fix: "shorten retention, add disks, or move replicas with `kr reassign plan rebalance --by bytes`",
        judge: |evidence| of_dirs(evidence, |dir| fullness(dir, 85, 95)),
    },
    Check {
        id: "B06",
        severity: Severity::Warning,
        title: "brokers support different features",
        fix: "finish the rolling upgrade before raising a feature",
        judge: mixed,
    },
    Check {
        id: "B07",
        severity: Severity::Warning,
        title: "some brokers have a rack and others have none",
        fix: "set broker.rack everywhere; replicas are placed without racks until then",
        judge: |evidence| {
            let without: Vec<String> = evidence
                .brokers
                .iter()
                .filter(|broker| broker.rack.is_none())
                .map(|broker| broker.id.to_string())
                .collect();
            if without.is_empty() || without.len() == evidence.brokers.len() {
                return Vec::new();
            }
            vec![Symptom::of("cluster", format!("without a rack: {}", without.join(",")))]
        },
    },
    Check {
        id: "B08",
        severity: Severity::Info,
        title: "a feature can be raised",
        fix: "all nodes support more: see `kr feature list`",
        judge: raisable,
    },
];

fn of_dirs(evidence: &Evidence, seen: impl Fn(&kr_client::admin::LogDir) -> Option<String>) -> Vec<Symptom> {
    let dirs = evidence.log_dirs.iter().flat_map(|(broker, dirs)| dirs.iter().map(move |dir| (broker, dir)));
    dirs.filter_map(|(broker, dir)| Some(Symptom::of(format!("broker {broker}:{}", dir.path), seen(dir)?)))
        .collect()
}

/// What is left, when at least `from` and less than `to` percent are used.
fn fullness(dir: &kr_client::admin::LogDir, from: u64, to: u64) -> Option<String> {
    let total = dir.total_bytes.and_then(|bytes| u64::try_from(bytes).ok()).filter(|bytes| *bytes > 0)?;
    let free = dir.usable_bytes.and_then(|bytes| u64::try_from(bytes).ok())?;
    let used = 100 - (u128::from(free) * 100 / u128::from(total)).min(100);
    let is_in = used >= u128::from(from) && used < u128::from(to);
    is_in.then(|| format!("{used}% used, {} free", human_bytes(free)))
}

fn mixed(evidence: &Evidence) -> Vec<Symptom> {
    let mut ranges: BTreeMap<&str, BTreeSet<(i16, i16)>> = BTreeMap::new();
    for feature in evidence.features.values().flatten() {
        ranges.entry(&feature.name).or_default().extend(feature.supported);
    }
    let unlike = ranges.into_iter().filter(|(_, ranges)| ranges.len() > 1);
    let symptom = |(name, ranges): (&str, BTreeSet<(i16, i16)>)| {
        let ranges: Vec<String> = ranges.iter().map(|(min, max)| format!("{min}-{max}")).collect();
        Symptom::of(format!("feature {name}"), format!("levels {}", ranges.join(" and ")))
    };
    unlike.map(symptom).collect()
}

fn raisable(evidence: &Evidence) -> Vec<Symptom> {
    let mut common: BTreeMap<&str, (i16, Option<i16>)> = BTreeMap::new();
    for feature in evidence.features.values().flatten() {
        let Some((_, max)) = feature.supported else { continue };
        let known = common.entry(&feature.name).or_insert((max, feature.finalized));
        known.0 = known.0.min(max);
    }
    let below = common.into_iter().filter_map(|(name, (max, now))| {
        let now = now.filter(|now| *now < max)?;
        Some(Symptom::of(format!("feature {name}"), format!("at level {now}, all brokers support {max}")))
    });
    below.collect()
}
