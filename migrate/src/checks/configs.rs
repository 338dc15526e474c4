//! Groups B and C as far as the tree tells: brokers' configurations, quotas, credentials, ACLs, tokens, ids.

use super::{Check, Facts, Input, Severity, Step, Symptom, is_password, some};
use crate::convert::{ScramCheck, quota_problem};
use crate::java;
use crate::model::{DEFAULT_ENTITY, TokenNode};

const NEEDS: &[Input] = &[Input::ZooKeeper];
/// First level of `metadata.version` with delegation tokens (3.6-IV2).
const TOKENS: i16 = 14;

/// A row of this group; all look at the tree.
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

use Severity::{Blocker, Error, Information, Warning};
use Step::{Controllers, Kraft, Migrate, Prepare};

pub(super) const CHECKS: &[Check] = &[
    row(
        "B13",
        Blocker,
        Controllers,
        "brokers' configurations hold passwords that controllers must be able to decode",
        "give all controllers the brokers' password.encoder.secret and its other settings",
        "KAFKA-14801",
        passwords,
    ),
    row(
        "B25",
        Warning,
        Kraft,
        "listeners are configured dynamically, which KRaft does not take",
        "move them to the brokers' files",
        "DynamicListenerConfig",
        listeners,
    ),
    row(
        "C01",
        Blocker,
        Migrate,
        "quotas that are no numbers, no whole numbers or no quotas: the copy aborts, or dual write never begins",
        "delete or correct the key",
        "ZkConfigMigrationClient",
        quotas,
    ),
    row(
        "C02",
        Blocker,
        Migrate,
        "SCRAM credentials that are not of four valid fields: the copy aborts",
        "set the user's password again, or delete the key",
        "ScramCredentialUtils",
        credentials,
    ),
    row(
        "C03",
        Information,
        Prepare,
        "encoded names and defaults among users, clients and addresses: lost before 3.6.2 and 3.7.1",
        "use a controller release that has the fix",
        "KAFKA-16222, KAFKA-16411",
        encoded,
    ),
    row(
        "C04",
        Blocker,
        Migrate,
        "a broker's configuration that is named after no broker's id: the copy aborts",
        "delete the node",
        "KAFKA-15374",
        broker_names,
    ),
    row(
        "C05",
        Blocker,
        Migrate,
        "names and paths below /config/users that cannot be read",
        "delete the node",
        "ZkConfigMigrationClient",
        user_paths,
    ),
    row(
        "C06",
        Blocker,
        Migrate,
        "ACLs that cannot be read, or with an operation or permission nobody knows",
        "write the ACLs of the resource again",
        "KAFKA-18051",
        acls,
    ),
    row(
        "C07",
        Error,
        Migrate,
        "ACLs of an unknown type or in a place that nobody reads: they are lost silently",
        "create them again under a type that is known",
        "AclAuthorizer, loadAllAcls",
        lost_acls,
    ),
    row(
        "C08",
        Warning,
        Prepare,
        "resources without ACLs, or with the same one twice",
        "clean up",
        "AclEntry",
        idle_acls,
    ),
    row(
        "C09",
        Blocker,
        Controllers,
        "delegation tokens exist, and the planned metadata.version does not carry them",
        "plan 3.6-IV2 or newer, or let the tokens expire",
        "KAFKA-15219",
        old_version_tokens,
    ),
    row(
        "C10",
        Warning,
        Migrate,
        "delegation tokens that have expired or cannot be read",
        "expire them",
        "DelegationTokenManagerZk",
        tokens,
    ),
    row(
        "C11",
        Blocker,
        Migrate,
        "the block of producer ids cannot be read: the copy aborts",
        "restore the node with the last block that was given out",
        "KAFKA-15552",
        producer_ids,
    ),
    row(
        "C12",
        Information,
        Prepare,
        "offsets of consumers older than 0.9: they are not migrated",
        "tell their owners",
        "/consumers",
        consumers,
    ),
    row(
        "S07",
        Warning,
        Migrate,
        "passwords in brokers' configurations will lie in clear in the metadata log",
        "protect the controllers' disks",
        "ConfigRecord",
        clear_passwords,
    ),
];

