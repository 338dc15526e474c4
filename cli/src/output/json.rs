//! The JSON document: `{"kind", "context", "applied"?, "items", "errors"}`, additive within a version.
//!
//! Numbers are raw, what is unknown is null, and characters that could act on a terminal are written as
//! `\u` escapes: the same document for a parser, harmless for a screen.

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter, Serializer};

use super::escape::is_unsafe;
use super::{Failure, Item, Report};

/// The document around a report's items.
#[derive(Serialize)]
struct Envelope<'a, T> {
    kind: &'static str,
    context: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<bool>,
    items: &'a [T],
    errors: &'a [Failure],
}

/// Writes a report as one document that ends with a newline.
pub fn document<T: Item>(report: &Report<T>, context: Option<&str>) -> serde_json::Result<Vec<u8>> {
    let envelope = Envelope {
        kind: T::KIND,
        context,
        applied: report.applied,
        items: &report.items,
        errors: &report.failures,
    };
    pretty(&envelope)
}

/// Writes a value over several lines, for people as well.
pub fn pretty<T: Serialize>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let safe = Safe(PrettyFormatter::new());
    value.serialize(&mut Serializer::with_formatter(&mut bytes, safe))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// A value as text on one line, without an end.
pub(super) fn text(value: &serde_json::Value) -> String {
    let bytes = line(value).unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim_end().to_owned()
}

/// Writes a value as one line.
pub fn line<T: Serialize>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let safe = Safe(serde_json::ser::CompactFormatter);
    value.serialize(&mut Serializer::with_formatter(&mut bytes, safe))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// A formatter that leaves no unsafe character in strings.
struct Safe<F>(F);

impl<F: Formatter> Formatter for Safe<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_unsafe(*c)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + io::Write>(&mut self, writer: &mut W, c: CharEscape) -> io::Result<()> {
        self.0.write_char_escape(writer, c)
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn json_reads_back_and_holds_nothing_unsafe(text in any::<String>()) {
            let bytes = line(&text).unwrap();
            let written = String::from_utf8(bytes).unwrap();
            prop_assert!(!written.trim_end_matches('\n').contains(is_unsafe));
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
