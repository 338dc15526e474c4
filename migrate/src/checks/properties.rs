//! Group B, and what groups Q and S know from the nodes' files: the settings of brokers and controllers.
//!
//! A file whose `process.roles` has `controller` is a controller's, any other is a broker's. Secrets are compared and
//! never shown.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Facts, Input, Severity, Step, Symptom, some};
use crate::java;
use crate::source::properties::Properties;

const NEEDS: &[Input] = &[Input::Properties];
/// The flag of a migration.
const FLAG: &str = "zookeeper.metadata.migration.enable";
/// Kafka's authorizer in ZooKeeper mode.
const ACL_AUTHORIZER: &str = "kafka.security.authorizer.AclAuthorizer";
/// The one before it, which is gone since 3.0.
const SIMPLE_AUTHORIZER: &str = "kafka.security.auth.SimpleAclAuthorizer";

/// A row of this group; all look at the files.
const fn row(
    id: &'static str,
    severity: Severity,
    step: Step,
    title: &'static str,
    fix: &'static str,
    reference: &'static str,
    judge: fn(&Facts<'_>) -> Vec<Symptom>,
) -> Check {
    Check { id, severity, title, step, needs: NEEDS, fix, reference, judge }
}

use Severity::{Blocker, Error, Warning};
use Step::{Controllers, Kraft, Later, Migrate, Prepare};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "Q01",
        severity: Blocker,
        title: "a controller has the id of a broker or of a replica",
        step: Controllers,
        needs: &[Input::Properties, Input::ZooKeeper],
        fix: "give controllers ids of their own, such as 3000 and up",
        reference: "bitnami/charts#20496",
        judge: shared_ids,
    },
    row(
        "Q02",
        Blocker,
        Controllers,
        "a node is broker and controller: it cannot start during a migration",
        "use controllers of their own, and join the roles afterwards",
        "bitnami/containers#54066",
        combined,
    ),
    row(
        "Q03",
        Error,
        Controllers,
        "fewer than three voters, or an even number",
        "use three or five controllers",
        "KIP-595",
        voters,
    ),
    row(
        "Q07",
        Blocker,
        Controllers,
        "a controller without zookeeper.metadata.migration.enable=true",
        "set it on every controller before its first start",
        "KAFKA-14909, KAFKA-15704",
        unflagged,
    ),
    row(
        "Q08",
        Blocker,
        Controllers,
        "nodes do not agree on the quorum",
        "write the same controller.quorum.voters or bootstrap.servers everywhere",
        "controller.quorum.voters",
        quorum,
    ),
    row(
        "Q09",
        Blocker,
        Controllers,
        "nodes do not agree on zookeeper.connect",
        "write the same hosts and the same chroot everywhere",
        "KafkaZkClient, createTopLevelPaths",
        connect,
    ),
    row(
        "B01",
        Blocker,
        Migrate,
        "a broker whose id is generated",
        "write broker.id from meta.properties; above reserved.broker.max.id also broker.id.generation.enable=false",
        "KAFKA-17042, KAFKA-17543",
        generated_ids,
    ),
    row("B02", Blocker, Migrate, "node.id and broker.id differ", "make them equal", "KafkaConfig", two_ids),
    row(
        "B03",
        Warning,
        Kraft,
        "control.plane.listener.name is set, which KRaft refuses",
        "remove it before brokers become KRaft brokers",
        "KAFKA-17788, KAFKA-17790",
        control_plane,
    ),
    row(
        "B04",
        Blocker,
        Migrate,
        "the controllers' listener is not mapped to a protocol, or is one of a broker's own",
        "map it in listener.security.protocol.map, and leave it out of a broker's listeners",
        "KafkaConfig",
        controller_listener,
    ),
    row(
        "B05",
        Blocker,
        Controllers,
        "nodes do not agree on the listener between brokers",
        "write the same inter.broker.listener.name everywhere, and map it on controllers, too",
        "KAFKA-16468",
        between_brokers,
    ),
    row(
        "B09",
        Blocker,
        Migrate,
        "an authorizer that cannot migrate",
        "use AclAuthorizer before and StandardAuthorizer after the migration",
        "KAFKA-14621, KAFKA-15098",
        authorizer,
    ),
    row(
        "B10",
        Blocker,
        Kraft,
        "a KRaft node with AclAuthorizer, which needs ZooKeeper",
        "use org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "confluentinc/cp-ansible#1805",
        kraft_authorizer,
    ),
    row(
        "B11",
        Blocker,
        Prepare,
        "ACLs may be in another ensemble: only the one of zookeeper.connect is read",
        "copy the ACLs there first",
        "AclAuthorizer",
        other_ensemble,
    ),
    row(
        "B12",
        Blocker,
        Controllers,
        "brokers authorize and controllers do not: changes of ACLs fail",
        "give the controllers StandardAuthorizer",
        "bitnami/containers#23237",
        unauthorized,
    ),
    row(
        "B14",
        Warning,
        Controllers,
        "settings that controllers apply in KRaft differ",
        "copy them from the brokers to the controllers",
        "KafkaConfig",
        defaults,
    ),
    row(
        "B15",
        Warning,
        Controllers,
        "policies and plugins that run on controllers in KRaft differ",
        "set them on controllers, and put their jars there",
        "KAFKA-19026, KIP-1252",
        plugins,
    ),
    row(
        "B18",
        Error,
        Controllers,
        "the secrets of delegation tokens or of passwords differ",
        "use the same secrets on all nodes",
        "delegation.token.secret.key, password.encoder.secret",
        secrets,
    ),
    row(
        "B19",
        Warning,
        Later,
        "keys that 4.0 does not know",
        "remove them when the migration is done",
        "KIP-1030, KAFKA-18136",
        removed,
    ),
    row(
        "B20",
        Warning,
        Prepare,
        "several log directories, and none named for the metadata log",
        "set metadata.log.dir",
        "KAFKA-16195",
        metadata_directory,
    ),
    row(
        "B22",
        Error,
        Controllers,
        "controllers authenticate with SCRAM, whose credentials are in the log they cannot read yet",
        "use PLAIN, mTLS, GSSAPI or OAUTHBEARER, or format with --add-scram",
        "KIP-900",
        scram,
    ),
    row(
        "B23",
        Warning,
        Controllers,
        "nodes do not agree on zookeeper.set.acl",
        "write the same everywhere: nodes of the dual write are open or unreadable otherwise",
        "zookeeper.set.acl",
        set_acl,
    ),
    row(
        "S06",
        Warning,
        Controllers,
        "nodes do not agree on super users or on what is allowed without an ACL",
        "write the same super.users and allow.everyone.if.no.acl.found everywhere",
        "StandardAuthorizer",
        allowed,
    ),
];

