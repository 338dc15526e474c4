//! From the text of an expression to its tokens, each with its column.

use std::fmt;

/// What is wrong with an expression, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong there.
    pub reason: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.reason)
    }
}

impl SyntaxError {
    /// An error at a column.
    pub fn at(column: usize, reason: impl Into<String>) -> Self {
        Self { column, reason: reason.into() }
    }
}

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub enum Lexeme {
    /// A name or a word that is an operator.
    Word(String),
    /// Text in quotes.
    Text(String),
    /// A number.
    Number(f64),
    /// Operators and brackets.
    Sign(&'static str),
    /// The end.
    End,
}

impl fmt::Display for Lexeme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write!(f, "`{word}`"),
            Self::Text(text) => write!(f, "\"{text}\""),
            Self::Number(number) => write!(f, "{number}"),
            Self::Sign(sign) => write!(f, "`{sign}`"),
            Self::End => f.write_str("the end"),
        }
    }
}

/// Longer ones first.
const SIGNS: [&str; 18] =
    ["==", "!=", "<=", ">=", "=~", "!~", "&&", "||", "(", ")", "[", "]", ".", "<", ">", "=", "!", ","];

/// Takes an expression apart; the last token is [`Lexeme::End`].
pub fn lex(text: &str) -> Result<Vec<(usize, Lexeme)>, SyntaxError> {
    let mut lexemes = Vec::new();
    let (mut rest, mut column) = (text, 1);
    loop {
        let trimmed = rest.trim_start();
        column += rest[..rest.len() - trimmed.len()].chars().count();
        let Some(first) = trimmed.chars().next() else { break };
        let (lexeme, length) = match first {
            '"' | '\'' => quoted(trimmed, first, column)?,
            '0'..='9' => number(trimmed, column)?,
            '-' if trimmed[1..].starts_with(|c: char| c.is_ascii_digit()) => number(trimmed, column)?,
            c if c.is_alphabetic() || c == '_' => {
                let end = trimmed.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')));
                let word = &trimmed[..end.unwrap_or(trimmed.len())];
                (Lexeme::Word(word.to_owned()), word.len())
            }
            other => match SIGNS.iter().find(|sign| trimmed.starts_with(**sign)) {
                Some(sign) => (Lexeme::Sign(sign), sign.len()),
                None => return Err(SyntaxError::at(column, format!("`{other}` has no meaning here"))),
            },
        };
        lexemes.push((column, lexeme));
        column += trimmed[..length].chars().count();
        rest = &trimmed[length..];
    }
    lexemes.push((column, Lexeme::End));
    Ok(lexemes)
}

/// Text in quotes; a backslash keeps the quote, itself, and makes `\n` and `\t`. Others stay, for expressions.
fn quoted(text: &str, quote: char, column: usize) -> Result<(Lexeme, usize), SyntaxError> {
    let mut inner = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Ok((Lexeme::Text(inner), at + c.len_utf8())),
            '\\' => match chars.next() {
                Some((_, 'n')) => inner.push('\n'),
                Some((_, 't')) => inner.push('\t'),
                Some((_, c)) if c == quote || c == '\\' => inner.push(c),
                Some((_, c)) => inner.extend(['\\', c]),
                None => break,
            },
            c => inner.push(c),
        }
    }
    Err(SyntaxError::at(column, "the quote is not closed"))
}

fn number(text: &str, column: usize) -> Result<(Lexeme, usize), SyntaxError> {
    let is_part = |(at, c): (usize, char)| {
        c.is_ascii_alphanumeric()
            || c == '.'
            || (matches!(c, '+' | '-') && (at == 0 || text[..at].ends_with(['e', 'E'])))
    };
    let end = text.char_indices().find(|found| !is_part(*found)).map_or(text.len(), |(at, _)| at);
    let wrong =
        |_| SyntaxError::at(column, format!("`{}` is no number; text stands in quotes", &text[..end]));
    text[..end].parse().map(|number| (Lexeme::Number(number), end)).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_comes_apart_with_columns() {
        assert_eq!(
            lex(r#"käse.a >= -1.5e3 && 'x\'' "#),
            Ok(vec![
                (1, Lexeme::Word("käse".into())),
                (5, Lexeme::Sign(".")),
                (6, Lexeme::Word("a".into())),
                (8, Lexeme::Sign(">=")),
                (11, Lexeme::Number(-1500.0)),
                (18, Lexeme::Sign("&&")),
                (21, Lexeme::Text("x'".into())),
                (27, Lexeme::End),
            ])
        );
    }

    #[test]
    fn errors_name_their_column() {
        for (text, message) in [
            ("key == 'a", "column 8: the quote is not closed"),
            ("key ; 1", "column 5: `;` has no meaning here"),
            ("offset > 1x", "column 10: `1x` is no number; text stands in quotes"),
        ] {
            assert_eq!(lex(text).unwrap_err().to_string(), message);
        }
    }
}
