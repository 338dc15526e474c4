//! `kr feature mapping` and `kr feature deps`: what the built-in tables say; no cluster is asked.

use clap::Args;
use kr_client::admin;
use schemars::JsonSchema;
use serde::Serialize;

use super::{feature_level, level_name, release, shown};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Table};
use crate::schemas::published;

/// Arguments of `kr feature mapping`.
#[derive(Debug, Args)]
pub struct MappingArgs {
    /// A release: 4.1, 3.9.2; or a level of metadata.version by name: 4.0-IV1
    #[arg(value_name = "RELEASE", value_parser = release)]
    release: i16,
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr feature deps`.
#[derive(Debug, Args)]
pub struct DepsArgs {
    /// Features and levels
    #[arg(value_name = "NAME=LEVEL", required = true, value_parser = feature_level)]
    features: Vec<(String, i16)>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Level {
    name: String,
    /// 0 is off.
    level: i16,
    /// Kafka's name of the level; only `metadata.version` has names.
    level_name: Option<&'static str>,
}

impl Level {
    fn of(name: &str, level: i16) -> Self {
        Self { name: name.to_owned(), level, level_name: level_name(name, level) }
    }
}

impl Item for Level {
    const KIND: &'static str = "kr.feature.mapping/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["FEATURE", "LEVEL"]);
        for row in items {
            table.row([Cell::text(&row.name), Cell::text(shown(&row.name, row.level))]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        format!("{}={}", self.name, self.level)
    }
}

published!(Level, "feature mapping");

#[derive(Debug, Serialize, JsonSchema)]
struct Dependencies {
    name: String,
    level: i16,
    /// Features and the lowest levels of them that it needs.
    needs: Vec<Level>,
}

impl Item for Dependencies {
    const KIND: &'static str = "kr.feature.deps/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["FEATURE", "LEVEL", "NEEDS"]);
        for row in items {
            let need = |need: &Level| format!("{}={}", need.name, shown(&need.name, need.level));
            let needs: Vec<String> = row.needs.iter().map(need).collect();
            table.row([
                Cell::text(&row.name),
                Cell::text(shown(&row.name, row.level)),
                Cell::text(if needs.is_empty() { "nothing".to_owned() } else { needs.join(", ") }),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        format!("{}={}", self.name, self.level)
    }
}

published!(Dependencies, "feature deps");

/// Runs `kr feature mapping`.
pub fn mapping(args: &MappingArgs, context: &mut Context) -> Result<Exit, CliError> {
    let levels = admin::mapping(args.release);
    let rows = levels.into_iter().map(|(name, level)| Level::of(name, level)).collect();
    context.show(args.output.output, &Report::of(rows))
}

/// Runs `kr feature deps`.
pub fn deps(args: &DepsArgs, context: &mut Context) -> Result<Exit, CliError> {
    let mut rows = Vec::new();
    for (name, level) in &args.features {
        if !admin::is_known_feature(name) {
            return Err(CliError::usage(format!("\"{name}\" is no feature this version knows"))
                .hint("see `kr feature mapping 4.1` for those it knows"));
        }
        let needs = admin::dependencies(name, *level);
        let needs = needs.into_iter().map(|(name, level)| Level::of(name, level)).collect();
        rows.push(Dependencies { name: name.clone(), level: *level, needs });
    }
    context.show(args.output.output, &Report::of(rows))
}
