//! A node's sockets: accepting, framing, writing, dialling. All of it lives on the node's thread.

pub(crate) mod assembler;
pub(crate) mod channel;
pub(crate) mod hub;
pub(crate) mod listener;
pub(crate) mod peers;
pub(crate) mod sweep;
