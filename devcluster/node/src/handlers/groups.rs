//! The classic group protocol and committed offsets, as far as the broker and not the coordinator decides.
//!
//! versions: JoinGroup 0-9, SyncGroup 0-5, Heartbeat 0-4, LeaveGroup 0-5, OffsetCommit 2-9, OffsetFetch 1-9,
//! ListGroups 0-5, DescribeGroups 0-6, DeleteGroups 0-2, OffsetDelete 0
//! behaviours: requests about several groups are split by coordinator and joined again; offsets of topics that
//! do not exist are refused one by one
//! kips: 62, 98, 134, 345, 394, 447, 496, 518, 709, 800, 814
//! left out: groups of the consumer, share and streams protocols are not served

use std::collections::BTreeMap;

use kr_coordinator::{
    Caller, GroupRequest, GroupResponse, join_offset_fetch, partition_for, split_offset_fetch,
};
use kr_wire::error_code::ErrorCode;
use kr_wire::ids::PartitionId;
use kr_wire::message::{RequestKind, ResponseKind};
use kr_wire::messages::offset_commit_response::{OffsetCommitResponsePartition, OffsetCommitResponseTopic};
use kr_wire::messages::offset_delete_response::{OffsetDeleteResponsePartition, OffsetDeleteResponseTopic};
use kr_wire::messages::{
    DeleteGroupsResponse, DescribeGroupsResponse, ListGroupsResponse, OffsetCommitRequest,
    OffsetDeleteRequest,
};

use crate::conns::Token;
use crate::dispatch::{Answer, Context};
use crate::drive::group::OFFSETS_TOPIC;
use crate::node::Node;

/// A request of which not all coordinators have answered.
#[derive(Debug)]
pub(crate) struct GroupWait {
    version: i16,
    api: Api,
    parts: Vec<Option<GroupResponse>>,
}

/// How the parts become one answer.
#[derive(Debug)]
enum Api {
    /// The only part is the answer.
    Single,
    /// The only part, and what the broker refused itself.
    Commit(Vec<OffsetCommitResponseTopic>),
    OffsetDelete(Vec<OffsetDeleteResponseTopic>),
    OffsetFetch,
    List,
    Describe,
    Delete,
}

/// Requests whose parts are not complete.
pub(crate) type GroupWaits = BTreeMap<Token, GroupWait>;

/// Handles the requests about groups.
pub(crate) fn handle(node: &mut Node, ctx: &Context, request: RequestKind) -> Answer {
    let (api, requests) = match request {
        RequestKind::JoinGroup(r) => (Api::Single, vec![GroupRequest::Join(r)]),
        RequestKind::SyncGroup(r) => (Api::Single, vec![GroupRequest::Sync(r)]),
        RequestKind::Heartbeat(r) => (Api::Single, vec![GroupRequest::Heartbeat(r)]),
        RequestKind::LeaveGroup(r) => (Api::Single, vec![GroupRequest::Leave(r)]),
        RequestKind::OffsetCommit(r) => {
            let (known, refused) = node.known_commits(r);
            (Api::Commit(refused), vec![GroupRequest::OffsetCommit(known)])
        }
        RequestKind::OffsetDelete(r) => {
            let (known, refused) = node.known_deletes(r);
            (Api::OffsetDelete(refused), vec![GroupRequest::OffsetDelete(known)])
        }
        RequestKind::OffsetFetch(r) => {
            let require_stable = r.require_stable;
            let groups = split_offset_fetch(r, ctx.version);
            let each = |group| GroupRequest::OffsetFetch { group, require_stable };
            (Api::OffsetFetch, groups.into_iter().map(each).collect())
        }
        RequestKind::DescribeGroups(r) => {
            (Api::Describe, r.groups.into_iter().map(GroupRequest::Describe).collect())
        }
        RequestKind::DeleteGroups(r) => {
            (Api::Delete, r.groups_names.into_iter().map(GroupRequest::Delete).collect())
        }
        RequestKind::ListGroups(r) => {
            let partitions = node.broker.as_ref().map(|b| b.groups.coordinated()).unwrap_or_default();
            let requests = partitions.iter().map(|_| GroupRequest::List(r.clone())).collect();
            node.begin_groups(ctx, Api::List, partitions, requests);
            return Answer::Later;
        }
        _ => return Answer::HangUp(format!("API key {} is not about groups", ctx.api_key)),
    };
    let count = node.offsets_partitions();
    let partitions =
        requests.iter().map(|request| partition_for(request.group_id().unwrap_or_default(), count)).collect();
    node.begin_groups(ctx, api, partitions, requests);
    Answer::Later
}

