//! Names on the command line: positional, by `-t` or `-g`, or lines of standard input for `-`.

use std::io::Read;

use clap::Args;

use crate::context::Context;
use crate::error::CliError;

/// Topics by name.
#[derive(Clone, Debug, Default, Args)]
pub struct TopicNames {
    /// Names of topics; `-` reads them from standard input
    #[arg(value_name = "TOPIC")]
    names: Vec<String>,
    /// The same
    #[arg(short = 't', long = "topic", value_name = "TOPIC", hide = true)]
    topics: Vec<String>,
}

impl TopicNames {
    /// Names that were given in another way.
    pub fn of(names: Vec<String>) -> Self {
        Self { names, topics: Vec::new() }
    }

    /// All names, each once, in the order in which they were given.
    pub fn read(&self, context: &mut Context) -> Result<Vec<String>, CliError> {
        read(self.names.iter().chain(&self.topics), "topic", context)
    }

    /// Whether none was given.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.topics.is_empty()
    }
}

/// Groups by name.
#[derive(Clone, Debug, Default, Args)]
pub struct GroupNames {
    /// Names of groups; `-` reads them from standard input
    #[arg(value_name = "GROUP")]
    names: Vec<String>,
    /// The same
    #[arg(short = 'g', long = "group", value_name = "GROUP", hide = true)]
    groups: Vec<String>,
}

impl GroupNames {
    /// All names, each once, in the order in which they were given.
    pub fn read(&self, context: &mut Context) -> Result<Vec<String>, CliError> {
        read(self.names.iter().chain(&self.groups), "group", context)
    }

    /// Whether none was given.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.groups.is_empty()
    }

    /// How many were given; one of them may be `-`, which stands for more.
    pub fn count(&self) -> usize {
        self.names.iter().chain(&self.groups).map(|name| if name == "-" { 2 } else { 1 }).sum()
    }
}

fn read<'a>(
    given: impl Iterator<Item = &'a String>,
    noun: &str,
    context: &mut Context,
) -> Result<Vec<String>, CliError> {
    let mut names: Vec<String> = Vec::new();
    for name in given {
        let more = if name == "-" { lines(context)? } else { vec![name.clone()] };
        for name in more {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    if names.is_empty() {
        return Err(CliError::usage(format!("no {noun} is named")));
    }
    Ok(names)
}

fn lines(context: &mut Context) -> Result<Vec<String>, CliError> {
    let text = read_text("-", context)?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// The text of a file, or of standard input for `-`.
pub fn read_text(path: &str, context: &mut Context) -> Result<String, CliError> {
    if path != "-" {
        return std::fs::read_to_string(path)
            .map_err(|error| CliError::usage(format!("cannot read {path}")).caused_by(error));
    }
    let Some(mut stdin) = context.io.stdin.take() else {
        return Err(CliError::usage("standard input can be named only once"));
    };
    let mut text = String::new();
    stdin
        .read_to_string(&mut text)
        .map_err(|error| CliError::failed("cannot read standard input").caused_by(error))?;
    Ok(text)
}
