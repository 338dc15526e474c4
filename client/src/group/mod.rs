//! Membership of a classic consumer group (KIP-62, KIP-345 without static members).

pub mod protocol;
