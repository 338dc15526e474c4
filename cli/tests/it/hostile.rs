//! What a cluster says is shown, never obeyed.

use kr_wire::compression::Codec;

use super::fake::{Reply, batch};
use super::{FakeCluster, Setting, kr_on, kr_with};

/// Clears the screen, turns the reading direction round, hides in no width, and rings.
const NAME: &str = "evil\u{1b}[2J\u{202e}\u{200b}\u{7}\u{9b}31m";

fn cluster() -> FakeCluster {
    let cluster = FakeCluster::start(1);
    let mut world = cluster.world();
    world.add_topic(NAME, 1);
    let configs = [(NAME.to_owned(), NAME.to_owned())];
    world.topics.get_mut(NAME).unwrap().configs = configs.into();
    world.partition(NAME, 0).append(&batch(&[NAME], Codec::None)).unwrap();
    let group = world.groups.entry(NAME.to_owned()).or_default();
    group.member = Some(NAME.to_owned());
    drop(world);
    cluster
}

fn is_harmless(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !kr::output::escape::is_unsafe(c))
}

#[test]
fn no_command_lets_a_name_act_on_the_terminal() {
    let cluster = cluster();
    for args in [
        &["topic", "list"][..],
        &["topic", "list", "-o", "name"],
        &["topic", "list", "-o", "json"],
        &["topic", "describe", NAME],
        &["topic", "describe", NAME, "-o", "json"],
        &["topic", "describe", "\u{1b}]0;x\u{7}"],
        &["topic", "create", NAME],
        &["topic", "delete", NAME],
        &["group", "list"],
        &["group", "describe", NAME],
        &["group", "describe", NAME, "-o", "json"],
        &["consume", "\u{1b}[2J"],
    ] {
        let ran = kr_on(&cluster, args);
        assert!(is_harmless(&ran.stdout), "{args:?}: {:?}", ran.stdout);
        assert!(is_harmless(&ran.stderr), "{args:?}: {:?}", ran.stderr);
        assert!(!(ran.stdout.clone() + &ran.stderr).is_empty());
    }
}

#[test]
fn records_are_escaped_on_a_terminal_and_exact_in_a_pipe() {
    let cluster = cluster();
    let piped = kr_on(&cluster, &["consume", NAME]);
    assert_eq!(piped.stdout, format!("{NAME}\n"));
    let setting = Setting { is_terminal: true, ..Setting::clean() };
    let shown = kr_with(&cluster, setting, &["consume", NAME]);
    assert_eq!(shown.stdout, "evil\\x1b[2J\\u{202e}\\u{200b}\\x07\\x9b31m\n");
}

#[test]
fn a_broker_that_never_answers_ends_in_4() {
    let cluster = FakeCluster::start(1);
    cluster.script(|_, _| Some(Reply::Silence));
    let ran = kr_on(&cluster, &["topic", "list", "--timeout", "PT0.3S"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (4, ""), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("error: cannot reach a broker at broker-1"), "{}", ran.stderr);
}

#[test]
fn nonsense_ends_in_an_error_and_not_in_a_crash() {
    let cluster = FakeCluster::start(1);
    cluster.script(|_, _| Some(Reply::Raw(vec![0x7f; 64])));
    let ran = kr_on(&cluster, &["topic", "list"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (4, ""));
    assert!(is_harmless(&ran.stderr), "{:?}", ran.stderr);
}
