//! The environment a command sees: variables as a map, so that tests bring a clean one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Environment variables and what is derived from them.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    current_dir: Option<PathBuf>,
    system_config: Option<PathBuf>,
}

impl Environment {
    /// Takes the variables of this process; those that are not UTF-8 are left out.
    pub fn of_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            variables: std::env::vars_os().filter_map(text).collect(),
            current_dir: std::env::current_dir().ok(),
            system_config: Some(PathBuf::from("/etc/kr/config.toml")),
        }
    }

    /// Builds an environment of exactly these variables.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { variables: variables.into_iter().collect(), ..Self::default() }
    }

    /// The same, in a directory.
    #[must_use]
    pub fn in_dir(self, dir: PathBuf) -> Self {
        Self { current_dir: Some(dir), ..self }
    }

    /// The directory the command was started in.
    pub fn current_dir(&self) -> Option<&Path> {
        self.current_dir.as_deref()
    }

    /// The configuration for all users of this machine.
    pub fn system_config(&self) -> Option<&Path> {
        self.system_config.as_deref()
    }

    /// Gives a variable that is set and not empty.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// All variables in the order of their names.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The user's home directory (`$HOME`).
    pub fn home(&self) -> Option<PathBuf> {
        self.var("HOME").or_else(|| self.var("USERPROFILE")).map(PathBuf::from)
    }

    /// Where `kr` keeps its configuration: `$XDG_CONFIG_HOME/kr` or `~/.config/kr`.
    pub fn config_dir(&self) -> Option<PathBuf> {
        let base = match self.var("XDG_CONFIG_HOME") {
            Some(dir) => PathBuf::from(dir),
            None => self.home()?.join(".config"),
        };
        Some(base.join("kr"))
    }

    /// Where `kr` keeps its data: `$XDG_DATA_HOME/kr` or `~/.local/share/kr`.
    pub fn data_dir(&self) -> Option<PathBuf> {
        let base = match self.var("XDG_DATA_HOME") {
            Some(dir) => PathBuf::from(dir),
            None => self.home()?.join(".local/share"),
        };
        Some(base.join("kr"))
    }

    /// Where `kr` keeps the journal: `$XDG_STATE_HOME/kr` or `~/.local/state/kr`.
    pub fn state_dir(&self) -> Option<PathBuf> {
        let base = match self.var("XDG_STATE_HOME") {
            Some(dir) => PathBuf::from(dir),
            None => self.home()?.join(".local/state"),
        };
        Some(base.join("kr"))
    }

    /// Where `kr` keeps what it can do without: `$XDG_CACHE_HOME/kr` or `~/.cache/kr`.
    pub fn cache_dir(&self) -> Option<PathBuf> {
        let base = match self.var("XDG_CACHE_HOME") {
            Some(dir) => PathBuf::from(dir),
            None => self.home()?.join(".cache"),
        };
        Some(base.join("kr"))
    }
}
