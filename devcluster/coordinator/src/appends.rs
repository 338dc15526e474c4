//! Records on their way to the log and what is to happen once they are there.
//!
//! Appends settle in the order in which they were handed out: an answer for a later one is kept until
//! the earlier ones have theirs. A request may stop waiting before that (its time is up); its records
//! still take effect when they are replicated after all.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use kr_wire::error_code::ErrorCode;
use kr_wire::messages::{GroupId, OffsetCommitResponse, OffsetDeleteResponse};

use crate::group::Member;
use crate::shard::{Group, Token};

/// One batch of records handed out with [`Output::Append`](crate::Output::Append); ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AppendId(pub u64);

/// What waits for an append.
#[derive(Debug)]
pub(crate) enum Completion {
    /// Nobody: Kafka, too, only logs that such a record was lost.
    Nothing,
    /// The first members of a group that is new to the log.
    NewGroup(Arc<str>),
    /// The members that sync in a generation; the assignment by member id.
    Assignment {
        /// The group.
        group: Arc<str>,
        /// What the leader assigned, by member id.
        assignments: Vec<(Arc<str>, Bytes)>,
    },
    /// A static member that came back under a new id without a rebalance.
    StaticMember(Box<Replacement>),
    /// An OffsetCommit with its answer.
    OffsetCommit(Token, OffsetCommitResponse),
    /// An OffsetDelete with its answer.
    OffsetDelete(Token, OffsetDeleteResponse),
    /// A DeleteGroups; the group comes back if its tombstones are not written.
    Delete(Token, GroupId, Box<Group>),
}

/// A static member's change of member id, and how to undo it.
#[derive(Debug)]
pub(crate) struct Replacement {
    /// The group.
    pub(crate) group: Arc<str>,
    /// The member as it was before.
    pub(crate) before: Member,
    /// The member id it has now.
    pub(crate) new_id: Arc<str>,
    /// Who led the group before; clients older than JoinGroup v9 must not learn that they lead.
    pub(crate) leader_before: Option<Arc<str>>,
}

#[derive(Debug)]
struct Pending {
    id: AppendId,
    waiting: Option<Completion>,
    result: Option<Result<(), ErrorCode>>,
}

/// An append whose outcome is known, and what waited for it if its time was not up.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) id: AppendId,
    pub(crate) waiting: Option<Completion>,
    pub(crate) result: Result<(), ErrorCode>,
}

/// The appends that have no outcome yet, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Appends {
    issued: u64,
    queue: VecDeque<Pending>,
}

impl Appends {
    /// Adds an append and names it.
    pub(crate) fn push(&mut self, waiting: Completion) -> AppendId {
        let id = AppendId(self.issued);
        self.issued += 1;
        self.queue.push_back(Pending { id, waiting: Some(waiting), result: None });
        id
    }

    /// Notes the outcome of an append; one that is unknown or has an outcome already is ignored.
    pub(crate) fn settle(&mut self, id: AppendId, result: Result<(), ErrorCode>) {
        if let Some(pending) = self.find(id)
            && pending.result.is_none()
        {
            pending.result = Some(result);
        }
    }

    /// Takes the oldest append if its outcome is known.
    pub(crate) fn pop_settled(&mut self) -> Option<Settled> {
        let result = self.queue.front()?.result?;
        let Pending { id, waiting, .. } = self.queue.pop_front()?;
        Some(Settled { id, waiting, result })
    }

    /// Takes what waits for an append and leaves the append itself.
    pub(crate) fn stop_waiting(&mut self, id: AppendId) -> Option<Completion> {
        self.find(id)?.waiting.take()
    }

    /// Forgets all appends and hands out what waited for them, oldest first.
    pub(crate) fn abandon(&mut self) -> impl Iterator<Item = Completion> + use<> {
        std::mem::take(&mut self.queue).into_iter().filter_map(|pending| pending.waiting)
    }

    fn find(&mut self, id: AppendId) -> Option<&mut Pending> {
        let first = self.queue.front()?.id;
        let index = usize::try_from(id.0.checked_sub(first.0)?).ok()?;
        self.queue.get_mut(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appends_settle_in_order() {
        let mut appends = Appends::default();
        let first = appends.push(Completion::Nothing);
        let second = appends.push(Completion::Nothing);
        appends.settle(second, Ok(()));
        assert!(appends.pop_settled().is_none());
        appends.settle(first, Err(ErrorCode::NOT_ENOUGH_REPLICAS));
        assert_eq!(appends.pop_settled().map(|s| s.id), Some(first));
        assert_eq!(appends.pop_settled().map(|s| s.id), Some(second));
        assert!(appends.pop_settled().is_none());
    }

    #[test]
    fn an_append_settles_once() {
        let mut appends = Appends::default();
        let id = appends.push(Completion::Nothing);
        appends.settle(id, Ok(()));
        appends.settle(id, Err(ErrorCode::NOT_LEADER_OR_FOLLOWER));
        assert_eq!(appends.pop_settled().map(|s| s.result), Some(Ok(())));
        appends.settle(id, Ok(()));
        assert!(appends.pop_settled().is_none());
    }
}
