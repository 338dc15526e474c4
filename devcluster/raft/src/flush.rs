//! Flushes of the log: one at a time, the next one taking all that came meanwhile.

use kr_wire::ids::Offset;

use crate::event::FlushId;
use crate::output::Output;
use crate::raft::Raft;
use crate::state::State;

/// The flush under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flushes {
    next: u64,
    under_way: Option<(FlushId, Offset)>,
}

impl Flushes {
    /// Notes that records from `to` on were removed: a flush begun before says nothing of their
    /// successors.
    pub(crate) fn truncate(&mut self, to: Offset) {
        if let Some((_, up_to)) = &mut self.under_way {
            *up_to = (*up_to).min(to);
        }
    }
}

impl Raft {
    /// Asks for a flush if this replica's promises need one and none is under way.
    pub(crate) fn want_flush(&mut self) {
        if !self.must_flush() || self.flushes.under_way.is_some() || self.log.flushed >= self.log.end {
            return;
        }
        self.flushes.next += 1;
        let (id, up_to) = (FlushId(self.flushes.next), self.log.end);
        self.flushes.under_way = Some((id, up_to));
        self.emit(Output::Flush { id, up_to });
    }

    /// Whether everything this replica's next fetch would promise is on disk.
    pub(crate) fn may_promise_log_end(&self) -> bool {
        !self.must_flush() || self.log.flushed >= self.log.end
    }

    /// Notes what is on disk; as leader it may have committed records.
    pub(crate) fn on_flushed(&mut self, id: FlushId) {
        let Some((_, up_to)) = self.flushes.under_way.filter(|(under_way, _)| *under_way == id) else {
            return;
        };
        self.flushes.under_way = None;
        self.log.flushed = self.log.flushed.max(up_to.min(self.log.end));
        self.want_flush();
        if let State::Leader(_) = self.state {
            self.advance_high_watermark();
        }
    }

    fn must_flush(&self) -> bool {
        self.is_voter() || self.config.can_become_voter
    }
}
