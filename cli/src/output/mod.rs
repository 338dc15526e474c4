//! From what a command found to what is printed: tables for people, documents and lines for programs.
//!
//! A command builds a [`Report`] of [`Item`]s; nothing else writes data to stdout but the record streams
//! of `produce` and `consume`. Text is escaped here, so no command can forget it.

mod arrange;
pub mod escape;
mod fields;
pub mod form;
pub mod json;
pub mod page;
pub mod progress;
pub(crate) mod show;
pub mod style;
pub mod table;
mod yaml;

use kr_wire::error_code::ErrorCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Exit, Kind};

pub use form::{Format, OutputArgs, View};
pub use page::Page;
pub use progress::Progress;
pub use style::Style;
pub use table::{Cell, Table};

/// A thing a command lists, describes or changed.
pub trait Item: Serialize + JsonSchema {
    /// Names the shape of the JSON document, with its version: `kr.topic.list/v1`.
    const KIND: &'static str;

    /// Writes all items for people.
    fn write(items: &[Self], page: &mut Page)
    where
        Self: Sized;

    /// What `-o name` prints.
    fn name(&self) -> String;
}

/// One target that failed while others may have succeeded.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Failure {
    /// Number of Kafka's error; null when the failure is not one of Kafka's.
    pub code: Option<i16>,
    /// Name of Kafka's error, such as `TOPIC_ALREADY_EXISTS`.
    pub name: String,
    /// What happened to what, and why.
    pub message: String,
    /// The name of the target.
    pub target: String,
    /// What to do about it; printed on stderr, not part of the document.
    #[serde(skip)]
    pub hint: Option<String>,
    /// The exit code if all there is to say is failures of this kind.
    #[serde(skip)]
    pub kind: Kind,
}

impl Failure {
    /// A failure of the client's on one target.
    pub fn of(target: impl Into<String>, error: &kr_client::Error) -> Self {
        let code = error.code();
        let name = match (code, error) {
            (Some(code), _) => code.name(),
            // The client saw it before the broker could say so.
            (None, kr_client::Error::Unsupported { .. }) => ErrorCode::UNSUPPORTED_VERSION.name(),
            (None, _) => error.fault().name(),
        };
        Self {
            code: code.map(|code| code.0),
            name: name.to_owned(),
            message: crate::error::with_causes(error),
            target: target.into(),
            hint: error.hint().map(str::to_owned),
            kind: error.fault().into(),
        }
    }
}

/// What a command found or did.
#[derive(Debug)]
pub struct Report<T> {
    /// The things found or changed.
    pub items: Vec<T>,
    /// The targets that failed.
    pub failures: Vec<Failure>,
    /// For a change: whether it was made, or only tried (`--dry-run`).
    pub applied: Option<bool>,
}

impl<T> Report<T> {
    /// The exit code: 1 when some items failed; the code of the failures' kind when all did in the same way.
    pub fn exit(&self) -> Exit {
        let Some(first) = self.failures.first() else { return Exit::DONE };
        let is_all = self.items.is_empty() && self.failures.iter().all(|failure| failure.kind == first.kind);
        if is_all { first.kind.exit() } else { Exit::FAILED }
    }

    /// A report of what was found.
    pub fn of(items: Vec<T>) -> Self {
        Self { items, failures: Vec::new(), applied: None }
    }
}

impl<T> Default for Report<T> {
    fn default() -> Self {
        Self::of(Vec::new())
    }
}
