//! A broker takes part only under its own registration.

use kr_wire::message::RequestKind;
use kr_wire::messages::BrokerRegistrationRequest;

use super::bench::{Bench, Fate};

/// Until then the metadata still has it lead and follow under the registration of the run before, whose records it may
/// have lost.
#[test]
fn restarted_broker_hosts_nothing_before_it_is_registered_anew() {
    let registration =
        kr_wire::message::request_key(&RequestKind::BrokerRegistration(BrokerRegistrationRequest::default()));
    let mut bench = Bench::start();
    bench.create_topic(1, "orders");
    // Not the controller, so that its registration is a request to another node.
    let id = (1..=3).find(|id| !bench.node(*id).status().active_controller).expect("there is one controller");
    let before = bench.node(id).status().broker.and_then(|broker| broker.epoch);
    bench.kill(id);
    bench.censor(move |asked| match asked.header.api_key == registration {
        true => Fate::Lost,
        false => Fate::Arrives,
    });
    bench.start_node(id);
    bench.run_until("it has asked to be registered", |bench| {
        bench.asked.iter().any(|asked| asked.from == id && asked.header.api_key == registration)
    });
    bench.run_until("it knows the metadata", |bench| {
        let quorum = bench.node(id).status().quorum;
        quorum.applied.0 > 0 && Some(quorum.applied) == quorum.high_watermark
    });
    let broker = bench.node(id).status().broker.expect("it is a broker");
    assert_eq!((broker.partitions, broker.epoch), (0, None));

    bench.censor(|_| Fate::Arrives);
    bench.run_until("it serves", |bench| bench.is_unfenced(id));
    let broker = bench.node(id).status().broker.expect("it is a broker");
    assert_eq!(broker.partitions, 1);
    assert!(broker.epoch > before, "{:?} after {before:?}", broker.epoch);
}
