//! The command tree as it is parsed, completed and documented: the derived one with what all commands of a kind
//! have in common.

use clap::builder::StyledStr;
use clap::{Command, CommandFactory};

use crate::args::Cli;
use crate::watch;

/// The whole tree.
pub fn command() -> Command {
    finish(Cli::command(), &mut Vec::new())
}

/// A command without subcommands, and how it is typed: `topic list`.
#[derive(Debug)]
pub struct Leaf<'a> {
    /// The words after `kr`.
    pub path: String,
    /// The command.
    pub command: &'a Command,
    /// Whether help and completion leave it out.
    pub is_hidden: bool,
}

/// All commands that do something, in the order of the help.
pub fn leaves(root: &Command) -> Vec<Leaf<'_>> {
    fn visit<'a>(command: &'a Command, path: &mut Vec<&'a str>, is_hidden: bool, found: &mut Vec<Leaf<'a>>) {
        if !command.has_subcommands() {
            found.push(Leaf { path: path.join(" "), command, is_hidden });
        }
        for inner in command.get_subcommands() {
            path.push(inner.get_name());
            visit(inner, path, is_hidden || inner.is_hide_set(), found);
            path.pop();
        }
    }
    let mut found = Vec::new();
    visit(root, &mut Vec::new(), false, &mut found);
    found
}

/// Adds `--watch` where it makes sense, and lays examples out like the rest of the help.
fn finish(command: Command, path: &mut Vec<String>) -> Command {
    let mut command = match command.get_after_help().map(ToString::to_string) {
        Some(text) => command.after_help(titled(&text)),
        None => command,
    };
    if !command.has_subcommands() {
        let is_watchable = watch::suits(path, &command);
        return if is_watchable { command.arg(watch::arg()) } else { command };
    }
    command = command.mut_subcommands(|inner| {
        path.push(inner.get_name().to_owned());
        let finished = finish(inner, path);
        path.pop();
        finished
    });
    command
}

/// Underlines titles such as `Examples:`, as clap does with its own.
fn titled(text: &str) -> StyledStr {
    let styles = clap::builder::Styles::styled();
    let header = styles.get_header();
    let line = |line: &str| {
        let is_title = line.ends_with(':') && !line.starts_with(' ');
        if is_title { format!("{header}{line}{header:#}") } else { line.to_owned() }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn lists_and_descriptions_can_be_watched_and_changes_cannot() {
        let root = command();
        let watched: Vec<String> = leaves(&root)
            .into_iter()
            .filter(|leaf| leaf.command.get_arguments().any(|arg| arg.get_id() == watch::ID))
            .map(|leaf| leaf.path)
            .collect();
        for path in ["topic list", "topic describe", "group describe", "quorum status", "dev status"] {
            assert!(watched.iter().any(|watched| watched == path), "{path} not in {watched:?}");
        }
        for path in
            ["topic create", "topic delete", "produce", "dev up", "dev down", "dev kill", "context use"]
        {
            assert!(!watched.iter().any(|watched| watched == path), "{path} in {watched:?}");
        }
    }
}
