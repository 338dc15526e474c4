//! Secrets: references to them in configuration, and how they are looked up when they are needed.
//!
//! | reference | value |
//! |---|---|
//! | `env:NAME` | the environment variable |
//! | `file:PATH` | the file without its last line end |
//! | `file:PATH#KEY` | one key of a properties file |
//! | `file:PATH#/a/0/b` | one place (JSON pointer) in a YAML, TOML or JSON file |
//! | `cmd:COMMAND` | what the command prints, without its last line end |
//! | `prompt:` | what is typed at the terminal |
//!
//! A secret never comes from the command line, where every user of the machine could read it.

use std::path::{Path, PathBuf};

use kr_client::options::{jaas, properties};

use super::property_file;
use crate::environment::Environment;
use crate::error::{CliError, Kind};
use crate::io::Io;

/// A larger file holds no secret.
const MAX_BYTES: u64 = 1024 * 1024;

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// An environment variable.
    Variable(String),
    /// A file, or one key of it.
    File { path: PathBuf, key: Option<String> },
    /// What a command prints.
    Command(String),
    /// What somebody types.
    Prompt,
}

impl Reference {
    /// Reads a reference; `None` if the text is the secret itself.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once(':')?;
        match scheme {
            "env" => Some(Self::Variable(rest.to_owned())),
            "file" => {
                let (path, key) = match rest.split_once('#') {
                    Some((path, key)) => (path, Some(key.to_owned())),
                    None => (rest, None),
                };
                Some(Self::File { path: PathBuf::from(path), key })
            }
            "cmd" => Some(Self::Command(rest.to_owned())),
            "prompt" if rest.is_empty() => Some(Self::Prompt),
            _ => None,
        }
    }
}

/// Whether a property's value shows a secret as it is.
pub fn is_literal(key: &str, value: &str) -> bool {
    if !properties::is_secret(key) || value.is_empty() || Reference::parse(value).is_some() {
        return false;
    }
    if key != "sasl.jaas.config" {
        return true;
    }
    // A login module may hold no secret, or only references. What cannot be read may hold anything.
    jaas::parse(value).map_or(true, |entry| {
        let mut options = entry.options.iter();
        options.any(|(name, value)| jaas::JaasEntry::is_secret(name) && Reference::parse(value).is_none())
    })
}

/// What is needed to look secrets up.
pub struct Lookup<'a> {
    /// Variables and the home directory.
    pub environment: &'a Environment,
    /// Who is asked; nobody while completing.
    pub io: Option<&'a mut Io>,
}

impl Lookup<'_> {
    /// The value of a property with its references replaced; `beside` is where relative files are.
    pub fn resolve(&mut self, key: &str, value: &str, beside: Option<&Path>) -> Result<String, CliError> {
        if !properties::is_secret(key) {
            return Ok(value.to_owned());
        }
        if let Some(reference) = Reference::parse(value) {
            return self.get(&reference, key, beside);
        }
        if key != "sasl.jaas.config" || !value.contains(':') {
            return Ok(value.to_owned());
        }
        let Ok(entry) = jaas::parse(value) else { return Ok(value.to_owned()) };
        let mut options = Vec::with_capacity(entry.options.len());
        for (name, value) in &entry.options {
            let reference = jaas::JaasEntry::is_secret(name).then(|| Reference::parse(value)).flatten();
            let value = match reference {
                Some(reference) => self.get(&reference, &format!("{key} {name}"), beside)?,
                None => value.clone(),
            };
            options.push((name.as_str(), value));
        }
        let options: Vec<(&str, &str)> =
            options.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Ok(jaas::write(&entry.module, &options))
    }

    /// Asks for a password at the terminal; `None` when nobody is there.
    pub fn ask(&mut self, question: &str) -> Result<Option<String>, CliError> {
        match &mut self.io {
            Some(io) if io.has_person() => {
                let answer = io.ask.secret(question);
                answer.map(Some).map_err(|error| CliError::failed("cannot read the answer").caused_by(error))
            }
            _ => Ok(None),
        }
    }

    fn get(&mut self, reference: &Reference, key: &str, beside: Option<&Path>) -> Result<String, CliError> {
        let failed = |why: String| CliError::new(Kind::Config, format!("cannot get {key}: {why}"));
        match reference {
            Reference::Variable(name) => {
                let value = self.environment.var(name).map(str::to_owned);
                value.ok_or_else(|| failed(format!("${name} is not set")))
            }
            Reference::File { path, key: within } => {
                let path = self.absolute(path, beside);
                let named = |why: String| failed(format!("{}: {why}", path.display()));
                let text = read(&path).map_err(named)?;
                let value = match within {
                    None => Some(without_line_end(&text).to_owned()),
                    Some(within) => within_file(&path, &text, within).map_err(named)?,
                };
                value.ok_or_else(|| named(format!("there is no {}", within.as_deref().unwrap_or("value"))))
            }
            Reference::Command(command) => run(command).map_err(failed),
            Reference::Prompt => self.ask(key)?.ok_or_else(|| {
                CliError::new(Kind::Refused, format!("cannot ask for {key}: there is no terminal"))
                    .hint("give it by env:NAME, file:PATH or cmd:COMMAND, or --sasl-password-stdin")
            }),
        }
    }

    fn absolute(&self, path: &Path, beside: Option<&Path>) -> PathBuf {
        if let (Ok(rest), Some(home)) = (path.strip_prefix("~"), self.environment.home()) {
            return home.join(rest);
        }
        beside.map_or_else(|| path.to_path_buf(), |dir| dir.join(path))
    }
}

