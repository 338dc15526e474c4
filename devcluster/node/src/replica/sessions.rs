//! Incremental fetch sessions (KIP-227): what a fetcher asked for once and need not repeat.
//!
//! Knows sessions, not records: what each partition last told the fetcher is kept here so that an answer
//! carries only news.

use std::collections::BTreeMap;
use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::fetch::{FetchPartition, FetchPartitionResponse, FetchRequest};
use kr_wire::frame::Piece;
use kr_wire::ids::{Offset, PartitionId};
use kr_wire::time::Mono;
use kr_wire::topic_ref::TopicRef;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// How long a session must be idle before another may take its place (Kafka: 120 s).
const EVICTION_IDLE: Duration = Duration::from_secs(120);

/// A partition as a fetcher names it.
pub(crate) type Asked = (TopicRef, PartitionId);

/// What a request means once its session is known.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    /// Partitions to look at, in the order in which bytes are given out.
    pub(crate) partitions: Vec<(TopicRef, FetchPartition)>,
    /// The session, 0 for none.
    pub(crate) session_id: i32,
    /// Whether partitions without news are left out of the answer.
    pub(crate) incremental: bool,
}

/// The sessions of a broker.
#[derive(Debug)]
pub(crate) struct FetchSessions {
    sessions: BTreeMap<i32, Session>,
    max: usize,
    rng: ChaCha8Rng,
}

#[derive(Debug)]
struct Session {
    /// Epoch that the next request must have.
    next_epoch: i32,
    partitions: BTreeMap<Asked, Cached>,
    by_id: bool,
    /// Whether a replica fetches: those are evicted last.
    privileged: bool,
    last_used: Mono,
    /// The partition after which the next answer starts giving out bytes.
    rotation: Option<Asked>,
}

/// What a session remembers of a partition.
#[derive(Clone, Copy, Debug)]
struct Cached {
    request: FetchPartition,
    high_watermark: Option<Offset>,
    last_stable_offset: Option<Offset>,
    log_start_offset: Option<Offset>,
    failed: bool,
}

