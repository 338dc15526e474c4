//! Questions about many groups: who coordinates them is looked up in one request, and each coordinator is
//! asked for all of its groups at once. Groups whose coordinator moved or loads are asked for again.

use std::collections::BTreeMap;
use std::future::Future;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::NodeId;
use kr_wire::messages::FindCoordinatorRequest;
use kr_wire::messages::find_coordinator_response::Coordinator;
use tokio::task::JoinSet;

use super::super::text;
use crate::Client;
use crate::calls::Call;
use crate::cluster_view::Broker;
use crate::error::Error;
use crate::options::Address;
use crate::retry::{self, Stale, Verdict};
use crate::routing::{CoordinatorKind, Route, Tries};

/// Groups in one request; bounds the size of its answer.
const GROUPS_PER_REQUEST: usize = 500;

/// Requests under way at once.
const REQUESTS_AT_ONCE: usize = 16;

/// The first version of FindCoordinator that names many groups (KIP-699).
const MANY_KEYS: i16 = 4;

/// An outcome for each group that was asked for.
pub(super) type PerGroup<T> = BTreeMap<String, Result<T, Error>>;

impl Client {
    /// Asks the coordinators of groups until every group has an answer, a refusal that stays, or the
    /// deadline has passed. `ask` asks one broker for some groups, once.
    pub(super) async fn ask_coordinators<T, F>(
        &self,
        groups: &[String],
        what: &str,
        ask: impl Fn(Client, NodeId, Vec<String>) -> F,
    ) -> PerGroup<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<PerGroup<T>, Error>> + Send + 'static,
    {
        let mut left: Vec<String> = groups.to_vec();
        left.sort_unstable();
        left.dedup();
        let mut outcomes = PerGroup::new();
        let mut tries = Tries::new(self, what);
        for attempt in 0.. {
            let mut last = None;
            for (group, outcome) in self.ask_once(&left, &ask).await {
                match outcome {
                    Err(error) if self.may_help(&group, &error, attempt) => last = Some((group, error)),
                    outcome => {
                        left.retain(|left| *left != group);
                        outcomes.insert(group, outcome);
                    }
                }
            }
            let Some((_, error)) = last else { break };
            if let Err(error) = tries.again(error, Route::Any).await {
                let repeated = left.drain(..).map(|group| (group, Err(repeat(&error, what))));
                outcomes.extend(repeated);
                break;
            }
        }
        outcomes
    }

    /// Whether another try makes sense; forgets a coordinator that is none any more.
    fn may_help(&self, group: &str, error: &Error, attempt: u32) -> bool {
        match retry::after(error, attempt) {
            Verdict::GiveUp => false,
            Verdict::Again(Stale::Nothing) => true,
            Verdict::Again(_) => {
                self.forget_coordinator(CoordinatorKind::Group, group);
                true
            }
        }
    }

    async fn ask_once<T, F>(
        &self,
        groups: &[String],
        ask: &impl Fn(Client, NodeId, Vec<String>) -> F,
    ) -> PerGroup<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<PerGroup<T>, Error>> + Send + 'static,
    {
        let mut outcomes = PerGroup::new();
        let mut by_coordinator: BTreeMap<NodeId, Vec<String>> = BTreeMap::new();
        for (group, found) in self.find_coordinators(groups).await {
            match found {
                Ok(node) => by_coordinator.entry(node).or_default().push(group),
                Err(error) => {
                    outcomes.insert(group, Err(error));
                }
            }
        }
        let chunks = by_coordinator.into_iter().flat_map(|(node, groups)| {
            let chunks: Vec<Vec<String>> =
                groups.chunks(GROUPS_PER_REQUEST).map(<[String]>::to_vec).collect();
            chunks.into_iter().map(move |groups| (node, groups))
        });
        let mut asked = JoinSet::new();
        for (node, groups) in chunks {
            if asked.len() >= REQUESTS_AT_ONCE {
                take_in(&mut outcomes, asked.join_next().await);
            }
            let answer = ask(self.clone(), node, groups.clone());
            asked.spawn(async move { (groups, answer.await) });
        }
        while let Some(answered) = asked.join_next().await {
            take_in(&mut outcomes, Some(answered));
        }
        outcomes
    }

