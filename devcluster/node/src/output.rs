//! What a node asks its driver to do. Outputs are carried out in order.

use std::fmt;
use std::sync::Arc;

use kr_log::{DiskFile, Piece};
use kr_wire::frame::Frame;

use crate::event::{ConnId, FlushToken, LinkId};

/// How much a log line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something an operator should act on.
    Error,
    /// Something an operator may want to know.
    Warn,
    /// A change of state.
    Info,
    /// Detail for the engineers of this project.
    Debug,
}

/// An effect, to be carried out by the driver.
pub enum Output {
    /// Write a frame on an inbound connection. Frames of one connection keep their order.
    Send {
        /// The connection.
        conn: ConnId,
        /// Pieces to be written one after the other, length bytes included.
        frame: Frame<Piece>,
    },
    /// Close an inbound connection after what was sent has left; no `Closed` event follows.
    Close {
        /// The connection.
        conn: ConnId,
    },
    /// Open an outbound connection; answered by `LinkUp` or `LinkDown`.
    Dial {
        /// Its name from now on.
        link: LinkId,
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// Write a frame on an outbound connection that is up.
    LinkSend {
        /// The link.
        link: LinkId,
        /// Pieces to be written one after the other, length bytes included.
        frame: Frame,
    },
    /// Close an outbound connection at once; no `LinkDown` follows.
    LinkClose {
        /// The link.
        link: LinkId,
    },
    /// Make the files' contents durable; answered by `Flushed`. Flushes may overtake one another.
    Flush {
        /// Name of this flush.
        token: FlushToken,
        /// Files to sync.
        files: Vec<Arc<dyn DiskFile>>,
        /// The quorum waits for it: it goes before all that nobody waits for.
        urgent: bool,
    },
    /// Write a line to the node's log.
    Log {
        /// How much it matters.
        level: Level,
        /// The line.
        message: String,
    },
    /// A controlled shutdown is complete: files are flushed and closed. The node must not be used again.
    Stopped,
    /// The node cannot go on. It must not be used again.
    Fatal {
        /// What happened to what.
        reason: String,
    },
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send { conn, frame } => {
                let bytes: usize = frame.iter().map(Piece::len).sum();
                write!(f, "Send({}, {bytes} bytes)", conn.0)
            }
            Self::Close { conn } => write!(f, "Close({})", conn.0),
            Self::Dial { link, host, port } => write!(f, "Dial({}, {host}:{port})", link.0),
            Self::LinkSend { link, frame } => {
                let bytes: usize = frame.iter().map(bytes::Bytes::len).sum();
                write!(f, "LinkSend({}, {bytes} bytes)", link.0)
            }
            Self::LinkClose { link } => write!(f, "LinkClose({})", link.0),
            Self::Flush { token, files, urgent } => {
                let urgent = if *urgent { ", urgent" } else { "" };
                write!(f, "Flush({}, {} files{urgent})", token.0, files.len())
            }
            Self::Log { level, message } => write!(f, "Log({level:?}, {message})"),
            Self::Stopped => f.write_str("Stopped"),
            Self::Fatal { reason } => write!(f, "Fatal({reason})"),
        }
    }
}
