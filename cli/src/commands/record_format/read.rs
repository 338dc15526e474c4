//! Makes records of input in a format: `-f '%k\t%v\n'`, or with lengths `-f '%K{big32}%k%V{big32}%v'`.
//!
//! A field runs to the literal behind it, or over as many bytes as its length said before. A length of -1 is null.
//! What a producer cannot choose (`%o`, `%e`, `%i`, `%x`, `%y`) is read and dropped.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bytes::Bytes;
use kr_client::Header;

use super::{NumberForm, Piece, Token, no_modifier, parse};

/// A format records are read in.
#[derive(Debug)]
pub struct RecordReader {
    steps: Vec<Step>,
}

#[derive(Debug, PartialEq)]
enum Step {
    Literal(Vec<u8>),
    Data(Token, Encoding),
    Number(Token, NumberForm),
    Headers,
    EachHeader(Vec<Step>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Encoding {
    Plain,
    Hex,
    Base64,
    Base64Raw,
}

/// What was read of one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// `%t`.
    pub topic: Option<String>,
    /// `%p`.
    pub partition: Option<i32>,
    /// `%T`, `%d`.
    pub timestamp_ms: Option<i64>,
    /// `%k`.
    pub key: Option<Bytes>,
    /// `%v`; outside: whether the format has it.
    pub value: Option<Bytes>,
    /// `%h`.
    pub headers: Vec<Header>,
}

/// What came of an attempt to read.
#[derive(Debug, PartialEq)]
pub enum Found {
    /// A record, and how many bytes it took.
    Record(Fields, usize),
    /// The input ends before the record does.
    Incomplete,
}

impl RecordReader {
    /// Reads a format; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let steps: Vec<Step> = parse(text)?.into_iter().map(step).collect::<Result<_, _>>()?;
        if steps.is_empty() {
            return Err("it is empty".to_owned());
        }
        check(&steps)?;
        Ok(Self { steps })
    }

    /// Whether records name their topic.
    pub fn names_topic(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Data(Token::Topic, _)))
    }

    /// Whether records have a value at all.
    pub fn has_value(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Data(Token::Value, _)))
    }

    /// Reads a record at the front of `input`, after which nothing comes if `is_all`.
    pub fn read(&self, input: &[u8], is_all: bool) -> Result<Found, String> {
        let mut cursor = Cursor { input, at: 0, is_all };
        let mut fields = Fields::default();
        let mut sizes = Sizes::default();
        for (index, step) in self.steps.iter().enumerate() {
            let next = self.steps.get(index + 1);
            match cursor.step(step, next, &mut sizes, &mut fields) {
                Ok(()) => {}
                // The last line of a file may lack its end.
                Err(Stop::Incomplete) if is_all && next.is_none() && cursor.rest().is_empty() => {}
                Err(Stop::Incomplete) if is_all => return Err("the input ends within it".to_owned()),
                Err(Stop::Incomplete) => return Ok(Found::Incomplete),
                Err(Stop::Wrong(why)) => return Err(why),
            }
        }
        if cursor.at == 0 {
            return Err("the format takes nothing of the input".to_owned());
        }
        Ok(Found::Record(fields, cursor.at))
    }
}

fn step(piece: Piece) -> Result<Step, String> {
    let (token, modifier) = match piece {
        Piece::Literal(bytes) => return Ok(Step::Literal(bytes)),
        Piece::EachHeader(pieces) => {
            return Ok(Step::EachHeader(pieces.into_iter().map(step).collect::<Result<_, _>>()?));
        }
        Piece::Token(token, modifier) => (token, modifier),
    };
    let modifier = modifier.as_deref();
    match token {
        Token::Headers => Ok(Step::Headers),
        Token::Key | Token::Value | Token::Topic => {
            let encoding = match modifier {
                None => Encoding::Plain,
                Some("hex") => Encoding::Hex,
                Some("base64") => Encoding::Base64,
                Some("base64raw") => Encoding::Base64Raw,
                Some(other) => return Err(no_modifier(other)),
            };
            Ok(Step::Data(token, encoding))
        }
        Token::Attributes | Token::LogStart | Token::LastStable | Token::HighWatermark => {
            Err("%a, %[, %| and %] are of the log and cannot be read".to_owned())
        }
        Token::ValueLength32 => Ok(Step::Number(Token::ValueLength, NumberForm::Big(4))),
        token => match NumberForm::of(modifier)? {
            NumberForm::Bool => Err(no_modifier("bool")),
            form => Ok(Step::Number(token, form)),
        },
    }
}