/// Keys of brokers' configurations that are passwords, by node.
fn password_keys<'a>(facts: &Facts<'a>) -> Vec<(String, Vec<&'a String>)> {
    let brokers = facts.model().configs.brokers.iter();
    let keys = brokers.map(|(name, config)| {
        let keys = config.iter().flat_map(|config| config.keys()).filter(|key| is_password(key));
        (format!("/config/brokers/{name}"), keys.collect::<Vec<_>>())
    });
    keys.filter(|(_, keys)| !keys.is_empty()).collect()
}

fn passwords(facts: &Facts<'_>) -> Vec<Symptom> {
    password_keys(facts).into_iter().map(|(path, keys)| Symptom::of(path, some(keys))).collect()
}

fn clear_passwords(facts: &Facts<'_>) -> Vec<Symptom> {
    passwords(facts)
}

fn listeners(facts: &Facts<'_>) -> Vec<Symptom> {
    let keys = ["listeners", "advertised.listeners", "listener.security.protocol.map"];
    let brokers = facts.model().configs.brokers.iter();
    let set = brokers.flat_map(|(name, config)| {
        let config = config.as_ref().ok();
        keys.into_iter().filter_map(move |key| {
            let value = config?.get(key)?;
            Some(Symptom::of(format!("/config/brokers/{name}"), format!("{key}={value}")))
        })
    });
    set.collect()
}

fn quotas(facts: &Facts<'_>) -> Vec<Symptom> {
    let configs = &facts.model().configs;
    let mut found = Vec::new();
    let single = [
        ("/config/users", &configs.users, false),
        ("/config/clients", &configs.clients, false),
        ("/config/ips", &configs.ips, true),
    ];
    let nodes = single.into_iter().flat_map(|(parent, nodes, is_ip)| {
        nodes.iter().map(move |(name, config)| (format!("{parent}/{name}"), config, is_ip, true))
    });
    let pairs = configs.user_clients.iter().map(|((user, client), config)| {
        (format!("/config/users/{user}/clients/{client}"), config, false, false)
    });
    for (path, config, is_ip, may_have_scram) in nodes.chain(pairs) {
        match config {
            Err(unreadable) => found.push(Symptom::of(&path, &unreadable.why)),
            Ok(config) => {
                for (key, value) in config {
                    let is_credential = may_have_scram && ScramCheck::is_mechanism(key);
                    if let Some(why) = quota_problem(key, value, is_ip).filter(|_| !is_credential) {
                        found.push(Symptom::of(&path, why));
                    }
                }
            }
        }
    }
    found
}

fn credentials(facts: &Facts<'_>) -> Vec<Symptom> {
    let configs = &facts.model().configs;
    let nodes = [("users", &configs.users), ("clients", &configs.clients), ("ips", &configs.ips)];
    let mut found = Vec::new();
    for (kind, nodes) in nodes {
        for (name, config) in nodes {
            let keys = config.iter().flatten().filter(|(key, _)| ScramCheck::is_mechanism(key));
            // The value is a secret.
            let broken = keys.filter(|(_, value)| !ScramCheck::is_valid(value));
            found.extend(broken.map(|(key, _)| {
                Symptom::of(format!("/config/{kind}/{name}"), format!("{key} is malformed"))
            }));
        }
    }
    found
}

/// Names of users, clients and addresses, with their paths.
fn entity_names<'a>(facts: &Facts<'a>) -> Vec<(String, &'a String)> {
    let configs = &facts.model().configs;
    let single = [("users", &configs.users), ("clients", &configs.clients), ("ips", &configs.ips)];
    let names = single
        .into_iter()
        .flat_map(|(kind, nodes)| nodes.keys().map(move |name| (format!("/config/{kind}/{name}"), name)));
    let clients = configs
        .user_clients
        .keys()
        .map(|(user, client)| (format!("/config/users/{user}/clients/{client}"), client));
    names.chain(clients).collect()
}

fn encoded(facts: &Facts<'_>) -> Vec<Symptom> {
    let names = entity_names(facts).into_iter();
    let odd = names.filter(|(_, name)| name.contains('%') || *name == DEFAULT_ENTITY);
    odd.map(|(path, name)| Symptom::of(path, name)).collect()
}

