//! The filter language: words, and `field op value`.
//!
//! ```text
//! filter = term { term }              all terms must hold; "and" between them is allowed
//! term   = [ "!" ] ( word | field op value )
//! op     = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~"
//! ```
//!
//! A word is looked for in all text of a row, whatever its case. `=` and the like compare numbers where both
//! sides are numbers, and text otherwise; the value may be another field: `isr<rf`. `~` looks for a part of the
//! text, or for one of several: `topic~orders|pay`; of nodes it asks whether they hold one: `isr~3`. What is not
//! known matches nothing.

use super::table::{Column, Field, Row};
use super::world::World;

/// A filter as it was typed, ready to be asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    text: String,
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    is_negated: bool,
    what: What,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    Word(String),
    Compare { field: &'static str, op: Op, value: Value },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Number(f64),
    Text(String),
    Field(&'static str),
}

/// Longest first, so that `<=` is not read as `<`.
const OPS: [(&str, Op); 7] = [
    ("!=", Op::Unequal),
    ("<=", Op::LessOrEqual),
    (">=", Op::GreaterOrEqual),
    ("=", Op::Equal),
    ("<", Op::Less),
    (">", Op::Greater),
    ("~", Op::Contains),
];

impl Filter {
    /// Reads a filter over these columns. Errors say what is wrong in words for the user.
    pub fn parse(text: &str, columns: &'static [Column]) -> Result<Self, String> {
        let terms = text
            .split_whitespace()
            .filter(|word| *word != "and")
            .map(|word| Term::parse(word, columns))
            .collect::<Result<_, _>>()?;
        Ok(Self { text: text.trim().to_owned(), terms })
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether everything matches.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a row matches.
    pub fn matches(&self, world: &World, row: Row, columns: &'static [Column]) -> bool {
        self.terms.iter().all(|term| term.what.matches(world, row, columns) != term.is_negated)
    }
}

impl Term {
    fn parse(word: &str, columns: &'static [Column]) -> Result<Self, String> {
        let (is_negated, word) = match word.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, word),
        };
        let found = OPS
            .iter()
            .filter_map(|(sign, op)| word.find(sign).map(|at| (at, *sign, *op)))
            .min_by_key(|(at, sign, _)| (*at, usize::MAX - sign.len()));
        let Some((at, sign, op)) = found else {
            return Ok(Self { is_negated, what: What::Word(word.to_lowercase()) });
        };
        let (name, value) = (&word[..at], &word[at + sign.len()..]);
        if name.is_empty() {
            // "<MIN" is a state, not a comparison.
            return Ok(Self { is_negated, what: What::Word(word.to_lowercase()) });
        }
        let field =
            columns.iter().find(|column| column.id == name).map(|column| column.id).ok_or_else(|| {
                let names: Vec<_> = columns.iter().map(|column| column.id).collect();
                format!("no field \"{name}\": there are {}", names.join(" "))
            })?;
        if value.is_empty() {
            return Err(format!("{field}{sign} needs a value"));
        }
        let value = match (value.parse(), columns.iter().find(|column| column.id == value)) {
            (Ok(number), _) if op != Op::Contains => Value::Number(number),
            (_, Some(column)) if op != Op::Contains => Value::Field(column.id),
            _ => Value::Text(value.to_lowercase()),
        };
        Ok(Self { is_negated, what: What::Compare { field, op, value } })
    }
}

impl What {
    fn matches(&self, world: &World, row: Row, columns: &'static [Column]) -> bool {
        let value_of =
            |id: &str| columns.iter().find(|column| column.id == id).map(|c| (c.value)(world, row));
        match self {
            Self::Word(word) => columns
                .iter()
                .any(|column| (column.value)(world, row).text().is_some_and(|text| contains(text, word))),
            Self::Compare { field, op, value } => {
                let Some(left) = value_of(field) else { return false };
                match value {
                    Value::Field(other) => value_of(other).is_some_and(|right| compare(&left, *op, &right)),
                    Value::Number(number) => compare_number(&left, *op, *number),
                    Value::Text(text) => compare_text(&left, *op, text),
                }
            }
        }
    }
}

fn compare(left: &Field<'_>, op: Op, right: &Field<'_>) -> bool {
    match (right.number(), right.text()) {
        (Some(number), _) => compare_number(left, op, number),
        (None, Some(text)) => compare_text(left, op, &text.to_lowercase()),
        _ => false,
    }
}

