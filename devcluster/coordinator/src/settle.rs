//! What happens when an append is replicated, fails, or takes too long.

use kr_wire::error_code::ErrorCode;
use kr_wire::messages::OffsetDeleteResponse;
use kr_wire::messages::delete_groups_response::DeletableGroupResult;
use kr_wire::time::Now;

use crate::appends::{AppendId, Completion};
use crate::effects::append_error;
use crate::request::GroupResponse;
use crate::shard::{Group, GroupShard, Token};

impl GroupShard {
    /// What waits for an append has waited long enough; the append itself may still succeed.
    pub(crate) fn give_up(&mut self, append: AppendId, waiting: Completion, now: Now) {
        let timed_out = Err(ErrorCode::REQUEST_TIMED_OUT);
        match waiting {
            Completion::Delete(..) => {
                if let Some((token, response)) = answer(waiting, timed_out) {
                    self.fx.reply(token, response);
                }
            }
            _ => self.complete(append, waiting, timed_out, now),
        }
    }

    /// Lets an append's outcome take effect on what waited for it.
    pub(crate) fn complete(
        &mut self,
        append: AppendId,
        waiting: Completion,
        result: Result<(), ErrorCode>,
        now: Now,
    ) {
        match waiting {
            Completion::NewGroup(id) => {
                if let Err(error) = result {
                    self.take_back_new_group(&id, append_error(error));
                }
            }
            Completion::Assignment { group, assignments } => {
                self.with_classic(&group, |group, fx| {
                    group.assignment_stored(append, assignments, result, fx, now);
                });
            }
            Completion::StaticMember(replacement) => {
                let id = replacement.group.clone();
                self.with_classic(&id, |group, fx| {
                    group.static_member_stored(*replacement, result, fx, now);
                });
            }
            Completion::Delete(token, id, group) => {
                let mut response = DeletableGroupResult::default().with_group_id(id.clone());
                if let Err(error) = result {
                    response.error_code = append_error(error).0;
                    self.groups.entry(id.as_str().into()).or_insert(*group);
                }
                self.fx.reply(token, GroupResponse::Delete(response));
            }
            waiting => {
                if let Some((token, response)) = answer(waiting, result) {
                    self.fx.reply(token, response);
                }
            }
        }
    }

    /// A new group could not be written: nobody is in it.
    fn take_back_new_group(&mut self, id: &str, error: ErrorCode) {
        if let Some(Group::Classic(group)) = self.groups.get_mut(id)
            && group.is_in_first_join()
        {
            group.refuse_all(error, &mut self.fx);
            self.groups.remove(id);
        }
    }
}

/// The answer to a request that waits for nothing but its append; `None` when no request does.
pub(crate) fn answer(waiting: Completion, result: Result<(), ErrorCode>) -> Option<(Token, GroupResponse)> {
    let error = result.err().map(append_error);
    Some(match waiting {
        Completion::OffsetCommit(token, mut response) => {
            if let Some(error) = error {
                let partitions = response.topics.iter_mut().flat_map(|topic| &mut topic.partitions);
                partitions.for_each(|partition| partition.error_code = error.0);
            }
            (token, GroupResponse::OffsetCommit(response))
        }
        Completion::OffsetDelete(token, response) => {
            let refused = |error: ErrorCode| OffsetDeleteResponse::default().with_error_code(error.0);
            (token, GroupResponse::OffsetDelete(error.map_or(response, refused)))
        }
        Completion::Delete(token, id, _) => {
            let error = error.unwrap_or(ErrorCode::NONE);
            let response = DeletableGroupResult::default().with_group_id(id);
            (token, GroupResponse::Delete(response.with_error_code(error.0)))
        }
        Completion::Nothing
        | Completion::NewGroup(_)
        | Completion::Assignment { .. }
        | Completion::StaticMember(_) => return None,
    })
}
