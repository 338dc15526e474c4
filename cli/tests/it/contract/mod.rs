//! What holds for every command: exit codes and the split of stdout and stderr by class of failure, documents
//! that are as their schema says, dry runs and read-only contexts that send no write.
//!
//! The commands are in the table of [`rows`], the cluster they are pointed at in [`estate`]. Each test goes
//! through the table and names every command that breaks its rule.

mod estate;
mod refusal;
mod rows;

use std::collections::BTreeSet;

use kr::tree;
use kr_client::safety::Operation;
use serde_json::Value;
use tempfile::TempDir;

use super::fake::FakeCluster;
use super::{Ran, Setting, run_in};
use estate::Mood;
use rows::{Does, ELSEWHERE, ROWS, Row, UNMET};

/// One run of a command: a cluster and a home of its own.
struct Trial {
    cluster: FakeCluster,
    home: TempDir,
    servers: String,
    rules: &'static str,
}

impl Trial {
    fn new() -> Self {
        Self::with(Mood::Willing)
    }

    fn with(mood: Mood) -> Self {
        let cluster = estate::start(mood);
        let servers = cluster.bootstrap().join(",");
        Self { cluster, home: tempfile::tempdir().unwrap(), servers, rules: "" }
    }

    /// Runs a line; its placeholders become files of this home.
    fn run(&self, leaf: &str, args: &str, more: &[&str]) -> Ran {
        let words: Vec<String> = leaf.split(' ').map(str::to_owned).collect();
        let args = args.split(' ').filter(|word| !word.is_empty()).map(|word| self.fill(word));
        let words: Vec<String> =
            words.into_iter().chain(args).chain(more.iter().map(|m| (*m).to_owned())).collect();
        self.write_config();
        let environment = vec![
            ("HOME".to_owned(), self.home.path().display().to_string()),
            ("KR_PASSWORD".to_owned(), "geheim".to_owned()),
        ];
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        run_in(Setting { environment, stdin: b"a\nb\n".to_vec(), ..Setting::clean() }, &words)
    }

    fn write_config(&self) {
        let servers: Vec<String> = self.servers.split(',').map(|server| format!("{server:?}")).collect();
        let file = self.home.path().join(".config/kr/config.toml");
        if !file.exists() {
            let servers = servers.join(", ");
            let text = format!(
                "current = \"prod\"\n[contexts.prod]\nbootstrap_servers = [{servers}]\n{}\n",
                self.rules
            );
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
    }

    fn fill(&self, word: &str) -> String {
        let text = match word {
            "{servers}" => return self.servers.clone(),
            "{plan}" => r#"{"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[1,2]}]}"#,
            "{client}" => "bootstrap.servers=a:9092\n",
            _ => return word.to_owned(),
        };
        let file = self.home.path().join(word.trim_matches(['{', '}']));
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    }

    fn writes(&self) -> BTreeSet<Operation> {
        self.cluster.writes().into_iter().collect()
    }
}

/// Commands tried at a time.
const WORKERS: usize = 4;

/// Goes through commands; what breaks the rule is named all at once.
fn hold(rows: impl Iterator<Item = &'static Row>, rule: impl Fn(&Row) -> Result<(), String> + Sync) {
    let rows: Vec<&Row> = rows.collect();
    // Commands mostly wait, so some do it together.
    let of_some = |rows: &[&'static Row]| -> Vec<String> {
        let why = |row: &&Row| rule(row).err().map(|why| format!("kr {}: {why}", row.leaf));
        rows.iter().filter_map(why).collect()
    };
    let broken: Vec<String> = std::thread::scope(|scope| {
        let share = rows.len().div_ceil(WORKERS).max(1);
        let workers: Vec<_> = rows.chunks(share).map(|some| scope.spawn(|| of_some(some))).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(broken.is_empty(), "{} commands break it:\n{}", broken.len(), broken.join("\n"));
}

fn all() -> impl Iterator<Item = &'static Row> {
    ROWS.iter()
}

fn changing() -> impl Iterator<Item = &'static Row> {
    all().filter(|row| matches!(row.does, Does::Changes | Does::Loses))
}

fn asking() -> impl Iterator<Item = &'static Row> {
    all().filter(|row| row.does != Does::Local)
}

