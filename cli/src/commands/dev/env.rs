//! `kr dev env`: variables that point clients to a cluster, for a shell or a program.

use std::collections::BTreeMap;

use clap::Args;
use kr_devcluster::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::{NameArgs, existing, name_option};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Item, Page, Report};
use crate::schemas::published;

/// Arguments of `kr dev env`.
#[derive(Debug, Args)]
pub struct EnvArgs {
    #[command(flatten)]
    name: NameArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// The variables of a cluster.
#[derive(Debug, Serialize, JsonSchema)]
struct Variables {
    name: String,
    running: bool,
    variables: BTreeMap<&'static str, String>,
}

impl Item for Variables {
    const KIND: &'static str = "kr.dev.env/v1";

    fn write(items: &[Self], page: &mut Page) {
        for item in items {
            for (name, value) in &item.variables {
                page.line(&format!("export {name}={}", quoted(value)));
            }
        }
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Variables, "dev env");

/// The variables that point clients to a cluster.
pub(super) fn variables(state: &State) -> BTreeMap<&'static str, String> {
    let bootstrap = state.bootstrap();
    BTreeMap::from([
        ("KR_BOOTSTRAP", bootstrap.clone()),
        ("KR_BOOTSTRAP_SERVERS", bootstrap.clone()),
        ("KAFKA_BOOTSTRAP_SERVERS", bootstrap),
        ("KR_CLUSTER_ID", state.cluster_id.clone()),
        ("KR_DEV_NAME", state.name.clone()),
    ])
}

/// Runs `kr dev env`.
pub fn run(args: &EnvArgs, context: &mut Context) -> Result<Exit, CliError> {
    let (place, state) = existing(context, &args.name.name)?;
    let running = place.is_running();
    if !running {
        let option = name_option(&state.name);
        context
            .note(&format!("cluster \"{}\" is not running; start it with `kr dev up{option}`", state.name));
    }
    let variables = Variables { name: state.name.clone(), running, variables: variables(&state) };
    context.show(args.output.output, &Report::of(vec![variables]))
}

/// A word of a POSIX shell with this value.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-:,/".contains(c);
    if !value.is_empty() && value.chars().all(is_plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_a_shell() {
        assert_eq!(quoted("127.0.0.1:9092,127.0.0.1:9093"), "127.0.0.1:9092,127.0.0.1:9093");
        assert_eq!(quoted("it's $HOME"), "'it'\\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }
}
