//! PEM as it is found in files and in one-line properties: sections with a label, base64 in between.
//!
//! Java's properties hold PEM on one line with blanks where lines ended; files have text around the sections.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A section.
pub struct Section {
    /// `CERTIFICATE`, `PRIVATE KEY`, ...
    pub label: String,
    /// What was between the lines; empty when it is encrypted in the old way.
    pub der: Vec<u8>,
    /// Whether it is encrypted in the old way of OpenSSL (`Proc-Type: 4,ENCRYPTED`).
    pub is_old_encryption: bool,
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// Reads all sections; the error says which is broken.
pub fn sections(text: &str) -> Result<Vec<Section>, String> {
    let mut sections = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(BEGIN) {
        let after = &rest[at + BEGIN.len()..];
        let (label, body) = after.split_once(DASHES).ok_or("a PEM section has no end of its first line")?;
        let end = format!("{END}{label}{DASHES}");
        let (body, after) = body.split_once(&end).ok_or_else(|| format!("PEM section {label} has no end"))?;
        let is_old_encryption = body.contains("Proc-Type:");
        let plain: String = if is_old_encryption {
            String::new()
        } else {
            body.chars().filter(|c| !c.is_whitespace()).collect()
        };
        let der = STANDARD.decode(&plain).map_err(|_| format!("PEM section {label} is not base64"))?;
        sections.push(Section { label: label.to_owned(), der, is_old_encryption });
        rest = after;
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Vec<u8>)> {
        sections(text).unwrap().into_iter().map(|section| (section.label, section.der)).collect()
    }

    #[test]
    fn sections_are_found_on_many_lines_and_on_one() {
        let wanted = [("A".to_owned(), b"abcdef".to_vec()), ("B C".to_owned(), b"x".to_vec())];
        let lines = "subject=/CN=x\n-----BEGIN A-----\nYWJj\r\nZGVm\n-----END A-----\n-----BEGIN B C-----\neA==\n-----END B C-----";
        assert_eq!(read(lines), wanted);
        let line = "-----BEGIN A----- YWJj ZGVm -----END A----- -----BEGIN B C----- eA== -----END B C-----";
        assert_eq!(read(line), wanted);
        assert_eq!(read("nothing here"), []);
    }

    #[test]
    fn broken_sections_are_named() {
        let why = |text| sections(text).err().unwrap();
        assert_eq!(why("-----BEGIN A-----\nYWJj"), "PEM section A has no end");
        assert_eq!(why("-----BEGIN A-----\n!\n-----END A-----"), "PEM section A is not base64");
        assert_eq!(why("-----BEGIN A"), "a PEM section has no end of its first line");
    }
}
