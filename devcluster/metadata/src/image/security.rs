//! Who may do what and how much: ACLs, SCRAM credentials, delegation tokens, client quotas.
//!
//! Kept as their records say, keyed by what identifies them. Nothing is enforced here.

use std::collections::BTreeMap;
use std::sync::Arc;

use kr_wire::ids::Uuid;
use kr_wire::metadata_records::{
    AccessControlEntryRecord, ClientQuotaRecord, DelegationTokenRecord, QuotaEntity,
    RemoveUserScramCredentialRecord, UserScramCredentialRecord,
};

use super::ReplayError;

/// An entity that quotas are for: (type, name) pairs sorted by type; no name is the default entity.
pub type QuotaKey = Vec<(String, Option<String>)>;

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Security {
    pub(super) acls: Arc<BTreeMap<Uuid, AccessControlEntryRecord>>,
    pub(super) scram: Arc<BTreeMap<(i8, String), UserScramCredentialRecord>>,
    pub(super) tokens: Arc<BTreeMap<String, DelegationTokenRecord>>,
    pub(super) quotas: Arc<BTreeMap<QuotaKey, BTreeMap<String, f64>>>,
}

fn quota_key(record: &ClientQuotaRecord) -> QuotaKey {
    let pair = |e: &QuotaEntity| (e.entity_type.clone(), e.entity_name.clone());
    let mut key: QuotaKey = record.entity.iter().map(pair).collect();
    key.sort();
    key
}

impl Security {
    pub(super) fn add_acl(&mut self, record: &AccessControlEntryRecord) {
        Arc::make_mut(&mut self.acls).insert(record.id, record.clone());
    }

    pub(super) fn remove_acl(&mut self, id: Uuid) -> Result<(), ReplayError> {
        match Arc::make_mut(&mut self.acls).remove(&id) {
            Some(_) => Ok(()),
            None => Err(ReplayError::UnknownAcl { id }),
        }
    }

    pub(super) fn set_scram(&mut self, record: &UserScramCredentialRecord) {
        let key = (record.mechanism, record.name.clone());
        Arc::make_mut(&mut self.scram).insert(key, record.clone());
    }

    pub(super) fn remove_scram(
        &mut self,
        record: &RemoveUserScramCredentialRecord,
    ) -> Result<(), ReplayError> {
        match Arc::make_mut(&mut self.scram).remove(&(record.mechanism, record.name.clone())) {
            Some(_) => Ok(()),
            None => Err(ReplayError::UnknownCredential { user: record.name.clone() }),
        }
    }

    pub(super) fn set_token(&mut self, record: &DelegationTokenRecord) {
        Arc::make_mut(&mut self.tokens).insert(record.token_id.clone(), record.clone());
    }

    pub(super) fn remove_token(&mut self, id: &str) -> Result<(), ReplayError> {
        match Arc::make_mut(&mut self.tokens).remove(id) {
            Some(_) => Ok(()),
            None => Err(ReplayError::UnknownToken { id: id.to_owned() }),
        }
    }

    pub(super) fn set_quota(&mut self, record: &ClientQuotaRecord) {
        let quotas = Arc::make_mut(&mut self.quotas);
        let key = quota_key(record);
        if !record.remove {
            quotas.entry(key).or_default().insert(record.key.clone(), record.value);
            return;
        }
        if let Some(values) = quotas.get_mut(&key) {
            values.remove(&record.key);
            if values.is_empty() {
                quotas.remove(&key);
            }
        }
    }

    pub(super) fn quota_records(&self) -> impl Iterator<Item = ClientQuotaRecord> {
        self.quotas.iter().flat_map(|(entity, values)| {
            values.iter().map(|(key, value)| ClientQuotaRecord {
                entity: entity
                    .iter()
                    .map(|(kind, name)| QuotaEntity { entity_type: kind.clone(), entity_name: name.clone() })
                    .collect(),
                key: key.clone(),
                value: *value,
                remove: false,
            })
        })
    }
}
