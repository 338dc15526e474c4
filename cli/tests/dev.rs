//! `kr dev` as a person types it: real processes, each test with a data directory of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// A user with an empty home; what still runs for it ends with it.
struct User {
    home: TempDir,
}

impl User {
    fn new() -> Self {
        Self { home: tempfile::tempdir().expect("a directory") }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kr"));
        command.args(args).env_clear().env("HOME", self.home.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    fn kr(&self, args: &[&str]) -> Output {
        self.command(args).stdin(Stdio::null()).output().expect("kr runs")
    }

    /// The standard output of a command that succeeds.
    fn done(&self, args: &[&str]) -> String {
        let output = self.kr(args);
        assert!(output.status.success(), "kr {args:?}: {output:?}");
        text(&output.stdout)
    }

    /// The first item of the document that a command prints.
    fn item(&self, args: &[&str]) -> Value {
        first_item(&self.done(&[args, &["-o", "json"]].concat()))
    }

    /// Code and standard error of a command that fails.
    fn fails(&self, args: &[&str]) -> (i32, String) {
        let output = self.kr(args);
        assert!(!output.status.success(), "kr {args:?}: {output:?}");
        (output.status.code().expect("not ended by a signal"), text(&output.stderr))
    }

    fn produce(&self, topic: &str, records: std::ops::Range<u32>) {
        let mut child = self
            .command(&["produce", topic])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("kr runs");
        let mut stdin = child.stdin.take().expect("a pipe");
        for record in records {
            writeln!(stdin, "{record}").expect("it reads");
        }
        drop(stdin);
        assert!(child.wait().expect("it ends").success());
    }

    fn consume_text(&self, topic: &str) -> String {
        self.done(&["consume", topic])
    }

    fn consume(&self, topic: &str) -> Vec<u32> {
        let text = self.consume_text(topic);
        let mut records: Vec<_> = text.lines().map(|line| line.parse().expect("a number")).collect();
        records.sort_unstable();
        records
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let _ = self.kr(&["dev", "down", "--all"]);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn first_item(document: &str) -> Value {
    let document: Value = serde_json::from_str(document).expect("a document");
    document["items"][0].clone()
}

fn signal(name: &str, pid: u64) {
    let status = Command::new("kill").args([name, &pid.to_string()]).status().expect("kill runs");
    assert!(status.success());
}

#[test]
fn records_survive_faults_of_nodes_and_the_death_of_the_process() {
    let user = User::new();
    let up = user.item(&["dev", "up", "-d", "--port", "0", "--topic", "orders:3:3"]);
    assert_eq!(up["already_running"], false);
    user.produce("orders", 0..500);
    user.done(&["dev", "kill", "@leader:orders-0"]);
    user.produce("orders", 500..1000);
    user.done(&["dev", "start", "all", "--wait"]);
    assert_eq!(user.consume("orders"), (0..1000).collect::<Vec<_>>());

    signal("-KILL", up["pid"].as_u64().expect("a process"));
    let again = user.item(&["dev", "up", "-d"]);
    for same in ["cluster_id", "bootstrap_servers", "nodes"] {
        assert_eq!(again[same], up[same], "{same}");
    }
    assert_eq!(user.consume("orders"), (0..1000).collect::<Vec<_>>());

    user.done(&["dev", "down"]);
    assert_eq!(user.item(&["dev", "status"])["state"], "down");
    user.item(&["dev", "up", "-d"]);
    assert_eq!(user.consume("orders"), (0..1000).collect::<Vec<_>>());
}

#[test]
fn second_up_says_that_the_cluster_runs() {
    let user = User::new();
    let first = user.item(&["dev", "up", "-d", "-n", "1", "--port", "0"]);
    let second = user.item(&["dev", "up", "-n", "1"]);
    assert_eq!(second["already_running"], true);
    assert_eq!(second["pid"], first["pid"]);
    assert!(user.done(&["dev", "up", "-d"]).contains("is running already"));
    let listed = user.item(&["dev", "list"]);
    assert_eq!((&listed["name"], &listed["running"]), (&Value::from("dev"), &Value::from(true)));
}

#[test]
fn context_of_the_cluster_is_used_by_default() {
    let user = User::new();
    let up = user.item(&["dev", "up", "-d", "-n", "1", "--port", "0", "--name", "mine"]);
    assert_eq!(up["kr_context"], "mine");
    let info = user.item(&["cluster", "info"]);
    assert_eq!(info["cluster_id"], up["cluster_id"]);
    let variables = user.done(&["dev", "env", "--name", "mine"]);
    let servers = up["bootstrap_servers"].as_str().expect("text");
    assert!(variables.contains(&format!("export KR_BOOTSTRAP={servers}\n")), "{variables}");
}

#[test]
fn faults_go_to_targets_and_wrong_targets_are_refused() {
    let user = User::new();
    user.done(&["dev", "up", "-d", "--port", "0"]);
    assert_eq!(user.item(&["dev", "pause", "2"])["state"], "paused");
    let (code, message) = user.fails(&["dev", "stop", "2"]);
    assert_eq!((code, message.trim()), (1, "error: node 2 is paused; resume it first"));
    assert_eq!(user.item(&["dev", "resume", "2"])["changed"], true);
    let killed = user.item(&["dev", "kill", "@controller", "--wait"]);
    assert_eq!(killed["state"], "killed");
    let status = user.item(&["dev", "status"]);
    assert_eq!(status["state"], "ready");
    assert_ne!(status["controller"], killed["node"]);
    assert_eq!(user.item(&["dev", "stop", "all"])["changed"], Value::from(killed["node"] != 1));
    assert_eq!(user.fails(&["dev", "kill", "boss"]).0, 2);
    assert_eq!(user.fails(&["dev", "kill", "9"]).0, 1);
    assert_eq!(user.fails(&["dev", "kill", "1", "--name", "other"]).0, 1);
}

#[test]
fn run_gives_a_command_a_cluster_and_passes_its_exit_code_on() {
    let user = User::new();
    let kr = env!("CARGO_BIN_EXE_kr");
    let script = format!("{kr} -q topic create made --partitions 2 >&2 && {kr} topic list -o name; exit 7");
    let output = user.kr(&["dev", "run", "--", "sh", "-c", &script]);
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    assert_eq!(text(&output.stdout), "made\n");
    assert!(user.done(&["dev", "list"]).contains("no clusters"));
    let (code, message) = user.fails(&["dev", "run", "--", "/no/such/program"]);
    assert_eq!(code, 1);
    assert!(message.contains("cannot run /no/such/program"), "{message}");
}

#[test]
fn foreground_cluster_goes_down_in_order_on_an_interrupt() {
    let user = User::new();
    let (mut child, up) = foreground(&user, &["--ephemeral", "--name", "short"]);
    let dir = up["data_dir"].as_str().expect("text").to_owned();
    assert!(Path::new(&dir).exists());
    signal("-INT", child.id().into());
    assert!(child.wait().expect("it ends").success());
    assert!(!Path::new(&dir).exists());
}

#[test]
fn foreground_cluster_ends_when_it_is_brought_down_from_elsewhere() {
    let user = User::new();
    let (mut child, _) = foreground(&user, &["-n", "1"]);
    user.done(&["dev", "down"]);
    assert!(child.wait().expect("it ends").success());
    assert!(user.done(&["dev", "down"]).contains("was not running"));
}

/// A cluster in the foreground, once it has said that it is ready.
fn foreground(user: &User, options: &[&str]) -> (Child, Value) {
    let args = [&["dev", "up", "--port", "0", "-o", "json"], options].concat();
    let mut child = user
        .command(&args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("kr runs");
    let mut document = String::new();
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    while !document.ends_with("\n}\n") {
        let count = stdout.read_line(&mut document).expect("readable");
        assert_ne!(count, 0, "it ended with {:?}: {document}", child.wait());
    }
    (child, first_item(&document))
}

#[test]
fn taken_port_fails_with_one_line_and_a_hint() {
    let user = User::new();
    let holder = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = holder.local_addr().expect("an address").port().to_string();
    for detach in [&["-d"][..], &[]] {
        let (code, message) = user.fails(&[&["dev", "up", "-n", "1", "--port", &port], detach].concat());
        assert_eq!(code, 1);
        let lines: Vec<_> = message.lines().collect();
        assert!(lines[0].starts_with(&format!("error: port {port} is taken")), "{message}");
        assert!(lines.len() == 2 && lines[1].starts_with("hint: "), "{message}");
    }
    assert!(user.done(&["dev", "list"]).contains("no clusters"));
}

#[test]
fn low_limit_of_open_files_fails_with_one_line_and_a_hint() {
    let user = User::new();
    let kr = env!("CARGO_BIN_EXE_kr");
    let output = Command::new("sh")
        .args(["-c", &format!("ulimit -n 100 && exec {kr} dev up --port 0")])
        .env("HOME", user.home.path())
        .stdin(Stdio::null())
        .output()
        .expect("sh runs");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(
        text(&output.stderr),
        "error: this process may have 100 files open, a cluster of 3 nodes needs 232\n\
         hint: raise the limit with `ulimit -n 1024`\n"
    );
}

#[test]
fn deleting_data_needs_consent() {
    let user = User::new();
    let up = user.item(&["dev", "up", "-d", "-n", "1", "--port", "0"]);
    let dir = up["data_dir"].as_str().expect("text").to_owned();
    assert_eq!(user.fails(&["dev", "down", "--delete"]).0, 6);
    assert_eq!(user.item(&["dev", "status"])["state"], "ready");
    user.done(&["dev", "down", "--delete", "--yes"]);
    assert!(!Path::new(&dir).exists());
}

#[test]
fn produce_gives_a_dead_cluster_up_in_the_time_it_has() {
    let user = User::new();
    user.done(&["dev", "up", "-d", "-n", "1", "--port", "0", "--topic", "orders"]);
    let mut child = user
        .command(&["produce", "orders", "--timeout", "2s"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("kr runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    writeln!(stdin, "first").expect("it reads");
    let arrived = || user.consume_text("orders") == "first\n";
    assert!(within(Duration::from_secs(30), arrived), "the first record arrives while there is a cluster");
    user.done(&["dev", "kill", "all"]);
    writeln!(stdin, "second").expect("it reads");
    drop(stdin);
    let mut status = None;
    let ended = || {
        status = child.try_wait().expect("it can be asked");
        status.is_some()
    };
    assert!(within(Duration::from_secs(60), ended), "it does not wait for the cluster for ever");
    assert!(!status.expect("it has ended").success());
}

/// Whether something becomes true in time.
fn within(patience: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    while !condition() {
        if began.elapsed() > patience {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

#[test]
fn leftovers_of_an_ephemeral_cluster_go_with_down() {
    let user = User::new();
    let up = user.item(&["dev", "up", "-d", "-n", "1", "--port", "0", "--ephemeral"]);
    let pid = up["pid"].as_u64().expect("a number").to_string();
    let killed = Command::new("kill").args(["-9", &pid]).status().expect("kill runs");
    assert!(killed.success());
    let is_down = || user.item(&["dev", "status"])["state"] == "down";
    assert!(within(Duration::from_secs(30), is_down));
    user.done(&["dev", "down"]);
    assert_eq!(user.fails(&["dev", "status"]).0, 1, "nothing is left of it");
}

/// Groups against a real coordinator: made by a reset, moved, exported, copied and deleted.
#[test]
fn groups_are_reset_exported_cloned_and_deleted() {
    let user = User::new();
    user.done(&["dev", "up", "-d", "-n", "1", "--port", "0", "--topic", "orders:2:1"]);
    user.produce("orders", 0..10);
    user.done(&["group", "create", "billing", "--topic", "orders", "--to", "earliest"]);
    let group = user.item(&["group", "describe", "billing"]);
    assert_eq!((&group["state"], &group["lag"]), (&Value::from("Empty"), &Value::from(10)));
    let preview = user.item(&["group", "reset", "billing", "--all-topics", "--to", "latest", "--dry-run"]);
    assert_eq!(preview["read_again"], 0);
    assert_eq!(user.item(&["group", "describe", "billing"])["lag"], 10);
    assert_eq!(user.fails(&["group", "reset", "billing", "--all-topics", "--to", "latest"]).0, 6);
    user.done(&["group", "reset", "billing", "--all-topics", "--to", "latest", "--yes"]);
    assert_eq!(user.item(&["group", "describe", "billing"])["lag"], 0);
    assert_eq!(user.item(&["group", "lag", "billing", "--time"])["behind_ms"], 0);

    let file = user.home.path().join("offsets.csv");
    std::fs::write(&file, user.done(&["group", "export", "billing"])).expect("writable");
    user.done(&["group", "reset", "billing", "--all-topics", "--to", "-2", "--yes"]);
    let behind = user.item(&["group", "lag", "billing", "--time"]);
    assert!(behind["behind_ms"].as_i64().is_some_and(|ms| ms > 0), "{behind}");
    user.done(&["group", "clone", "billing", "copy"]);
    assert_eq!(user.item(&["group", "describe", "copy"])["lag"], behind["lag"]);
    let to = format!("file:{}", file.display());
    user.done(&["group", "reset", "billing", "--to", &to, "--yes"]);
    assert_eq!(user.item(&["group", "describe", "billing"])["lag"], 0);

    user.done(&["group", "offsets", "delete", "copy", "--topic", "orders:1", "--yes"]);
    let left = user.item(&["group", "describe", "copy"]);
    assert_eq!(left["offsets"].as_array().map(Vec::len), Some(1));
    user.done(&["group", "delete", "copy", "--yes"]);
    assert_eq!(user.fails(&["group", "describe", "copy"]).0, 1);
    assert_eq!(user.fails(&["group", "explain", "copy"]).0, 1);
    assert_eq!(user.item(&["group", "explain", "billing"])["verdict"], "empty");
}

/// Records of the metadata log by offset, from lines of JSON.
fn metadata_records(lines: &str) -> Vec<(i64, String)> {
    let record = |line: &str| {
        let record: Value = serde_json::from_str(line).expect("a line of JSON");
        assert_eq!(record["topic"], "__cluster_metadata");
        assert!(record["type"].is_string(), "decoded: {record}");
        (record["offset"].as_i64().expect("an offset"), record.to_string())
    };
    lines.lines().map(record).collect()
}

#[test]
fn the_metadata_log_is_decoded_up_to_its_end_or_from_an_offset() {
    let user = User::new();
    user.done(&["dev", "up", "-d", "-n", "1", "--port", "0", "--topic", "orders:3:1"]);
    let all = metadata_records(&user.done(&["decode", "__cluster_metadata", "-J"]));
    assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0), "{all:?}");
    let topic = all.iter().find(|(_, record)| record.contains("TopicRecord") && record.contains("orders"));
    let (offset, _) = topic.expect("the topic is in the log");

    let from = offset.to_string();
    let later = metadata_records(&user.done(&["decode", "__cluster_metadata", "-J", "-o", &from, "-n", "2"]));
    assert_eq!(later.first().map(|(first, _)| first), Some(offset));
    assert_eq!(later.len(), 2, "{later:?}");
    let until = metadata_records(&user.done(&["decode", "__cluster_metadata", "-J", "--until", &from]));
    assert!(until.last().is_some_and(|(last, _)| last < offset), "{until:?}");

    let (code, message) = user.fails(&["decode", "__cluster_metadata", "-o", "99999999", "-F"]);
    assert_eq!(code, 1, "{message}");
    assert_eq!(user.fails(&["decode", "__cluster_metadata", "-p", "1"]).0, 2);
}
