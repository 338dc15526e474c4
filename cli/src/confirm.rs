//! The question before a change: it names the context, the cluster, the number of things and what is lost.
//!
//! Without a terminal there is nobody to ask, so what loses something is refused instead of hanging (exit
//! code 6). Changes of a cluster go through [`crate::change`], which asks by this.

use crate::context::Context;
use crate::error::{CliError, Kind};
use crate::output::escape::escape;

/// What is about to happen.
pub struct Question<'a> {
    /// Verb and object: `delete 2 topics`.
    pub action: &'a str,
    /// What will be changed or lost, one line each.
    pub effects: &'a [String],
    /// The cluster's id, when it is known.
    pub cluster_id: Option<&'a str>,
    /// What must be typed to agree; a plain yes is enough without.
    pub type_to_agree: Option<&'a str>,
}

impl Question<'_> {
    /// Says on stderr what is about to happen and where.
    pub fn show(&self, context: &mut Context) {
        let place = match context.config.context_name() {
            Some(name) => format!("in context \"{name}\""),
            None => format!("at {}", context.config.bootstrap.value.join(",")),
        };
        let cluster_id = self.cluster_id.unwrap_or("unknown");
        let mut place = escape(&place).into_owned();
        if let Some(color) = context.config.color.filter(|_| context.is_coloured()) {
            place = color.paint(&place);
        }
        let (action, cluster_id) = (escape(self.action), escape(cluster_id));
        context.io.say(&format!("about to {action} {place} (cluster {cluster_id}):"));
        for effect in self.effects {
            context.warn(&format!("  {effect}"));
        }
    }
}

/// Asks unless `yes`; anything but agreement refuses.
pub fn confirm(context: &mut Context, question: &Question<'_>, yes: bool) -> Result<(), CliError> {
    if yes {
        return Ok(());
    }
    let refused = |why: &str| CliError::new(Kind::Refused, format!("did not {}: {why}", question.action));
    if !context.io.has_person() {
        return Err(refused("it needs a confirmation and there is no terminal to ask on")
            .hint("look at it with --dry-run, then repeat with --yes"));
    }
    question.show(context);
    let agreed = match question.type_to_agree {
        Some(name) => {
            context.io.ask.line(&format!("type {name} to go on")).map(|answer| answer.trim() == name)
        }
        None => context.io.ask.agree("go on?"),
    };
    match agreed.map_err(|error| CliError::failed("cannot read the answer").caused_by(error))? {
        true => Ok(()),
        false => Err(refused("not confirmed")),
    }
}
