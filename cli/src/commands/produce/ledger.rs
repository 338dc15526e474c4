//! What became of the records: where they are, and which failed and why.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use kr_client::ErrorCode;
use kr_client::produce::{Ack, Delivery};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Kind;
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

/// Failures that are listed; the rest is counted.
const LISTED_FAILURES: usize = 10;

/// What was written to a partition.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Written {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// How many records.
    pub records: u64,
    /// Offset of the first; null when the broker did not say.
    pub first_offset: Option<i64>,
    /// Offset of the last; null when the broker did not say.
    pub last_offset: Option<i64>,
}

impl Item for Written {
    const KIND: &'static str = "kr.produce/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["TOPIC", "PARTITION", "RECORDS", "FIRST", "LAST"]);
        for row in items {
            table.row([
                Cell::text(&row.topic),
                Cell::number(row.partition),
                Cell::number(row.records),
                Cell::maybe(row.first_offset),
                Cell::maybe(row.last_offset),
            ]);
        }
        page.table_or(&table, "no records");
    }

    fn name(&self) -> String {
        format!("{}-{}", self.topic, self.partition)
    }
}

published!(Written, "produce");

/// Where a record came from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// `line` or `record`.
    pub unit: &'static str,
    /// Its number.
    pub number: u64,
    /// The file, if there are files.
    pub file: Option<String>,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file} ")?;
        }
        write!(f, "{} {}", self.unit, self.number)
    }
}

struct Open {
    origin: Origin,
    topic: Arc<str>,
    size: usize,
    delivery: Delivery,
}

/// What became of the records.
#[derive(Default)]
pub struct Ledger {
    open: VecDeque<Open>,
    written: BTreeMap<(Arc<str>, i32), Written>,
    failures: Vec<Failure>,
    failed: u64,
    /// Of these, how many the cluster did not take.
    rejected: u64,
    /// How many were given up before they were sent.
    abandoned: u64,
    /// Topics that refused a record for its size.
    pub too_large: Vec<Arc<str>>,
}

impl Ledger {
    /// Notes a record that is on its way.
    pub fn enter(&mut self, origin: Origin, topic: Arc<str>, size: usize, delivery: Delivery) {
        self.open.push_back(Open { origin, topic, size, delivery });
    }

    /// Waits until at most `most` records have no outcome yet.
    pub async fn settle(&mut self, most: usize) {
        while self.open.len() > most {
            let Some(open) = self.open.pop_front() else { return };
            match open.delivery.await {
                Ok(ack) => self.count(open.topic, ack),
                Err(error) if matches!(*error, kr_client::Error::Closed(_)) => self.abandoned += 1,
                Err(error) => self.fail_one(&open.origin, &open.topic, open.size, &error),
            }
        }
    }

    fn fail_one(&mut self, origin: &Origin, topic: &Arc<str>, size: usize, error: &kr_client::Error) {
        self.rejected += 1;
        let failure = Failure::of(origin.to_string(), error);
        let message = match error.code() {
            Some(ErrorCode::MESSAGE_TOO_LARGE | ErrorCode::RECORD_LIST_TOO_LARGE) => {
                if !self.too_large.contains(topic) {
                    self.too_large.push(Arc::clone(topic));
                }
                format!("{origin}: a record of {size} bytes is larger than topic \"{topic}\" takes")
            }
            _ => format!("{origin}: {}", failure.message),
        };
        self.fail(Failure { message, ..failure });
    }

    /// Notes a record that was not written.
    pub fn fail(&mut self, failure: Failure) {
        self.failed += 1;
        if self.failures.len() < LISTED_FAILURES {
            self.failures.push(failure);
        }
    }

    /// Attaches what to do to the failures that are of a kind.
    pub fn hint(&mut self, name: &str, hint: &str) {
        for failure in self.failures.iter_mut().filter(|failure| failure.name == name) {
            failure.hint = Some(hint.to_owned());
        }
    }

    fn count(&mut self, topic: Arc<str>, ack: Ack) {
        let partition = ack.partition.0;
        let written = self.written.entry((Arc::clone(&topic), partition)).or_insert_with(|| Written {
            topic: topic.to_string(),
            partition,
            ..Written::default()
        });
        written.records += 1;
        let offset = ack.offset.map(|offset| offset.0);
        written.first_offset = written.first_offset.or(offset);
        written.last_offset = offset.or(written.last_offset);
    }

    /// How many records were acknowledged.
    pub fn records(&self) -> u64 {
        self.written.values().map(|written| written.records).sum()
    }

    /// Whether anything has failed.
    pub fn has_failures(&self) -> bool {
        self.failed > 0
    }

    /// Whether so much has failed that going on helps nobody.
    pub fn is_hopeless(&self) -> bool {
        self.rejected > 0 && self.written.is_empty()
    }

    /// How many were given up before they were sent.
    pub fn abandoned(&self) -> u64 {
        self.abandoned
    }

    /// Nothing counts as written: the transaction was aborted.
    pub fn forget_written(&mut self) {
        self.written.clear();
    }

    /// All of it.
    pub fn into_report(self) -> Report<Written> {
        let mut failures = self.failures;
        let listed = u64::try_from(failures.len()).unwrap_or(u64::MAX);
        if self.failed > listed {
            let message = format!("{} more records were not written", self.failed - listed);
            let (code, name, target) = (None, "MORE".to_owned(), String::new());
            let kind = failures.first().map_or(Kind::Failed, |failure| failure.kind);
            failures.push(Failure { code, name, message, target, hint: None, kind });
        }
        Report { items: self.written.into_values().collect(), failures, applied: None }
    }
}
