//! The question before a change that cannot be taken back.
//!
//! It names the context, the cluster, the number of things and what will be lost. Without a terminal there
//! is nobody to ask, so the command is refused instead of hanging (exit code 6).

use std::io::{BufRead, BufReader};

use crate::context::Context;
use crate::error::{CliError, Kind};

/// What is about to happen.
pub struct Question<'a> {
    /// Verb and object: `delete 2 topics`.
    pub action: &'a str,
    /// What will be lost, one line each.
    pub losses: &'a [String],
    /// The cluster's id, when it is known.
    pub cluster_id: Option<&'a str>,
}

/// Asks unless `yes`; anything but `y` or `yes` refuses.
pub fn confirm(context: &mut Context, question: &Question<'_>, yes: bool) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    let refused = |why: &str| CliError::new(Kind::Refused, format!("did not {}: {why}", question.action));
    if !context.io.stdin_is_terminal || !context.io.stderr_is_terminal {
        return Err(refused("it needs a confirmation and there is no terminal to ask on")
            .hint("look at it with --dry-run, then repeat with --yes"));
    }
    let place = match context.config.context_name() {
        Some(name) => format!("in context \"{name}\""),
        None => format!("at {}", context.config.bootstrap.value.join(",")),
    };
    let cluster_id = question.cluster_id.unwrap_or("unknown");
    context.warn(&format!("about to {} {place} (cluster {cluster_id}):", question.action));
    for loss in question.losses {
        context.warn(&format!("  {loss}"));
    }
    context.warn("type yes to go on:");
    let stdin = context.io.stdin.take().ok_or_else(|| CliError::internal("standard input is taken"))?;
    let mut answer = String::new();
    BufReader::new(stdin)
        .read_line(&mut answer)
        .map_err(|error| CliError::failed("cannot read the answer").caused_by(error))?;
    match answer.trim() {
        "y" | "yes" => Ok(()),
        _ => Err(refused("not confirmed")),
    }
}
