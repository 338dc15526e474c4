//! Producer ids of this broker: blocks from the controller, handed out one by one (Kafka:
//! `RPCProducerIdManager`).
//!
//! The next block is fetched before the current one is used up. A request for which there is no id yet waits
//! here for a while.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{BrokerEpoch, ProducerId};
use kr_wire::message::{RequestKind, ResponseKind};
use kr_wire::messages::{AllocateProducerIdsRequest, AllocateProducerIdsResponse, BrokerId};
use kr_wire::time::Mono;

use crate::conns::Token;
use crate::dispatch::Answer;
use crate::handlers::init_producer_id;
use crate::links::CallTag;
use crate::node::Node;

/// Share of a block, in percent, after which the next one is fetched.
const PREFETCH_PERCENT: i64 = 90;
/// How long a request waits for an id before its client is told to try again.
const PATIENCE: Duration = Duration::from_secs(5);
/// Pause after a request for a block that failed.
const BACKOFF: Duration = Duration::from_millis(50);
/// Most requests that wait at once.
const MAX_WAITING: usize = 10_000;

/// The ids that this broker may hand out.
#[derive(Debug, Default)]
pub(crate) struct ProducerIds {
    current: Block,
    next: Option<Block>,
    asking: bool,
    retry_at: Option<Mono>,
    /// Requests without an id, the oldest first.
    waiting: VecDeque<(Mono, Token)>,
}

/// Consecutive ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Block {
    left: Range<i64>,
    /// Ids that are left when it is time to fetch the next block.
    low: i64,
}

impl Block {
    /// Reads an answer of the controller; `None` for a block without ids.
    fn new(response: &AllocateProducerIdsResponse) -> Option<Self> {
        let (start, len) = (response.producer_id_start.0, i64::from(response.producer_id_len));
        let end = start.checked_add(len).filter(|_| start >= 0 && len > 0)?;
        Some(Self { left: start..end, low: len - len * PREFETCH_PERCENT / 100 })
    }

    fn len(&self) -> i64 {
        self.left.end - self.left.start
    }
}

impl ProducerIds {
    /// When a request has waited too long, or a block is to be asked for.
    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        let ask = self.wants_block().then(|| self.retry_at.unwrap_or_default());
        let late = self.waiting.front().map(|(at, _)| *at);
        ask.into_iter().chain(late).min()
    }

    fn take(&mut self) -> Option<ProducerId> {
        if self.current.left.is_empty() {
            self.current = self.next.take()?;
        }
        self.current.left.next().map(ProducerId)
    }

    /// Ids are short and nobody has been asked for more. A broker without producers asks for none.
    fn wants_block(&self) -> bool {
        let short = self.current.len() <= self.current.low;
        let ever_used = self.current != Block::default() || !self.waiting.is_empty();
        !self.asking && self.next.is_none() && short && ever_used
    }

    fn failed(&mut self, now: Mono) {
        self.asking = false;
        self.retry_at = Some(now + BACKOFF);
    }

    /// Takes over a block; an answer that is none counts as a failure.
    fn answered(&mut self, response: Option<&AllocateProducerIdsResponse>, now: Mono) {
        match response.filter(|r| r.error_code == 0).and_then(Block::new) {
            Some(block) => {
                self.asking = false;
                self.retry_at = None;
                self.next = Some(block);
            }
            None => self.failed(now),
        }
    }
}

impl Node {
    /// Answers a request for a producer id, now or when there is one.
    pub(crate) fn producer_id(&mut self, token: Token) -> Answer {
        let now = self.now.mono;
        let unavailable = Answer::now(init_producer_id::refused(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS));
        let Some(broker) = &mut self.broker else { return unavailable };
        let ids = &mut broker.producer_ids;
        if let Some(id) = ids.take() {
            return Answer::now(init_producer_id::granted(id));
        }
        if ids.waiting.len() >= MAX_WAITING {
            return unavailable;
        }
        ids.waiting.push_back((now + PATIENCE, token));
        Answer::Later
    }

