//! One Kafka node, broker and controller, as a deterministic core: events in, effects out.
//!
//! A driver (the tokio shell of `kr-server`, or the simulator) feeds [`Event`]s with the time at which
//! they happened, carries out the [`Output`]s in order, and calls again at [`Node::next_deadline`].
//! The node reads no clock, opens no socket and starts no thread; it reaches the disk synchronously
//! through [`kr_log::Disk`], except for flushes, which are outputs.

pub mod config;
pub mod event;
pub mod output;
pub mod status;

pub use config::{NodeConfig, Profile, Roles, Settings, Voter};
pub use event::{ConnId, Event, FlushToken, LinkDownReason, LinkId, Listener};
pub use output::{Level, Output};
pub use status::{BrokerStatus, NodeStatus, QuorumStatus};
