//! Stories under `testdata`: commands, each followed by the exact log of what came of it.
//!
//! `UPDATE=1` writes the log anew; read the difference before keeping it. Lines with `#` are prose, lines
//! with `>` are commands, see [`Story::command`]; a log is `(epoch of the last record)@(end offset)`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use kr_wire::ids::{LeaderEpoch, NodeId, Offset};

use super::stage::Stage;
use crate::{
    BeginQuorumEpochRequest, CallError, Election, EndQuorumEpochRequest, Event, FetchRequest,
    FetchSnapshotRequest, ReplicaKey, Request, SeenHighWatermark, SnapshotId, Timers, VoteRequest,
};

/// A scenario being played.
struct Story {
    voters: Vec<i32>,
    observers: Vec<i32>,
    timers: Timers,
    stage: Option<Stage>,
}

impl Story {
    fn new() -> Self {
        Self { voters: Vec::new(), observers: Vec::new(), timers: Timers::real(), stage: None }
    }

    /// Performs a command and returns the log of it.
    fn command(&mut self, line: &str) -> Vec<String> {
        let mut words = line.split_whitespace();
        let name = words.next().expect("a command has a name");
        let words: Vec<&str> = words.collect();
        match name {
            "voters" => self.voters = words.iter().map(|word| parse(word)).collect(),
            "observers" => self.observers = words.iter().map(|word| parse(word)).collect(),
            "timers" => self.timers = if words == ["fast"] { Timers::fast() } else { Timers::real() },
            _ => self.play(name, &words),
        }
        self.stage.as_mut().map(|stage| std::mem::take(&mut stage.log)).unwrap_or_default()
    }

    fn play(&mut self, name: &str, words: &[&str]) {
        let stage = self.stage.get_or_insert_with(|| Stage::new(&self.voters, &self.observers, &self.timers));
        let nodes = || words.iter().map(|word| parse::<i32>(word));
        let node = || nodes().next().expect("the command names a node");
        match name {
            "disk" => fill(stage, node(), &fields(&words[1..])),
            "start" => nodes().for_each(|id| stage.start(id)),
            "crash" => stage.crash(node()),
            "expire" => stage.expire(node()),
            "wait" => stage.wait(node(), Duration::from_millis(parse(words[1]))),
            "deliver" if words.is_empty() => stage.deliver_all(),
            "deliver" => stage.deliver(parse(words[0]), parse(words[1])),
            "lose" => stage.drop_messages(parse(words[0]), parse(words[1]), None),
            "fail" => stage.drop_messages(parse(words[0]), parse(words[1]), Some(error(words[2]))),
            "silence" => stage.silence(node()),
            "refuse" => stage.refuse(node()),
            "mend" => stage.mend(node()),
            "slow-disk" => stage.slow_disk(node()),
            "flushed" => stage.finish_flush(node()),
            "propose" => stage.propose(node(), parse(words[1])),
            "snapshot" => stage.snapshot(node()),
            "trim" => stage.trim(node()),
            "lost" => stage.event(parse(words[0]), Event::PeerLost { node: NodeId(parse(words[1])) }),
            "resign" => {
                let epoch = LeaderEpoch(parse(words[1]));
                stage.event(node(), Event::Resign { epoch });
            }
            "shutdown" => stage.event(node(), Event::Shutdown),
            "ask" => stage.ask(node(), request(words[1], &fields(&words[2..]))),
            "describe" => stage.describe(node()),
            "show" if words.is_empty() => show_all(stage),
            "show" => nodes().for_each(|id| stage.show(id)),
            "elect" => {
                stage.expire(node());
                stage.deliver_all();
                stage.log.clear();
                show_all(stage);
            }
            "settle" => {
                stage.deliver_all();
                stage.log.clear();
                show_all(stage);
            }
            _ => panic!("no command {name}"),
        }
    }
}

fn show_all(stage: &mut Stage) {
    let ids: Vec<i32> = stage.machines.keys().copied().collect();
    ids.into_iter().for_each(|id| stage.show(id));
}

type Fields<'a> = BTreeMap<&'a str, &'a str>;

fn fields<'a>(words: &[&'a str]) -> Fields<'a> {
    words.iter().map(|word| word.split_once('=').unwrap_or((word, ""))).collect()
}

fn parse<T: FromStr>(word: &str) -> T {
    word.parse().unwrap_or_else(|_| panic!("cannot read {word}"))
}

fn pair<A: FromStr, B: FromStr>(word: &str, separator: char) -> (A, B) {
    let (a, b) = word.split_once(separator).unwrap_or_else(|| panic!("{word} lacks {separator}"));
    (parse(a), parse(b))
}

fn snapshot_id(word: &str) -> SnapshotId {
    let (end, epoch) = pair(word, '-');
    SnapshotId { end: Offset(end), epoch: LeaderEpoch(epoch) }
}

fn error(word: &str) -> CallError {
    match word {
        "disconnected" => CallError::Disconnected,
        "unsupported" => CallError::UnsupportedVersion,
        _ => panic!("no error {word}"),
    }
}

