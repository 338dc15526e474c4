//! What nodes do to each other when something goes wrong between them, driven by hand on disks in memory.
//!
//! One rule each, for faults that are rare in the simulator; whole histories are its business.

mod bench;
mod following;
mod forwarding;
mod registering;
