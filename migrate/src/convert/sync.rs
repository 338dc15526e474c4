//! What stops the synchronisation that follows the copy: it writes every quota back to ZooKeeper, and refuses values
//! that the copy took. The driver then tries for ever and never reaches dual write.

use kr_wire::metadata_records::{ClientQuotaRecord, MetadataRecord};

use super::Stop;
use crate::model::{Config, Model};

/// Quotas of users and clients that are whole numbers of 64 bits.
const LONGS: [&str; 2] = ["producer_byte_rate", "consumer_byte_rate"];
/// Quotas of users and clients that may have a fraction.
const DOUBLES: [&str; 2] = ["request_percentage", "controller_mutation_rate"];
/// Quotas of addresses, whole numbers of 32 bits.
const INTS: [&str; 1] = ["connection_creation_rate"];
/// How far a whole number may be off.
const EPSILON: f64 = 1e-6;

/// The first quota among copied records that cannot be written back.
pub(super) fn stop(batches: &[Vec<MetadataRecord>], model: &Model) -> Option<Stop> {
    batches.iter().flatten().find_map(|record| {
        let MetadataRecord::ClientQuota(quota) = record else { return None };
        let is_ip = quota.entity.iter().any(|part| part.entity_type == "ip");
        let why = refused(&quota.key, quota.value, is_ip)?;
        Some(Stop { path: path(quota, model), why })
    })
}

/// Why a quota is not written back, if it is not.
pub(super) fn refused(key: &str, value: f64, is_ip: bool) -> Option<String> {
    #[expect(clippy::cast_possible_truncation, reason = "Java's conversion saturates in the same way")]
    let whole = match is_ip {
        true if INTS.contains(&key) => f64::from((value + EPSILON) as i32),
        false if LONGS.contains(&key) => ((value + EPSILON) as i64) as f64,
        false if DOUBLES.contains(&key) => return None,
        _ => return Some(format!("has {key:?}, which is no quota of such an entity")),
    };
    // What is not a number is not further off than epsilon, and is written back as 0.
    ((whole - value).abs() > EPSILON).then(|| format!("has {key:?} of {value}, which is not a whole number"))
}

/// The node that a quota comes from.
fn path(quota: &ClientQuotaRecord, model: &Model) -> String {
    let configs = &model.configs;
    let has = |config: &crate::model::Read<Config>| {
        config.as_ref().is_ok_and(|config| config.contains_key(&quota.key))
    };
    let name = |index: usize| quota.entity[index].entity_name.as_deref();
    let is = |node: &str, name: Option<&str>| match name {
        None => node == crate::model::DEFAULT_ENTITY,
        Some(name) => crate::java::url_decode(node).as_deref() == Some(name),
    };
    if let [_, _] = quota.entity[..] {
        let mut nodes = configs.user_clients.iter();
        let found = nodes.find(|((user, client), _)| is(user, name(0)) && is(client, name(1)));
        return found.map_or_else(String::new, |((user, client), _)| {
            format!("/config/users/{user}/clients/{client}")
        });
    }
    let (parent, nodes) = match quota.entity[0].entity_type.as_str() {
        "user" => ("/config/users", &configs.users),
        "client-id" => ("/config/clients", &configs.clients),
        _ => ("/config/ips", &configs.ips),
    };
    let found = nodes.iter().find(|(node, config)| has(config) && is(node, name(0)));
    found.map_or_else(|| parent.to_owned(), |(node, _)| format!("{parent}/{node}"))
}
