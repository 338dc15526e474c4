//! What `kr diff` compares: a cluster as things by name, each with facts by key.

use std::collections::BTreeMap;

use kr_client::admin::{AclFilter, ConfigDetail, ConfigEntry, ConfigSource, ConfigTarget};
use kr_client::{Client, Error, ErrorCode, Route};

use super::Section;
use crate::commands::config::entity::name_of;
use crate::commands::config::get::own_source;

/// A value, and whether somebody set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The value; none when it is a secret.
    pub value: Option<String>,
    /// Whether it was set, rather than being a default.
    pub is_set: bool,
}

impl Fact {
    fn set(value: impl ToString) -> Self {
        Self { value: Some(value.to_string()), is_set: true }
    }
}

/// Facts by key.
pub type Thing = BTreeMap<String, Fact>;

/// Things by name.
pub type Things = BTreeMap<String, Thing>;

/// A cluster, section by section.
#[derive(Debug)]
pub struct Picture {
    /// The sections that were asked for, in that order.
    pub sections: Vec<(Section, Result<Things, Error>)>,
}

/// Whether the cluster has no such thing at all.
pub fn is_unserved(error: &Error) -> bool {
    matches!(error, Error::Unsupported { .. }) || error.code() == Some(ErrorCode::UNSUPPORTED_VERSION)
}

impl Picture {
    /// Reads a cluster; a section that cannot be read says why.
    pub async fn read(client: &Client, sections: &[Section], include_internal: bool) -> Self {
        let mut read = Vec::new();
        for section in sections {
            let things = match section {
                Section::Topics => topics(client, include_internal).await,
                Section::Configs => configs(client, include_internal).await,
                Section::Acls => acls(client).await,
                Section::Quotas => quotas(client).await,
                Section::Users => users(client).await,
                Section::Groups => groups(client).await,
                Section::Features => features(client).await,
            };
            read.push((*section, things));
        }
        Self { sections: read }
    }
}

async fn topics(client: &Client, include_internal: bool) -> Result<Things, Error> {
    let topics = client.list_topics().await?.into_iter();
    let wanted = topics.filter(|topic| include_internal || !topic.is_internal);
    let thing = |topic: kr_client::cluster_view::Topic| {
        let replicas = topic.partitions.iter().map(|partition| partition.replicas.len()).max().unwrap_or(0);
        let facts = [
            ("partitions".to_owned(), Fact::set(topic.partitions.len())),
            ("replication-factor".to_owned(), Fact::set(replicas)),
        ];
        (topic.name, Thing::from(facts))
    };
    Ok(wanted.map(thing).collect())
}

async fn configs(client: &Client, include_internal: bool) -> Result<Things, Error> {
    let topics = client.list_topics().await?.into_iter();
    let wanted = topics.filter(|topic| include_internal || !topic.is_internal);
    let mut targets: Vec<ConfigTarget> = wanted.map(|topic| ConfigTarget::Topic(topic.name)).collect();
    targets.push(ConfigTarget::BrokerDefault);
    let mut things = Things::new();
    for (target, configs) in client.describe_all_configs(&targets, ConfigDetail::default()).await? {
        let own = own_source(&target);
        let is_told = |config: &ConfigEntry| {
            // Brokers differ in what they are told in their files; only what is set for all is compared.
            !matches!(target, ConfigTarget::BrokerDefault) || config.source == ConfigSource::BrokerDefault
        };
        let fact =
            |config: ConfigEntry| (config.name, Fact { value: config.value, is_set: config.source == own });
        things.insert(name_of(&target), configs?.into_iter().filter(is_told).map(fact).collect());
    }
    Ok(things)
}

/// ACLs by what they say. A cluster without an authorizer lacks the thing of that name.
async fn acls(client: &Client) -> Result<Things, Error> {
    let acls = match client.list_acls(&AclFilter::default()).await {
        Err(error) if error.code() == Some(ErrorCode::SECURITY_DISABLED) => return Ok(Things::new()),
        acls => acls?,
    };
    let mut things = Things::from([("authorizer".to_owned(), Thing::new())]);
    things.extend(acls.iter().map(|acl| (acl.to_string(), Thing::new())));
    Ok(things)
}

async fn quotas(client: &Client) -> Result<Things, Error> {
    let quotas = client.list_quotas().await?;
    let thing = |(entity, values): (kr_client::admin::QuotaEntity, BTreeMap<String, f64>)| {
        (entity.to_string(), values.into_iter().map(|(key, value)| (key, Fact::set(value))).collect())
    };
    Ok(quotas.into_iter().map(thing).collect())
}

async fn users(client: &Client) -> Result<Things, Error> {
    let mut things = Things::new();
    for (name, credentials) in client.describe_users(None).await? {
        let credentials = credentials?.into_iter();
        let fact = credentials
            .map(|credential| (credential.mechanism.name().to_owned(), Fact::set(credential.iterations)));
        things.insert(name, fact.collect());
    }
    Ok(things)
}

async fn groups(client: &Client) -> Result<Things, Error> {
    let (groups, failed) = client.list_groups().await?;
    if let Some((_, error)) = failed.into_iter().next() {
        return Err(error);
    }
    let thing = |group: kr_client::admin::GroupListing| {
        let kind = group.group_type.map(|kind| ("type".to_owned(), Fact::set(kind)));
        (group.id, kind.into_iter().collect())
    };
    Ok(groups.into_iter().map(thing).collect())
}

async fn features(client: &Client) -> Result<Things, Error> {
    let versions = client.node_versions(Route::Any).await?;
    let thing = |feature: &kr_client::versions::Feature| {
        let level = ("level".to_owned(), Fact::set(feature.finalized?));
        Some((feature.name.clone(), Thing::from([level])))
    };
    Ok(versions.features.iter().filter_map(thing).collect())
}
