//! `kr context use | current`: the context used when none is named.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Item, Page, Report};
use crate::schemas::published;

/// Arguments of `kr context use`.
#[derive(Debug, Args)]
pub struct UseArgs {
    /// Name of the context
    name: String,
}

/// Arguments of `kr context current`.
#[derive(Debug, Args)]
pub struct CurrentArgs {
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Current {
    name: String,
    bootstrap_servers: Vec<String>,
}

impl Item for Current {
    const KIND: &'static str = "kr.context.current/v1";

    fn write(items: &[Self], page: &mut Page) {
        for item in items {
            page.line(&item.name);
        }
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Current, "context current");

/// Makes a context the current one.
pub fn select(args: &UseArgs, context: &mut Context) -> Result<Exit, CliError> {
    let (file, mut store) = super::read(context)?;
    if !context.config.store.contexts.contains_key(&args.name) {
        return Err(context.config.store.unknown(&args.name, &file));
    }
    store.set_current(&args.name);
    store.write(&file)?;
    context.note(&format!("using context \"{}\"", args.name));
    Ok(Exit::DONE)
}

/// Shows the context in use.
pub fn current(args: &CurrentArgs, context: &mut Context) -> Result<Exit, CliError> {
    let Some(name) = context.config.context_name().map(str::to_owned) else {
        let source = &context.config.bootstrap.source;
        let servers = context.config.bootstrap.value.join(",");
        return Err(CliError::new(Kind::Condition, "no context is in use")
            .hint(format!("brokers are {servers}, named by {source}")));
    };
    let bootstrap_servers = context.config.bootstrap.value.clone();
    context.show(args.output.output, &Report::of(vec![Current { name, bootstrap_servers }]))
}
