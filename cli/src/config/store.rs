//! The configuration file as it lies on disk: read, and changed without touching what a person wrote.
//!
//! Edits keep comments and order; the file is replaced in one step (write beside, rename). A context that
//! `kr dev` made carries `managed_by`, and only such a context is ever changed or removed by `kr dev`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kr_client::safety::Operation;
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value, value};

use super::{Safety, secrets};
use crate::environment::Environment;
use crate::error::{CliError, Kind};

/// The value of `managed_by` for contexts of dev clusters.
const DEV: &str = "kr dev";

/// A cluster in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextEntry {
    /// Brokers to ask first.
    pub bootstrap_servers: Vec<String>,
    /// Who keeps the entry up to date; nobody for those a person wrote.
    pub managed_by: Option<String>,
    /// Kafka client properties.
    pub properties: BTreeMap<String, String>,
    /// What may be changed.
    pub safety: Safety,
    /// The colour in which it is shown.
    pub color: Option<Color>,
    /// The file it was read from.
    pub file: PathBuf,
}

/// A colour of a context, so that production looks like production.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// Danger.
    Red,
    /// Care.
    Yellow,
    /// Safe.
    Green,
    /// Neither.
    Blue,
    /// Neither.
    Magenta,
    /// Neither.
    Cyan,
}

impl Color {
    const ALL: [(Self, &str, &str); 6] = [
        (Self::Red, "red", "31"),
        (Self::Yellow, "yellow", "33"),
        (Self::Green, "green", "32"),
        (Self::Blue, "blue", "34"),
        (Self::Magenta, "magenta", "35"),
        (Self::Cyan, "cyan", "36"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(color, _, _)| *color == self).map_or("", |(_, name, _)| name)
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map(|(color, _, _)| *color)
    }

    /// Wraps text in its escape sequence.
    pub fn paint(self, text: &str) -> String {
        let code = Self::ALL.iter().find(|(color, _, _)| *color == self).map_or("", |(_, _, code)| code);
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

impl ContextEntry {
    /// Whether `kr dev` keeps it.
    pub fn is_dev(&self) -> bool {
        self.managed_by.as_deref() == Some(DEV)
    }
}

/// The file's content.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// The context used when none is named.
    pub current: Option<String>,
    /// All contexts by name.
    pub contexts: BTreeMap<String, ContextEntry>,
    document: DocumentMut,
}

/// What [`register_dev_context`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The name of the context: the cluster's, or `dev-NAME` when a person's context has that name.
    pub context: String,
    /// Whether it is the one used when none is named.
    pub is_current: bool,
}

/// The file's path: `--config`, `$KR_CONFIG`, then `~/.config/kr/config.toml`; none without a home.
pub fn path(flag: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    if let Some(path) = flag {
        return Some(path.to_path_buf());
    }
    match environment.var("KR_CONFIG") {
        Some(path) => Some(PathBuf::from(path)),
        None => Some(environment.config_dir()?.join("config.toml")),
    }
}

/// Enters a dev cluster as a context, and makes it the current one when there is none.
pub fn register_dev_context(
    environment: &Environment,
    flag: Option<&Path>,
    name: &str,
    bootstrap: &[String],
) -> Result<Registered, CliError> {
    let file = path(flag, environment).ok_or_else(no_home)?;
    let mut store = Store::read(&file, false)?;
    let is_foreign =
        |store: &Store, name: &str| store.contexts.get(name).is_some_and(|entry| !entry.is_dev());
    let context = if is_foreign(&store, name) { format!("dev-{name}") } else { name.to_owned() };
    if is_foreign(&store, &context) {
        return Err(CliError::new(
            Kind::Config,
            format!("contexts \"{name}\" and \"{context}\" exist and are not those of a dev cluster"),
        ));
    }
    store.set_dev_context(&context, bootstrap)?;
    if store.current.is_none() {
        store.set_current(&context);
    }
    let is_current = store.current.as_deref() == Some(&context);
    store.write(&file)?;
    Ok(Registered { context, is_current })
}

