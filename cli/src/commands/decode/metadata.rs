//! `kr decode __cluster_metadata`: the records by which controllers tell brokers what the cluster is.
//!
//! Read from the controller that leads, as somebody who is no replica, so that nobody counts on the reader
//! ([`Client::read_metadata_log`]). Only what is committed is shown. Where the log no longer begins at its first
//! record, what a snapshot stands for is not shown, and that is said.

use std::time::Duration;

use jiff::Timestamp;
use kr_client::admin::{MetadataLogAnswer, MetadataLogWanted};
use kr_client::{Address, BatchFacts, Client, ConsumedRecord, StartAt};
use kr_wire::batch::Batches;
use kr_wire::compression::Limit;
use kr_wire::ids::{LeaderEpoch, Offset, PartitionId};

use super::DecodeArgs;
use crate::commands::consume::place::{self, Until, Window};
use crate::commands::record_decode;
use crate::context::Context;
use crate::error::{CliError, Exit};

/// The log's name as a topic.
pub(super) const TOPIC: &str = "__cluster_metadata";

/// How long a controller may wait for something new.
const WAIT: Duration = Duration::from_millis(500);

/// Bytes asked for at once.
const AT_ONCE: i32 = 8 << 20;

/// Answers in a row that bring nothing, before what was promised counts as gone.
const IDLE_MAX: u32 = 40;

/// The controller that leads, and how far the log was committed when it was asked.
struct Leader {
    address: Address,
    epoch: LeaderEpoch,
    end: Offset,
}

/// What is left to print.
struct Bounds {
    /// Not before this time, milliseconds since 1970.
    since_ms: Option<i64>,
    /// Not from this time on.
    until_ms: Option<i64>,
    /// At most so many.
    left: Option<u64>,
    is_json: bool,
}

/// Runs `kr decode __cluster_metadata`.
pub(super) async fn run(args: &DecodeArgs, context: &mut Context) -> Result<Exit, CliError> {
    if args.partitions.iter().any(|partition| *partition != 0) {
        return Err(CliError::usage(format!("{TOPIC} has one partition, 0")));
    }
    let window = window(args)?;
    let client = context.client().await?;
    let leader = leader(&client).await?;
    let from = first(window.start, leader.end)?;
    let until = match window.until {
        Some(Until::Offset(offset)) => Some(Offset(offset)),
        Some(Until::End) => Some(leader.end),
        Some(Until::Timestamp(_)) | None if args.follow => None,
        Some(Until::Timestamp(_)) | None => Some(leader.end),
    };
    let bounds = Bounds {
        since_ms: match window.start {
            StartAt::Timestamp(ms) => Some(ms),
            _ => None,
        },
        until_ms: match window.until {
            Some(Until::Timestamp(ms)) => Some(ms),
            _ => None,
        },
        left: args.count,
        is_json: args.json,
    };
    let exit = tokio::select! {
        read = read(&client, leader, from, until, bounds, context) => read.map(|()| Exit::DONE)?,
        Ok(()) = tokio::signal::ctrl_c() => Exit::INTERRUPTED,
    };
    context.io.flush()?;
    Ok(exit)
}

fn window(args: &DecodeArgs) -> Result<Window, CliError> {
    let now = Timestamp::now();
    let mut window = match (&args.offset, args.tail) {
        (Some(text), _) => place::parse(text, now)?,
        (None, Some(count)) => {
            Window { start: StartAt::Tail(i64::try_from(count).unwrap_or(i64::MAX)), until: None }
        }
        (None, None) => Window { start: StartAt::Earliest, until: None },
    };
    if let Some(text) = &args.until {
        window.until = Some(place::parse_until(text, now)?);
    }
    Ok(window)
}

/// The offset to begin at; the controller says so if the log begins later.
fn first(start: StartAt, end: Offset) -> Result<Offset, CliError> {
    Ok(match start {
        StartAt::Earliest | StartAt::Timestamp(_) => Offset(0),
        StartAt::Latest => end,
        StartAt::Offset(offset) => offset,
        StartAt::Tail(count) => Offset(end.0.saturating_sub(count).max(0)),
        StartAt::Skip(_) => {
            return Err(CliError::usage(format!("-o cannot count from the beginning of {TOPIC}"))
                .hint("its beginning moves with each snapshot; name an offset, -N or a TIME"));
        }
    })
}

async fn leader(client: &Client) -> Result<Leader, CliError> {
    let nodes = client.describe_nodes(false).await?;
    let quorum = nodes.quorum.ok_or_else(|| {
        CliError::failed("the cluster tells of no metadata quorum")
            .hint("clusters with ZooKeeper have none; on others it takes DESCRIBE on the cluster")
    })?;
    let (Some(id), Some(epoch)) = (quorum.leader, quorum.leader_epoch) else {
        return Err(CliError::failed("no controller leads at the moment").hint("see `kr quorum status`"));
    };
    let node = nodes.nodes.into_iter().find(|node| node.id == id);
    let address = node.and_then(|node| node.controller_address).ok_or_else(|| {
        CliError::failed(format!("brokers do not tell where controller {id} listens"))
            .hint("name the controllers with --bootstrap-controller HOST:PORT")
    })?;
    let end = quorum.high_watermark.unwrap_or_default();
    Ok(Leader { address, epoch, end })
}