fn has_option(leaf: &str, option: &str) -> bool {
    let root = tree::command();
    let leaves = tree::leaves(&root);
    let found = leaves.iter().find(|found| found.path == leaf).expect("the row is of a command");
    found.command.get_arguments().any(|arg| arg.get_id() == option)
}

fn is_document(leaf: &str) -> bool {
    has_option(leaf, "output_schema")
}

fn wanted(ran: &Ran, code: u8) -> Result<(), String> {
    if ran.code == code { Ok(()) } else { Err(format!("{code} is wanted\n{}", ran.page())) }
}

/// A failure says so on stderr and leaves stdout free.
fn fails(ran: &Ran, code: u8) -> Result<(), String> {
    wanted(ran, code)?;
    let is_said = ran.stderr.lines().any(|line| line.starts_with("error: "));
    match (ran.stdout.is_empty(), is_said) {
        (true, true) => Ok(()),
        (false, _) => Err(format!("something is on stdout\n{}", ran.page())),
        (_, false) => Err(format!("no error is on stderr\n{}", ran.page())),
    }
}

#[test]
fn every_command_has_its_row() {
    let root = tree::command();
    let there: BTreeSet<String> = tree::leaves(&root).into_iter().map(|leaf| leaf.path).collect();
    let rows: Vec<&str> = all().map(|row| row.leaf).chain(ELSEWHERE.iter().map(|(leaf, _)| *leaf)).collect();
    let named: BTreeSet<String> = rows.iter().map(|leaf| (*leaf).to_owned()).collect();
    assert_eq!(named.len(), rows.len(), "a command has two rows");
    let missing: Vec<&String> = there.difference(&named).collect();
    assert!(missing.is_empty(), "add a row to cli/tests/it/contract/rows.rs for: {missing:?}");
    let gone: Vec<&String> = named.difference(&there).collect();
    assert!(gone.is_empty(), "these are no commands any more: {gone:?}");
}

#[test]
fn what_changes_a_cluster_has_a_dry_run_and_nothing_else_has() {
    hold(asking(), |row| {
        let is_changing = matches!(row.does, Does::Changes | Does::Loses);
        match has_option(row.leaf, "dry_run") {
            has if has == is_changing => Ok(()),
            true => Err("it has --dry-run and its row says that it changes nothing".to_owned()),
            false => Err("it has no --dry-run".to_owned()),
        }
    });
}

#[test]
fn a_command_that_succeeds_prints_on_stdout_alone() {
    hold(all(), |row| {
        let trial = Trial::new();
        let more: &[&str] = if row.does == Does::Loses { &["--yes"] } else { &[] };
        let ran = trial.run(row.leaf, row.args, more);
        wanted(&ran, 0)?;
        let has_errors = ran.stderr.lines().any(|line| line.starts_with("error"));
        if has_errors { Err(ran.page()) } else { Ok(()) }
    });
}

#[test]
fn a_document_is_of_a_published_kind_and_as_its_schema_says() {
    hold(all().filter(|row| is_document(row.leaf)), |row| {
        let trial = Trial::new();
        let more: &[&str] = if row.does == Does::Loses { &["--yes"] } else { &[] };
        // What stdout holds is checked against the schema in `run_in`.
        let ran = trial.run(row.leaf, row.args, &[more, &["-o", "json"]].concat());
        wanted(&ran, 0)?;
        let document: Value =
            serde_json::from_str(&ran.stdout).map_err(|error| format!("{error}\n{}", ran.page()))?;
        let items = document["items"].as_array().ok_or_else(|| ran.page())?;
        let is_change = matches!(row.does, Does::Changes | Does::Loses);
        match document["applied"].as_bool() {
            _ if row.does == Does::Local => Ok(()),
            Some(true) if is_change && items.is_empty() => Err("nothing is told of the change".to_owned()),
            Some(true) if is_change => Ok(()),
            None if !is_change => Ok(()),
            _ => Err(format!("`applied` is wrong\n{}", ran.page())),
        }
    });
}

