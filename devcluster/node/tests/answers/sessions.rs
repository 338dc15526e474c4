//! Which silence of a broker the controller takes for its end.

use std::time::Duration;

use super::queries::{created, metadata};
use super::solo::Solo;

/// Nothing is committed while the disk hangs, and the answers to heartbeats wait for the commit: the broker sends no
/// other meanwhile, for longer than its session.
#[test]
fn broker_that_waits_for_a_slow_disk_keeps_its_leaderships() {
    let mut solo =
        Solo::start(&[("broker.session.timeout.ms", "1000"), ("metadata.max.idle.interval.ms", "100")]);
    created(&mut solo, "orders");
    let leader_epoch = |solo: &mut Solo| metadata(solo, "orders", false).topics[0].partitions[0].leader_epoch;
    let before = leader_epoch(&mut solo);
    solo.disk_hangs();
    solo.run_for(Duration::from_secs(5));
    solo.disk_moves();
    solo.run_for(Duration::from_secs(1));
    assert_eq!(leader_epoch(&mut solo), before);
}