impl FetchSessions {
    pub(crate) fn new(max: usize, seed: u64) -> Self {
        Self { sessions: BTreeMap::new(), max, rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Finds out what a request asks for.
    ///
    /// # Errors
    /// FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR.
    pub(crate) fn plan(&mut self, request: &FetchRequest, now: Mono) -> Result<Plan, ErrorCode> {
        match request.session_epoch {
            // Done with the session, or never had one.
            -1 => {
                if request.session_id != 0 {
                    self.sessions.remove(&request.session_id);
                }
                Ok(Plan { partitions: asked(request), session_id: 0, incremental: false })
            }
            0 => {
                self.sessions.remove(&request.session_id);
                let partitions = asked(request);
                let session_id = self.open(request, &partitions, now);
                Ok(Plan { partitions, session_id, incremental: false })
            }
            epoch => self.go_on(request, epoch, now),
        }
    }

    fn open(&mut self, request: &FetchRequest, partitions: &[(TopicRef, FetchPartition)], now: Mono) -> i32 {
        let privileged = request.replica.is_some();
        if partitions.is_empty() || !self.make_room(partitions.len(), privileged, now) {
            return 0;
        }
        let id = loop {
            let id = (self.rng.next_u32() >> 1) as i32;
            if id != 0 && !self.sessions.contains_key(&id) {
                break id;
            }
        };
        let by_id = partitions.iter().any(|(topic, _)| matches!(topic, TopicRef::Id(_)));
        let partitions =
            partitions.iter().map(|(topic, p)| ((topic.clone(), p.index), Cached::new(*p))).collect();
        let session =
            Session { next_epoch: 1, partitions, by_id, privileged, last_used: now, rotation: None };
        self.sessions.insert(id, session);
        id
    }

    /// Frees a slot if the newcomer may have one: from the idle first, then from smaller or lesser sessions.
    fn make_room(&mut self, size: usize, privileged: bool, now: Mono) -> bool {
        if self.sessions.len() < self.max {
            return true;
        }
        let idle = self.sessions.iter().min_by_key(|(_, s)| s.last_used).map(|(id, s)| (*id, s.last_used));
        if let Some((id, last_used)) = idle
            && now - last_used > EVICTION_IDLE
        {
            self.sessions.remove(&id);
            return true;
        }
        let least = self.sessions.iter().map(|(id, s)| ((s.privileged, s.partitions.len()), *id)).min();
        match least {
            Some((rank, id)) if rank < (privileged, size) => {
                self.sessions.remove(&id);
                true
            }
            _ => false,
        }
    }

    fn go_on(&mut self, request: &FetchRequest, epoch: i32, now: Mono) -> Result<Plan, ErrorCode> {
        let id = request.session_id;
        let session = self.sessions.get_mut(&id).ok_or(ErrorCode::FETCH_SESSION_ID_NOT_FOUND)?;
        if session.next_epoch != epoch {
            return Err(ErrorCode::INVALID_FETCH_SESSION_EPOCH);
        }
        let other_kind = |topic: &TopicRef| matches!(topic, TopicRef::Id(_)) != session.by_id;
        if request.topics.iter().any(|t| other_kind(&t.topic))
            || request.forgotten.iter().any(|t| other_kind(&t.topic))
        {
            return Err(ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR);
        }
        session.next_epoch = if epoch == i32::MAX { 1 } else { epoch + 1 };
        session.last_used = now;
        for topic in &request.forgotten {
            for index in &topic.partitions {
                session.partitions.remove(&(topic.topic.clone(), *index));
            }
        }
        for (topic, partition) in asked(request) {
            session
                .partitions
                .entry((topic, partition.index))
                .and_modify(|cached| cached.request = partition)
                .or_insert_with(|| Cached::new(partition));
        }
        Ok(Plan { partitions: session.rotated(), session_id: id, incremental: true })
    }

    /// Keeps what an answer says, and takes out of it what is no news. `wanted` is false for a partition whose
    /// answer says nothing new in an incremental session.
    pub(crate) fn remember<P: Piece>(
        &mut self,
        id: i32,
        incremental: bool,
        topic: &TopicRef,
        answer: &FetchPartitionResponse<P>,
    ) -> bool {
        let Some(session) = self.sessions.get_mut(&id) else { return true };
        let key = (topic.clone(), answer.index);
        let has_records = answer.records.as_ref().is_some_and(|r| r.size() > 0);
        let Some(cached) = session.partitions.get_mut(&key) else { return true };
        let news = has_records
            || !answer.error.is_ok()
            || cached.failed
            || answer.diverging_epoch.is_some()
            || answer.preferred_read_replica.is_some()
            || cached.high_watermark != answer.high_watermark
            || cached.last_stable_offset != answer.last_stable_offset
            || cached.log_start_offset != answer.log_start_offset;
        cached.high_watermark = answer.high_watermark;
        cached.last_stable_offset = answer.last_stable_offset;
        cached.log_start_offset = answer.log_start_offset;
        // An error is told again until the fetcher reacts to it.
        cached.failed = !answer.error.is_ok();
        if has_records {
            session.rotation = Some(key);
        }
        news || !incremental
    }
}

impl Session {
    /// All partitions, beginning after the one that was served last, so that none starves.
    fn rotated(&self) -> Vec<(TopicRef, FetchPartition)> {
        let pair = |(key, cached): (&Asked, &Cached)| (key.0.clone(), cached.request);
        match &self.rotation {
            None => self.partitions.iter().map(pair).collect(),
            Some(last) => {
                let after = (std::ops::Bound::Excluded(last), std::ops::Bound::Unbounded);
                let later = self.partitions.range::<Asked, _>(after).map(pair);
                later.chain(self.partitions.range::<Asked, _>(..=last).map(pair)).collect()
            }
        }
    }
}

impl Cached {
    fn new(request: FetchPartition) -> Self {
        Self {
            request,
            high_watermark: None,
            last_stable_offset: None,
            log_start_offset: None,
            failed: false,
        }
    }
}

fn asked(request: &FetchRequest) -> Vec<(TopicRef, FetchPartition)> {
    request.topics.iter().flat_map(|t| t.partitions.iter().map(|p| (t.topic.clone(), *p))).collect()
}

#[cfg(test)]
mod tests {
    use kr_wire::fetch::{FetchTopic, ForgottenTopic};

    use super::*;

    fn partition(index: i32, offset: i64) -> FetchPartition {
        FetchPartition {
            index: PartitionId(index),
            fetch_offset: Offset(offset),
            ..FetchPartition::default()
        }
    }

    fn request(id: i32, epoch: i32, partitions: Vec<FetchPartition>) -> FetchRequest {
        let topics = match partitions.is_empty() {
            true => Vec::new(),
            false => vec![FetchTopic { topic: TopicRef::Name("orders".into()), partitions }],
        };
        FetchRequest { session_id: id, session_epoch: epoch, topics, ..FetchRequest::default() }
    }

    fn sessions(max: usize) -> FetchSessions {
        FetchSessions::new(max, 7)
    }

    fn indexes(plan: &Plan) -> Vec<i32> {
        plan.partitions.iter().map(|(_, p)| p.index.0).collect()
    }

    #[test]
    fn session_repeats_what_was_asked_once() {
        let mut s = sessions(10);
        let first = s.plan(&request(0, 0, vec![partition(0, 5), partition(1, 6)]), Mono(0)).expect("opens");
        assert_ne!(first.session_id, 0);
        assert!(!first.incremental);
        let next = s.plan(&request(first.session_id, 1, vec![partition(1, 9)]), Mono(1)).expect("goes on");
        assert!(next.incremental);
        assert_eq!(next.partitions[1].1.fetch_offset, Offset(9));
        assert_eq!(next.partitions[0].1.fetch_offset, Offset(5));
    }

    #[test]
    fn session_refuses_a_wrong_epoch_and_an_unknown_id() {
        let mut s = sessions(10);
        let id = s.plan(&request(0, 0, vec![partition(0, 0)]), Mono(0)).expect("opens").session_id;
        assert_eq!(s.plan(&request(id, 2, vec![]), Mono(0)), Err(ErrorCode::INVALID_FETCH_SESSION_EPOCH));
        assert_eq!(s.plan(&request(id + 1, 1, vec![]), Mono(0)), Err(ErrorCode::FETCH_SESSION_ID_NOT_FOUND));
    }

    #[test]
    fn forgotten_partition_leaves_the_session() {
        let mut s = sessions(10);
        let id = s
            .plan(&request(0, 0, vec![partition(0, 0), partition(1, 0)]), Mono(0))
            .expect("opens")
            .session_id;
        let mut forget = request(id, 1, vec![]);
        forget.forgotten =
            vec![ForgottenTopic { topic: TopicRef::Name("orders".into()), partitions: vec![PartitionId(0)] }];
        assert_eq!(indexes(&s.plan(&forget, Mono(0)).expect("goes on")), [1]);
    }

    #[test]
    fn answer_leaves_out_what_is_no_news() {
        let mut s = sessions(10);
        let id = s.plan(&request(0, 0, vec![partition(0, 0)]), Mono(0)).expect("opens").session_id;
        let topic = TopicRef::Name("orders".into());
        let at = |offset| FetchPartitionResponse::<bytes::Bytes> {
            high_watermark: Some(Offset(offset)),
            ..Default::default()
        };
        assert!(s.remember(id, false, &topic, &at(3)));
        assert!(!s.remember(id, true, &topic, &at(3)));
        assert!(s.remember(id, true, &topic, &at(4)));
    }

    #[test]
    fn partition_served_last_comes_last_next_time() {
        let mut s = sessions(10);
        let three = vec![partition(0, 0), partition(1, 0), partition(2, 0)];
        let id = s.plan(&request(0, 0, three), Mono(0)).expect("opens").session_id;
        let records = Some(bytes::Bytes::from_static(b"batch"));
        let answer = FetchPartitionResponse { index: PartitionId(1), records, ..Default::default() };
        s.remember(id, false, &TopicRef::Name("orders".into()), &answer);
        assert_eq!(indexes(&s.plan(&request(id, 1, vec![]), Mono(0)).expect("goes on")), [2, 0, 1]);
    }

    #[test]
    fn full_cache_keeps_its_sessions_unless_they_are_idle_or_smaller() {
        let mut s = sessions(1);
        let first = s.plan(&request(0, 0, vec![partition(0, 0)]), Mono(0)).expect("opens").session_id;
        let same_size = s.plan(&request(0, 0, vec![partition(1, 0)]), Mono(1)).expect("no slot");
        assert_eq!(same_size.session_id, 0);
        let larger = s.plan(&request(0, 0, vec![partition(1, 0), partition(2, 0)]), Mono(1)).expect("opens");
        assert_ne!(larger.session_id, 0);
        assert_eq!(s.plan(&request(first, 1, vec![]), Mono(1)), Err(ErrorCode::FETCH_SESSION_ID_NOT_FOUND));
        let late = Mono(0) + EVICTION_IDLE + Duration::from_secs(2);
        assert_ne!(s.plan(&request(0, 0, vec![partition(3, 0)]), late).expect("opens").session_id, 0);
    }
}
