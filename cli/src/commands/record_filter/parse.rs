//! From tokens to a tree, with regular expressions compiled and times read.

use jiff::Timestamp;
use regex::bytes::Regex;

use super::lex::{Lexeme, SyntaxError, lex};
use crate::spans::parse_time;

/// A condition.
#[derive(Clone, Debug)]
pub enum Expr {
    /// All hold.
    All(Vec<Expr>),
    /// One holds.
    Any(Vec<Expr>),
    /// It does not hold.
    Not(Box<Expr>),
    /// Two operands compared.
    Compare(Operand, Comparison, Operand),
    /// Text that a regular expression is found in.
    Matches(Operand, Regex),
    /// What is true, or there and not empty: an operand alone.
    Holds(Operand),
}

/// An operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `contains`
    Contains,
    /// `starts_with`
    StartsWith,
    /// `ends_with`
    EndsWith,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A constant.
    Constant(Constant),
    /// The topic.
    Topic,
    /// The partition.
    Partition,
    /// The offset.
    Offset,
    /// The timestamp, milliseconds since 1970.
    Timestamp,
    /// Bytes of key and value.
    Size,
    /// The key.
    Key,
    /// The value.
    Value,
    /// A header by its name.
    Header(String),
    /// A place in the key's JSON.
    KeyPath(Vec<Step>),
    /// A place in the value's JSON.
    ValuePath(Vec<Step>),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Bool(bool),
    /// Nothing.
    Null,
}

/// A step into JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A field of an object.
    Field(String),
    /// An element of an array, from 0.
    Element(usize),
}

/// Reads an expression; times before now are counted from `now`.
pub fn parse(text: &str, now: Timestamp) -> Result<Expr, SyntaxError> {
    let mut parser = Parser { lexemes: lex(text)?, at: 0, now, depth: 0 };
    let expr = parser.any()?;
    match parser.peek() {
        Lexeme::End => Ok(expr),
        other => Err(parser.wrong(format!("{other} is one thing too many here"))),
    }
}

/// Brackets inside brackets: more than anybody types, and few enough for the stack.
const DEPTH: usize = 100;

struct Parser {
    lexemes: Vec<(usize, Lexeme)>,
    at: usize,
    now: Timestamp,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Lexeme {
        &self.lexemes[self.at].1
    }

    /// The token here; the last one stays.
    fn take(&mut self) -> Lexeme {
        let lexeme = self.lexemes[self.at].1.clone();
        self.at = (self.at + 1).min(self.lexemes.len() - 1);
        lexeme
    }

    fn wrong(&self, reason: impl Into<String>) -> SyntaxError {
        SyntaxError::at(self.lexemes[self.at].0, reason)
    }

    fn take_if(&mut self, sign: &str, word: &str) -> bool {
        let is_it = match self.peek() {
            Lexeme::Sign(found) => *found == sign,
            Lexeme::Word(found) => !word.is_empty() && found.eq_ignore_ascii_case(word),
            _ => false,
        };
        if is_it {
            self.take();
        }
        is_it
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), SyntaxError> {
        if self.take_if(sign, "") {
            return Ok(());
        }
        let found = self.peek().clone();
        Err(self.wrong(format!("`{sign}` is wanted, not {found}")))
    }