impl Node {
    /// Partitions of `__consumer_offsets`, as they are or as they will be created.
    pub(crate) fn offsets_partitions(&self) -> i32 {
        let existing = self.quorum.image().topic_by_name(OFFSETS_TOPIC).map(|topic| topic.partitions.len());
        existing.and_then(|n| i32::try_from(n).ok()).unwrap_or(self.settings.offsets_topic_partitions)
    }

    fn begin_groups(
        &mut self,
        ctx: &Context,
        api: Api,
        partitions: Vec<PartitionId>,
        requests: Vec<GroupRequest>,
    ) {
        let parts = requests.iter().map(|_| None).collect();
        let wait = GroupWait { version: ctx.version, api, parts };
        let Some(broker) = &mut self.broker else { return };
        broker.group_waits.insert(ctx.token, wait);
        if requests.is_empty() {
            return self.finish_groups(ctx.token);
        }
        let caller = Caller {
            client_id: ctx.client_id.clone(),
            client_host: format!("/{}", ctx.client),
            api_version: ctx.version,
        };
        for (place, (partition, request)) in partitions.into_iter().zip(requests).enumerate() {
            self.ask_group(partition, request, caller.clone(), (ctx.token, place));
        }
    }

    /// A coordinator has answered its part of a request.
    pub(crate) fn group_replied(&mut self, request: Token, place: usize, response: GroupResponse) {
        let Some(wait) = self.broker.as_mut().and_then(|b| b.group_waits.get_mut(&request)) else { return };
        wait.parts[place] = Some(response);
        if wait.parts.iter().all(Option::is_some) {
            self.finish_groups(request);
        }
    }

    fn finish_groups(&mut self, token: Token) {
        let Some(wait) = self.broker.as_mut().and_then(|b| b.group_waits.remove(&token)) else { return };
        match wait.answer() {
            Some(response) => self.respond(token, response),
            None => self.answer(token, Answer::HangUp("a coordinator answered another question".to_owned())),
        }
    }

    /// Splits a commit into what the coordinator sees and what the broker refuses.
    fn known_commits(
        &self,
        mut request: OffsetCommitRequest,
    ) -> (OffsetCommitRequest, Vec<OffsetCommitResponseTopic>) {
        let image = self.quorum.image();
        let mut refused = Vec::new();
        for topic in &mut request.topics {
            let known = image.topic_by_name(topic.name.as_str());
            topic.topic_id = known.map_or_else(Default::default, |t| t.id.0);
            let mut unknown = Vec::new();
            topic.partitions.retain(|p| {
                let exists = known.is_some_and(|t| t.partitions.contains_key(&p.partition_index.into()));
                if !exists {
                    unknown.push(
                        OffsetCommitResponsePartition::default()
                            .with_partition_index(p.partition_index)
                            .with_error_code(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0),
                    );
                }
                exists
            });
            if !unknown.is_empty() {
                let topic = OffsetCommitResponseTopic::default().with_name(topic.name.clone());
                refused.push(topic.with_partitions(unknown));
            }
        }
        request.topics.retain(|topic| !topic.partitions.is_empty());
        (request, refused)
    }

