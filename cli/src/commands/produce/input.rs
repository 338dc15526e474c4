//! From input to records: reads files or standard input in a thread of its own, because reading blocks.
//!
//! Input is cut at a delimiter, by a format, or not at all (a record a file). No record is too long to be read:
//! the buffer grows as far as the longest one needs.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use kr_client::NewRecord;
use tokio::sync::mpsc;

use super::recipe::Recipe;
use crate::commands::record_format::read::{Found, RecordReader};
use crate::error::CliError;

/// Bytes asked for in one read.
const READ_BYTES: usize = 256 * 1024;

/// Batches of records read ahead of the producer; each holds at most what one read gave.
const READ_AHEAD: usize = 4;

/// Where records come from.
pub enum Source {
    /// Standard input.
    Stdin(Box<dyn Read + Send>),
    /// A file.
    File(PathBuf),
}

/// How input is cut into records.
#[derive(Debug)]
pub enum Cut {
    /// At each of these, which is not part of the record.
    Delimiter(Vec<u8>),
    /// By a format.
    Format(RecordReader),
    /// Each file is a record.
    File,
}

/// A record and where it was found: `line 7`, `orders.txt line 7`.
#[derive(Debug)]
pub struct Input {
    /// Its number in its source, from 1.
    pub number: u64,
    /// The file, if there are files.
    pub file: Option<String>,
    /// The record, or why there is none.
    pub record: Result<NewRecord, String>,
}

/// What a place in the input is called.
pub fn name_of(cut: &Cut) -> &'static str {
    match cut {
        Cut::Delimiter(delimiter) if delimiter == b"\n" => "line",
        _ => "record",
    }
}

/// Begins to read; batches of records come until the input ends or nobody takes them any more.
pub fn read(sources: Vec<Source>, cut: Cut, recipe: Recipe) -> mpsc::Receiver<Result<Vec<Input>, CliError>> {
    let (sender, batches) = mpsc::channel(READ_AHEAD);
    std::thread::spawn(move || {
        for source in sources {
            if let Err(error) = read_source(source, &cut, &recipe, &sender) {
                let _ = sender.blocking_send(Err(error));
                return;
            }
            if sender.is_closed() {
                return;
            }
        }
    });
    batches
}

type Batches = mpsc::Sender<Result<Vec<Input>, CliError>>;

fn read_source(source: Source, cut: &Cut, recipe: &Recipe, batches: &Batches) -> Result<(), CliError> {
    let (mut reader, file): (Box<dyn Read>, Option<String>) = match source {
        Source::Stdin(reader) => (reader, None),
        Source::File(path) => {
            let name = path.display().to_string();
            let opened = File::open(&path)
                .map_err(|error| CliError::failed(format!("cannot read {name}")).caused_by(error))?;
            (Box::new(opened), Some(name))
        }
    };
    let mut splitter = Splitter { cut, recipe, file, buffer: Vec::new(), start: 0, searched: 0, number: 0 };
    loop {
        let is_all = splitter.fill(&mut *reader).map_err(|error| {
            let name = splitter.file.as_deref().unwrap_or("standard input");
            CliError::failed(format!("cannot read {name}")).caused_by(error)
        })?;
        let mut batch = Vec::new();
        while let Some(input) = splitter.next(is_all) {
            // After what cannot be cut, nothing is known of what follows.
            let is_lost = input.record.is_err() && matches!(cut, Cut::Format(_));
            batch.push(input);
            if is_lost {
                let _ = batches.blocking_send(Ok(batch));
                return Ok(());
            }
        }
        if !batch.is_empty() && batches.blocking_send(Ok(batch)).is_err() {
            return Ok(());
        }
        if is_all {
            return Ok(());
        }
    }
}

/// Input that was read and not yet cut.
struct Splitter<'a> {
    cut: &'a Cut,
    recipe: &'a Recipe,
    file: Option<String>,
    buffer: Vec<u8>,
    /// Where the next record begins.
    start: usize,
    /// Up to where there is no delimiter.
    searched: usize,
    number: u64,
}