fn broker_names(facts: &Facts<'_>) -> Vec<Symptom> {
    let names = facts.model().configs.brokers.keys();
    let odd = names.filter(|name| *name != DEFAULT_ENTITY && java::parse_int(name).is_none());
    odd.map(|name| Symptom::of(format!("/config/brokers/{name}"), "is not a broker's id")).collect()
}

fn user_paths(facts: &Facts<'_>) -> Vec<Symptom> {
    let mut found: Vec<Symptom> = entity_names(facts)
        .into_iter()
        .filter(|(_, name)| java::url_decode(name).is_none())
        .map(|(path, _)| Symptom::of(path, "the name is badly encoded"))
        .collect();
    let tree = facts.tree();
    for user in facts.model().configs.users.keys() {
        let path = format!("/config/users/{user}");
        let odd = tree.children(&path).filter(|name| *name != "clients");
        found.extend(odd.map(|name| {
            Symptom::of(format!("{path}/{name}"), "is no node of Kafka's and is passed over").at(Warning)
        }));
    }
    found
}

fn acls(facts: &Facts<'_>) -> Vec<Symptom> {
    let mut found = Vec::new();
    for node in &facts.model().acls {
        match &node.entries {
            Err(unreadable) => found.push(Symptom::of(&node.path, &unreadable.why)),
            Ok(entries) => {
                let unknown = entries.bindings.iter().filter(|acl| acl.operation == 0 || acl.permission == 0);
                let symptom = |acl: &crate::model::AclBinding| {
                    Symptom::of(&node.path, format!("{}: unknown operation or permission", acl.principal))
                };
                found.extend(unknown.map(symptom));
            }
        }
    }
    found
}

fn lost_acls(facts: &Facts<'_>) -> Vec<Symptom> {
    let lost = facts.model().lost_acls.iter();
    lost.map(|lost| Symptom::of(&lost.path, format!("{} resources", lost.resources))).collect()
}

fn idle_acls(facts: &Facts<'_>) -> Vec<Symptom> {
    let mut found = Vec::new();
    for node in &facts.model().acls {
        let Ok(entries) = &node.entries else { continue };
        if entries.is_junk {
            found.push(Symptom::of(&node.path, "is not JSON and taken for nothing"));
        } else if entries.bindings.is_empty() {
            found.push(Symptom::of(&node.path, "has no ACLs"));
        }
        if entries.duplicates > 0 {
            found.push(Symptom::of(&node.path, format!("{} ACLs are there twice", entries.duplicates)));
        }
    }
    found
}

fn old_version_tokens(facts: &Facts<'_>) -> Vec<Symptom> {
    let count = facts.model().tokens.len();
    if count == 0 || facts.settings.metadata_version >= TOKENS {
        return Vec::new();
    }
    vec![Symptom::of("/delegation_token/tokens", format!("{count} tokens"))]
}

fn tokens(facts: &Facts<'_>) -> Vec<Symptom> {
    let tokens = facts.model().tokens.iter();
    let odd = tokens.filter_map(|(name, node)| {
        let path = format!("/delegation_token/tokens/{name}");
        match node {
            TokenNode::Nothing => Some(Symptom::of(path, "holds no token and is passed over")),
            TokenNode::Token(Err(unreadable)) => {
                Some(Symptom::of(path, format!("{}: the copy aborts", unreadable.why)).at(Blocker))
            }
            TokenNode::Token(Ok(token)) => {
                (token.expires_ms <= facts.now_ms).then(|| Symptom::of(path, "has expired"))
            }
        }
    });
    odd.collect()
}

fn producer_ids(facts: &Facts<'_>) -> Vec<Symptom> {
    match &facts.model().producer_ids {
        Some(Err(unreadable)) => vec![Symptom::of(&unreadable.path, &unreadable.why)],
        _ => Vec::new(),
    }
}

fn consumers(facts: &Facts<'_>) -> Vec<Symptom> {
    let tree = facts.tree();
    let groups = tree.children("/consumers");
    let with_offsets =
        groups.filter(|group| tree.children(&format!("/consumers/{group}/offsets")).next().is_some());
    with_offsets.map(|group| Symptom::of(format!("/consumers/{group}"), "has offsets")).collect()
}