fn is_controller(node: &Properties) -> bool {
    node.list("process.roles").contains(&"controller")
}

fn controllers<'a>(facts: &Facts<'a>) -> impl Iterator<Item = &'a Properties> {
    facts.properties.iter().filter(|node| is_controller(node))
}

fn brokers<'a>(facts: &Facts<'a>) -> impl Iterator<Item = &'a Properties> {
    facts
        .properties
        .iter()
        .filter(|node| !is_controller(node) || node.list("process.roles").contains(&"broker"))
}

fn id(node: &Properties) -> Option<i32> {
    node.get("node.id").or_else(|| node.get("broker.id")).and_then(java::parse_int)
}

/// One symptom when a key has several values among nodes; what is not set counts as `default`.
fn differing<'a>(
    nodes: impl Iterator<Item = &'a Properties>,
    key: &'static str,
    default: &'static str,
) -> Option<Symptom> {
    let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for node in nodes {
        values.entry(node.get(key).unwrap_or(default)).or_default().push(&node.name);
    }
    if values.len() < 2 {
        return None;
    }
    let shown = values.into_iter().map(|(value, nodes)| {
        let value = if value.is_empty() { "not set" } else { value };
        format!("{value} on {}", some(nodes))
    });
    Some(Symptom::of(key, shown.collect::<Vec<_>>().join("; ")))
}

