//! Asks an expression of records: what costs least first, JSON parsed once a record and only when it is reached.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::cmp::Ordering;

use jiff::Timestamp;
use kr_client::RecordRef;
use serde_json::Value as Json;

use super::lex::SyntaxError;
use super::parse::{Comparison, Constant, Expr, Operand, Step, exact, parse};

/// A condition on records.
#[derive(Clone, Debug)]
pub struct Filter {
    expr: Expr,
}

impl Filter {
    /// Reads an expression; times such as `-1h` are counted from `now`.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, SyntaxError> {
        let mut expr = parse(text, now)?;
        order(&mut expr);
        Ok(Self { expr })
    }

    /// Whether the condition holds for a record.
    pub fn holds(&self, record: &RecordRef<'_>) -> bool {
        let subject = Subject { record, key: OnceCell::new(), value: OnceCell::new() };
        subject.holds(&self.expr)
    }
}

/// Puts what costs least first; the order of `&&` and `||` changes nothing else.
fn order(expr: &mut Expr) {
    match expr {
        Expr::All(parts) | Expr::Any(parts) => {
            parts.iter_mut().for_each(order);
            parts.sort_by_key(cost);
        }
        Expr::Not(inner) => order(inner),
        _ => {}
    }
}

/// 0 numbers of the record, 1 key, 2 headers, 3 bytes of the value, 4 the key's JSON, 5 the value's.
fn cost(expr: &Expr) -> u8 {
    let of = |operand: &Operand| match operand {
        Operand::Key => 1,
        Operand::Header(_) => 2,
        Operand::Value => 3,
        Operand::KeyPath(_) => 4,
        Operand::ValuePath(_) => 5,
        _ => 0,
    };
    match expr {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().map(cost).max().unwrap_or(0),
        Expr::Not(inner) => cost(inner),
        Expr::Compare(left, _, right) => of(left).max(of(right)),
        Expr::Matches(operand, _) | Expr::Holds(operand) => of(operand),
    }
}

/// A record and the JSON that was parsed of it.
struct Subject<'a> {
    record: &'a RecordRef<'a>,
    key: OnceCell<Json>,
    value: OnceCell<Json>,
}

/// What an operand is in a record.
#[derive(Clone, Debug)]
enum Found<'a> {
    Null,
    Bool(bool),
    Number(f64),
    Bytes(Cow<'a, [u8]>),
}

impl Subject<'_> {
    fn holds(&self, expr: &Expr) -> bool {
        match expr {
            Expr::All(parts) => parts.iter().all(|part| self.holds(part)),
            Expr::Any(parts) => parts.iter().any(|part| self.holds(part)),
            Expr::Not(inner) => !self.holds(inner),
            Expr::Matches(operand, regex) => self.any_of(operand, |found| match found {
                Found::Null => false,
                found => regex.is_match(&found.text()),
            }),
            Expr::Holds(operand) => self.any_of(operand, |found| match found {
                Found::Null | Found::Bool(false) => false,
                Found::Bytes(bytes) => !bytes.is_empty(),
                _ => true,
            }),
            // Not equal is the opposite of equal, also where a header occurs more than once.
            Expr::Compare(left, Comparison::Unequal, right) => !self.compare(left, Comparison::Equal, right),
            Expr::Compare(left, comparison, right) => self.compare(left, *comparison, right),
        }
    }

    fn compare(&self, left: &Operand, comparison: Comparison, right: &Operand) -> bool {
        self.any_of(left, |left| self.any_of(right, |right| compare(left, comparison, right)))
    }

    /// Whether a test holds for an operand: of headers, for any of its name.
    fn any_of(&self, operand: &Operand, mut test: impl FnMut(&Found<'_>) -> bool) -> bool {
        if let Operand::Header(name) = operand {
            let mut values = self
                .record
                .headers
                .clone()
                .filter(|(key, _)| *key == name.as_bytes())
                .map(|(_, value)| value);
            return match values.next() {
                None => test(&Found::Null),
                Some(first) => std::iter::once(first).chain(values).any(|value| test(&Found::of(value))),
            };
        }
        test(&self.find(operand))
    }

    fn find<'b>(&'b self, operand: &'b Operand) -> Found<'b> {
        let record = self.record;
        match operand {
            Operand::Constant(Constant::Null) => Found::Null,
            Operand::Constant(Constant::Bool(value)) => Found::Bool(*value),
            Operand::Constant(Constant::Number(value)) => Found::Number(*value),
            Operand::Constant(Constant::Text(text)) => Found::Bytes(Cow::Borrowed(text.as_bytes())),
            Operand::Topic => Found::Bytes(Cow::Borrowed(record.topic.as_bytes())),
            Operand::Partition => Found::Number(record.partition.0.into()),
            Operand::Offset => Found::Number(exact(record.offset.0)),
            Operand::Timestamp => record.timestamp_ms.map_or(Found::Null, |ms| Found::Number(exact(ms))),
            Operand::Size => {
                let bytes = record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
                Found::Number(exact(i64::try_from(bytes).unwrap_or(i64::MAX)))
            }
            Operand::Key => Found::of(record.key),
            Operand::Value => Found::of(record.value),
            // Asked header by header in `any_of`.
            Operand::Header(_) => Found::Null,
            Operand::KeyPath(steps) => walk(self.key.get_or_init(|| json(record.key)), steps),
            Operand::ValuePath(steps) => walk(self.value.get_or_init(|| json(record.value)), steps),
        }
    }
}

