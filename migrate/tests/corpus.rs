//! What Apache Kafka 3.9.2 made of trees, ordinary and nasty, against what `convert` makes of them.
//!
//! Each case was recorded by `tests/interop/migrate/record`: the ensemble's files, the metadata log, and what the
//! driver logged. The order among siblings is the driver's hash order, so records are compared section by section,
//! and in a section sorted.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kr_migrate::convert::{Conversion, Outcome, Settings, convert};
use kr_migrate::model::Model;
use kr_migrate::source::metadata_log::MetadataLog;
use kr_migrate::source::zk_files::{Change, ZkFiles};
use kr_wire::ids::Uuid;
use kr_wire::metadata_records::MetadataRecord;

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ended {
    Complete,
    /// The copy was aborted because of this node.
    Aborted(&'static str),
    /// The driver went on waiting because of this node.
    Waiting(&'static str),
    /// The copy was made, and one of these nodes could not be written back.
    NotSynchronised(&'static [&'static str]),
}
use Ended::{Aborted, Complete, NotSynchronised, Waiting};

const CASES: [(&str, Ended); 28] = [
    ("acl-principal", Aborted("/kafka-acl/Topic/t")),
    ("acl-unknown-operation", Complete),
    ("acl-version", Aborted("/kafka-acl/Topic/t")),
    ("acls", Complete),
    ("broker-name", Aborted("/config/brokers/x1")),
    ("config-long", Aborted("/config/topics/t")),
    ("config-number", Aborted("/config/topics/t")),
    ("junk-topic", Waiting("/brokers/topics/junk")),
    ("many", Complete),
    ("name-encoding", Aborted("/config/users/a%ZZ")),
    ("neglected", Complete),
    ("no-replicas", Complete),
    ("no-replicas-no-state", Aborted("/brokers/topics/t/partitions/0/state")),
    ("no-topic-id", Waiting("/brokers/topics/old")),
    ("partition-key", Waiting("/brokers/topics/t")),
    ("producer-ids-empty", Aborted("/latest_producer_id_block")),
    ("producer-ids-number", Aborted("/latest_producer_id_block")),
    ("quota-word", Aborted("/config/users/alice")),
    ("quotas", Complete),
    (
        "quotas-odd",
        NotSynchronised(&["/config/clients/hex", "/config/clients/unknown", "/config/users/half"]),
    ),
    ("same-topic-id", Complete),
    ("scram-mechanism", Aborted("/config/users/alice")),
    ("scram-short", Aborted("/config/users/alice")),
    ("shapes", Complete),
    ("short-topic-id", Waiting("/brokers/topics/t")),
    ("state-without-leader", Aborted("/brokers/topics/t/partitions/0/state")),
    ("token-version", Aborted("/delegation_token/tokens/t")),
    ("tokens", Complete),
];

/// Cases in which everything was copied.
fn copied() -> impl Iterator<Item = &'static str> {
    CASES.iter().filter(|(_, ended)| matches!(ended, Complete | NotSynchronised(_))).map(|(name, _)| *name)
}

/// A case with its files unpacked.
struct Case {
    driver: String,
    model: Model,
    log: MetadataLog,
    _unpacked: tempfile::TempDir,
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/corpus")
}

fn unpack(name: &str) -> Case {
    let recorded = corpus().join(name);
    let unpacked = tempfile::tempdir().expect("a temporary directory");
    let bytes = |file: &str| {
        let packed = fs::read(recorded.join(file)).unwrap_or_else(|error| panic!("{name}/{file}: {error}"));
        zstd::decode_all(&packed[..]).expect("recorded with zstd")
    };
    tar::Archive::new(&bytes("zookeeper.tar.zst")[..]).unpack(unpacked.path()).expect("a tar archive");
    let segments = unpacked.path().join("log");
    fs::create_dir(&segments).expect("it is new");
    fs::write(segments.join("00000000000000000000.log"), bytes("metadata.log.zst")).expect("it is writable");
    let files = ZkFiles::open(&[unpacked.path()]).expect("the files of a server");
    let loaded = files.load_until(before_the_copy_was_done(&files)).expect("good files");
    Case {
        driver: fs::read_to_string(recorded.join("driver.txt")).expect("the driver's words"),
        model: Model::read(&loaded.tree),
        log: MetadataLog::open(&segments).expect("a good log"),
        _unpacked: unpacked,
    }
}