/// A field without a length needs a literal behind it, or the end; headers need their number.
fn check(steps: &[Step]) -> Result<(), String> {
    for (index, step) in steps.iter().enumerate() {
        let is_sized = |length: Token| {
            steps[..index].iter().any(|step| matches!(step, Step::Number(token, _) if *token == length))
        };
        let is_bounded = matches!(steps.get(index + 1), None | Some(Step::Literal(_)));
        let sized = match step {
            Step::Data(Token::Key, _) => is_sized(Token::KeyLength),
            Step::Data(Token::Value, _) => is_sized(Token::ValueLength),
            Step::EachHeader(_) if !is_sized(Token::HeaderCount) => {
                return Err("%h{..} wants the number of headers, %H, before it".to_owned());
            }
            Step::EachHeader(inner) => {
                check(inner)?;
                let ends = matches!(inner.last(), Some(Step::Literal(_)));
                let is_sized = inner.iter().any(|step| matches!(step, Step::Number(Token::ValueLength, _)));
                if !ends && !is_sized {
                    return Err("a header in %h{..} needs an end: a literal, or %V before %v".to_owned());
                }
                true
            }
            Step::Data(..) | Step::Headers => false,
            _ => true,
        };
        if !sized && !is_bounded {
            return Err(
                "between two fields there must be a literal, or the length of the first before it".to_owned()
            );
        }
    }
    Ok(())
}

/// Lengths that were read for fields to come.
#[derive(Default)]
struct Sizes {
    key: Option<i64>,
    value: Option<i64>,
    headers: Option<i64>,
}

enum Stop {
    Incomplete,
    Wrong(String),
}

struct Cursor<'a> {
    input: &'a [u8],
    at: usize,
    is_all: bool,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.input[self.at..]
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Stop> {
        let taken = self.rest().get(..count).ok_or(Stop::Incomplete)?;
        self.at += count;
        Ok(taken)
    }

    fn step(
        &mut self,
        step: &Step,
        next: Option<&Step>,
        sizes: &mut Sizes,
        fields: &mut Fields,
    ) -> Result<(), Stop> {
        match step {
            Step::Literal(bytes) => self.literal(bytes)?,
            Step::Number(token, form) => {
                let number = self.number(*form)?;
                match token {
                    Token::KeyLength => sizes.key = Some(number),
                    Token::ValueLength => sizes.value = Some(number),
                    Token::HeaderCount => sizes.headers = Some(number),
                    Token::Partition => fields.partition = Some(fit(number, "partition")?),
                    Token::Timestamp => fields.timestamp_ms = Some(number).filter(|ms| *ms >= 0),
                    _ => {}
                }
            }
            Step::Data(Token::Key, encoding) => fields.key = self.data(*encoding, sizes.key.take(), next)?,
            Step::Data(Token::Topic, encoding) => {
                let name = self.data(*encoding, None, next)?.unwrap_or_default();
                let name = String::from_utf8(name.to_vec());
                fields.topic = Some(name.map_err(|_| Stop::Wrong("the topic is not UTF-8".to_owned()))?);
            }
            Step::Data(_, encoding) => fields.value = self.data(*encoding, sizes.value.take(), next)?,
            Step::Headers => fields.headers.extend(list(&self.until(next)?)?),
            Step::EachHeader(steps) => {
                let count: i32 = fit(sizes.headers.take().unwrap_or(0), "number of headers")?;
                for _ in 0..count {
                    fields.headers.push(self.header(steps)?);
                }
            }
        }
        Ok(())
    }

    fn header(&mut self, steps: &[Step]) -> Result<Header, Stop> {
        let (mut fields, mut sizes) = (Fields::default(), Sizes::default());
        for (index, step) in steps.iter().enumerate() {
            self.step(step, steps.get(index + 1), &mut sizes, &mut fields)?;
        }
        Ok(Header { key: fields.key.unwrap_or_default(), value: fields.value })
    }

    fn literal(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let rest = self.rest();
        let common = rest.len().min(bytes.len());
        if rest[..common] != bytes[..common] {
            let wanted = String::from_utf8_lossy(bytes).into_owned();
            return Err(Stop::Wrong(format!("{wanted:?} is missing at byte {}", self.at)));
        }
        self.take(bytes.len()).map(|_| ())
    }

    fn number(&mut self, form: NumberForm) -> Result<i64, Stop> {
        let wrong = |at: usize| Stop::Wrong(format!("there is no number at byte {at}"));
        match form {
            NumberForm::Big(width) | NumberForm::Little(width) => {
                let mut bytes = self.take(width)?.to_vec();
                if matches!(form, NumberForm::Little(_)) {
                    bytes.reverse();
                }
                if bytes.iter().all(|byte| *byte == 0xff) {
                    return Ok(-1);
                }
                Ok(bytes.iter().fold(0, |number, byte| number << 8 | i64::from(*byte)))
            }
            NumberForm::Hex(digits) => {
                let (at, text) = (self.at, self.take(digits)?);
                let text = std::str::from_utf8(text).map_err(|_| wrong(at))?;
                u64::from_str_radix(text, 16).map(u64::cast_signed).map_err(|_| wrong(at))
            }
            NumberForm::Ascii | NumberForm::Bool => {
                let rest = self.rest();
                let is_part = |(at, byte): (usize, &u8)| byte.is_ascii_digit() || (at == 0 && *byte == b'-');
                let end = rest.iter().enumerate().position(|found| !is_part(found));
                let end = match end {
                    Some(end) => end,
                    None if self.is_all => rest.len(),
                    None => return Err(Stop::Incomplete),
                };
                let (at, text) = (self.at, self.take(end)?);
                let text = std::str::from_utf8(text).map_err(|_| wrong(at))?;
                text.parse().map_err(|_| wrong(at))
            }
        }
    }

    /// A field of a length that is known, or up to the literal behind it.
    fn data(
        &mut self,
        encoding: Encoding,
        size: Option<i64>,
        next: Option<&Step>,
    ) -> Result<Option<Bytes>, Stop> {
        let bytes = match size {
            Some(size) if size < 0 => return Ok(None),
            Some(size) => self.take(usize::try_from(size).unwrap_or(usize::MAX))?.to_vec(),
            None => self.until(next)?,
        };
        let wrong = |error: String| Stop::Wrong(format!("a field is not as the format says: {error}"));
        let decoded = match encoding {
            Encoding::Plain => bytes,
            Encoding::Base64 => STANDARD.decode(&bytes).map_err(|error| wrong(error.to_string()))?,
            Encoding::Base64Raw => {
                STANDARD_NO_PAD.decode(&bytes).map_err(|error| wrong(error.to_string()))?
            }
            Encoding::Hex => {
                unhex(&bytes).ok_or_else(|| wrong("an even number of hex digits is wanted".into()))?
            }
        };
        Ok(Some(decoded.into()))
    }

    /// Everything up to the literal that comes next, which stays; or to the end.
    fn until(&mut self, next: Option<&Step>) -> Result<Vec<u8>, Stop> {
        let rest = self.rest();
        let found = match next {
            Some(Step::Literal(end)) => rest.windows(end.len()).position(|window| window == end.as_slice()),
            _ => None,
        };
        match found {
            Some(at) => self.take(at).map(<[u8]>::to_vec),
            None if self.is_all => self.take(rest.len()).map(<[u8]>::to_vec),
            None => Err(Stop::Incomplete),
        }
    }
}

