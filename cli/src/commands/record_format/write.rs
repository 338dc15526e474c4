//! Prints records in a format.
//!
//! No key and no value are printed as nothing, or as NULL if that is wanted. On a terminal, control characters
//! of a record are shown by their codes, except newlines and tabs; a pipe gets the bytes as they are.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use jiff::{Timestamp, tz::TimeZone};
use kr_client::RecordRef;
use kr_client::consume::LogMarks;
use kr_wire::batch::TimestampType;
use kr_wire::ids::LeaderEpoch;

use super::{NumberForm, Piece, Token, no_modifier, parse};
use crate::output::escape::escape;

/// How data is shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// A person reads it.
    pub for_terminal: bool,
    /// What is null is shown as NULL.
    pub shows_null: bool,
    /// Keys and values are cut after this many bytes.
    pub truncate: Option<usize>,
}

/// A record and what belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The record.
    pub record: &'a RecordRef<'a>,
    /// The log it is in.
    pub marks: LogMarks,
    /// How many records were printed with it, from 1.
    pub count: u64,
}

/// A format records are printed in.
#[derive(Debug)]
pub struct RecordWriter {
    parts: Vec<Part>,
    look: Look,
}

#[derive(Debug)]
enum Part {
    Literal(Vec<u8>),
    Data(Token, DataForm),
    Number(Token, NumberForm),
    Time(TimeForm),
    Headers,
    EachHeader(Vec<Part>),
    Attribute(Attribute),
}

#[derive(Debug)]
enum DataForm {
    Plain,
    Hex,
    Base64,
    Base64Raw,
    Json,
    Unpack(Unpack),
}

#[derive(Debug)]
enum TimeForm {
    Rfc3339,
    Strftime(String),
}

#[derive(Clone, Copy, Debug)]
enum Attribute {
    Compression,
    TimestampType,
    Transactional,
}

impl RecordWriter {
    /// Reads a format; the error says what is wrong with it.
    pub fn parse(text: &str, look: Look) -> Result<Self, String> {
        let parts = parse(text)?.into_iter().map(part).collect::<Result<_, _>>()?;
        Ok(Self { parts, look })
    }

    /// Prints a record.
    pub fn write(&self, out: &mut Vec<u8>, subject: Subject<'_>) {
        let record = subject.record;
        for part in &self.parts {
            match part {
                Part::Literal(bytes) => out.extend_from_slice(bytes),
                Part::Data(Token::Key, form) => self.data(out, record.key, form),
                Part::Data(Token::Topic, form) => self.whole(out, record.topic.as_bytes(), form),
                Part::Data(_, form) => self.data(out, record.value, form),
                Part::Number(token, form) => form.write(out, number(*token, subject)),
                Part::Time(form) => form.write(out, record.timestamp_ms),
                Part::Headers => self.headers(out, record),
                Part::EachHeader(parts) => self.each_header(out, record, parts),
                Part::Attribute(attribute) => out.extend_from_slice(attribute.text(record).as_bytes()),
            }
        }
    }

    fn headers(&self, out: &mut Vec<u8>, record: &RecordRef<'_>) {
        for (at, (key, value)) in record.headers.clone().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            self.data(out, Some(key), &DataForm::Plain);
            out.push(b'=');
            self.data(out, value, &DataForm::Plain);
        }
    }

    fn each_header(&self, out: &mut Vec<u8>, record: &RecordRef<'_>, parts: &[Part]) {
        for (key, value) in record.headers.clone() {
            for part in parts {
                match part {
                    Part::Literal(bytes) => out.extend_from_slice(bytes),
                    Part::Data(Token::Key, form) => self.data(out, Some(key), form),
                    Part::Data(_, form) => self.data(out, value, form),
                    Part::Number(Token::KeyLength, form) => form.write(out, length(Some(key))),
                    Part::Number(_, form) => form.write(out, length(value)),
                    _ => {}
                }
            }
        }
    }

    fn data(&self, out: &mut Vec<u8>, bytes: Option<&[u8]>, form: &DataForm) {
        let Some(bytes) = bytes else {
            let null: &[u8] = match form {
                DataForm::Json => b"null",
                _ if self.look.shows_null => b"NULL",
                _ => b"",
            };
            return out.extend_from_slice(null);
        };
        let shown = self.look.truncate.map_or(bytes, |most| &bytes[..bytes.len().min(most)]);
        self.whole(out, shown, form);
        let cut = bytes.len() - shown.len();
        if cut > 0 {
            out.extend_from_slice(format!("…[+{cut} bytes]").as_bytes());
        }
    }

    /// Names are never cut: the rest of one is the name of something else.
    fn whole(&self, out: &mut Vec<u8>, bytes: &[u8], form: &DataForm) {
        match form {
            DataForm::Plain if self.look.for_terminal => safe(out, bytes),
            DataForm::Plain => out.extend_from_slice(bytes),
            DataForm::Hex => {
                bytes.iter().for_each(|byte| out.extend_from_slice(format!("{byte:02x}").as_bytes()))
            }
            DataForm::Base64 => out.extend_from_slice(STANDARD.encode(bytes).as_bytes()),
            DataForm::Base64Raw => out.extend_from_slice(STANDARD_NO_PAD.encode(bytes).as_bytes()),
            DataForm::Json => {
                let text = serde_json::Value::from(String::from_utf8_lossy(bytes));
                out.extend_from_slice(text.to_string().as_bytes());
            }
            DataForm::Unpack(unpack) => unpack.write(out, bytes),
        }
    }
}

