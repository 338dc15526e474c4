//! `kr produce` and `kr consume`.

use std::io::Write;
use std::time::{Duration, Instant};

use kr_wire::compression::Codec;

use super::fake::batch;
use super::fake::world::TxnStep;
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
        r#"{"topic":"t","partition":1,"offset":0,"timestamp":5,"timestamp_type":"create","key":"k","value":{"base64":"/wA="},"#,
        r#""headers":[{"key":"h","value":"1"},{"key":"h","value":null}]}"#,
        "\n",
        r#"{"topic":"t","partition":1,"offset":1,"timestamp":6,"timestamp_type":"create","key":null,"value":null,"headers":[]}"#,
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

#[test]
fn a_follower_commits_what_it_has_printed_while_nothing_comes() {
    let cluster = cluster();
    std::thread::scope(|scope| {
        let follow = || kr_on(&cluster, &["consume", "t", "-g", "g", "-F", "-n", "4", "--commit"]);
        let follower = scope.spawn(follow);
        let deadline = Instant::now() + Duration::from_secs(30);
        let committed = || {
            let world = cluster.world();
            world.groups.get("g").and_then(|group| group.committed.get(&("t".to_owned(), 0)).copied())
        };
        while committed() != Some(3) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        let seen = committed();
        cluster.world().partition("t", 0).append(&batch(&["four"], Codec::None)).unwrap();
        let ran = follower.join().unwrap();
        assert_eq!((ran.code, ran.stdout.as_str()), (0, "one\ntwo\nthree\nfour\n"), "{}", ran.stderr);
        assert_eq!(seen, Some(3));
    });
}

