//! The command tree as it is parsed, completed and documented: the derived one with what all commands of a kind
//! have in common.

use clap::builder::StyledStr;
use clap::{Arg, Command, CommandFactory};

use crate::args::{Cli, GLOBAL};
use crate::output::form::HEADING as OUTPUT;
use crate::watch;

/// The tree as it is parsed and helped with: `-h` shows less than `--help`.
pub fn command() -> Command {
    shorten(full())
}

/// The tree with all help there is, from which pages are made.
pub fn full() -> Command {
    finish(with_other_names_of_context(Cli::command()), &mut Vec::new())
}

/// What `--context` is called elsewhere (rpk and kcl, kaf); taken where a command has no option of that name.
const OTHER_NAMES: [&str; 2] = ["profile", "cluster"];

fn with_other_names_of_context(root: Command) -> Command {
    let context = root.get_arguments().find(|arg| arg.get_id() == "context").cloned();
    let Some(context) = context else { return root };
    let root = root.mut_arg("context", |arg| arg.aliases(OTHER_NAMES));
    root.mut_subcommands(|inner| keep_own_names(inner, &context))
}

/// Gives a command with an option of such a name a `--context` of its own without that name.
fn keep_own_names(command: Command, context: &Arg) -> Command {
    let is_own = |name: &&str| {
        command.get_arguments().any(|arg| {
            let aliases = arg.get_all_aliases().unwrap_or_default();
            arg.get_long() == Some(*name) || aliases.contains(name)
        })
    };
    let (own, free): (Vec<&str>, Vec<&str>) = OTHER_NAMES.into_iter().partition(is_own);
    let command = if own.is_empty() { command } else { command.arg(context.clone().aliases(free)) };
    command.mut_subcommands(|inner| keep_own_names(inner, context))
}

/// Leaves what is rarely needed to `--help`.
fn shorten(command: Command) -> Command {
    let command = command.mut_args(|arg| if is_rare(&arg) { arg.hide_short_help(true) } else { arg });
    command.mut_subcommands(shorten)
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

/// Whether `-h` leaves an option to `--help`: those that every command takes, but for the best known.
fn is_rare(arg: &Arg) -> bool {
    let is_shared = matches!(arg.get_help_heading(), Some(GLOBAL | OUTPUT));
    is_shared && !matches!(arg.get_short(), Some('b' | 'c' | 'o' | 'w'))
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
    use clap::FromArgMatches;

    use super::*;

    #[test]
    fn the_tree_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn context_has_the_names_of_other_tools_unless_a_command_has_them_itself() {
        let parse = |args: &[&str]| {
            let matches = command().try_get_matches_from([&["kr"], args].concat()).expect("it is a command");
            Cli::from_arg_matches(&matches).expect("it is a command").global.context
        };
        for args in [
            &["--profile", "prod", "topic", "list"][..],
            &["topic", "list", "--cluster", "prod"],
            &["dev", "up", "--profile", "real", "--context", "prod"],
            &["dev", "up", "--profile", "real", "--cluster", "prod"],
        ] {
            assert_eq!(parse(args).as_deref(), Some("prod"), "{args:?}");
        }
        assert_eq!(parse(&["dev", "up", "--profile", "real"]), None);
    }

    #[test]
    fn short_help_is_short_and_long_help_has_everything() {
        let help = |flag: &str| {
            let args = ["kr", "topic", "list", flag];
            command().try_get_matches_from(args).expect_err("help is no command").to_string()
        };
        let (short, long) = (help("-h"), help("--help"));
        for option in ["--output", "--bootstrap-server", "Examples:"] {
            assert!(short.contains(option) && long.contains(option), "{option}");
        }
        for option in ["--output-schema", "--command-config", "--no-color"] {
            assert!(!short.contains(option) && long.contains(option), "{option}");
        }
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
