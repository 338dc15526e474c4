//! `kr migrate check`: numbered checks of what stands in the way of a migration.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use kr_migrate::checks::{self, Answer, Check, Facts, Input};
use kr_migrate::model::Model;
use schemars::JsonSchema;
use serde::Serialize;

use super::source::{SourceArgs, metadata_log};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;

const EXAMPLES: &str = "Examples:
  kr migrate check --zk-data /var/lib/zookeeper
  kr migrate check --zk-data /backup/zk1 --chroot /kafka --metadata-dir /backup/c1/__cluster_metadata-0
  kr migrate check --zk-data /backup/zk1 --only T01,T04 -o json
  kr migrate check --list";

/// Most findings of one check in a table; documents have all.
const SHOWN: usize = 5;

/// Arguments of `kr migrate check`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// A controller's __cluster_metadata-0 directory, or a checkpoint
    #[arg(long = "metadata-dir", value_name = "DIR", help_heading = "Where to look")]
    metadata_dir: Option<PathBuf>,
    /// Exit with 3 from this severity on
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "blocker")]
    fail_on: Severity,
    /// Only these checks
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    only: Vec<String>,
    /// All but these checks
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    skip: Vec<String>,
    /// List the checks and look at nothing
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "lowercase")]
enum Severity {
    /// Good to know
    #[value(alias = "i")]
    Information,
    /// It may hurt
    #[value(alias = "w")]
    Warning,
    /// Harm is very likely
    #[value(alias = "e")]
    Error,
    /// The migration fails, or metadata is lost
    #[value(alias = "b")]
    Blocker,
}

impl From<checks::Severity> for Severity {
    fn from(severity: checks::Severity) -> Self {
        match severity {
            checks::Severity::Information => Self::Information,
            checks::Severity::Warning => Self::Warning,
            checks::Severity::Error => Self::Error,
            checks::Severity::Blocker => Self::Blocker,
        }
    }
}

impl Severity {
    fn cell(self) -> Cell {
        match self {
            Self::Information => Cell::text("information"),
            Self::Warning => Cell::text("warning").styled(Style::Warning),
            Self::Error => Cell::text("error").styled(Style::Bad),
            Self::Blocker => Cell::text("blocker").styled(Style::Bad),
        }
    }
}

/// The step of a migration before which something must be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// Software, health, backup.
    Prepare,
    /// Controllers are set up.
    Controllers,
    /// Brokers go to migration mode, and the copy is made.
    Migrate,
    /// Brokers become KRaft brokers.
    Kraft,
    /// Controllers leave the migration: the point of no return.
    Finalize,
    /// Afterwards.
    Later,
}

impl From<checks::Step> for Step {
    fn from(step: checks::Step) -> Self {
        match step {
            checks::Step::Prepare => Self::Prepare,
            checks::Step::Controllers => Self::Controllers,
            checks::Step::Migrate => Self::Migrate,
            checks::Step::Kraft => Self::Kraft,
            checks::Step::Finalize => Self::Finalize,
            checks::Step::Later => Self::Later,
        }
    }
}

/// A finding.
#[derive(Debug, Serialize, JsonSchema)]
struct Finding {
    /// The check that found it.
    check: &'static str,
    severity: Severity,
    /// The step before which it must be right.
    step: Step,
    /// What is wrong.
    title: &'static str,
    /// Where.
    subject: String,
    /// What was seen; never a secret.
    evidence: String,
    /// What to do about it.
    fix: &'static str,
    /// Where it is written: an issue, a KIP, a class of Kafka's.
    reference: &'static str,
}

impl Item for Finding {
    const KIND: &'static str = "kr.migrate.check/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["CHECK", "SEVERITY", "BEFORE", "WHERE", "SEEN"]);
        let mut fixes: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in items {
            fixes.insert(finding.check, (finding.title, finding.fix));
            let count = counts.entry(finding.check).or_default();
            *count += 1;
            if *count <= SHOWN {
                table.row([
                    Cell::text(finding.check),
                    finding.severity.cell(),
                    Cell::text(format!("{:?}", finding.step).to_lowercase()),
                    Cell::text(&finding.subject),
                    Cell::text(&finding.evidence),
                ]);
            }
        }
        page.table_or(&table, "nothing found");
        for (check, count) in counts.iter().filter(|(_, count)| **count > SHOWN) {
            page.line(&format!("{check}: {} more, see them with -o json", count - SHOWN));
        }
        if !fixes.is_empty() {
            page.heading("What to do");
        }
        for (check, (title, fix)) in fixes {
            page.line(&format!("{check}  {title}"));
            page.line(&format!("     {fix}"));
        }
    }

    fn name(&self) -> String {
        self.check.to_owned()
    }
}

