//! `-f FORMAT`: the little language in which records are printed and read, a superset of kcat's and rpk's.
//!
//! Here a format is taken apart into [`Piece`]s; [`write`] prints records with them, [`read`] makes records of
//! input. Where kcat and rpk differ (`%T` is a timestamp in one and a length in the other), kcat is followed.

pub mod read;
pub mod write;

/// The table of tokens, for `--help`.
pub const TOKENS: &str = "\
Tokens of a format (-f):
  %v %s  value            %t  topic               %i  number of the record, from 1
  %k     key              %p  partition           %e  leader epoch
  %h     headers: a=1,b=2 %o  offset              %x %y  producer id and epoch
  %H     their number     %T %d  timestamp in ms  %[ %| %]  log start, last stable, high watermark
  %V %S  bytes of value   %K  bytes of key        %R  bytes of value as 4 bytes, big-endian
  %h{%k=%v }  each header in a format of its own  %a{compression}, %a{timestamp-type}, %a{transactional}
  %%  %{  %}  percent sign and braces; \\n \\t \\r \\0 \\\\ \\xFF bytes
A modifier follows in braces: %v{hex}, %k{base64}, %v{json}, %v{unpack[>iQs]}; %o{hex16}, %K{big32}, %p{little16},
%V{byte}; %d{rfc3339}, %d{strftime[%F %T]}.";

/// What can stand behind a percent sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// `%v`, `%s`.
    Value,
    /// `%k`.
    Key,
    /// `%t`.
    Topic,
    /// `%h` without braces.
    Headers,
    /// `%H`.
    HeaderCount,
    /// `%p`.
    Partition,
    /// `%o`.
    Offset,
    /// `%T`, `%d`.
    Timestamp,
    /// `%e`.
    LeaderEpoch,
    /// `%K`.
    KeyLength,
    /// `%V`, `%S`.
    ValueLength,
    /// `%R`.
    ValueLength32,
    /// `%i`.
    Count,
    /// `%a`.
    Attributes,
    /// `%x`.
    ProducerId,
    /// `%y`.
    ProducerEpoch,
    /// `%[`.
    LogStart,
    /// `%|`.
    LastStable,
    /// `%]`.
    HighWatermark,
}

impl Token {
    fn of(c: char) -> Option<Self> {
        Some(match c {
            'v' | 's' => Self::Value,
            'k' => Self::Key,
            't' => Self::Topic,
            'h' => Self::Headers,
            'H' => Self::HeaderCount,
            'p' => Self::Partition,
            'o' => Self::Offset,
            'T' | 'd' => Self::Timestamp,
            'e' => Self::LeaderEpoch,
            'K' => Self::KeyLength,
            'V' | 'S' => Self::ValueLength,
            'R' => Self::ValueLength32,
            'i' => Self::Count,
            'a' => Self::Attributes,
            'x' => Self::ProducerId,
            'y' => Self::ProducerEpoch,
            '[' => Self::LogStart,
            '|' => Self::LastStable,
            ']' => Self::HighWatermark,
            _ => return None,
        })
    }
}

/// A piece of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Literal(Vec<u8>),
    /// A token, and what stands in braces behind it.
    Token(Token, Option<String>),
    /// `%h{...}`: a format for each header.
    EachHeader(Vec<Piece>),
}

/// Takes a format apart; the error says what is wrong with it.
pub fn parse(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut literal = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => match chars.next() {
                Some(c @ ('%' | '{' | '}')) => literal.push(c as u8),
                Some(c) => {
                    let token = Token::of(c).ok_or_else(|| format!("%{c} is no token"))?;
                    if !literal.is_empty() {
                        pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                    }
                    let modifier = braces(&mut chars)?;
                    pieces.push(match (token, modifier) {
                        (Token::Headers, Some(inner)) => Piece::EachHeader(header_format(&inner)?),
                        (token, modifier) => Piece::Token(token, modifier),
                    });
                }
                None => return Err("it ends in a percent sign".to_owned()),
            },
            '\\' => literal.push(escaped(&mut chars)?),
            c => literal.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(pieces)
}

