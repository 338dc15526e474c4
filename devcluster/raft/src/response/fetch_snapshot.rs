//! FetchSnapshot responses: piece by piece into a file that replaces the log (KIP-630).

use crate::event::CallId;
use crate::log_view::{Snapshot, SnapshotId};
use crate::output::Output;
use crate::raft::Raft;
use crate::rpc::{FetchSnapshotResponse, Refusal};
use crate::snapshot::{Download, Piece};
use crate::state::State;

impl Raft {
    /// Takes a piece of the snapshot under way; `false` if it led nowhere.
    pub(super) fn on_fetch_snapshot_response(
        &mut self,
        call: CallId,
        asked: SnapshotId,
        response: &FetchSnapshotResponse,
    ) -> bool {
        let State::Follower(follower) = &mut self.state else { return false };
        let Some(download) = follower.download.filter(|download| download.id == asked) else { return false };
        let piece = match response.head.error {
            None => download.judge(response),
            Some(Refusal::SnapshotNotFound | Refusal::PositionOutOfRange) => Piece::Misplaced,
            Some(_) => return false,
        };
        match piece {
            Piece::Empty => return false,
            Piece::Misplaced => {
                follower.download = None;
                self.emit(Output::DropSnapshot { snapshot: asked });
                return false;
            }
            Piece::More | Piece::Last => {
                let position = download.written;
                follower.download = None;
                self.emit(Output::AppendSnapshot { call, snapshot: asked, position });
            }
        }
        if piece == Piece::Last {
            self.install(Snapshot { id: asked, size: response.size });
        } else if let State::Follower(follower) = &mut self.state {
            let written = download.written + response.bytes;
            follower.download = Some(Download { written, ..download });
        }
        self.put_off_election();
        true
    }

    fn install(&mut self, snapshot: Snapshot) {
        self.log.install(snapshot);
        self.flushes.truncate(snapshot.id.end);
        self.emit(Output::InstallSnapshot { snapshot: snapshot.id });
        self.raise_high_watermark(snapshot.id.end);
    }
}
