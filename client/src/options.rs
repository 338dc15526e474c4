//! What a client is told: typed, or by the names of Kafka's client properties.
//!
//! TLS and SASL have their place in [`Security`]; until they exist, asking for them is refused instead of
//! talking in the clear.

use std::sync::Arc;
use std::time::Duration;

use crate::safety::Guard;

/// The properties [`Options::set_property`] takes.
pub const PROPERTIES: &[&str] = &[
    "bootstrap.servers",
    "client.id",
    "security.protocol",
    "request.timeout.ms",
    "default.api.timeout.ms",
    "retry.backoff.ms",
    "retry.backoff.max.ms",
    "socket.connection.setup.timeout.ms",
    "client.rack",
];

/// Options of a client, with Kafka's defaults where nothing speaks against them.
#[derive(Clone, Debug)]
pub struct Options {
    /// Brokers to ask first; never empty.
    pub bootstrap: Vec<Address>,
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
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bootstrap: vec![Address { host: "127.0.0.1".to_owned(), port: 9092 }],
            client_id: "kr".to_owned(),
            rack: None,
            security: Security::Plaintext,
            timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            retry_backoff: Duration::from_millis(50),
            retry_backoff_max: Duration::from_secs(1),
            frame_max_bytes: 128 * 1024 * 1024,
            guard: Arc::new(Guard::open()),
        }
    }
}

/// `security.protocol`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Security {
    /// No encryption, no authentication.
    #[default]
    Plaintext,
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
    #[error("{key}={value} is not supported: this client speaks PLAINTEXT only")]
    Unsupported { key: String, value: String },
    /// A value of the wrong form.
    #[error("{key}={value} is not valid: {wanted} is wanted")]
    Invalid { key: String, value: String, wanted: &'static str },
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

    /// Sets an option by the name of Kafka's property (librdkafka's names are taken, too).
    pub fn set_property(&mut self, key: &str, value: &str) -> Result<(), OptionsError> {
        let millis = || {
            let parsed = value.trim().parse().ok().filter(|millis: &u64| *millis > 0);
            parsed.map(Duration::from_millis).ok_or_else(|| OptionsError::Invalid {
                key: key.to_owned(),
                value: value.to_owned(),
                wanted: "a number of milliseconds above 0",
            })
        };
        match key {
            "bootstrap.servers" | "metadata.broker.list" => self.set_bootstrap(&[value])?,
            "client.id" => self.client_id = value.to_owned(),
            "client.rack" => self.rack = (!value.is_empty()).then(|| value.to_owned()),
            "security.protocol" => {
                if !value.eq_ignore_ascii_case("PLAINTEXT") {
                    return Err(unsupported(key, value));
                }
            }
            "request.timeout.ms" | "socket.timeout.ms" => self.request_timeout = millis()?,
            "default.api.timeout.ms" => self.timeout = millis()?,
            "retry.backoff.ms" => self.retry_backoff = millis()?,
            "retry.backoff.max.ms" => self.retry_backoff_max = millis()?,
            "socket.connection.setup.timeout.ms" => self.connect_timeout = millis()?,
            _ if key.starts_with("ssl.") || key.starts_with("sasl.") => return Err(unsupported(key, "...")),
            _ => return Err(OptionsError::Unknown { key: key.to_owned() }),
        }
        Ok(())
    }
}

/// Secrets may stand in the value of a SASL property, so callers pass what may be shown.
fn unsupported(key: &str, value: &str) -> OptionsError {
    OptionsError::Unsupported { key: key.to_owned(), value: value.to_owned() }
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

    #[test]
    fn a_secure_protocol_is_refused_without_showing_secrets() {
        let mut options = Options::default();
        let error = options.set_property("sasl.jaas.config", "password=geheim").unwrap_err();
        assert!(!error.to_string().contains("geheim"));
        assert!(options.set_property("security.protocol", "SASL_SSL").is_err());
        assert!(options.set_property("security.protocol", "plaintext").is_ok());
    }
}
