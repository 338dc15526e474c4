//! `kr quorum replication`: voters and observers of the metadata log, one row each, by the leader's clock.

use clap::Args;
use kr_client::admin::{QuorumReplica, QuorumStatus};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;

/// Arguments of `kr quorum replication`.
#[derive(Debug, Args)]
pub struct ReplicationArgs {
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    node: i32,
    /// `leader`, `voter` or `observer`.
    role: &'static str,
    directory_id: Option<String>,
    log_end_offset: Option<i64>,
    /// Records behind the leader.
    lag: Option<i64>,
    /// When it fetched last, milliseconds since 1970 by the leader's clock.
    last_fetch_ms: Option<i64>,
    /// When it last had all of the leader's log, milliseconds since 1970 by the leader's clock.
    last_caught_up_ms: Option<i64>,
    /// Milliseconds between its last fetch and the leader's answer.
    last_fetch_age_ms: Option<i64>,
    /// Milliseconds between its last having all and the leader's answer.
    last_caught_up_age_ms: Option<i64>,
}

impl Item for Row {
    const KIND: &'static str = "kr.quorum.replication/v1";

    fn write(items: &[Self], page: &mut Page) {
        let head = ["NODE", "ROLE", "DIRECTORY", "LOG END", "LAG", "LAST FETCH", "CAUGHT UP"];
        let mut table = Table::new(head);
        for row in items {
            let age = |ms: Option<i64>| Cell::maybe(ms.map(|ms| format!("{ms} ms ago")));
            let role = Cell::text(row.role);
            table.row([
                Cell::number(row.node),
                if row.role == "leader" { role.styled(Style::Good) } else { role },
                Cell::text(row.directory_id.as_deref().unwrap_or("-")),
                Cell::maybe(row.log_end_offset),
                Cell::maybe(row.lag),
                age(row.last_fetch_age_ms),
                age(row.last_caught_up_age_ms),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.node.to_string()
    }
}

published!(Row, "quorum replication");

/// Runs `kr quorum replication`.
pub async fn run(args: &ReplicationArgs, context: &mut Context) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let quorum = super::read(&client).await?;
    context.show(args.output.output, &Report::of(rows(&quorum)))
}

fn rows(quorum: &QuorumStatus) -> Vec<Row> {
    let leader = quorum.voters.iter().chain(&quorum.observers).find(|r| Some(r.id) == quorum.leader);
    let end = leader.and_then(|leader| leader.log_end_offset);
    let now = leader.and_then(|leader| leader.last_fetch_ms);
    let row = |replica: &QuorumReplica, role: &'static str| {
        let age = |then: Option<i64>| Some((now? - then?).max(0));
        Row {
            node: replica.id.0,
            role: if Some(replica.id) == quorum.leader { "leader" } else { role },
            directory_id: replica.directory.map(|id| id.to_string()),
            log_end_offset: replica.log_end_offset.map(|offset| offset.0),
            lag: end.zip(replica.log_end_offset).map(|(end, own)| end - own),
            last_fetch_ms: replica.last_fetch_ms,
            last_caught_up_ms: replica.last_caught_up_ms,
            last_fetch_age_ms: age(replica.last_fetch_ms),
            last_caught_up_age_ms: age(replica.last_caught_up_ms),
        }
    };
    let voters = quorum.voters.iter().map(|replica| row(replica, "voter"));
    voters.chain(quorum.observers.iter().map(|replica| row(replica, "observer"))).collect()
}