/// `epoch=3 leader=2 vote=1 log=1x10,3x5 snapshot=10-1 start=10 cut=12`, all optional.
fn fill(stage: &mut Stage, id: i32, fields: &Fields<'_>) {
    let key = |name| fields.get(name).map(|word| NodeId(parse(word)));
    if let Some(epoch) = fields.get("epoch") {
        let voted = key("vote").map(ReplicaKey::of);
        let election = Election { epoch: LeaderEpoch(parse(epoch)), leader: key("leader"), voted };
        stage.machines.get_mut(&id).expect("node exists").disk.election = Some(election);
    }
    let epochs: Vec<(i32, usize)> =
        fields.get("log").map_or_else(Vec::new, |log| log.split(',').map(|run| pair(run, 'x')).collect());
    let snapshot = fields.get("snapshot").map(|word| snapshot_id(word));
    stage.fill(id, &epochs, snapshot, fields.get("start").map_or(0, |word| parse(word)));
    if let Some(end) = fields.get("cut") {
        stage.machines.get_mut(&id).expect("node exists").disk.log.truncate(parse(end));
    }
}

/// What no machine would ask by itself: `vote`, `pre-vote`, `begin`, `end`, `fetch`, `fetch-snapshot`.
fn request(kind: &str, fields: &Fields<'_>) -> Request {
    let cluster_id = Some((*fields.get("cluster").unwrap_or(&"cluster")).into());
    let node = |name| fields.get(name).map(|word| NodeId(parse(word)));
    let from = node("from").unwrap_or(NodeId(-1));
    let epoch = LeaderEpoch(fields.get("epoch").map_or(0, |word| parse(word)));
    let (last_epoch, offset) = fields.get("log").map_or((0, 0), |word| pair(word, '@'));
    let (last_epoch, offset) = (LeaderEpoch(last_epoch), Offset(offset));
    let voter = node("to").map(ReplicaKey::of);
    match kind {
        "vote" | "pre-vote" => Request::Vote(VoteRequest {
            cluster_id,
            voter,
            candidate: ReplicaKey::of(from),
            epoch,
            last_epoch,
            last_offset: offset,
            pre_vote: kind == "pre-vote",
        }),
        "begin" => Request::BeginQuorumEpoch(BeginQuorumEpochRequest {
            cluster_id,
            voter,
            leader: from,
            epoch,
            endpoints: Vec::new(),
        }),
        "end" => Request::EndQuorumEpoch(EndQuorumEpochRequest {
            cluster_id,
            leader: from,
            epoch,
            successors: fields["successors"].split(',').map(|id| ReplicaKey::of(NodeId(parse(id)))).collect(),
        }),
        "fetch" => Request::Fetch(FetchRequest {
            cluster_id,
            replica: node("from").map(ReplicaKey::of),
            max_wait_ms: fields.get("wait").map_or(0, |word| parse(word)),
            max_bytes: 1024,
            epoch,
            offset,
            last_epoch,
            high_watermark: match fields.get("hw") {
                None => SeenHighWatermark::Unsupported,
                Some(&"unknown") => SeenHighWatermark::Unknown,
                Some(word) => SeenHighWatermark::At(Offset(parse(word))),
            },
        }),
        "fetch-snapshot" => Request::FetchSnapshot(FetchSnapshotRequest {
            cluster_id,
            replica: node("from").map(ReplicaKey::of),
            epoch,
            snapshot: snapshot_id(fields["id"]),
            position: fields.get("position").map_or(0, |word| parse(word)),
            max_bytes: 1024,
        }),
        _ => panic!("no request {kind}"),
    }
}

/// Plays a scenario and returns its text with the log that came of it.
fn played(text: &str) -> String {
    let mut story = Story::new();
    let mut result = String::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix('>') {
            result += &format!("{line}\n");
            for entry in story.command(command) {
                result += &format!("{entry}\n");
            }
        } else if line.starts_with('#') || line.is_empty() {
            result += &format!("{line}\n");
        }
    }
    result
}

fn files(directory: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(directory);
    let mut files: Vec<PathBuf> = directory
        .read_dir()
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.expect("directory can be read").path())
        .collect();
    files.sort();
    files
}

#[expect(clippy::disallowed_methods, reason = "scenarios are files, and UPDATE=1 rewrites them")]
fn holds(directory: &str) {
    let files = files(directory);
    assert!(!files.is_empty(), "no scenarios in {directory}");
    for file in files {
        let expected = std::fs::read_to_string(&file).expect("scenario can be read");
        let found = played(&expected);
        if std::env::var("UPDATE").is_ok() {
            std::fs::write(&file, found).expect("scenario can be written");
        } else {
            let name = file.display();
            for (at, (expected, found)) in expected.lines().zip(found.lines()).enumerate() {
                assert_eq!(expected, found, "{name}:{}", at + 1);
            }
            assert_eq!(expected, found, "{name}: the log ends differently");
        }
    }
}

#[test]
fn elections_follow_their_scenarios() {
    holds("election");
}

#[test]
fn pre_votes_follow_their_scenarios() {
    holds("prevote");
}

#[test]
fn replication_follows_its_scenarios() {
    holds("replication");
}

#[test]
fn diverging_logs_follow_their_scenarios() {
    holds("divergence");
}

#[test]
fn snapshots_follow_their_scenarios() {
    holds("snapshot");
}

#[test]
fn resignations_follow_their_scenarios() {
    holds("resignation");
}

#[test]
fn every_directory_of_scenarios_is_played() {
    let known = ["divergence", "election", "prevote", "replication", "resignation", "snapshot"];
    let names: Vec<String> = files("")
        .iter()
        .map(|path| path.file_name().expect("entry has a name").to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, known);
}
