//! The poller against brokers that do what a test says.

#[path = "../../../client/tests/it/fake/mod.rs"]
#[expect(dead_code, reason = "shared with the client's tests, which use all of it")]
mod fake;
mod polling;
