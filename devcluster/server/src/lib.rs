//! The tokio shell that drives a node on sockets, disks and clocks
