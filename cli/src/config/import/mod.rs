//! Contexts out of other tools' files.
//!
//! Nothing is written here. A literal secret stays where it is: the context refers to its place in the file it
//! came from, unless whoever imports wants it in a file of its own.

mod documents;
mod property_files;

use std::path::{Path, PathBuf};

use super::property_file::Syntax;
use super::secrets;
use crate::error::{CliError, Kind};

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ImportFormat {
    /// client.properties of Java
    Java,
    /// Configuration of librdkafka
    Librdkafka,
    /// kcat.conf (librdkafka's properties)
    Kcat,
    /// config.yml of kafkactl
    Kafkactl,
    /// rpk.yaml
    Rpk,
    /// config.toml of kcl
    Kcl,
    /// config of kaf
    Kaf,
}

/// A context that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Its name there; none where files have one cluster without a name.
    pub name: Option<String>,
    /// Whether it is the current one there.
    pub is_current: bool,
    /// Brokers to ask first.
    pub servers: Vec<String>,
    /// Properties without secrets.
    pub properties: Vec<(String, String)>,
    /// Secrets, each with its place.
    pub secrets: Vec<FoundSecret>,
    /// What could not be taken over.
    pub notes: Vec<String>,
}

/// A secret and where it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct FoundSecret {
    /// The property it is for.
    pub property: String,
    /// The secret.
    pub value: String,
    /// Key of a properties file or JSON pointer, as in `file:PATH#KEY`.
    pub place: String,
}

impl std::fmt::Debug for FoundSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FoundSecret").field("property", &self.property).finish_non_exhaustive()
    }
}

impl Imported {
    fn set(&mut self, key: &str, value: impl Into<String>) {
        self.properties.push((key.to_owned(), value.into()));
    }

    fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}

/// Reads the contexts of a file.
pub fn read(format: ImportFormat, file: &Path) -> Result<Vec<Imported>, CliError> {
    let failed =
        |why: String| CliError::new(Kind::Config, format!("cannot import {}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
    let document = || secrets::document(file, &text).map_err(failed);
    let found = match format {
        ImportFormat::Java => vec![property_files::read(&text, Syntax::Java, file.parent())],
        ImportFormat::Librdkafka | ImportFormat::Kcat => {
            vec![property_files::read(&text, Syntax::Librdkafka, file.parent())]
        }
        ImportFormat::Kafkactl => documents::kafkactl(&document()?),
        ImportFormat::Rpk => documents::rpk(&document()?),
        ImportFormat::Kcl => documents::kcl(&document()?),
        ImportFormat::Kaf => documents::kaf(&document()?),
    };
    if found.is_empty() { Err(failed("it defines no cluster".to_owned())) } else { Ok(found) }
}

/// Where secrets go.
#[derive(Clone, Debug)]
pub enum SecretsTo {
    /// They stay in the file they came from.
    Stay(PathBuf),
    /// Each gets a file in this directory.
    Directory(PathBuf),
}

/// Gives the properties of a context with references in place of secrets; writes them if they get files.
pub fn place_secrets(
    imported: &Imported,
    name: &str,
    to: &SecretsTo,
    is_dry_run: bool,
) -> Result<Vec<(String, String)>, CliError> {
    let mut properties = imported.properties.clone();
    for secret in &imported.secrets {
        let reference = match to {
            SecretsTo::Stay(file) => format!("file:{}#{}", file.display(), secret.place),
            SecretsTo::Directory(dir) => {
                let file = dir.join(secret_file(name, &secret.property));
                if !is_dry_run {
                    secrets::store(&file, &secret.value)?;
                }
                format!("file:{}", file.display())
            }
        };
        properties.push((secret.property.clone(), reference));
    }
    Ok(properties)
}

/// The name of the file of a secret; a context's name may hold anything.
pub fn secret_file(context: &str, property: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let context: String = context.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    format!("{context}.{property}")
}
