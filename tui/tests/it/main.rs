//! Tests of the screen (frames from a scripted cluster, a robot that presses keys, noise) and of the poller against
//! brokers that do what a test says.

#[path = "../../../client/tests/it/fake/mod.rs"]
#[expect(dead_code, reason = "shared with the client's tests, which use all of it")]
mod fake;
mod fixture;
mod frames;
mod noise;
mod polling;
mod robot;
