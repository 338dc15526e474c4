//! Property files of Java, librdkafka and kcat, whose names this client takes as they are.

use std::path::Path;

use kr_client::options::properties;

use super::{FoundSecret, Imported};
use crate::config::property_file::Syntax;
use crate::config::{secrets, split};

/// Reads the one cluster of the file. Relative paths are made absolute, because the context is elsewhere.
pub fn read(text: &str, syntax: Syntax, dir: Option<&Path>) -> Imported {
    let mut imported = Imported { is_current: true, ..Imported::default() };
    let mut unknown = Vec::new();
    for (key, value) in syntax.parse(text) {
        match key.as_str() {
            "bootstrap.servers" | "metadata.broker.list" => imported.servers = split(&value),
            _ if secrets::is_literal(&key, &value) && properties::find(&key).is_some() => {
                imported.secrets.retain(|secret| secret.property != key);
                imported.secrets.push(FoundSecret { property: key.clone(), value, place: key });
            }
            _ => match properties::find(&key) {
                Some(property) if property.has_effect() => {
                    let value = if key.ends_with(".location") { absolute(&value, dir) } else { value };
                    imported.properties.retain(|(known, _)| *known != key);
                    imported.set(&key, value);
                }
                Some(_) => {}
                None => unknown.push(key),
            },
        }
    }
    if !unknown.is_empty() {
        imported.note(format!("left out, because they mean nothing here: {}", unknown.join(", ")));
    }
    imported
}

fn absolute(value: &str, dir: Option<&Path>) -> String {
    match dir.and_then(|dir| dir.canonicalize().ok()) {
        Some(dir) if !value.is_empty() => dir.join(value).display().to_string(),
        _ => value.to_owned(),
    }
}
