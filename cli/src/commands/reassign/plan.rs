//! `kr reassign plan`: drain, add, rebalance, set-rf, racks, leaders. Reads the cluster and changes nothing.

use std::collections::BTreeSet;

use clap::{Args, Subcommand};
use kr_wire::ids::NodeId;
use schemars::JsonSchema;
use serde::Serialize;

use super::moved::{CostRow, MoveRow, write_moves};
use super::{files, picture};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Item, Page, Report};
use crate::plan::{self, Move, Picture, PlanError, Weigh, cost};
use crate::schemas::published;
use crate::sizes::{human_bytes, parse_bytes};

const EXAMPLES: &str = "Examples:
  kr reassign plan drain 3 --out plan.json
  kr reassign plan add 4 5 --by bytes --out plan.json
  kr reassign plan set-rf 3 --topics orders,payments --out plan.json
  kr reassign run plan.json --throttle 50MiB/s";

/// What to plan for.
#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    /// Take every replica off brokers, and move nothing else
    #[command(after_help = EXAMPLES)]
    Drain {
        /// Brokers to take replicas off
        #[arg(value_name = "BROKER", value_delimiter = ',', required = true)]
        brokers: Vec<i32>,
        /// Brokers that may get them [default: all others]
        #[arg(long, value_name = "IDS", value_delimiter = ',')]
        to: Vec<i32>,
        #[command(flatten)]
        options: PlanOptions,
    },
    /// Give new brokers their fair share
    #[command(after_help = EXAMPLES)]
    Add {
        /// The new brokers
        #[arg(value_name = "BROKER", value_delimiter = ',', required = true)]
        brokers: Vec<i32>,
        #[command(flatten)]
        options: PlanOptions,
    },
    /// Even the brokers out
    #[command(after_help = EXAMPLES)]
    Rebalance {
        #[command(flatten)]
        options: PlanOptions,
    },
    /// Change how many replicas partitions have
    #[command(after_help = EXAMPLES)]
    SetRf {
        /// Replicas of each partition
        #[arg(value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
        factor: u16,
        #[command(flatten)]
        options: PlanOptions,
    },
    /// Spread the replicas of each partition over the racks
    #[command(after_help = EXAMPLES)]
    Racks {
        #[command(flatten)]
        options: PlanOptions,
    },
    /// Even preferred leaders out; moves no data
    #[command(after_help = EXAMPLES)]
    Leaders {
        #[command(flatten)]
        options: PlanOptions,
    },
}

/// Options of all plans.
#[derive(Debug, Args)]
pub struct PlanOptions {
    /// Only these topics
    #[arg(short = 't', long, value_name = "TOPICS", value_delimiter = ',')]
    topics: Vec<String>,
    /// What brokers are evened out by
    #[arg(long, value_enum, default_value_t)]
    by: Weigh,
    /// Stop planning when this much would be copied
    #[arg(long, value_name = "BYTES", value_parser = parse_bytes)]
    max_move: Option<u64>,
    /// The rate to reckon the time with
    #[arg(long, value_name = "BYTES/S", value_parser = parse_bytes)]
    throttle: Option<u64>,
    /// Write the plan to this file (`-`: standard output), for `kr reassign run`
    #[arg(long, value_name = "FILE")]
    out: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

impl PlanCommand {
    fn options(&self) -> &PlanOptions {
        match self {
            Self::Drain { options, .. }
            | Self::Add { options, .. }
            | Self::Rebalance { options }
            | Self::SetRf { options, .. }
            | Self::Racks { options }
            | Self::Leaders { options } => options,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Drain { .. } => "drain",
            Self::Add { .. } => "add",
            Self::Rebalance { .. } => "rebalance",
            Self::SetRf { .. } => "set-rf",
            Self::Racks { .. } => "racks",
            Self::Leaders { .. } => "leaders",
        }
    }