/// Newlines and tabs do no harm and are what people put in values.
fn safe(out: &mut Vec<u8>, bytes: &[u8]) {
    for piece in String::from_utf8_lossy(bytes).split_inclusive(['\n', '\t']) {
        let end = piece.len() - usize::from(piece.ends_with(['\n', '\t']));
        out.extend_from_slice(escape(&piece[..end]).as_bytes());
        out.extend_from_slice(&piece.as_bytes()[end..]);
    }
}

fn part(piece: Piece) -> Result<Part, String> {
    let (token, modifier) = match piece {
        Piece::Literal(bytes) => return Ok(Part::Literal(bytes)),
        Piece::EachHeader(pieces) => {
            return Ok(Part::EachHeader(pieces.into_iter().map(part).collect::<Result<_, _>>()?));
        }
        Piece::Token(token, modifier) => (token, modifier),
    };
    let modifier = modifier.as_deref();
    match token {
        Token::Value | Token::Key | Token::Topic => Ok(Part::Data(token, DataForm::of(modifier)?)),
        Token::Headers => Ok(Part::Headers),
        Token::Attributes => Attribute::of(modifier).map(Part::Attribute),
        Token::ValueLength32 => Ok(Part::Number(Token::ValueLength, NumberForm::Big(4))),
        Token::Timestamp => match modifier {
            Some("rfc3339") => Ok(Part::Time(TimeForm::Rfc3339)),
            Some(text) if text.starts_with("strftime[") && text.ends_with(']') => {
                Ok(Part::Time(TimeForm::Strftime(text["strftime[".len()..text.len() - 1].to_owned())))
            }
            other => NumberForm::of(other).map(|form| Part::Number(token, form)),
        },
        _ => NumberForm::of(modifier).map(|form| Part::Number(token, form)),
    }
}

/// The number of a token; what is not known is -1, as kcat prints it.
fn number(token: Token, Subject { record, marks, count }: Subject<'_>) -> i64 {
    let offset = |offset: Option<kr_wire::ids::Offset>| offset.map_or(-1, |offset| offset.0);
    match token {
        Token::Partition => record.partition.0.into(),
        Token::Offset => record.offset.0,
        Token::Timestamp => record.timestamp_ms.unwrap_or(-1),
        Token::LeaderEpoch => LeaderEpoch::to_wire(record.batch.leader_epoch).into(),
        Token::KeyLength => length(record.key),
        Token::HeaderCount => i64::try_from(record.headers.len()).unwrap_or(i64::MAX),
        Token::Count => i64::try_from(count).unwrap_or(i64::MAX),
        Token::ProducerId => record.batch.producer_id.map_or(-1, |id| id.0),
        Token::ProducerEpoch => record.batch.producer_epoch.into(),
        Token::LogStart => offset(marks.start),
        Token::LastStable => offset(marks.last_stable),
        Token::HighWatermark => offset(marks.high_watermark),
        _ => length(record.value),
    }
}

fn length(bytes: Option<&[u8]>) -> i64 {
    bytes.map_or(-1, |bytes| i64::try_from(bytes.len()).unwrap_or(i64::MAX))
}

