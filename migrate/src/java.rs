//! The corners of Java's standard library that decide what a migration accepts and what stops it.
//!
//! Kafka's migration reads numbers, names and credentials with these; a tree that Rust would read differently must
//! still be read as Kafka reads it.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Padding may be left out, as Java's decoders allow.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// `Integer.parseInt`: digits with an optional sign, nothing else.
pub(crate) fn parse_int(text: &str) -> Option<i32> {
    text.parse().ok()
}

/// `Long.parseLong`.
pub(crate) fn parse_long(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// `Double.parseDouble`: with blanks around, a suffix `d` or `f`, `NaN`, `Infinity` and hexadecimal numbers.
pub(crate) fn parse_double(text: &str) -> Option<f64> {
    let text = text.trim_matches(|c: char| c <= ' ');
    let (negative, number) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = match number {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        number => {
            let digits = number.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(number);
            match number.strip_prefix("0x").or_else(|| number.strip_prefix("0X")) {
                Some(hex) => hex_double(hex)?,
                // Rust reads the rest alike, but also words and signs.
                None if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
                    digits.parse().ok()?
                }
                None => return None,
            }
        }
    };
    Some(if negative { -value } else { value })
}

/// A hexadecimal number after its `0x`: digits, maybe a point, and an exponent of two that must be there.
fn hex_double(text: &str) -> Option<f64> {
    let text =
        text.strip_suffix(['d', 'D', 'f', 'F']).filter(|rest| rest.contains(['p', 'P'])).unwrap_or(text);
    let (digits, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0_f64;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let places = i32::try_from(fraction.len()).ok()?.checked_mul(4)?;
    Some(value * 2.0_f64.powi(parse_int(exponent)?.checked_sub(places)?))
}

/// `URLDecoder.decode` in UTF-8: `+` is a blank, `%XX` a byte; bytes that are not UTF-8 become U+FFFD.
///
/// `None` when a `%` is not followed by two hexadecimal digits.
pub(crate) fn url_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
                out.push(u8::try_from(high * 16 + low).expect("two digits make a byte"));
            }
            byte => out.push(byte),
        }
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

/// `Base64.getDecoder().decode`.
pub(crate) fn base64_decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// `Base64.getUrlDecoder().decode`.
pub(crate) fn base64url_decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE.decode(text).ok()
}

/// `String.split(",")`: empty parts at the end are dropped.
pub(crate) fn split_commas(text: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = text.split(',').collect();
    while parts.len() > 1 && parts.last().is_some_and(|part| part.is_empty()) {
        parts.pop();
    }
    parts
}

/// `String.compareTo`: by UTF-16 units.
pub(crate) fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_java_reads_them() {
        for (text, value) in [
            ("1024", 1024.0),
            (" 12d ", 12.0),
            ("1e3", 1000.0),
            ("+.5", 0.5),
            ("5.", 5.0),
            ("-Infinity", f64::NEG_INFINITY),
            ("0x1p10", 1024.0),
            ("0x.8P1f", 1.0),
            ("0xdp0", 13.0),
        ] {
            assert_eq!(parse_double(text), Some(value), "{text}");
        }
        assert!(parse_double("NaN").is_some_and(f64::is_nan));
        for text in ["", "fast", "inf", "nan", "infinity", "1_000", "0x10", "1e", "--1", "+-1", "1 2", "."] {
            assert_eq!(parse_double(text), None, "{text}");
        }
        assert_eq!((parse_int("+7"), parse_int("7 "), parse_int("2147483648")), (Some(7), None, None));
    }

    #[test]
    fn names_are_decoded_as_java_decodes_them() {
        assert_eq!(url_decode("CN%3Dzo%C3%AB+b%2A").as_deref(), Some("CN=zoë b*"));
        assert_eq!(url_decode("%ff").as_deref(), Some("\u{fffd}"));
        for text in ["%", "%1", "%zz", "a%"] {
            assert_eq!(url_decode(text), None, "{text}");
        }
    }

    #[test]
    fn empty_parts_are_dropped_at_the_end_only() {
        assert_eq!(split_commas("a,,b,,"), ["a", "", "b"]);
        assert_eq!(split_commas(""), [""]);
    }

    #[test]
    fn padding_may_be_left_out() {
        assert_eq!(base64_decode("AAE="), base64_decode("AAE"));
        assert_eq!(base64url_decode("-_8"), Some(vec![0xfb, 0xff]));
        assert_eq!(base64_decode("-_8"), None);
    }
}