fn compare_number(left: &Field<'_>, op: Op, right: f64) -> bool {
    let Some(left) = left.number() else {
        // A name made of digits only: `topic=42`.
        return matches!(left, Field::Text(_)) && compare_text(left, op, &right.to_string());
    };
    match op {
        Op::Equal => left == right,
        Op::Unequal => left != right,
        Op::Less => left < right,
        Op::LessOrEqual => left <= right,
        Op::Greater => left > right,
        Op::GreaterOrEqual => left >= right,
        Op::Contains => false,
    }
}

fn compare_text(left: &Field<'_>, op: Op, right: &str) -> bool {
    match left {
        Field::Nodes(nodes) => match op {
            Op::Contains => right
                .split('|')
                .filter_map(|id| id.parse().ok())
                .any(|id: i32| nodes.iter().any(|n| n.0 == id)),
            Op::Equal | Op::Unequal => {
                let listed: Vec<String> = nodes.iter().map(ToString::to_string).collect();
                (listed.join(",") == right) == (op == Op::Equal)
            }
            _ => false,
        },
        Field::Text(_) | Field::Ranked(..) => compare_words(left.text().unwrap_or_default(), op, right),
        Field::Number(_) if op == Op::Contains => {
            right.split('|').any(|part| Some(left.number().unwrap_or(f64::NAN)) == part.parse().ok())
        }
        _ => false,
    }
}

fn compare_words(text: &str, op: Op, right: &str) -> bool {
    match op {
        Op::Contains => right.split('|').any(|part| contains(text, part)),
        Op::Equal => text.to_lowercase() == right,
        Op::Unequal => text.to_lowercase() != right,
        Op::Less => text.to_lowercase().as_str() < right,
        Op::LessOrEqual => text.to_lowercase().as_str() <= right,
        Op::Greater => text.to_lowercase().as_str() > right,
        Op::GreaterOrEqual => text.to_lowercase().as_str() >= right,
    }
}

/// Whether `part`, in lower case, is in `text`.
fn contains(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(part)
}

#[cfg(test)]
mod tests {
    use kr_wire::ids::NodeId;

    use super::*;

    const COLUMNS: &[Column] = &[
        Column::text("topic", "TOPIC", 10, |_, row| {
            Field::Text(if row.0 == 0 { "Orders.eu".into() } else { "pay".into() })
        }),
        Column::number("part", "PART", 4, |_, row| Field::Number(row.0 as i64)),
        Column::text("isr", "ISR", 8, |_, row| {
            Field::Nodes(if row.0 == 0 { const { &[NodeId(1), NodeId(3)] } } else { const { &[NodeId(2)] } })
        }),
        Column::number("rf", "RF", 2, |_, _| Field::Number(2)),
        Column::number("behind", "BEHIND", 2, |_, _| Field::Missing("?")),
    ];

    fn found(text: &str) -> Vec<u64> {
        let filter = Filter::parse(text, COLUMNS).unwrap();
        let world = World::default();
        (0..2).filter(|row| filter.matches(&world, Row(*row), COLUMNS)).collect()
    }

    #[test]
    fn word_is_looked_for_in_all_text() {
        assert_eq!(found("orders"), [0]);
        assert_eq!(found("!orders"), [1]);
        assert_eq!(found(""), [0, 1]);
    }

    #[test]
    fn fields_compare_with_numbers_texts_and_fields() {
        assert_eq!(found("isr<rf"), [1]);
        assert_eq!(found("part>=1"), [1]);
        assert_eq!(found("topic=PAY"), [1]);
        assert_eq!(found("topic~orders|pay and part!=1"), [0]);
        assert_eq!(found("isr~3"), [0]);
        assert_eq!(found("isr=1,3"), [0]);
    }

    #[test]
    fn unknown_value_matches_nothing() {
        assert_eq!(found("behind<9"), [0_u64; 0]);
        assert_eq!(found("behind>=0"), [0_u64; 0]);
    }

    #[test]
    fn unknown_field_is_refused_with_the_fields_there_are() {
        assert_eq!(
            Filter::parse("lag>3", COLUMNS),
            Err("no field \"lag\": there are topic part isr rf behind".to_owned())
        );
        assert!(Filter::parse("part>", COLUMNS).is_err());
    }
}