/// Reads and prints up to an offset, or for ever.
async fn read(
    client: &Client,
    mut leader: Leader,
    mut from: Offset,
    until: Option<Offset>,
    mut bounds: Bounds,
    context: &mut Context,
) -> Result<(), CliError> {
    let mut idle = 0;
    while until.is_none_or(|until| from < until) && bounds.left != Some(0) {
        let wanted = MetadataLogWanted {
            epoch: leader.epoch,
            from,
            last_epoch: leader.epoch,
            high_watermark: Some(leader.end),
            max_wait: WAIT,
            max_bytes: AT_ONCE,
        };
        let before = from;
        match client.read_metadata_log(&leader.address, &wanted).await? {
            MetadataLogAnswer::Part { batches, high_watermark, .. } => {
                leader.end = high_watermark.unwrap_or(leader.end).max(leader.end);
                let end = until.map_or(leader.end, |until| until.min(leader.end));
                from = print(&batches, from, end, &mut bounds, context)?;
                context.io.flush()?;
            }
            MetadataLogAnswer::Snapshot { log_start, .. } if log_start > from => {
                context
                    .note(&format!("the records before offset {log_start} are in a snapshot, and not shown"));
                from = log_start;
            }
            MetadataLogAnswer::Snapshot { .. } | MetadataLogAnswer::Diverged(_) => {
                return Err(CliError::failed(format!("the metadata log has no offset {from}"))
                    .hint(format!("it ends at {}", leader.end)));
            }
            MetadataLogAnswer::Moved { .. } => {
                let end = leader.end;
                leader = self::leader(client).await?;
                leader.end = leader.end.max(end);
            }
        }
        idle = if from == before { idle + 1 } else { 0 };
        if until.is_some() && idle > IDLE_MAX {
            return Err(CliError::failed(format!("the controller sends nothing behind offset {from}")));
        }
    }
    Ok(())
}

/// Prints the records of batches from one offset up to another; says where to go on.
fn print(
    bytes: &[u8],
    from: Offset,
    end: Offset,
    bounds: &mut Bounds,
    context: &mut Context,
) -> Result<Offset, CliError> {
    let broken = |why: String| CliError::failed(format!("cannot read the metadata log at {from}: {why}"));
    let mut next = from;
    for batch in Batches::new(bytes) {
        let batch = batch.map_err(|error| broken(error.to_string()))?;
        if batch.header.base_offset >= end {
            break;
        }
        batch.verify_crc().map_err(|error| broken(error.to_string()))?;
        next = next.max(batch.header.next_offset().min(end));
        // What controllers tell each other about the quorum is none of the metadata.
        if batch.header.attributes.is_control() {
            continue;
        }
        let payload = batch.payload(Limit::default()).map_err(|error| broken(error.to_string()))?;
        for record in payload.records() {
            let record = record.map_err(|error| broken(error.to_string()))?;
            if record.offset < from || record.offset >= end {
                continue;
            }
            if bounds.since_ms.is_some_and(|since| record.timestamp_ms < since) {
                continue;
            }
            if bounds.left == Some(0) || bounds.until_ms.is_some_and(|until| record.timestamp_ms >= until) {
                bounds.left = Some(0);
                return Ok(next);
            }
            let shown = ConsumedRecord {
                topic: TOPIC.into(),
                partition: PartitionId(0),
                offset: record.offset,
                timestamp_ms: Some(record.timestamp_ms),
                batch: BatchFacts::default(),
                key: None,
                value: record.value.map(bytes::Bytes::copy_from_slice),
                headers: Vec::new(),
            };
            let shown = shown.borrow();
            if bounds.is_json {
                let line = record_decode::json(&shown)
                    .map_err(|error| CliError::internal("cannot write JSON").caused_by(error))?;
                context.io.print(line)?;
            } else {
                context.io.print(record_decode::text(&shown))?;
            }
            bounds.left = bounds.left.map(|left| left - 1);
        }
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_begins_where_it_was_asked_to() {
        let end = Offset(100);
        for (start, expected) in [
            (StartAt::Earliest, 0),
            (StartAt::Latest, 100),
            (StartAt::Offset(Offset(7)), 7),
            (StartAt::Tail(10), 90),
            (StartAt::Tail(1000), 0),
        ] {
            assert_eq!(first(start, end).unwrap(), Offset(expected));
        }
        assert!(first(StartAt::Skip(3), end).is_err());
    }
}
