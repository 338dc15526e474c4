//! Progress of a snapshot that a follower fetches piece by piece (KIP-630).
//!
//! The bytes are the driver's; here is only how many there are and what a piece means.

use crate::log_view::SnapshotId;
use crate::rpc::FetchSnapshotResponse;

/// A snapshot on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Download {
    /// Which one.
    pub(crate) id: SnapshotId,
    /// Bytes in the partial file.
    pub(crate) written: i64,
}

/// What a piece does to a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Goes to the end of the partial file, more is to come.
    More,
    /// Goes to the end of the partial file and completes it.
    Last,
    /// Has no bytes: ask again later.
    Empty,
    /// Does not belong there: start over.
    Misplaced,
}

impl Download {
    /// Starts with nothing.
    pub(crate) fn new(id: SnapshotId) -> Self {
        Self { id, written: 0 }
    }

    /// Judges a piece without an error.
    pub(crate) fn judge(self, response: &FetchSnapshotResponse) -> Piece {
        let end = response.position.saturating_add(response.bytes);
        if response.snapshot != self.id
            || response.position != self.written
            || response.bytes < 0
            || end > response.size
        {
            Piece::Misplaced
        } else if end == response.size {
            Piece::Last
        } else if response.bytes == 0 {
            Piece::Empty
        } else {
            Piece::More
        }
    }
}

#[cfg(test)]
mod tests {
    use kr_wire::ids::{LeaderEpoch, Offset};

    use super::*;
    use crate::rpc::Head;

    const ID: SnapshotId = SnapshotId { end: Offset(10), epoch: LeaderEpoch(2) };

    fn judge(position: i64, bytes: i64, size: i64) -> Piece {
        let head = Head { error: None, leader: None, epoch: LeaderEpoch(2), endpoints: Vec::new() };
        Download { id: ID, written: 8 }.judge(&FetchSnapshotResponse {
            head,
            snapshot: ID,
            size,
            position,
            bytes,
        })
    }

    #[test]
    fn piece_must_continue_the_partial_file() {
        assert_eq!(judge(8, 4, 20), Piece::More);
        assert_eq!(judge(8, 12, 20), Piece::Last);
        assert_eq!(judge(8, 0, 20), Piece::Empty);
        assert_eq!(judge(4, 4, 20), Piece::Misplaced);
        assert_eq!(judge(8, 13, 20), Piece::Misplaced);
        assert_eq!(judge(8, -1, 20), Piece::Misplaced);
    }
}