    /// Who coordinates groups, as known or looked up now.
    async fn find_coordinators(&self, groups: &[String]) -> PerGroup<NodeId> {
        let mut found = PerGroup::new();
        let mut unknown = Vec::new();
        {
            let known = self.inner.coordinators();
            for group in groups {
                match known.get(&(CoordinatorKind::Group, group.clone())) {
                    Some(node) => drop(found.insert(group.clone(), Ok(*node))),
                    None => unknown.push(group.clone()),
                }
            }
        }
        if unknown.is_empty() {
            return found;
        }
        let versions = self.node_versions(Route::Any).await;
        let knows_many = match &versions {
            Ok(versions) => {
                let range = versions.range(FindCoordinatorRequest::KEY);
                range.is_some_and(|(_, max)| max >= MANY_KEYS)
            }
            Err(_) => false,
        };
        if !knows_many {
            for group in unknown {
                let node = self.coordinator_of(&group).await;
                found.insert(group, node);
            }
            return found;
        }
        for chunk in unknown.chunks(GROUPS_PER_REQUEST) {
            match self.look_up(chunk).await {
                Ok(nodes) => found.extend(nodes),
                Err(error) => {
                    let what = "find the coordinators of groups";
                    found.extend(chunk.iter().map(|group| (group.clone(), Err(repeat(&error, what)))));
                }
            }
        }
        found
    }

    async fn look_up(&self, groups: &[String]) -> Result<PerGroup<NodeId>, Error> {
        let what = "find the coordinators of groups";
        let build = |version| {
            let request = FindCoordinatorRequest::default();
            match version {
                // Seen only when a broker older than the one asked before answers.
                0..MANY_KEYS => request.with_key(groups.first().map(|group| text(group)).unwrap_or_default()),
                _ => request.with_coordinator_keys(groups.iter().map(|group| text(group)).collect()),
            }
        };
        let answer = self.request(Route::Any, what, build, |_| Ok(())).await?;
        let mut found: PerGroup<NodeId> = groups
            .iter()
            .map(|group| {
                let what = format!("find the coordinator of group \"{group}\"");
                (group.clone(), Err(Error::broker(what, ErrorCode::COORDINATOR_NOT_AVAILABLE, None)))
            })
            .collect();
        for coordinator in &answer.response.coordinators {
            let group = coordinator.key.as_str();
            if let Some(slot) = found.get_mut(group) {
                *slot = self.learn_coordinator(group, coordinator);
            }
        }
        Ok(found)
    }

    fn learn_coordinator(&self, group: &str, found: &Coordinator) -> Result<NodeId, Error> {
        let what = format!("find the coordinator of group \"{group}\"");
        super::super::checked(what.clone(), found.error_code, found.error_message.as_ref())?;
        let place = NodeId::from_wire(found.node_id.0).zip(u16::try_from(found.port).ok());
        let Some((id, port)) = place else {
            return Err(Error::broker(what, ErrorCode::COORDINATOR_NOT_AVAILABLE, None));
        };
        let address = Address { host: found.host.as_str().to_owned(), port };
        self.view().learn_broker(Broker { id, address, rack: None });
        self.inner.coordinators().insert((CoordinatorKind::Group, group.to_owned()), id);
        Ok(id)
    }
}

/// What a coordinator answered for a part of the groups, or its failure for all of them.
type Answered<T> = Result<(Vec<String>, Result<PerGroup<T>, Error>), tokio::task::JoinError>;

fn take_in<T>(outcomes: &mut PerGroup<T>, answered: Option<Answered<T>>) {
    let Some(Ok((groups, answer))) = answered else { return };
    match answer {
        Ok(mut answers) => {
            for group in groups {
                let outcome = answers.remove(&group).unwrap_or_else(|| {
                    let what = format!("ask for group \"{group}\"");
                    Err(Error::broker(what, ErrorCode::UNKNOWN_SERVER_ERROR, Some("the broker left it out")))
                });
                outcomes.insert(group, outcome);
            }
        }
        Err(error) => {
            for group in groups {
                let what = format!("ask the coordinator of group \"{group}\"");
                outcomes.insert(group, Err(repeat(&error, &what)));
            }
        }
    }
}

/// The same failure once more, for another group.
pub(super) fn repeat(error: &Error, what: &str) -> Error {
    match error {
        Error::Refused(refusal) => Error::Refused(*refusal),
        Error::Unsupported { address, api, ours } => {
            Error::Unsupported { address: address.clone(), api, ours: ours.clone() }
        }
        Error::Broker { what, code, message } => {
            Error::Broker { what: what.clone(), code: *code, message: message.clone() }
        }
        Error::TimedOut { what, after, source } => {
            Error::TimedOut { what: what.clone(), after: *after, source: Box::new(repeat(source, what)) }
        }
        Error::NoAnswer { address, api, after } => {
            Error::NoAnswer { address: address.clone(), api, after: *after }
        }
        Error::Disconnected { address, reason } => {
            Error::Disconnected { address: address.clone(), reason: reason.clone() }
        }
        other => Error::broker(what, ErrorCode::NETWORK_EXCEPTION, Some(&other.to_string())),
    }
}