/// Three partitions with records of different times; offsets of partition 0 have a gap before its end.
fn timed() -> FakeCluster {
    let cluster = FakeCluster::start(1);
    let mut world = cluster.world();
    world.add_topic("t", 3);
    let batch = |partition: i32, time: i64, value: &str| {
        let mut builder = kr_wire::batch::BatchBuilder::new(kr_wire::ids::Offset(0));
        let key = format!("k{partition}");
        builder.push(time, Some(key.as_bytes()), Some(value.as_bytes()), &[("h", Some(b"1"))]);
        builder.build()
    };
    for (partition, time, value) in
        [(0, 10, "a"), (1, 20, r#"{"n":1}"#), (2, 30, "c"), (0, 40, "d"), (1, 50, r#"{"n":2}"#), (2, 60, "f")]
    {
        world.partition("t", partition).append(&batch(partition, time, value)).unwrap();
    }
    for _ in 0..30 {
        let marker = kr_wire::batch::BatchBuilder::new(kr_wire::ids::Offset(0))
            .producer(kr_wire::ids::ProducerId(1), 0, None)
            .transactional()
            .control();
        let mut marker = marker;
        marker.push(70, Some(&[0, 0, 0, 1]), Some(&[0, 0, 0, 0, 0, 0]), &[]);
        world.partition("t", 0).append(&marker.build()).unwrap();
    }
    drop(world);
    cluster
}

/// "`--tail N` overall by timestamp, correct with offset gaps (compaction, txn markers)".
#[test]
fn complaint_12_tail_is_of_all_partitions_by_time_over_gaps() {
    let cluster = timed();
    for (args, expected) in [
        (&["--tail", "3"][..], "0:d\n1:{\"n\":2}\n2:f\n"),
        (&["--tail", "100", "-n", "1"], "0:a\n"),
        (&["--tail", "1", "-p", "0"], "0:d\n"),
        (&["--tail", "2", "--where", "key == 'k0'"], "0:a\n0:d\n"),
        (&["--tail", "0"], ""),
    ] {
        let ran = kr_on(&cluster, &[&["consume", "t", "-f", "%p:%v\\n"], args].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (0, expected), "{args:?}: {}", ran.stderr);
    }
}

/// "`--where` on key/value/headers/partition/time/JSON path".
#[test]
fn complaint_08_where_chooses_records() {
    let cluster = timed();
    for (expr, expected) in [
        ("value.n > 1", 1),
        ("header('h') == '1' && partition != 1", 4),
        ("key =~ '^k[12]$' and not value.n == 2", 3),
        ("offset == 0", 3),
    ] {
        let ran = kr_on(&cluster, &["consume", "t", "--where", expr]);
        assert_eq!((ran.code, ran.stdout.lines().count()), (0, expected), "{expr}: {}", ran.stderr);
    }
    insta::assert_snapshot!(kr_on(&cluster, &["consume", "t", "--where", "key == 'a' &&"]).page(), @"
    [exit 2]
    [stderr]
    error: --where key == 'a' &&: column 14: something to compare is wanted, not the end
    ");
}

/// "Finite by default: end offsets fixed at start, exits even under constant traffic".
#[test]
fn complaint_13_consume_ends_where_the_partitions_ended_at_launch() {
    let cluster = timed();
    // Every fetch finds another record.
    cluster.script(|seen, world| {
        if seen.header.api_key == 1 {
            world.partition("t", 1).append(&batch(&["more"], Codec::None)).unwrap();
        }
        None
    });
    let ran = kr_on(&cluster, &["consume", "t"]);
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 6), "{}", ran.stderr);
}

#[test]
fn consume_ends_before_the_place_of_until() {
    let cluster = cluster();
    for (args, expected) in [
        (&["--until", "2"][..], "one\ntwo\n"),
        (&["-o", "1:2"], "two\n"),
        (&["-o", "+1:end"], "two\nthree\n"),
        (&["--per-partition", "1"], "one\n"),
        (&["--until", "100"], "one\ntwo\nthree\n"),
    ] {
        let ran = kr_on(&cluster, &[&["consume", "t"], args].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (0, expected), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn a_key_is_read_from_its_partition_alone() {
    let cluster = cluster();
    kr_with(&cluster, stdin("k1:a\nk2:b\nk1:c\n"), &["produce", "u", "-K", ":"]);
    let place = kr_on(&cluster, &["key", "partition", "k1", "-t", "u", "-o", "name"]);
    let ran = kr_on(&cluster, &["consume", "u", "--key", "k1", "-f", "%t-%p=%v\\n"]);
    let partition = place.stdout.trim_end();
    assert_eq!(ran.stdout, format!("{partition}=a\n{partition}=c\n"));
}

#[test]
fn what_a_format_writes_a_format_reads() {
    let cluster = cluster();
    let format = "%k|%h|%V{hex8}|%v\\n";
    let lines = "k|a=1,b=2|04|v\n|x\nl||00|\n";
    let ran = kr_with(&cluster, stdin(lines), &["produce", "u", "-p", "0", "-f", format]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "2 records written\n"));
    let ran = kr_on(&cluster, &["consume", "u", "-f", format]);
    assert_eq!(ran.stdout, lines);
}

#[test]
fn files_are_read_line_by_line_or_as_a_whole() {
    let cluster = cluster();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("a.txt");
    std::fs::write(&file, "1\n2").unwrap();
    let file = file.to_str().unwrap();
    let ran = kr_with(&cluster, stdin("3\n"), &["produce", "u", file, "-", "-p", "0", "-T", "1700000000000"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "3 records written\n"));
    let ran = kr_on(&cluster, &["produce", "u", file, "--file-per-record", "-p", "1"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "1 record written\n"));
    let ran = kr_on(&cluster, &["consume", "u", "-p", "0", "-f", "%d{hex8}=%v "]);
    assert_eq!(ran.stdout, "00=1 00=2 00=3 ");
    assert_eq!(cluster.world().values("u", 1), ["1\n2"]);
    insta::assert_snapshot!(kr_on(&cluster, &["produce", "u", "/no/such/file"]).page(), @"
    [exit 1]
    [stderr]
    0 records written
    error: cannot read /no/such/file: No such file or directory (os error 2)
    ");
}

#[test]
fn a_transaction_is_committed_when_all_is_written() {
    let cluster = cluster();
    let ran = kr_with(&cluster, stdin("a\nb\n"), &["produce", "u", "-p", "1", "--txn", "import"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "2 records written\n"));
    let steps = [TxnStep::Added("u".to_owned(), 1), TxnStep::Ended { is_commit: true }];
    assert_eq!(cluster.world().transactions, steps);
    assert_eq!(cluster.world().values("u", 1), ["a", "b"]);
}

#[test]
fn a_transaction_is_aborted_when_a_line_is_wrong() {
    let cluster = cluster();
    let lines = "{\"value\":\"a\"}\n{\"valeu\":\"b\"}\n";
    let ran = kr_with(&cluster, stdin(lines), &["produce", "u", "-J", "--txn", "import"]);
    insta::assert_snapshot!(ran.page(), @"
    [exit 1]
    [stderr]
    the transaction was aborted: none of its records will be seen
    1 read and not written
    0 records written
    error: line 2 is no record: unknown field `valeu`, expected one of `topic`, `partition`, `offset`, `timestamp`, `timestamp_type`, `key`, `value`, `headers` at line 1 column 8
    ");
    assert!(!cluster.world().transactions.contains(&TxnStep::Ended { is_commit: true }));
}

/// "A rejected record names its line and the limit that hit".
#[test]
fn complaint_37_a_record_that_is_too_large_names_its_line_and_the_limit() {
    let cluster = cluster();
    let mut world = cluster.world();
    world.topics.get_mut("u").unwrap().configs.insert("max.message.bytes".to_owned(), "1000012".to_owned());
    drop(world);
    let mut lines = b"small\n".to_vec();
    lines.extend(std::iter::repeat_n(b'x', 1_200_000));
    lines.extend_from_slice(b"\nlast\n");
    let setting = Setting { stdin: lines, ..Setting::clean() };
    insta::assert_snapshot!(kr_with(&cluster, setting, &["produce", "u"]).page(), @r#"
    [exit 1]
    [stderr]
    2 records written
    error: line 2: a record of 1200032 bytes is larger than topic "u" takes
    hint: max.message.bytes of topic "u" is 1000012; -z zstd may make it fit
    "#);
}

/// "A rejected record names its line", and takes no other one with it.
#[test]
fn complaint_37_a_record_the_broker_refuses_is_the_only_one_of_its_batch_to_fail() {
    let cluster = cluster();
    let policy = ("cleanup.policy".to_owned(), "compact".to_owned());
    cluster.world().topics.get_mut("u").unwrap().configs.extend([policy]);
    let lines = "{\"key\":\"k\",\"value\":\"a\"}\n{\"value\":\"b\"}\n{\"key\":\"k\",\"value\":\"c\"}\n";
    let ran = kr_with(&cluster, stdin(lines), &["produce", "u", "-J", "-p", "0"]);
    insta::assert_snapshot!(ran.page(), @"
    [exit 1]
    [stderr]
    2 records written
    error: line 2: cannot write to u-0: a compacted topic wants a key (INVALID_RECORD)
    ");
    assert_eq!(cluster.world().values("u", 0), ["a", "c"]);
    let ran = kr_with(&cluster, stdin(lines), &["produce", "u", "-J", "-p", "0", "--txn", "import"]);
    insta::assert_snapshot!(ran.page(), @"
    [exit 1]
    [stderr]
    the transaction was aborted: none of its records will be seen
    2 read and not written
    0 records written
    error: line 2: cannot write to u-0: a compacted topic wants a key (INVALID_RECORD)
    ");
    assert!(!cluster.world().transactions.contains(&TxnStep::Ended { is_commit: true }));
}

/// Whoever types a few lines sees all partitions get some, and single lines do not meet in the first.
#[test]
fn lines_without_a_key_are_spread() {
    let cluster = cluster();
    let lines: String = (0..20).map(|line| format!("{line}\n")).collect();
    kr_with(&cluster, stdin(&lines), &["produce", "u"]);
    let mut world = cluster.world();
    assert_eq!((world.values("u", 0).len(), world.values("u", 1).len()), (10, 10));
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