    fn any(&mut self) -> Result<Expr, SyntaxError> {
        let mut parts = vec![self.all()?];
        while self.take_if("||", "or") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::Any(parts) })
    }

    fn all(&mut self) -> Result<Expr, SyntaxError> {
        let mut parts = vec![self.not()?];
        while self.take_if("&&", "and") {
            parts.push(self.not()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::All(parts) })
    }

    fn not(&mut self) -> Result<Expr, SyntaxError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.wrong("it is nested too deep"));
        }
        let expr = if self.take_if("!", "not") {
            Expr::Not(Box::new(self.not()?))
        } else if self.take_if("(", "") {
            let inner = self.any()?;
            self.expect(")")?;
            inner
        } else {
            self.test()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn test(&mut self) -> Result<Expr, SyntaxError> {
        let left = self.operand()?;
        let Some(operator) = self.operator() else { return Ok(Expr::Holds(left)) };
        if let Operator::Match { is_negated } = operator {
            let column = self.lexemes[self.at].0;
            let Lexeme::Text(pattern) = self.take() else {
                return Err(SyntaxError::at(column, "a regular expression in quotes is wanted"));
            };
            let regex = Regex::new(&pattern).map_err(|error| {
                let reason = error.to_string();
                let last = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
                SyntaxError::at(column, format!("this is no regular expression: {last}"))
            })?;
            let test = Expr::Matches(left, regex);
            return Ok(if is_negated { Expr::Not(Box::new(test)) } else { test });
        }
        let Operator::Compare(comparison) = operator else { return Ok(Expr::Holds(left)) };
        let column = self.lexemes[self.at].0;
        let right = self.operand()?;
        let has_time = left == Operand::Timestamp || right == Operand::Timestamp;
        let read = |operand| if has_time { self.read_time(operand, column) } else { Ok(operand) };
        Ok(Expr::Compare(read(left)?, comparison, read(right)?))
    }

    /// Text beside the timestamp is a time.
    fn read_time(&self, operand: Operand, column: usize) -> Result<Operand, SyntaxError> {
        let Operand::Constant(Constant::Text(time)) = &operand else { return Ok(operand) };
        let ms = parse_time(time.strip_prefix('@').unwrap_or(time), self.now);
        let ms = ms.ok_or_else(|| SyntaxError::at(column, format!("\"{time}\" is no time")))?;
        Ok(Operand::Constant(Constant::Number(exact(ms))))
    }

    fn operator(&mut self) -> Option<Operator> {
        use Comparison::*;
        let operator = match self.peek() {
            Lexeme::Sign("==" | "=") => Operator::Compare(Equal),
            Lexeme::Sign("!=") => Operator::Compare(Unequal),
            Lexeme::Sign("<") => Operator::Compare(Less),
            Lexeme::Sign("<=") => Operator::Compare(AtMost),
            Lexeme::Sign(">") => Operator::Compare(More),
            Lexeme::Sign(">=") => Operator::Compare(AtLeast),
            Lexeme::Sign("=~") => Operator::Match { is_negated: false },
            Lexeme::Sign("!~") => Operator::Match { is_negated: true },
            Lexeme::Word(word) => match &*word.to_ascii_lowercase() {
                "contains" => Operator::Compare(Contains),
                "starts_with" | "startswith" => Operator::Compare(StartsWith),
                "ends_with" | "endswith" => Operator::Compare(EndsWith),
                _ => return None,
            },
            _ => return None,
        };
        self.take();
        Some(operator)
    }

    fn operand(&mut self) -> Result<Operand, SyntaxError> {
        let column = self.lexemes[self.at].0;
        let word = match self.take() {
            Lexeme::Text(text) => return Ok(Operand::Constant(Constant::Text(text))),
            Lexeme::Number(number) => return Ok(Operand::Constant(Constant::Number(number))),
            Lexeme::Word(word) => word,
            other => {
                return Err(SyntaxError::at(column, format!("something to compare is wanted, not {other}")));
            }
        };
        let constant = |constant| Ok(Operand::Constant(constant));
        match &*word.to_ascii_lowercase() {
            "true" => constant(Constant::Bool(true)),
            "false" => constant(Constant::Bool(false)),
            "null" => constant(Constant::Null),
            "topic" => Ok(Operand::Topic),
            "partition" => Ok(Operand::Partition),
            "offset" => Ok(Operand::Offset),
            "timestamp" | "time" => Ok(Operand::Timestamp),
            "size" => Ok(Operand::Size),
            "header" | "headers" => self.header(),
            "key" => Ok(match self.steps()? {
                steps if steps.is_empty() => Operand::Key,
                steps => Operand::KeyPath(steps),
            }),
            "value" => Ok(match self.steps()? {
                steps if steps.is_empty() => Operand::Value,
                steps => Operand::ValuePath(steps),
            }),
            _ => Err(SyntaxError::at(
                column,
                format!(
                    "`{word}` is not part of a record: key, value, header(\"..\"), topic, partition, offset, \
                     timestamp or size is wanted, and text stands in quotes"
                ),
            )),
        }
    }

    fn header(&mut self) -> Result<Operand, SyntaxError> {
        let close = if self.take_if("[", "") {
            "]"
        } else {
            self.expect("(")?;
            ")"
        };
        let name = match self.peek().clone() {
            Lexeme::Text(name) => name,
            other => return Err(self.wrong(format!("the name of a header in quotes is wanted, not {other}"))),
        };
        self.take();
        self.expect(close)?;
        Ok(Operand::Header(name))
    }

    fn steps(&mut self) -> Result<Vec<Step>, SyntaxError> {
        let mut steps = Vec::new();
        loop {
            if self.take_if(".", "") {
                match self.peek().clone() {
                    Lexeme::Word(name) | Lexeme::Text(name) => steps.push(Step::Field(name)),
                    other => return Err(self.wrong(format!("the name of a field is wanted, not {other}"))),
                }
                self.take();
            } else if self.take_if("[", "") {
                let step = match self.peek().clone() {
                    Lexeme::Text(name) => Step::Field(name),
                    Lexeme::Number(number) if number >= 0.0 && number.fract() == 0.0 && number < 1e9 => {
                        Step::Element(number as usize)
                    }
                    other => {
                        return Err(
                            self.wrong(format!("an index or a name in quotes is wanted, not {other}"))
                        );
                    }
                };
                self.take();
                self.expect("]")?;
                steps.push(step);
            } else {
                return Ok(steps);
            }
        }
    }
}

enum Operator {
    Compare(Comparison),
    Match { is_negated: bool },
}

/// Whole numbers below 2^53, which times and offsets are, keep their value.
pub fn exact(number: i64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrong(text: &str) -> String {
        parse(text, Timestamp::UNIX_EPOCH).unwrap_err().to_string()
    }

    #[test]
    fn errors_point_at_the_column() {
        for (text, start) in [
            ("", "column 1: something to compare is wanted, not the end"),
            ("key ==", "column 7: something to compare is wanted, not the end"),
            ("amount > 10", "column 1: `amount` is not part of a record"),
            ("key == 'a' value", "column 12: `value` is one thing too many here"),
            ("(key == 'a'", "column 12: `)` is wanted, not the end"),
            ("header(x) == 1", "column 8: the name of a header in quotes is wanted, not `x`"),
            ("value.a[b]", "column 9: an index or a name in quotes is wanted, not `b`"),
            ("value.[0]", "column 7: the name of a field is wanted, not `[`"),
            ("key =~ '('", "column 8: this is no regular expression: unclosed group"),
            ("key =~ 3", "column 8: a regular expression in quotes is wanted"),
            ("timestamp > 'soon'", "column 13: \"soon\" is no time"),
        ] {
            let message = wrong(text);
            assert!(message.starts_with(start), "{text}: {message}");
        }
        assert!(wrong(&"(".repeat(5000)).ends_with("nested too deep"));
    }

    proptest! {
        #[test]
        fn any_text_is_an_expression_or_an_error(text in "[a-z\"'()\\[\\].=!<>&|~ 0-9-]{0,40}") {
            let _ = parse(&text, Timestamp::UNIX_EPOCH);
        }
    }
}
