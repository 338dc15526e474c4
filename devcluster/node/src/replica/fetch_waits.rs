//! Fetches that wait for records (Kafka: `DelayedFetch`): who waits for which partition, and until when.
//!
//! Whether a fetch has enough is decided by its handler.

use std::collections::{BTreeMap, BTreeSet};

use kr_wire::time::Mono;

use super::partition::PartitionKey;
use crate::conns::Token;
use crate::handlers::fetch::FetchWait;
use crate::node::Node;

/// The fetches that wait at a broker.
#[derive(Debug, Default)]
pub(crate) struct FetchWaits {
    waits: BTreeMap<Token, FetchWait>,
    watchers: BTreeMap<PartitionKey, BTreeSet<Token>>,
    deadlines: BTreeSet<(Mono, Token)>,
}

impl FetchWaits {
    pub(crate) fn add(&mut self, token: Token, wait: FetchWait) {
        for key in wait.keys() {
            self.watchers.entry(key).or_default().insert(token);
        }
        self.deadlines.insert((wait.deadline, token));
        self.waits.insert(token, wait);
    }

    pub(crate) fn remove(&mut self, token: Token) -> Option<FetchWait> {
        let wait = self.waits.remove(&token)?;
        for key in wait.keys() {
            if let Some(watchers) = self.watchers.get_mut(&key) {
                watchers.remove(&token);
                if watchers.is_empty() {
                    self.watchers.remove(&key);
                }
            }
        }
        self.deadlines.remove(&(wait.deadline, token));
        Some(wait)
    }

    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        self.deadlines.first().map(|(at, _)| *at)
    }
}

impl Node {
    /// Looks again at the fetches that wait for a partition.
    pub(crate) fn wake_fetches(&mut self, key: PartitionKey) {
        let Some(broker) = &self.broker else { return };
        let fetches = &broker.replicas.fetches;
        let Some(watchers) = fetches.watchers.get(&key) else { return };
        let partition = broker.replicas.get(key);
        let woken: Vec<Token> = watchers
            .iter()
            .filter(|token| fetches.waits.get(token).is_some_and(|wait| wait.concerns(key, partition)))
            .copied()
            .collect();
        for token in woken {
            self.retry_fetch(token, false);
        }
    }

    /// Answers the fetches whose time is over with what there is.
    pub(crate) fn tick_fetches(&mut self) {
        let now = self.now.mono;
        while let Some(broker) = &self.broker
            && let Some((at, token)) = broker.replicas.fetches.deadlines.first().copied()
            && at <= now
        {
            self.retry_fetch(token, true);
        }
    }

    fn retry_fetch(&mut self, token: Token, give_up: bool) {
        let Some(wait) = self.broker.as_mut().and_then(|b| b.replicas.fetches.remove(token)) else { return };
        if !self.conns.is_waiting(token) {
            return;
        }
        if let Some(wait) = self.complete_fetch(token, wait, give_up)
            && let Some(broker) = &mut self.broker
        {
            broker.replicas.fetches.add(token, wait);
        }
    }
}