impl NumberForm {
    fn write(self, out: &mut Vec<u8>, number: i64) {
        let bytes = number.to_be_bytes();
        match self {
            Self::Ascii => out.extend_from_slice(number.to_string().as_bytes()),
            Self::Hex(digits) => {
                let text = format!("{number:016x}");
                out.extend_from_slice(&text.as_bytes()[16 - digits..]);
            }
            Self::Big(width) => out.extend_from_slice(&bytes[8 - width..]),
            Self::Little(width) => out.extend(bytes.iter().rev().take(width)),
            Self::Bool => out.extend_from_slice(if number == 0 { b"false" } else { b"true" }),
        }
    }
}

impl DataForm {
    fn of(modifier: Option<&str>) -> Result<Self, String> {
        Ok(match modifier {
            None => Self::Plain,
            Some("hex") => Self::Hex,
            Some("base64") => Self::Base64,
            Some("base64raw") => Self::Base64Raw,
            Some("json") => Self::Json,
            Some(text) if text.starts_with("unpack[") && text.ends_with(']') => {
                Self::Unpack(Unpack::parse(&text["unpack[".len()..text.len() - 1])?)
            }
            Some(other) => return Err(no_modifier(other)),
        })
    }
}

impl TimeForm {
    fn write(&self, out: &mut Vec<u8>, timestamp_ms: Option<i64>) {
        let Some(time) = timestamp_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()) else {
            return out.push(b'-');
        };
        let text = match self {
            Self::Rfc3339 => time.to_string(),
            Self::Strftime(format) => time.to_zoned(TimeZone::system()).strftime(format).to_string(),
        };
        out.extend_from_slice(text.as_bytes());
    }
}

impl Attribute {
    fn of(modifier: Option<&str>) -> Result<Self, String> {
        match modifier {
            Some("compression") => Ok(Self::Compression),
            Some("timestamp-type") => Ok(Self::TimestampType),
            Some("transactional" | "transactional-bit") => Ok(Self::Transactional),
            Some(other) => Err(no_modifier(other)),
            None => Err("%a wants one of {compression}, {timestamp-type}, {transactional}".to_owned()),
        }
    }

    fn text(self, record: &RecordRef<'_>) -> &'static str {
        let attributes = record.batch.attributes;
        match self {
            Self::Compression => attributes.codec().map_or("unknown", |codec| codec.name()),
            Self::TimestampType => match attributes.timestamp_type() {
                TimestampType::CreateTime => "CreateTime",
                TimestampType::LogAppendTime => "LogAppendTime",
            },
            Self::Transactional if attributes.is_transactional() => "true",
            Self::Transactional => "false",
        }
    }
}

/// `unpack[...]`: binary data field by field, blanks between; rpk's letters.
///
/// `<` and `>` little and big end first (big until one comes), `x` skips a byte, `b B h H i I q Q` integers of
/// 1, 2, 4 and 8 bytes, signed and not, `c` or `.` a character, `s` the rest as text, `$` the end must be here.
#[derive(Debug)]
struct Unpack(String);

impl Unpack {
    fn parse(text: &str) -> Result<Self, String> {
        match text.chars().find(|c| !"<>=xbBhHiIqQc.s$".contains(*c)) {
            Some(wrong) => Err(format!("'{wrong}' is no letter of unpack[]")),
            None => Ok(Self(text.to_owned())),
        }
    }

