//! Conditions that can be waited for: read from the command line, looked at in a cluster.

use std::fmt;
use std::str::FromStr;

use kr_client::admin::{At, TopicPartition};
use kr_client::cluster_view::Topic;
use kr_client::{Client, ErrorCode};
use kr_wire::fetch::IsolationLevel;
use kr_wire::ids::NodeId;

use crate::error::CliError;

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// All replicas are in sync, of one topic or of all.
    IsrFull(Option<String>),
    /// A topic exists, or does not.
    Topic { name: String, exists: bool },
    /// A group is in a state; lower-case.
    Group { id: String, state: String },
    /// A group is fewer than this many records behind.
    Lag { id: String, below: i64 },
    /// No reassignment is under way.
    Reassigned,
    /// A broker is in service, or is not.
    Broker { id: i32, in_service: bool },
    /// A feature is raised at least this far.
    Feature { name: String, level: i16 },
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IsrFull(None) => f.write_str("isr-full"),
            Self::IsrFull(Some(topic)) => write!(f, "isr-full={topic}"),
            Self::Topic { name, exists: true } => write!(f, "topic={name}"),
            Self::Topic { name, exists: false } => write!(f, "topic={name}:absent"),
            Self::Group { id, state } => write!(f, "group={id}:{state}"),
            Self::Lag { id, below } => write!(f, "lag={id}<{below}"),
            Self::Reassigned => f.write_str("reassign=done"),
            Self::Broker { id, in_service: true } => write!(f, "broker={id}:unfenced"),
            Self::Broker { id, in_service: false } => write!(f, "broker={id}:fenced"),
            Self::Feature { name, level } => write!(f, "feature={name}>={level}"),
        }
    }
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |wanted: &str| format!("`{text}` is no condition: {wanted} is wanted");
        let (kind, rest) = text.split_once('=').map_or((text, None), |(kind, rest)| (kind, Some(rest)));
        let named = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
        match (kind, rest) {
            ("isr-full", None) => Ok(Self::IsrFull(None)),
            ("isr-full", Some(topic)) => {
                named(topic).map(|topic| Self::IsrFull(Some(topic))).ok_or_else(|| wrong("isr-full=TOPIC"))
            }
            ("topic", Some(rest)) => {
                let (name, exists) = match rest.strip_suffix(":absent") {
                    Some(name) => (name, false),
                    None => (rest, true),
                };
                named(name).map(|name| Self::Topic { name, exists }).ok_or_else(|| wrong("topic=NAME"))
            }
            ("group", Some(rest)) => {
                let (id, state) = rest.rsplit_once(':').ok_or_else(|| wrong("group=G:STATE"))?;
                let state = state.to_ascii_lowercase();
                if id.is_empty() || state.is_empty() {
                    return Err(wrong("group=G:STATE"));
                }
                Ok(Self::Group { id: id.to_owned(), state })
            }
            ("lag", Some(rest)) => {
                let parsed =
                    rest.rsplit_once('<').and_then(|(id, below)| Some((named(id)?, below.parse().ok()?)));
                let (id, below) = parsed.ok_or_else(|| wrong("lag=G<N"))?;
                Ok(Self::Lag { id, below })
            }
            ("reassign", Some("done")) => Ok(Self::Reassigned),
            ("broker", Some(rest)) => {
                let wrong = || wrong("broker=ID:unfenced or broker=ID:fenced");
                let (id, state) = rest.split_once(':').ok_or_else(wrong)?;
                let in_service = match state {
                    "unfenced" => true,
                    "fenced" => false,
                    _ => return Err(wrong()),
                };
                Ok(Self::Broker { id: id.parse().map_err(|_| wrong())?, in_service })
            }
            ("feature", Some(rest)) => {
                let parsed =
                    rest.split_once(">=").and_then(|(name, level)| Some((named(name)?, level.parse().ok()?)));
                let (name, level) = parsed.ok_or_else(|| wrong("feature=NAME>=LEVEL"))?;
                Ok(Self::Feature { name, level })
            }
            _ => Err(wrong("one of those in --help")),
        }
    }
}

