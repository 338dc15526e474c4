//! Whatever a broker sends, or does not send, a call ends: with an error that says what happened, within its
//! deadline, and without memory for what was only claimed.

use std::time::{Duration, Instant};

use kr_client::{Client, Error, Options};

use super::fake::{FakeCluster, Reply, Seen};
use super::options;

/// The time everything here must end in: timeout and request timeout with some room.
const SOON: Duration = Duration::from_secs(4);

fn hasty(cluster: &FakeCluster) -> Options {
    Options {
        timeout: Duration::from_millis(700),
        request_timeout: Duration::from_millis(400),
        ..options(cluster)
    }
}

/// What a client says when every answer is this.
async fn first_contact(reply: impl Fn(&Seen<'_>) -> Reply + Send + 'static) -> String {
    let cluster = FakeCluster::start(1);
    cluster.script(move |seen, _| Some(reply(seen)));
    let began = Instant::now();
    let error = Client::connect(hasty(&cluster)).await.unwrap_err();
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

fn frame(correlation_id: i32, body: &[u8]) -> Vec<u8> {
    let length = i32::try_from(body.len() + 4).unwrap();
    [&length.to_be_bytes()[..], &correlation_id.to_be_bytes(), body].concat()
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let text = first_contact(|_| Reply::Silence).await;
    assert!(text.contains("answer") && text.contains("within 400ms"), "{text}");
}

#[tokio::test]
async fn a_slow_drip_ends_at_the_deadline() {
    let text = first_contact(|seen| Reply::Drip(frame(seen.header.correlation_id, &[0; 500]))).await;
    assert!(text.contains("answer") && text.contains("within 400ms"), "{text}");
}

#[tokio::test]
async fn a_wrong_correlation_id_ends_the_connection() {
    let text = first_contact(|seen| Reply::Raw(frame(seen.header.correlation_id + 7, &[0; 6]))).await;
    assert!(text.contains("an answer has correlation id 7 where 0 was next"), "{text}");
}

#[tokio::test]
async fn an_answer_nobody_asked_for_costs_the_connection_only() {
    let cluster = FakeCluster::start(1);
    let client = Client::connect(hasty(&cluster)).await.unwrap();
    cluster.script(|seen, _| {
        let nobodys = frame(seen.header.correlation_id + 1, &[0; 6]);
        let garbage = frame(seen.header.correlation_id, &[0; 6]);
        (seen.header.api_key == 3).then(|| Reply::Raw([garbage, nobodys].concat()))
    });
    assert!(client.list_topics().await.is_err());
    cluster.script(|_, _| None);
    assert!(client.list_topics().await.is_ok());
}

#[tokio::test]
async fn another_protocol_is_told_from_a_broker() {
    let text = first_contact(|_| Reply::Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())).await;
    assert!(text.contains("it sent what is no answer of a broker"), "{text}");
}

#[tokio::test]
async fn a_closed_connection_is_said_to_be_closed() {
    let text = first_contact(|_| Reply::Close).await;
    assert!(text.contains("the broker closed it"), "{text}");
}

#[tokio::test]
async fn counts_beyond_the_answer_are_refused() {
    // ApiVersions v4: no error, then two thousand million APIs.
    let text = first_contact(|seen| {
        Reply::Raw(frame(seen.header.correlation_id, &[0, 0, 0xff, 0xff, 0xff, 0xff, 0x07]))
    })
    .await;
    assert!(text.contains("answered ApiVersions with what cannot be read"), "{text}");
}

#[tokio::test]
async fn random_answers_never_do_more_than_fail() {
    let cluster = FakeCluster::start(1);
    let mut state = 1u64;
    cluster.script(move |seen, _| {
        // A small generator of bytes, the same in every run.
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u8
        };
        let body: Vec<u8> = (0..next()).map(|_| next()).collect();
        Some(Reply::Raw(frame(seen.header.correlation_id, &body)))
    });
    for _ in 0..200 {
        assert!(Client::connect(hasty(&cluster)).await.is_err());
    }
}

#[tokio::test]
async fn a_broker_that_falls_silent_later_ends_a_call_at_its_deadline() {
    let cluster = FakeCluster::start(1);
    let client = Client::connect(hasty(&cluster)).await.unwrap();
    cluster.script(|_, _| Some(Reply::Silence));
    let began = Instant::now();
    let error = client.list_topics().await.unwrap_err();
    assert!(matches!(error, Error::TimedOut { .. }), "{error}");
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
}
