//! Files of the repository that are made from the commands: schemas, completion scripts, manual pages.
//!
//! `UPDATE=1 cargo test -p kr --test it generated` writes them anew; without it a stale file fails with that line.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use clap::ValueEnum;
use kr::commands::man;
use kr::complete::Shell;
use kr::schemas;

use super::kr;

/// What makes stale files fresh.
const REFRESH: &str = "UPDATE=1 cargo test -p kr --test it generated";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the repository").to_owned()
}

/// Holds a directory to exactly these files, or writes them.
fn hold(directory: &str, wanted: &[(String, Vec<u8>)]) {
    let place = root().join(directory);
    let names: BTreeSet<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.len(), wanted.len(), "two files of one name in {directory}");
    if env::var_os("UPDATE").is_some() {
        fs::create_dir_all(&place).expect("the directory can be made");
        for name in found(&place).iter().filter(|name| !names.contains(name.as_str())) {
            fs::remove_file(place.join(name)).expect("a file of ours can be removed");
        }
        for (name, text) in wanted {
            fs::write(place.join(name), text).expect("the file can be written");
        }
    }
    let is_stale = |(name, text): &&(String, Vec<u8>)| fs::read(place.join(name)).ok().as_ref() != Some(text);
    let stale: Vec<&String> = wanted.iter().filter(is_stale).map(|(name, _)| name).collect();
    assert!(stale.is_empty(), "stale in {directory}: {stale:?}\nrun: {REFRESH}");
    let left: Vec<String> = found(&place).into_iter().filter(|name| !names.contains(name.as_str())).collect();
    assert!(left.is_empty(), "nothing makes these files of {directory} any more: {left:?}\nrun: {REFRESH}");
}

fn found(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries.map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn schemas_are_fresh() {
    let files = schemas::all().into_iter().map(|published| {
        let mut text = serde_json::to_vec_pretty(&published.schema()).unwrap();
        text.push(b'\n');
        (published.file(), text)
    });
    hold("docs/schemas", &files.collect::<Vec<_>>());
}

#[test]
fn completion_scripts_are_fresh() {
    let files = Shell::value_variants().iter().map(|shell| (shell.file().to_owned(), shell.script()));
    hold("completions", &files.collect::<Vec<_>>());
}

#[test]
fn manual_pages_are_fresh() {
    let files = man::pages().into_iter().map(|page| (page.file, page.text));
    hold("man", &files.collect::<Vec<_>>());
}

#[test]
fn manual_pages_are_printed_and_installed() {
    assert!(kr(&["man"]).stdout.contains(".TH"));
    assert!(kr(&["man", "topics", "ls"]).stdout.contains("kr-topic-list"));
    let ran = kr(&["man", "nope"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("man1").display().to_string();
    assert_eq!(kr(&["man", "--install", &path]).code, 0);
    assert_eq!(found(Path::new(&path)).len(), man::pages().len());
}