impl Condition {
    /// Whether it holds, and what was seen.
    pub async fn look(&self, client: &Client) -> Result<(bool, String), CliError> {
        match self {
            Self::IsrFull(None) => Ok(isr(&client.list_topics().await?)),
            Self::IsrFull(Some(name)) => match topic(client, name).await? {
                Some(topic) => Ok(isr(&[topic])),
                None => Ok((false, "the topic does not exist".to_owned())),
            },
            Self::Topic { name, exists } => Ok(match (topic(client, name).await?, exists) {
                (None, exists) => (!exists, "it does not exist".to_owned()),
                (Some(_), false) => (false, "it exists".to_owned()),
                (Some(topic), true) => {
                    let headless = topic.partitions.iter().filter(|p| p.leader.is_none()).count();
                    (
                        headless == 0,
                        format!("{headless} of {} partitions have no leader", topic.partitions.len()),
                    )
                }
            }),
            Self::Group { id, state } => group(client, id, state).await,
            Self::Lag { id, below } => lag(client, id, *below).await,
            Self::Reassigned => {
                let count = client.list_reassignments(None).await?.len();
                Ok((count == 0, format!("{count} reassignments are under way")))
            }
            Self::Broker { id, in_service } => {
                let brokers = client.describe_cluster().await?.brokers;
                let broker = brokers.iter().find(|broker| broker.id == NodeId(*id));
                let is_in_service = broker.is_some_and(|broker| broker.is_fenced != Some(true));
                let seen = match broker {
                    None => "it is not there",
                    Some(_) if is_in_service => "it is in service",
                    Some(_) => "it is fenced",
                };
                Ok((is_in_service == *in_service, seen.to_owned()))
            }
            Self::Feature { name, level } => {
                let features = client.describe_cluster().await?.features;
                let feature = features.iter().find(|feature| feature.name == *name);
                let now = feature.and_then(|feature| feature.finalized);
                let seen = now.map_or("it is not raised".to_owned(), |now| format!("it is at {now}"));
                Ok((now.is_some_and(|now| now >= *level), seen))
            }
        }
    }
}

async fn topic(client: &Client, name: &str) -> Result<Option<Topic>, CliError> {
    match client.describe_topics(&[name]).await?.pop() {
        Some((_, Ok(topic))) => Ok(Some(topic)),
        Some((_, Err(error))) if error.code() != Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION) => {
            Err(error.into())
        }
        _ => Ok(None),
    }
}

fn isr(topics: &[Topic]) -> (bool, String) {
    let all = topics.iter().flat_map(|topic| &topic.partitions);
    let behind = all.clone().filter(|p| p.isr.len() < p.replicas.len() || p.leader.is_none()).count();
    (behind == 0, format!("{behind} of {} partitions are under-replicated", all.count()))
}

async fn group(client: &Client, id: &str, wanted: &str) -> Result<(bool, String), CliError> {
    let state = match client.describe_group(id).await {
        Ok(group) => group.state.to_ascii_lowercase(),
        Err(error) if error.code() == Some(ErrorCode::GROUP_ID_NOT_FOUND) => "dead".to_owned(),
        Err(error) => return Err(error.into()),
    };
    Ok((state == wanted, format!("it is {state}")))
}

async fn lag(client: &Client, id: &str, below: i64) -> Result<(bool, String), CliError> {
    let committed = client.committed_offsets(id).await?;
    if committed.is_empty() {
        return Ok((false, "it has committed no offset".to_owned()));
    }
    let places: Vec<(TopicPartition, At)> = committed.keys().map(|name| (name.clone(), At::Latest)).collect();
    let ends = client.offsets_now(&places, IsolationLevel::ReadCommitted).await;
    let mut sum = 0;
    for (name, committed) in &committed {
        let end = ends.get(name).and_then(|end| end.as_ref().ok()).and_then(|end| end.offset);
        let Some(end) = end else { return Ok((false, format!("the end of {name} is not known"))) };
        sum += (end - committed.offset).max(0);
    }
    Ok((sum < below, format!("it is {sum} records behind")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_read_back_as_they_are_written() {
        for text in [
            "isr-full",
            "isr-full=orders",
            "topic=orders",
            "topic=orders:absent",
            "group=a:b:empty",
            "lag=a<b<100",
            "reassign=done",
            "broker=3:unfenced",
            "broker=3:fenced",
            "feature=metadata.version>=25",
        ] {
            assert_eq!(text.parse::<Condition>().unwrap().to_string(), text);
        }
        assert_eq!(
            "group=g:Stable".parse(),
            Ok(Condition::Group { id: "g".to_owned(), state: "stable".to_owned() })
        );
    }

    #[test]
    fn what_is_no_condition_is_refused_with_what_is_wanted() {
        for text in [
            "",
            "isr",
            "isr-full=",
            "topic=",
            "group=g",
            "lag=g",
            "lag=<5",
            "broker=x:fenced",
            "feature=a",
            "reassign=x",
        ] {
            assert!(text.parse::<Condition>().is_err(), "{text}");
        }
        assert_eq!("lag=g".parse::<Condition>().unwrap_err(), "`lag=g` is no condition: lag=G<N is wanted");
    }
}
