//! What a node's sockets may take of this machine, each bound with its reason.

use std::collections::BTreeMap;
use std::time::Duration;

/// Bounds of one node's connections. Kafka's own defaults are unlimited in count; these are for a dev box.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Longest frame accepted (`socket.request.max.bytes`). Buffers grow only as bytes arrive.
    pub frame_max_bytes: usize,
    /// Open inbound connections (`max.connections`); at the limit, a connection that never sent a whole
    /// request makes room for a new one.
    pub connections: usize,
    /// Open inbound connections from one address that is not loopback (`max.connections.per.ip`).
    pub connections_per_ip: usize,
    /// A client's connection without traffic for this long is closed (`connections.max.idle.ms`); those to
    /// the controller listener stay.
    pub idle: Duration,
    /// A frame that has begun must come in at [`Limits::FRAME_MIN_BYTES_PER_SECOND`] after this long.
    pub frame_grace: Duration,
    /// Requests of one connection that have no answer yet; then its socket is read no further.
    pub unanswered: usize,
    /// Answer bytes that a client has not taken; then its socket is read no further.
    pub unsent_max_bytes: usize,
    /// Request bytes held for all connections together; then only idle connections are read.
    pub held_max_bytes: usize,
    /// How long a dial may take (`socket.connection.setup.timeout.ms`).
    pub dial: Duration,
}

impl Limits {
    /// Slower than this, a sender is taken for one that only wants to hold memory.
    pub const FRAME_MIN_BYTES_PER_SECOND: u64 = 1024;

    /// The limits of a node with these Kafka properties; what cannot be read keeps its default, because
    /// the node itself refuses bad values at start.
    pub fn from_properties(properties: &BTreeMap<String, String>) -> Self {
        let number = |name: &str| properties.get(name).and_then(|value| value.trim().parse::<i64>().ok());
        let size = |name: &str, default: usize| {
            number(name).and_then(|value| usize::try_from(value).ok()).unwrap_or(default)
        };
        let default = Self::default();
        let idle = number("connections.max.idle.ms").map_or(Some(default.idle), |ms| {
            // Kafka: a negative value never closes.
            u64::try_from(ms).ok().map(Duration::from_millis)
        });
        Self {
            frame_max_bytes: size("socket.request.max.bytes", default.frame_max_bytes),
            connections: size("max.connections", default.connections),
            connections_per_ip: size("max.connections.per.ip", default.connections_per_ip),
            idle: idle.unwrap_or(Duration::MAX),
            ..default
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_max_bytes: 100 << 20,
            connections: 1024,
            connections_per_ip: 256,
            idle: Duration::from_secs(600),
            frame_grace: Duration::from_secs(10),
            unanswered: 64,
            unsent_max_bytes: 1 << 20,
            held_max_bytes: 256 << 20,
            dial: Duration::from_secs(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_set_limits_and_nonsense_keeps_defaults() {
        let properties = [
            ("max.connections", "7"),
            ("socket.request.max.bytes", "many"),
            ("connections.max.idle.ms", "-1"),
        ];
        let properties =
            properties.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let limits = Limits::from_properties(&properties);
        assert_eq!(limits.connections, 7);
        assert_eq!(limits.frame_max_bytes, 100 << 20);
        assert_eq!(limits.idle, Duration::MAX);
        assert_eq!(limits.connections_per_ip, 256);
    }
}
