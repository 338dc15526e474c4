//! Unmodified Rust clients against a dev cluster in this process: librdkafka (`rdkafka`) and `krafka`.
//!
//! Both go through the same story, with and without a failure. Clients in other languages are in
//! `tests/interop`, which needs more than a Rust toolchain.

#![expect(clippy::print_stderr, reason = "a test that waits says what it saw")]

mod cluster;
mod krafka;
mod rdkafka;
mod record;
mod story;

use crate::story::Fault;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rdkafka_exchanges_records_of_every_codec_in_a_group() {
    story::tell(rdkafka::Rdkafka::default(), "rdkafka", Fault::None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rdkafka_loses_nothing_when_leaders_are_killed() {
    story::tell(rdkafka::Rdkafka::default(), "rdkafka-fault", Fault::KillLeader).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idempotent_rdkafka_doubles_nothing_when_leaders_are_killed() {
    story::tell(rdkafka::Rdkafka { idempotent: true }, "rdkafka-idempotent", Fault::KillLeader).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn krafka_exchanges_records_of_every_codec_in_a_group() {
    story::tell(krafka::Krafka, "krafka", Fault::None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn krafka_loses_and_doubles_nothing_when_leaders_are_killed() {
    story::tell(krafka::Krafka, "krafka-fault", Fault::KillLeader).await;
}
