//! `kr context doctor`: takes the steps of a connection one by one, for each broker that was named or that the
//! cluster names, and says at which step it fails and why. Changes nothing.

use std::collections::BTreeMap;

use clap::Args;
use jiff::Timestamp;
use kr_client::Options;
use kr_client::connection::probe::{Probe, Step, probe};
use kr_client::connection::{CertificateView, TlsView};
use kr_client::options::Address;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::task::JoinSet;

use crate::args::OutputArgs;
use crate::context::Context;
use crate::error::{CliError, Exit, with_causes};
use crate::output::{Cell, Item, Page, Report, Style, Table};
use crate::schemas::published;

/// A certificate that ends within this many days is a finding.
const EXPIRY_DAYS: i64 = 14;

/// More brokers than this are not tried, so that a cluster that names thousands costs nothing.
const MAX_BROKERS: usize = 500;

const EXAMPLES: &str = "\
Examples:
  kr context doctor prod
  kr context doctor --command-config client.properties -o json";

/// Arguments of `kr context doctor`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DoctorArgs {
    /// Name of the context [default: the one in use]
    name: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Broker {
    address: String,
    /// The node's id; null for a bootstrap address that no broker calls its own.
    node: Option<i32>,
    /// `bootstrap` or `advertised`.
    named_by: String,
    steps: Vec<StepRow>,
    /// The chain of certificates as shown, the broker's own first; empty without TLS.
    certificates: Vec<CertificateRow>,
    /// What is wrong, in words.
    findings: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct StepRow {
    /// `dns`, `tcp`, `tls`, `sasl`, `api-versions` or `metadata`.
    step: String,
    ok: bool,
    took_ms: u64,
    /// What was found, or why it failed.
    detail: String,
    /// What to do about a failure.
    hint: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct CertificateRow {
    subject: String,
    issuer: String,
    /// Hosts it is for.
    names: Vec<String>,
    /// First day, UTC.
    valid_from: String,
    /// Last day, UTC.
    valid_until: String,
    /// Days until it ends; negative when it has ended.
    days_left: i64,
}

impl CertificateRow {
    fn of(view: CertificateView, now: i64) -> Self {
        let days_left = (view.validity.1 - now).div_euclid(24 * 3600);
        let CertificateView { subject, issuer, names, valid_from, valid_until, .. } = view;
        Self { subject, issuer, names, valid_from, valid_until, days_left }
    }
}

impl Item for Broker {
    const KIND: &'static str = "kr.context.doctor/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["ADDRESS", "NODE", "NAMED BY", "STEP", "RESULT", "MS", "DETAIL"]);
        for broker in items {
            for step in &broker.steps {
                let result = if step.ok {
                    Cell::text("ok").styled(Style::Good)
                } else {
                    Cell::text("failed").styled(Style::Bad)
                };
                table.row([
                    Cell::text(&broker.address),
                    Cell::maybe(broker.node),
                    Cell::text(&broker.named_by),
                    Cell::text(&step.step),
                    result,
                    Cell::number(step.took_ms),
                    Cell::text(&step.detail),
                ]);
            }
        }
        page.table_or(&table, "no brokers");
        write_certificates(items, page);
        let found: Vec<&String> = items.iter().flat_map(|broker| &broker.findings).collect();
        page.gap();
        if found.is_empty() {
            page.line("nothing is wrong");
        }
        for finding in found {
            page.line(&format!("finding: {finding}"));
        }
    }

    fn name(&self) -> String {
        self.address.clone()
    }
}

published!(Broker, "context doctor");

/// Each chain once: brokers of a cluster often share theirs.
fn write_certificates(items: &[Broker], page: &mut Page) {
    let mut table = Table::new(["CERTIFICATE", "ISSUER", "FOR", "VALID UNTIL", "DAYS LEFT"]);
    let mut seen = BTreeMap::new();
    for row in items.iter().flat_map(|broker| &broker.certificates) {
        let key = (&row.subject, &row.issuer, &row.names, &row.valid_until);
        if seen.insert(key, ()).is_none() {
            table.row([
                Cell::text(&row.subject),
                Cell::text(&row.issuer),
                Cell::text(if row.names.is_empty() { "-".to_owned() } else { row.names.join(", ") }),
                Cell::text(&row.valid_until),
                Cell::number(row.days_left),
            ]);
        }
    }
    if !table.is_empty() {
        page.gap();
        page.table(&table);
    }
}

/// Examines the connection to every broker.
pub async fn run(args: &DoctorArgs, context: &mut Context) -> Result<Exit, CliError> {
    super::choose(args.name.as_deref(), context)?;
    let options = context.client_options()?;
    let named: Vec<(Address, Option<i32>)> = options.bootstrap.iter().map(|a| (a.clone(), None)).collect();
    let probes = all(named, &options).await;
    let (advertised, cluster_ids) = cluster_of(&probes);
    let mut rows: Vec<Broker> = Vec::new();
    let asked: Vec<Address> = probes.iter().map(|(address, _, _)| address.clone()).collect();
    for (address, _, probe) in probes {
        let node = advertised.iter().find(|(_, known)| **known == address).map(|(id, _)| *id);
        rows.push(row(&address, node, "bootstrap", probe));
    }
    let others = advertised.into_iter().filter(|(_, address)| !asked.contains(address));
    let others = others.take(MAX_BROKERS).map(|(id, address)| (address, Some(id))).collect();
    for (address, node, probe) in all(others, &options).await {
        let mut row = row(&address, node, "advertised", probe);
        if let Some(finding) = row.findings.first_mut() {
            finding.push_str("; the cluster names this address, so that every client needs it");
        }
        rows.push(row);
    }
    if cluster_ids.len() > 1
        && let Some(first) = rows.first_mut()
    {
        first
            .findings
            .push(format!("the bootstrap servers are of different clusters: {}", cluster_ids.join(", ")));
    }
    let is_sick = rows.iter().any(|row| !row.findings.is_empty());
    let hints: Vec<String> = rows
        .iter()
        .flat_map(|row| row.steps.iter().filter_map(|step| step.hint.clone()))
        .fold(Vec::new(), |mut hints, hint| {
            if !hints.contains(&hint) {
                hints.push(hint);
            }
            hints
        });
    let exit = context.show(args.output.output, &Report::of(rows))?;
    for hint in hints {
        context.warn(&format!("hint: {hint}"));
    }
    Ok(if is_sick { Exit::CONDITION } else { exit })
}

type Probed = (Address, Option<i32>, Probe);

/// Probes all at once; the answers are in the order of the question.
async fn all(addresses: Vec<(Address, Option<i32>)>, options: &Options) -> Vec<Probed> {
    let mut tasks = JoinSet::new();
    for (index, (address, node)) in addresses.into_iter().enumerate() {
        let options = options.clone();
        tasks.spawn(async move {
            let found = probe(&address, &options).await;
            (index, (address, node, found))
        });
    }
    let mut done: Vec<(usize, Probed)> = tasks.join_all().await;
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, probed)| probed).collect()
}

