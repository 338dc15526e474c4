//! `kr quota list` and `kr quota describe`: one row for each quota that is set.

use clap::Args;
use kr_client::admin::QuotaEntity;
use schemars::JsonSchema;
use serde::Serialize;

use super::entity::{self, EntityArgs, EntityPart, column, number};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr quota list
  kr quota list --user alice
  kr quota list --client-default -o json";

/// Arguments of `kr quota list`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ListArgs {
    #[command(flatten)]
    entity: EntityArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Arguments of `kr quota describe`.
#[derive(Debug, Args)]
pub struct DescribeArgs {
    #[command(flatten)]
    entity: EntityArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Quota {
    /// Whom it is for.
    entity: Vec<EntityPart>,
    /// `producer_byte_rate` and `consumer_byte_rate` (bytes a second and broker), `request_percentage`,
    /// `controller_mutation_rate`, `connection_creation_rate`.
    key: String,
    value: f64,
}

impl Quota {
    fn table(items: &[&Self]) -> Table {
        let mut table = Table::new(["USER", "CLIENT ID", "ADDRESS", "QUOTA", "VALUE"]);
        for row in items {
            table.row([
                Cell::text(column(&row.entity, "user")),
                Cell::text(column(&row.entity, "client-id")),
                Cell::text(column(&row.entity, "ip")),
                Cell::text(&row.key),
                Cell::number(number(row.value)),
            ]);
        }
        table
    }

    fn name(&self) -> String {
        let part =
            |part: &EntityPart| format!("{}={}", part.r#type, part.name.as_deref().unwrap_or("(default)"));
        let entity: Vec<String> = self.entity.iter().map(part).collect();
        format!("{}/{}", entity.join(","), self.key)
    }
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
struct Listed(Quota);

impl Item for Listed {
    const KIND: &'static str = "kr.quota.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        page.table_or(&Quota::table(&items.iter().map(|item| &item.0).collect::<Vec<_>>()), "no quotas");
    }

    fn name(&self) -> String {
        self.0.name()
    }
}

published!(Listed, "quota list");

#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
struct Described(Quota);

impl Item for Described {
    const KIND: &'static str = "kr.quota.describe/v1";

    fn write(items: &[Self], page: &mut Page) {
        page.table_or(&Quota::table(&items.iter().map(|item| &item.0).collect::<Vec<_>>()), "no quotas");
    }

    fn name(&self) -> String {
        self.0.name()
    }
}

published!(Described, "quota describe");

/// Runs `kr quota list`: quotas of entities that have all the parts that are named.
pub async fn run(args: &ListArgs, context: &mut Context) -> Result<Exit, CliError> {
    let wanted = args.entity.parts();
    let finds = |entity: &QuotaEntity| wanted.iter().all(|(kind, name)| entity.0.get(kind) == Some(name));
    let rows = rows(context, finds).await?;
    context.show(args.output.output, &Report::of(rows.into_iter().map(Listed).collect()))
}

/// Runs `kr quota describe`: quotas of exactly the entity that is named.
pub async fn describe(args: &DescribeArgs, context: &mut Context) -> Result<Exit, CliError> {
    let wanted = args.entity.entity()?;
    let rows = rows(context, |entity| *entity == wanted).await?;
    context.show(args.output.output, &Report::of(rows.into_iter().map(Described).collect()))
}

async fn rows(context: &mut Context, finds: impl Fn(&QuotaEntity) -> bool) -> Result<Vec<Quota>, CliError> {
    let quotas = context.client().await?.list_quotas().await?;
    let mut rows = Vec::new();
    for (entity, values) in quotas.iter().filter(|(entity, _)| finds(entity)) {
        let row = |(key, value): (&String, &f64)| Quota {
            entity: entity::parts(entity),
            key: key.clone(),
            value: *value,
        };
        rows.extend(values.iter().map(row));
    }
    Ok(rows)
}
