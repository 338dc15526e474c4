//! The arrows between crates: the manifests are held to the table in `docs/architecture.md`.
//!
//! Looks at dependencies, and at the lints that keep pure crates pure; what a crate does with what it may use
//! is for reviewers.

use std::collections::{BTreeMap, BTreeSet};

use crate::tree;

/// Crates without clock, sockets, threads and chance: the simulator runs them as they are.
const PURE: [&str; 6] = [
    "wire",
    "devcluster/log",
    "devcluster/raft",
    "devcluster/metadata",
    "devcluster/coordinator",
    "devcluster/node",
];

/// What the `clippy.toml` of a pure crate must ban.
const BANNED: [&str; 11] = [
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::env::var",
    "std::fs::File",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::thread::sleep",
    "std::thread::spawn",
    "std::time::Instant",
    "std::time::SystemTime",
];

/// What brings the same in from outside.
const IMPURE: [&str; 5] = ["rand", "socket2", "tokio", "tracing", "tracing-subscriber"];

/// The crate that has the users' tests; it may use everything and nothing may use it.
const TESTS: &str = "kr-tests";

/// What a manifest says, as far as layers are concerned.
#[derive(Debug, Default)]
struct Manifest {
    directory: String,
    package: String,
    dependencies: BTreeSet<String>,
}

#[test]
fn crates_use_what_the_architecture_says_and_nothing_else() {
    let rows = documented();
    let manifests: BTreeMap<String, Manifest> =
        manifests().into_iter().map(|manifest| (manifest.package.clone(), manifest)).collect();
    let ours: BTreeSet<&String> = manifests.keys().collect();
    let known: BTreeSet<&String> = rows.iter().map(|(package, _)| package).collect();
    let missing: Vec<_> = ours.difference(&known).filter(|package| **package != TESTS).collect();
    assert!(missing.is_empty(), "not in the table of docs/architecture.md: {missing:?}");
    for (package, uses) in &rows {
        let manifest = manifests.get(package).unwrap_or_else(|| panic!("the table's {package} is no crate"));
        let used: BTreeSet<String> =
            manifest.dependencies.iter().filter(|name| ours.contains(name)).cloned().collect();
        assert_eq!(used, *uses, "{package} uses (left) other crates than docs/architecture.md says (right)");
    }
}

#[test]
fn arrows_run_downwards() {
    let mut below = BTreeSet::new();
    for (package, uses) in documented() {
        let upwards: Vec<_> = uses.difference(&below).collect();
        assert!(upwards.is_empty(), "{package} stands below {upwards:?} in the table and uses them");
        below.insert(package);
    }
}

#[test]
fn pure_crates_ban_clock_files_sockets_threads_and_random_order() {
    for directory in PURE {
        let lints = tree::read(&format!("{directory}/clippy.toml"));
        for path in BANNED {
            assert!(lints.contains(&format!("\"{path}\"")), "{directory}/clippy.toml does not ban {path}");
        }
    }
    for manifest in manifests().iter().filter(|manifest| PURE.contains(&manifest.directory.as_str())) {
        let impure: Vec<_> = IMPURE.iter().filter(|name| manifest.dependencies.contains(**name)).collect();
        assert!(impure.is_empty(), "{} depends on {impure:?}", manifest.package);
    }
}

#[test]
fn every_crate_takes_the_lints_and_versions_of_the_workspace() {
    for manifest in manifests() {
        let path = format!("{}/Cargo.toml", manifest.directory);
        let text = tree::read(&path);
        assert!(text.contains("[lints]\nworkspace = true"), "{path} has lints of its own");
        let own = text.lines().find(|line| line.contains("version = \""));
        assert_eq!(own, None, "{path} has a version of its own");
    }
}

/// The rows of the table, from the top: a package and what it uses.
fn documented() -> Vec<(String, BTreeSet<String>)> {
    let page = tree::read("docs/architecture.md");
    let table: Vec<Vec<String>> = page
        .lines()
        .skip_while(|line| !line.starts_with("| crate | uses |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('|').map(|cell| cell.replace('`', "").trim().to_owned()).collect())
        .collect();
    assert!(!table.is_empty(), "docs/architecture.md has no table of crates");
    let uses = |cell: &str| cell.split(", ").filter(|name| *name != "nothing").map(package).collect();
    table.iter().map(|cells| (package(&cells[1]), uses(&cells[2]))).collect()
}

/// The package that the page calls by this short name.
fn package(name: &str) -> String {
    match name {
        "kr (cli)" => "kr".to_owned(),
        "cluster" => "kr-devcluster".to_owned(),
        other => format!("kr-{other}"),
    }
}

/// The manifests of our crates; development dependencies do not count, they are not in the product.
fn manifests() -> Vec<Manifest> {
    let files = tree::files("", &["Cargo.toml"]);
    files
        .iter()
        .filter(|file| file.path != "Cargo.toml")
        .map(|file| manifest(&file.path, &file.text))
        .collect()
}

fn manifest(path: &str, text: &str) -> Manifest {
    let directory = path.trim_end_matches("/Cargo.toml").to_owned();
    let mut manifest = Manifest { directory, ..Manifest::default() };
    let mut section = "";
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let key = key.trim().split('.').next().unwrap_or_default();
        match section {
            "package" if key == "name" => manifest.package = value.trim().trim_matches('"').to_owned(),
            "dependencies" | "build-dependencies" => {
                manifest.dependencies.insert(key.to_owned());
            }
            other => assert!(
                !other.starts_with("target.") && !other.starts_with("dependencies."),
                "{path}: this test does not read [{other}]"
            ),
        }
    }
    manifest
}
