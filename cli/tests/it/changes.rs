//! How commands change a cluster: read-only and protected contexts, the wrong cluster, dry runs, prompts, the
//! journal and the way back.

use tempfile::TempDir;

use super::fake::FakeCluster;
use super::{Ran, Setting, run_in};

/// A machine of its own, with a context `prod` that points to a cluster.
struct Desk {
    cluster: FakeCluster,
    home: TempDir,
}

impl Desk {
    /// `rules` are lines of the context.
    fn with(rules: &str) -> Self {
        let cluster = FakeCluster::start(3);
        cluster.world().add_topic("orders", 3);
        let home = tempfile::tempdir().unwrap();
        let servers: Vec<String> = cluster.bootstrap().iter().map(|server| format!("{server:?}")).collect();
        let file = format!(
            "current = \"prod\"\n[contexts.prod]\nbootstrap_servers = [{}]\n{rules}\n",
            servers.join(", ")
        );
        std::fs::create_dir_all(home.path().join(".config/kr")).unwrap();
        std::fs::write(home.path().join(".config/kr/config.toml"), file).unwrap();
        Self { cluster, home }
    }

    fn kr(&self, args: &[&str]) -> Ran {
        self.run(Setting::clean(), args)
    }

    /// At a terminal, with these lines for answers.
    fn at_terminal(&self, answers: &str, args: &[&str]) -> Ran {
        let setting = Setting { stdin: answers.as_bytes().to_vec(), is_terminal: true, ..Setting::clean() };
        let args: Vec<&str> = args.iter().copied().chain(["--no-color"]).collect();
        self.run(setting, &args)
    }

    fn run(&self, setting: Setting, args: &[&str]) -> Ran {
        let home = ("HOME".to_owned(), self.home.path().display().to_string());
        let user = ("USER".to_owned(), "ops".to_owned());
        run_in(Setting { environment: vec![home, user], ..setting }, args)
    }

    fn has(&self, topic: &str) -> bool {
        self.cluster.world().topics.contains_key(topic)
    }

    fn writes(&self) -> usize {
        // Produce, CreateTopics, DeleteTopics, IncrementalAlterConfigs.
        [0, 19, 20, 44].iter().map(|key| self.cluster.count(*key)).sum()
    }
}

/// Contexts with `read_only` and `protected`, enforced in the client layer, not per command.
#[test]
fn complaint_04_a_read_only_context_sends_no_write_whatever_is_agreed_to() {
    let desk = Desk::with("read_only = true");
    for args in [&["topic", "delete", "orders", "--yes"][..], &["topic", "create", "new"]] {
        let ran = desk.kr(args);
        assert_eq!(ran.code, 6, "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("context \"prod\" is read-only"), "{}", ran.stderr);
    }
    let setting = Setting { stdin: b"a\n".to_vec(), ..Setting::clean() };
    let ran = desk.run(setting, &["produce", "orders"]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert_eq!(desk.writes(), 0);
    assert_eq!(desk.kr(&["topic", "delete", "orders", "--dry-run"]).code, 0);
    assert_eq!(desk.kr(&["topic", "list"]).code, 0);
}

#[test]
fn complaint_04_a_protected_operation_is_typed_and_yes_is_not_enough() {
    let desk = Desk::with("protected = [\"topic.delete\"]");
    let ran = desk.kr(&["topic", "delete", "orders", "--yes"]);
    assert_eq!(ran.code, 6);
    assert!(ran.stderr.contains("the context protects it"), "{}", ran.stderr);
    assert_eq!(desk.at_terminal("yes\n", &["topic", "delete", "orders", "--yes"]).code, 6);
    assert_eq!(desk.writes(), 0);
    let ran = desk.at_terminal("orders\n", &["topic", "delete", "orders"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!desk.has("orders"));
    assert_eq!(desk.kr(&["topic", "create", "new"]).code, 0);
}

#[test]
fn another_cluster_at_the_same_address_is_not_changed() {
    let desk = Desk::with("expect_cluster_id = \"elsewhere\"");
    let ran = desk.kr(&["topic", "create", "new"]);
    assert_eq!(ran.code, 6);
    assert!(ran.stderr.contains("this is cluster fake-cluster, and the context wants elsewhere"));
    assert_eq!(desk.writes(), 0);
}

#[test]
fn a_rule_that_names_nothing_is_an_error_of_the_configuration() {
    let desk = Desk::with("protected = [\"topics.delete\"]");
    let ran = desk.kr(&["topic", "list"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("`protected` names no operation: \"topics.delete\""), "{}", ran.stderr);
}

#[test]
fn changes_are_journalled_and_can_be_taken_back_once() {
    let desk = Desk::with("");
    assert_eq!(desk.kr(&["topic", "create", "new", "-p", "2"]).code, 0);
    assert!(desk.has("new"));
    let journal: serde_json::Value =
        serde_json::from_str(&desk.kr(&["journal", "-o", "json"]).stdout).unwrap();
    let entry = &journal["items"][0];
    assert_eq!(entry["action"], "create 1 topic");
    assert_eq!(entry["user"], "ops");
    assert_eq!(entry["context"], "prod");
    assert_eq!(entry["targets"], serde_json::json!(["new"]));
    assert_eq!((&entry["outcome"], &entry["undoable"]), (&"done".into(), &true.into()));

    let shown = desk.kr(&["undo", "show", "last"]);
    assert!(shown.stdout.contains("deleted with all its records"), "{}", shown.stdout);
    assert_eq!(desk.kr(&["undo", "apply", "last"]).code, 6);
    assert!(desk.has("new"));
    let ran = desk.kr(&["undo", "apply", entry["id"].as_str().unwrap(), "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!desk.has("new"));
    let again = desk.kr(&["undo", "apply", entry["id"].as_str().unwrap(), "--yes"]);
    assert!(again.stderr.contains("was taken back already"), "{}", again.stderr);
}

#[test]
fn a_deleted_topic_comes_back_as_it_was_without_its_records() {
    let desk = Desk::with("");
    assert_eq!(desk.kr(&["topic", "delete", "orders", "--yes"]).code, 0);
    assert!(!desk.has("orders"));
    let ran = desk.kr(&["undo", "apply", "last", "--yes"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(desk.has("orders"));
}

#[test]
fn what_somebody_else_changed_since_is_not_undone() {
    let desk = Desk::with("");
    assert_eq!(desk.kr(&["topic", "delete", "orders", "--yes"]).code, 0);
    desk.cluster.world().add_topic("orders", 1);
    let ran = desk.kr(&["undo", "apply", "last", "--yes"]);
    assert_eq!(ran.code, 6);
    assert!(ran.stderr.contains("changed since: topic \"orders\""), "{}", ran.stderr);
}

#[test]
fn a_change_that_was_refused_leaves_no_trace_in_the_journal() {
    let desk = Desk::with("");
    assert_eq!(desk.kr(&["topic", "delete", "orders"]).code, 6);
    assert_eq!(desk.at_terminal("no\n", &["topic", "delete", "orders"]).code, 6);
    assert_eq!(desk.kr(&["topic", "delete", "orders", "--dry-run"]).code, 0);
    assert!(desk.kr(&["journal"]).stdout.contains("no change was made from here"));
}
