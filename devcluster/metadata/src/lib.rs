//! Cluster metadata: what the records of `__cluster_metadata` add up to, and the controller that writes them.
//!
//! ```text
//! request --> Controller::create_topics, ... --> Outcome { records, response }    (changes nothing)
//! records --> log --> committed --> Loader::replay --> publish --> Image + Delta   (every node)
//!         \-> Controller::replay                                                   (active controller)
//! ```
//! Pure: no clock, no I/O, no threads. Time is an argument, chance a seeded generator. The bytes of records are
//! `kr_wire`'s, consensus on them `kr_raft`'s, and acting on an image is the node's.

pub mod bootstrap;
mod chance;
pub mod configs;
pub mod controller;
pub mod delta;
pub mod features;
pub mod image;
pub mod loader;
pub mod placement;
pub mod snapshot;
pub mod topic_name;

pub use controller::{Call, Controller, ControllerConfig, Outcome};
pub use delta::{Delta, PartitionDelta};
pub use image::{Broker, ControllerNode, Image, Partition, ResourceType, Topic};
pub use loader::Loader;
