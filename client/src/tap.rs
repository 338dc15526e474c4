//! A view of every request as it is answered: what was asked of whom, how many bytes it took, how long, and
//! for how long the broker wants to be left alone. Whoever keeps a budget or shows a log of requests taps in.
//!
//! Opening a connection (TLS, SASL) is not in it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kr_wire::api::ApiKey;

use crate::options::Address;

/// One request and what became of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Whom it went to.
    pub address: Address,
    /// API key.
    pub api: i16,
    /// Name of the API.
    pub name: &'static str,
    /// Version of the API.
    pub version: i16,
    /// Size of the request in bytes, its length included.
    pub sent_bytes: usize,
    /// Size of the answer in bytes without its header; 0 when none came.
    pub received_bytes: usize,
    /// From the request to its answer or failure.
    pub took: Duration,
    /// For how long a quota was overstepped (KIP-219); none when it was not, or the answer does not tell.
    pub throttle: Option<Duration>,
    /// Why there is no answer; none when there is one, which may still be a refusal.
    pub failure: Option<String>,
}

type Listener = dyn Fn(Exchange) + Send + Sync;

/// Who is told of every request. Clones tell the same listener, which must return at once.
#[derive(Clone)]
pub struct Tap(Arc<Listener>);

impl Tap {
    /// Tells a function.
    pub fn new(listener: impl Fn(Exchange) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    pub(crate) fn tell(&self, exchange: Exchange) {
        (self.0)(exchange);
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tap")
    }
}

/// The throttle time of an answer, for APIs whose answers begin with it.
pub(crate) fn throttle(key: i16, version: i16, body: &[u8]) -> Option<Duration> {
    let first_version = match ApiKey::try_from(key).ok()? {
        ApiKey::ListOffsets | ApiKey::OffsetForLeaderEpoch => 2,
        ApiKey::Metadata | ApiKey::OffsetFetch => 3,
        ApiKey::Fetch
        | ApiKey::FindCoordinator
        | ApiKey::DescribeGroups
        | ApiKey::ListGroups
        | ApiKey::DescribeLogDirs => 1,
        ApiKey::DescribeConfigs
        | ApiKey::DescribeCluster
        | ApiKey::DescribeTopicPartitions
        | ApiKey::ConsumerGroupDescribe
        | ApiKey::ShareGroupDescribe
        | ApiKey::ListPartitionReassignments
        | ApiKey::FetchSnapshot => 0,
        _ => return None,
    };
    if version < first_version {
        return None;
    }
    let first = i32::from_be_bytes(*body.first_chunk()?);
    u64::try_from(first).ok().filter(|ms| *ms > 0).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttle_time_is_read_only_where_an_answer_begins_with_it() {
        let body = 250_i32.to_be_bytes();
        let metadata = ApiKey::Metadata as i16;
        assert_eq!(throttle(metadata, 9, &body), Some(Duration::from_millis(250)));
        assert_eq!(throttle(metadata, 2, &body), None);
        assert_eq!(throttle(ApiKey::DescribeQuorum as i16, 2, &body), None);
        assert_eq!(throttle(metadata, 9, &0_i32.to_be_bytes()), None);
        assert_eq!(throttle(metadata, 9, &[1]), None);
    }
}
