//! The scheduler under a fake clock.

use proptest::prelude::*;

use super::*;

fn at(ms: u64) -> Mono {
    Mono(ms * 1000)
}

/// Runs lanes for a while in steps of 10 ms; each request takes `took` steps and costs what `cost` says.
fn run(lanes: &mut Lanes, from_ms: u64, ms: u64, cost: impl Fn(Lane) -> (u32, u64)) -> BTreeMap<Lane, u32> {
    let mut counts = BTreeMap::new();
    for tick in (from_ms..from_ms + ms).step_by(10) {
        for step in lanes.due(at(tick)) {
            let Step::Start(lane) = step else { continue };
            *counts.entry(lane).or_default() += 1;
            let (requests, bytes) = cost(lane);
            lanes.spent(requests, bytes);
            lanes.ended(lane, true, requests, bytes, at(tick + 5));
        }
    }
    counts
}

#[test]
fn lanes_keep_their_pace_when_there_is_room() {
    let mut lanes = Lanes::new(Budget::default(), at(0));
    lanes.set_partitions(100);
    lanes.want(&[Lane::Pulse(NodeId(1)), Lane::Ends, Lane::GroupList]);
    let counts = run(&mut lanes, 0, 60_000, |_| (1, 100));
    let expected = [
        (Lane::Quorum, 60),
        (Lane::Full, 60),
        (Lane::Ends, 60),
        (Lane::Pulse(NodeId(1)), 30),
        (Lane::Shape, 12),
        (Lane::GroupList, 6),
    ];
    for (lane, count) in expected {
        let seen = counts[&lane];
        assert!(seen.abs_diff(count) <= 1, "{lane:?}: {seen} instead of {count}");
    }
    assert!(!lanes.is_stretched());
}

#[test]
fn all_metadata_of_a_large_cluster_waits_for_its_log_to_move() {
    let mut lanes = Lanes::new(Budget::default(), at(0));
    lanes.set_partitions(100_000);
    let large = |lane| if lane == Lane::Full { (1, 1_000_000) } else { (1, 100) };
    assert_eq!(run(&mut lanes, 0, 59_000, large)[&Lane::Full], 1);
    lanes.log_moved();
    assert_eq!(run(&mut lanes, 59_000, 1_000, large)[&Lane::Full], 1);
    lanes.log_moved();
    // Not twice in five seconds.
    assert_eq!(run(&mut lanes, 60_000, 3_500, large).get(&Lane::Full), None);
    assert_eq!(run(&mut lanes, 63_500, 2_000, large)[&Lane::Full], 1);
}

#[test]
fn the_lowest_lanes_are_stretched_first() {
    let mut lanes = Lanes::new(Budget { requests: 6, bytes: 1_000_000 }, at(0));
    lanes.set_partitions(10);
    let disks: Vec<Lane> = (0..20).map(|id| Lane::Disks(NodeId(id))).collect();
    let mut wanted = vec![Lane::Ends, Lane::FocusTopics, Lane::GroupDetails];
    wanted.extend(&disks);
    lanes.want(&wanted);
    let counts = run(&mut lanes, 0, 30_000, |_| (2, 100));
    assert!(counts[&Lane::Quorum] >= 29, "{counts:?}");
    let full = counts[&Lane::Full];
    let ends = counts.get(&Lane::Ends).copied().unwrap_or(0);
    let disk = disks.iter().filter_map(|lane| counts.get(lane)).sum::<u32>();
    assert!(full >= ends && ends >= disk, "{counts:?}");
    assert!(lanes.is_stretched());
}

#[test]
fn a_lane_is_never_under_way_twice_and_a_failure_slows_it_down() {
    let mut lanes = Lanes::new(Budget::default(), at(0));
    assert!(lanes.due(at(0)).contains(&Step::Start(Lane::Quorum)));
    assert!(!lanes.due(at(5000)).contains(&Step::Start(Lane::Quorum)));
    lanes.ended(Lane::Quorum, false, 1, 0, at(5000));
    assert!(!lanes.due(at(6900)).contains(&Step::Start(Lane::Quorum)));
    assert!(lanes.due(at(7000)).contains(&Step::Start(Lane::Quorum)));
    lanes.ended(Lane::Quorum, true, 1, 0, at(7100));
    assert!(lanes.due(at(8000)).contains(&Step::Start(Lane::Quorum)));
}