/// Bytes as JSON; null if they are none.
fn json(bytes: Option<&[u8]>) -> Json {
    bytes.and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or(Json::Null)
}

fn walk<'a>(json: &'a Json, steps: &[Step]) -> Found<'a> {
    let mut here = json;
    for step in steps {
        let next = match step {
            Step::Field(name) => here.get(name.as_str()),
            Step::Element(index) => here.get(index),
        };
        match next {
            Some(next) => here = next,
            None => return Found::Null,
        }
    }
    match here {
        Json::Null => Found::Null,
        Json::Bool(value) => Found::Bool(*value),
        Json::Number(number) => number.as_f64().map_or(Found::Null, Found::Number),
        Json::String(text) => Found::Bytes(Cow::Borrowed(text.as_bytes())),
        other => Found::Bytes(Cow::Owned(other.to_string().into_bytes())),
    }
}

impl<'a> Found<'a> {
    fn of(bytes: Option<&'a [u8]>) -> Self {
        bytes.map_or(Self::Null, |bytes| Self::Bytes(Cow::Borrowed(bytes)))
    }

    fn text(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Null => Cow::Borrowed(b"null"),
            Self::Bool(value) => Cow::Owned(value.to_string().into_bytes()),
            Self::Number(number) => Cow::Owned(number.to_string().into_bytes()),
            Self::Bytes(bytes) => Cow::Borrowed(bytes),
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Bytes(bytes) => std::str::from_utf8(bytes).ok()?.trim().parse().ok(),
            _ => None,
        }
    }
}

fn compare(left: &Found<'_>, comparison: Comparison, right: &Found<'_>) -> bool {
    match comparison {
        Comparison::Contains => holds_in(left, right, |text, part| {
            part.is_empty() || text.windows(part.len()).any(|window| window == part)
        }),
        Comparison::StartsWith => holds_in(left, right, |text, part| text.starts_with(part)),
        Comparison::EndsWith => holds_in(left, right, |text, part| text.ends_with(part)),
        _ => {
            let Some(ordering) = ordering(left, right) else { return false };
            match comparison {
                Comparison::Less => ordering == Ordering::Less,
                Comparison::AtMost => ordering != Ordering::Greater,
                Comparison::More => ordering == Ordering::Greater,
                Comparison::AtLeast => ordering != Ordering::Less,
                _ => ordering == Ordering::Equal,
            }
        }
    }
}

fn holds_in(left: &Found<'_>, right: &Found<'_>, test: impl Fn(&[u8], &[u8]) -> bool) -> bool {
    match (left, right) {
        (Found::Null, _) | (_, Found::Null) => false,
        (left, right) => test(&left.text(), &right.text()),
    }
}

