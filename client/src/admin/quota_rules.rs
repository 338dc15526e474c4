//! Which quota counts for a client: the first of Kafka's order that has the key (KIP-13, KIP-55, KIP-546). Pure.
//!
//! ```text
//! 1 user + client id    2 user + default client id            3 user
//! 4 default user + client id   5 default user + default client id   6 default user
//! 7 client id           8 default client id
//! ```
//! Addresses have an order of their own: the address, then the default.

use std::collections::BTreeMap;

use super::quotas::{QuotaEntity, QuotaValues};

/// Keys of quotas for users and client ids.
pub const CLIENT_KEYS: [&str; 4] =
    ["producer_byte_rate", "consumer_byte_rate", "request_percentage", "controller_mutation_rate"];

/// The key of quotas for addresses.
pub const IP_KEY: &str = "connection_creation_rate";

/// Who a client is.
#[derive(Clone, Copy, Debug, Default)]
pub struct QuotaSubject<'a> {
    /// Its user name, without `User:`.
    pub user: Option<&'a str>,
    /// Its client id.
    pub client_id: Option<&'a str>,
    /// Its address.
    pub ip: Option<&'a str>,
}

/// The quota that counts for one key.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectiveQuota<'a> {
    /// The key.
    pub key: &'static str,
    /// The quota that counts and its value; none when nothing limits the client.
    pub found: Option<(&'a QuotaEntity, f64)>,
    /// Who uses the limit up together, per broker.
    pub shared_by: &'static str,
}

/// The quotas that count for a client, one row a key, ascending in the order of [`CLIENT_KEYS`].
pub fn effective<'a>(
    quotas: &'a BTreeMap<QuotaEntity, QuotaValues>,
    subject: QuotaSubject<'_>,
) -> Vec<EffectiveQuota<'a>> {
    let by_client = candidates(subject);
    let mut rows = Vec::new();
    if !by_client.is_empty() {
        rows.extend(CLIENT_KEYS.map(|key| first(quotas, &by_client, key)));
    }
    if let Some(ip) = subject.ip {
        let by_ip = [
            (entity(&[("ip", Some(ip))]), "this address"),
            (entity(&[("ip", None)]), "each address for itself"),
        ];
        rows.push(first(quotas, &by_ip, IP_KEY));
    }
    rows
}

/// All entities that can count for users and client ids, the first first, and who shares a limit of theirs.
fn candidates(subject: QuotaSubject<'_>) -> Vec<(QuotaEntity, &'static str)> {
    const BOTH: &str = "the user's clients of this client id";
    const USER: &str = "all clients of the user";
    const CLIENT: &str = "all clients of this client id";
    let mut found = Vec::new();
    if let Some(user) = subject.user {
        for user in [Some(user), None] {
            if let Some(client) = subject.client_id {
                for client in [Some(client), None] {
                    found.push((entity(&[("user", user), ("client-id", client)]), BOTH));
                }
            }
            found.push((entity(&[("user", user)]), USER));
        }
    }
    if let Some(client) = subject.client_id {
        for client in [Some(client), None] {
            found.push((entity(&[("client-id", client)]), CLIENT));
        }
    }
    found
}

fn entity(parts: &[(&str, Option<&str>)]) -> QuotaEntity {
    let part = |(kind, name): &(&str, Option<&str>)| ((*kind).to_owned(), name.map(str::to_owned));
    QuotaEntity(parts.iter().map(part).collect())
}

fn first<'a>(
    quotas: &'a BTreeMap<QuotaEntity, QuotaValues>,
    candidates: &[(QuotaEntity, &'static str)],
    key: &'static str,
) -> EffectiveQuota<'a> {
    for (entity, shared_by) in candidates {
        if let Some((entity, values)) = quotas.get_key_value(entity)
            && let Some(value) = values.get(key)
        {
            return EffectiveQuota { key, found: Some((entity, *value)), shared_by };
        }
    }
    EffectiveQuota { key, found: None, shared_by: "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: QuotaSubject<'static> =
        QuotaSubject { user: Some("alice"), client_id: Some("app"), ip: None };

    /// Kafka's order, the first first.
    fn order() -> Vec<QuotaEntity> {
        let (user, app) = (("user", Some("alice")), ("client-id", Some("app")));
        let (any_user, any_app) = (("user", None), ("client-id", None));
        [
            &[user, app][..],
            &[user, any_app],
            &[user],
            &[any_user, app],
            &[any_user, any_app],
            &[any_user],
            &[app],
            &[any_app],
        ]
        .map(entity)
        .to_vec()
    }

    /// KIP-55: each level counts only where no level before it has the key.
    #[test]
    fn the_most_precise_quota_counts() {
        let order = order();
        for first in 0..order.len() {
            let quotas: BTreeMap<_, _> = order[first..]
                .iter()
                .zip(first..)
                .map(|(entity, level)| {
                    let level = f64::from(u8::try_from(level).unwrap());
                    (entity.clone(), QuotaValues::from([("producer_byte_rate".to_owned(), level)]))
                })
                .collect();
            let found = effective(&quotas, ALICE).remove(0).found.unwrap();
            assert_eq!(found.0, &order[first]);
        }
    }

    #[test]
    fn each_key_has_its_own_winner() {
        let quotas = BTreeMap::from([
            (entity(&[("user", Some("alice"))]), QuotaValues::from([("producer_byte_rate".to_owned(), 1.0)])),
            (entity(&[("client-id", None)]), QuotaValues::from([("consumer_byte_rate".to_owned(), 2.0)])),
        ]);
        let rows = effective(&quotas, ALICE);
        let values: Vec<Option<f64>> = rows.iter().map(|row| row.found.map(|(_, value)| value)).collect();
        assert_eq!(values, [Some(1.0), Some(2.0), None, None]);
        assert_eq!(rows[0].shared_by, "all clients of the user");
    }

    #[test]
    fn quotas_of_others_do_not_count() {
        let quotas = BTreeMap::from([(
            entity(&[("user", Some("bob"))]),
            QuotaValues::from([("producer_byte_rate".to_owned(), 1.0)]),
        )]);
        assert!(effective(&quotas, ALICE).iter().all(|row| row.found.is_none()));
    }

    #[test]
    fn an_address_falls_back_to_the_default() {
        let value = |rate: f64| QuotaValues::from([(IP_KEY.to_owned(), rate)]);
        let mut quotas = BTreeMap::from([(entity(&[("ip", None)]), value(5.0))]);
        let subject = QuotaSubject { ip: Some("10.0.0.1"), ..QuotaSubject::default() };
        assert_eq!(effective(&quotas, subject)[0].found.unwrap().1, 5.0);
        quotas.insert(entity(&[("ip", Some("10.0.0.1"))]), value(7.0));
        assert_eq!(effective(&quotas, subject)[0].found.unwrap().1, 7.0);
        assert_eq!(effective(&quotas, subject).len(), 1);
    }
}
