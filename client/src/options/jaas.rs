//! The lines of `sasl.jaas.config`: a login module, a flag and options.
//!
//! ```text
//! org.apache.kafka.common.security.scram.ScramLoginModule required username="x" password="y";
//! ```
//! Values may stand in double or single quotes with backslash escapes, or bare. Only the first entry is read.

/// One entry: the login module's class and its options in the order of the line.
#[derive(Clone, PartialEq, Eq)]
pub struct JaasEntry {
    /// The class without its package.
    pub module: String,
    /// Names and values; some are secret.
    pub options: Vec<(String, String)>,
}

impl JaasEntry {
    /// The value of an option.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether an option holds what must not be seen.
    pub fn is_secret(name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        name.contains("password") || name.contains("secret") || name.contains("passphrase") || name == "token"
    }
}

/// Reads a line. The error says what is missing and carries nothing of the line.
pub fn parse(text: &str) -> Result<JaasEntry, &'static str> {
    let mut words = Words { rest: text };
    let class = words.next()?.filter(|word| *word != Word::End).ok_or("it is empty")?;
    let Word::Text(class) = class else { return Err("it does not begin with a login module") };
    let module = class.rsplit('.').next().unwrap_or(&class).to_owned();
    match words.next()? {
        Some(Word::Text(flag)) if is_flag(&flag) => {}
        _ => return Err("the login module is not followed by `required`"),
    }
    let mut options = Vec::new();
    loop {
        match words.next()? {
            Some(Word::End) => return Ok(JaasEntry { module, options }),
            // Java wants the semicolon, and people forget it.
            None => return Ok(JaasEntry { module, options }),
            Some(Word::Equals) => return Err("an option has no name"),
            Some(Word::Text(name)) => match (words.next()?, words.next()?) {
                (Some(Word::Equals), Some(Word::Text(value))) => options.push((name, value)),
                _ => return Err("an option has no value"),
            },
        }
    }
}

fn is_flag(word: &str) -> bool {
    ["required", "requisite", "sufficient", "optional"].iter().any(|flag| word.eq_ignore_ascii_case(flag))
}

#[derive(PartialEq, Eq)]
enum Word {
    Text(String),
    Equals,
    End,
}

struct Words<'a> {
    rest: &'a str,
}

impl Words<'_> {
    fn next(&mut self) -> Result<Option<Word>, &'static str> {
        self.rest = self.rest.trim_start();
        let Some(first) = self.rest.chars().next() else { return Ok(None) };
        match first {
            ';' => self.skip(Word::End),
            '=' => self.skip(Word::Equals),
            '"' | '\'' => self.quoted(first),
            _ => {
                let ends = |c: char| c.is_whitespace() || matches!(c, ';' | '=' | '"' | '\'');
                let end = self.rest.find(ends).unwrap_or(self.rest.len());
                let (word, rest) = self.rest.split_at(end);
                self.rest = rest;
                Ok(Some(Word::Text(word.to_owned())))
            }
        }
    }

    fn skip(&mut self, word: Word) -> Result<Option<Word>, &'static str> {
        self.rest = &self.rest[1..];
        Ok(Some(word))
    }

    fn quoted(&mut self, quote: char) -> Result<Option<Word>, &'static str> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => text.extend(chars.next().map(|(_, escaped)| escaped)),
                c if c == quote => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(Some(Word::Text(text)));
                }
                c => text.push(c),
            }
        }
        Err("a quote is not closed")
    }
}

/// Writes an entry as Java reads it.
pub fn write(class: &str, options: &[(&str, &str)]) -> String {
    let mut line = format!("{class} required");
    for (name, value) in options {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        line.push_str(&format!(" {name}=\"{value}\""));
    }
    line.push(';');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Vec<(String, String)>) {
        let Ok(entry) = parse(text) else { panic!("{text}") };
        (entry.module, entry.options)
    }

    #[test]
    fn lines_are_read_as_java_reads_them() {
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        for (text, module, options) in [
            (
                r#"org.apache.kafka.common.security.scram.ScramLoginModule required username="x" password="y";"#,
                "ScramLoginModule",
                pairs(&[("username", "x"), ("password", "y")]),
            ),
            (
                "PlainLoginModule REQUIRED\n  username='a b'\tpassword = \"p\\\"w;=\\\\\" ;",
                "PlainLoginModule",
                pairs(&[("username", "a b"), ("password", "p\"w;=\\")]),
            ),
            (
                "X required debug=true tokenauth=\"true\"",
                "X",
                pairs(&[("debug", "true"), ("tokenauth", "true")]),
            ),
            ("X sufficient ;Y required a=b;", "X", pairs(&[])),
            ("X required empty=\"\";", "X", pairs(&[("empty", "")])),
        ] {
            assert_eq!(read(text), (module.to_owned(), options), "{text}");
        }
    }

    #[test]
    fn a_broken_line_is_refused_without_being_shown() {
        for text in [
            "",
            ";",
            "X",
            "X username=\"a\";",
            "X required password;",
            "X required password=;",
            "X required =\"geheim\";",
            "X required password=\"geheim;",
        ] {
            let Err(why) = parse(text) else { panic!("{text}") };
            assert!(!why.contains("geheim"), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let options = [("username", "a\"b"), ("password", "c\\d ;")];
        let (module, read) = read(&write("org.x.Y", &options));
        assert_eq!(module, "Y");
        assert_eq!(read, options.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
}
