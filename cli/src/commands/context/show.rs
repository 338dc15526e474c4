//! `kr context show`: one context with its properties; secrets are shown as references or not at all.

use std::collections::BTreeMap;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::config::{ContextEntry, secrets};
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Item, Page, Report};
use crate::schemas::published;

/// Arguments of `kr context show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Name of the context [default: the one in use]
    name: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Shown {
    name: String,
    current: bool,
    bootstrap_servers: Vec<String>,
    /// Kafka client properties; a secret that stands in the file is `(hidden)`.
    properties: BTreeMap<String, String>,
    read_only: bool,
    /// Operations whose target must be typed.
    protected: Vec<String>,
    /// `ask` or `type-name`.
    confirm: String,
    /// The most targets one change may have; null for any number.
    max_blast: Option<usize>,
    expect_cluster_id: Option<String>,
    color: Option<String>,
    managed_by: Option<String>,
    /// The file it is in.
    file: String,
}

impl Shown {
    fn of(name: &str, entry: &ContextEntry, current: bool) -> Self {
        let shown = |(key, value): (&String, &String)| {
            let is_hidden = secrets::is_literal(key, value);
            (key.clone(), if is_hidden { "(hidden)".to_owned() } else { value.clone() })
        };
        Self {
            name: name.to_owned(),
            current,
            bootstrap_servers: entry.bootstrap_servers.clone(),
            properties: entry.properties.iter().map(shown).collect(),
            read_only: entry.safety.read_only,
            protected: entry.safety.protected.clone(),
            confirm: if entry.safety.type_name { "type-name" } else { "ask" }.to_owned(),
            max_blast: entry.safety.max_blast,
            expect_cluster_id: entry.safety.expect_cluster_id.clone(),
            color: entry.color.map(|color| color.name().to_owned()),
            managed_by: entry.managed_by.clone(),
            file: entry.file.display().to_string(),
        }
    }
}

impl Item for Shown {
    const KIND: &'static str = "kr.context.show/v1";

    fn write(items: &[Self], page: &mut Page) {
        for item in items {
            let dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
            page.fields([
                ("Name", item.name.clone()),
                ("Bootstrap servers", item.bootstrap_servers.join(",")),
                ("Read-only", if item.read_only { "yes" } else { "no" }.to_owned()),
                ("Protected", dash((!item.protected.is_empty()).then(|| item.protected.join(", ")))),
                ("Confirm", item.confirm.clone()),
                ("Max blast", dash(item.max_blast.map(|most| most.to_string()))),
                ("Expected cluster", dash(item.expect_cluster_id.clone())),
                ("Color", dash(item.color.clone())),
                ("Managed by", dash(item.managed_by.clone())),
                ("File", item.file.clone()),
            ]);
            if !item.properties.is_empty() {
                page.gap();
                for (key, value) in &item.properties {
                    page.line(&format!("{key}={value}"));
                }
            }
        }
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Shown, "context show");

/// Shows a context.
pub fn run(args: &ShowArgs, context: &mut Context) -> Result<Exit, CliError> {
    let store = &context.config.store;
    let name = args.name.clone().or_else(|| context.config.context_name().map(str::to_owned));
    let name = name.ok_or_else(|| CliError::usage("no context is in use; name one"))?;
    let file = context.config.file.clone().unwrap_or_default();
    let entry = store.contexts.get(&name).ok_or_else(|| store.unknown(&name, &file))?;
    let shown = Shown::of(&name, entry, store.current.as_ref() == Some(&name));
    context.show(args.output.output, &Report::of(vec![shown]))
}
