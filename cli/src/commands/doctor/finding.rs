//! Checks and what they find.

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::Serialize;

use super::evidence::Evidence;
use crate::output::{Cell, Item, Page, Style, Table};
use crate::schemas::published;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know
    Info,
    /// Something that will hurt when the next thing fails
    #[value(alias = "warn")]
    Warning,
    /// Something that hurts now
    Error,
}

/// A check.
pub struct Check {
    /// Its number: a letter for the subject, two digits.
    pub id: &'static str,
    /// How bad what it finds is.
    pub severity: Severity,
    /// What it finds.
    pub title: &'static str,
    /// What to do about it.
    pub fix: &'static str,
    /// Looks at the evidence.
    pub judge: fn(&Evidence) -> Vec<Symptom>,
}

/// What a check saw.
#[derive(Debug, PartialEq, Eq)]
pub struct Symptom {
    /// Where.
    pub target: String,
    /// What.
    pub evidence: String,
}

impl Symptom {
    /// Something seen somewhere.
    pub fn of(target: impl Into<String>, evidence: impl Into<String>) -> Self {
        Self { target: target.into(), evidence: evidence.into() }
    }
}

/// A finding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// The check that found it.
    pub check: &'static str,
    pub severity: Severity,
    /// What is wrong.
    pub title: &'static str,
    /// Where.
    pub target: String,
    /// What was seen.
    pub evidence: String,
    /// What to do about it.
    pub fix: &'static str,
}

impl Finding {
    /// What a check found.
    pub fn of(check: &Check, symptom: Symptom) -> Self {
        let Symptom { target, evidence } = symptom;
        let Check { id, severity, title, fix, .. } = *check;
        Self { check: id, severity, title, target, evidence, fix }
    }
}

impl Item for Finding {
    const KIND: &'static str = "kr.doctor/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["CHECK", "SEVERITY", "WHAT", "WHERE", "SEEN"]);
        for finding in items {
            let severity = match finding.severity {
                Severity::Info => Cell::text("info"),
                Severity::Warning => Cell::text("warning").styled(Style::Warning),
                Severity::Error => Cell::text("error").styled(Style::Bad),
            };
            table.row([
                Cell::text(finding.check),
                severity,
                Cell::text(finding.title),
                Cell::text(&finding.target),
                Cell::text(&finding.evidence),
            ]);
        }
        page.table_or(&table, "nothing found");
        let mut fixes: Vec<(&str, &str)> = items.iter().map(|finding| (finding.check, finding.fix)).collect();
        fixes.dedup();
        if !fixes.is_empty() {
            page.heading("What to do");
        }
        for (check, fix) in fixes {
            page.line(&format!("{check}  {fix}"));
        }
    }

    fn name(&self) -> String {
        self.check.to_owned()
    }
}

published!(Finding, "doctor");

/// A check in the list of all.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listed {
    check: &'static str,
    severity: Severity,
    title: &'static str,
    fix: &'static str,
}

impl From<&Check> for Listed {
    fn from(check: &Check) -> Self {
        Self { check: check.id, severity: check.severity, title: check.title, fix: check.fix }
    }
}

impl Item for Listed {
    const KIND: &'static str = "kr.doctor.list/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["CHECK", "SEVERITY", "WHAT"]);
        for row in items {
            let severity = match row.severity {
                Severity::Info => "info",
                Severity::Warning => "warning",
                Severity::Error => "error",
            };
            table.row([Cell::text(row.check), Cell::text(severity), Cell::text(row.title)]);
        }
        page.table(&table);
    }

    fn name(&self) -> String {
        self.check.to_owned()
    }
}

published!(Listed, "doctor");
