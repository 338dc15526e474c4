//! A file of client properties, Java's or librdkafka's, by the names in it.
//!
//! The names overlap and the syntax differs: Java's has escapes, continued lines and three separators, while in
//! librdkafka's (kcat's reader, `key=value` lines) a backslash is a backslash, which matters in passwords and
//! Windows paths. Java's syntax itself is in [`super::java_properties`].

use super::java_properties;

/// Names that only librdkafka has.
const LIBRDKAFKA: &[&str] = &[
    "enable.ssl.certificate.verification",
    "https.ca.location",
    "metadata.broker.list",
    "sasl.mechanisms",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.method",
    "sasl.password",
    "sasl.username",
    "ssl.ca.location",
    "ssl.ca.pem",
    "ssl.certificate.location",
    "ssl.certificate.pem",
    "ssl.key.location",
    "ssl.key.pem",
];

/// Names that only Java has; one of them settles it.
const JAVA: &[&str] =
    &["sasl.jaas.config", "ssl.keystore.type", "ssl.truststore.location", "ssl.truststore.type"];

/// Whose syntax a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// `java.util.Properties`.
    Java,
    /// librdkafka's examples and kcat.
    Librdkafka,
}

impl Syntax {
    /// Decides by the names in a file; Java's when they are of both or of neither.
    pub fn of(text: &str) -> Self {
        let pairs = plain(text);
        let has = |names: &[&str]| pairs.iter().any(|(key, _)| names.contains(&key.as_str()));
        if has(LIBRDKAFKA) && !has(JAVA) { Self::Librdkafka } else { Self::Java }
    }

    /// Reads keys and values in the order of the file.
    pub fn parse(self, text: &str) -> Vec<(String, String)> {
        match self {
            Self::Java => java_properties::parse(text),
            Self::Librdkafka => plain(text),
        }
    }
}

/// Reads keys and values in the syntax that the names in the file call for.
pub fn parse(text: &str) -> Vec<(String, String)> {
    Syntax::of(text).parse(text)
}

/// Lines of `key=value`, taken as they are but for blanks around both; `#` begins a comment.
fn plain(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pair = |line: &str| {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        (key.trim_end().to_owned(), value.trim_start().to_owned())
    };
    lines.map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, key: &str) -> Option<String> {
        parse(text).into_iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    #[test]
    fn a_backslash_in_a_file_of_librdkafka_is_a_backslash() {
        let text = "# kcat\nmetadata.broker.list = a:1\nsasl.username=me\nsasl.password=a\\tb\\\nssl.key.location=C:\\new\\key\n";
        assert_eq!(value(text, "sasl.password").as_deref(), Some("a\\tb\\"));
        assert_eq!(value(text, "ssl.key.location").as_deref(), Some("C:\\new\\key"));
        assert_eq!(value(text, "metadata.broker.list").as_deref(), Some("a:1"));
    }

    #[test]
    fn a_file_of_java_has_its_escapes() {
        for text in [
            "ssl.keystore.location=C:\\\\keys\n",
            "sasl.username=me\nsasl.jaas.config=x\nssl.keystore.location=C:\\\\keys\n",
        ] {
            assert_eq!(value(text, "ssl.keystore.location").as_deref(), Some("C:\\keys"), "{text}");
        }
    }
}
