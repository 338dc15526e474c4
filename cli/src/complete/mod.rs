//! Completion: the scripts that a shell loads, and the answers it asks for.
//!
//! The script calls `kr` with [`VARIABLE`] set to the shell's name and the words typed so far; clap finds what
//! fits, and [`names`] what the cluster and the configuration have. Nothing is ever said on stderr, and an answer
//! from a cluster takes at most [`names::BUDGET`].

mod configs;
mod names;

use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use clap::{ArgMatches, Command, FromArgMatches, ValueEnum};
use clap_complete::env::{EnvCompleter, Shells};
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use crate::args::GlobalArgs;
use crate::environment::Environment;
use crate::error::Exit;
use crate::io::Io;
use crate::tree;

use names::{Kind, Source};

/// Set by the scripts to the name of the shell.
pub const VARIABLE: &str = "KR_COMPLETE";

/// Shells that completion is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU Bash 4.4 or newer
    Bash,
    /// Zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    #[value(alias = "pwsh")]
    Powershell,
    /// Elvish
    Elvish,
    /// Nushell; names from the cluster are not completed there
    #[value(alias = "nu")]
    Nushell,
}

impl Shell {
    /// The name of its file in `completions`, as its shell looks for it.
    pub fn file(self) -> &'static str {
        match self {
            Self::Bash => "kr.bash",
            Self::Zsh => "_kr",
            Self::Fish => "kr.fish",
            Self::Powershell => "kr.ps1",
            Self::Elvish => "kr.elv",
            Self::Nushell => "kr.nu",
        }
    }

    /// The script that makes the shell complete `kr`.
    pub fn script(self) -> Vec<u8> {
        let mut script = Vec::new();
        let name = match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Powershell => "powershell",
            Self::Elvish => "elvish",
            Self::Nushell => {
                let mut command = tree::full();
                clap_complete::generate(clap_complete_nushell::Nushell, &mut command, "kr", &mut script);
                return script;
            }
        };
        let shells = Shells::builtins();
        let completer = shells.completer(name).expect("the shell is built in");
        completer
            .write_registration(VARIABLE, "kr", "kr", "kr", &mut script)
            .expect("a vector takes everything");
        // One newline at the end, whatever the shell's template has.
        let end = script.iter().rposition(|byte| !byte.is_ascii_whitespace()).map_or(0, |last| last + 1);
        script.truncate(end);
        script.push(b'\n');
        script
    }
}

/// Answers a shell that asks what may come next; none when nobody asks.
pub(crate) fn answer(args: &[OsString], environment: &Environment, io: &mut Io) -> Option<Exit> {
    let shells = Shells::builtins();
    let asked = environment.var(VARIABLE)?;
    let words: Vec<OsString> = args.iter().skip_while(|arg| *arg != "--").skip(1).cloned().collect();
    let answer = shells.completer(asked).and_then(|shell| candidates(shell, words, environment));
    // A shell cannot do anything about a failure, and a person typing wants none.
    let _ = answer.map(|answer| io.print(answer).and_then(|()| io.flush()));
    Some(Exit::DONE)
}

fn candidates(shell: &dyn EnvCompleter, words: Vec<OsString>, environment: &Environment) -> Option<Vec<u8>> {
    let source = Arc::new(Source::new(global(&words), environment.clone()));
    let mut command = with_names(tree::command(), &mut Vec::new(), &source);
    command.build();
    let mut answer = Vec::new();
    let directory = std::env::current_dir().ok();
    shell.write_complete(&mut command, words, directory.as_deref(), &mut answer).ok()?;
    Some(answer)
}

/// The options that say which cluster, as far as they are typed.
fn global(words: &[OsString]) -> GlobalArgs {
    let typed = &words[..words.len().saturating_sub(1)];
    let matches: Option<ArgMatches> =
        tree::command().ignore_errors(true).try_get_matches_from(joined(typed)).ok();
    matches.and_then(|matches| GlobalArgs::from_arg_matches(&matches).ok()).unwrap_or_default()
}

/// Bash takes `host:9092` and `key=value` for three words.
fn joined(words: &[OsString]) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    let mut glues = false;
    for word in words {
        let is_glue = word == ":" || word == "=";
        match joined.last_mut() {
            Some(last) if is_glue || glues => last.push(word),
            _ => joined.push(word.clone()),
        }
        glues = is_glue;
    }
    joined
}

/// Lets the arguments that stand for names ask for them.
fn with_names(command: Command, path: &mut Vec<String>, source: &Arc<Source>) -> Command {
    let noun = path.first().cloned().unwrap_or_default();
    let command = command.mut_args(|arg| {
        let value = arg.get_value_names().and_then(|names| names.first()).map(|name| name.to_string());
        let Some(kind) = kind_of(&noun, arg.get_id().as_str(), value.as_deref().unwrap_or_default()) else {
            return arg;
        };
        let source = Arc::clone(source);
        arg.add(ArgValueCompleter::new(move |current: &OsStr| suggestions(&source, kind, current)))
    });
    command.mut_subcommands(|inner| {
        path.push(inner.get_name().to_owned());
        let with = with_names(inner, path, source);
        path.pop();
        with
    })
}

/// What an argument is the name of, by how the help calls it.
fn kind_of(noun: &str, id: &str, value: &str) -> Option<Kind> {
    Some(match (noun, id, value) {
        (_, "context", _) | ("context", _, "NAME") => Kind::Context,
        (_, _, "TOPIC" | "TOPICS") | ("topic", _, "NAME" | "PATTERN") => Kind::Topic,
        (_, _, "GROUP" | "GROUPS") | ("group", _, "NAME") => Kind::Group,
        (_, _, "BROKER" | "NODE") | ("broker", _, "ID" | "IDS") => Kind::Broker,
        (_, "properties", _) => Kind::ClientProperty,
        ("topic", _, "KEY=VALUE") => Kind::TopicConfigValue,
        ("topic", _, "KEY" | "KEYS") => Kind::TopicConfig,
        _ => return None,
    })
}

/// The names that begin with what is typed of the last of them.
fn suggestions(source: &Source, kind: Kind, current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    let fits = |name: &&String| name.starts_with(current);
    source.names(kind).iter().filter(fits).map(CompletionCandidate::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_bash_took_apart_are_put_together() {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(
            joined(&words(&["kr", "-b", "a", ":", "1", "-X", "k", "=", "v", "topic"])),
            words(&["kr", "-b", "a:1", "-X", "k=v", "topic"])
        );
    }

    #[test]
    fn the_cluster_of_the_line_being_typed_is_asked() {
        let words: Vec<OsString> =
            ["kr", "topic", "describe", "-b", "one:1,two:2", "ord"].iter().map(OsString::from).collect();
        assert_eq!(global(&words).bootstrap, ["one:1", "two:2"]);
    }

    #[test]
    fn every_shell_has_a_script_that_calls_back() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(shell.script()).unwrap();
            assert!(script.contains("kr"), "{shell:?}");
            assert!(*shell == Shell::Nushell || script.contains(VARIABLE), "{shell:?}");
        }
    }
}
