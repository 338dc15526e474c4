//! `kr migrate` on the files of ZooKeeper servers that were recorded in migrations.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Ran, kr};

/// A recorded server's files.
fn recorded(case: &str) -> tempfile::TempDir {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrate/testdata/corpus");
    let packed = fs::read(corpus.join(case).join("zookeeper.tar.zst")).expect("the case is recorded");
    let bytes = zstd::decode_all(&packed[..]).expect("recorded with zstd");
    let directory = tempfile::tempdir().expect("a temporary directory");
    tar::Archive::new(&bytes[..]).unpack(directory.path()).expect("a tar archive");
    directory
}

/// A verb on a recorded server's files.
fn migrate(verb: &str, case: &str, more: &[&str]) -> Ran {
    let directory = recorded(case);
    let path = directory.path().display().to_string();
    let mut args = vec!["migrate", verb, "--zk-data", &path];
    args.extend(more);
    kr(&args)
}

#[test]
fn a_dry_run_names_the_node_that_the_driver_waits_for() {
    let ran = migrate("dry-run", "no-topic-id", &[]);
    assert_eq!(ran.code, 3, "{}", ran.page());
    assert!(
        ran.stdout.contains("would never begin: /brokers/topics/old has no \"topic_id\""),
        "{}",
        ran.page()
    );
}

#[test]
fn a_dry_run_names_the_node_that_aborts_the_copy() {
    let ran = migrate("dry-run", "quota-word", &["-o", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.page());
    let document: Value = serde_json::from_str(&ran.stdout).expect("a document");
    let run = &document["items"][0];
    assert_eq!(run["end"], "aborts", "{}", ran.page());
    assert_eq!(run["stopped_by"], "/config/users/alice");
}

#[test]
fn a_dry_run_counts_records_by_type() {
    let ran = migrate("dry-run", "tokens", &[]);
    assert_eq!(ran.code, 0, "{}", ran.page());
    for line in ["DELEGATION_TOKEN_RECORD", "PRODUCER_IDS_RECORD", "would complete"] {
        assert!(ran.stdout.contains(line), "{}", ran.page());
    }
}

#[test]
fn a_dry_run_writes_a_checkpoint_when_asked() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let out = directory.path().join("dry-run.checkpoint").display().to_string();
    let ran = migrate("dry-run", "shapes", &["--out", &out]);
    assert_eq!(ran.code, 0, "{}", ran.page());
    let ran = kr(&["migrate", "check", "--metadata-dir", &out, "--only", "V03"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "nothing found\n"), "{}", ran.page());
}

#[test]
fn a_check_shows_where_what_and_the_way_out() {
    let ran = migrate("check", "no-topic-id", &["--only", "T01"]);
    assert_eq!(ran.code, 3, "{}", ran.page());
    for part in ["T01", "blocker", "old", "no topic_id", "What to do"] {
        assert!(ran.stdout.contains(part), "{part} in {}", ran.page());
    }
}

#[test]
fn findings_below_the_limit_do_not_fail() {
    let ran = migrate("check", "neglected", &["--only", "T07"]);
    assert_eq!(ran.code, 0, "{}", ran.page());
    let ran = migrate("check", "neglected", &["--only", "T07", "--fail-on", "warning"]);
    assert_eq!(ran.code, 3, "{}", ran.page());
}

#[test]
fn checks_that_lack_an_input_say_so() {
    let ran = migrate("check", "tokens", &["--only", "V03"]);
    assert_eq!(ran.code, 0, "{}", ran.page());
    assert!(ran.stderr.contains("not checked without the controllers' metadata log: V03"), "{}", ran.page());
}

#[test]
fn checks_are_listed_and_chosen_by_number() {
    let ran = kr(&["migrate", "check", "--list"]);
    assert!(ran.stdout.contains("T01") && ran.stdout.contains("O01"), "{}", ran.page());
    assert_eq!(kr(&["migrate", "check", "--list", "--only", "X99"]).code, 2);
}

#[test]
fn what_cannot_be_read_is_said() {
    assert_eq!(kr(&["migrate", "dry-run"]).code, 2);
    let ran = kr(&["migrate", "check", "--zk-data", "/no/such/directory"]);
    assert_eq!(ran.code, 1, "{}", ran.page());
    assert!(ran.stderr.contains("cannot list /no/such/directory"), "{}", ran.page());
    let ran = migrate("check", "tokens", &["--chroot", "/kafka"]);
    assert_eq!(ran.code, 1, "{}", ran.page());
    assert!(ran.stderr.contains("hint: the chroot is what follows"), "{}", ran.page());
    let ran = migrate("dry-run", "tokens", &["--target-mv", "4.0"]);
    assert_eq!(ran.code, 2, "{}", ran.page());
}
