//! `kr diff`: in what two clusters differ: topics, configs, ACLs, quotas, users, groups, features.
//!
//! What a cluster is by nature alone is not compared: ids, addresses, leaders, offsets. Reading a cluster is in
//! [`picture`]; comparing two pictures is here, and pure.

mod picture;

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;

use self::picture::{Picture, Thing, Things};
use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr diff prod staging
  kr diff prod staging --section topics,configs
  kr diff prod localhost:9092 -o json

Exits with 3 when there is a difference.";

/// Arguments of `kr diff`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DiffArgs {
    /// A context, or HOST:PORT of a broker
    #[arg(value_name = "CONTEXT")]
    left: String,
    /// The one it is compared with
    #[arg(value_name = "OTHER")]
    right: String,
    /// What to compare [default: everything both clusters serve]
    #[arg(long, value_enum, value_name = "SECTION", value_delimiter = ',')]
    section: Vec<Section>,
    /// Also Kafka's own topics
    #[arg(long)]
    include_internal: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// A part of what a cluster holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Section {
    /// Which there are, their partitions and replication factors
    Topics,
    /// What is set on topics both have, and for all brokers
    Configs,
    /// Rules, and whether there is an authorizer
    Acls,
    /// Values by user, client id and address
    Quotas,
    /// SCRAM mechanisms and iterations
    Users,
    /// Which there are, and of what type
    Groups,
    /// Levels in force
    Features,
}

impl Section {
    fn name(self) -> &'static str {
        match self {
            Self::Topics => "topics",
            Self::Configs => "configs",
            Self::Acls => "acls",
            Self::Quotas => "quotas",
            Self::Users => "users",
            Self::Groups => "groups",
            Self::Features => "features",
        }
    }
}

/// A difference.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
struct Row {
    /// `topics`, `configs`, `acls`, `quotas`, `users`, `groups` or `features`.
    section: &'static str,
    /// What differs: a topic, `topic/NAME` or `broker/default` for configs, an ACL, a group and so on.
    name: String,
    /// In what it differs; null when only one cluster has it.
    key: Option<String>,
    /// The first cluster, as it was named.
    left: String,
    /// What it has; null when it has nothing there.
    left_value: Option<String>,
    /// The second cluster, as it was named.
    right: String,
    /// What it has; null when it has nothing there.
    right_value: Option<String>,
}

impl Item for Row {
    const KIND: &'static str = "kr.diff/v1";

    fn write(items: &[Self], page: &mut Page) {
        if items.is_empty() {
            page.line("no difference");
        }
        for rows in items.chunk_by(|a, b| a.section == b.section) {
            page.heading(rows[0].section);
            let head = ["NAME", "KEY", &rows[0].left, &rows[0].right];
            let mut table = Table::of(head.map(str::to_owned).to_vec());
            for row in rows {
                let value = |value: &Option<String>| Cell::text(value.as_deref().unwrap_or("-"));
                table.row([
                    Cell::text(&row.name),
                    value(&row.key),
                    value(&row.left_value),
                    value(&row.right_value),
                ]);
            }
            page.table(&table);
        }
    }

    fn name(&self) -> String {
        match &self.key {
            Some(key) => format!("{}/{}/{key}", self.section, self.name),
            None => format!("{}/{}", self.section, self.name),
        }
    }
}

published!(Row, "diff");

/// Runs `kr diff`.
pub async fn run(args: &DiffArgs, context: &mut Context) -> Result<Exit, CliError> {
    let left = context.client_of(&args.left).await?;
    let right = context.client_of(&args.right).await?;
    let sections = if args.section.is_empty() { Section::value_variants() } else { &args.section };
    let (left, right) = tokio::join!(
        Picture::read(&left, sections, args.include_internal),
        Picture::read(&right, sections, args.include_internal),
    );
    let mut report = Report::default();
    let names = (args.left.as_str(), args.right.as_str());
    for ((section, left), (_, right)) in left.sections.into_iter().zip(right.sections) {
        let mut seen = Vec::new();
        for (name, things) in [(names.0, left), (names.1, right)] {
            match things {
                Ok(things) => seen.push(things),
                Err(error) if args.section.is_empty() && picture::is_unserved(&error) => {
                    context.note(&format!("{} are not compared: {name}: {error}", section.name()));
                }
                Err(error) => {
                    report.failures.push(Failure::of(format!("{} of {name}", section.name()), &error));
                }
            }
        }
        if let [left, right] = seen.as_slice() {
            report.items.extend(compare(section, names, left, right));
        }
    }
    let differs = !report.items.is_empty();
    let exit = context.show(args.output.output, &report)?;
    Ok(if differs && exit == Exit::DONE { Exit::CONDITION } else { exit })
}

