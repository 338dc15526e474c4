//! Every flag of Apache Kafka's tools has a place in `kr`, a "later", or a reason. `docs/parity.md` is made from
//! `docs/parity.tsv`; `UPDATE=1` writes it anew. The flags are those that the tools of 4.3.1 print with `--help`, and
//! those announced for 4.4 (`tests/data/apache-flags.tsv`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};

use kr::args::Cli;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `(tool, flag, place)` of every row.
fn rows() -> Vec<(String, String, String)> {
    let text = std::fs::read_to_string(root().join("docs/parity.tsv")).unwrap();
    let row = |line: &str| {
        let mut fields = line.split('\t').map(str::to_owned);
        (fields.next().unwrap(), fields.next().unwrap(), fields.next().expect(line))
    };
    text.lines().map(row).collect()
}

#[test]
fn every_flag_of_apache_kafkas_tools_has_a_place() {
    let flags = include_str!("../data/apache-flags.tsv");
    let known: BTreeSet<(&str, &str)> = flags.lines().filter_map(|line| line.split_once('\t')).collect();
    let rows = rows();
    let placed: BTreeSet<(&str, &str)> =
        rows.iter().map(|(tool, flag, _)| (tool.as_str(), flag.as_str())).collect();
    assert_eq!(known.difference(&placed).collect::<Vec<_>>(), Vec::<&(&str, &str)>::new());
    assert_eq!(placed.difference(&known).collect::<Vec<_>>(), Vec::<&(&str, &str)>::new());
}

#[test]
fn every_place_is_a_command_of_kr_a_later_or_a_reason() {
    let mut command = Cli::command();
    command.build();
    let wrong: BTreeSet<String> = rows()
        .into_iter()
        .filter_map(|(tool, flag, place)| {
            let why = match place.split_once(' ') {
                Some(("kr", rest)) => missing(&command, rest)?,
                Some(("later:" | "no:", reason)) if !reason.trim().is_empty() => return None,
                _ => "is neither a command, a later nor a reason".to_owned(),
            };
            Some(format!("{tool} {flag}: {place}: {why}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

/// What of a command line does not exist; hidden commands do not count.
fn missing(root: &Command, line: &str) -> Option<String> {
    let mut command = root;
    for word in line.split_whitespace() {
        if word.starts_with('-') {
            let is_it = |arg: &clap::Arg| {
                !arg.is_hide_set()
                    && (arg.get_long().is_some_and(|long| word == format!("--{long}"))
                        || arg.get_short().is_some_and(|short| word == format!("-{short}")))
            };
            let has = command.get_arguments().any(is_it) || root.get_arguments().any(is_it);
            if !has && word != "--help" && word != "--version" {
                return Some(format!("there is no {word}"));
            }
            continue;
        }
        match command.find_subcommand(word).filter(|found| !found.is_hide_set()) {
            Some(found) => command = found,
            None => return Some(format!("there is no command \"{word}\"")),
        }
    }
    None
}

#[test]
fn the_table_is_fresh() {
    let mut tools: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (tool, flag, place) in rows() {
        tools.entry(tool).or_default().push((flag, place));
    }
    let count =
        |prefix: &str| tools.values().flatten().filter(|(_, place)| place.starts_with(prefix)).count();
    let mut text = format!(
        "# Apache Kafka's tools and `kr`\n\n\
         Made from `parity.tsv` by `UPDATE=1 cargo test -p kr --test it parity`. Every flag that the tools of Apache Kafka\n\
         print with `--help`: {} have a command, {} come later, {} have none for the reason given.\n",
        count("kr "),
        count("later:"),
        count("no:")
    );
    for (tool, flags) in &tools {
        text.push_str(&format!("\n## {tool}\n\n| flag | in `kr` |\n|---|---|\n"));
        for (flag, place) in flags {
            let place = if place.starts_with("kr ") { format!("`{place}`") } else { place.clone() };
            text.push_str(&format!("| `{flag}` | {place} |\n"));
        }
    }
    let file = root().join("docs/parity.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(written == text, "docs/parity.md is stale: UPDATE=1 cargo test -p kr --test it parity");
}

/// clap itself checks that no two options of a command have one name.
#[test]
fn the_command_tree_is_consistent() {
    Cli::command().debug_assert();
}