    /// Gives up on requests that have waited too long, and asks for a block when it is time.
    pub(crate) fn tick_producer_ids(&mut self) {
        let now = self.now.mono;
        while let Some(broker) = &mut self.broker
            && let Some((at, token)) = broker.producer_ids.waiting.front().copied()
            && at <= now
        {
            broker.producer_ids.waiting.pop_front();
            self.respond(token, init_producer_id::refused(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS));
        }
        let Some(broker) = &mut self.broker else { return };
        let ids = &mut broker.producer_ids;
        if !ids.wants_block() || ids.retry_at.is_some_and(|at| at > now) {
            return;
        }
        let Some(epoch) = broker.lifecycle.epoch() else { return ids.failed(now) };
        ids.asking = true;
        let request = AllocateProducerIdsRequest::default()
            .with_broker_id(BrokerId(self.config.node_id.0))
            .with_broker_epoch(BrokerEpoch::to_wire(Some(epoch)));
        if !self.call_controller(CallTag::ProducerIds, RequestKind::AllocateProducerIds(request)) {
            self.producer_ids_answered(None);
        }
    }

    /// The controller answered, or could not be asked.
    pub(crate) fn producer_ids_answered(&mut self, response: Option<ResponseKind>) {
        let now = self.now.mono;
        let Some(broker) = &mut self.broker else { return };
        let response = match &response {
            Some(ResponseKind::AllocateProducerIds(response)) => Some(response),
            _ => None,
        };
        let ids = &mut broker.producer_ids;
        ids.answered(response, now);
        let mut granted = Vec::new();
        while let Some((_, token)) = ids.waiting.front().copied() {
            // An id for a client that is gone would be lost.
            if self.conns.is_waiting(token) {
                let Some(id) = ids.take() else { break };
                granted.push((token, id));
            }
            ids.waiting.pop_front();
        }
        for (token, id) in granted {
            self.respond(token, init_producer_id::granted(id));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const NOW: Mono = Mono(1_000_000);

    fn response(start: i64, len: i32) -> AllocateProducerIdsResponse {
        AllocateProducerIdsResponse::default().with_producer_id_start(start.into()).with_producer_id_len(len)
    }

    #[test]
    fn a_broker_without_producers_asks_for_no_ids() {
        let mut ids = ProducerIds::default();
        assert!(!ids.wants_block());
        assert_eq!(ids.next_deadline(), None);
        ids.waiting.push_back((NOW + PATIENCE, Token(1)));
        assert!(ids.wants_block());
    }

    #[test]
    fn the_next_block_is_wanted_when_a_tenth_is_left() {
        let mut ids = ProducerIds::default();
        ids.answered(Some(&response(2000, 1000)), NOW);
        for expected in 2000..2899 {
            assert_eq!(ids.take(), Some(ProducerId(expected)));
            assert!(!ids.wants_block(), "after {expected}");
        }
        assert_eq!(ids.take(), Some(ProducerId(2899)));
        assert!(ids.wants_block());
        ids.asking = true;
        assert!(!ids.wants_block());
        ids.answered(Some(&response(7000, 1000)), NOW);
        let rest: BTreeSet<i64> = std::iter::from_fn(|| ids.take()).map(|id| id.0).collect();
        assert_eq!(rest, (2900..3000).chain(7000..8000).collect());
    }

    #[test]
    fn a_refusal_or_an_empty_block_is_tried_again_later() {
        let mut ids = ProducerIds::default();
        ids.waiting.push_back((NOW + PATIENCE, Token(1)));
        for answer in
            [None, Some(response(0, 0)), Some(response(-5, 10)), Some(response(0, 10).with_error_code(77))]
        {
            ids.asking = true;
            ids.answered(answer.as_ref(), NOW);
            assert_eq!(ids.take(), None);
            assert_eq!(ids.next_deadline(), Some(NOW + BACKOFF));
        }
    }
}
