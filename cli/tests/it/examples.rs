//! The examples of the help: every line is a command that `kr` takes.
//!
//! What the commands then do is for the suites with clusters; this holds the words to the tree.

use clap::Command;
use kr::tree;

/// The words of a command line, as a shell would part them; what is behind a pipe or a redirection is left out.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut quote, mut is_new) = (None, false);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '|' | '>' | '<' | '#' | ';') if is_new || words.len() == 1 => break,
            (None, ' ') => {
                if !is_new {
                    words.push(String::new());
                }
                is_new = true;
                continue;
            }
            (_, c) => words.last_mut().expect("there is a first").push(c),
        }
        is_new = false;
    }
    if is_new {
        words.pop();
    }
    words
}

/// All commands of the examples, with what shows them.
fn examples<'a>(command: &'a Command, found: &mut Vec<(&'a str, String)>) {
    let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    for line in text.lines().filter(|line| line.starts_with("  ")) {
        let part = line.split(" | ").find(|part| part.trim_start().starts_with("kr "));
        found.extend(part.map(|part| (command.get_name(), part.trim().to_owned())));
    }
    command.get_subcommands().for_each(|inner| examples(inner, found));
}

#[test]
fn examples_of_the_help_are_commands() {
    let root = tree::command();
    let mut found = Vec::new();
    examples(&root, &mut found);
    assert!(found.len() > 20, "examples are found: {found:?}");
    let wrong: Vec<String> = found
        .iter()
        .filter_map(|(of, line)| {
            let error = tree::command().try_get_matches_from(words(line)).err()?;
            Some(format!("{of}: {line}: {error}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_line_is_parted_as_a_shell_does_it() {
    assert_eq!(words("kr topic list 'a b.*' --regex > file"), ["kr", "topic", "list", "a b.*", "--regex"]);
    assert_eq!(words("kr wait --for 'lag=g<1' | x"), ["kr", "wait", "--for", "lag=g<1"]);
}
