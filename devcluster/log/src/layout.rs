//! Every directory and file name of Kafka's data directories, and nothing else.

use kr_wire::ids::{LeaderEpoch, Offset, PartitionId, Uuid};

/// Directory of the metadata log.
pub const METADATA_DIR: &str = "__cluster_metadata-0";
/// Topic of the metadata log.
pub const METADATA_TOPIC: &str = "__cluster_metadata";
/// Identity of a formatted directory.
pub const META_PROPERTIES: &str = "meta.properties";
/// First records of an empty metadata log.
pub const BOOTSTRAP_CHECKPOINT: &str = "bootstrap.checkpoint";
/// First offset per partition that may not be durable.
pub const RECOVERY_POINT_CHECKPOINT: &str = "recovery-point-offset-checkpoint";
/// Log start offset per partition, where it is above the first segment.
pub const LOG_START_CHECKPOINT: &str = "log-start-offset-checkpoint";
/// High watermark per partition.
pub const HIGH_WATERMARK_CHECKPOINT: &str = "replication-offset-checkpoint";
/// First dirty offset per compacted partition.
pub const CLEANER_CHECKPOINT: &str = "cleaner-offset-checkpoint";
/// Marker of a clean stop.
pub const CLEAN_SHUTDOWN: &str = ".kafka_cleanshutdown";
/// File whose lock excludes other processes.
pub const LOCK: &str = ".lock";
/// Directory of tiered storage, to be skipped.
pub const REMOTE_LOG_INDEX_CACHE: &str = "remote-log-index-cache";
/// Start offsets of leader epochs, in a partition's directory.
pub const LEADER_EPOCH_CHECKPOINT: &str = "leader-epoch-checkpoint";
/// Topic id, in a partition's directory.
pub const PARTITION_METADATA: &str = "partition.metadata";
/// Election state, in the metadata log's directory.
pub const QUORUM_STATE: &str = "quorum-state";

/// Longest name of a directory that is on its way out (Kafka: the common limit of file systems).
const MAX_NAME: usize = 255;

/// What the name of a sub-directory says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionDir {
    /// Topic; may be cut short when the directory is deleted or stray.
    pub topic: String,
    /// Partition.
    pub partition: PartitionId,
    /// Why it is not simply the partition's log.
    pub state: DirState,
}

/// What a directory's suffix says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirState {
    /// The partition's log.
    Current,
    /// `-delete`: to be removed.
    Deleted,
    /// `-future`: a move between directories in progress.
    Future,
    /// `-stray`: not assigned to this broker; kept, never served.
    Stray,
}

impl DirState {
    fn suffix(self) -> Option<&'static str> {
        match self {
            Self::Current => None,
            Self::Deleted => Some("-delete"),
            Self::Future => Some("-future"),
            Self::Stray => Some("-stray"),
        }
    }
}

/// Directory of a partition: `<topic>-<partition>`.
pub fn partition_dir(topic: &str, partition: PartitionId) -> String {
    format!("{topic}-{partition}")
}

/// Directory of a partition in another state: `<topic>-<partition>.<32 hex><suffix>`, cut to 255 bytes.
pub fn partition_dir_in(state: DirState, topic: &str, partition: PartitionId, id: Uuid) -> String {
    let Some(suffix) = state.suffix() else { return partition_dir(topic, partition) };
    let rest = format!("-{partition}.{}{suffix}", id.simple());
    let mut keep = topic.len().min(MAX_NAME.saturating_sub(rest.len()));
    while !topic.is_char_boundary(keep) {
        keep -= 1;
    }
    format!("{}{rest}", &topic[..keep])
}

/// Reads the name of a sub-directory; `None` when it is none of a partition.
pub fn parse_partition_dir(name: &str) -> Option<PartitionDir> {
    for state in [DirState::Deleted, DirState::Future, DirState::Stray] {
        if let Some(rest) = state.suffix().and_then(|suffix| name.strip_suffix(suffix)) {
            // A topic may itself end in "-delete", but not with a uuid before it.
            let (rest, id) = rest.rsplit_once('.')?;
            if id.is_empty() {
                return None;
            }
            let (topic, partition) = split_partition(rest)?;
            return Some(PartitionDir { topic, partition, state });
        }
    }
    let (topic, partition) = split_partition(name)?;
    Some(PartitionDir { topic, partition, state: DirState::Current })
}