published!(Finding, "migrate check");

/// A check in the list of all.
#[derive(Debug, Serialize, JsonSchema)]
struct Listed {
    check: &'static str,
    severity: Severity,
    step: Step,
    title: &'static str,
    /// What it looks at.
    needs: Vec<&'static str>,
    fix: &'static str,
    reference: &'static str,
}

impl From<&Check> for Listed {
    fn from(check: &Check) -> Self {
        Self {
            check: check.id,
            severity: check.severity.into(),
            step: check.step.into(),
            title: check.title,
            needs: check.needs.iter().map(|input| input.name()).collect(),
            fix: check.fix,
            reference: check.reference,
        }
    }
}

impl Item for Listed {
    const KIND: &'static str = "kr.migrate.checks/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["CHECK", "SEVERITY", "BEFORE", "WHAT"]);
        for row in items {
            let step = format!("{:?}", row.step).to_lowercase();
            table.row([Cell::text(row.check), row.severity.cell(), Cell::text(step), Cell::text(row.title)]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.check.to_owned()
    }
}

published!(Listed, "migrate check");

/// Runs `kr migrate check`.
pub fn run(args: &CheckArgs, context: &mut Context) -> Result<Exit, CliError> {
    let names = |ids: &[String], check: &Check| ids.iter().any(|id| check.id.eq_ignore_ascii_case(id));
    let all = || checks::all();
    let known = |id: &&String| !all().any(|check| check.id.eq_ignore_ascii_case(id));
    if let Some(unknown) = args.only.iter().chain(&args.skip).find(known) {
        let error = CliError::usage(format!("there is no check {unknown}"));
        return Err(error.hint("see them with `kr migrate check --list`"));
    }
    let wanted: Vec<&Check> = all()
        .filter(|check| (args.only.is_empty() || names(&args.only, check)) && !names(&args.skip, check))
        .collect();
    if args.list {
        let rows = wanted.into_iter().map(Listed::from).collect();
        return context.show(args.output.output, &Report::of(rows));
    }
    let settings = args.source.settings()?;
    let log = args.metadata_dir.as_deref().map(metadata_log).transpose()?;
    // A log alone is something to look at, too.
    let needs_tree = args.source.has_tree() || log.is_none();
    let source = if needs_tree { Some(args.source.tree(context)?) } else { None };
    let model = source.as_ref().map(|source| Model::read(&source.tree));
    let facts = Facts {
        zookeeper: source.as_ref().map(|source| &source.tree).zip(model.as_ref()),
        metadata_log: log.as_ref(),
        properties: &[],
        settings: &settings,
        now_ms: now_ms(),
    };
    let mut found = Vec::new();
    let mut missing: BTreeMap<Input, Vec<&str>> = BTreeMap::new();
    for check in &wanted {
        match check.run(&facts) {
            Answer::Looked(symptoms) => {
                found.extend(symptoms.into_iter().map(|symptom| finding(check, symptom)));
            }
            Answer::Missing(inputs) => {
                inputs.into_iter().for_each(|input| missing.entry(input).or_default().push(check.id));
            }
        }
    }
    found.sort_by_key(|finding: &Finding| std::cmp::Reverse(finding.severity));
    let worst = found.iter().map(|finding| finding.severity).max();
    let exit = context.show(args.output.output, &Report::of(found))?;
    for (input, ids) in missing {
        context.note(&format!("not checked without {}: {}", input.name(), ids.join(", ")));
    }
    Ok(if worst.is_some_and(|worst| worst >= args.fail_on) { Exit::CONDITION } else { exit })
}

fn finding(check: &Check, symptom: checks::Symptom) -> Finding {
    Finding {
        check: check.id,
        severity: symptom.severity.unwrap_or(check.severity).into(),
        step: check.step.into(),
        title: check.title,
        subject: symptom.subject,
        evidence: symptom.evidence,
        fix: check.fix,
        reference: check.reference,
    }
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}
