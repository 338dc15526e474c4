//! `kr produce` and `kr consume`.

use std::io::Write;

use kr_wire::compression::Codec;

use super::fake::batch;
use super::{FakeCluster, Setting, kr_on, kr_with};

fn cluster() -> FakeCluster {
    let cluster = FakeCluster::start(2);
    let mut world = cluster.world();
    world.add_topic("t", 2);
    world.add_topic("u", 2);
    world.partition("t", 0).append(&batch(&["one", "two"], Codec::Zstd)).unwrap();
    world.partition("t", 0).append(&batch(&["three"], Codec::None)).unwrap();
    drop(world);
    cluster
}

fn stdin(text: &str) -> Setting {
    Setting { stdin: text.as_bytes().to_vec(), ..Setting::clean() }
}

#[test]
fn consume_prints_values_from_the_start_to_the_end() {
    let cluster = cluster();
    let ran = kr_on(&cluster, &["consume", "t"]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "one\ntwo\nthree\n", ""));
}

#[test]
fn consume_begins_and_ends_where_it_is_told() {
    let cluster = cluster();
    for (args, expected) in [
        (&["-o", "1"][..], "two\nthree\n"),
        (&["-o", "-1"], "three\n"),
        (&["-o", "end"], ""),
        (&["-n", "2"], "one\ntwo\n"),
        (&["-n", "0"], ""),
        (&["-p", "1"], ""),
        (&["-o", "-2", "-n", "1", "-f", "%t/%p/%o=%s\\n"], "t/0/1=two\n"),
    ] {
        let ran = kr_on(&cluster, &[&["consume", "t"], args].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (0, expected), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn consume_of_what_is_not_there_fails() {
    let cluster = cluster();
    insta::assert_snapshot!(kr_on(&cluster, &["consume", "nope"]).page(), @r#"
    [exit 1]
    [stderr]
    error: cannot describe topic "nope": the topic or partition does not exist here (UNKNOWN_TOPIC_OR_PARTITION)
    hint: see which topics exist with `kr topic list`
    "#);
    insta::assert_snapshot!(kr_on(&cluster, &["consume", "t", "-p", "7"]).page(), @r#"
    [exit 1]
    [stderr]
    error: topic "t" has no partition 7
    hint: it has 2 partitions, from 0
    "#);
}

#[test]
fn produce_writes_lines_and_counts_them() {
    let cluster = cluster();
    let ran = kr_with(&cluster, stdin("k1:a\nk2:b\nk1:c\n"), &["produce", "u", "-K", ":", "-z", "lz4"]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", "3 records written\n"));
    let ran = kr_on(&cluster, &["consume", "u", "-f", "%k=%v\\n"]);
    let mut lines: Vec<&str> = ran.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["k1=a", "k1=c", "k2=b"]);
}

#[test]
fn produce_tells_where_records_are() {
    let cluster = cluster();
    let ran = kr_with(&cluster, stdin("x\ny"), &["produce", "t", "-p", "0", "-o", "json"]);
    insta::assert_snapshot!(ran.page(), @r#"
    [exit 0]
    {
      "kind": "kr.produce/v1",
      "context": null,
      "items": [
        {
          "topic": "t",
          "partition": 0,
          "records": 2,
          "first_offset": 3,
          "last_offset": 4
        }
      ],
      "errors": []
    }
    [stderr]
    2 records written
    "#);
}

#[test]
fn a_line_that_is_no_record_is_named() {
    let cluster = cluster();
    let ran = kr_with(&cluster, stdin("a:1\nb\n"), &["produce", "u", "-K", ":"]);
    insta::assert_snapshot!(ran.page(), @"
    [exit 1]
    [stderr]
    1 record written
    error: line 2 is no record: it does not hold the delimiter of -K
    ");
}

#[test]
fn produce_to_a_topic_that_is_not_there_fails_before_reading() {
    let cluster = cluster();
    insta::assert_snapshot!(kr_with(&cluster, stdin("x\n"), &["produce", "nope"]).page(), @r#"
    [exit 1]
    [stderr]
    error: cannot describe topic "nope": the topic or partition does not exist here (UNKNOWN_TOPIC_OR_PARTITION)
    hint: see which topics exist with `kr topic list`
    hint: create it with `kr topic create`
    "#);
}

#[test]
fn json_goes_out_and_comes_back_byte_for_byte() {
    let cluster = cluster();
    let lines = concat!(
        r#"{"topic":"t","partition":1,"offset":0,"timestamp":5,"key":"k","value":{"base64":"/wA="},"#,
        r#""headers":[{"key":"h","value":"1"},{"key":"h","value":null}]}"#,
        "\n",
        r#"{"topic":"t","partition":1,"offset":1,"timestamp":6,"key":null,"value":null,"headers":[]}"#,
        "\n",
    );
    let ran = kr_with(&cluster, stdin(lines), &["produce", "-J", "-q"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let ran = kr_on(&cluster, &["consume", "t", "-p", "1", "--output", "json"]);
    assert_eq!(ran.stdout, lines);
}

#[test]
fn a_group_commits_only_when_told() {
    let cluster = cluster();
    let ran = kr_on(&cluster, &["consume", "t", "-g", "g", "-n", "2"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "one\ntwo\n"), "{}", ran.stderr);
    assert!(cluster.world().groups["g"].committed.is_empty());
    kr_on(&cluster, &["consume", "t", "-g", "g", "-n", "2", "--commit"]);
    assert_eq!(cluster.world().groups["g"].committed[&("t".to_owned(), 0)], 2);
    let ran = kr_on(&cluster, &["consume", "t", "-g", "g"]);
    assert_eq!(ran.stdout, "three\n");
    assert_eq!(cluster.world().groups["g"].member, None);
}

/// A reader that has gone away.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let cluster = cluster();
    for args in [&["consume", "t"][..], &["topic", "list"], &["topic", "list", "-o", "json"]] {
        let setting = Setting { stdout: Some(Box::new(Closed)), ..Setting::clean() };
        let ran = kr_with(&cluster, setting, args);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{args:?}");
    }
}