/// Removes the context of a dev cluster that is gone for good; unsets it as the current one.
pub fn forget_dev_context(
    environment: &Environment,
    flag: Option<&Path>,
    name: &str,
) -> Result<(), CliError> {
    let Some(file) = path(flag, environment) else { return Ok(()) };
    let mut store = Store::read(&file, false)?;
    for context in [name.to_owned(), format!("dev-{name}")] {
        if store.contexts.get(&context).is_some_and(ContextEntry::is_dev) {
            store.remove(&context);
            return store.write(&file);
        }
    }
    Ok(())
}

fn no_home() -> CliError {
    CliError::new(Kind::Config, "there is no place for a configuration: neither $KR_CONFIG nor $HOME is set")
}

impl Store {
    /// Reads the file; one that does not exist is empty unless it `must_exist`.
    pub fn read(file: &Path, must_exist: bool) -> Result<Self, CliError> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => String::new(),
            Err(error) => {
                let message = format!("cannot read the configuration {}", file.display());
                return Err(CliError::new(Kind::Config, message).caused_by(error));
            }
        };
        Self::of_text(&text, file)
    }

    /// Reads the content of a file.
    pub fn of_text(text: &str, file: &Path) -> Result<Self, CliError> {
        let mut store = Self::parse(text).map_err(|why| {
            CliError::new(Kind::Config, format!("cannot use the configuration {}: {why}", file.display()))
        })?;
        for entry in store.contexts.values_mut() {
            entry.file = file.to_path_buf();
        }
        Ok(store)
    }

    /// Adds what a weaker file says. It can be read here, and is not written.
    pub fn underlay(&mut self, weaker: Self) {
        self.current = self.current.take().or(weaker.current);
        for (name, entry) in weaker.contexts {
            self.contexts.entry(name).or_insert(entry);
        }
    }

    /// Adds what a stronger file says. It can be read here, and is not written.
    pub fn overlay(&mut self, stronger: Self) {
        self.current = stronger.current.or_else(|| self.current.take());
        self.contexts.extend(stronger.contexts);
    }

    /// The error for a context that is not there.
    pub fn unknown(&self, name: &str, file: &Path) -> CliError {
        let message = format!("there is no context \"{name}\" in {}", file.display());
        let error = CliError::new(Kind::Config, message);
        if self.contexts.is_empty() {
            return error;
        }
        let known: Vec<&str> = self.contexts.keys().map(String::as_str).collect();
        error.hint(format!("defined are: {}", known.join(", ")))
    }

    /// The table of a context, made when it is not there.
    pub fn table(&mut self, name: &str) -> Result<&mut dyn TableLike, CliError> {
        let contexts = self.document.entry("contexts").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let contexts =
            contexts.as_table_like_mut().ok_or_else(|| CliError::internal("`contexts` is no table"))?;
        let entry = contexts.entry(name).or_insert_with(|| Item::Table(Table::new()));
        entry.as_table_like_mut().ok_or_else(|| CliError::internal("the context is no table"))
    }

    /// The file as it would be written.
    pub fn text(&self) -> String {
        self.document.to_string()
    }

    /// Gives a context another name.
    pub fn rename(&mut self, from: &str, to: &str) {
        if let Some(contexts) = self.document.get_mut("contexts").and_then(Item::as_table_like_mut)
            && let Some(item) = contexts.remove(from)
        {
            contexts.insert(to, item);
        }
        if let Some(entry) = self.contexts.remove(from) {
            self.contexts.insert(to.to_owned(), entry);
        }
        if self.current.as_deref() == Some(from) {
            self.set_current(to);
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let document: DocumentMut = text
            .parse()
            .map_err(|error: toml_edit::TomlError| error.to_string().trim_end().replace('\n', " "))?;
        let current = match document.get("current") {
            Some(item) => Some(item.as_str().ok_or("`current` is not a string")?.to_owned()),
            None => None,
        };
        let mut contexts = BTreeMap::new();
        if let Some(item) = document.get("contexts") {
            let table = item.as_table_like().ok_or("`contexts` is not a table")?;
            for (name, item) in table.iter() {
                let entry = entry(item).map_err(|why| format!("context \"{name}\": {why}"))?;
                contexts.insert(name.to_owned(), entry);
            }
        }
        Ok(Self { current, contexts, document })
    }

    /// Makes a context the one used when none is named. It must exist.
    pub fn set_current(&mut self, name: &str) {
        self.current = Some(name.to_owned());
        self.document["current"] = value(name);
    }

    /// Replaces the file in one step by one that only its owner can read.
    pub fn write(&self, file: &Path) -> Result<(), CliError> {
        let failed = |error: std::io::Error| {
            CliError::new(Kind::Config, format!("cannot write the configuration {}", file.display()))
                .caused_by(error)
        };
        if let Some(dir) = file.parent() {
            std::fs::create_dir_all(dir).map_err(failed)?;
        }
        // A link to a file kept elsewhere stays a link.
        let file = file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
        // It may say where secrets are.
        secrets::write_private(&file, &self.document.to_string()).map_err(failed)
    }

    fn set_dev_context(&mut self, name: &str, bootstrap: &[String]) -> Result<(), CliError> {
        let contexts = self.document.entry("contexts").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let table =
            contexts.as_table_like_mut().ok_or_else(|| CliError::internal("`contexts` is no table"))?;
        let mut entry = Table::new();
        entry["bootstrap_servers"] = value(bootstrap.iter().collect::<Array>());
        entry["managed_by"] = value(DEV);
        table.insert(name, Item::Table(entry));
        let entry = ContextEntry {
            bootstrap_servers: bootstrap.to_vec(),
            managed_by: Some(DEV.to_owned()),
            ..ContextEntry::default()
        };
        self.contexts.insert(name.to_owned(), entry);
        Ok(())
    }

    /// Removes a context; unsets it as the current one.
    pub fn remove(&mut self, name: &str) {
        self.contexts.remove(name);
        if let Some(table) = self.document.get_mut("contexts").and_then(Item::as_table_like_mut) {
            table.remove(name);
        }
        if self.current.as_deref() == Some(name) {
            self.current = None;
            self.document.remove("current");
        }
    }
}

