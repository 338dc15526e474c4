//! Supervisor of a local cluster, for `kr dev` and for tests.
//!
//! [`up`] looks at what is there, plans what shall be, takes ports and starts one thread per node. The
//! [`Cluster`] it gives can be asked, hurt and healed; other processes reach it through [`Remote`]. A cluster
//! keeps its identity, its ports and its data under its name; nobody but this user and this machine can reach
//! it. What a node does is not decided here.

mod cluster;
mod control;
mod detach;
mod dispatcher;
mod error;
mod holder;
mod host;
mod logs;
mod lookup;
mod open_files;
mod place;
mod plan;
mod ports;
mod properties;
mod readiness;
mod spec;
mod state_file;
mod status;
mod targets;
mod up;

pub use kr_node::Profile;

pub use crate::cluster::Cluster;
pub use crate::control::{Remote, RemoteError, Reply, Request};
pub use crate::detach::{leave_session, release_stdout};
pub use crate::dispatcher::Notice;
pub use crate::error::UpError;
pub use crate::logs::{LogLine, Reader as LogReader, SUPERVISOR, node_log};
pub use crate::open_files::TooFew;
pub use crate::place::{PROCESS_LOG, Place};
pub use crate::plan::PlanError;
pub use crate::ports::PortError;
pub use crate::properties::without_effect;
pub use crate::spec::{BadTopic, Layout, MAX_NODES, Spec, TopicSpec, is_valid_name};
pub use crate::state_file::{NodeState, State, StateError};
pub use crate::status::{Action, ClusterStatus, NodeReport, NodeView, profile_name};
pub use crate::targets::{Partition, Target, TargetError};
pub use crate::up::{Up, up};