    fn moves(&self, picture: &Picture) -> Result<Vec<Move>, PlanError> {
        let options = self.options();
        let topics: BTreeSet<String> = options.topics.iter().cloned().collect();
        let only = (!topics.is_empty()).then_some(&topics);
        let nodes = |ids: &[i32]| ids.iter().copied().map(NodeId).collect::<BTreeSet<_>>();
        match self {
            Self::Drain { brokers, to, .. } => {
                plan::drain(picture, &nodes(brokers), &nodes(to), only, options.by)
            }
            Self::Add { brokers, .. } => plan::add(picture, &nodes(brokers), only, options.by),
            Self::Rebalance { .. } => Ok(plan::rebalance(picture, only, options.by)),
            Self::SetRf { factor, .. } => {
                plan::replication(picture, &topics, usize::from(*factor), options.by)
            }
            Self::Racks { .. } => Ok(plan::racks(picture, only, options.by)),
            Self::Leaders { .. } => Ok(plan::leaders(picture, only)),
        }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct PlanView {
    /// `drain`, `add`, `rebalance`, `set-rf`, `racks` or `leaders`.
    strategy: &'static str,
    moves: Vec<MoveRow>,
    cost: CostRow,
    /// How long it takes at the given throttle, by the busiest broker.
    seconds_at_throttle: Option<u64>,
    /// Where the plan was written.
    file: Option<String>,
}

impl Item for PlanView {
    const KIND: &'static str = "kr.reassign.plan/v1";

    fn write(items: &[Self], page: &mut Page) {
        for plan in items {
            write_moves(&plan.moves, page);
            if plan.moves.is_empty() {
                continue;
            }
            page.gap();
            page.line(&plan.cost.line());
            for line in plan.cost.lines() {
                page.line(&line);
            }
            if let Some(seconds) = plan.seconds_at_throttle {
                page.line(&format!("at least {seconds} s at that throttle"));
            }
        }
    }

    fn name(&self) -> String {
        self.strategy.to_owned()
    }
}

published!(PlanView, "reassign plan");

/// Runs `kr reassign plan`.
pub async fn run(command: &PlanCommand, context: &mut Context) -> Result<Exit, CliError> {
    let options = command.options();
    if matches!(command, PlanCommand::SetRf { .. }) && options.topics.is_empty() {
        return Err(CliError::usage("no topic is named").hint("name them with --topics orders,payments"));
    }
    let client = context.client().await?;
    let picture = picture::look(&client, context).await?;
    check_topics(options, &picture)?;
    let mut moves = command.moves(&picture).map_err(|error| {
        CliError::failed("there is no such plan")
            .caused_by(error)
            .hint("see which brokers there are with `kr cluster nodes`")
    })?;
    if let Some(limit) = options.max_move {
        shorten(&mut moves, limit, context);
    }
    if let Some(path) = &options.out {
        let lists = moves.iter().map(|change| (&change.partition, change.to.as_slice()));
        if moves.is_empty() {
            context.note("nothing to move, so no plan was written");
        } else {
            files::write(path, &plan::write_file(lists), context)?;
        }
        if path == "-" {
            return Ok(Exit::DONE);
        }
    }
    let costs = CostRow::from(&cost(&moves));
    let view = PlanView {
        strategy: command.name(),
        moves: moves.iter().map(MoveRow::from).collect(),
        seconds_at_throttle: options.throttle.and_then(|rate| costs.seconds_at(rate)),
        cost: costs,
        file: options.out.clone().filter(|_| !moves.is_empty()),
    };
    let is_written = view.file.clone();
    let exit = context.show(options.output.output, &Report::of(vec![view]))?;
    match is_written {
        Some(path) => context.note(&format!("carry it out with: kr reassign run {path}")),
        None if !moves.is_empty() => context.note("write it to a file with --out FILE"),
        None => {}
    }
    Ok(exit)
}

fn check_topics(options: &PlanOptions, picture: &Picture) -> Result<(), CliError> {
    let is_known = |topic: &String| picture.partitions.keys().any(|name| *name.topic == **topic);
    match options.topics.iter().find(|topic| !is_known(topic)) {
        Some(unknown) => Err(CliError::failed(format!("there is no topic \"{unknown}\""))
            .hint("see which topics exist with `kr topic list`")),
        None => Ok(()),
    }
}

/// Leaves out the moves beyond a limit of bytes; a move of unknown size counts nothing.
fn shorten(moves: &mut Vec<Move>, limit: u64, context: &mut Context) {
    let all = moves.len();
    let mut copied = 0u64;
    moves.retain(|change| {
        let bytes = change.bytes.unwrap_or(0) * u64::try_from(change.adding().count()).unwrap_or(u64::MAX);
        let fits = copied.saturating_add(bytes) <= limit;
        if fits {
            copied += bytes;
        }
        fits
    });
    if moves.len() < all {
        let left = all - moves.len();
        context.note(&format!("{left} moves are left out: more than {} would be copied", human_bytes(limit)));
    }
}