fn shared_ids(facts: &Facts<'_>) -> Vec<Symptom> {
    let model = facts.model();
    let mut taken = super::registered(model);
    let topics = model.topics.values().flatten();
    taken.extend(topics.flat_map(|topic| topic.partitions.values()).flat_map(|a| &a.replicas).map(|id| id.0));
    taken.extend(brokers(facts).filter_map(id));
    let shared =
        controllers(facts).filter_map(|node| Some((node, id(node).filter(|id| taken.contains(id))?)));
    shared.map(|(node, id)| Symptom::of(&node.name, format!("node.id={id}"))).collect()
}

fn combined(facts: &Facts<'_>) -> Vec<Symptom> {
    let both = controllers(facts).filter(|node| node.list("process.roles").contains(&"broker"));
    both.map(|node| Symptom::of(&node.name, "process.roles has broker and controller")).collect()
}

fn voters(facts: &Facts<'_>) -> Vec<Symptom> {
    let lists: BTreeSet<Vec<&str>> = facts
        .properties
        .iter()
        .map(|node| node.list("controller.quorum.voters"))
        .filter(|voters| !voters.is_empty())
        .collect();
    let odd = lists.into_iter().filter(|voters| voters.len() < 3 || voters.len() % 2 == 0);
    odd.map(|voters| Symptom::of("controller.quorum.voters", format!("{} voters", voters.len()))).collect()
}

fn unflagged(facts: &Facts<'_>) -> Vec<Symptom> {
    let without = controllers(facts).filter(|node| !node.is_true(FLAG));
    without.map(|node| Symptom::of(&node.name, format!("{FLAG} is not true"))).collect()
}

fn quorum(facts: &Facts<'_>) -> Vec<Symptom> {
    // Brokers that are still to be prepared name no quorum.
    ["controller.quorum.voters", "controller.quorum.bootstrap.servers"]
        .into_iter()
        .filter_map(|key| differing(facts.properties.iter().filter(|node| node.get(key).is_some()), key, ""))
        .collect()
}

fn connect(facts: &Facts<'_>) -> Vec<Symptom> {
    let named = || facts.properties.iter().filter(|node| node.get("zookeeper.connect").is_some());
    let chroot = |node: &Properties| {
        let value = node.get("zookeeper.connect").unwrap_or_default();
        value.find('/').map_or(String::new(), |at| value[at..].trim_end_matches('/').to_owned())
    };
    let chroots: BTreeSet<String> = named().map(chroot).collect();
    let severity = if chroots.len() > 1 { Blocker } else { Warning };
    let differing = differing(named(), "zookeeper.connect", "");
    differing.map(|symptom| symptom.at(severity)).into_iter().collect()
}

fn generated_ids(facts: &Facts<'_>) -> Vec<Symptom> {
    let generated = brokers(facts).filter(|node| id(node).is_none_or(|id| id < 0));
    generated.map(|node| Symptom::of(&node.name, "no broker.id")).collect()
}

fn two_ids(facts: &Facts<'_>) -> Vec<Symptom> {
    let both = facts.properties.iter().filter_map(|node| {
        let (node_id, broker_id) = (node.get("node.id")?, node.get("broker.id")?);
        (node_id != broker_id)
            .then(|| Symptom::of(&node.name, format!("node.id={node_id}, broker.id={broker_id}")))
    });
    both.collect()
}

fn control_plane(facts: &Facts<'_>) -> Vec<Symptom> {
    let key = "control.plane.listener.name";
    let set = brokers(facts).filter_map(|node| Some((node, node.get(key)?)));
    set.map(|(node, value)| {
        let symptom = Symptom::of(&node.name, format!("{key}={value}"));
        if node.get("process.roles").is_some() { symptom.at(Blocker) } else { symptom }
    })
    .collect()
}

/// Names of listeners in a value like `NAME://host:port,...`.
fn listener_names<'a>(node: &'a Properties, key: &str) -> Vec<&'a str> {
    node.list(key).into_iter().filter_map(|listener| Some(listener.split_once("://")?.0)).collect()
}