fn entry(item: &Item) -> Result<ContextEntry, String> {
    let table = item.as_table_like().ok_or("is not a table")?;
    let mut entry = ContextEntry::default();
    for (key, item) in table.iter() {
        match key {
            "bootstrap_servers" => entry.bootstrap_servers = servers(item)?,
            "managed_by" => entry.managed_by = item.as_str().map(str::to_owned),
            "properties" => {
                let table = item.as_table_like().ok_or("`properties` is not a table")?;
                for (key, item) in table.iter() {
                    let value = item.as_value().ok_or_else(|| format!("property `{key}` is not a value"))?;
                    entry.properties.insert(key.to_owned(), scalar(value));
                }
            }
            "read_only" => {
                entry.safety.read_only = item.as_bool().ok_or("`read_only` is neither true nor false")?
            }
            "confirm" => {
                entry.safety.type_name = match item.as_str() {
                    Some("type-name") => true,
                    Some("ask") => false,
                    _ => return Err("`confirm` is neither \"ask\" nor \"type-name\"".to_owned()),
                }
            }
            "max_blast" => {
                let most =
                    item.as_integer().and_then(|most| usize::try_from(most).ok()).filter(|most| *most > 0);
                entry.safety.max_blast = Some(most.ok_or("`max_blast` is not a number above 0")?);
            }
            "color" => {
                let color = item.as_str().and_then(Color::named);
                entry.color = Some(color.ok_or("`color` is not red, yellow, green, blue, magenta or cyan")?);
            }
            "protected" => entry.safety.protected = protected(item)?,
            "expect_cluster_id" => {
                let id = item.as_str().ok_or("`expect_cluster_id` is not a string")?;
                entry.safety.expect_cluster_id = Some(id.to_owned());
            }
            other => return Err(format!("unknown key `{other}`")),
        }
    }
    if entry.bootstrap_servers.is_empty() {
        return Err("has no `bootstrap_servers`".to_owned());
    }
    Ok(entry)
}

