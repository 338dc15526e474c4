//! `kr feature upgrade` and `kr feature downgrade`: old and new level of each feature, checked by the cluster
//! with `--dry-run`.

use std::collections::BTreeMap;

use clap::Args;
use kr_client::admin::{METADATA_VERSION, UpgradeType, changes_metadata, dependencies, mapping};
use kr_client::safety::Operation;
use kr_client::{Client, Route};
use schemars::JsonSchema;
use serde::Serialize;

use super::{feature_level, release, shown};
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Table};
use crate::schemas::published;

/// Changed only by its name: it turns a static quorum into one whose voters can be changed.
const KRAFT_VERSION: &str = "kraft.version";

/// Which levels.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct LevelArgs {
    /// All levels of this release: 4.1
    #[arg(long, alias = "release-version", value_name = "RELEASE", value_parser = release)]
    release: Option<i16>,
    /// Features and levels; 0 is off
    #[arg(value_name = "NAME=LEVEL", value_parser = feature_level)]
    features: Vec<(String, i16)>,
}

/// Arguments of `kr feature upgrade`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kr feature upgrade --release 4.1 --dry-run
  kr feature upgrade metadata.version=4.1 group.version=1")]
pub struct UpgradeArgs {
    #[command(flatten)]
    levels: LevelArgs,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr feature downgrade`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kr feature downgrade transaction.version=1 --dry-run
  kr feature downgrade eligible.leader.replicas.version=0 --yes")]
pub struct DowngradeArgs {
    #[command(flatten)]
    levels: LevelArgs,
    /// Also where metadata is lost by it
    #[arg(long)]
    r#unsafe: bool,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct Row {
    name: String,
    /// The level before; 0 is off.
    before: i16,
    /// The level after.
    after: i16,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Item for Row {
    const KIND: &'static str = "kr.feature.change/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["FEATURE", "BEFORE", "AFTER", "OUTCOME"]);
        for row in items {
            table.row([
                Cell::text(&row.name),
                Cell::text(shown(&row.name, row.before)),
                Cell::text(shown(&row.name, row.after)),
                Cell::text(if row.is_dry_run { "would be changed" } else { "changed" }),
            ]);
        }
        page.table_or(&table, "nothing to change");
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Row, "feature upgrade", "feature downgrade");

/// Runs `kr feature upgrade`.
pub async fn upgrade(args: &UpgradeArgs, context: &mut Context) -> Result<Exit, CliError> {
    run(&args.levels, UpgradeType::Upgrade, args.change, args.output, context).await
}

/// Runs `kr feature downgrade`.
pub async fn downgrade(args: &DowngradeArgs, context: &mut Context) -> Result<Exit, CliError> {
    let kind = if args.r#unsafe { UpgradeType::UnsafeDowngrade } else { UpgradeType::SafeDowngrade };
    run(&args.levels, kind, args.change, args.output, context).await
}

async fn run(
    wanted: &LevelArgs,
    kind: UpgradeType,
    change: ChangeArgs,
    output: OutputArgs,
    context: &mut Context,
) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let levels = levels(&client).await?;
    let wanted = match wanted.release {
        Some(release) => of_release(release, &levels, kind),
        None => wanted.features.clone(),
    };
    let rows = rows(&wanted, &levels, kind, change.dry_run)?;
    let mut report = Report { applied: Some(!change.dry_run), ..Report::default() };
    if rows.is_empty() {
        return context.show(output.output, &report);
    }
    let updates: Vec<(String, i16, UpgradeType)> =
        rows.iter().map(|row| (row.name.clone(), row.after, kind)).collect();
    match change::begin(context, &plan(&rows, kind), &change).await? {
        Decision::DryRun => client.update_features(&updates, true).await?,
        Decision::Go(ticket) => {
            let (ticket, ()) = ticket.sent(context, client.update_features(&updates, false).await)?;
            report.items = rows;
            ticket.end(context, &report, None);
            return context.show(output.output, &report);
        }
    }
    report.items = rows;
    context.show(output.output, &report)
}

/// Levels in force, by feature.
async fn levels(client: &Client) -> Result<BTreeMap<String, i16>, CliError> {
    let versions = client.node_versions(Route::Any).await?;
    let level = |feature: kr_client::versions::Feature| (feature.name, feature.finalized.unwrap_or(0));
    Ok(versions.features.into_iter().map(level).collect())
}

/// The levels of a release that go the right way from those in force, of features that the cluster has.
fn of_release(release: i16, levels: &BTreeMap<String, i16>, kind: UpgradeType) -> Vec<(String, i16)> {
    let goes_right = |(name, level): &(&str, i16)| {
        let now = levels.get(*name);
        *name != KRAFT_VERSION
            && now.is_some_and(|now| if kind == UpgradeType::Upgrade { level > now } else { level < now })
    };
    mapping(release).into_iter().filter(goes_right).map(|(name, level)| (name.to_owned(), level)).collect()
}

fn rows(
    wanted: &[(String, i16)],
    levels: &BTreeMap<String, i16>,
    kind: UpgradeType,
    is_dry_run: bool,
) -> Result<Vec<Row>, CliError> {
    let mut rows = Vec::new();
    for (name, after) in wanted {
        let Some(before) = levels.get(name).copied() else {
            return Err(CliError::failed(format!("the cluster has no feature \"{name}\""))
                .hint("see those it has with `kr feature list`"));
        };
        let is_wrong_way = if kind == UpgradeType::Upgrade { *after < before } else { *after > before };
        if is_wrong_way {
            let (is, other) =
                if kind == UpgradeType::Upgrade { ("lower", "downgrade") } else { ("higher", "upgrade") };
            return Err(CliError::usage(format!("{name}={after} is {is} than the level in force, {before}"))
                .hint(format!("that is `kr feature {other}`")));
        }
        let of_feature = |need: &str| {
            wanted
                .iter()
                .find(|(name, _)| name == need)
                .map(|(_, level)| *level)
                .or(levels.get(need).copied())
        };
        for (need, least) in dependencies(name, *after) {
            if of_feature(need).is_some_and(|level| level < least) {
                return Err(CliError::failed(format!("{name}={after} needs {need}={}", shown(need, least)))
                    .hint(format!("name {need}={least}, too")));
            }
        }
        if *after != before {
            rows.push(Row { name: name.clone(), before, after: *after, is_dry_run });
        }
    }
    Ok(rows)
}

fn plan(rows: &[Row], kind: UpgradeType) -> Plan<'static> {
    let mut effects: Vec<String> = rows
        .iter()
        .map(|row| {
            format!("{}: {} -> {}", row.name, shown(&row.name, row.before), shown(&row.name, row.after))
        })
        .collect();
    let metadata = rows.iter().find(|row| row.name == METADATA_VERSION);
    let is_one_way =
        metadata.is_some_and(|row| changes_metadata(row.before.min(row.after), row.before.max(row.after)));
    let is_upgrade = kind == UpgradeType::Upgrade;
    if is_upgrade && is_one_way {
        effects.push("the format of the metadata changes: there is no way back".to_owned());
        effects.push("nodes of an older version cannot join any more".to_owned());
    }
    if rows.iter().any(|row| row.name == KRAFT_VERSION) {
        effects.push("the set of voters moves into the metadata log: there is no way back".to_owned());
    }
    let verb = if is_upgrade { "upgrade" } else { "downgrade" };
    let count = if rows.len() == 1 { "1 feature".to_owned() } else { format!("{} features", rows.len()) };
    let is_lossy = !is_upgrade || is_one_way || rows.iter().any(|row| row.name == KRAFT_VERSION);
    Plan {
        action: format!("{verb} {count}"),
        operations: &[Operation::FEATURE_UPDATE],
        risk: if is_lossy { Risk::Lossy } else { Risk::Careful },
        effects,
        targets: rows.iter().map(|row| format!("feature/{}", row.name)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(levels: &[(&str, i16)]) -> BTreeMap<String, i16> {
        levels.iter().map(|(name, level)| ((*name).to_owned(), *level)).collect()
    }

    #[test]
    fn a_release_raises_only_what_is_lower_and_never_the_kind_of_quorum() {
        let known = levels(&[
            ("metadata.version", 21),
            ("group.version", 1),
            ("transaction.version", 0),
            ("kraft.version", 0),
        ]);
        let wanted = of_release(27, &known, UpgradeType::Upgrade);
        assert_eq!(wanted, [("metadata.version".to_owned(), 27), ("transaction.version".to_owned(), 2)]);
    }

    #[test]
    fn the_wrong_direction_and_missing_needs_are_said() {
        let known = levels(&[("metadata.version", 22), ("eligible.leader.replicas.version", 0)]);
        let ask = |name: &str, level, kind| rows(&[(name.to_owned(), level)], &known, kind, false);
        let error = ask("metadata.version", 21, UpgradeType::Upgrade).unwrap_err();
        assert_eq!(error.message, "metadata.version=21 is lower than the level in force, 22");
        let error = ask("eligible.leader.replicas.version", 1, UpgradeType::Upgrade).unwrap_err();
        assert!(error.message.ends_with("needs metadata.version=23 (4.0-IV1)"), "{}", error.message);
        assert_eq!(ask("metadata.version", 22, UpgradeType::Upgrade).unwrap(), []);
        assert!(ask("nothing.version", 1, UpgradeType::Upgrade).is_err());
    }

    #[test]
    fn what_cannot_be_taken_back_is_not_done_unasked() {
        let row = |name: &str, before, after| Row { name: name.to_owned(), before, after, is_dry_run: false };
        assert_eq!(plan(&[row("metadata.version", 25, 27)], UpgradeType::Upgrade).risk, Risk::Careful);
        assert_eq!(plan(&[row("metadata.version", 22, 23)], UpgradeType::Upgrade).risk, Risk::Lossy);
        assert_eq!(plan(&[row("group.version", 1, 0)], UpgradeType::SafeDowngrade).risk, Risk::Lossy);
    }
}
