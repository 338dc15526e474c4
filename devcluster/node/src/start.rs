//! Before the first event: preparing an empty directory, and loading what is in a prepared one.

use std::path::PathBuf;
use std::sync::Arc;

use kr_log::checkpoint;
use kr_log::meta_properties::MetaProperties;
use kr_log::{Disk, Log, LogConfig, LogError, OpenLog, TailCache, clean_shutdown, layout};
use kr_metadata::controller::ControllerConfig;
use kr_metadata::{Image, bootstrap, snapshot};
use kr_raft::{Endpoint, Raft, Stored, Timers, Voter as RaftVoter, VoterSet};
use kr_wire::ids::{DirectoryId, NodeId, Offset, TopicId};
use kr_wire::metadata_records::MetadataRecord;
use kr_wire::time::Now;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::broker::Broker;
use crate::config::{BadProperty, NodeConfig, Settings};
use crate::drive::controller::ControllerDrive;
use crate::drive::raft::Quorum;
use crate::drive::raft_store::{QuorumStore, StoreError};
use crate::drive::snapshots::Snapshots;
use crate::node::Parts;

/// Why a node cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A property has the wrong form.
    #[error(transparent)]
    Property(#[from] BadProperty),
    /// The directory has no `meta.properties`.
    #[error("{} is not a formatted log directory", .0.display())]
    NotFormatted(PathBuf),
    /// The directory belongs to another node or cluster.
    #[error("{} belongs to {found}, not to {expected}", path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: String,
    },
    /// The log begins after offset 0 and nothing says what was before.
    #[error("{} begins at offset {start} but no snapshot covers what was before", path.display())]
    NoSnapshot {
        /// The metadata log's directory.
        path: PathBuf,
        /// Its first offset.
        start: Offset,
    },
    /// The disk refused or a file is corrupt.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The same, for files of the quorum.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// `bootstrap.checkpoint` cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    Bootstrap {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// Prepares a directory for a node: `meta.properties` and `bootstrap.checkpoint` (Kafka: `StorageTool format`).
///
/// A directory that is prepared already is left alone.
///
/// # Errors
/// When the disk refuses, or the directory belongs to another node or cluster.
pub fn format(config: &NodeConfig, disk: &dyn Disk, directory: DirectoryId) -> Result<(), StartError> {
    let dir = &config.log_dir;
    if let Some(meta) = MetaProperties::read(disk, dir)? {
        return check_identity(config, &meta).map(|_| ());
    }
    let io = |action, path: PathBuf| move |source| LogError::Io { action, path, source };
    disk.create_dir(dir).map_err(io("create", dir.clone()))?;
    let path = dir.join(layout::BOOTSTRAP_CHECKPOINT);
    let records = bootstrap::records(kr_metadata::features::LATEST_METADATA_VERSION);
    let bytes = snapshot::write(&records, kr_wire::ids::LeaderEpoch(0), 0);
    disk.put(&path, &bytes, true).map_err(io("write", path.clone()))?;
    MetaProperties {
        version: 1,
        cluster_id: Some(config.cluster_id.clone()),
        node_id: Some(config.node_id),
        directory_id: Some(directory),
    }
    .write(disk, dir)?;
    Ok(())
}

fn check_identity(config: &NodeConfig, meta: &MetaProperties) -> Result<DirectoryId, StartError> {
    let foreign = |found: String, expected: String| StartError::Foreign {
        path: config.log_dir.clone(),
        found,
        expected,
    };
    if let Some(cluster) = meta.cluster_id.as_ref().filter(|id| **id != config.cluster_id) {
        return Err(foreign(format!("cluster {cluster}"), format!("cluster {}", config.cluster_id)));
    }
    if let Some(node) = meta.node_id.filter(|id| *id != config.node_id) {
        return Err(foreign(format!("node {node}"), format!("node {}", config.node_id)));
    }
    Ok(meta.directory_id.unwrap_or(DirectoryId::MIGRATING))
}

/// Loads a node's parts from its directory.
pub(crate) fn load(
    config: NodeConfig,
    disk: Arc<dyn Disk>,
    mut rng: ChaCha8Rng,
    now: Now,
) -> Result<Parts, StartError> {
    let settings = Settings::read(&config)?;
    let meta = MetaProperties::read(&*disk, &config.log_dir)?
        .ok_or_else(|| StartError::NotFormatted(config.log_dir.clone()))?;
    let directory = check_identity(&config, &meta)?;
    let clean = clean_shutdown::take(&*disk, &config.log_dir)?;
    let quorum = load_quorum(&config, &settings, &disk, directory, &mut rng, now)?;
    let controller = if config.roles.is_controller() {
        let records = read_bootstrap(&config, &*disk)?;
        Some(ControllerDrive::new(controller_config(&config, &settings), records, rng.next_u64()))
    } else {
        None
    };
    let broker = if config.roles.is_broker() {
        let recovery_points =
            checkpoint::read_offsets(&*disk, &config.log_dir.join(layout::RECOVERY_POINT_CHECKPOINT));
        let log_starts = checkpoint::read_offsets(&*disk, &config.log_dir.join(layout::LOG_START_CHECKPOINT));
        let high_watermarks =
            checkpoint::read_offsets(&*disk, &config.log_dir.join(layout::HIGH_WATERMARK_CHECKPOINT));
        Some(Broker::new(
            crate::broker::Found {
                clean,
                // Kafka takes unreadable recovery points and log starts as absent: recovery makes up for both.
                recovery_points: recovery_points.unwrap_or_default(),
                log_starts: log_starts.unwrap_or_default(),
                high_watermarks: high_watermarks?,
            },
            &settings,
            &mut rng,
            now,
        ))
    } else {
        None
    };
    Ok(Parts { config, settings, disk, directory, quorum, controller, broker, rng, now })
}

