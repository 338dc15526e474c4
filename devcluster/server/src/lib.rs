//! The tokio shell that drives a node on sockets, disks and clocks. It decides nothing.
//!
//! Each node has one OS thread with a current-thread runtime, and all its sockets live on that thread:
//!
//! ```text
//! listener ─accept─▶ channel ─frame─▶ events ─▶ Core::handle ─▶ Core::poll_output ─▶ channel, peers,
//!    (limits)       (bounded)        (one queue)   (one turn drains all that is ready)    flush pool, log
//! ```
//!
//! A turn handles every event that is ready before it carries out outputs, so that one write and one flush
//! serve many requests. [`NodeHandle`] is the supervisor's end: kill, pause, resume, shutdown, status.

mod clock;
mod control;
mod flush;
mod handle;
mod limits;
mod net;
mod panics;
mod server;

use kr_wire::time::{Mono, Now};

pub use crate::clock::Clock;
pub use crate::flush::FlushPool;
pub use crate::handle::{Exit, NodeHandle};
pub use crate::limits::Limits;
pub use crate::server::{LogSink, NodeServer, ServerConfig};

/// What the shell drives: [`kr_node::Node`], or a small machine in the shell's own tests.
pub trait Core: 'static {
    /// What [`NodeHandle::status`] gives.
    type Status: Send + 'static;

    /// Takes one event; effects come out of [`Core::poll_output`].
    fn handle(&mut self, event: kr_node::Event, now: Now);

    /// The next effect, in the order in which effects are to be carried out.
    fn poll_output(&mut self) -> Option<kr_node::Output>;

    /// When [`kr_node::Event::Tick`] is due.
    fn next_deadline(&self) -> Option<Mono>;

    /// What the machine says of itself.
    fn status(&self) -> Self::Status;
}
