//! A supervisor's end of a running node.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kr_node::FlushToken;
use tokio::sync::{mpsc, oneshot, watch};

use crate::control::{Control, Wanted};

/// How a node's thread ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// A controlled shutdown came to its end.
    Stopped,
    /// It was killed: nothing was flushed, nobody was told.
    Killed,
    /// It could not start.
    NotStarted(String),
    /// The node gave up, mostly because of its disk.
    Fatal(String),
    /// A bug: the node's code panicked. Other nodes of the process are not touched.
    Panicked(String),
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("stopped"),
            Self::Killed => f.write_str("killed"),
            Self::NotStarted(reason) => write!(f, "could not start: {reason}"),
            Self::Fatal(reason) => write!(f, "failed: {reason}"),
            Self::Panicked(reason) => write!(f, "panicked: {reason}"),
        }
    }
}

/// What other threads tell the node's thread. Senders are the supervisor and the flush pool; what they have
/// under way is bounded by the flushes that the node asked for, so the queue needs no bound of its own.
pub(crate) enum Letter<S> {
    /// Look at the control switch.
    Wake,
    /// Begin a controlled shutdown.
    Shutdown,
    /// Say how the node is.
    Status(oneshot::Sender<S>),
    /// A flush has ended.
    Flushed(FlushToken, Result<(), String>),
}

/// A node that was started with [`crate::NodeServer::spawn`]. Dropping the handle kills the node.
pub struct NodeHandle<S> {
    pub(crate) control: Arc<Control>,
    pub(crate) letters: mpsc::UnboundedSender<Letter<S>>,
    pub(crate) exit: watch::Receiver<Option<Exit>>,
}

impl<S> NodeHandle<S> {
    /// Ends the node at once: sockets close, files stay as they are, nothing is flushed.
    pub fn kill(&self) {
        self.control.set(Wanted::Killed);
        self.wake();
    }

    /// Freezes the node: sockets stay open, nothing is read, answered or timed.
    pub fn pause(&self) {
        self.control.set(Wanted::Paused);
        self.wake();
    }

    /// Lets a frozen node go on.
    pub fn resume(&self) {
        self.control.set(Wanted::Running);
    }

    /// Whether the node is frozen.
    pub fn is_paused(&self) -> bool {
        self.control.wanted() == Wanted::Paused
    }

    /// Begins a controlled shutdown; [`NodeHandle::exited`] tells when it is done.
    pub fn shutdown(&self) {
        // A thread that is gone has nothing to shut down.
        let _ = self.letters.send(Letter::Shutdown);
    }

    /// Asks the node how it is; `None` when it is gone, frozen or does not answer within `patience`.
    pub async fn status(&self, patience: Duration) -> Option<S> {
        if self.is_paused() {
            return None;
        }
        let (answer, status) = oneshot::channel();
        self.letters.send(Letter::Status(answer)).ok()?;
        tokio::time::timeout(patience, status).await.ok()?.ok()
    }

    /// How the node ended, if it has.
    pub fn exit(&self) -> Option<Exit> {
        self.exit.borrow().clone()
    }

    /// Waits until the node's thread has ended and its sockets are closed.
    pub async fn exited(&self) -> Exit {
        let mut exit = self.exit.clone();
        match exit.wait_for(Option::is_some).await {
            Ok(exit) => exit.clone().unwrap_or(Exit::Killed),
            // The thread went away without a word, which only the runtime's end can do.
            Err(_) => Exit::Killed,
        }
    }

    /// A view of the exit that outlives the handle.
    pub fn watch_exit(&self) -> watch::Receiver<Option<Exit>> {
        self.exit.clone()
    }

    fn wake(&self) {
        let _ = self.letters.send(Letter::Wake);
    }
}

impl<S> Drop for NodeHandle<S> {
    fn drop(&mut self) {
        self.kill();
    }
}

impl<S> fmt::Debug for NodeHandle<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeHandle").field("control", &self.control).field("exit", &self.exit).finish()
    }
}