/// The last transaction before the driver noted that the copy is done: the tree was still as it had read it.
fn before_the_copy_was_done(files: &ZkFiles) -> i64 {
    let mut last = i64::MAX;
    let done = |change: &Change| match change {
        Change::SetData { path, data: Some(data), .. } if path == "/migration" => {
            !String::from_utf8_lossy(data).contains("\"kraft_metadata_offset\":-1")
        }
        _ => false,
    };
    let walked = files.transactions(|transaction| {
        let mut found = false;
        transaction.change.each(&mut |change| found |= done(change));
        if found {
            last = transaction.zxid - 1;
        }
        !found
    });
    walked.expect("good files");
    last
}

/// The records that the driver wrote, its transaction's begin and end included.
///
/// The log joins batches, and has no-ops, fenced brokers and registrations in between.
fn written(log: &MetadataLog) -> Vec<MetadataRecord> {
    let begins = |record: &MetadataRecord| match record {
        MetadataRecord::BeginTransaction(begin) => begin.name.as_deref() == Some("ZK Migration"),
        _ => false,
    };
    let is_between = |record: &MetadataRecord| {
        matches!(
            record,
            MetadataRecord::NoOp(_)
                | MetadataRecord::BrokerRegistrationChange(_)
                | MetadataRecord::RegisterBroker(_)
        )
    };
    let mut records = Vec::new();
    for record in log.batches.iter().flat_map(|batch| &batch.records).skip_while(|record| !begins(record)) {
        if !is_between(record) {
            records.push(record.clone());
        }
        if matches!(record, MetadataRecord::EndTransaction(_)) {
            break;
        }
    }
    records
}

/// Number of a record's section in the order of the copy.
fn section(record: &MetadataRecord) -> u8 {
    match record {
        MetadataRecord::BeginTransaction(_) => 0,
        MetadataRecord::Topic(_) | MetadataRecord::Partition(_) => 1,
        MetadataRecord::Config(config) if config.resource_type == 2 => 1,
        MetadataRecord::Config(_) => 2,
        MetadataRecord::UserScramCredential(_) | MetadataRecord::ClientQuota(_) => 3,
        MetadataRecord::ProducerIds(_) => 4,
        MetadataRecord::AccessControlEntry(_) => 5,
        MetadataRecord::DelegationToken(_) => 6,
        MetadataRecord::ZkMigrationState(_) => 7,
        MetadataRecord::EndTransaction(_) => 8,
        other => panic!("{} in a migration", other.name()),
    }
}

/// Records in a form that two sides can be compared in: sections in order, sorted inside, ids of ACLs left out.
fn comparable(records: &[MetadataRecord]) -> Vec<String> {
    let mut lines: Vec<(u8, String)> = Vec::new();
    let mut sections = Vec::new();
    for record in records {
        let mut record = record.clone();
        if let MetadataRecord::AccessControlEntry(acl) = &mut record {
            acl.id = Uuid::nil();
        }
        let section = section(&record);
        sections.push(section);
        lines.push((section, format!("{record:?}")));
    }
    assert!(sections.is_sorted(), "sections are out of order: {sections:?}");
    lines.sort();
    lines.into_iter().map(|(_, line)| line).collect()
}

fn converted(case: &Case) -> Conversion {
    convert(&case.model, &Settings::default())
}

