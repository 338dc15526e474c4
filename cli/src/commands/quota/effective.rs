//! `kr quota effective`: which quota counts for a client, key by key, and who shares it.

use clap::Args;
use kr_client::admin::{EffectiveQuota, QuotaSubject, effective};
use schemars::JsonSchema;
use serde::Serialize;

use super::entity::{self, EntityPart, column, number};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr quota effective --user alice --client-id app
  kr quota effective --user alice --client-id app --ip 10.0.0.7 -o json";

/// Arguments of `kr quota effective`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct EffectiveArgs {
    /// The client's user, without `User:`
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Its client id
    #[arg(long = "client-id", alias = "client", value_name = "NAME")]
    client_id: Option<String>,
    /// Its address
    #[arg(long, value_name = "ADDRESS")]
    ip: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    key: String,
    /// What counts on each broker; null when nothing limits the client.
    value: Option<f64>,
    /// Whom the quota that counts is set for; null when none counts.
    entity: Option<Vec<EntityPart>>,
    /// Who uses it up together.
    shared_by: Option<&'static str>,
}

impl Row {
    fn of(quota: &EffectiveQuota<'_>) -> Self {
        Self {
            key: quota.key.to_owned(),
            value: quota.found.map(|(_, value)| value),
            entity: quota.found.map(|(entity, _)| entity::parts(entity)),
            shared_by: quota.found.map(|_| quota.shared_by),
        }
    }
}

impl Item for Row {
    const KIND: &'static str = "kr.quota.effective/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["QUOTA", "VALUE", "SET FOR", "SHARED BY"]);
        for row in items {
            let set_for = row.entity.as_ref().map(|entity| {
                let part = |part: &EntityPart| format!("{} {}", part.r#type, column(entity, &part.r#type));
                entity.iter().map(part).collect::<Vec<_>>().join(", ")
            });
            table.row([
                Cell::text(&row.key),
                match row.value {
                    Some(value) => Cell::number(number(value)),
                    None => Cell::number("no limit"),
                },
                Cell::text(set_for.as_deref().unwrap_or("-")),
                Cell::text(row.shared_by.unwrap_or("-")),
            ]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.key.clone()
    }
}

published!(Row, "quota effective");

/// Runs `kr quota effective`.
pub async fn run(args: &EffectiveArgs, context: &mut Context) -> Result<Exit, CliError> {
    let subject = QuotaSubject {
        user: args.user.as_deref(),
        client_id: args.client_id.as_deref(),
        ip: args.ip.as_deref(),
    };
    if subject.user.is_none() && subject.client_id.is_none() && subject.ip.is_none() {
        return Err(CliError::usage("it is not said which client")
            .hint("name its --user, --client-id or --ip; without SASL or TLS the user is ANONYMOUS"));
    }
    let quotas = context.client().await?.list_quotas().await?;
    let rows = effective(&quotas, subject).iter().map(Row::of).collect();
    context.show(args.output.output, &Report::of(rows))
}
