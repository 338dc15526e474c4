//! Fetch responses: append, cut the log back, or turn to a snapshot (KIP-595, KIP-630).

use kr_wire::ids::{LeaderEpoch, Offset};

use crate::event::CallId;
use crate::log_view::{EpochEnd, SnapshotId};
use crate::output::Output;
use crate::raft::Raft;
use crate::rpc::{BatchSpan, FetchResponse};
use crate::snapshot::Download;
use crate::state::State;

impl Raft {
    /// Applies a leader's answer to the position that was asked for; `false` if it led nowhere.
    pub(super) fn on_fetch_response(
        &mut self,
        call: CallId,
        asked: (Offset, LeaderEpoch),
        response: &FetchResponse,
    ) -> bool {
        let is_current = asked == (self.log.end, self.log.last_epoch());
        let State::Follower(follower) = &self.state else { return false };
        if response.head.error.is_some() || !is_current || follower.download.is_some() {
            return false;
        }
        let is_useful = if let Some(diverging) = response.diverging {
            self.truncate_to_leader(diverging)
        } else if let Some(snapshot) = response.snapshot {
            self.start_download(snapshot)
        } else {
            // Only here the leader has found our log to be a prefix of its own, so that its high watermark
            // says something about our records.
            let is_useful = self.append_fetched(call, &response.batches);
            if let Some(high_watermark) = response.high_watermark.filter(|_| is_useful) {
                self.raise_high_watermark(high_watermark.min(self.log.end));
            }
            is_useful
        };
        if is_useful {
            self.put_off_election();
        }
        is_useful
    }

    /// Notes that the leader is alive.
    pub(super) fn put_off_election(&mut self) {
        let deadline = self.now.mono + self.config.timers.fetch_timeout;
        if let State::Follower(follower) = &mut self.state {
            follower.fetch_deadline = deadline;
            follower.suspected_until = None;
            follower.has_fetched = true;
            self.failed_hints = 0;
        }
    }

    fn truncate_to_leader(&mut self, leader: EpochEnd) -> bool {
        if leader.epoch.0 < 0 || leader.end < Offset::ZERO {
            return false;
        }
        let to = self.log.truncation_point(leader);
        if to < self.high_watermark {
            let high_watermark = self.high_watermark;
            self.fail(format!("leader's log diverges at {to}, below the high watermark {high_watermark}"));
            return false;
        }
        if to >= self.log.end {
            return false;
        }
        self.log.truncate(to);
        self.flushes.truncate(to);
        self.emit(Output::Truncate { to });
        true
    }

    fn start_download(&mut self, id: SnapshotId) -> bool {
        if id.end < Offset::ZERO || id.epoch.0 < 0 {
            return false;
        }
        if id.end < self.high_watermark {
            let high_watermark = self.high_watermark;
            self.fail(format!("leader offers snapshot {id}, below the high watermark {high_watermark}"));
            return false;
        }
        if let State::Follower(follower) = &mut self.state {
            follower.download = Some(Download::new(id));
        }
        true
    }

    /// Appends the batches that continue the log; `false` if the first of several does not.
    fn append_fetched(&mut self, call: CallId, batches: &[BatchSpan]) -> bool {
        let (old_end, epoch) = (self.log.end, self.state.epoch());
        for batch in batches {
            let continues = batch.base == self.log.end && batch.end > batch.base;
            if !continues || batch.epoch < self.log.last_epoch() || batch.epoch > epoch {
                break;
            }
            self.log.append(batch.epoch, batch.end);
        }
        if self.log.end > old_end {
            self.emit(Output::AppendFetched { call, end: self.log.end });
            self.want_flush();
        }
        batches.is_empty() || self.log.end > old_end
    }
}
