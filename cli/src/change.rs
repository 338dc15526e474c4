//! How a command changes a cluster: shows the plan, asks, opens the gate of the client, keeps the journal.
//!
//! ```text
//! let plan = Plan { action, operations: &[Operation::TOPIC_DELETE], risk: Risk::Lossy, effects, targets };
//! match change::begin(context, &plan, &args.change).await? {
//!     Decision::DryRun => { .. show what would be done, with `applied: false` .. }
//!     Decision::Go(ticket) => {
//!         .. send, fill the report with `applied: true` ..
//!         ticket.end(context, &report, undo);
//!     }
//! }
//! ```
//! A command that forgets this sends nothing: the gate in the client stays shut ([`kr_client::safety`]).

use jiff::Timestamp;
use kr_client::journal::{Begun, Ended, Journal, Outcome};
use kr_client::safety::Operation;
use kr_client::undo::Undo;

use crate::args::ChangeArgs;
use crate::confirm::{Question, confirm};
use crate::context::Context;
use crate::error::{CliError, Kind};
use crate::output::Report;

/// What can go wrong with a change, which decides whether it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Adds something and takes nothing away: done without a question.
    Routine,
    /// Changes how something works, and can be taken back: asked for on a terminal, done without one.
    Careful,
    /// Loses something, or moves what is in use: asked for on a terminal, refused without one unless `--yes`.
    Lossy,
}

/// A change before it is made.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Verb and object: `delete 2 topics`.
    pub action: String,
    /// What the requests are that will be sent.
    pub operations: &'a [Operation],
    /// Whether it is asked for.
    pub risk: Risk,
    /// What will happen: what, how many, who is hit; one line each.
    pub effects: Vec<String>,
    /// What is changed, by name.
    pub targets: Vec<String>,
}

/// What was decided on a plan.
#[derive(Debug)]
pub enum Decision {
    /// Nothing is to be changed; requests that change something are held back from now on.
    DryRun,
    /// It is to be done.
    Go(Ticket),
}

/// A change under way; [`Ticket::end`] notes its outcome.
#[derive(Debug)]
#[must_use = "the journal wants to know how a change ended"]
pub struct Ticket {
    entry: Option<(Journal, String)>,
}

/// Decides on a plan, by the options of the command, the context and the person at the terminal.
///
/// Errors: refused (exit code 6) by a read-only context, the wrong cluster, no agreement, or no terminal.
pub async fn begin(
    context: &mut Context,
    plan: &Plan<'_>,
    change: &ChangeArgs,
) -> Result<Decision, CliError> {
    let client = context.client().await?;
    if change.dry_run {
        client.options().guard.begin_dry_run();
        return Ok(Decision::DryRun);
    }
    let safety = context.config.safety.clone();
    if safety.read_only {
        let name = context.config.context_name().unwrap_or_default();
        let message = format!("did not {}: context \"{name}\" is read-only", plan.action);
        return Err(CliError::new(Kind::Refused, message)
            .hint("look at it with --dry-run, or use a context that may be changed"));
    }
    let cluster_id = client.view().cluster_id.clone();
    if let Some(expected) = &safety.expect_cluster_id
        && cluster_id.as_deref() != Some(expected)
    {
        let found = cluster_id.as_deref().unwrap_or("unknown");
        let message =
            format!("did not {}: this is cluster {found}, and the context wants {expected}", plan.action);
        return Err(CliError::new(Kind::Refused, message)
            .hint("brokers of another cluster answer at these addresses; check bootstrap_servers"));
    }
    if let Some(most) = safety.max_blast.filter(|most| plan.targets.len() > *most) {
        let message = format!(
            "did not {}: it has {} targets, and the context allows {most} in one change (max_blast)",
            plan.action,
            plan.targets.len()
        );
        return Err(CliError::new(Kind::Refused, message).hint("do it in smaller steps"));
    }
    ask(context, plan, change, cluster_id.as_deref())?;
    for operation in plan.operations {
        client.options().guard.consent(*operation);
    }
    Ok(Decision::Go(note(context, plan, cluster_id)))
}