    fn known_deletes(
        &self,
        mut request: OffsetDeleteRequest,
    ) -> (OffsetDeleteRequest, Vec<OffsetDeleteResponseTopic>) {
        let image = self.quorum.image();
        let mut refused = Vec::new();
        for topic in &mut request.topics {
            let known = image.topic_by_name(topic.name.as_str());
            let mut unknown = Vec::new();
            topic.partitions.retain(|p| {
                let exists = known.is_some_and(|t| t.partitions.contains_key(&p.partition_index.into()));
                if !exists {
                    unknown.push(
                        OffsetDeleteResponsePartition::default()
                            .with_partition_index(p.partition_index)
                            .with_error_code(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION.0),
                    );
                }
                exists
            });
            if !unknown.is_empty() {
                let topic = OffsetDeleteResponseTopic::default().with_name(topic.name.clone());
                refused.push(topic.with_partitions(unknown));
            }
        }
        request.topics.retain(|topic| !topic.partitions.is_empty());
        (request, refused)
    }
}

impl GroupWait {
    /// Joins the parts; `None` if they are not of the kind that was asked for.
    fn answer(self) -> Option<ResponseKind> {
        let version = self.version;
        let mut parts = self.parts.into_iter().flatten();
        Some(match self.api {
            Api::Single => match parts.next()? {
                GroupResponse::Join(r) => ResponseKind::JoinGroup(r),
                GroupResponse::Sync(r) => ResponseKind::SyncGroup(r),
                GroupResponse::Heartbeat(r) => ResponseKind::Heartbeat(r),
                GroupResponse::Leave(r) => ResponseKind::LeaveGroup(r),
                _ => return None,
            },
            Api::Commit(refused) => match parts.next()? {
                GroupResponse::OffsetCommit(mut r) => {
                    for topic in refused {
                        match r.topics.iter_mut().find(|t| t.name == topic.name) {
                            Some(known) => known.partitions.extend(topic.partitions),
                            None => r.topics.push(topic),
                        }
                    }
                    ResponseKind::OffsetCommit(r)
                }
                _ => return None,
            },
            Api::OffsetDelete(refused) => match parts.next()? {
                GroupResponse::OffsetDelete(mut r) => {
                    if r.error_code == 0 {
                        for topic in refused {
                            match r.topics.iter_mut().find(|t| t.name == topic.name) {
                                Some(known) => known.partitions.extend(topic.partitions),
                                None => r.topics.push(topic),
                            }
                        }
                    }
                    ResponseKind::OffsetDelete(r)
                }
                _ => return None,
            },
            Api::OffsetFetch => {
                let groups = parts.map(|part| match part {
                    GroupResponse::OffsetFetch(group) => Some(group),
                    _ => None,
                });
                ResponseKind::OffsetFetch(join_offset_fetch(groups.collect::<Option<Vec<_>>>()?, version))
            }
            Api::Describe => {
                let groups = parts.map(|part| match part {
                    GroupResponse::Describe(group) => Some(group),
                    _ => None,
                });
                let groups = groups.collect::<Option<Vec<_>>>()?;
                ResponseKind::DescribeGroups(DescribeGroupsResponse::default().with_groups(groups))
            }
            Api::Delete => {
                let results = parts.map(|part| match part {
                    GroupResponse::Delete(result) => Some(result),
                    _ => None,
                });
                let results = results.collect::<Option<Vec<_>>>()?;
                ResponseKind::DeleteGroups(DeleteGroupsResponse::default().with_results(results))
            }
            Api::List => ResponseKind::ListGroups(list(parts)?),
        })
    }
}

/// Joins the lists of the coordinators; one that still loads makes the whole answer "not yet", as in Kafka.
fn list(parts: impl Iterator<Item = GroupResponse>) -> Option<ListGroupsResponse> {
    let mut groups = Vec::new();
    for part in parts {
        match part {
            GroupResponse::List(Ok(listed)) => groups.extend(listed),
            GroupResponse::List(Err(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS)) => {
                let code = ErrorCode::COORDINATOR_LOAD_IN_PROGRESS.0;
                return Some(ListGroupsResponse::default().with_error_code(code));
            }
            GroupResponse::List(Err(_)) => {}
            _ => return None,
        }
    }
    groups.sort_by(|a, b| a.group_id.cmp(&b.group_id));
    Some(ListGroupsResponse::default().with_groups(groups))
}
