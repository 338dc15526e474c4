//! Forms of the output, watching, completion and proposals, over whole commands.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::{FakeCluster, Setting, kr, kr_on, kr_with};

fn cluster() -> FakeCluster {
    let cluster = FakeCluster::start(3);
    cluster.world().add_topic("orders", 3);
    cluster.world().add_topic("payments", 1);
    cluster
}

#[test]
fn complaint_20_every_form_is_there_and_an_empty_list_is_a_list() {
    let cluster = cluster();
    let list =
        |form: &str| kr_on(&cluster, &["topic", "list", "-o", form, "--columns", "name,partitions"]).stdout;
    assert_eq!(list("csv"), "name,partitions\norders,3\npayments,1\n");
    assert_eq!(list("tsv"), "name\tpartitions\norders\t3\npayments\t1\n");
    assert_eq!(
        list("jsonl"),
        "{\"name\":\"orders\",\"partitions\":3}\n{\"name\":\"payments\",\"partitions\":1}\n"
    );
    assert_eq!(list("jsonpath=$.items[*].name"), "orders\npayments\n");
    assert_eq!(list("template={{name}} has {{partitions}}"), "orders has 3\npayments has 1\n");
    assert!(list("yaml").starts_with("kind: kr.topic.list/v1\ncontext: null\nitems:\n- name: orders\n"));
    let none = |form: &str| kr_on(&cluster, &["topic", "list", "nope", "-o", form]).stdout;
    assert_eq!(serde_json::from_str::<Value>(&none("json")).unwrap()["items"], Value::Array(Vec::new()));
    assert!(none("yaml").contains("\nitems: []\n"));
    assert_eq!((none("jsonl"), none("name")), (String::new(), String::new()));
    assert_eq!(none("csv").lines().count(), 1);
}

#[test]
fn complaint_42_tables_have_one_head_and_columns_in_a_fixed_order() {
    let cluster = cluster();
    let wide = kr_on(&cluster, &["topic", "list", "-o", "wide"]).stdout;
    assert_eq!(wide.lines().count(), 3);
    assert!(wide.starts_with("NAME "), "{wide}");
    let list = |args: &[&str]| kr_on(&cluster, &[&["topic", "list"], args].concat());
    assert_eq!(
        list(&["--sort-by", "partitions", "--columns", "PARTITIONS,NAME"]).stdout,
        "PARTITIONS  NAME\n         1  payments\n         3  orders\n"
    );
    assert_eq!(list(&["--no-headers", "--columns", "name"]).stdout, "orders\npayments\n");
    let wrong = list(&["--columns", "size"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""));
}

#[test]
fn a_narrow_terminal_is_not_overrun_and_a_pipe_gets_everything() {
    let cluster = cluster();
    let name = "a".repeat(200);
    cluster.world().add_topic(&name, 1);
    let setting = Setting { is_terminal: true, ..Setting::clean() };
    let seen = kr_with(&cluster, setting, &["topic", "list", "--no-color"]).stdout;
    assert!(seen.lines().all(|line| line.chars().count() <= 120), "{seen}");
    assert!(kr_on(&cluster, &["topic", "list"]).stdout.contains(&name));
}