fn split_partition(name: &str) -> Option<(String, PartitionId)> {
    let (topic, partition) = name.rsplit_once('-')?;
    if topic.is_empty() || !partition.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((topic.to_owned(), PartitionId(partition.parse().ok()?)))
}

/// What a file that is named after an offset holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// `.log`: record batches.
    Log,
    /// `.index`: offset index.
    OffsetIndex,
    /// `.timeindex`: time index.
    TimeIndex,
    /// `.txnindex`: aborted transactions.
    TransactionIndex,
    /// `.snapshot`: producer state below the offset.
    ProducerSnapshot,
}

impl FileKind {
    /// The files of a segment. A producer snapshot is not one: it outlives segments.
    pub const OF_SEGMENT: [Self; 4] = [Self::Log, Self::OffsetIndex, Self::TimeIndex, Self::TransactionIndex];

    fn suffix(self) -> &'static str {
        match self {
            Self::Log => ".log",
            Self::OffsetIndex => ".index",
            Self::TimeIndex => ".timeindex",
            Self::TransactionIndex => ".txnindex",
            Self::ProducerSnapshot => ".snapshot",
        }
    }
}

/// What is appended to the name of a file that is not in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// `.deleted`: to be removed.
    Deleted,
    /// `.cleaned`: unfinished output of a cleaner.
    Cleaned,
    /// `.swap`: finished output of a cleaner, to be put in place.
    Swap,
}

impl Leftover {
    /// The suffix, with its dot.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Deleted => ".deleted",
            Self::Cleaned => ".cleaned",
            Self::Swap => ".swap",
        }
    }
}

/// A file named after an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetFile {
    /// Base offset of the segment, or end offset of the producer snapshot.
    pub offset: Offset,
    /// What it holds.
    pub kind: FileKind,
    /// Why it is not in place, if so.
    pub leftover: Option<Leftover>,
}

/// Name of a file: offset in 20 digits and suffix.
pub fn offset_file(offset: Offset, kind: FileKind) -> String {
    format!("{:020}{}", offset.0, kind.suffix())
}

/// Reads a name that [`offset_file`] writes, or one of a file not in place; `None` for others.
pub fn parse_offset_file(name: &str) -> Option<OffsetFile> {
    let mut rest = name;
    let mut leftover = None;
    for kind in [Leftover::Deleted, Leftover::Cleaned, Leftover::Swap] {
        if let Some(before) = name.strip_suffix(kind.suffix()) {
            (rest, leftover) = (before, Some(kind));
        }
    }
    let all = [
        FileKind::Log,
        FileKind::OffsetIndex,
        FileKind::TimeIndex,
        FileKind::TransactionIndex,
        FileKind::ProducerSnapshot,
    ];
    let (digits, kind) =
        all.into_iter().find_map(|kind| rest.strip_suffix(kind.suffix()).map(|digits| (digits, kind)))?;
    Some(OffsetFile { offset: Offset(parse_digits(digits, 20)?), kind, leftover })
}

/// A snapshot of the metadata log, by its file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotFile {
    /// First offset not contained.
    pub end_offset: Offset,
    /// Epoch of the last record contained.
    pub epoch: LeaderEpoch,
    /// Whether it is complete and valid.
    pub state: SnapshotFileState,
}

/// What a snapshot file's suffix says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SnapshotFileState {
    /// `.checkpoint`: complete.
    Complete,
    /// `.checkpoint.part`: being written; removed at start.
    Part,
    /// `.checkpoint.deleted`: to be removed.
    Deleted,
}

/// Name of a complete snapshot: `<20-digit end offset>-<10-digit epoch>.checkpoint`.
pub fn snapshot_file(end_offset: Offset, epoch: LeaderEpoch) -> String {
    format!("{:020}-{:010}.checkpoint", end_offset.0, epoch.0)
}

/// Name of a snapshot while it is being written; `unique` keeps two writers apart.
pub fn snapshot_part_file(end_offset: Offset, epoch: LeaderEpoch, unique: u64) -> String {
    format!("{:020}-{:010}-{unique}.checkpoint.part", end_offset.0, epoch.0)
}

