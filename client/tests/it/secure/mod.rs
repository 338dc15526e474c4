//! TLS and SASL from end to end: a listener with certificates made on the spot stands before a fake broker.

mod authority;
mod front;
mod sasl;
mod tls;

use kr_client::{Client, Error, Options};

use super::fake::FakeCluster;
use front::Front;

/// Options for the listener, with properties.
fn options(front: &Front, properties: &[(&str, &str)]) -> Options {
    options_for(&front.address.to_string(), properties)
}

fn options_for(server: &str, properties: &[(&str, &str)]) -> Options {
    let mut options = Options {
        timeout: std::time::Duration::from_secs(5),
        request_timeout: std::time::Duration::from_secs(2),
        connect_timeout: std::time::Duration::from_secs(1),
        ..Options::default()
    };
    options.set_bootstrap(&[server]).unwrap();
    for (key, value) in properties {
        options.set_property(key, value).unwrap();
    }
    options
}

/// Connects and asks for something, so that a refusal that comes late is seen, too.
async fn use_it(options: Options) -> Result<Client, Error> {
    let client = Client::connect(options).await?;
    client.list_topics().await?;
    Ok(client)
}

/// The innermost error in words.
async fn why(options: Options) -> (kr_client::Fault, String) {
    let error = use_it(options).await.expect_err("it must fail");
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    (error.fault(), innermost.to_string())
}
