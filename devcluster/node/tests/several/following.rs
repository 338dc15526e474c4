//! A follower whose leader answers with errors, or has less than it.

use std::time::Duration;

use bytes::Bytes;
use kr_wire::error_code::ErrorCode;
use kr_wire::fetch::{FetchPartitionResponse, FetchRequest, FetchResponse, FetchTopicResponse};
use kr_wire::ids::{Offset, TopicId};
use kr_wire::topic_ref::TopicRef;

use super::bench::{Asked, Bench, Fate};

/// API key of Fetch.
const FETCH: i16 = 1;

/// `replica.fetch.backoff.ms` of the fast profile.
const BACKOFF: Duration = Duration::from_millis(20);

/// The fetch of a partition, if that is what was asked; fetches of the metadata log name it.
fn fetch(asked: &Asked) -> Option<FetchRequest> {
    let is_fetch = asked.header.api_key == FETCH;
    let request = is_fetch.then(|| FetchRequest::decode(asked.header.api_version, &asked.body))?;
    let request = request.expect("nodes ask well-formed questions");
    let is_metadata = request.topics.iter().any(|topic| topic.topic == TopicRef::Id(TopicId::METADATA));
    (!is_metadata).then_some(request)
}

/// Answers a fetch without reading anything.
fn refusal(asked: &Asked, response: &FetchResponse) -> Fate {
    let frame = response.encode(asked.header.correlation_id, asked.header.api_version).expect("has ids");
    let bytes: Bytes = frame.concat().into();
    Fate::Answered(bytes.slice(4..))
}

fn of_partitions(request: &FetchRequest, answer: &FetchPartitionResponse) -> FetchResponse {
    let topics = request.topics.iter().map(|topic| FetchTopicResponse {
        topic: topic.topic.clone(),
        partitions: topic
            .partitions
            .iter()
            .map(|partition| FetchPartitionResponse { index: partition.index, ..answer.clone() })
            .collect(),
    });
    FetchResponse { topics: topics.collect(), ..FetchResponse::default() }
}

#[test]
fn follower_pauses_when_its_leader_answers_at_once_with_an_error() {
    let of_request = |_: &FetchRequest| FetchResponse {
        error: ErrorCode::UNKNOWN_SERVER_ERROR,
        ..FetchResponse::default()
    };
    let of_partition = |request: &FetchRequest| {
        let error = ErrorCode::UNKNOWN_LEADER_EPOCH;
        of_partitions(request, &FetchPartitionResponse { error, ..FetchPartitionResponse::default() })
    };
    let refusals: [fn(&FetchRequest) -> FetchResponse; 2] = [of_request, of_partition];
    for refused in refusals {
        let mut bench = Bench::start();
        bench.create_topic(1, "orders");
        bench.censor(move |asked| match fetch(asked) {
            Some(request) => refusal(asked, &refused(&request)),
            None => Fate::Arrives,
        });
        bench.run_for(Duration::from_secs(1));
        bench.forget();
        let time = BACKOFF * 25;
        bench.run_for(time);
        let fetches = bench.asked.iter().filter(|asked| fetch(asked).is_some()).count();
        // Two followers, each once in a pause, and once more where a pause began before.
        assert!((10..=2 * 26).contains(&fetches), "{fetches} fetches in {time:?}");
    }
}

/// Retention may have deleted what the follower has; a leader that lost its tail then ends below the follower's start.
#[test]
fn follower_begins_below_its_start_when_its_leader_has_less() {
    let mut bench = Bench::start();
    bench.create_topic(1, "orders");
    let at = |error, start, high_watermark| FetchPartitionResponse {
        error,
        log_start_offset: Some(Offset(start)),
        high_watermark: Some(Offset(high_watermark)),
        ..FetchPartitionResponse::default()
    };
    let next_fetch = |bench: &mut Bench, answer: FetchPartitionResponse| {
        bench.censor(move |asked| match fetch(asked) {
            Some(request) => refusal(asked, &of_partitions(&request, &answer)),
            None => Fate::Arrives,
        });
        bench.run_for(Duration::from_secs(1));
        let fetches = bench.asked.iter().rev().filter_map(fetch);
        let mut partitions = fetches.flat_map(|request| request.topics).flat_map(|topic| topic.partitions);
        partitions.next().expect("the partition is fetched").fetch_offset
    };
    let out_of_range = ErrorCode::OFFSET_OUT_OF_RANGE;
    assert_eq!(next_fetch(&mut bench, at(out_of_range, 200, 210)), Offset(200));
    assert_eq!(next_fetch(&mut bench, at(out_of_range, 100, 160)), Offset(160));
}