    fn write(&self, out: &mut Vec<u8>, bytes: &[u8]) {
        let (mut rest, mut is_little, mut is_first) = (bytes, false, true);
        for letter in self.0.chars() {
            let width = match letter {
                '<' | '>' | '=' => {
                    is_little = letter == '<';
                    continue;
                }
                'x' | 'b' | 'B' | 'c' | '.' => 1,
                'h' | 'H' => 2,
                'i' | 'I' => 4,
                'q' | 'Q' => 8,
                _ => 0,
            };
            if !std::mem::take(&mut is_first) && letter != 'x' {
                out.push(b' ');
            }
            let field = if letter == 's' { rest } else { &rest[..width.min(rest.len())] };
            if field.len() < width || (letter == '$' && !rest.is_empty()) {
                return out.extend_from_slice(b"<too short or too long>");
            }
            rest = &rest[field.len()..];
            match letter {
                'x' | '$' => {}
                'c' | '.' | 's' => safe(out, field),
                _ => out.extend_from_slice(
                    integer(field, is_little, letter.is_lowercase()).to_string().as_bytes(),
                ),
            }
        }
    }
}

fn integer(field: &[u8], is_little: bool, is_signed: bool) -> i128 {
    let mut ordered = field.to_vec();
    if is_little {
        ordered.reverse();
    }
    let value = ordered.iter().fold(0i128, |value, byte| value << 8 | i128::from(*byte));
    let bits = 8 * field.len();
    if is_signed && value >> (bits - 1) != 0 { value - (1 << bits) } else { value }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use kr_client::{BatchFacts, ConsumedRecord, Header};
    use kr_wire::ids::{Offset, PartitionId};

    use super::*;

    fn record(value: &'static [u8]) -> ConsumedRecord {
        ConsumedRecord {
            topic: "orders".into(),
            partition: PartitionId(2),
            offset: Offset(17),
            timestamp_ms: Some(1_700_000_000_000),
            batch: BatchFacts::default(),
            key: None,
            value: Some(Bytes::from_static(value)),
            headers: vec![
                Header { key: Bytes::from_static(b"x"), value: Some(Bytes::from_static(b"1")) },
                Header { key: Bytes::from_static(b"y"), value: None },
            ],
        }
    }

    fn render_with(format: &str, value: &'static [u8], look: Look) -> Vec<u8> {
        let record = record(value);
        let marks = LogMarks { high_watermark: Some(Offset(20)), ..LogMarks::default() };
        let subject = Subject { record: &record.borrow(), marks, count: 3 };
        let mut out = Vec::new();
        RecordWriter::parse(format, look).unwrap().write(&mut out, subject);
        out
    }

    fn render(format: &str, look: Look) -> String {
        String::from_utf8(render_with(format, b"a\x1b[2J\tb\n", look)).unwrap()
    }

    #[test]
    fn tokens_of_kcat_and_rpk_are_replaced() {
        let plain = Look::default();
        assert_eq!(
            render("%t-%p@%o %T [%h] %K/%S/%V 100%%\\n", plain),
            "orders-2@17 1700000000000 [x=1,y=] -1/8/8 100%\n"
        );
        assert_eq!(render("%k|%s|%v", plain), "|a\x1b[2J\tb\n|a\x1b[2J\tb\n");
        assert_eq!(render("%H:%h{<%k %V>} %i %e %x/%y %] %[", plain), "2:<x 1><y -1> 3 -1 -1/0 20 -1");
        assert_eq!(render("%a{compression} %a{timestamp-type}", plain), "none CreateTime");
    }

    #[test]
    fn modifiers_lay_out_data_numbers_and_times() {
        let value = b"\x00\x00\x00\x05\xff\xfehi";
        let render = |format: &str| render_with(format, value, Look::default());
        assert_eq!(render("%v{hex} %v{base64}"), b"00000005fffe6869 AAAABf/+aGk=");
        assert_eq!(render("%v{unpack[>iBbs]} %v{unpack[<i]}"), b"5 255 -2 hi 83886080");
        assert_eq!(
            render("%v{unpack[q$]}|%v{unpack[qb]}"),
            b"25769699433 |25769699433 <too short or too long>"
        );
        assert_eq!(render("%R%V{little16}%o{hex8}"), b"\0\0\0\x08\x08\x0011");
        assert_eq!(render("%d{rfc3339}"), b"2023-11-14T22:13:20Z");
    }

    #[test]
    fn a_terminal_gets_no_control_characters_but_newlines_and_tabs() {
        assert_eq!(render("%v", Look { for_terminal: true, ..Look::default() }), "a\\x1b[2J\tb\n");
    }

    #[test]
    fn null_is_nothing_or_shown() {
        assert_eq!(render("[%k] %k{json}", Look::default()), "[] null");
        assert_eq!(render("[%k]", Look { shows_null: true, ..Look::default() }), "[NULL]");
    }

    /// "`--no-value`, `--headers-only`; truncation at N bytes with a mark".
    #[test]
    fn complaint_39_what_is_cut_off_is_marked() {
        let look = Look { truncate: Some(3), ..Look::default() };
        assert_eq!(render("%v{hex}", look), "611b5b…[+5 bytes]");
        assert_eq!(render("%t %t{hex}", look), "orders 6f7264657273", "the name of a topic is not data");
    }

    #[test]
    fn a_wrong_modifier_is_refused() {
        for format in ["%v{go}", "%o{base64}", "%v{unpack[z]}", "%a", "%a{z}"] {
            assert!(RecordWriter::parse(format, Look::default()).is_err(), "{format}");
        }
    }
}