fn read(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_BYTES {
        return Err("it is too large".to_owned());
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

fn without_line_end(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

/// One key of a properties file, or one place in a document.
fn within_file(path: &Path, text: &str, key: &str) -> Result<Option<String>, String> {
    if !key.starts_with('/') {
        let pairs = property_file::parse(text);
        return Ok(pairs.into_iter().rev().find(|(name, _)| name == key).map(|(_, value)| value));
    }
    let document = document(path, text)?;
    Ok(document.pointer(key).map(|value| match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }))
}

/// Reads a file as the document its name says: TOML, JSON, or YAML.
pub fn document(path: &Path, text: &str) -> Result<serde_json::Value, String> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => toml_edit::de::from_str(text).map_err(|error| error.message().to_owned()),
        Some("json") => serde_json::from_str(text).map_err(|error| error.to_string()),
        _ => serde_norway::from_str(text).map_err(|error| error.to_string()),
    }
}

fn run(command: &str) -> Result<String, String> {
    let mut shell = std::process::Command::new("sh");
    shell.arg("-c").arg(command).stdin(std::process::Stdio::null()).stderr(std::process::Stdio::inherit());
    let output = shell.output().map_err(|error| format!("cannot run the command: {error}"))?;
    if !output.status.success() {
        return Err(format!("its command failed: {}", output.status));
    }
    let text = String::from_utf8(output.stdout).map_err(|_| "its command printed no text".to_owned())?;
    match without_line_end(&text) {
        "" => Err("its command printed nothing".to_owned()),
        value => Ok(value.to_owned()),
    }
}

/// Writes a secret to a file that only its owner can read; a file that exists is replaced.
pub fn store(file: &Path, secret: &str) -> Result<(), CliError> {
    let failed = |error: std::io::Error| {
        CliError::new(Kind::Config, format!("cannot write {}", file.display())).caused_by(error)
    };
    if let Some(dir) = file.parent() {
        std::fs::create_dir_all(dir).map_err(failed)?;
    }
    write_private(file, secret).map_err(failed)
}

/// Replaces a file in one step by one that only its owner can read.
pub fn write_private(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut handle = options.open(&beside)?;
    handle.write_all(text.as_bytes())?;
    handle.sync_all()?;
    std::fs::rename(&beside, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(key: &str, value: &str, dir: &Path) -> Result<String, String> {
        let environment = Environment::of([("PW".to_owned(), "from env".to_owned())]);
        let mut lookup = Lookup { environment: &environment, io: None };
        lookup.resolve(key, value, Some(dir)).map_err(|error| error.message)
    }

    #[test]
    fn references_are_looked_up() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write("pw", "from file\n");
        write("c.properties", "a=1\nsasl.password=from properties\n");
        write("rpk.yaml", "profiles:\n- name: x\n  sasl: {password: from yaml}\n");
        write("kcl.toml", "[sasl]\npass = \"from toml\"\n");
        for (value, wanted) in [
            ("env:PW", "from env"),
            ("file:pw", "from file"),
            ("file:c.properties#sasl.password", "from properties"),
            ("file:rpk.yaml#/profiles/0/sasl/password", "from yaml"),
            ("file:kcl.toml#/sasl/pass", "from toml"),
            ("cmd:printf 'from %s\\n' command", "from command"),
            ("literal", "literal"),
        ] {
            assert_eq!(resolve("sasl.password", value, dir.path()).as_deref(), Ok(wanted), "{value}");
        }
        let jaas = resolve(
            "sasl.jaas.config",
            "a.PlainLoginModule required username=u password=\"env:PW\";",
            dir.path(),
        );
        assert_eq!(jaas.unwrap(), "PlainLoginModule required username=\"u\" password=\"from env\";");
        // What is no secret is no reference.
        assert_eq!(resolve("client.id", "env:PW", dir.path()).unwrap(), "env:PW");
    }

    #[test]
    fn what_cannot_be_looked_up_is_named() {
        let dir = tempfile::tempdir().unwrap();
        for (value, why) in [
            ("env:NOPE", "cannot get sasl.password: $NOPE is not set"),
            ("cmd:exit 3", "cannot get sasl.password: its command failed: exit status: 3"),
            ("cmd:true", "cannot get sasl.password: its command printed nothing"),
            ("prompt:", "cannot ask for sasl.password: there is no terminal"),
        ] {
            assert_eq!(resolve("sasl.password", value, dir.path()).unwrap_err(), why);
        }
        let missing = resolve("sasl.password", "file:nope", dir.path()).unwrap_err();
        assert!(missing.contains("nope: No such file"), "{missing}");
    }

    #[test]
    fn literal_secrets_are_told_from_references() {
        for (key, value, wanted) in [
            ("sasl.password", "geheim", true),
            ("sasl.password", "env:X", false),
            ("sasl.password", "", false),
            ("ssl.key.password", "x:y", true),
            ("client.id", "geheim", false),
            ("sasl.jaas.config", "X required username=a password=b;", true),
            ("sasl.jaas.config", "X required username=a password=\"file:b\";", false),
            ("sasl.jaas.config", "X required sub=a;", false),
            ("sasl.jaas.config", "garbage", true),
            ("basic.auth.secret", "x", true),
        ] {
            assert_eq!(is_literal(key, value), wanted, "{key}={value}");
        }
    }
}