/// A list of rules, each of which names an operation there is: a typing error must not leave it unprotected.
fn protected(item: &Item) -> Result<Vec<String>, String> {
    let array = item.as_array().ok_or("`protected` is not a list")?;
    let rule = |value: &Value| {
        let rule = value.as_str().ok_or("a rule of `protected` is not a string")?;
        if Operation::ALL.iter().any(|operation| operation.is_named_by(rule)) {
            Ok(rule.to_owned())
        } else {
            Err(format!("`protected` names no operation: \"{rule}\""))
        }
    };
    array.iter().map(rule).collect()
}

/// A list of strings, or one string with commas.
fn servers(item: &Item) -> Result<Vec<String>, String> {
    if let Some(text) = item.as_str() {
        return Ok(super::split(text));
    }
    let array = item.as_array().ok_or("`bootstrap_servers` is neither a string nor a list")?;
    array
        .iter()
        .map(|value| value.as_str().map(str::to_owned).ok_or_else(|| "a server is not a string".to_owned()))
        .collect()
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.value().clone(),
        other => other.to_string().trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, Environment, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let environment = Environment::of([("HOME".to_owned(), dir.path().display().to_string())]);
        let file = dir.path().join(".config/kr/config.toml");
        (dir, environment, file)
    }

    #[test]
    fn first_dev_cluster_becomes_current() {
        let (_dir, environment, file) = home();
        let servers = ["127.0.0.1:9092".to_owned()];
        let registered = register_dev_context(&environment, None, "dev", &servers).unwrap();
        assert_eq!(registered, Registered { context: "dev".to_owned(), is_current: true });
        let other = register_dev_context(&environment, None, "two", &servers).unwrap();
        assert!(!other.is_current);
        insta::assert_snapshot!(std::fs::read_to_string(&file).unwrap(), @r#"
        current = "dev"

        [contexts.dev]
        bootstrap_servers = ["127.0.0.1:9092"]
        managed_by = "kr dev"

        [contexts.two]
        bootstrap_servers = ["127.0.0.1:9092"]
        managed_by = "kr dev"
        "#);
        forget_dev_context(&environment, None, "dev").unwrap();
        let store = Store::read(&file, true).unwrap();
        assert_eq!(store.current, None);
        assert_eq!(store.contexts.keys().collect::<Vec<_>>(), ["two"]);
    }

    #[test]
    fn what_a_person_wrote_stays() {
        let (_dir, environment, file) = home();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let written = "# mine\ncurrent = \"prod\" # careful\n\n[contexts.prod]\nbootstrap_servers = \"p:1\"\n\n\
            [contexts.dev]\nbootstrap_servers = [\"real-dev:9092\"]\n";
        std::fs::write(&file, written).unwrap();
        let registered = register_dev_context(&environment, None, "dev", &["l:1".to_owned()]).unwrap();
        assert_eq!(registered, Registered { context: "dev-dev".to_owned(), is_current: false });
        let now = std::fs::read_to_string(&file).unwrap();
        assert!(now.starts_with(written), "{now}");
        forget_dev_context(&environment, None, "dev").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), written);
    }

    #[test]
    fn a_wrong_file_is_named_with_the_reason() {
        for (text, why) in [
            ("current = 1", "`current` is not a string"),
            ("[contexts.a]\n", "context \"a\": has no `bootstrap_servers`"),
            ("[contexts.a]\nbootstrap = \"x\"\n", "context \"a\": unknown key `bootstrap`"),
        ] {
            assert_eq!(Store::parse(text).unwrap_err(), why);
        }
    }
}
