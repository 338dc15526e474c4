//! `kr quorum status`: leader, epoch, high watermark, and the lag of every voter and observer.
//!
//! Ages are by the leader's clock alone, so that no other clock's error is in them.

use clap::Args;
use kr_client::admin::{QuorumReplica, QuorumStatus};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;

/// Arguments of `kr quorum status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Status {
    leader: Option<i32>,
    leader_epoch: Option<i32>,
    high_watermark: Option<i64>,
    /// The largest lag of a voter, in records.
    max_voter_lag: Option<i64>,
    replicas: Vec<Replica>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Replica {
    node: i32,
    /// `leader`, `voter` or `observer`.
    role: &'static str,
    directory_id: Option<String>,
    log_end_offset: Option<i64>,
    lag: Option<i64>,
    /// Milliseconds before the leader's answer.
    last_fetch_age_ms: Option<i64>,
    last_caught_up_age_ms: Option<i64>,
}

impl Item for Status {
    const KIND: &'static str = "kr.quorum.status/v1";

    fn write(items: &[Self], page: &mut Page) {
        for status in items {
            let number = |number: Option<i64>| number.map_or("-".to_owned(), |number| number.to_string());
            page.fields([
                ("Leader", status.leader.map_or("none".to_owned(), |id| id.to_string())),
                ("Leader epoch", number(status.leader_epoch.map(i64::from))),
                ("High watermark", number(status.high_watermark)),
                ("Max voter lag", number(status.max_voter_lag)),
            ]);
            page.gap();
            page.table(&table(&status.replicas));
        }
    }

    fn name(&self) -> String {
        self.leader.map(|id| id.to_string()).unwrap_or_default()
    }
}

published!(Status, "quorum status");

fn table(replicas: &[Replica]) -> Table {
    let mut table = Table::new(["NODE", "ROLE", "LOG END", "LAG", "LAST FETCH", "CAUGHT UP"]);
    let age = |ms: Option<i64>| match ms {
        Some(ms) => Cell::number(format!("{ms} ms ago")),
        None => Cell::maybe(None::<i64>),
    };
    for row in replicas {
        let role = Cell::text(row.role);
        table.row([
            Cell::number(row.node),
            if row.role == "leader" { role.styled(Style::Good) } else { role },
            Cell::maybe(row.log_end_offset),
            Cell::maybe(row.lag),
            age(row.last_fetch_age_ms),
            age(row.last_caught_up_age_ms),
        ]);
    }
    table
}

/// Runs `kr quorum status`.
pub async fn run(args: &StatusArgs, context: &mut Context) -> Result<Exit, CliError> {
    let quorum = match context.client().await?.describe_quorum().await {
        Err(kr_client::Error::Unsupported { .. }) => {
            return Err(CliError::failed("this cluster has no metadata quorum")
                .hint("it keeps its metadata in ZooKeeper, or is older than Kafka 2.7"));
        }
        quorum => quorum?,
    };
    context.show(args.output.output, &Report::of(vec![status(&quorum)]))
}

fn status(quorum: &QuorumStatus) -> Status {
    let leader = quorum.voters.iter().chain(&quorum.observers).find(|r| Some(r.id) == quorum.leader);
    let (end, now) = (leader.and_then(|r| r.log_end_offset), leader.and_then(|r| r.last_fetch_ms));
    let replica = |replica: &QuorumReplica, role: &'static str| {
        let age = |then: Option<i64>| Some((now? - then?).max(0));
        Replica {
            node: replica.id.0,
            role: if Some(replica.id) == quorum.leader { "leader" } else { role },
            directory_id: replica.directory.map(|id| id.to_string()),
            log_end_offset: replica.log_end_offset.map(|offset| offset.0),
            lag: end.zip(replica.log_end_offset).map(|(end, own)| end - own),
            last_fetch_age_ms: age(replica.last_fetch_ms),
            last_caught_up_age_ms: age(replica.last_caught_up_ms),
        }
    };
    let voters: Vec<Replica> = quorum.voters.iter().map(|r| replica(r, "voter")).collect();
    let max_voter_lag = voters.iter().filter_map(|voter| voter.lag).max();
    let observers = quorum.observers.iter().map(|r| replica(r, "observer"));
    Status {
        leader: quorum.leader.map(|id| id.0),
        leader_epoch: quorum.leader_epoch.map(|epoch| epoch.0),
        high_watermark: quorum.high_watermark.map(|offset| offset.0),
        max_voter_lag,
        replicas: voters.into_iter().chain(observers).collect(),
    }
}
