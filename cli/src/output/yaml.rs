//! The JSON document as YAML.
//!
//! YAML lets marks of direction and other characters through that could act on a terminal. A text that holds one
//! is written as a double-quoted scalar with escapes, put in place of a word that stood for it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::escape::is_unsafe;
use crate::error::CliError;

/// Writes a document.
pub(super) fn document(document: &Value) -> Result<Vec<u8>, CliError> {
    let failed = |error| CliError::internal("cannot write YAML").caused_by(error);
    if !holds_unsafe(document) {
        return serde_norway::to_string(document).map(String::into_bytes).map_err(failed);
    }
    let plain = document.to_string();
    let mut word = "kr-escaped-".to_owned();
    while plain.contains(&word) {
        word.push('x');
    }
    let mut stand_ins = StandIns { word, quoted: BTreeMap::new() };
    let mut text = serde_norway::to_string(&stand_ins.replace(document)).map_err(failed)?;
    for (stand_in, quoted) in &stand_ins.quoted {
        text = text.replace(stand_in, quoted);
    }
    Ok(text.into_bytes())
}

fn holds_unsafe(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(is_unsafe),
        Value::Array(values) => values.iter().any(holds_unsafe),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains(is_unsafe) || holds_unsafe(value)),
        _ => false,
    }
}

/// Words that stand for texts which YAML would let through.
struct StandIns {
    word: String,
    quoted: BTreeMap<String, String>,
}

impl StandIns {
    fn replace(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(values) => values.iter().map(|value| self.replace(value)).collect(),
            Value::Object(map) => {
                let entries = map.iter().map(|(key, value)| (self.text(key), self.replace(value)));
                Value::Object(entries.collect::<Map<_, _>>())
            }
            other => other.clone(),
        }
    }

    fn text(&mut self, text: &str) -> String {
        if !text.contains(is_unsafe) {
            return text.to_owned();
        }
        // The number ends in a letter, so that no stand-in is the beginning of another.
        let stand_in = format!("{}{}z", self.word, self.quoted.len());
        self.quoted.insert(stand_in.clone(), quote(text));
        stand_in
    }
}

/// A double-quoted scalar.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        // Writing to a string cannot fail.
        let _ = match c {
            '"' | '\\' => write!(quoted, "\\{c}"),
            '\n' => write!(quoted, "\\n"),
            c if is_unsafe(c) => match u32::from(c) {
                code @ 0..=0xff => write!(quoted, "\\x{code:02x}"),
                code @ 0..=0xffff => write!(quoted, "\\u{code:04x}"),
                code => write!(quoted, "\\U{code:08x}"),
            },
            c => write!(quoted, "{c}"),
        };
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(value: &Value) -> String {
        String::from_utf8(document(value).unwrap()).unwrap()
    }

    proptest! {
        #[test]
        fn yaml_reads_back_and_holds_nothing_unsafe(texts in prop::collection::vec(any::<String>(), 0..12)) {
            let value = Value::from(texts);
            let text = written(&value);
            let is_bad = |c: char| c != '\n' && is_unsafe(c);
            prop_assert!(!text.contains(is_bad), "{text:?}");
            prop_assert_eq!(serde_norway::from_str::<Value>(&text).unwrap(), value);
        }
    }

    #[test]
    fn texts_that_look_like_something_else_stay_texts() {
        let value = serde_json::json!({ "a\u{1b}": ["true", "1", "kr-escaped-0z", "\u{202e}x", null, 1] });
        assert_eq!(serde_norway::from_str::<Value>(&written(&value)).unwrap(), value);
    }
}