#[test]
fn nothing_starts_while_a_broker_wants_to_be_left_alone() {
    let mut lanes = Lanes::new(Budget::default(), at(0));
    lanes.throttled(Duration::from_secs(3), at(0));
    assert_eq!(lanes.due(at(2999)), []);
    assert!(lanes.is_stretched());
    assert!(lanes.next_deadline(at(10)) >= at(3000));
    assert!(lanes.due(at(3000)).contains(&Step::Start(Lane::Quorum)));
}

#[test]
fn a_screen_that_moves_cancels_what_is_under_way_for_it() {
    let mut lanes = Lanes::new(Budget::default(), at(0));
    lanes.want(&[Lane::Ends]);
    assert!(lanes.due(at(0)).contains(&Step::Start(Lane::Ends)));
    assert_eq!(lanes.screen_moved(), [Step::Cancel(Lane::Ends)]);
    assert!(!lanes.due(at(100)).contains(&Step::Start(Lane::Ends)));
    assert!(lanes.due(at(200)).contains(&Step::Start(Lane::Ends)));
    assert_eq!(lanes.want(&[]), [Step::Cancel(Lane::Ends)]);
    // An answer that comes all the same changes nothing.
    lanes.ended(Lane::Ends, true, 1, 1, at(300));
    assert!(!lanes.due(at(5000)).contains(&Step::Start(Lane::Ends)));
}

#[test]
fn a_question_of_a_person_is_asked_once() {
    let mut lanes = Lanes::new(Budget::default(), at(0));
    let once = lanes.ask_once();
    assert!(lanes.due(at(0)).contains(&Step::Start(once)));
    lanes.ended(once, false, 1, 1, at(10));
    assert!(!lanes.due(at(60_000)).contains(&Step::Start(once)));
}

#[test]
fn the_idle_beat_is_learned_and_a_record_stands_out() {
    let mut beat = IdleBeat::default();
    for second in 0..20 {
        let moved = beat.look(100 + second * 2, at(1000 * second.unsigned_abs()));
        assert_eq!(moved, second < 5, "second {second}");
    }
    assert!((beat.floor().unwrap() - 2.0).abs() < 0.01);
    assert!(beat.look(141, at(20_000)));
    assert!(!beat.look(143, at(21_000)));
}

#[test]
fn a_busy_log_is_not_taken_for_idle() {
    let mut beat = IdleBeat::default();
    for second in 0..50 {
        assert!(beat.look(second * 40, at(1000 * second.unsigned_abs())));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever lanes cost, the budget holds over time: debt is paid before more is spent.
    #[test]
    fn spending_stays_within_the_budget(cost in 1u32..8, bytes in 0u64..300_000, brokers in 1i32..40) {
        let budget = Budget { requests: 20, bytes: 1_000_000 };
        let mut lanes = Lanes::new(budget, at(0));
        let mut wanted: Vec<Lane> = (0..brokers).map(|id| Lane::Pulse(NodeId(id))).collect();
        wanted.extend([Lane::Ends, Lane::FocusTopics, Lane::GroupList, Lane::GroupDetails]);
        lanes.want(&wanted);
        let counts = run(&mut lanes, 0, 60_000, |_| (cost, bytes));
        // The quorum is asked whatever the budget says: once a second.
        let others: u32 = counts.iter().filter(|(lane, _)| lane.rank() > 0).map(|(_, count)| count).sum();
        let allowed = 62 * budget.requests + 10 * cost;
        prop_assert!(others * cost <= allowed + 62 * cost, "{} requests", others * cost);
        let spent = u64::from(others) * bytes;
        prop_assert!(spent <= 62 * budget.bytes + 62 * bytes, "{spent} bytes");
    }
}
