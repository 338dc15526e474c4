//! Whom a quota is for: flags in, rows out.

use std::collections::BTreeMap;

use clap::Args;
use kr_client::admin::QuotaEntity;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::CliError;

/// A user, a client id, both, or an address; of each a name or the default.
#[derive(Clone, Debug, Default, Args)]
pub struct EntityArgs {
    /// This user, without `User:`
    #[arg(long, value_name = "NAME", conflicts_with = "user_default")]
    user: Option<String>,
    /// All users that have no quota of their own
    #[arg(long, alias = "user-defaults")]
    user_default: bool,
    /// This client id
    #[arg(long = "client-id", alias = "client", value_name = "NAME", conflicts_with = "client_default")]
    client_id: Option<String>,
    /// All client ids that have no quota of their own
    #[arg(long, alias = "client-defaults")]
    client_default: bool,
    /// This address
    #[arg(long, value_name = "ADDRESS", conflicts_with = "ip_default")]
    ip: Option<String>,
    /// All addresses that have no quota of their own
    #[arg(long, alias = "ip-defaults")]
    ip_default: bool,
}

impl EntityArgs {
    /// What the flags name; empty when they name nothing.
    pub fn parts(&self) -> BTreeMap<String, Option<String>> {
        let mut parts = BTreeMap::new();
        for (kind, name, is_default) in [
            ("user", &self.user, self.user_default),
            ("client-id", &self.client_id, self.client_default),
            ("ip", &self.ip, self.ip_default),
        ] {
            match name {
                Some(name) => drop(parts.insert(kind.to_owned(), Some(name.clone()))),
                None if is_default => drop(parts.insert(kind.to_owned(), None)),
                None => {}
            }
        }
        parts
    }

    /// The entity that the flags name.
    ///
    /// Errors: usage, when they name none, or an address together with something else.
    pub fn entity(&self) -> Result<QuotaEntity, CliError> {
        let parts = self.parts();
        if parts.is_empty() {
            return Err(CliError::usage("it is not said whose quota")
                .hint("name a --user, a --client-id, both, or an --ip; or --user-default and so on"));
        }
        if parts.contains_key("ip") && parts.len() > 1 {
            return Err(CliError::usage("a quota is for an address, or for users and client ids, not both"));
        }
        Ok(QuotaEntity(parts))
    }
}

/// One part of whom a quota is for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EntityPart {
    /// `user`, `client-id` or `ip`.
    pub r#type: String,
    /// Its name; null is everybody who has no quota of their own.
    pub name: Option<String>,
}

/// The parts of an entity, the user first.
pub fn parts(entity: &QuotaEntity) -> Vec<EntityPart> {
    let part =
        |(kind, name): (&String, &Option<String>)| EntityPart { r#type: kind.clone(), name: name.clone() };
    entity.0.iter().rev().map(part).collect()
}

/// What stands in the column of a type: the name, `(default)`, or `-` when the entity has no such part.
pub fn column(entity: &[EntityPart], kind: &str) -> String {
    match entity.iter().find(|part| part.r#type == kind) {
        Some(EntityPart { name: Some(name), .. }) => name.clone(),
        Some(EntityPart { name: None, .. }) => "(default)".to_owned(),
        None => "-".to_owned(),
    }
}

/// A value without digits that say nothing.
pub fn number(value: f64) -> String {
    format!("{value}")
}
