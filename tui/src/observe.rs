//! The exact mode: the metadata log is followed record by record, as brokers do it, by one who is none.
//!
//! [`follow`] knows what to fetch next and what is committed, [`log_state`] what the records mean; both are pure.
//! Who asks whom is the poller's (`poller/observer.rs`).

pub mod follow;
pub mod log_state;

pub use follow::{Follow, Followed};
pub use log_state::LogState;
