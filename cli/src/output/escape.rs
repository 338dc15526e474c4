//! Makes text from a cluster safe for a terminal.
//!
//! A topic, group or client name can hold any character: escape sequences that rewrite the screen, marks
//! that turn the reading direction round, characters without width that make two names look the same.
//! All of them are shown by their code: `\x1b` below U+0100, `\u{202e}` above.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character must not reach a terminal as it is.
///
/// C0, DEL, C1; marks and overrides of direction; characters without width; the line and paragraph
/// separators; variation selectors and tags; lone fillers that look like a blank.
pub fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Replaces every unsafe character by its code; other text is borrowed as it is.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) {
            // Writing to a string cannot fail.
            let _ = match u32::from(c) {
                code @ 0..=0xff => write!(safe, "\\x{code:02x}"),
                code => write!(safe, "\\u{{{code:x}}}"),
            };
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn escaped_text_holds_nothing_unsafe(text in any::<String>()) {
            prop_assert!(!escape(&text).contains(is_unsafe));
        }

        #[test]
        fn escaping_twice_changes_nothing(text in any::<String>()) {
            let once = escape(&text);
            prop_assert_eq!(escape(&once), once.as_ref());
        }

        #[test]
        fn safe_text_stays_as_it_is(text in "[a-zA-Z0-9._ äßñ漢字-]*") {
            prop_assert_eq!(escape(&text), text.as_str());
        }

        #[test]
        fn every_control_character_is_shown_by_its_code(code in 0u32..0x20) {
            let c = char::from_u32(code).unwrap();
            let text = format!("a{c}b");
            prop_assert_eq!(escape(&text), format!("a\\x{code:02x}b"));
        }
    }

    #[test]
    fn terminal_tricks_are_shown() {
        for (text, shown) in [
            ("\u{1b}[2Jx", "\\x1b[2Jx"),
            ("\u{9b}31m", "\\x9b31m"),
            ("a\u{7f}", "a\\x7f"),
            ("gpj\u{202e}exe", "gpj\\u{202e}exe"),
            ("a\u{2066}b\u{2069}", "a\\u{2066}b\\u{2069}"),
            ("pay\u{200b}ments", "pay\\u{200b}ments"),
            ("\u{feff}x\u{ad}", "\\u{feff}x\\xad"),
            ("two\nlines\t", "two\\x0alines\\x09"),
            ("\u{e0041}", "\\u{e0041}"),
        ] {
            assert_eq!(escape(text), shown);
        }
    }
}
