//! Supervisor of a local multi-node cluster
