//! The topics to create: from the flags, from a file, or like another topic.
//!
//! ```yaml
//! - name: orders
//!   partitions: 6
//!   replication_factor: 3
//!   configs: { retention.ms: 86400000 }
//! - name: audit
//!   assign: [[1, 2], [2, 3]]      # or 1:2,2:3
//! ```

use std::collections::BTreeMap;

use kr_client::Client;
use kr_client::admin::{ConfigSource, ConfigTarget, NewTopic};
use kr_wire::ids::NodeId;
use serde::Deserialize;

use crate::commands::names;
use crate::context::Context;
use crate::error::CliError;

/// A topic as a file describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTopic {
    name: String,
    partitions: Option<i32>,
    #[serde(alias = "replication-factor", alias = "replicas")]
    replication_factor: Option<i16>,
    #[serde(default)]
    configs: BTreeMap<String, Scalar>,
    assign: Option<Assignment>,
}

/// A config's value: YAML and JSON make numbers and booleans of what Kafka takes as text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Scalar {
    Bool(bool),
    Integer(i64),
    Number(f64),
    Text(String),
}

impl Scalar {
    fn into_text(self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
            Self::Text(value) => value,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Assignment {
    Lists(Vec<Vec<i32>>),
    Text(String),
}

/// Reads the topics of a file: YAML, or JSON, which is YAML, too.
pub fn read_file(path: &str, context: &mut Context) -> Result<Vec<NewTopic>, CliError> {
    let text = names::read_text(path, context)?;
    parse(&text).map_err(|error| CliError { message: format!("{path}: {}", error.message), ..error })
}

fn parse(text: &str) -> Result<Vec<NewTopic>, CliError> {
    let topics: Vec<FileTopic> = serde_norway::from_str(text).map_err(|error| {
        CliError::usage("it is no list of topics")
            .caused_by(error)
            .hint("each has a name, and may have partitions, replication_factor, configs and assign")
    })?;
    if topics.is_empty() {
        return Err(CliError::usage("no topic is in it"));
    }
    let topics: Vec<NewTopic> = topics.into_iter().map(new_topic).collect::<Result<_, _>>()?;
    match topics.iter().enumerate().find(|(at, topic)| topics[..*at].iter().any(|t| t.name == topic.name)) {
        Some((_, twice)) => Err(CliError::usage(format!("topic \"{}\" stands in it twice", twice.name))),
        None => Ok(topics),
    }
}

fn new_topic(topic: FileTopic) -> Result<NewTopic, CliError> {
    let name = topic.name;
    let assignments = match topic.assign {
        None => Vec::new(),
        Some(Assignment::Text(text)) => parse_assignment(&text)?,
        Some(Assignment::Lists(lists)) => {
            if lists.iter().flatten().any(|id| *id < 0) || lists.iter().any(Vec::is_empty) {
                return Err(CliError::usage(format!("assign of topic \"{name}\" is not a list of brokers")));
            }
            lists.into_iter().map(|brokers| brokers.into_iter().map(NodeId).collect()).collect()
        }
    };
    if !assignments.is_empty() && (topic.partitions.is_some() || topic.replication_factor.is_some()) {
        let message = format!("topic \"{name}\" has assign and partitions or replication_factor");
        return Err(CliError::usage(message).hint("assign says both already"));
    }
    if topic.partitions.is_some_and(|count| count < 1) || topic.replication_factor.is_some_and(|n| n < 1) {
        return Err(CliError::usage(format!("topic \"{name}\" has less than 1 partition or replica")));
    }
    Ok(NewTopic {
        name,
        partitions: topic.partitions,
        replication_factor: topic.replication_factor,
        assignments,
        configs: topic.configs.into_iter().map(|(key, value)| (key, value.into_text())).collect(),
    })
}

/// What a topic is like: partitions, replicas and what is set on it. Its name is left empty.
pub async fn like(client: &Client, name: &str) -> Result<NewTopic, CliError> {
    let mut described = client.describe_topics(&[name]).await?;
    let topic = match described.pop() {
        Some((_, topic)) => topic?,
        None => return Err(CliError::failed(format!("there is no topic \"{name}\""))),
    };
    let configs = client.describe_configs(&ConfigTarget::Topic(name.to_owned())).await?;
    let own = configs.into_iter().filter(|config| config.source == ConfigSource::Topic);
    // Throttles name the replicas of that topic and would be wrong on another.
    let is_throttle = |key: &str| key.ends_with(".replication.throttled.replicas");
    let replicas = topic.partitions.iter().map(|partition| partition.replicas.len()).max().unwrap_or(0);
    Ok(NewTopic {
        name: String::new(),
        partitions: i32::try_from(topic.partitions.len()).ok(),
        replication_factor: i16::try_from(replicas).ok().filter(|count| *count > 0),
        assignments: Vec::new(),
        configs: own
            .filter(|config| !is_throttle(&config.name))
            .filter_map(|config| Some((config.name, config.value?)))
            .collect(),
    })
}

/// Reads `1:2:3,2:3:1`: partitions with commas between, brokers with colons.
pub fn parse_assignment(text: &str) -> Result<Vec<Vec<NodeId>>, CliError> {
    let wrong = || {
        CliError::usage(format!("--assign {text} is not a list of brokers"))
            .hint("1:2:3,2:3:1 puts one partition on brokers 1, 2, 3 and the next on 2, 3, 1")
    };
    let node = |id: &str| id.trim().parse().ok().filter(|id| *id >= 0).map(NodeId).ok_or_else(wrong);
    text.split(',').map(|partition| partition.split(':').map(node).collect()).collect()
}

/// Pairs of names that are the same in metrics, where `.` becomes `_`: Kafka refuses the second of them.
pub fn collisions<'a>(topics: &'a [NewTopic]) -> Vec<(&'a str, &'a str)> {
    let mut seen: BTreeMap<String, &'a str> = BTreeMap::new();
    let mut pairs = Vec::new();
    for topic in topics {
        let known = *seen.entry(topic.name.replace('.', "_")).or_insert(&topic.name);
        if known != topic.name {
            pairs.push((known, topic.name.as_str()));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_is_read_partition_by_partition() {
        let assignment = parse_assignment("1:2:3,2:3:1").unwrap();
        assert_eq!(assignment, [[NodeId(1), NodeId(2), NodeId(3)], [NodeId(2), NodeId(3), NodeId(1)]]);
        for wrong in ["", "1:,2", "a", "-1"] {
            assert!(parse_assignment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn topics_are_read_from_yaml_and_json() {
        let yaml = "- name: a\n  partitions: 2\n  configs: {retention.ms: 5, preallocate: true}\n- name: b\n  assign: [[1, 2], [2, 3]]\n";
        let topics = parse(yaml).unwrap();
        assert_eq!((topics[0].partitions, topics[0].replication_factor), (Some(2), None));
        assert_eq!(topics[0].configs["retention.ms"], "5");
        assert_eq!(topics[0].configs["preallocate"], "true");
        assert_eq!(topics[1].assignments, [[NodeId(1), NodeId(2)], [NodeId(2), NodeId(3)]]);
        let json = r#"[{"name": "a", "replication-factor": 3, "configs": {"cleanup.policy": "compact"}}]"#;
        assert_eq!(parse(json).unwrap()[0].replication_factor, Some(3));
    }

    #[test]
    fn a_file_with_mistakes_is_refused() {
        for wrong in [
            "[]",
            "name: a",
            "- partitions: 1",
            "- name: a\n  partition: 1",
            "- name: a\n- name: a",
            "- name: a\n  partitions: 0",
            "- name: a\n  assign: '1:2'\n  partitions: 1",
            "- name: a\n  assign: [[]]",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_that_metrics_cannot_tell_apart_collide() {
        let topic = |name: &str| NewTopic { name: name.to_owned(), ..NewTopic::default() };
        let topics = [topic("a.b"), topic("c"), topic("a_b")];
        assert_eq!(collisions(&topics), [("a.b", "a_b")]);
    }
}