#[test]
fn names_that_were_meant_are_proposed() {
    let cluster = cluster();
    insta::assert_snapshot!(kr_on(&cluster, &["topic", "describe", "ordres", "-o", "name"]).page(), @r#"
    [exit 1]
    [stderr]
    error: cannot describe topic "ordres": the topic or partition does not exist here (UNKNOWN_TOPIC_OR_PARTITION)
    hint: see which topics exist with `kr topic list`
    hint: did you mean "orders"?
    "#);
    insta::assert_snapshot!(kr_on(&cluster, &["consume", "paymnets"]).page(), @r#"
    [exit 1]
    [stderr]
    error: cannot describe topic "paymnets": the topic or partition does not exist here (UNKNOWN_TOPIC_OR_PARTITION)
    hint: see which topics exist with `kr topic list`
    hint: did you mean "payments"?
    "#);
    assert!(kr(&["topic", "lst"]).stderr.contains("'list'"));
}

#[test]
fn contexts_that_were_meant_are_proposed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.toml");
    std::fs::write(&file, "[contexts.prod]\nbootstrap_servers = \"p:1\"\n").unwrap();
    let ran = kr(&["--config", file.to_str().unwrap(), "-c", "prdo", "topic", "list"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.ends_with("hint: did you mean \"prod\"?\n"), "{}", ran.stderr);
}

/// The program itself, for what takes a process: signals and shells.
fn program(cluster: &FakeCluster) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kr"));
    command.env_clear().env("KR_BOOTSTRAP_SERVERS", cluster.bootstrap().join(","));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Ends a program as Ctrl-C does; its exit code and what it said on stderr.
fn interrupt(child: Child) -> (Option<i32>, String) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn watched_lines_tell_what_was_added_changed_and_removed() {
    let cluster = cluster();
    let args = ["topic", "list", "-w=100ms", "-o", "jsonl"];
    let mut child = program(&cluster).args(args).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut event = || {
        let event: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert!(event["at"].as_str().unwrap().ends_with('Z'));
        format!("{} {}", event["event"].as_str().unwrap(), event["item"]["name"].as_str().unwrap())
    };
    assert_eq!([event(), event()], ["added orders", "added payments"]);
    cluster.world().partition("orders", 0).isr = vec![1];
    assert_eq!(event(), "changed orders");
    cluster.world().topics.remove("payments");
    assert_eq!(event(), "removed payments");
    cluster.world().add_topic("refunds", 1);
    assert_eq!(event(), "added refunds");
    assert_eq!(interrupt(child), (Some(130), String::new()));
}

#[test]
fn watched_blocks_follow_each_other_in_a_pipe() {
    let cluster = cluster();
    let mut child = program(&cluster).args(["topic", "list", "-w=100ms"]).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let seen: Vec<String> = lines.take(10).map(Result::unwrap).collect();
    let is_time = |line: &String| line.parse::<jiff::Timestamp>().is_ok();
    assert_eq!(seen.iter().map(is_time).collect::<Vec<_>>()[..6], [true, false, false, false, false, true]);
    assert_eq!(seen[1..4], seen[6..9]);
    assert!(seen[4].is_empty());
    assert_eq!(interrupt(child).0, Some(130));
}

#[test]
fn a_watched_command_that_cannot_begin_ends_as_it_would_unwatched() {
    let cluster = cluster();
    let ran = kr_on(&cluster, &["topic", "describe", "ordres", "-w"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("UNKNOWN_TOPIC_OR_PARTITION"));
    assert_eq!(kr_on(&cluster, &["topic", "list", "-w", "-o", "csv"]).code, 2);
    assert_eq!(kr_on(&cluster, &["topic", "list", "-w=1ms"]).code, 2);
    assert_eq!(kr_on(&cluster, &["topic", "create", "t", "-w"]).code, 2);
}

/// What the program answers a shell for the last of these words.
fn completed(cluster: &FakeCluster, words: &[&str]) -> Vec<String> {
    let home = tempfile::tempdir().unwrap();
    let output = program(cluster)
        .env("KR_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string())
        .env("_CLAP_IFS", "\n")
        .env("HOME", home.path())
        .arg("--")
        .args(words)
        .output()
        .unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn names_of_the_cluster_are_completed() {
    let cluster = cluster();
    cluster.world().add_topic("evil\u{1b}[2J", 1);
    assert_eq!(completed(&cluster, &["kr", "topic", "desc"]), ["describe"]);
    assert_eq!(completed(&cluster, &["kr", "topic", "describe", "pay"]), ["payments"]);
    assert_eq!(completed(&cluster, &["kr", "topic", "describe", "orders", "p"]), ["payments"]);
    assert_eq!(completed(&cluster, &["kr", "consume", "ord"]), ["orders"]);
    assert_eq!(completed(&cluster, &["kr", "topic", "create", "x", "-C", "retention.m"]), ["retention.ms="]);
    assert_eq!(completed(&cluster, &["kr", "topic", "list", "-o", "js"]), ["json", "jsonl", "jsonpath="]);
    assert_eq!(completed(&cluster, &["kr", "topic", "describe", "evil"]), Vec::<String>::new());
}

#[test]
fn completion_is_silent_when_the_cluster_does_not_answer() {
    let cluster = FakeCluster::start(1);
    let words = ["kr", "topic", "describe", "-b", "127.0.0.1:1", "o"];
    assert_eq!(completed(&cluster, &words), Vec::<String>::new());
}

#[test]
fn bash_completes_with_the_script() {
    let cluster = cluster();
    let script = kr(&["completion", "bash"]).stdout;
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("kr.bash"), script).unwrap();
    let programs = std::path::Path::new(env!("CARGO_BIN_EXE_kr")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let line = "source ./kr.bash; COMP_WORDS=(kr topic describe pay); COMP_CWORD=3; COMP_TYPE=9; \
        _clap_complete_kr kr pay describe; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let output = Command::new("bash")
        .args(["--norc", "--noprofile", "-c", line])
        .current_dir(directory.path())
        .env_clear()
        .env("PATH", path)
        .env("HOME", directory.path())
        .env("KR_BOOTSTRAP_SERVERS", cluster.bootstrap().join(","))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "payments\n", "{said}");
}
