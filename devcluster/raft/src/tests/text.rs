//! Outputs and messages as the lines of a scenario's log.

use std::fmt::Display;

use crate::{
    Election, FetchResponse, Head, Output, QuorumView, ReplicaKey, ReplicaView, Request, Response,
    SeenHighWatermark, Status,
};

/// Writes what a node asks.
pub(crate) fn request(request: &Request) -> String {
    match request {
        Request::Vote(vote) => format!(
            "{} of {} in {}, log {}@{}",
            if vote.pre_vote { "pre-vote" } else { "vote" },
            vote.candidate,
            vote.epoch,
            vote.last_epoch,
            vote.last_offset
        ),
        Request::BeginQuorumEpoch(begin) => format!("begin epoch {} of {}", begin.epoch, begin.leader),
        Request::EndQuorumEpoch(end) => {
            format!("end epoch {} of {}, successors {}", end.epoch, end.leader, keys(&end.successors))
        }
        Request::Fetch(fetch) => format!(
            "fetch from {}@{} in {}, high watermark {}",
            fetch.last_epoch,
            fetch.offset,
            fetch.epoch,
            match fetch.high_watermark {
                SeenHighWatermark::Unsupported => "unsupported".to_owned(),
                SeenHighWatermark::Unknown => "unknown".to_owned(),
                SeenHighWatermark::At(offset) => offset.to_string(),
            }
        ),
        Request::FetchSnapshot(fetch) => {
            format!("fetch snapshot {} from {} in {}", fetch.snapshot, fetch.position, fetch.epoch)
        }
    }
}

/// Writes an answer and how many records or units of a snapshot it has.
pub(crate) fn response(response: &Response, records: usize) -> String {
    let body = match response {
        Response::Vote(vote) if vote.head.error.is_none() => {
            if vote.granted { "granted" } else { "rejected" }.to_owned()
        }
        Response::Fetch(fetch) if fetch.head.error.is_none() => fetched(fetch, records),
        Response::FetchSnapshot(part) if part.head.error.is_none() => {
            format!("snapshot {} from {}, {records} of {}", part.snapshot, part.position, part.size)
        }
        _ => "ok".to_owned(),
    };
    let head = head(response.head());
    match response.head().error {
        Some(error) => format!("{error}; {head}"),
        None => format!("{body}; {head}"),
    }
}

fn fetched(fetch: &FetchResponse, records: usize) -> String {
    if let Some(diverging) = fetch.diverging {
        return format!("diverging at {}@{}", diverging.epoch, diverging.end);
    }
    if let Some(snapshot) = fetch.snapshot {
        return format!("use snapshot {snapshot}");
    }
    format!("{records} records, high watermark {}", or(fetch.high_watermark, "unknown"))
}

fn head(head: &Head) -> String {
    format!("leader {} in {}", or(head.leader, "unknown"), head.epoch)
}

/// Writes what a node did.
pub(crate) fn output(output: &Output) -> String {
    match output {
        Output::Persist(election) => format!("persist {}", persisted(*election)),
        Output::AppendLeaderChange { epoch, offset, leader, voters, granting } => format!(
            "append leader change at {offset} in {epoch}, leader {leader}, voters {}, granted by {}",
            list(voters),
            list(granting)
        ),
        Output::AppendFetched { end, .. } => format!("append up to {end}"),
        Output::Truncate { to } => format!("truncate to {to}"),
        Output::Flush { up_to, .. } => format!("flush up to {up_to}"),
        Output::AppendSnapshot { snapshot, position, .. } => {
            format!("append to snapshot {snapshot} at {position}")
        }
        Output::DropSnapshot { snapshot } => format!("drop partial snapshot {snapshot}"),
        Output::InstallSnapshot { snapshot } => format!("install snapshot {snapshot}"),
        Output::RestartLog { snapshot } => format!("restart log after snapshot {snapshot}"),
        Output::HighWatermark(to) => format!("high watermark {to}"),
        Output::LeaderChanged { leader, epoch } => format!("leader {} in {epoch}", or(*leader, "unknown")),
        Output::BecameLeader { epoch, epoch_start } => {
            format!("became leader of {epoch}, start {epoch_start}")
        }
        Output::LostLeadership { epoch } => format!("lost leadership of {epoch}"),
        Output::Stopped => "stopped".to_owned(),
        Output::Fatal { reason } => format!("fatal: {reason}"),
        Output::Call { .. }
        | Output::Reply { .. }
        | Output::ReplyFetch { .. }
        | Output::ReplyFetchSnapshot { .. } => panic!("messages are written when they are sent"),
    }
}

/// Writes what a node is.
pub(crate) fn status(status: &Status, last_epoch: impl Display) -> String {
    format!(
        "{:?} in {}, leader {}, log {last_epoch}@{}, high watermark {}",
        status.role,
        status.epoch,
        or(status.leader, "unknown"),
        status.log_end,
        status.high_watermark
    )
    .to_lowercase()
}

/// Writes the leader's view.
pub(crate) fn quorum(view: &QuorumView) -> Vec<String> {
    let mut lines = vec![format!(
        "leader {} in {}, high watermark {}",
        view.leader,
        view.epoch,
        or(view.high_watermark, "unknown")
    )];
    lines.extend(view.voters.iter().map(|voter| replica("voter", voter)));
    lines.extend(view.observers.iter().map(|observer| replica("observer", observer)));
    lines
}

fn replica(kind: &str, view: &ReplicaView) -> String {
    format!(
        "{kind} {}: end {}, fetched {}, caught up {}",
        view.replica,
        or(view.log_end, "unknown"),
        or(view.last_fetch_ms, "never"),
        or(view.last_caught_up_ms, "never")
    )
}

fn persisted(election: Election) -> String {
    let mut text = format!("epoch {}", election.epoch);
    if let Some(leader) = election.leader {
        text += &format!(", leader {leader}");
    }
    if let Some(voted) = election.voted {
        text += &format!(", vote {voted}");
    }
    text
}

fn keys(keys: &[ReplicaKey]) -> String {
    list(&keys.iter().map(|key| key.id).collect::<Vec<_>>())
}

fn list(items: &[impl Display]) -> String {
    format!("[{}]", items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
}

fn or(value: Option<impl Display>, absent: &str) -> String {
    value.map_or_else(|| absent.to_owned(), |value| value.to_string())
}
