//! Checks of what is going on: reassignments, throttles, groups.

use std::collections::BTreeSet;

use super::evidence::Evidence;
use super::finding::{Check, Severity, Symptom};
use crate::commands::reassign::throttle::{RATES, REPLICAS};

/// Checks of this subject.
pub const CHECKS: &[Check] = &[
    Check {
        id: "A01",
        severity: Severity::Info,
        title: "partitions are being reassigned",
        fix: "see how far with `kr reassign status`",
        judge: |evidence| {
            let count = evidence.under_way.as_ref().map_or(0, std::collections::BTreeMap::len);
            if count == 0 { Vec::new() } else { vec![Symptom::of("cluster", format!("{count} partitions"))] }
        },
    },
    Check {
        id: "A02",
        severity: Severity::Warning,
        title: "throttle that nothing needs",
        fix: "replicas that fall behind stay behind; take it away with `kr throttle clear --stale`",
        judge: stale_throttles,
    },
    Check {
        id: "A03",
        severity: Severity::Error,
        title: "reassignment waits for a broker that is not in service",
        fix: "start the broker, or stop the move with `kr reassign cancel`",
        judge: |evidence| {
            let alive: BTreeSet<_> = evidence.in_service().map(|broker| broker.id).collect();
            let moving = evidence.under_way.iter().flatten();
            let waits = moving.filter_map(|(name, moving)| {
                let missing = moving.adding.iter().find(|node| !alive.contains(node))?;
                Some(Symptom::of(name.to_string(), format!("adds broker {missing}")))
            });
            waits.collect()
        },
    },
    Check {
        id: "A04",
        severity: Severity::Info,
        title: "group is rebalancing",
        fix: "if it stays so, see `kr group explain GROUP`",
        judge: |evidence| {
            let is_moving = |state: &str| {
                matches!(state, "PreparingRebalance" | "CompletingRebalance" | "Assigning" | "Reconciling")
            };
            let groups = evidence.groups.iter().filter_map(|group| {
                let state = group.state.as_deref().filter(|state| is_moving(state))?;
                Some(Symptom::of(format!("group {}", group.id), state))
            });
            groups.collect()
        },
    },
];

fn stale_throttles(evidence: &Evidence) -> Vec<Symptom> {
    let Some(under_way) = &evidence.under_way else { return Vec::new() };
    let moving: BTreeSet<&str> = under_way.keys().map(|name| &*name.topic).collect();
    let mut symptoms = Vec::new();
    for (name, settings) in evidence.topic_configs.iter().filter(|(name, _)| !moving.contains(name.as_str()))
    {
        for key in REPLICAS {
            let set = settings.get(key).filter(|setting| setting.is_own && !setting.value.is_empty());
            symptoms
                .extend(set.map(|set| Symptom::of(format!("topic {name}"), format!("{key}={}", set.value))));
        }
    }
    if under_way.is_empty() {
        for (id, settings) in &evidence.broker_configs {
            for key in RATES {
                let set = settings.get(key).filter(|setting| setting.is_own);
                symptoms.extend(
                    set.map(|set| Symptom::of(format!("broker {id}"), format!("{key}={}", set.value))),
                );
            }
        }
    }
    symptoms
}
