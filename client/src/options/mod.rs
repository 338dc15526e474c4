//! What a client is told: typed, or by the names of Kafka's client properties.
//!
//! The table of names is [`properties`]; how connections are secured is [`security`].

pub mod jaas;
pub mod properties;
mod secret;
pub mod security;

use std::sync::Arc;
use std::time::Duration;

use crate::connection::PrepareError;
use crate::safety::Guard;
use crate::tap::Tap;

pub use secret::Secret;
pub use security::Security;

/// Options of a client, with Kafka's defaults where nothing speaks against them.
#[derive(Clone, Debug)]
pub struct Options {
    /// Brokers to ask first; never empty.
    pub bootstrap: Vec<Address>,
    /// Whether the addresses are those of controllers, which serve less than brokers (KIP-919; Kafka 3.7 and
    /// newer).
    pub controllers: bool,
    /// `client.id`.
    pub client_id: String,
    /// `client.rack`, for reading from a near replica.
    pub rack: Option<String>,
    /// How connections are secured.
    pub security: Security,
    /// `default.api.timeout.ms`: how long one call may take with all its retries.
    pub timeout: Duration,
    /// `request.timeout.ms`: how long one request may wait for its answer.
    pub request_timeout: Duration,
    /// `socket.connection.setup.timeout.ms`.
    pub connect_timeout: Duration,
    /// `retry.backoff.ms`: the first pause between tries; doubles up to [`Options::retry_backoff_max`].
    pub retry_backoff: Duration,
    /// `retry.backoff.max.ms`.
    pub retry_backoff_max: Duration,
    /// The largest answer taken from a broker, in bytes.
    pub frame_max_bytes: usize,
    /// What may be changed; clones of the options share it.
    pub guard: Arc<Guard>,
    /// Who is told of every request.
    pub tap: Option<Tap>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bootstrap: vec![Address { host: "127.0.0.1".to_owned(), port: 9092 }],
            controllers: false,
            client_id: "kr".to_owned(),
            rack: None,
            security: Security::default(),
            timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            retry_backoff: Duration::from_millis(50),
            retry_backoff_max: Duration::from_secs(1),
            frame_max_bytes: 128 * 1024 * 1024,
            guard: Arc::new(Guard::open()),
            tap: None,
        }
    }
}

/// Where a broker listens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// A name or an address; an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl std::str::FromStr for Address {
    type Err = OptionsError;

    /// Reads `HOST:PORT`, `[IPV6]:PORT`, or a host alone with Kafka's port 9092. A listener's name in front
    /// (`PLAINTEXT://`) is skipped.
    fn from_str(text: &str) -> Result<Self, OptionsError> {
        let wrong = || OptionsError::Address { text: text.to_owned() };
        let plain = text.trim();
        let plain = plain.split_once("://").map_or(plain, |(_, rest)| rest);
        let (host, port) = match plain.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']').ok_or_else(wrong)?;
                (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':').ok_or_else(wrong)?) })
            }
            None if plain.matches(':').count() > 1 => (plain, None),
            None => plain.split_once(':').map_or((plain, None), |(host, port)| (host, Some(port))),
        };
        let port = match port {
            Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?,
            None => 9092,
        };
        let is_wrong_host = host.is_empty() || host.chars().any(|c| c.is_whitespace() || c.is_control());
        if is_wrong_host { Err(wrong()) } else { Ok(Self { host: host.to_owned(), port }) }
    }
}

/// What is wrong with an option.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// No broker was named.
    #[error("no broker is named")]
    NoBroker,
    /// An address that is none.
    #[error("\"{text}\" is not an address: HOST:PORT is wanted")]
    Address { text: String },
    /// A property this client does not know.
    #[error("unknown client property \"{key}\"")]
    Unknown { key: String },
    /// A property that asks for something this client cannot do.
    #[error("{key}={value} is not supported: {reason}")]
    Unsupported { key: String, value: String, reason: &'static str },
    /// A value of the wrong form.
    #[error("{key}={value} is not valid: {wanted} is wanted")]
    Invalid { key: String, value: String, wanted: &'static str },
    /// Certificates, keys or credentials that cannot be used.
    #[error(transparent)]
    Security(#[from] PrepareError),
}

impl Options {
    /// Replaces the brokers to ask first.
    pub fn set_bootstrap<T: AsRef<str>>(&mut self, servers: &[T]) -> Result<(), OptionsError> {
        let addresses: Result<Vec<Address>, _> = servers
            .iter()
            .flat_map(|list| list.as_ref().split(','))
            .map(str::trim)
            .filter(|server| !server.is_empty())
            .map(str::parse)
            .collect();
        self.bootstrap = addresses?;
        if self.bootstrap.is_empty() { Err(OptionsError::NoBroker) } else { Ok(()) }
    }

    /// Reads stores, keys and credentials as far as connections need them; once for all clones.
    ///
    /// Connecting does it, too; who does it before can tell a wrong configuration from a cluster that is away.
    pub fn prepare_security(&self) -> Result<(), OptionsError> {
        crate::connection::prepared(&self.security)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_every_usual_form() {
        for (text, host, port) in [
            ("a:1", "a", 1),
            ("a", "a", 9092),
            ("[::1]:9093", "::1", 9093),
            ("::1", "::1", 9092),
            ("PLAINTEXT://h:7", "h", 7),
        ] {
            assert_eq!(text.parse::<Address>().unwrap(), Address { host: host.to_owned(), port }, "{text}");
        }
        for text in ["", ":1", "a:", "a:0", "a:99999", "a b:1", "[::1"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