fn fit(number: i64, what: &str) -> Result<i32, Stop> {
    i32::try_from(number)
        .ok()
        .filter(|number| *number >= 0)
        .ok_or_else(|| Stop::Wrong(format!("{number} is no {what}")))
}

fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// Headers as kcat writes them: `a=1,b=2`.
fn list(text: &[u8]) -> Result<Vec<Header>, Stop> {
    let copy = Bytes::copy_from_slice;
    let pairs = text.split(|byte| *byte == b',').filter(|pair| !pair.is_empty());
    let header = |pair: &[u8]| match pair.iter().position(|byte| *byte == b'=') {
        Some(at) => Header { key: copy(&pair[..at]), value: Some(copy(&pair[at + 1..])) },
        None => Header { key: copy(pair), value: None },
    };
    Ok(pairs.map(header).collect())
}

#[cfg(test)]
mod tests {
    use kr_client::consume::LogMarks;
    use kr_client::{BatchFacts, ConsumedRecord};
    use kr_wire::ids::{Offset, PartitionId};
    use proptest::prelude::*;

    use super::super::write::{Look, RecordWriter, Subject};
    use super::*;

    fn read(format: &str, input: &str) -> Vec<(Option<String>, Option<String>)> {
        let reader = RecordReader::parse(format).unwrap();
        let (mut records, mut rest) = (Vec::new(), input.as_bytes());
        let text = |bytes: Option<Bytes>| bytes.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
        while !rest.is_empty() {
            match reader.read(rest, true).unwrap() {
                Found::Record(fields, taken) => {
                    records.push((text(fields.key), text(fields.value)));
                    rest = &rest[taken..];
                }
                Found::Incomplete => panic!("all of it is there"),
            }
        }
        records
    }

    fn pair(key: &str, value: &str) -> (Option<String>, Option<String>) {
        (Some(key.to_owned()), Some(value.to_owned()))
    }