/// Whether a listener has a protocol: it is mapped, or there is no map and it is called like one.
fn is_mapped(node: &Properties, listener: &str) -> bool {
    const PROTOCOLS: [&str; 4] = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];
    let map = node.list("listener.security.protocol.map");
    match map.is_empty() {
        true => PROTOCOLS.contains(&listener),
        false => map.iter().any(|entry| entry.split_once(':').is_some_and(|(name, _)| name == listener)),
    }
}

fn controller_listener(facts: &Facts<'_>) -> Vec<Symptom> {
    let mut found = Vec::new();
    for node in facts.properties {
        for listener in node.list("controller.listener.names") {
            if !is_mapped(node, listener) {
                found.push(Symptom::of(&node.name, format!("{listener} is not mapped to a protocol")));
            }
            let is_own = ["listeners", "advertised.listeners"]
                .into_iter()
                .any(|key| listener_names(node, key).contains(&listener));
            if is_own && !is_controller(node) {
                found.push(Symptom::of(&node.name, format!("{listener} is one of the broker's listeners")));
            }
        }
    }
    found
}

fn between_brokers(facts: &Facts<'_>) -> Vec<Symptom> {
    let keys = [("inter.broker.listener.name", ""), ("security.inter.broker.protocol", "PLAINTEXT")];
    // Where the listener is named the protocol does not count.
    let is_named = facts.properties.iter().any(|node| node.get(keys[0].0).is_some());
    let (key, default) = keys[usize::from(!is_named)];
    let mut found: Vec<Symptom> = differing(facts.properties.iter(), key, default).into_iter().collect();
    let names: BTreeSet<&str> = brokers(facts).filter_map(|node| node.get(keys[0].0)).collect();
    for node in controllers(facts) {
        let unmapped = names.iter().filter(|name| !is_mapped(node, name));
        found.extend(
            unmapped.map(|name| Symptom::of(&node.name, format!("{name} is not mapped to a protocol"))),
        );
    }
    found
}

fn authorizer(facts: &Facts<'_>) -> Vec<Symptom> {
    let simple =
        facts.properties.iter().filter(|node| node.get("authorizer.class.name") == Some(SIMPLE_AUTHORIZER));
    simple.map(|node| Symptom::of(&node.name, SIMPLE_AUTHORIZER)).collect()
}

fn kraft_authorizer(facts: &Facts<'_>) -> Vec<Symptom> {
    let kraft = facts.properties.iter().filter(|node| node.get("process.roles").is_some());
    let wrong = kraft.filter(|node| node.get("authorizer.class.name") == Some(ACL_AUTHORIZER));
    wrong.map(|node| Symptom::of(&node.name, ACL_AUTHORIZER)).collect()
}

fn other_ensemble(facts: &Facts<'_>) -> Vec<Symptom> {
    let key = "authorizer.zookeeper.url";
    let set = facts.properties.iter().filter_map(|node| Some((node, node.get(key)?)));
    let other = set.filter(|(node, url)| node.get("zookeeper.connect") != Some(url));
    other.map(|(node, url)| Symptom::of(&node.name, format!("{key}={url}"))).collect()
}

fn unauthorized(facts: &Facts<'_>) -> Vec<Symptom> {
    let key = "authorizer.class.name";
    if brokers(facts).all(|node| node.get(key).is_none()) {
        return Vec::new();
    }
    let without = controllers(facts).filter(|node| node.get(key).is_none());
    without.map(|node| Symptom::of(&node.name, format!("no {key}"))).collect()
}

fn defaults(facts: &Facts<'_>) -> Vec<Symptom> {
    let keys = [
        ("default.replication.factor", "1"),
        ("num.partitions", "1"),
        ("min.insync.replicas", "1"),
        ("unclean.leader.election.enable", "false"),
        ("auto.leader.rebalance.enable", "true"),
        ("leader.imbalance.check.interval.seconds", "300"),
        ("delete.topic.enable", "true"),
    ];
    keys.into_iter().filter_map(|(key, default)| differing(facts.properties.iter(), key, default)).collect()
}

