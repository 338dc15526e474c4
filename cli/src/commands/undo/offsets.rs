//! The way back from a reset or deletion of committed offsets.

use std::collections::BTreeMap;

use kr_client::Client;
use kr_client::admin::{NewOffset, TopicPartition};
use kr_client::undo::OffsetBefore;
use kr_wire::ids::{LeaderEpoch, Offset, PartitionId};

use super::way::{Step, failures};
use crate::error::CliError;
use crate::output::Failure;

fn place(offset: &OffsetBefore) -> TopicPartition {
    TopicPartition::new(offset.topic.as_str(), PartitionId(offset.partition))
}

/// What is committed now, and what will be.
pub async fn look(client: &Client, group: &str, offsets: &[OffsetBefore]) -> Result<Vec<Step>, CliError> {
    let committed = client.committed_offsets(group).await?;
    let show = |offset: Option<i64>| offset.map_or("nothing".to_owned(), |offset| offset.to_string());
    let step = |offset: &OffsetBefore| {
        let now = committed.get(&place(offset)).map(|committed| committed.offset.0);
        Step {
            target: place(offset).to_string(),
            now: show(now),
            then: show(offset.before),
            is_as_left: now == offset.after,
        }
    };
    Ok(offsets.iter().map(step).collect())
}

/// Commits what was before; forgets what was not there.
pub async fn go(client: &Client, group: &str, offsets: &[OffsetBefore]) -> Result<Vec<Failure>, CliError> {
    let mut commits: BTreeMap<TopicPartition, NewOffset> = BTreeMap::new();
    let mut deletions = Vec::new();
    for offset in offsets {
        match offset.before {
            Some(before) => {
                let new = NewOffset {
                    offset: Offset(before),
                    leader_epoch: offset.leader_epoch.map(LeaderEpoch),
                    metadata: offset.metadata.clone().unwrap_or_default(),
                };
                commits.insert(place(offset), new);
            }
            None => deletions.push(place(offset)),
        }
    }
    let mut results = Vec::new();
    if !commits.is_empty() {
        results.extend(client.set_group_offsets(group, &commits).await?);
    }
    if !deletions.is_empty() {
        results.extend(client.delete_group_offsets(group, &deletions).await?);
    }
    Ok(failures(results.into_iter().map(|(place, result)| (place.to_string(), result))))
}

/// What is committed now in several groups, and what will be.
pub async fn look_at_all(
    client: &Client,
    groups: &BTreeMap<String, Vec<OffsetBefore>>,
) -> Result<Vec<Step>, CliError> {
    let mut steps = Vec::new();
    for (group, offsets) in groups {
        let of_group = look(client, group, offsets).await?.into_iter();
        steps.extend(
            of_group.map(|step| Step { target: format!("group \"{group}\" in {}", step.target), ..step }),
        );
    }
    Ok(steps)
}

/// Goes back in several groups; what fails in one does not keep the others.
pub async fn go_to_all(
    client: &Client,
    groups: &BTreeMap<String, Vec<OffsetBefore>>,
) -> Result<Vec<Failure>, CliError> {
    let mut failed = Vec::new();
    for (group, offsets) in groups {
        match go(client, group, offsets).await {
            Ok(failures) => failed.extend(failures),
            Err(error) => failed.push(Failure {
                code: None,
                name: "FAILED".to_owned(),
                message: error.message,
                target: group.clone(),
                hint: None,
                kind: error.kind,
            }),
        }
    }
    Ok(failed)
}
