//! The syntax of Java's `.properties` files, as far as Kafka's client files use it.
//!
//! Comments begin with `#` or `!`, a key ends at `=`, `:` or a blank, a backslash at the end of a line
//! continues it. `\u` escapes are read, too. Files of librdkafka
//! are in [`super::property_file`].

/// Reads keys and values in the order of the file; lines without a key are left out.
pub fn parse(text: &str) -> Vec<(String, String)> {
    logical_lines(text).iter().filter_map(|line| pair(line)).collect()
}

/// Joins continued lines, drops comments and blank lines.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        let line = line.trim_start();
        let mut whole = match open.take() {
            Some(begun) => begun + line,
            None if line.is_empty() || line.starts_with(['#', '!']) => continue,
            None => line.to_owned(),
        };
        let backslashes = whole.chars().rev().take_while(|c| *c == '\\').count();
        if backslashes % 2 == 1 {
            whole.pop();
            open = Some(whole);
        } else {
            lines.push(whole);
        }
    }
    lines.extend(open);
    lines
}

fn pair(line: &str) -> Option<(String, String)> {
    let mut escaped = false;
    let end = line
        .char_indices()
        .find(|(_, c)| {
            let ends = !escaped && (matches!(c, '=' | ':') || c.is_whitespace());
            escaped = !escaped && *c == '\\';
            ends
        })
        .map_or(line.len(), |(at, _)| at);
    let (key, rest) = line.split_at(end);
    let rest = rest.trim_start();
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start();
    (!key.is_empty()).then(|| (unescape(key), unescape(value).trim_end().to_owned()))
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                plain.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kafka_client_files_are_read() {
        let text = "# comment\n! too\n\nbootstrap.servers=a:9092,\\\n    b:9092\nclient.id : x y \n\
            ssl.keystore.location=C:\\\\keys\nkey\nuni=\\u00e4\n";
        let pairs = parse(text);
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("bootstrap.servers", "a:9092,b:9092"),
                ("client.id", "x y"),
                ("ssl.keystore.location", "C:\\keys"),
                ("key", ""),
                ("uni", "ä"),
            ]
        );
    }
}
