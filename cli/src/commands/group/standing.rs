//! Whether groups may be changed from outside: only without members. Looked up first, so that a refusal says
//! who is active; the coordinator checks it once more.

use std::collections::BTreeMap;
use std::time::Duration;

use kr_client::admin::{GroupDescription, GroupType};
use kr_client::{Client, ErrorCode};
use tokio::time::Instant;

use crate::error::Kind;
use crate::output::Failure;

/// How often a group is looked at again while it is waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Members named in a refusal.
const MEMBERS_NAMED: usize = 5;

/// A group that may be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its type; of a group that is not there, what it would become.
    pub group_type: GroupType,
    /// Its state; none when it is not there.
    pub state: Option<String>,
}

/// Looks at groups; those with members are among the failures, and so are those that could not be looked at.
/// With `patience` groups with members are waited for that long.
pub async fn look(
    client: &Client,
    groups: &[String],
    verb: &str,
    patience: Option<Duration>,
) -> (BTreeMap<String, Standing>, Vec<Failure>) {
    let began = Instant::now();
    let mut standing = BTreeMap::new();
    let mut failures = Vec::new();
    let mut left = groups.to_vec();
    loop {
        let mut active: Vec<GroupDescription> = Vec::new();
        for (id, outcome) in client.describe_groups(&left).await {
            match outcome {
                Ok(group) if is_active(&group) => active.push(group),
                Ok(group) => {
                    let found = Standing { group_type: group.group_type, state: Some(group.state) };
                    standing.insert(id, found);
                }
                Err(error) if error.code() == Some(ErrorCode::GROUP_ID_NOT_FOUND) => {
                    standing.insert(id, Standing { group_type: GroupType::Classic, state: None });
                }
                Err(error) => failures.push(Failure::of(id, &error)),
            }
        }
        let waits = patience.is_some_and(|patience| began.elapsed() < patience);
        if active.is_empty() || !waits {
            failures.extend(active.iter().map(|group| refusal(group, verb, patience)));
            return (standing, failures);
        }
        left = active.into_iter().map(|group| group.id).collect();
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Whether somebody is in a group or on the way into it.
fn is_active(group: &GroupDescription) -> bool {
    !group.members.is_empty() || !matches!(group.state.as_str(), "Empty" | "Dead")
}

fn refusal(group: &GroupDescription, verb: &str, waited: Option<Duration>) -> Failure {
    let count = group.members.len();
    let members = if count == 1 { "1 member is".to_owned() } else { format!("{count} members are") };
    let named = group.members.iter().take(MEMBERS_NAMED).map(|member| {
        let name = member.instance_id.as_ref().unwrap_or(&member.client_id);
        format!("{name} at {}", member.host)
    });
    let mut names: Vec<String> = named.collect();
    if count > MEMBERS_NAMED {
        names.push(format!("{} more", count - MEMBERS_NAMED));
    }
    let who = if names.is_empty() { String::new() } else { format!(": {}", names.join(", ")) };
    let id = &group.id;
    let state = &group.state;
    let still = if waited.is_some() { "still " } else { "" };
    Failure {
        code: Some(ErrorCode::NON_EMPTY_GROUP.0),
        name: ErrorCode::NON_EMPTY_GROUP.name().to_owned(),
        message: format!("cannot {verb} group \"{id}\": it is {still}{state}, {members} active{who}"),
        target: id.clone(),
        hint: Some("stop its members first, or wait for that with --wait-empty 5m".to_owned()),
        kind: if waited.is_some() { Kind::Condition } else { Kind::Refused },
    }
}
