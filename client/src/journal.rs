//! The journal of changes: one JSON line when a change begins, one when it ends.
//!
//! A line is written before the first request goes out, so that a change whose outcome is not known is seen,
//! too. Lines are appended in one write each and never changed; a line that cannot be read is skipped.
//! Secrets have no place in it: callers pass what may be shown.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::undo::Undo;

/// How a change ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// All of it was done.
    Done,
    /// Some of it failed.
    Partly,
    /// None of it was done.
    Failed,
}

/// A change as it begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Who, by the name of the operating system's user.
    pub user: Option<String>,
    /// The context, when one is in use.
    pub context: Option<String>,
    /// The brokers that were asked first.
    pub bootstrap: Vec<String>,
    /// The cluster's id.
    pub cluster_id: Option<String>,
    /// Verb and object: `delete 2 topics`.
    pub action: String,
    /// Names of the operations ([`crate::safety::Operation`]).
    pub operations: Vec<String>,
    /// What is changed, by name.
    pub targets: Vec<String>,
}

/// A change as it ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// How.
    pub outcome: Outcome,
    /// What failed, one message a target.
    pub failures: Vec<String>,
    /// The way back, when there is one.
    pub undo: Option<Undo>,
}

/// One change of the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Names the change.
    pub id: String,
    /// How it began.
    pub begun: Begun,
    /// How it ended; none when the program ended before, so that nobody knows.
    pub ended: Option<Ended>,
    /// The change that took this one back.
    pub undone_by: Option<String>,
}

impl Entry {
    /// Whether there is a way back that was not taken.
    pub fn is_undoable(&self) -> bool {
        self.undone_by.is_none() && self.ended.as_ref().is_some_and(|ended| ended.undo.is_some())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Line {
    Begun {
        id: String,
        #[serde(flatten)]
        begun: Begun,
    },
    Ended {
        id: String,
        #[serde(flatten)]
        ended: Ended,
    },
    Undone {
        id: String,
        by: String,
    },
}

/// A journal in a file.
#[derive(Clone, Debug)]
pub struct Journal {
    file: PathBuf,
}

impl Journal {
    /// The journal in this file, which need not exist.
    pub fn at(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into() }
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Notes that a change begins and gives it a name: time and chance, `20261121-054916-3f9a`.
    pub fn begin(&self, begun: Begun) -> io::Result<String> {
        let digits: String = begun.at.chars().filter(char::is_ascii_digit).take(14).collect();
        let (date, time) = digits.split_at_checked(8).unwrap_or((&digits, ""));
        let id = format!("{date}-{time}-{:04x}", rand::random::<u16>());
        self.append(&Line::Begun { id: id.clone(), begun })?;
        Ok(id)
    }

    /// Notes how a change ended.
    pub fn end(&self, id: &str, ended: Ended) -> io::Result<()> {
        self.append(&Line::Ended { id: id.to_owned(), ended })
    }

    /// Notes that one change took another back.
    pub fn undone(&self, id: &str, by: &str) -> io::Result<()> {
        self.append(&Line::Undone { id: id.to_owned(), by: by.to_owned() })
    }

    /// All changes, oldest first; none when there is no file.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        let file = match File::open(&self.file) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut entries: Vec<Entry> = Vec::new();
        for line in BufReader::new(file).split(b'\n') {
            match serde_json::from_slice(&line?) {
                Ok(Line::Begun { id, begun }) => {
                    places.insert(id.clone(), entries.len());
                    entries.push(Entry { id, begun, ended: None, undone_by: None });
                }
                Ok(Line::Ended { id, ended }) => {
                    if let Some(place) = places.get(&id) {
                        entries[*place].ended = Some(ended);
                    }
                }
                Ok(Line::Undone { id, by }) => {
                    if let Some(place) = places.get(&id) {
                        entries[*place].undone_by = Some(by);
                    }
                }
                // A line that a crash tore, or of a newer program.
                Err(_) => {}
            }
        }
        Ok(entries)
    }

    fn append(&self, line: &Line) -> io::Result<()> {
        if let Some(dir) = self.file.parent() {
            fs::create_dir_all(dir)?;
        }
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut bytes = serde_json::to_vec(line).map_err(io::Error::other)?;
        // A newline first ends what a crash may have torn; empty lines are skipped.
        bytes.insert(0, b'\n');
        bytes.push(b'\n');
        options.open(&self.file)?.write_all(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(action: &str) -> Begun {
        Begun {
            at: "2026-11-21T05:49:16Z".to_owned(),
            user: Some("ops".to_owned()),
            context: None,
            bootstrap: vec!["127.0.0.1:9092".to_owned()],
            cluster_id: Some("c".to_owned()),
            action: action.to_owned(),
            operations: vec!["topic.create".to_owned()],
            targets: vec!["orders".to_owned()],
        }
    }

    fn ended() -> Ended {
        let undo = Undo::DeleteTopics { topics: BTreeMap::from([("orders".to_owned(), None)]) };
        Ended {
            at: "2026-11-21T05:49:17Z".to_owned(),
            outcome: Outcome::Done,
            failures: Vec::new(),
            undo: Some(undo),
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::at(dir.path().join("deep/journal.jsonl"));
        assert_eq!(journal.entries().unwrap(), []);
        let first = journal.begin(begun("create 1 topic")).unwrap();
        let second = journal.begin(begun("create 2 topics")).unwrap();
        journal.end(&first, ended()).unwrap();
        journal.undone(&first, &second).unwrap();
        let entries = journal.entries().unwrap();
        assert!(first.starts_with("20261121-054916-"), "{first}");
        assert_eq!(entries[0].ended, Some(ended()));
        assert_eq!(entries[0].undone_by.as_deref(), Some(second.as_str()));
        assert_eq!((&entries[1].begun, &entries[1].ended), (&begun("create 2 topics"), &None));
    }

    #[test]
    fn a_torn_line_costs_only_itself() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::at(dir.path().join("journal.jsonl"));
        journal.begin(begun("one")).unwrap();
        let whole = std::fs::read(journal.file()).unwrap();
        std::fs::write(journal.file(), [&whole[..], &whole[..whole.len() / 2]].concat()).unwrap();
        journal.begin(begun("three")).unwrap();
        let actions: Vec<String> =
            journal.entries().unwrap().into_iter().map(|entry| entry.begun.action).collect();
        assert_eq!(actions, ["one", "three"]);
    }
}