#[test]
fn every_form_of_output_is_printed() {
    hold(all().filter(|row| is_document(row.leaf) && row.does == Does::Reads), |row| {
        let trial = Trial::new();
        for form in ["wide", "name", "jsonl", "yaml", "csv", "tsv", "jsonpath=$.kind"] {
            let ran = trial.run(row.leaf, row.args, &["-o", form]);
            wanted(&ran, 0).map_err(|why| format!("-o {form}: {why}"))?;
        }
        Ok(())
    });
}

#[test]
fn a_dry_run_tells_what_the_change_would_and_sends_no_write() {
    hold(changing(), |row| {
        let trial = Trial::new();
        let ran = trial.run(row.leaf, row.args, &["--dry-run", "-o", "json"]);
        wanted(&ran, 0)?;
        let document: Value =
            serde_json::from_str(&ran.stdout).map_err(|error| format!("{error}\n{}", ran.page()))?;
        if document["applied"] != false || document["items"].as_array().is_none_or(Vec::is_empty) {
            return Err(format!("it tells too little\n{}", ran.page()));
        }
        if !trial.writes().is_empty() {
            return Err(format!("it sent {:?}", trial.writes()));
        }
        // The same line without it does send one: the row is no empty word.
        let ran = trial.run(row.leaf, row.args, &["--yes"]);
        wanted(&ran, 0)?;
        if trial.writes().is_empty() { Err(format!("it changes nothing\n{}", ran.page())) } else { Ok(()) }
    });
}

#[test]
fn what_only_reads_sends_no_write() {
    hold(all().filter(|row| row.does == Does::Reads), |row| {
        let trial = Trial::new();
        trial.run(row.leaf, row.args, &[]);
        if trial.writes().is_empty() { Ok(()) } else { Err(format!("it sent {:?}", trial.writes())) }
    });
}

#[test]
fn what_loses_something_is_refused_without_a_terminal_and_a_yes() {
    hold(all().filter(|row| row.does == Does::Loses), |row| {
        let trial = Trial::new();
        fails(&trial.run(row.leaf, row.args, &[]), 6)?;
        if trial.writes().is_empty() { Ok(()) } else { Err(format!("it sent {:?}", trial.writes())) }
    });
}

/// Contexts with `read_only`, enforced in the client layer, not per command.
#[test]
fn complaint_04_a_read_only_context_refuses_every_change_and_sends_nothing() {
    let rows = all().filter(|row| matches!(row.does, Does::Changes | Does::Loses | Does::Streams));
    hold(rows, |row| {
        let trial = Trial { rules: "read_only = true", ..Trial::new() };
        let more: &[&str] = if row.does == Does::Streams { &[] } else { &["--yes"] };
        let ran = trial.run(row.leaf, row.args, more);
        fails(&ran, 6)?;
        if !ran.stderr.contains("read-only") {
            return Err(format!("it does not say why\n{}", ran.page()));
        }
        if trial.writes().is_empty() { Ok(()) } else { Err(format!("it sent {:?}", trial.writes())) }
    });
}

#[test]
fn complaint_01_wrong_usage_is_2() {
    hold(all(), |row| {
        let trial = Trial::new();
        let ran = trial.run(row.leaf, row.args, &["--no-such-option"]);
        fails(&ran, 2)?;
        if trial.cluster.requests().is_empty() { Ok(()) } else { Err("it asked the cluster".to_owned()) }
    });
}

#[test]
fn complaint_01_a_cluster_that_is_not_there_is_4() {
    // Port 1 is nobody's.
    // `wait` waits for the cluster, too.
    hold(asking().filter(|row| row.leaf != "wait"), |row| {
        let trial = Trial { servers: "127.0.0.1:1".to_owned(), ..Trial::new() };
        let more: &[&str] = if row.does == Does::Loses { &["--yes"] } else { &[] };
        fails(&trial.run(row.leaf, row.args, &[more, &["--timeout", "50ms"]].concat()), 4)
    });
}

