//! The client against brokers that do what a test says.

mod admin;
mod connecting;
mod consuming;
mod fake;
mod hostile;
mod looking;
mod producing;
mod secure;

use std::time::Duration;

use kr_client::{Client, Options};

use fake::FakeCluster;

/// Options that make waiting short.
fn options(cluster: &FakeCluster) -> Options {
    let mut options = Options {
        timeout: Duration::from_secs(5),
        request_timeout: Duration::from_secs(1),
        connect_timeout: Duration::from_secs(1),
        retry_backoff: Duration::from_millis(5),
        ..Options::default()
    };
    options.set_bootstrap(&cluster.bootstrap()).unwrap();
    options
}

async fn connect(cluster: &FakeCluster) -> Client {
    Client::connect(options(cluster)).await.unwrap()
}
