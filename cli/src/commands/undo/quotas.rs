//! The way back from changed quotas.

use std::collections::BTreeMap;

use kr_client::Client;
use kr_client::admin::{QuotaEdits, QuotaEntity};
use kr_client::undo::QuotaBefore;

use super::way::{Step, failures};
use crate::error::CliError;
use crate::output::Failure;

fn entity(quota: &QuotaBefore) -> QuotaEntity {
    QuotaEntity(quota.entity.clone())
}

/// What quotas are now, and what they will be.
pub async fn look(client: &Client, quotas: &[QuotaBefore]) -> Result<Vec<Step>, CliError> {
    let all = client.list_quotas().await?;
    let show = |value: Option<f64>| value.map_or("not set".to_owned(), |value| value.to_string());
    let step = |quota: &QuotaBefore| {
        let now = all.get(&entity(quota)).and_then(|values| values.get(&quota.key)).copied();
        Step {
            target: format!("{} of {}", quota.key, entity(quota)),
            now: show(now),
            then: show(quota.before),
            is_as_left: now == quota.after,
        }
    };
    Ok(quotas.iter().map(step).collect())
}

/// Sets quotas to what they were.
pub async fn go(client: &Client, quotas: &[QuotaBefore]) -> Result<Vec<Failure>, CliError> {
    let mut changes: BTreeMap<QuotaEntity, QuotaEdits> = BTreeMap::new();
    for quota in quotas {
        changes.entry(entity(quota)).or_default().insert(quota.key.clone(), quota.before);
    }
    let changes: Vec<_> = changes.into_iter().collect();
    let results = client.alter_quotas(&changes, false).await?;
    Ok(failures(results.into_iter().map(|(entity, result)| (entity.to_string(), result))))
}