fn header_format(inner: &str) -> Result<Vec<Piece>, String> {
    let pieces = parse(inner)?;
    let is_of_header = |piece: &Piece| match piece {
        Piece::Literal(_) => true,
        Piece::Token(token, _) => {
            matches!(token, Token::Key | Token::Value | Token::KeyLength | Token::ValueLength)
        }
        Piece::EachHeader(_) => false,
    };
    if pieces.iter().all(is_of_header) {
        Ok(pieces)
    } else {
        Err(format!("a header has %k, %v, %K and %V only: {inner}"))
    }
}

/// The byte behind a backslash.
fn escaped(chars: &mut std::str::Chars<'_>) -> Result<u8, String> {
    Ok(match chars.next() {
        Some('n') => b'\n',
        Some('t') => b'\t',
        Some('r') => b'\r',
        Some('0') => b'\0',
        Some('\\') => b'\\',
        Some('x') => {
            let digits: String = chars.by_ref().take(2).collect();
            u8::from_str_radix(&digits, 16)
                .ok()
                .filter(|_| digits.len() == 2)
                .ok_or_else(|| format!("\\x{digits} is no byte: two hex digits are wanted"))?
        }
        Some(other) => return Err(format!("\\{other} is no escape")),
        None => return Err("it ends in a backslash".to_owned()),
    })
}

/// What stands in braces here, if anything does; braces inside come in pairs or behind a percent sign.
fn braces(chars: &mut std::str::Chars<'_>) -> Result<Option<String>, String> {
    if !chars.as_str().starts_with('{') {
        return Ok(None);
    }
    chars.next();
    let (mut inner, mut depth, mut is_token) = (String::new(), 1, false);
    for c in chars.by_ref() {
        if !is_token {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
        }
        if depth == 0 {
            return Ok(Some(inner));
        }
        is_token = c == '%' && !is_token;
        inner.push(c);
    }
    Err("a brace is not closed; write %{ for a brace itself".to_owned())
}

/// How a number is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberForm {
    /// Decimal digits.
    Ascii,
    /// Hex digits, filled with zeros to this many.
    Hex(usize),
    /// This many bytes, big end first.
    Big(usize),
    /// This many bytes, little end first.
    Little(usize),
    /// `true` unless 0.
    Bool,
}

impl NumberForm {
    /// Reads a modifier; rpk's names.
    pub fn of(modifier: Option<&str>) -> Result<Self, String> {
        Ok(match modifier {
            None | Some("ascii") => Self::Ascii,
            Some("hex64") => Self::Hex(16),
            Some("hex32") => Self::Hex(8),
            Some("hex16") => Self::Hex(4),
            Some("hex8") => Self::Hex(2),
            Some("hex4") => Self::Hex(1),
            Some("big64") => Self::Big(8),
            Some("big32") => Self::Big(4),
            Some("big16") => Self::Big(2),
            Some("little64") => Self::Little(8),
            Some("little32") => Self::Little(4),
            Some("little16") => Self::Little(2),
            Some("byte" | "big8" | "little8") => Self::Big(1),
            Some("bool") => Self::Bool,
            Some(other) => return Err(no_modifier(other)),
        })
    }
}

fn no_modifier(text: &str) -> String {
    format!("{{{text}}} is no modifier here; write %{{ for a brace itself")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formats_come_apart_at_tokens_escapes_and_braces() {
        let literal = |text: &str| Piece::Literal(text.as_bytes().to_vec());
        assert_eq!(
            parse("%t{hex}-%%\\x41%{%h{[%k{base64}%}]}\\n"),
            Ok(vec![
                Piece::Token(Token::Topic, Some("hex".into())),
                literal("-%A{"),
                Piece::EachHeader(vec![
                    literal("["),
                    Piece::Token(Token::Key, Some("base64".into())),
                    literal("}]"),
                ]),
                literal("\n"),
            ])
        );
    }

    #[test]
    fn a_wrong_format_is_refused() {
        for (format, why) in [
            ("%q", "%q is no token"),
            ("\\q", "\\q is no escape"),
            ("\\x4", "\\x4 is no byte: two hex digits are wanted"),
            ("%", "it ends in a percent sign"),
            ("\\", "it ends in a backslash"),
            ("%v{hex", "a brace is not closed; write %{ for a brace itself"),
            ("%h{%p}", "a header has %k, %v, %K and %V only: %p"),
        ] {
            assert_eq!(parse(format).unwrap_err(), why);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart_or_refused(text in "[%a-z{}\\\\x0-9\\[\\]]{0,20}") {
            let _ = parse(&text);
        }
    }
}
