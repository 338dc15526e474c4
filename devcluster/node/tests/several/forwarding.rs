//! Requests that find no controller wait for one.

use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::message::ResponseKind;

use super::bench::{Bench, topic};

#[test]
fn topic_that_was_asked_for_without_a_controller_is_created_as_soon_as_there_is_one() {
    let mut bench = Bench::start();
    bench.kill(2);
    bench.kill(3);
    bench.run_until("no controller is known", |bench| bench.node(1).status().quorum.leader.is_none());
    let request = topic("orders");
    bench.send(1, 7, &request);
    bench.run_for(Duration::from_secs(2));
    assert!(bench.answer(7, &request).is_none(), "there is nobody to create it");

    bench.start_node(2);
    bench.start_node(3);
    bench.run_until("two brokers serve again", |bench| bench.is_unfenced(2) && bench.is_unfenced(3));
    let known = bench.now();
    let mut answer = None;
    bench.run_until("the topic is created", |bench| {
        answer = bench.answer(7, &request);
        answer.is_some()
    });
    let Some(ResponseKind::CreateTopics(response)) = answer else { panic!("another answer") };
    assert!(bench.now() <= known + Duration::from_millis(100), "it waited for more than a controller");
    // Node 1 may not have been heard of by the new controller yet; then there are too few brokers, which is an answer.
    let code = ErrorCode(response.topics[0].error_code);
    assert!([ErrorCode::NONE, ErrorCode::INVALID_REPLICATION_FACTOR].contains(&code), "{code}");
}
