//! `kr quota set` and `kr quota unset`: old and new value of each key, asked of the cluster first.

use clap::Args;
use kr_client::admin::{CLIENT_KEYS, IP_KEY, QuotaEdits, QuotaEntity, QuotaValues};
use kr_client::safety::Operation;
use kr_client::undo::{QuotaBefore, Undo};
use schemars::JsonSchema;
use serde::Serialize;

use super::entity::{self, EntityArgs, EntityPart, column, number};
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;
use crate::sizes::parse_bytes;

const EXAMPLES: &str = "\
Examples:
  kr quota set --user alice producer_byte_rate=10MiB/s consumer_byte_rate=20MiB/s
  kr quota set --user alice --client-default request_percentage=200
  kr quota set --ip 10.0.0.7 connection_creation_rate=5 --dry-run";

/// Arguments of `kr quota set`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SetArgs {
    /// Quotas: producer_byte_rate, consumer_byte_rate, request_percentage, controller_mutation_rate,
    /// connection_creation_rate; byte rates take units
    #[arg(value_name = "KEY=VALUE", required = true, value_parser = key_value)]
    values: Vec<(String, f64)>,
    #[command(flatten)]
    entity: EntityArgs,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr quota unset`.
#[derive(Debug, Args)]
pub struct UnsetArgs {
    /// Quotas to remove
    #[arg(value_name = "KEY", required_unless_present = "all")]
    keys: Vec<String>,
    /// All that are set
    #[arg(long, conflicts_with = "keys")]
    all: bool,
    #[command(flatten)]
    entity: EntityArgs,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Reads `KEY=VALUE`; a key that Kafka may have learnt since is left to the cluster.
fn key_value(text: &str) -> Result<(String, f64), String> {
    let (key, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is not KEY=VALUE"))?;
    let is_bytes = key.ends_with("_byte_rate");
    let number = match value.trim().parse::<f64>() {
        Ok(number) => Some(number),
        #[expect(clippy::cast_precision_loss, reason = "a rate above 2^53 bytes a second limits nothing")]
        Err(_) if is_bytes => Some(parse_bytes(value)? as f64),
        Err(_) => None,
    };
    let number = number.filter(|number| number.is_finite() && *number > 0.0);
    let number = number.ok_or_else(|| format!("`{value}` is not a number above 0"))?;
    Ok((key.trim().to_owned(), number))
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    /// Whom it is for.
    entity: Vec<EntityPart>,
    key: String,
    /// The value before; null when it was not set.
    before: Option<f64>,
    /// The value after; null when it is not set.
    after: Option<f64>,
}

impl Item for Row {
    const KIND: &'static str = "kr.quota.set/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["USER", "CLIENT ID", "ADDRESS", "QUOTA", "BEFORE", "AFTER"]);
        for row in items {
            table.row([
                Cell::text(column(&row.entity, "user")),
                Cell::text(column(&row.entity, "client-id")),
                Cell::text(column(&row.entity, "ip")),
                Cell::text(&row.key),
                Cell::maybe(row.before.map(number)),
                Cell::maybe(row.after.map(number)),
            ]);
        }
        page.table_or(&table, "nothing to change");
    }

    fn name(&self) -> String {
        self.key.clone()
    }
}

published!(Row, "quota set", "quota unset");

/// Runs `kr quota set`.
pub async fn set(args: &SetArgs, context: &mut Context) -> Result<Exit, CliError> {
    let entity = args.entity.entity()?;
    let edits: QuotaEdits = args.values.iter().map(|(key, value)| (key.clone(), Some(*value))).collect();
    let misplaced = edits.keys().find(|key| {
        let is_ip = entity.0.contains_key("ip");
        if is_ip { CLIENT_KEYS.contains(&key.as_str()) } else { *key == IP_KEY }
    });
    if let Some(key) = misplaced {
        let known = if entity.0.contains_key("ip") { IP_KEY.to_owned() } else { CLIENT_KEYS.join(", ") };
        return Err(
            CliError::usage(format!("{key} is no quota for {entity}")).hint(format!("there is {known}"))
        );
    }
    let known = context.client().await?.list_quotas().await?.remove(&entity).unwrap_or_default();
    apply(context, &entity, &known, &edits, args.change, args.output).await
}

/// Runs `kr quota unset`.
pub async fn unset(args: &UnsetArgs, context: &mut Context) -> Result<Exit, CliError> {
    let entity = args.entity.entity()?;
    let known = context.client().await?.list_quotas().await?.remove(&entity).unwrap_or_default();
    let keys: Vec<String> = if args.all { known.keys().cloned().collect() } else { args.keys.clone() };
    // What is not set needs no removal.
    let edits = keys.into_iter().filter(|key| known.contains_key(key)).map(|key| (key, None)).collect();
    apply(context, &entity, &known, &edits, args.change, args.output).await
}

async fn apply(
    context: &mut Context,
    entity: &QuotaEntity,
    known: &QuotaValues,
    edits: &QuotaEdits,
    change: ChangeArgs,
    output: OutputArgs,
) -> Result<Exit, CliError> {
    let client = context.client().await?;
    let row = |(key, value): (&String, &Option<f64>)| Row {
        entity: entity::parts(entity),
        key: key.clone(),
        before: known.get(key).copied(),
        after: *value,
    };
    let rows: Vec<Row> = edits.iter().map(row).collect();
    let mut report = Report { applied: Some(!change.dry_run), ..Report::default() };
    if rows.is_empty() {
        return context.show(output.output, &report);
    }
    let changes = [(entity.clone(), edits.clone())];
    match change::begin(context, &plan(entity, &rows), &change).await? {
        Decision::DryRun => {
            let results = client.alter_quotas(&changes, true).await?;
            report.failures = failures(results);
            if report.failures.is_empty() {
                report.items = rows;
            }
        }
        Decision::Go(ticket) => {
            let (ticket, results) = ticket.sent(context, client.alter_quotas(&changes, false).await)?;
            report.failures = failures(results);
            let undo = undo(entity, &rows);
            if report.failures.is_empty() {
                report.items = rows;
            }
            ticket.end(context, &report, Some(undo));
        }
    }
    context.show(output.output, &report)
}

fn failures(results: Vec<(QuotaEntity, Result<(), kr_client::Error>)>) -> Vec<Failure> {
    let failed = results.into_iter().filter_map(|(entity, result)| Some((entity, result.err()?)));
    failed.map(|(entity, error)| Failure::of(entity.to_string(), &error)).collect()
}

fn undo(entity: &QuotaEntity, rows: &[Row]) -> Undo {
    let quota = |row: &Row| QuotaBefore {
        entity: entity.0.clone(),
        key: row.key.clone(),
        before: row.before,
        after: row.after,
    };
    Undo::Quotas { quotas: rows.iter().map(quota).collect() }
}

fn plan(entity: &QuotaEntity, rows: &[Row]) -> Plan<'static> {
    let value = |value: Option<f64>| value.map_or("none".to_owned(), number);
    let effect = |row: &Row| format!("{}: {} -> {}", row.key, value(row.before), value(row.after));
    Plan {
        action: format!("change the quotas of {entity}"),
        operations: &[Operation::QUOTA_SET],
        risk: Risk::Careful,
        effects: rows.iter().map(effect).collect(),
        targets: vec![entity.to_string()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_bytes_take_units_and_others_do_not() {
        assert_eq!(
            key_value("producer_byte_rate=1MiB/s"),
            Ok(("producer_byte_rate".to_owned(), 1_048_576.0))
        );
        assert_eq!(key_value("request_percentage=12.5"), Ok(("request_percentage".to_owned(), 12.5)));
        for text in ["request_percentage=1MiB", "producer_byte_rate=0", "producer_byte_rate=NaN", "x"] {
            assert!(key_value(text).is_err(), "{text}");
        }
    }
}