/// How two things compare; `None` if they do not.
fn ordering(left: &Found<'_>, right: &Found<'_>) -> Option<Ordering> {
    match (left, right) {
        (Found::Null, Found::Null) => Some(Ordering::Equal),
        (Found::Null, _) | (_, Found::Null) => None,
        (Found::Bool(left), Found::Bool(right)) => Some(left.cmp(right)),
        (Found::Bytes(left), Found::Bytes(right)) => Some(left.cmp(right)),
        (Found::Bool(value), Found::Bytes(bytes)) | (Found::Bytes(bytes), Found::Bool(value)) => {
            (bytes.as_ref() == value.to_string().as_bytes()).then_some(Ordering::Equal)
        }
        (left, right) => left.number()?.partial_cmp(&right.number()?),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use kr_client::{BatchFacts, ConsumedRecord, Header};
    use kr_wire::ids::{Offset, PartitionId};
    use proptest::prelude::*;

    use super::*;

    fn record(key: &'static str, value: &'static str) -> ConsumedRecord {
        let header = |key: &'static str, value: Option<&'static str>| Header {
            key: Bytes::from_static(key.as_bytes()),
            value: value.map(|value| Bytes::from_static(value.as_bytes())),
        };
        ConsumedRecord {
            topic: "orders".into(),
            partition: PartitionId(2),
            offset: Offset(17),
            timestamp_ms: Some(1_700_000_000_000),
            batch: BatchFacts::default(),
            key: Some(Bytes::from_static(key.as_bytes())),
            value: Some(Bytes::from_static(value.as_bytes())),
            headers: vec![header("x", Some("red")), header("x", Some("green")), header("n", None)],
        }
    }

    fn holds(expr: &str) -> bool {
        let value =
            r#"{"amount": 12.5, "user": {"name": "ada", "tags": ["a", "b c"]}, "paid": true, "b c": 1}"#;
        let record = record("a17", value);
        let now = Timestamp::from_second(1_700_000_060).unwrap();
        Filter::parse(expr, now).unwrap().holds(&record.borrow())
    }

    /// "`--where` on key/value/headers/partition/time/JSON path; header and key tests run before value decoding".
    #[test]
    fn complaint_08_where_reaches_every_part_of_a_record() {
        for expr in [
            r#"key == "a17" && value.amount > 10 && header("x") =~ "^re""#,
            "partition == 2 and offset >= 17 and topic = 'orders'",
            "timestamp > '-2m' && timestamp < '2023-11-14T22:13:21Z'",
            "value.user.tags[1] == 'b c' && value[\"b c\"] == 1 && value.paid",
            "value.user.name starts_with 'a' && value.user.name ends_with 'da'",
            "value contains '\"paid\"' && size > 20",
            "header('x') == 'green' && header('x') == 'red'",
            "header('n') == null && header('no') == null && !header('no')",
            "value.nothing == null && value.user.tags == '[\"a\",\"b c\"]'",
            "(key == 'b' || key =~ '^a[0-9]+$') && not value.amount < 12",
            "value.amount == '12.5'",
            "value.paid == true && value.paid != false",
        ] {
            assert!(holds(expr), "{expr}");
        }
        for expr in [
            "key == 'b'",
            "header('x') != 'red'",
            "value.amount > 'much'",
            "value.user > 3",
            "value.nothing < 3",
            "key.a == 1",
            "timestamp > '-30s'",
            "key !~ '^a'",
        ] {
            assert!(!holds(expr), "{expr}");
        }
    }

    /// The order in which conditions are asked, whatever the order in which they were typed.
    #[test]
    fn complaint_08_key_and_headers_are_asked_before_the_value() {
        let text = "value.a == 1 && value =~ 'x' && header('h') == 'y' && key == 'k' && partition == 3";
        let Expr::All(parts) = Filter::parse(text, Timestamp::UNIX_EPOCH).unwrap().expr else {
            panic!("a conjunction");
        };
        assert_eq!(parts.iter().map(cost).collect::<Vec<_>>(), [0, 1, 2, 3, 5]);
    }

    proptest! {
        #[test]
        fn a_negation_is_the_opposite(number in -20i32..40, text in "[a-z0-9]{0,3}") {
            for expr in [
                format!("value.amount < {number}"),
                format!("key == '{text}'"),
                format!("header('x') =~ '{text}' || offset > {number}"),
            ] {
                prop_assert_eq!(holds(&expr), !holds(&format!("!({expr})")), "{}", expr);
            }
        }

        #[test]
        fn numbers_compare_as_numbers(left in any::<i32>(), right in any::<i32>()) {
            let value: &'static str = Box::leak(format!("{{\"n\":{left}}}").into_boxed_str());
            let record = record("k", value);
            let filter = |expr: String| {
                Filter::parse(&expr, Timestamp::UNIX_EPOCH).unwrap().holds(&record.borrow())
            };
            let found = filter(format!("value.n < {right}"));
            prop_assert_eq!(found, left < right);
            let found = filter(format!("value.n == {right}"));
            prop_assert_eq!(found, left == right);
        }
    }
}