/// Asks when the risk or the context wants it.
fn ask(
    context: &mut Context,
    plan: &Plan<'_>,
    change: &ChangeArgs,
    cluster_id: Option<&str>,
) -> Result<(), CliError> {
    let is_protected = context.config.safety.protects(plan.operations);
    let is_typed = is_protected || context.config.safety.type_name;
    let typed = is_typed.then(|| match plan.targets.as_slice() {
        [one] => one.clone(),
        _ => context.config.context_name().unwrap_or("yes").to_owned(),
    });
    let question = Question {
        action: &plan.action,
        effects: &plan.effects,
        cluster_id,
        type_to_agree: typed.as_deref(),
    };
    let risk = if is_protected { Risk::Lossy } else { plan.risk };
    match risk {
        Risk::Routine => Ok(()),
        Risk::Careful if !context.io.has_person() => Ok(()),
        // A protected operation is typed, and `--yes` in a script is not typing.
        _ if is_protected && change.confirm.yes && !context.io.has_person() => {
            let message =
                format!("did not {}: the context protects it, and --yes is not enough", plan.action);
            Err(CliError::new(Kind::Refused, message)
                .hint("do it at a terminal, or with a context that does not protect it"))
        }
        _ => confirm(context, &question, change.confirm.yes && !is_protected),
    }
}

/// Notes in the journal that the change begins. A journal that cannot be written is a warning, no obstacle:
/// at night an operator needs the change more than the note.
fn note(context: &mut Context, plan: &Plan<'_>, cluster_id: Option<String>) -> Ticket {
    let Some(journal) = context.journal() else { return Ticket { entry: None } };
    let begun = Begun {
        at: Timestamp::now().to_string(),
        user: context.environment.var("USER").or(context.environment.var("USERNAME")).map(str::to_owned),
        context: context.config.context_name().map(str::to_owned),
        bootstrap: context.config.bootstrap.value.clone(),
        cluster_id,
        action: plan.action.clone(),
        operations: plan.operations.iter().map(|operation| operation.name().to_owned()).collect(),
        targets: plan.targets.clone(),
    };
    match journal.begin(begun) {
        Ok(id) => Ticket { entry: Some((journal, id)) },
        Err(error) => {
            let file = journal.file().display();
            context.warn(&format!("warning: cannot write the journal {file}: {error}"));
            Ticket { entry: None }
        }
    }
}

impl Ticket {
    /// The change's name in the journal.
    pub fn id(&self) -> Option<&str> {
        self.entry.as_ref().map(|(_, id)| id.as_str())
    }

    /// Goes on with what a request gave; one that failed as a whole ends the change.
    pub fn sent<T>(
        self,
        context: &mut Context,
        answered: Result<T, kr_client::Error>,
    ) -> Result<(Self, T), CliError> {
        match answered {
            Ok(answer) => Ok((self, answer)),
            Err(error) => {
                let error = CliError::from(error);
                self.fail(context, &error);
                Err(error)
            }
        }
    }

    /// Notes how the change ended, and says how to take it back.
    pub fn end<T>(self, context: &mut Context, report: &Report<T>, undo: Option<Undo>) {
        let outcome = match (report.failures.is_empty(), report.items.is_empty()) {
            (true, _) => Outcome::Done,
            (false, true) => Outcome::Failed,
            (false, false) => Outcome::Partly,
        };
        let failures = report.failures.iter().map(|failure| failure.message.clone()).collect();
        self.close(context, outcome, failures, undo);
    }

    /// Notes that the change failed as a whole.
    pub fn fail(self, context: &mut Context, error: &CliError) {
        self.close(context, Outcome::Failed, vec![crate::error::with_causes(error)], None);
    }

    fn close(self, context: &mut Context, outcome: Outcome, failures: Vec<String>, undo: Option<Undo>) {
        let Some((journal, id)) = self.entry else { return };
        let has_undo = undo.is_some() && outcome != Outcome::Failed;
        let ended = Ended { at: Timestamp::now().to_string(), outcome, failures, undo };
        if let Err(error) = journal.end(&id, ended) {
            let file = journal.file().display();
            context.warn(&format!("warning: cannot write the journal {file}: {error}"));
        } else if has_undo && context.io.has_person() {
            context.note(&format!("take it back with: kr undo apply {id}"));
        }
    }
}
