//! "Did you mean": names that are close to one that a cluster or the configuration does not have.
//!
//! Asks the cluster once, for a moment, after the command has failed; says nothing when that does not work. Mistyped
//! commands and options are clap's.

use std::error::Error as StdError;
use std::time::Duration;

use kr_wire::error_code::ErrorCode;

use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::Failure;

/// How long a proposal may take.
const BUDGET: Duration = Duration::from_secs(1);
/// From 0 (nothing in common) to 1 (the same): less than this is no proposal.
const LEAST_LIKENESS: f64 = 0.6;
/// A failed command names at most this many proposals.
const PROPOSALS_MAX: usize = 3;

/// A name that the cluster does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    /// Of a topic.
    Topic(String),
    /// Of a group.
    Group(String),
}

impl Unknown {
    /// What a failed target says, when it says that.
    pub(crate) fn of(failure: &Failure) -> Option<Self> {
        Self::from_code(ErrorCode(failure.code?), &failure.message)
    }

    fn from_code(code: ErrorCode, message: &str) -> Option<Self> {
        match code {
            ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => quoted(message, "topic").map(Self::Topic),
            ErrorCode::GROUP_ID_NOT_FOUND => quoted(message, "group").map(Self::Group),
            _ => None,
        }
    }

    fn of_error(error: &CliError) -> Option<Self> {
        let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<kr_client::Error>() {
                return Self::from_code(error.code()?, &error.to_string());
            }
            cause = error.source();
        }
        None
    }

    fn name(&self) -> &str {
        match self {
            Self::Topic(name) | Self::Group(name) => name,
        }
    }
}

/// The name that a message quotes after a noun: `cannot describe topic "orders"`.
fn quoted(message: &str, noun: &str) -> Option<String> {
    let (_, rest) = message.split_once(&format!("{noun} \""))?;
    let (name, _) = rest.split_once('"')?;
    Some(name.to_owned())
}

/// Adds proposals to what a command ended with: to its error, or on stderr for targets that failed.
pub(crate) async fn names(outcome: Result<Exit, CliError>, context: &mut Context) -> Result<Exit, CliError> {
    let mut unknown = std::mem::take(&mut context.unknown);
    if let Err(error) = &outcome {
        unknown.extend(Unknown::of_error(error));
    }
    unknown.truncate(PROPOSALS_MAX);
    if unknown.is_empty() {
        return outcome;
    }
    let proposals = tokio::time::timeout(BUDGET, proposals(&unknown, context)).await.unwrap_or_default();
    match outcome {
        Err(error) => Err(proposals.into_iter().fold(error, CliError::hint)),
        Ok(exit) => {
            for proposal in proposals {
                context.warn(&format!("hint: {proposal}"));
            }
            Ok(exit)
        }
    }
}

async fn proposals(unknown: &[Unknown], context: &mut Context) -> Vec<String> {
    let Ok(client) = context.client().await else { return Vec::new() };
    let (mut topics, mut groups) = (Vec::new(), Vec::new());
    if unknown.iter().any(|name| matches!(name, Unknown::Topic(_))) {
        let listed = client.list_topics().await.unwrap_or_default();
        topics = listed.into_iter().map(|topic| topic.name).collect();
    }
    if unknown.iter().any(|name| matches!(name, Unknown::Group(_))) {
        let listed = client.list_groups().await.map(|(groups, _)| groups).unwrap_or_default();
        groups = listed.into_iter().map(|group| group.id).collect();
    }
    let propose = |unknown: &Unknown| {
        let known: &[String] = if matches!(unknown, Unknown::Topic(_)) { &topics } else { &groups };
        let near = nearest(unknown.name(), known.iter().map(String::as_str))?;
        Some(format!("did you mean \"{near}\"?"))
    };
    unknown.iter().filter_map(propose).collect()
}

/// Adds a proposal to a complaint about a context that the configuration does not have.
pub(crate) fn context_name(error: CliError, known: &[String]) -> CliError {
    let near = quoted(&error.message, "context")
        .filter(|_| error.kind == Kind::Config)
        .and_then(|name| nearest(&name, known.iter().map(String::as_str)).map(str::to_owned));
    match near {
        Some(near) => error.hint(format!("did you mean \"{near}\"?")),
        None => error,
    }
}

/// The known name that is most like this one, if any is like it at all.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |known: &str| {
        let (own, other) = (name.to_lowercase(), known.to_lowercase());
        strsim::normalized_damerau_levenshtein(&own, &other)
    };
    let scored = known.filter(|known| *known != name).map(|known| (likeness(known), known));
    let best = scored.max_by(|(a, a_name), (b, b_name)| a.total_cmp(b).then_with(|| b_name.cmp(a_name)))?;
    (best.0 >= LEAST_LIKENESS).then_some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_proposed_and_strange_ones_are_not() {
        let known = ["orders", "orders-dlq", "payments", "__consumer_offsets"];
        for (typed, proposed) in [
            ("ordesr", Some("orders")),
            ("Orders", Some("orders")),
            ("order-dlq", Some("orders-dlq")),
            ("paymnets", Some("payments")),
            ("clicks", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known.into_iter()), proposed, "{typed}");
        }
    }

    #[test]
    fn the_name_is_taken_from_the_message() {
        assert_eq!(quoted("cannot describe topic \"orders\": gone", "topic"), Some("orders".to_owned()));
        assert_eq!(quoted("cannot describe the cluster", "topic"), None);
    }
}
