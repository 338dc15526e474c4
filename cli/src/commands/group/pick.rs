//! Which groups a command is about: by name, by pattern, or all of them.

use clap::Args;
use kr_client::Client;
use kr_client::admin::GroupListing;
use regex::Regex;

use crate::commands::names::GroupNames;
use crate::context::Context;
use crate::error::CliError;

/// Groups by name or pattern.
#[derive(Clone, Debug, Default, Args)]
pub struct GroupPick {
    #[command(flatten)]
    pub names: GroupNames,
    /// Take GROUP as regular expressions for whole names
    #[arg(long, conflicts_with = "prefix")]
    regex: bool,
    /// Take GROUP as beginnings of names
    #[arg(long)]
    prefix: bool,
    /// All groups there are
    #[arg(long, conflicts_with_all = ["regex", "prefix", "names", "groups"])]
    all_groups: bool,
}

/// How names are compared.
pub enum Pattern {
    /// Any of these, as they are.
    Exact(Vec<String>),
    /// Any that begins like one of these.
    Prefix(Vec<String>),
    /// Any that one of these matches as a whole.
    Regex(Vec<Regex>),
    /// Any.
    All,
}

impl Pattern {
    /// Reads patterns; `regex` and `prefix` say what they are.
    pub fn of(texts: Vec<String>, regex: bool, prefix: bool) -> Result<Self, CliError> {
        if !regex {
            return Ok(if prefix { Self::Prefix(texts) } else { Self::Exact(texts) });
        }
        let whole = |text: &String| {
            Regex::new(&format!("^(?:{text})$")).map_err(|error| {
                CliError::usage(format!("\"{text}\" is no regular expression")).caused_by(error)
            })
        };
        texts.iter().map(whole).collect::<Result<_, _>>().map(Self::Regex)
    }

    /// Whether a name is meant.
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Exact(names) => names.iter().any(|wanted| wanted == name),
            Self::Prefix(beginnings) => beginnings.iter().any(|beginning| name.starts_with(beginning)),
            Self::Regex(patterns) => patterns.iter().any(|pattern| pattern.is_match(name)),
            Self::All => true,
        }
    }
}

impl GroupPick {
    /// Only these names.
    pub fn of(names: GroupNames) -> Self {
        Self { names, ..Self::default() }
    }

    /// Whether more than one group may be meant.
    pub fn is_many(&self) -> bool {
        self.is_pattern() || self.names.count() > 1
    }

    /// Whether groups are meant that nobody has named.
    pub fn is_pattern(&self) -> bool {
        self.regex || self.prefix || self.all_groups
    }

    /// What is meant, without having asked the cluster.
    pub fn pattern(&self, context: &mut Context) -> Result<Pattern, CliError> {
        if self.all_groups {
            return Ok(Pattern::All);
        }
        Pattern::of(self.names.read(context)?, self.regex, self.prefix)
    }

    /// The names that are meant: as given, or of the groups there are that match.
    ///
    /// Errors: a broker that could not be asked, because groups would be missed.
    pub async fn read(&self, context: &mut Context) -> Result<Vec<String>, CliError> {
        match self.pattern(context)? {
            Pattern::Exact(names) => Ok(names),
            pattern => {
                let client = context.client().await?;
                let mut listed = listed(&client).await?;
                listed.retain(|group| pattern.matches(&group.id));
                Ok(listed.into_iter().map(|group| group.id).collect())
            }
        }
    }
}

/// All groups of consumers; an error if one broker does not answer.
async fn listed(client: &Client) -> Result<Vec<GroupListing>, CliError> {
    let (groups, failed) = client.list_groups().await?;
    match failed.into_iter().next() {
        Some((_, error)) => Err(error.into()),
        None => Ok(groups),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_expressions_match_whole_names() {
        let pattern = Pattern::of(vec!["a|b.".to_owned()], true, false).unwrap();
        let matched: Vec<&str> =
            ["a", "bc", "ab", "xbc", "b"].into_iter().filter(|name| pattern.matches(name)).collect();
        assert_eq!(matched, ["a", "bc"]);
        assert!(Pattern::of(vec!["(".to_owned()], true, false).is_err());
    }

    #[test]
    fn names_are_literal_unless_said_otherwise() {
        let pattern = Pattern::of(vec!["a.".to_owned()], false, false).unwrap();
        assert!(pattern.matches("a.") && !pattern.matches("ab"));
        let pattern = Pattern::of(vec!["a.".to_owned()], false, true).unwrap();
        assert!(pattern.matches("a.b") && !pattern.matches("ab"));
    }
}