fn load_quorum(
    config: &NodeConfig,
    settings: &Settings,
    disk: &Arc<dyn Disk>,
    directory: DirectoryId,
    rng: &mut ChaCha8Rng,
    now: Now,
) -> Result<Quorum, StartError> {
    let dir = config.log_dir.join(layout::METADATA_DIR);
    let not_made = |source| LogError::Io { action: "create", path: dir.clone(), source };
    disk.create_dir(&dir).map_err(not_made)?;
    let (mut log, _recovered) = Log::open(OpenLog {
        disk: Arc::clone(disk),
        dir: dir.clone(),
        topic_id: TopicId::METADATA,
        config: LogConfig::metadata(),
        tail: TailCache::new(METADATA_TAIL_BYTES, METADATA_TAIL_BYTES),
        clean: false,
        recovery_point: Offset::ZERO,
        log_start: None,
        now,
    })?;
    let store = QuorumStore::new(Arc::clone(disk), dir.clone(), config.voters.iter().map(|v| v.id).collect());
    let snapshots = store.load_snapshots()?;
    let latest = snapshots.last().copied();
    let start = log.start_offset();
    if start > Offset::ZERO && latest.is_none_or(|s| s.id.end < start) {
        return Err(StartError::NoSnapshot { path: dir, start });
    }
    if let Some(latest) = latest {
        let last_epoch = log.epochs().latest();
        if last_epoch.is_none_or(|e| latest.id.epoch > e)
            || last_epoch == Some(latest.id.epoch) && latest.id.end > log.end_offset()
        {
            log.truncate_fully_and_start_at(latest.id.end)?;
        }
    }
    let (image, applied) = match latest {
        Some(latest) => (store.load_image(latest.id)?, latest.id.end),
        None => (Image::default(), Offset::ZERO),
    };
    let stored = Stored {
        election: store.read_election()?,
        log_start: log.start_offset(),
        log_end: log.end_offset(),
        flushed: log.recovery_point(),
        epochs: log.epochs().entries().iter().map(|e| (e.epoch, e.start)).collect(),
        snapshots: snapshots.clone(),
    };
    let raft = Raft::new(raft_config(config, settings, directory), stored, rng.next_u64(), now);
    let snapshots = Snapshots::new(&snapshots, now.mono);
    Ok(Quorum::new(raft, log, store, image, applied, snapshots, now))
}

/// Recent batches of the metadata log kept in memory for followers.
const METADATA_TAIL_BYTES: usize = 1 << 20;

fn raft_config(config: &NodeConfig, settings: &Settings, directory: DirectoryId) -> kr_raft::Config {
    let voters = VoterSet::new(config.voters.iter().map(|voter| {
        let endpoint =
            Endpoint { listener: "CONTROLLER".to_owned(), host: voter.host.clone(), port: voter.port };
        (voter.id, RaftVoter { directory: None, endpoints: vec![endpoint] })
    }));
    let base = if settings.hints { Timers::fast() } else { Timers::real() };
    let timers = Timers {
        election_timeout: settings.quorum_election_timeout,
        fetch_timeout: settings.quorum_fetch_timeout,
        election_backoff_max: settings.quorum_election_backoff_max,
        request_timeout: settings.quorum_request_timeout,
        retry_backoff: settings.quorum_retry_backoff,
        ..base
    };
    let mut raft =
        kr_raft::Config::new(config.node_id, directory, config.cluster_id.as_str(), voters, timers);
    raft.can_become_voter = config.roles.is_controller();
    #[cfg(feature = "mutants")]
    {
        raft.mutants = config.mutants.raft;
    }
    raft
}

fn controller_config(config: &NodeConfig, settings: &Settings) -> ControllerConfig {
    ControllerConfig {
        node_id: config.node_id,
        cluster_id: config.cluster_id.clone(),
        session_timeout: settings.session_timeout,
        lost_grace: settings.hints.then_some(LOST_GRACE),
        max_idle: settings.metadata_max_idle,
        quorum: config.voters.iter().map(|v| v.id).collect::<Vec<NodeId>>(),
        static_config: config.effective_properties(),
        #[cfg(feature = "mutants")]
        mutants: config.mutants.controller,
    }
}

/// How long a broker whose connection closed may take to be heard of again (profile `fast`).
const LOST_GRACE: std::time::Duration = std::time::Duration::from_millis(20);

fn read_bootstrap(config: &NodeConfig, disk: &dyn Disk) -> Result<Vec<MetadataRecord>, StartError> {
    let path = config.log_dir.join(layout::BOOTSTRAP_CHECKPOINT);
    let unreadable = |reason: String| StartError::Bootstrap { path: path.clone(), reason };
    let bytes = disk.read(&path).map_err(|error| unreadable(error.to_string()))?;
    snapshot::read(&bytes).map_err(|error| unreadable(error.to_string()))
}
