//! The files of the repository, as a checkout has them.
//!
//! Asks the file system, not git: a source archive has to pass as well.

use std::fs;
use std::path::{Path, PathBuf};

/// Directories that hold what is built or fetched.
const NOT_OURS: [&str; 4] = ["target", ".git", "node_modules", "__pycache__"];

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the package lies in the repository").to_owned()
}

/// A file of the repository.
#[derive(Debug)]
pub(crate) struct File {
    /// Its path from the root, with `/` between the parts.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// All files below `directory` whose name ends with one of `endings`, by path.
pub(crate) fn files(directory: &str, endings: &[&str]) -> Vec<File> {
    let mut found = Vec::new();
    visit(&root().join(directory), endings, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The text of one file.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn visit(directory: &Path, endings: &[&str], found: &mut Vec<File>) {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    for entry in entries {
        let entry = entry.expect("the directory can be read");
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().expect("the file system knows it");
        if kind.is_dir() && !NOT_OURS.contains(&name.as_str()) {
            visit(&entry.path(), endings, found);
        } else if kind.is_file() && endings.iter().any(|ending| name.ends_with(ending)) {
            let text = fs::read_to_string(entry.path());
            let text = text.unwrap_or_else(|error| panic!("{}: {error}", entry.path().display()));
            let path = entry.path();
            let path = path.strip_prefix(root()).expect("the walk began there").to_string_lossy();
            found.push(File { path: path.replace('\\', "/"), text });
        }
    }
}