#[test]
fn complaint_01_credentials_that_are_refused_are_5() {
    hold(asking(), |row| {
        let trial = Trial::new();
        trial.cluster.script(|seen, _| {
            use kr_wire::messages::{SaslAuthenticateResponse, SaslHandshakeResponse};
            let words = Some(kr_wire::message::StrBytes::from_static_str("no"));
            let answer = match seen.header.api_key {
                17 => SaslHandshakeResponse::default().into(),
                36 => {
                    SaslAuthenticateResponse::default().with_error_code(58).with_error_message(words).into()
                }
                _ => return None,
            };
            Some(super::acls::respond(seen, answer))
        });
        let secure = [
            "-X",
            "security.protocol=SASL_PLAINTEXT",
            "-X",
            "sasl.mechanism=PLAIN",
            "-X",
            "sasl.username=me",
            "-X",
            "sasl.password=env:KR_PASSWORD",
        ];
        let more: &[&str] = if row.does == Does::Loses { &["--yes"] } else { &[] };
        fails(&trial.run(row.leaf, row.args, &[more, &secure].concat()), 5)
    });
}

#[test]
fn complaint_01_a_change_that_is_not_authorised_is_5() {
    hold(changing(), |row| {
        let trial = Trial::with(Mood::Forbidding);
        let ran = trial.run(row.leaf, row.args, &["--yes"]);
        wanted(&ran, 5)?;
        let is_said = ran.stderr.contains("AUTHORIZATION_FAILED");
        if is_said { Ok(()) } else { Err(format!("it does not say why\n{}", ran.page())) }
    });
}

#[test]
fn complaint_01_what_is_not_there_is_1() {
    hold(all().filter(|row| !row.none.is_empty()), |row| {
        let trial = Trial::new();
        let more: &[&str] = if row.does == Does::Loses { &["--yes"] } else { &[] };
        // A context or a file that is not there is a mistake of the command line.
        let code = if row.does == Does::Local { 2 } else { 1 };
        fails(&trial.run(row.leaf, row.none, more), code)?;
        if trial.writes().is_empty() { Ok(()) } else { Err(format!("it sent {:?}", trial.writes())) }
    });
}

#[test]
fn complaint_01_one_failure_among_others_is_1_and_tells_of_both() {
    hold(all().filter(|row| !row.half.is_empty()), |row| {
        let trial = Trial::new();
        let more: &[&str] = if row.does == Does::Loses { &["--yes"] } else { &[] };
        let ran = trial.run(row.leaf, row.half, &[more, &["-o", "json"]].concat());
        wanted(&ran, 1)?;
        let document: Value =
            serde_json::from_str(&ran.stdout).map_err(|error| format!("{error}\n{}", ran.page()))?;
        let count = |list: &str| document[list].as_array().map_or(0, Vec::len);
        if count("items") == 0 || count("errors") != 1 {
            return Err(format!("one item and one error are wanted\n{}", ran.page()));
        }
        let ran = Trial::new().run(row.leaf, row.half, more);
        let is_said = ran.stderr.lines().filter(|line| line.starts_with("error: ")).count() == 1;
        if is_said && !ran.stdout.is_empty() { Ok(()) } else { Err(ran.page()) }
    });
}

#[test]
fn complaint_01_a_condition_that_does_not_hold_is_3() {
    for line in UNMET {
        let ran = Trial::new().run(line, "", &[]);
        assert_eq!(ran.code, 3, "{line}: {}", ran.page());
    }
}

/// Brokers before Kafka 3.7 have no ListConfigResources, and some serve the configs without it.
#[test]
fn subscriptions_are_described_and_deleted_where_they_cannot_be_listed() {
    for (verb, args) in [("describe", "latency"), ("delete", "latency --yes")] {
        let trial = Trial::new();
        trial.cluster.world().apis.remove(&74);
        let ran = trial.run(&format!("client-metrics {verb}"), args, &[]);
        assert_eq!(ran.code, 0, "{}", ran.page());
    }
}