/// Who is in the cluster as the brokers say, and the ids of the clusters they are of.
fn cluster_of(probes: &[Probed]) -> (BTreeMap<i32, Address>, Vec<String>) {
    let mut advertised = BTreeMap::new();
    let mut ids = Vec::new();
    for cluster in probes.iter().filter_map(|(_, _, probe)| probe.cluster.as_ref()) {
        advertised.extend(cluster.brokers().map(|broker| (broker.id.0, broker.address.clone())));
        let id = cluster.cluster_id.clone();
        ids.extend(id.filter(|id| !ids.contains(id)));
    }
    (advertised, ids)
}

fn row(address: &Address, node: Option<i32>, named_by: &str, probe: Probe) -> Broker {
    let now = Timestamp::now().as_second();
    let mut findings = Vec::new();
    if let Some((step, error)) = probe.failure() {
        findings.push(format!("{address}: {} failed: {}", step.name(), with_causes(error)));
    }
    let TlsView { chain, .. } = probe.tls.unwrap_or(TlsView {
        version: String::new(),
        cipher_suite: String::new(),
        chain: Vec::new(),
    });
    let certificates: Vec<CertificateRow> =
        chain.into_iter().map(|view| CertificateRow::of(view, now)).collect();
    for row in certificates.iter().filter(|row| row.days_left < EXPIRY_DAYS) {
        let when = &row.valid_until;
        findings.push(format!("{address}: certificate \"{}\" is valid until {when} only", row.subject));
    }
    let steps = probe.steps.into_iter().map(|taken| {
        let (ok, detail, hint) = match &taken.outcome {
            Ok(detail) => (true, detail.clone(), None),
            Err(error) => (false, with_causes(error), hint(taken.step, error)),
        };
        let took_ms = u64::try_from(taken.took.as_millis()).unwrap_or(u64::MAX);
        StepRow { step: taken.step.name().to_owned(), ok, took_ms, detail, hint }
    });
    Broker {
        address: address.to_string(),
        node,
        named_by: named_by.to_owned(),
        steps: steps.collect(),
        certificates,
        findings,
    }
}

fn hint(step: Step, error: &kr_client::Error) -> Option<String> {
    let general = match step {
        Step::Resolve => {
            Some("the name is not known here: check bootstrap.servers, or advertised.listeners of the broker")
        }
        Step::Tcp => {
            Some("nothing accepts there: check the port, firewalls, and advertised.listeners of the broker")
        }
        _ => None,
    };
    error.hint().or(general).map(str::to_owned)
}
