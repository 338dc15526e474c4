//! What Apache Kafka 4.1.2 wrote: its metadata logs replay, and a snapshot of the image says what Kafka's says.

use std::collections::BTreeMap;
use std::io::Read;

use kr_metadata::snapshot::{self, Snapshot};
use kr_metadata::{Delta, Image, Loader};
use kr_wire::batch::Batches;
use kr_wire::compression::Limit;
use kr_wire::ids::{LeaderEpoch, Offset};
use kr_wire::metadata_records::MetadataRecord;

/// The data records of a log below an offset.
fn records(log: &[u8], below: Offset) -> Vec<(Offset, MetadataRecord)> {
    let mut found = Vec::new();
    for batch in Batches::new(log) {
        let batch = batch.unwrap();
        batch.verify_crc().unwrap();
        if batch.header.attributes.is_control() {
            continue;
        }
        for record in batch.payload(Limit::default()).unwrap().records() {
            let record = record.unwrap();
            if record.offset < below {
                found.push((record.offset, MetadataRecord::decode(record.value.unwrap()).unwrap().0));
            }
        }
    }
    found
}

fn replay(records: &[(Offset, MetadataRecord)]) -> Image {
    let mut loader = Loader::new();
    let mut image = Image::new();
    for (offset, record) in records {
        loader.replay(record).unwrap_or_else(|error| panic!("{record:?} at {offset}: {error}"));
        if let Some(delta) = loader.publish() {
            assert_eq!(Delta::between(&image, loader.image()), delta);
            image = loader.image().clone();
        }
    }
    image
}

/// Files of the three nodes of one session, by path.
fn directories() -> BTreeMap<String, Vec<u8>> {
    let archive = include_bytes!("../../../tests/data/dirs-4.1.2.tar.zst");
    let archive = zstd::Decoder::new(archive.as_slice()).unwrap();
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().trim_start_matches("./").to_owned();
        let wanted = name.contains("__cluster_metadata-0/") && name.ends_with(".log");
        if wanted || name.ends_with(".checkpoint") {
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            files.insert(name, content);
        }
    }
    files
}

#[test]
fn metadata_logs_of_three_nodes_replay_to_one_image() {
    let files = directories();
    let logs: Vec<_> = files.iter().filter(|(name, _)| name.ends_with(".log")).collect();
    assert_eq!(logs.len(), 3);
    let replayed: Vec<_> = logs.iter().map(|(_, log)| records(log, Offset(i64::MAX))).collect();
    let image = replay(&replayed[0]);
    assert_eq!(image, replay(&replayed[1]));
    // The third node was stopped earlier: it has a prefix.
    assert_eq!(replayed[2], replayed[0][..replayed[2].len()]);
    replay(&replayed[2]);

    assert_eq!(image.metadata_version(), Some(27));
    assert!(image.elr_enabled());
    assert_eq!((image.brokers().count(), image.controllers().count()), (3, 3));
    assert!(image.topic_by_name("orders").is_some_and(|t| !t.partitions.is_empty()));
    for topic in image.topics() {
        for (index, partition) in &topic.partitions {
            assert_eq!(partition.replicas.len(), partition.directories.len(), "{}-{index}", topic.name);
            assert!(partition.isr.iter().all(|id| partition.is_replica(*id)), "{}-{index}", topic.name);
        }
    }
}

#[test]
fn bootstrap_checkpoint_holds_the_default_features() {
    for (name, content) in directories().iter().filter(|(name, _)| name.ends_with("bootstrap.checkpoint")) {
        let read = Snapshot::read(content).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(read.records, kr_metadata::bootstrap::records(27), "{name}");
        assert_eq!(read.last_contained_ms, 0, "{name}");
    }
}

/// Sorts what Kafka writes in the order of its hash maps: resources and entities among their kind, topics as
/// blocks with their partitions, features of a registration.
fn canonical(records: &[MetadataRecord]) -> Vec<String> {
    let mut topic = String::new();
    let mut keyed: Vec<(usize, String, String)> = Vec::new();
    for (place, record) in records.iter().enumerate() {
        let mut record = record.clone();
        match &mut record {
            MetadataRecord::Topic(r) => topic = r.topic_id.to_string(),
            MetadataRecord::RegisterBroker(r) => r.features.sort_by(|a, b| a.name.cmp(&b.name)),
            MetadataRecord::RegisterController(r) => r.features.sort_by(|a, b| a.name.cmp(&b.name)),
            _ => {}
        }
        let text = format!("{record:?}");
        let (kind, key) = match &record {
            MetadataRecord::FeatureLevel(r) if r.name == "metadata.version" => (0, String::new()),
            MetadataRecord::FeatureLevel(_) => (1, text.clone()),
            MetadataRecord::RegisterBroker(_) => (2, text.clone()),
            MetadataRecord::RegisterController(_) => (3, text.clone()),
            MetadataRecord::Topic(_) | MetadataRecord::Partition(_) => (4, format!("{topic}{place:08}")),
            MetadataRecord::Config(_) => (5, text.clone()),
            MetadataRecord::ClientQuota(_) => (6, text.clone()),
            MetadataRecord::ProducerIds(_) => (7, text.clone()),
            MetadataRecord::AccessControlEntry(_) => (8, text.clone()),
            MetadataRecord::UserScramCredential(_) => (9, text.clone()),
            other => panic!("{other:?} does not belong into a snapshot"),
        };
        keyed.push((kind, key, text));
    }
    let kinds: Vec<usize> = keyed.iter().map(|(kind, ..)| *kind).collect();
    assert!(kinds.is_sorted(), "kinds of records are out of order: {kinds:?}");
    keyed.sort();
    keyed.into_iter().map(|(.., text)| text).collect()
}

#[test]
fn snapshot_of_the_image_says_what_kafkas_checkpoint_says() {
    let log = include_bytes!("data/kafka-4.1.2.log");
    let checkpoint = Snapshot::read(include_bytes!("data/kafka-4.1.2.checkpoint")).unwrap();
    let image = replay(&records(log, Offset(277)));
    assert_eq!(checkpoint.image().unwrap(), image);
    assert!(!image.quotas().is_empty() && !image.acls().is_empty() && !image.scram().is_empty());
    assert!(image.next_producer_id().0 > 0);
    assert_eq!(canonical(&image.records()), canonical(&checkpoint.records));
}

#[test]
fn snapshot_reads_back_to_the_image() {
    let image = replay(&records(include_bytes!("data/kafka-4.1.2.log"), Offset(i64::MAX)));
    let bytes = snapshot::of_image(&image, LeaderEpoch(1), 5);
    assert_eq!(Snapshot::read(&bytes).unwrap().image().unwrap(), image);
}
