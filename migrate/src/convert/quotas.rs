//! SCRAM credentials and quotas: users, clients, clients of users, addresses.
//!
//! Whatever a node has beside SCRAM credentials must be a number. A credential below another kind of entity is
//! taken for one of a user of that name, as the driver does.

use std::collections::BTreeMap;

use kr_wire::metadata_records::{ClientQuotaRecord, MetadataRecord, QuotaEntity, UserScramCredentialRecord};

use super::batches::Batches;
use super::{Stop, sync};
use crate::java;
use crate::model::{Config, DEFAULT_ENTITY, Model, Read};

/// Mechanisms by their name in a node and Kafka's number.
const MECHANISMS: [(&str, i8); 2] = [("SCRAM-SHA-256", 1), ("SCRAM-SHA-512", 2)];
/// The fields of a credential.
const SCRAM_FIELDS: [&str; 4] = ["salt", "stored_key", "server_key", "iterations"];

pub(super) fn copy(model: &Model, batches: &mut Batches) -> Result<(), Stop> {
    let configs = &model.configs;
    entities(&configs.users, "/config/users", "user", batches)?;
    entities(&configs.clients, "/config/clients", "client-id", batches)?;
    for config in configs.user_clients.values() {
        config.as_ref().map_err(Stop::from)?;
    }
    for ((user, client), config) in &configs.user_clients {
        let path = format!("/config/users/{user}/clients/{client}");
        let entity = vec![part("user", user, &path)?, part("client-id", client, &path)?];
        let config = config.as_ref().map_err(Stop::from)?;
        batches.accept(quotas(&entity, config, &path)?)?;
    }
    entities(&configs.ips, "/config/ips", "ip", batches)
}

fn entities(
    nodes: &BTreeMap<String, Read<Config>>,
    parent: &str,
    kind: &str,
    batches: &mut Batches,
) -> Result<(), Stop> {
    for config in nodes.values() {
        config.as_ref().map_err(Stop::from)?;
    }
    for (name, config) in nodes {
        let path = format!("{parent}/{name}");
        let mut config = config.as_ref().map_err(Stop::from)?.clone();
        let entity = part(kind, name, &path)?;
        for (mechanism, number) in MECHANISMS {
            let Some(value) = config.remove(mechanism) else { continue };
            let Some(credential) = scram(&value) else {
                // The value is a secret, so it is not shown.
                let why = format!("has {mechanism:?}, which is not a credential of four fields");
                return Err(Stop { path, why });
            };
            let name = decoded(name, &path)?;
            let record = UserScramCredentialRecord { name, mechanism: number, ..credential };
            batches.accept(vec![(record.into(), path.clone())])?;
        }
        batches.accept(quotas(&[entity], &config, &path)?)?;
    }
    Ok(())
}

/// A part of an entity; the default has no name.
fn part(kind: &str, name: &str, path: &str) -> Result<QuotaEntity, Stop> {
    let entity_name = if name == DEFAULT_ENTITY { None } else { Some(decoded(name, path)?) };
    Ok(QuotaEntity { entity_type: kind.to_owned(), entity_name })
}

fn decoded(name: &str, path: &str) -> Result<String, Stop> {
    let stop = || Stop { path: path.to_owned(), why: format!("has a badly encoded name {name:?}") };
    java::url_decode(name).ok_or_else(stop)
}

fn quotas(
    entity: &[QuotaEntity],
    config: &Config,
    path: &str,
) -> Result<Vec<(MetadataRecord, String)>, Stop> {
    let record = |(key, value): (&String, &String)| {
        let Some(number) = java::parse_double(value) else {
            let why = format!("has {key:?}, whose value is not a number");
            return Err(Stop { path: path.to_owned(), why });
        };
        let record =
            ClientQuotaRecord { entity: entity.to_vec(), key: key.clone(), value: number, remove: false };
        Ok((record.into(), path.to_owned()))
    };
    config.iter().map(record).collect()
}

/// What is wrong with a quota: the copy would abort, or the synchronisation after it would fail.
pub(crate) fn quota_problem(key: &str, value: &str, is_ip: bool) -> Option<String> {
    match java::parse_double(value) {
        None => Some(format!("has {key:?}, whose value is not a number")),
        Some(value) => sync::refused(key, value, is_ip),
    }
}

/// Whether credentials are what they should be.
pub(crate) struct ScramCheck;

impl ScramCheck {
    /// Whether a key is a mechanism that migrates.
    pub(crate) fn is_mechanism(key: &str) -> bool {
        MECHANISMS.iter().any(|(name, _)| *name == key)
    }

    /// Whether a value has the four fields of a credential.
    pub(crate) fn is_valid(value: &str) -> bool {
        scram(value).is_some()
    }
}

/// Reads a credential; name and mechanism are left open.
fn scram(text: &str) -> Option<UserScramCredentialRecord> {
    let mut fields = BTreeMap::new();
    for token in java::split_commas(text) {
        let (key, value) = token.split_once('=').filter(|(key, _)| !key.is_empty())?;
        fields.insert(key, value);
    }
    if fields.len() != SCRAM_FIELDS.len() || !SCRAM_FIELDS.iter().all(|field| fields.contains_key(field)) {
        return None;
    }
    let bytes = |field: &str| java::base64_decode(fields[field]).map(Into::into);
    Some(UserScramCredentialRecord {
        salt: bytes("salt")?,
        stored_key: bytes("stored_key")?,
        server_key: bytes("server_key")?,
        iterations: java::parse_int(fields["iterations"])?,
        ..UserScramCredentialRecord::default()
    })
}
