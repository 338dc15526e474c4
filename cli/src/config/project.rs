//! `.kr.toml`: contexts of a project, found by walking up to the root of its repository.
//!
//! It comes with a checkout and may say which commands to run, so that it is used only after it was trusted as
//! it is: whoever changes it must be trusted again. It never holds secrets themselves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::secrets;
use super::store::Store;
use crate::environment::Environment;
use crate::error::{CliError, Kind};

/// The file's name.
pub const FILE: &str = ".kr.toml";

/// A project's file.
#[derive(Clone, Debug)]
pub struct ProjectFile {
    /// Where it is.
    pub file: PathBuf,
    text: String,
}

/// Finds the file in the current directory or above it, no further than the root of the repository.
pub fn find(environment: &Environment) -> Option<ProjectFile> {
    for dir in environment.current_dir()?.ancestors() {
        let file = dir.join(FILE);
        if let Ok(text) = std::fs::read_to_string(&file) {
            return Some(ProjectFile { file, text });
        }
        if dir.join(".git").exists() {
            break;
        }
    }
    None
}

impl ProjectFile {
    /// Whether it was trusted as it is now.
    pub fn is_trusted(&self, environment: &Environment) -> bool {
        let known = register(environment).map(|register| trusted(&register));
        known.is_some_and(|known| known.get(&self.key()) == Some(&self.text))
    }

    /// Trusts it as it is now.
    pub fn trust(&self, environment: &Environment) -> Result<(), CliError> {
        let no_home = || CliError::new(Kind::Config, "there is no place to note it: $HOME is not set");
        let register = register(environment).ok_or_else(no_home)?;
        let mut known = trusted(&register);
        known.insert(self.key(), self.text.clone());
        let text = serde_json::to_string_pretty(&known)
            .map_err(|error| CliError::internal("cannot write JSON").caused_by(error))?;
        secrets::store(&register, &text)
    }

    /// Its contexts.
    pub fn store(&self) -> Result<Store, CliError> {
        let store = Store::of_text(&self.text, &self.file)?;
        for (name, entry) in &store.contexts {
            let literal = entry.properties.iter().find(|(key, value)| secrets::is_literal(key, value));
            if let Some((key, _)) = literal {
                let file = self.file.display();
                let message = format!("{file} holds a secret: {key} of context \"{name}\"");
                return Err(CliError::new(Kind::Config, message).hint(
                    "a file that is shared says where secrets are: env:NAME, file:PATH or cmd:COMMAND",
                ));
            }
        }
        Ok(store)
    }

    /// What is in it.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn key(&self) -> String {
        self.file.canonicalize().unwrap_or_else(|_| self.file.clone()).display().to_string()
    }
}

fn register(environment: &Environment) -> Option<PathBuf> {
    Some(environment.state_dir()?.join("trusted.json"))
}

/// What was trusted: content by path. A file that cannot be read trusts nothing.
fn trusted(register: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(register).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting() -> (tempfile::TempDir, Environment) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("repo/a/b")).unwrap();
        std::fs::create_dir(dir.path().join("repo/.git")).unwrap();
        let home = [("HOME".to_owned(), dir.path().join("home").display().to_string())];
        let environment = Environment::of(home).in_dir(dir.path().join("repo/a/b"));
        (dir, environment)
    }

    #[test]
    fn file_is_found_up_to_the_root_of_the_repository() {
        let (dir, environment) = setting();
        std::fs::write(dir.path().join(FILE), "").unwrap();
        assert!(find(&environment).is_none(), "it is outside");
        std::fs::write(dir.path().join("repo").join(FILE), "").unwrap();
        assert_eq!(find(&environment).unwrap().file, dir.path().join("repo").join(FILE));
    }

    #[test]
    fn a_file_that_changed_is_not_trusted_any_more() {
        let (dir, environment) = setting();
        let file = dir.path().join("repo").join(FILE);
        std::fs::write(&file, "current = \"a\"\n").unwrap();
        assert!(!find(&environment).unwrap().is_trusted(&environment));
        find(&environment).unwrap().trust(&environment).unwrap();
        assert!(find(&environment).unwrap().is_trusted(&environment));
        std::fs::write(&file, "current = \"b\"\n").unwrap();
        assert!(!find(&environment).unwrap().is_trusted(&environment));
    }

    #[test]
    fn a_shared_file_with_a_secret_is_refused() {
        let (dir, environment) = setting();
        let text =
            "[contexts.a]\nbootstrap_servers = \"x:1\"\nproperties = { \"sasl.password\" = \"geheim\" }\n";
        std::fs::write(dir.path().join("repo").join(FILE), text).unwrap();
        let error = find(&environment).unwrap().store().unwrap_err();
        assert!(
            error.message.ends_with("holds a secret: sasl.password of context \"a\""),
            "{}",
            error.message
        );
        assert!(!error.message.contains("geheim"));
    }
}