/// The differences of a section, ascending by name and key.
fn compare(
    section: Section,
    (left_name, right_name): (&str, &str),
    left: &Things,
    right: &Things,
) -> Vec<Row> {
    let row = |name: &str, key: Option<&str>, left_value, right_value| Row {
        section: section.name(),
        name: name.to_owned(),
        key: key.map(str::to_owned),
        left: left_name.to_owned(),
        left_value,
        right: right_name.to_owned(),
        right_value,
    };
    let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let mut rows = Vec::new();
    for name in names {
        match (left.get(name), right.get(name)) {
            (Some(ours), Some(theirs)) => {
                let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
                for key in keys {
                    let (our, their) = (ours.get(key), theirs.get(key));
                    // What nobody set may be another default of another version.
                    let is_set = [our, their].into_iter().flatten().any(|fact| fact.is_set);
                    let value = |fact: Option<&picture::Fact>| fact.and_then(|fact| fact.value.clone());
                    if is_set && value(our) != value(their) {
                        rows.push(row(name, Some(key), value(our), value(their)));
                    }
                }
            }
            // Configs of a topic that only one has: the topic itself is the difference.
            _ if section == Section::Configs => {}
            (ours, theirs) => rows.push(row(name, None, ours.map(summary), theirs.map(summary))),
        }
    }
    rows
}

/// A thing that only one cluster has, in a few words.
fn summary(thing: &Thing) -> String {
    let facts: Vec<String> = thing
        .iter()
        .filter(|(_, fact)| fact.is_set)
        .map(|(key, fact)| format!("{key}={}", fact.value.as_deref().unwrap_or("(secret)")))
        .collect();
    if facts.is_empty() { "yes".to_owned() } else { facts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::picture::Fact;
    use super::*;

    /// Key, value, whether somebody set it.
    type Told<'a> = (&'a str, &'a str, bool);

    fn things(things: &[(&str, &[Told<'_>])]) -> Things {
        let fact = |(key, value, is_set): &Told<'_>| {
            ((*key).to_owned(), Fact { value: Some((*value).to_owned()), is_set: *is_set })
        };
        things.iter().map(|(name, facts)| ((*name).to_owned(), facts.iter().map(fact).collect())).collect()
    }

    fn differences(section: Section, left: &Things, right: &Things) -> Vec<String> {
        let shown = |value: &Option<String>| value.as_deref().unwrap_or("-").to_owned();
        compare(section, ("a", "b"), left, right)
            .iter()
            .map(|row| format!("{} {} {}", row.name(), shown(&row.left_value), shown(&row.right_value)))
            .collect()
    }

    #[test]
    fn what_one_cluster_lacks_is_one_difference_not_one_for_each_key() {
        let left = things(&[("t", &[("partitions", "6", true), ("replication-factor", "3", true)])]);
        assert_eq!(
            differences(Section::Topics, &left, &Things::new()),
            ["topics/t partitions=6 replication-factor=3 -"]
        );
        let acl = things(&[("allow User:a", &[])]);
        assert_eq!(differences(Section::Acls, &Things::new(), &acl), ["acls/allow User:a - yes"]);
        assert_eq!(differences(Section::Configs, &left, &Things::new()), [""; 0]);
    }

    #[test]
    fn defaults_that_nobody_set_are_no_difference() {
        let left = things(&[("t", &[("segment.bytes", "1", false), ("retention.ms", "5", true)])]);
        let right = things(&[("t", &[("segment.bytes", "2", false), ("retention.ms", "7", false)])]);
        assert_eq!(differences(Section::Configs, &left, &right), ["configs/t/retention.ms 5 7"]);
        assert_eq!(differences(Section::Configs, &left, &left), [""; 0]);
    }

    #[test]
    fn a_key_that_one_cluster_does_not_have_is_a_difference_when_it_is_set() {
        let left = things(&[("t", &[("new.key", "1", true), ("newer.key", "1", false)])]);
        assert_eq!(differences(Section::Configs, &left, &things(&[("t", &[])])), ["configs/t/new.key 1 -"]);
    }
}
