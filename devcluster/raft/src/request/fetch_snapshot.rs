//! FetchSnapshot requests: bytes of a snapshot from a position (KIP-630).

use crate::event::RequestId;
use crate::output::Output;
use crate::raft::Raft;
use crate::rpc::{FetchSnapshotRequest, FetchSnapshotResponse, Refusal, Response};

impl Raft {
    /// Answers with what the driver reads from the snapshot.
    pub(crate) fn on_fetch_snapshot_request(&mut self, id: RequestId, request: &FetchSnapshotRequest) {
        let checked = self.check_fetch_snapshot(request);
        let response = FetchSnapshotResponse {
            head: self.head(checked.err()),
            snapshot: request.snapshot,
            size: checked.unwrap_or(0),
            position: request.position,
            bytes: 0,
        };
        if checked.is_err() {
            return self.emit(Output::Reply { id, response: Response::FetchSnapshot(response) });
        }
        if let Some(replica) = request.replica {
            self.hear_voter(replica.id);
        }
        self.emit(Output::ReplyFetchSnapshot { id, response, max_bytes: request.max_bytes });
    }

    /// Returns the snapshot's size in bytes.
    fn check_fetch_snapshot(&self, request: &FetchSnapshotRequest) -> Result<i64, Refusal> {
        self.check_cluster(request.cluster_id.as_deref())?;
        self.check_leader_request(request.epoch)?;
        // The bootstrap snapshot is not among those known here.
        let size = self.log.snapshot_size(request.snapshot).ok_or(Refusal::SnapshotNotFound)?;
        if request.position < 0 || request.position >= size {
            return Err(Refusal::PositionOutOfRange);
        }
        Ok(size)
    }
}