#[test]
fn every_recorded_case_is_compared() {
    let mut recorded: Vec<String> = fs::read_dir(corpus())
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
        .collect();
    recorded.sort();
    assert_eq!(recorded, CASES.map(|(name, _)| name));
}

#[test]
fn a_conversion_ends_as_the_driver_ended() {
    for (name, ended) in CASES {
        let case = unpack(name);
        let said = |words: &str| case.driver.contains(words);
        let outcome = converted(&case).outcome;
        let driver = [
            said("Completed migration"),
            said("Aborting the metadata migration"),
            said("Unhandled error in WaitForZkBrokersEvent"),
            said("error in SyncKRaftMetadataEvent") || said("error during event SyncKRaftMetadataEvent"),
        ];
        let (stop, paths, expected) = match (ended, &outcome) {
            (Complete, Outcome::Complete) => (None, vec![], [true, false, false, false]),
            (Aborted(path), Outcome::Aborts(stop)) => (Some(stop), vec![path], [false, true, false, false]),
            (Waiting(path), Outcome::Waits(stop)) => (Some(stop), vec![path], [false, false, true, false]),
            (NotSynchronised(paths), Outcome::SyncFails(stop)) => {
                (Some(stop), paths.to_vec(), [true, false, false, true])
            }
            _ => panic!("{name}: expected {ended:?}, converted {outcome:?}, the driver: {}", case.driver),
        };
        assert_eq!(driver, expected, "{name}: {}", case.driver);
        if let Some(stop) = stop {
            assert!(paths.contains(&stop.path.as_str()), "{name}: {} {}", stop.path, stop.why);
        }
    }
}

#[test]
fn a_conversion_gives_the_records_that_the_driver_wrote() {
    for name in copied() {
        let case = unpack(name);
        let (ours, theirs) =
            (comparable(&converted(&case).appended().concat()), comparable(&written(&case.log)));
        let only = |some: &[String], others: &[String]| {
            some.iter().filter(|line| !others.contains(line)).cloned().collect::<Vec<_>>().join("\n")
        };
        let (only_ours, only_theirs) = (only(&ours, &theirs), only(&theirs, &ours));
        assert!(ours == theirs, "{name}: only kr has\n{only_ours}\nonly the driver has\n{only_theirs}");
    }
}

#[test]
fn resources_with_acls_come_in_the_drivers_order() {
    let case = unpack("acls");
    let resources = |records: &[MetadataRecord]| {
        let mut names: Vec<_> = records
            .iter()
            .filter_map(|record| match record {
                MetadataRecord::AccessControlEntry(acl) => {
                    Some((acl.resource_type, acl.pattern_type, acl.resource_name.clone()))
                }
                _ => None,
            })
            .collect();
        names.dedup();
        names
    };
    assert_eq!(resources(&converted(&case).appended().concat()), resources(&written(&case.log)));
}

#[test]
fn there_are_as_many_batches_as_the_driver_counted() {
    for name in copied() {
        let case = unpack(name);
        let batches = converted(&case).batches;
        let expected = format!("across {} batches", batches.len());
        assert!(case.driver.contains(&expected), "{name}: no {expected:?} in {}", case.driver);
        let full = &batches[..batches.len().saturating_sub(1)];
        assert!(full.iter().all(|batch| batch.len() >= 200), "{name}");
    }
}

#[test]
fn the_counts_are_those_of_the_drivers_manifest() {
    for name in copied() {
        let case = unpack(name);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for record in converted(&case).batches.iter().flatten() {
            *counts.entry(record.name()).or_default() += 1;
        }
        for (record, count) in counts {
            let mut words = String::new();
            for character in record.chars() {
                if character.is_uppercase() && !words.is_empty() {
                    words.push('_');
                }
                words.extend(character.to_uppercase());
            }
            let expected = format!("{words}={count}");
            assert!(case.driver.contains(&expected), "{name}: no {expected} in {}", case.driver);
        }
    }
}