impl Splitter<'_> {
    /// Reads once; true at the end of the input.
    fn fill(&mut self, reader: &mut dyn Read) -> io::Result<bool> {
        self.buffer.drain(..self.start);
        self.searched -= self.start.min(self.searched);
        self.start = 0;
        let filled = self.buffer.len();
        // A record longer than a read makes the reads grow, so that it is not copied in vain over and over.
        self.buffer.resize(filled + READ_BYTES.max(filled), 0);
        let count = loop {
            match reader.read(&mut self.buffer[filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        self.buffer.truncate(filled + *count.as_ref().unwrap_or(&0));
        count.map(|count| count == 0)
    }

    /// The next record that is all there.
    fn next(&mut self, is_all: bool) -> Option<Input> {
        let rest = &self.buffer[self.start..];
        let (record, taken) = match self.cut {
            Cut::Delimiter(delimiter) => {
                let from = self.searched.max(self.start);
                match find(&self.buffer[from..], delimiter) {
                    Some(at) => {
                        let end = from + at;
                        let record = self.recipe.record(&self.buffer[self.start..end]);
                        (record, end + delimiter.len() - self.start)
                    }
                    None if is_all && !rest.is_empty() => (self.recipe.record(rest), rest.len()),
                    None => {
                        self.searched = self.buffer.len().saturating_sub(delimiter.len() - 1);
                        return None;
                    }
                }
            }
            Cut::File if is_all => {
                // An empty file is an empty record, once.
                if self.number > 0 {
                    return None;
                }
                (self.recipe.record(rest), rest.len())
            }
            Cut::File => return None,
            Cut::Format(_) if rest.is_empty() => return None,
            Cut::Format(format) => match format.read(rest, is_all) {
                Ok(Found::Incomplete) => return None,
                Ok(Found::Record(fields, taken)) => (self.recipe.of_fields(fields), taken),
                Err(why) => (Err(why), rest.len()),
            },
        };
        self.start += taken;
        self.searched = self.start;
        self.number += 1;
        Some(Input { number: self.number, file: self.file.clone(), record })
    }
}

fn find(bytes: &[u8], delimiter: &[u8]) -> Option<usize> {
    match delimiter {
        [one] => bytes.iter().position(|byte| byte == one),
        many => bytes.windows(many.len()).position(|window| window == many),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives a few bytes at a time.
    struct Slow(Vec<u8>, usize);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0.drain(..count);
            Ok(count)
        }
    }

    fn values(input: &[u8], step: usize, cut: Cut) -> Vec<String> {
        let source = Source::Stdin(Box::new(Slow(input.to_vec(), step)));
        let mut batches = read(vec![source], cut, Recipe::plain("t"));
        let mut values = Vec::new();
        while let Some(batch) = batches.blocking_recv() {
            for input in batch.unwrap() {
                let value = input.record.unwrap().value.unwrap_or_default();
                values.push(String::from_utf8(value.to_vec()).unwrap());
            }
        }
        values
    }

    proptest! {
        #[test]
        fn records_are_cut_at_delimiters_however_the_input_comes(
            records in prop::collection::vec("[a-c-]{0,5}", 0..6),
            step in 1usize..9,
            ends in any::<bool>(),
        ) {
            for delimiter in ["\n", "--|"] {
                let mut input = records.join(delimiter);
                if ends && !records.is_empty() {
                    input.push_str(delimiter);
                }
                let mut expected = records.clone();
                // Nothing behind the last delimiter is no record.
                if !ends && expected.last().is_some_and(String::is_empty) {
                    expected.pop();
                }
                let cut = Cut::Delimiter(delimiter.as_bytes().to_vec());
                prop_assert_eq!(values(input.as_bytes(), step, cut), expected);
            }
        }
    }

    /// "No line-length limit on input".
    #[test]
    fn complaint_37_a_line_may_be_longer_than_any_buffer() {
        let mut input = vec![b'x'; 5 * READ_BYTES];
        input.extend_from_slice(b"\nend");
        let values = values(&input, usize::MAX, Cut::Delimiter(b"\n".to_vec()));
        assert_eq!(values.iter().map(String::len).collect::<Vec<_>>(), [5 * READ_BYTES, 3]);
    }

    #[test]
    fn a_file_is_a_record_also_when_it_is_empty() {
        assert_eq!(values(b"a\nb\n", 3, Cut::File), ["a\nb\n"]);
        assert_eq!(values(b"", 3, Cut::File), [""]);
    }
}
