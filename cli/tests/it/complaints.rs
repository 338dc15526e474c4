//! Requirements on all commands alike, each with one test; those of single commands are beside their tests.

use kr::tree;
use serde_json::Value;

use super::{FakeCluster, kr_on};

/// "Errors on stderr, one line + cause + next step; stack/protocol trace only with `-v`".
#[test]
fn complaint_02_an_error_is_a_line_and_a_next_step_on_stderr() {
    let cluster = FakeCluster::start(1);
    for args in [&["topic", "describe", "nope"][..], &["group", "describe", "nope"], &["consume", "nope"]] {
        let ran = kr_on(&cluster, args);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        let is_said = |line: &&str| line.starts_with("error: ") || line.starts_with("hint: ");
        assert!(lines.iter().all(is_said), "{args:?}: {}", ran.stderr);
        let errors = lines.iter().filter(|line| line.starts_with("error: ")).count();
        assert_eq!((ran.stdout.as_str(), errors), ("", 1), "{args:?}: {}", ran.stderr);
        assert!(lines.len() > 1, "there is no next step: {args:?}: {}", ran.stderr);
    }
}

/// "One flag vocabulary; deprecated spellings accepted forever, hidden".
#[test]
fn complaint_17_other_spellings_are_taken_and_not_shown() {
    for (leaf, spelling, value) in [
        ("topic list", "--bootstrap-servers", Some("a:1")),
        ("topic list", "--brokers", Some("a:1")),
        ("topic list", "--broker-list", Some("a:1")),
        ("topic list", "--profile", Some("prod")),
        ("topic list", "--cluster", Some("prod")),
        ("topic list", "--format", Some("json")),
        ("group delete g", "--force", None),
        ("group delete g", "--execute", None),
        ("group delete g", "--no-confirm", None),
        ("group delete g", "--noconfirm", None),
        ("group delete g", "--skip-confirm", None),
    ] {
        let words: Vec<&str> = std::iter::once("kr").chain(leaf.split(' ')).collect();
        let typed = words.iter().copied().chain([spelling]).chain(value);
        let parsed = tree::command().try_get_matches_from(typed);
        assert!(parsed.is_ok(), "{leaf} {spelling}: {}", parsed.unwrap_err());
        let help = words.iter().copied().chain(["--help"]);
        let help = tree::command().try_get_matches_from(help).unwrap_err().to_string();
        let is_shown = help.split([' ', ',', '\n']).any(|word| word == spelling);
        assert!(!is_shown, "{spelling} is in the help of {leaf}");
    }
}

/// "Human sizes on terminals, bytes in JSON; total/free per dir".
#[test]
fn complaint_21_sizes_are_readable_in_tables_and_bytes_in_documents() {
    let cluster = FakeCluster::start(1);
    let document: Value =
        serde_json::from_str(&kr_on(&cluster, &["logdir", "list", "-o", "json"]).stdout).unwrap();
    let dir = &document["items"][0];
    assert_eq!(dir["total_bytes"].as_i64(), Some(1 << 40));
    assert_eq!(dir["usable_bytes"].as_i64(), Some(1 << 39));
    let ran = kr_on(&cluster, &["logdir", "list"]);
    assert!(ran.stdout.contains("TiB") && !ran.stdout.contains("1099511627776"), "{}", ran.stdout);
}

/// Lag of many groups takes as many requests as there are brokers to ask, not as there are groups.
#[test]
fn complaint_35_lag_of_a_thousand_groups_takes_two_round_trips() {
    let cluster = FakeCluster::start(3);
    let mut world = cluster.world();
    world.add_topic("t", 10);
    for number in 0..1000 {
        let group = world.groups.entry(format!("g{number}")).or_default();
        group.committed = (0..10).map(|partition| (("t".to_owned(), partition), 0)).collect();
    }
    drop(world);
    let ran = kr_on(&cluster, &["group", "lag", "--all-groups", "-o", "name"]);
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 1000), "{}", ran.stderr);
    // The offsets, 500 groups a request and these together; then the ends of the logs.
    assert_eq!(cluster.count(9), 2);
    for node in 1..=3 {
        let ends = cluster.requests().iter().filter(|(asked, key, _)| (*asked, *key) == (node, 2)).count();
        assert!(ends <= 1, "broker {node} was asked {ends} times for the ends of logs");
    }
}