/// Reads the name of a snapshot in any state; `None` for other names.
pub fn parse_snapshot_file(name: &str) -> Option<SnapshotFile> {
    let (rest, state) = if let Some(rest) = name.strip_suffix(".checkpoint") {
        (rest, SnapshotFileState::Complete)
    } else if let Some(rest) = name.strip_suffix(".checkpoint.part") {
        (rest, SnapshotFileState::Part)
    } else {
        (name.strip_suffix(".checkpoint.deleted")?, SnapshotFileState::Deleted)
    };
    let (offset, rest) = rest.split_once('-')?;
    let epoch = match state {
        SnapshotFileState::Part => rest.split_once('-').map_or(rest, |(epoch, _unique)| epoch),
        SnapshotFileState::Complete | SnapshotFileState::Deleted => rest,
    };
    let end_offset = Offset(parse_digits(offset, 20)?);
    let epoch = LeaderEpoch(parse_digits(epoch, 10)?.try_into().ok()?);
    Some(SnapshotFile { end_offset, epoch, state })
}

fn parse_digits(text: &str, width: usize) -> Option<i64> {
    let valid = text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());
    if valid { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partition_directory_splits_at_the_last_dash() {
        let dir = parse_partition_dir("my-topic-12").unwrap();
        assert_eq!(
            (dir.topic.as_str(), dir.partition, dir.state),
            ("my-topic", PartitionId(12), DirState::Current)
        );
        assert_eq!(partition_dir(&dir.topic, dir.partition), "my-topic-12");
        for name in ["nodash", "-1", "t-", "t-x", "t-1.0-", "t--1x", "t-99999999999"] {
            assert_eq!(parse_partition_dir(name), None, "{name}");
        }
    }

    #[test]
    fn suffixed_directory_reads_back_in_every_state() {
        for state in [DirState::Deleted, DirState::Future, DirState::Stray] {
            let name = partition_dir_in(state, "a.b-c", PartitionId(3), Uuid::from_u128(7));
            let dir = parse_partition_dir(&name).unwrap();
            assert_eq!(
                (dir.topic.as_str(), dir.partition, dir.state),
                ("a.b-c", PartitionId(3), state),
                "{name}"
            );
        }
        let recorded = parse_partition_dir("manual-0.5122a43b66b54e62adca316f90404f7a-delete").unwrap();
        assert_eq!(recorded.state, DirState::Deleted);
    }

    #[test]
    fn deleted_directory_of_a_long_topic_fits_a_file_name() {
        let topic = "x".repeat(249);
        let name = partition_dir_in(DirState::Deleted, &topic, PartitionId(1000), Uuid::from_u128(7));
        assert_eq!(name.len(), 255);
        assert_eq!(parse_partition_dir(&name).unwrap().partition, PartitionId(1000));
    }

    #[test]
    fn segment_file_names_read_back() {
        let name = offset_file(Offset(368), FileKind::TimeIndex);
        assert_eq!(name, "00000000000000000368.timeindex");
        let read = parse_offset_file(&name).unwrap();
        assert_eq!(read, OffsetFile { offset: Offset(368), kind: FileKind::TimeIndex, leftover: None });
        let deleted = parse_offset_file("00000000000000000368.log.deleted").unwrap();
        assert_eq!((deleted.kind, deleted.leftover), (FileKind::Log, Some(Leftover::Deleted)));
        for name in ["368.log", "00000000000000000368", "0000000000000000036x.log", "leader-epoch-checkpoint"]
        {
            assert_eq!(parse_offset_file(name), None, "{name}");
        }
    }

    #[test]
    fn snapshot_file_names_read_back_in_every_state() {
        let name = snapshot_file(Offset(894), LeaderEpoch(2));
        assert_eq!(name, "00000000000000000894-0000000002.checkpoint");
        for (name, state) in [
            (name.clone(), SnapshotFileState::Complete),
            (format!("{name}.deleted"), SnapshotFileState::Deleted),
            (snapshot_part_file(Offset(894), LeaderEpoch(2), 77), SnapshotFileState::Part),
        ] {
            let read = parse_snapshot_file(&name).unwrap();
            assert_eq!(read, SnapshotFile { end_offset: Offset(894), epoch: LeaderEpoch(2), state });
        }
        assert_eq!(parse_snapshot_file("bootstrap.checkpoint"), None);
    }
}
