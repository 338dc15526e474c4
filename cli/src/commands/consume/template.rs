//! `-f TEMPLATE`: what is printed of a record. Tokens of kcat and rpk are both taken.
//!
//! | token | is |
//! |---|---|
//! | `%v`, `%s` | value |
//! | `%k` | key |
//! | `%h` | headers as `key=value,key=value` |
//! | `%t` `%p` `%o` | topic, partition, offset |
//! | `%T`, `%d` | timestamp, milliseconds since 1970 |
//! | `%K` `%S` | length of key and value in bytes, -1 for none |
//! | `%%` | a percent sign |
//! | `\n` `\t` `\r` `\0` `\\` | what they are in most languages |
//!
//! No key and no value are printed as nothing. On a terminal, control characters of a record are shown by
//! their codes, except newlines and tabs; a pipe gets the bytes as they are.

use bytes::Bytes;
use kr_client::ConsumedRecord;

use crate::output::escape::escape;

/// A parsed template.
#[derive(Debug)]
pub struct Template {
    pieces: Vec<Piece>,
    for_terminal: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Literal(Vec<u8>),
    Value,
    Key,
    Headers,
    Topic,
    Partition,
    Offset,
    Timestamp,
    KeyLength,
    ValueLength,
}

impl Template {
    /// Parses a template; the error says what is wrong with it.
    pub fn parse(text: &str, for_terminal: bool) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let piece = match c {
                '%' => match chars.next() {
                    Some('%') => {
                        literal.push(b'%');
                        continue;
                    }
                    Some('v' | 's') => Piece::Value,
                    Some('k') => Piece::Key,
                    Some('h') => Piece::Headers,
                    Some('t') => Piece::Topic,
                    Some('p') => Piece::Partition,
                    Some('o') => Piece::Offset,
                    Some('T' | 'd') => Piece::Timestamp,
                    Some('K') => Piece::KeyLength,
                    Some('S' | 'V') => Piece::ValueLength,
                    Some(other) => return Err(format!("%{other} is no token")),
                    None => return Err("it ends in a percent sign".to_owned()),
                },
                '\\' => {
                    literal.push(match chars.next() {
                        Some('n') => b'\n',
                        Some('t') => b'\t',
                        Some('r') => b'\r',
                        Some('0') => b'\0',
                        Some('\\') => b'\\',
                        Some(other) => return Err(format!("\\{other} is no escape")),
                        None => return Err("it ends in a backslash".to_owned()),
                    });
                    continue;
                }
                c => {
                    literal.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                }
            };
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            pieces.push(piece);
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Self { pieces, for_terminal })
    }

    /// Prints a record into bytes.
    pub fn render(&self, record: &ConsumedRecord) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + record.value.as_ref().map_or(0, Bytes::len));
        for piece in &self.pieces {
            match piece {
                Piece::Literal(bytes) => out.extend_from_slice(bytes),
                Piece::Value => self.data(&mut out, record.value.as_deref()),
                Piece::Key => self.data(&mut out, record.key.as_deref()),
                Piece::Headers => self.headers(&mut out, record),
                Piece::Topic => self.data(&mut out, Some(record.topic.as_bytes())),
                Piece::Partition => number(&mut out, record.partition.0.into()),
                Piece::Offset => number(&mut out, record.offset.0),
                Piece::Timestamp => number(&mut out, record.timestamp_ms.unwrap_or(-1)),
                Piece::KeyLength => number(&mut out, length(record.key.as_ref())),
                Piece::ValueLength => number(&mut out, length(record.value.as_ref())),
            }
        }
        out
    }

    fn headers(&self, out: &mut Vec<u8>, record: &ConsumedRecord) {
        for (at, header) in record.headers.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            self.data(out, Some(&header.key));
            out.push(b'=');
            self.data(out, header.value.as_deref());
        }
    }

    fn data(&self, out: &mut Vec<u8>, bytes: Option<&[u8]>) {
        let Some(bytes) = bytes else { return };
        if !self.for_terminal {
            return out.extend_from_slice(bytes);
        }
        // Newlines and tabs do no harm and are what people put in values.
        for piece in String::from_utf8_lossy(bytes).split_inclusive(['\n', '\t']) {
            let end = piece.len() - usize::from(piece.ends_with(['\n', '\t']));
            out.extend_from_slice(escape(&piece[..end]).as_bytes());
            out.extend_from_slice(&piece.as_bytes()[end..]);
        }
    }
}

fn number(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(number.to_string().as_bytes());
}

fn length(bytes: Option<&Bytes>) -> i64 {
    bytes.map_or(-1, |bytes| i64::try_from(bytes.len()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use kr_client::Header;
    use kr_wire::batch::TimestampType;
    use kr_wire::ids::{Offset, PartitionId};

    use super::*;

    fn render(template: &str, for_terminal: bool) -> String {
        let record = ConsumedRecord {
            topic: "orders".into(),
            partition: PartitionId(2),
            offset: Offset(17),
            leader_epoch: None,
            timestamp_ms: Some(5),
            timestamp_type: TimestampType::CreateTime,
            key: None,
            value: Some(Bytes::from_static(b"a\x1b[2J\tb\n")),
            headers: vec![
                Header { key: Bytes::from_static(b"x"), value: Some(Bytes::from_static(b"1")) },
                Header { key: Bytes::from_static(b"y"), value: None },
            ],
        };
        String::from_utf8(Template::parse(template, for_terminal).unwrap().render(&record)).unwrap()
    }

    #[test]
    fn tokens_are_replaced() {
        assert_eq!(render("%t-%p@%o %T [%h] %K/%S 100%%\\n", false), "orders-2@17 5 [x=1,y=] -1/8 100%\n");
        assert_eq!(render("%k|%s|%v", false), "|a\x1b[2J\tb\n|a\x1b[2J\tb\n");
    }

    #[test]
    fn a_terminal_gets_no_control_characters_but_newlines_and_tabs() {
        assert_eq!(render("%v", true), "a\\x1b[2J\tb\n");
    }

    #[test]
    fn a_wrong_template_is_refused() {
        for (template, why) in
            [("%x", "%x is no token"), ("\\q", "\\q is no escape"), ("%", "it ends in a percent sign")]
        {
            assert_eq!(Template::parse(template, false).unwrap_err(), why);
        }
    }
}
