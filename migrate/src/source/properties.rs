//! A node's `server.properties`: what is set, and the text as it is written.
//!
//! The format is Java's: `#` and `!` begin comments, a backslash at the end of a line goes on with the next one, keys
//! end at `=`, `:` or a blank, `\uXXXX` and friends are escapes, the last of several lines with a key counts. Bytes
//! are Latin-1. Lines are kept with their comments and order.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A node's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Properties {
    /// What to call the node: the file's path.
    pub name: String,
    lines: Vec<Line>,
}

/// A line as it is written, with those it goes on with.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    text: String,
    entry: Option<(String, String)>,
}

/// A file of settings cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}", path.display())]
pub struct PropertiesError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

impl Properties {
    /// Reads a file.
    ///
    /// # Errors
    /// The file cannot be read. Any bytes are settings of some kind.
    pub fn open(path: &Path) -> Result<Self, PropertiesError> {
        let bytes = fs::read(path);
        let bytes = bytes.map_err(|source| PropertiesError { path: path.to_owned(), source })?;
        Ok(Self::parse(path.display().to_string(), &bytes))
    }

    /// Reads settings from bytes.
    pub fn parse(name: impl Into<String>, bytes: &[u8]) -> Self {
        let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
        let mut lines = Vec::new();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (line, after) = logical(rest);
            lines.push(Line { text: line.to_owned(), entry: entry(line) });
            rest = after;
        }
        Self { name: name.into(), lines }
    }

    /// The value of a key, without blanks around it; the last line counts.
    pub fn get(&self, key: &str) -> Option<&str> {
        let entries = self.lines.iter().rev().filter_map(|line| line.entry.as_ref());
        entries.clone().find(|(found, _)| found == key).map(|(_, value)| value.trim())
    }

    /// Keys and values, in the order of the file.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines.iter().filter_map(|line| line.entry.as_ref()).map(|(key, value)| (&**key, &**value))
    }

    /// The parts of a value that is a list with commas.
    pub fn list(&self, key: &str) -> Vec<&str> {
        let parts = self.get(key).unwrap_or_default().split(',').map(str::trim);
        parts.filter(|part| !part.is_empty()).collect()
    }

    /// Whether a key is `true`.
    pub fn is_true(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The text, as it was read.
    pub fn text(&self) -> Vec<u8> {
        let text = self.lines.iter().flat_map(|line| line.text.chars());
        text.map(|c| u8::try_from(c).expect("every character was a byte")).collect()
    }
}

/// Parts off the first line and those that it goes on with.
fn logical(text: &str) -> (&str, &str) {
    let is_comment = text.trim_start_matches([' ', '\t', '\x0c']).starts_with(['#', '!']);
    let mut end = 0;
    loop {
        let line = &text[end..];
        let length = line.find('\n').map_or(line.len(), |at| at + 1);
        end += length;
        let backslashes = line[..length].trim_end_matches(['\n', '\r']).bytes().rev();
        let goes_on = backslashes.take_while(|byte| *byte == b'\\').count() % 2 == 1;
        if is_comment || !goes_on || end == text.len() {
            return text.split_at(end);
        }
    }
}

fn entry(line: &str) -> Option<(String, String)> {
    const BLANKS: [char; 3] = [' ', '\t', '\x0c'];
    let joined: String = line.split('\n').enumerate().fold(String::new(), |mut joined, (index, part)| {
        let part = part.trim_end_matches('\r');
        if index == 0 {
            joined.push_str(part.trim_start_matches(BLANKS));
        } else if joined.ends_with('\\') {
            joined.pop();
            joined.push_str(part.trim_start_matches(BLANKS));
        }
        joined
    });
    if joined.is_empty() || joined.starts_with(['#', '!']) {
        return None;
    }
    let mut is_escaped = false;
    let end = joined.find(|c: char| {
        let ends = !is_escaped && (BLANKS.contains(&c) || c == '=' || c == ':');
        is_escaped = c == '\\' && !is_escaped;
        ends
    });
    let (key, rest) = joined.split_at(end.unwrap_or(joined.len()));
    let rest = rest.trim_start_matches(BLANKS);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start_matches(BLANKS);
    Some((unescape(key), unescape(value)))
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('f') => out.push('\x0c'),
            Some('u') => {
                let digits: String = chars.clone().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4);
                match code.and_then(char::from_u32) {
                    Some(c) => {
                        out.push(c);
                        chars.nth(3);
                    }
                    None => out.push('u'),
                }
            }
            Some(c) => out.push(c),
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Properties {
        Properties::parse("n", text.as_bytes())
    }

    #[test]
    fn keys_and_values_are_read_as_java_reads_them() {
        let properties = parse(concat!(
            "# a comment \\\n",
            "! another\n",
            "\n",
            "  a = 1 \n",
            "b:2\n",
            "c 3\r\n",
            "d\n",
            "e=one,\\\n    two\n",
            "f\\=g=h\\u0041\\t.\n",
            "a=last\n",
            "path=C:\\\\x",
        ));
        let expected = [
            ("a", "1 "),
            ("b", "2"),
            ("c", "3"),
            ("d", ""),
            ("e", "one,two"),
            ("f=g", "hA\t."),
            ("a", "last"),
            ("path", "C:\\x"),
        ];
        assert_eq!(properties.entries().collect::<Vec<_>>(), expected);
        assert_eq!(properties.get("a"), Some("last"));
        assert_eq!(properties.list("e"), ["one", "two"]);
        assert_eq!(properties.get("none"), None);
    }

    #[test]
    fn the_text_is_kept_byte_for_byte() {
        let text = b"# x\xe4\r\na=1\\\r\n  2\r\n\n!b\nlast=\\";
        assert_eq!(Properties::parse("n", text).text(), text);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_settings_of_some_kind(bytes: Vec<u8>) {
            proptest::prop_assert_eq!(Properties::parse("n", &bytes).text(), bytes);
        }
    }
}
