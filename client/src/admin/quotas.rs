//! Client quotas: list and change (KIP-546; Kafka 2.6 and newer). Which one counts is decided in `quota_rules`.

use std::collections::BTreeMap;

use kr_wire::messages::alter_client_quotas_request::{EntityData, EntryData, OpData};
use kr_wire::messages::{AlterClientQuotasRequest, DescribeClientQuotasRequest};

use super::{checked, text, unless_moment};
use crate::Client;
use crate::error::Error;
use crate::routing::Route;

/// Whom a quota is for: names by type (`user`, `client-id`, `ip`); `None` is everybody who has none of their
/// own.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct QuotaEntity(pub BTreeMap<String, Option<String>>);

impl std::fmt::Display for QuotaEntity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, (kind, name)) in self.0.iter().rev().enumerate() {
            let separator = if place > 0 { ", " } else { "" };
            match name {
                Some(name) => write!(f, "{separator}{kind} \"{name}\"")?,
                None => write!(f, "{separator}default {kind}")?,
            }
        }
        Ok(())
    }
}

/// Values by key: `producer_byte_rate`, `consumer_byte_rate` (bytes a second and broker),
/// `request_percentage`, `controller_mutation_rate`, `connection_creation_rate`.
pub type QuotaValues = BTreeMap<String, f64>;

/// Values to set; `None` removes.
pub type QuotaEdits = BTreeMap<String, Option<f64>>;

impl Client {
    /// All quotas by whom they are for.
    pub async fn list_quotas(&self) -> Result<BTreeMap<QuotaEntity, QuotaValues>, Error> {
        let what = "list quotas";
        let answer = self
            .request(
                Route::Any,
                what,
                |_| DescribeClientQuotasRequest::default(),
                |response| checked(what, response.error_code, response.error_message.as_ref()),
            )
            .await?;
        let mut quotas: BTreeMap<QuotaEntity, QuotaValues> = BTreeMap::new();
        for entry in answer.response.entries.unwrap_or_default() {
            let parts = entry.entity.iter().map(|part| {
                (
                    part.entity_type.as_str().to_owned(),
                    part.entity_name.as_ref().map(|n| n.as_str().to_owned()),
                )
            });
            let values = entry.values.iter().map(|value| (value.key.as_str().to_owned(), value.value));
            quotas.entry(QuotaEntity(parts.collect())).or_default().extend(values);
        }
        Ok(quotas)
    }

    /// Changes quotas, or with `validate_only` says whether they could be changed.
    pub async fn alter_quotas(
        &self,
        changes: &[(QuotaEntity, QuotaEdits)],
        validate_only: bool,
    ) -> Result<Vec<(QuotaEntity, Result<(), Error>)>, Error> {
        let what = "change quotas";
        let entry = |(entity, edits): &(QuotaEntity, QuotaEdits)| {
            let part = |(kind, name): (&String, &Option<String>)| {
                EntityData::default().with_entity_type(text(kind)).with_entity_name(name.as_deref().map(text))
            };
            let edit = |(key, value): (&String, &Option<f64>)| {
                OpData::default()
                    .with_key(text(key))
                    .with_value(value.unwrap_or(0.0))
                    .with_remove(value.is_none())
            };
            EntryData::default()
                .with_entity(entity.0.iter().map(part).collect())
                .with_ops(edits.iter().map(edit).collect())
        };
        let build = |_| {
            AlterClientQuotasRequest::default()
                .with_entries(changes.iter().map(entry).collect())
                .with_validate_only(validate_only)
        };
        let answer = self
            .request(Route::Controller, what, build, |response| {
                unless_moment(what, response.entries.iter().map(|entry| entry.error_code))
            })
            .await?;
        let result = |entry: &kr_wire::messages::alter_client_quotas_response::EntryData| {
            let parts = entry.entity.iter().map(|part| {
                (
                    part.entity_type.as_str().to_owned(),
                    part.entity_name.as_ref().map(|n| n.as_str().to_owned()),
                )
            });
            let entity = QuotaEntity(parts.collect());
            let what = format!("change the quotas of {entity}");
            let outcome = checked(what, entry.error_code, entry.error_message.as_ref());
            (entity, outcome)
        };
        Ok(answer.response.entries.iter().map(result).collect())
    }
}
