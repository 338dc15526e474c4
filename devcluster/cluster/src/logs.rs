//! Text logs of nodes: writing them, and reading them back merged and followed.
//!
//! **Shape of a line:** `2026-01-02T03:04:05.678Z INFO message`, so that lines sort by time as text.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use kr_node::Level;
use kr_server::LogSink;

/// A log is renamed to `.1` beyond this size, so that a node takes at most twice as much.
const MAX_BYTES: u64 = 8 << 20;
/// Name of the supervisor's own log, without its extension.
pub const SUPERVISOR: &str = "supervisor";

/// Name of a node's log, without its extension.
pub fn node_log(node: i32) -> String {
    format!("node-{node}")
}

fn path(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}.log"))
}

/// A sink that appends to a log. A log that cannot be written is no reason to stop a node.
pub fn sink(dir: &Path, name: &str) -> LogSink {
    let path = path(dir, name);
    let mut file: Option<(File, u64)> = None;
    Box::new(move |level, message| {
        if level > Level::Info {
            return;
        }
        if file.as_ref().is_some_and(|(_, size)| *size > MAX_BYTES) {
            file = None;
            let _ = fs::rename(&path, path.with_extension("log.1"));
        }
        if file.is_none() {
            file = open(&path).ok();
        }
        if let Some((file, size)) = &mut file {
            let line = line(SystemTime::now(), level, message);
            if file.write_all(line.as_bytes()).is_ok() {
                *size += line.len() as u64;
            }
        }
    })
}

fn open(path: &Path) -> io::Result<(File, u64)> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

fn line(now: SystemTime, level: Level, message: &str) -> String {
    let level = match level {
        Level::Error => "ERROR",
        Level::Warn => "WARN ",
        Level::Info => "INFO ",
        Level::Debug => "DEBUG",
    };
    // What a peer sent may be in a message: it cannot forge a line.
    let message = message.replace(['\n', '\r'], " ");
    format!("{} {level} {message}\n", timestamp(now))
}

/// A moment in UTC, as in RFC 3339 with milliseconds.
fn timestamp(now: SystemTime) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs();
    let (year, month, day) = civil(seconds / 86_400);
    let of_day = seconds % 86_400;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60,
        since.subsec_millis()
    )
}

/// Year, month and day of a day counted from 1970-01-01.
fn civil(days: u64) -> (u64, u64, u64) {
    // Years that begin in March put the leap day last; 400 of them have 146,097 days.
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogLine {
    /// The line without its end; begins with the time.
    pub text: String,
    /// Whose log it is in: `node-1`, `supervisor`.
    pub source: String,
}

/// Reads logs from their beginning and, asked again, what was added since.
#[derive(Debug)]
pub struct Reader {
    dir: PathBuf,
    /// Log names and how far each was read.
    sources: BTreeMap<String, u64>,
}

impl Reader {
    /// A reader of these logs.
    pub fn new(dir: PathBuf, names: impl IntoIterator<Item = String>) -> Self {
        Self { dir, sources: names.into_iter().map(|name| (name, 0)).collect() }
    }

    /// The whole lines that were not read yet, in the order of their times. A missing log has none.
    pub fn next_lines(&mut self) -> io::Result<Vec<LogLine>> {
        let mut lines = Vec::new();
        for (source, position) in &mut self.sources {
            let mut file = match File::open(path(&self.dir, source)) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            if file.metadata()?.len() < *position {
                // It was rotated: begin with the new one.
                *position = 0;
            }
            file.seek(SeekFrom::Start(*position))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            *position += whole as u64;
            let text = String::from_utf8_lossy(&bytes[..whole]);
            lines.extend(text.lines().map(|text| LogLine { text: text.to_owned(), source: source.clone() }));
        }
        // Stable: lines of one source with the same time stay as they were written.
        lines.sort_by(|a, b| a.text.get(..24).cmp(&b.text.get(..24)));
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lines_begin_with_the_time_in_utc() {
        let at = |seconds, ms| UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_millis(ms);
        assert_eq!(timestamp(at(0, 0)), "1970-01-01T00:00:00.000Z");
        assert_eq!(timestamp(at(951_782_400, 7)), "2000-02-29T00:00:00.007Z");
        assert_eq!(timestamp(at(1_767_225_599, 999)), "2025-12-31T23:59:59.999Z");
        assert_eq!(line(at(0, 0), Level::Warn, "a\nb"), "1970-01-01T00:00:00.000Z WARN  a b\n");
    }

    #[test]
    fn logs_are_merged_by_time_and_followed() {
        let dir = tempfile::tempdir().expect("a directory");
        let names = || [node_log(1), node_log(2)];
        let mut reader = Reader::new(dir.path().to_owned(), names());
        assert_eq!(reader.next_lines().expect("readable"), []);
        let write = |name: &str, text: &str| {
            let (mut file, _) = open(&path(dir.path(), name)).expect("open");
            file.write_all(text.as_bytes()).expect("written");
        };
        write("node-1", "1970-01-01T00:00:01.000Z a\n1970-01-01T00:00:03.000Z c\n1970-01-01T");
        write("node-2", "1970-01-01T00:00:02.000Z b\n");
        let texts = |lines: Vec<LogLine>| -> Vec<String> {
            lines.into_iter().map(|line| format!("{} {}", line.source, &line.text[25..])).collect()
        };
        assert_eq!(texts(reader.next_lines().expect("readable")), ["node-1 a", "node-2 b", "node-1 c"]);
        write("node-1", "00:00:04.000Z d\n");
        assert_eq!(texts(reader.next_lines().expect("readable")), ["node-1 d"]);
    }

    #[test]
    fn sink_writes_what_the_reader_reads() {
        let dir = tempfile::tempdir().expect("a directory");
        let mut sink = sink(dir.path(), "node-1");
        sink(Level::Info, "hello");
        sink(Level::Debug, "not this");
        let lines = Reader::new(dir.path().to_owned(), [node_log(1)]).next_lines().expect("readable");
        assert_eq!(lines.len(), 1);
        assert!(lines[0].text.ends_with("INFO  hello"), "{lines:?}");
    }
}
