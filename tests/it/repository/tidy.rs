//! The house style, as far as a machine can see it.
//!
//! What rustfmt and clippy check is left to them. A rule that a file has to break is listed here with the reason.

use std::collections::BTreeSet;

use crate::tree::{self, File};

/// Past this many lines a file holds more than one idea.
const FILE_MAX_LINES: usize = 800;
/// Past this many lines a function is not read but searched.
const FUNCTION_MAX_LINES: usize = 70;
/// Where a function may be longer, because it is a table: one line an API, one line an output.
const TABLES: [&str; 2] = ["wire/src/message.rs", "devcluster/node/src/drive/raft.rs"];

/// What is not to be left behind; split here so that this file passes.
const UNFINISHED: [&str; 3] = [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("dbg", "!(")];
/// Paths of one machine.
const ELSEWHERE: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("../sha", "red"), concat!("/ho", "me/"), concat!("/ro", "ot/")];

/// Endings of the files that people write.
const WRITTEN: [&str; 6] = [".rs", ".md", ".toml", ".py", ".go", ".ci/run"];

#[test]
fn every_source_says_first_what_it_is_for() {
    report(
        "does not open with `//!`",
        sources().iter().filter(|file| !file.text.starts_with("//! ")).map(name),
    );
}

#[test]
fn files_end_before_they_hold_two_ideas() {
    let long = sources().into_iter().map(|file| (file.text.lines().count(), file.path));
    let long = long.filter(|(lines, _)| *lines > FILE_MAX_LINES);
    report("is too long", long.map(|(lines, path)| format!("{path} ({lines} lines)")));
}

#[test]
fn functions_can_be_read_at_once() {
    // A test may tell a long story.
    let is_held = |file: &File| !file.path.contains("tests/") && !TABLES.contains(&file.path.as_str());
    let long = sources().into_iter().filter(is_held).flat_map(|file| {
        let functions = functions(&file.text);
        let long = functions.into_iter().filter(|(_, length)| *length > FUNCTION_MAX_LINES);
        long.map(|(line, length)| format!("{}:{line} ({length} lines)", file.path)).collect::<Vec<_>>()
    });
    report("is too long a function", long);
}

#[test]
fn whitespace_is_spaces_and_never_trails() {
    let lines = lines(&tree::files("", &[".rs", ".md", ".toml"]), |line| {
        line.contains('\t') || line.ends_with([' ', '\r'])
    });
    report("has a tab or ends with a blank", lines);
}

#[test]
fn nothing_unfinished_is_left() {
    let lines = lines(&sources(), |line| UNFINISHED.iter().any(|word| line.contains(word)));
    report("is unfinished", lines);
}

#[test]
fn nothing_points_outside_the_repository() {
    let lines = lines(&tree::files("", &WRITTEN), |line| ELSEWHERE.iter().any(|word| line.contains(word)));
    report("names a path of one machine", lines);
}

#[test]
fn every_test_file_is_in_a_target() {
    let manifest = tree::read("tests/Cargo.toml");
    let targets: BTreeSet<String> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("path = \"it/"))
        .map(|rest| format!("tests/it/{}", rest.trim_end_matches('"')))
        .collect();
    let files = tree::files("tests/it", &[".rs"]);
    let modules: BTreeSet<String> = files.iter().flat_map(declared).collect();
    let paths = files.iter().map(|file| &file.path);
    report("is in no target", paths.filter(|path| !targets.contains(*path) && !modules.contains(*path)));
}

fn sources() -> Vec<File> {
    tree::files("", &[".rs"])
}

fn name(file: &File) -> &String {
    &file.path
}

/// The lines that `is_bad`, as `path:line: text`.
fn lines(files: &[File], is_bad: impl Fn(&str) -> bool) -> Vec<String> {
    let all = files.iter().flat_map(|file| file.text.split('\n').enumerate().map(move |at| (file, at)));
    let bad = all.filter(|(_, (_, line))| is_bad(line));
    bad.map(|(file, (at, line))| format!("{}:{}: {}", file.path, at + 1, line.trim())).collect()
}

fn report<T: ToString>(what: &str, found: impl IntoIterator<Item = T>) {
    let found: Vec<String> = found.into_iter().map(|item| item.to_string()).collect();
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

/// Line and length of every function with a body, as rustfmt lays them out: the body ends at the first closing
/// brace that stands below the `fn`.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let begins = code.starts_with("fn ")
            || (code.starts_with("pub") || code.starts_with("async ") || code.starts_with("const "))
                && code.contains(" fn ");
        if !begins || line.ends_with(';') || line.ends_with('}') {
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - code.len()]);
        if let Some(length) = lines[at..].iter().position(|line| *line == end) {
            found.push((at + 1, length + 1));
        }
    }
    found
}

/// The files that a file's `mod name;` lines bring in, in both places where they may lie.
fn declared(file: &File) -> Vec<String> {
    let (directory, own) = file.path.rsplit_once('/').expect("test files lie in a directory");
    let own = own.trim_end_matches(".rs");
    let names = file.text.lines().filter_map(|line| {
        let line = line.trim_start_matches("pub(crate) ").trim_start_matches("pub ");
        line.strip_prefix("mod ")?.strip_suffix(';')
    });
    let places = |name: &str| {
        [directory.to_owned(), format!("{directory}/{own}")]
            .map(|parent| [format!("{parent}/{name}.rs"), format!("{parent}/{name}/mod.rs")])
            .concat()
    };
    names.flat_map(places).collect()
}
