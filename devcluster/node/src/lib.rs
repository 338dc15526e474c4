//! One Kafka node, broker and controller, as a deterministic core: events in, effects out.
//!
//! A driver (the tokio shell of `kr-server`, or the simulator) feeds [`Event`]s with the time at which
//! they happened, carries out the [`Output`]s in order, and calls again at [`Node::next_deadline`].
//! The node reads no clock, opens no socket and starts no thread; it reaches the disk synchronously
//! through [`kr_log::Disk`], except for flushes, which are outputs.

mod broker;
mod config;
mod conns;
mod dispatch;
mod drive;
mod event;
mod forward;
mod handlers;
#[cfg(feature = "inspect")]
mod inspect;
mod lifecycle;
mod links;
#[cfg(feature = "mutants")]
mod mutants;
mod node;
mod output;
mod producer_ids;
mod replica;
mod start;
mod status;

pub use config::{BadProperty, NodeConfig, Profile, Roles, Settings, Voter, check_property};
pub use event::{ConnId, Event, FlushToken, LinkDownReason, LinkId, Listener};
pub use handlers::served;
#[cfg(feature = "inspect")]
pub use inspect::{CoordinatorView, Inspection, ReplicaView};
#[cfg(feature = "mutants")]
pub use mutants::Mutants;
pub use node::Node;
pub use output::{Level, Output};
pub use start::{StartError, format};
pub use status::{BrokerStatus, NodeStatus, QuorumStatus};