    #[test]
    fn literals_and_lengths_end_fields() {
        assert_eq!(read("%k\\t%v\\n", "a\t1\nb\t2"), [pair("a", "1"), pair("b", "2")]);
        assert_eq!(read("%K:%k%V:%v", "1:a2:bc"), [pair("a", "bc")]);
        assert_eq!(read("%k=%v{hex};", "a=6869;b=;"), [pair("a", "hi"), pair("b", "")]);
        assert_eq!(
            read("%V{byte}%v", "\u{1}a\u{2}bc"),
            [(None, Some("a".into())), (None, Some("bc".into()))]
        );
    }

    #[test]
    fn what_is_not_all_there_is_waited_for() {
        let reader = RecordReader::parse("%K{big16}%k|%v\\n").unwrap();
        let input = b"\0\x02ab|value\n";
        for end in 0..input.len() {
            assert_eq!(reader.read(&input[..end], false), Ok(Found::Incomplete), "{end}");
        }
        assert!(matches!(reader.read(input, false), Ok(Found::Record(_, 11))));
        assert_eq!(reader.read(&input[..3], true), Err("the input ends within it".to_owned()));
    }

    #[test]
    fn headers_come_as_a_list_or_counted() {
        let reader = RecordReader::parse("%h %v\\n").unwrap();
        let Ok(Found::Record(fields, _)) = reader.read(b"a=1,b,a=2 v\n", true) else { panic!("a record") };
        let header = |key: &'static str, value: Option<&'static str>| Header {
            key: Bytes::from_static(key.as_bytes()),
            value: value.map(|value| Bytes::from_static(value.as_bytes())),
        };
        assert_eq!(fields.headers, [header("a", Some("1")), header("b", None), header("a", Some("2"))]);
    }

    #[test]
    fn a_format_that_cannot_be_read_is_refused() {
        for (format, why) in [
            ("", "it is empty"),
            ("%k%v", "between two fields there must be a literal"),
            ("%h{%k=%v }", "%h{..} wants the number of headers"),
            ("%H %h{%k=%v}", "a header in %h{..} needs an end"),
            ("%[ %v", "%a, %[, %| and %] are of the log"),
            ("%v{go}", "{go} is no modifier here"),
        ] {
            let error = RecordReader::parse(format).unwrap_err();
            assert!(error.starts_with(why), "{format}: {error}");
        }
    }

    #[test]
    fn wrong_input_says_what_is_wrong() {
        let reader = RecordReader::parse("%p:%v{base64}\n").unwrap();
        for (input, why) in [
            ("x:\n", "there is no number at byte 0"),
            ("1;\n", "\":\" is missing at byte 1"),
            ("-1:\n", "-1 is no partition"),
            ("1:*\n", "a field is not as the format says"),
        ] {
            let error = reader.read(input.as_bytes(), true).unwrap_err();
            assert!(error.starts_with(why), "{error}");
        }
    }

    fn bytes() -> impl Strategy<Value = Option<Bytes>> {
        prop::option::of(prop::collection::vec(any::<u8>(), 0..20).prop_map(Bytes::from))
    }

    proptest! {
        /// A binary format with lengths carries anything, null included.
        #[test]
        fn what_is_written_with_lengths_reads_back(
            key in bytes(),
            value in bytes(),
            headers in prop::collection::vec((bytes(), bytes()), 0..3),
            timestamp in prop::option::of(0i64..i64::MAX),
            partition in 0..i32::MAX,
        ) {
            let format = "%t %d{big64}%p{little32}%K{big32}%k%H{byte}%h{%K{big16}%k%V{big32}%v}%V{hex32}|%R%v\\n";
            let headers: Vec<Header> = headers
                .into_iter()
                .map(|(key, value)| Header { key: key.unwrap_or_default(), value })
                .collect();
            let record = ConsumedRecord {
                topic: "t".into(),
                partition: PartitionId(partition),
                offset: Offset(0),
                timestamp_ms: timestamp,
                batch: BatchFacts::default(),
                key: key.clone(),
                value: value.clone(),
                headers: headers.clone(),
            };
            let subject = Subject { record: &record.borrow(), marks: LogMarks::default(), count: 1 };
            let mut line = Vec::new();
            RecordWriter::parse(format, Look::default()).unwrap().write(&mut line, subject);
            let found = RecordReader::parse(format).unwrap().read(&line, false);
            let fields = Fields {
                topic: Some("t".to_owned()),
                partition: Some(partition),
                timestamp_ms: timestamp,
                key,
                value,
                headers,
            };
            prop_assert_eq!(found, Ok(Found::Record(fields, line.len())));
        }

        #[test]
        fn any_input_is_read_or_refused(input in prop::collection::vec(any::<u8>(), 0..60), is_all in any::<bool>()) {
            for format in ["%K %k %H %h{%K%k:%v,}%V{big16}%v\n", "%t %T %v{base64}"] {
                let _ = RecordReader::parse(format).unwrap().read(&input, is_all);
            }
        }
    }
}