fn plugins(facts: &Facts<'_>) -> Vec<Symptom> {
    let keys = [
        "create.topic.policy.class.name",
        "alter.config.policy.class.name",
        "client.quota.callback.class",
        "principal.builder.class",
    ];
    keys.into_iter().filter_map(|key| differing(facts.properties.iter(), key, "")).collect()
}

fn secrets(facts: &Facts<'_>) -> Vec<Symptom> {
    let token = ["delegation.token.secret.key", "delegation.token.master.key"];
    let mut found = Vec::new();
    for (what, keys) in [(token[0], &token[..]), ("password.encoder.secret", &["password.encoder.secret"])] {
        let value = |node: &'_ Properties| keys.iter().find_map(|key| node.get(key)).map(str::to_owned);
        let values: BTreeSet<Option<String>> = facts.properties.iter().map(value).collect();
        if values.len() > 1 {
            let without = facts.properties.iter().filter(|node| value(node).is_none());
            let without = some(without.map(|node| &node.name));
            let evidence =
                if without.is_empty() { "not equal".to_owned() } else { format!("not set on {without}") };
            found.push(Symptom::of(what, evidence));
        }
    }
    found
}

/// Keys that 4.0 has no more, beside those that begin with `zookeeper.` and `password.encoder.`.
const REMOVED: [&str; 17] = [
    "inter.broker.protocol.version",
    "log.message.format.version",
    "broker.id.generation.enable",
    "reserved.broker.max.id",
    "control.plane.listener.name",
    "controlled.shutdown.max.retries",
    "controlled.shutdown.retry.backoff.ms",
    "leader.imbalance.per.broker.percentage",
    "offsets.commit.required.acks",
    "delegation.token.master.key",
    "log.message.timestamp.difference.max.ms",
    "auto.include.jmx.reporter",
    "metrics.jmx.blacklist",
    "metrics.jmx.whitelist",
    "alter.config.policy.kraft.compatibility.enable",
    "eligible.leader.replicas.enable",
    "authorizer.zookeeper.url",
];

fn removed(facts: &Facts<'_>) -> Vec<Symptom> {
    let is_removed = |key: &&str| {
        REMOVED.contains(key) || key.starts_with("zookeeper.") || key.starts_with("password.encoder.")
    };
    let found = facts.properties.iter().map(|node| {
        let keys: BTreeSet<&str> = node.entries().map(|(key, _)| key).filter(is_removed).collect();
        (node, keys)
    });
    found
        .filter(|(_, keys)| !keys.is_empty())
        .map(|(node, keys)| Symptom::of(&node.name, some(keys)))
        .collect()
}

fn metadata_directory(facts: &Facts<'_>) -> Vec<Symptom> {
    let several = facts.properties.iter().filter(|node| node.list("log.dirs").len() > 1);
    let unnamed = several.filter(|node| node.get("metadata.log.dir").is_none());
    unnamed.map(|node| Symptom::of(&node.name, format!("{} log.dirs", node.list("log.dirs").len()))).collect()
}

fn scram(facts: &Facts<'_>) -> Vec<Symptom> {
    let key = "sasl.mechanism.controller.protocol";
    let scram = facts.properties.iter().filter_map(|node| {
        let mechanism = node.get(key).filter(|value| value.starts_with("SCRAM-"))?;
        Some(Symptom::of(&node.name, format!("{key}={mechanism}")))
    });
    scram.collect()
}

fn set_acl(facts: &Facts<'_>) -> Vec<Symptom> {
    let with_zookeeper = facts.properties.iter().filter(|node| node.get("zookeeper.connect").is_some());
    differing(with_zookeeper, "zookeeper.set.acl", "false").into_iter().collect()
}

fn allowed(facts: &Facts<'_>) -> Vec<Symptom> {
    let keys = [("super.users", ""), ("allow.everyone.if.no.acl.found", "false")];
    keys.into_iter().filter_map(|(key, default)| differing(facts.properties.iter(), key, default)).collect()
}
