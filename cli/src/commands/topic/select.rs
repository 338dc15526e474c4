//! Which topics a command is about: literal names, or patterns that are asked for in so many words.
//!
//! A name is never taken for a pattern by itself: `.` is common in topics and stands for any character in a
//! regular expression. Expressions match whole names, and what a pattern matched is said before it is used.

use clap::Args;
use kr_client::cluster_view::Topic;
use kr_client::{Client, Error, ErrorCode};
use kr_wire::ids::{TopicId, parse_uuid_text};
use regex::{Regex, RegexBuilder};

use crate::commands::names::TopicNames;
use crate::context::Context;
use crate::error::{CliError, Kind};

/// Bytes that a compiled expression may take: enough for any name, and no way to fill the memory.
const REGEX_MAX_BYTES: usize = 1 << 20;

/// Names said at once when a pattern matched many.
const NAMES_SAID: usize = 20;

/// How a name on the command line selects topics.
#[derive(Clone, Debug)]
pub enum NamePattern {
    /// The topic of this name.
    Literal(String),
    /// Names that begin so.
    Prefix(String),
    /// Names that match as a whole.
    Regex(Regex),
}

impl NamePattern {
    /// Reads a name as a literal, or as what the flags say.
    pub fn read(text: &str, is_regex: bool, is_prefix: bool) -> Result<Self, CliError> {
        if is_prefix {
            return Ok(Self::Prefix(text.to_owned()));
        }
        if !is_regex {
            return Ok(Self::Literal(text.to_owned()));
        }
        let anchored = format!("^(?:{text})$");
        let regex = RegexBuilder::new(&anchored).size_limit(REGEX_MAX_BYTES).build();
        regex.map(Self::Regex).map_err(|error| {
            CliError::usage(format!("\"{text}\" is not a regular expression")).caused_by(error)
        })
    }

    /// Whether a topic is selected.
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Literal(literal) => literal == name,
            Self::Prefix(prefix) => name.starts_with(prefix),
            Self::Regex(regex) => regex.is_match(name),
        }
    }

    /// Whether a topic is named in full, which also finds what lists hide.
    pub fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }
}

/// Topics by name, by pattern or by id.
#[derive(Clone, Debug, Default, Args)]
pub struct TopicSelection {
    #[command(flatten)]
    names: TopicNames,
    /// Take names as regular expressions that match whole names
    #[arg(long, conflicts_with = "prefix")]
    regex: bool,
    /// Take names as the beginning of names
    #[arg(long)]
    prefix: bool,
}

/// Topics that were selected, or why one was not found.
pub type Selected = Vec<(String, Result<Topic, Error>)>;

impl TopicSelection {
    /// Names that a command has taken apart itself.
    pub fn of(names: Vec<String>, regex: bool, prefix: bool) -> Self {
        Self { names: TopicNames::of(names), regex, prefix }
    }

    /// Literal names.
    pub fn named(names: TopicNames) -> Self {
        Self { names, regex: false, prefix: false }
    }

    /// Finds the topics. Patterns leave Kafka's own topics out unless `with_internal`; names find them.
    pub async fn find(&self, context: &mut Context, with_internal: bool) -> Result<Selected, CliError> {
        let names = self.names.read(context)?;
        let client = context.client().await?;
        if !self.regex && !self.prefix {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            return Ok(client.describe_topics(&names).await?);
        }
        let patterns = names
            .iter()
            .map(|name| NamePattern::read(name, self.regex, self.prefix))
            .collect::<Result<Vec<_>, _>>()?;
        let mut topics = client.list_topics().await?;
        let matches = |topic: &Topic| patterns.iter().any(|pattern| pattern.matches(&topic.name));
        topics.retain(|topic| matches(topic) && (with_internal || !topic.is_internal));
        say_matched(context, &topics);
        Ok(topics.into_iter().map(|topic| (topic.name.clone(), Ok(topic))).collect())
    }

    /// Whether nothing was named.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether what is named are patterns.
    pub fn is_pattern(&self) -> bool {
        self.regex || self.prefix
    }
}

/// Says what a pattern matched.
fn say_matched(context: &mut Context, topics: &[Topic]) {
    let mut names: Vec<&str> = topics.iter().take(NAMES_SAID).map(|topic| topic.name.as_str()).collect();
    let more = format!("and {} more", topics.len().saturating_sub(NAMES_SAID));
    if topics.len() > NAMES_SAID {
        names.push(&more);
    }
    let line = match topics.len() {
        0 => "matched no topics".to_owned(),
        1 => format!("matched 1 topic: {}", names.join(", ")),
        count => format!("matched {count} topics: {}", names.join(", ")),
    };
    context.note(&line);
}

/// Names of the topics with these ids.
///
/// Errors: usage for what is no id; the cluster's for an id nobody has.
pub async fn names_of_ids(
    client: &Client,
    ids: &[String],
) -> Result<Vec<(String, Result<String, Error>)>, CliError> {
    let read = |text: &String| {
        parse_uuid_text(text).map(TopicId).ok_or_else(|| {
            CliError::usage(format!("\"{text}\" is not the id of a topic"))
                .hint("an id has 22 characters; `kr topic describe` shows it")
        })
    };
    let read = ids.iter().map(read).collect::<Result<Vec<TopicId>, _>>()?;
    let found = client.topic_names(&read).await?;
    Ok(found.into_iter().map(|(id, name)| (id.to_string(), name)).collect())
}

/// Refuses to change a topic that Kafka keeps for itself.
pub fn refuse_internal(topic: &Topic, what_is_lost: &str) -> Result<(), CliError> {
    if !topic.is_internal {
        return Ok(());
    }
    let message = format!("\"{}\" is a topic of Kafka itself", topic.name);
    Err(CliError::new(Kind::Refused, message)
        .hint(format!("{what_is_lost}; --include-internal does it all the same")))
}

/// Whether an error says that there is no such topic.
pub fn is_unknown(error: &Error) -> bool {
    matches!(error.code(), Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::UNKNOWN_TOPIC_ID))
}

/// `1 topic`, `3 topics`.
pub fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regular_expression_matches_whole_names_only() {
        let pattern = NamePattern::read("orders|pay", true, false).unwrap();
        assert!(pattern.matches("orders") && pattern.matches("pay"));
        assert!(!pattern.matches("orders-dlq") && !pattern.matches("my-pay"));
    }

    #[test]
    fn a_name_is_no_pattern() {
        let pattern = NamePattern::read("a.c", false, false).unwrap();
        assert!(pattern.matches("a.c") && !pattern.matches("abc"));
        assert!(NamePattern::read("a(", false, false).is_ok());
        assert_eq!(NamePattern::read("a(", true, false).unwrap_err().kind, Kind::Usage);
        assert!(NamePattern::read("(a{1000}){1000}", true, false).is_err());
    }
}
