//! What is printed of a record: its value, a format, JSON, or what it says in one of Kafka's own topics.

use kr_client::RecordRef;
use kr_client::consume::LogMarks;

use super::ConsumeArgs;
use crate::commands::record_decode;
use crate::commands::record_format::write::{Look, RecordWriter, Subject};
use crate::commands::record_json::{self, JsonLook};
use crate::context::Context;
use crate::error::CliError;

/// How a record is printed.
#[derive(Debug)]
pub enum Printer {
    /// A line of JSON.
    Json(JsonLook),
    /// What a record of Kafka's own topics says, as JSON or for people.
    Decoded {
        /// As a line of JSON.
        is_json: bool,
    },
    /// A format.
    Format(RecordWriter, Vec<u8>),
}

impl Printer {
    /// What the arguments ask for.
    pub fn of(args: &ConsumeArgs, for_terminal: bool) -> Result<Self, CliError> {
        if args.decode {
            return Ok(Self::Decoded { is_json: args.is_json() });
        }
        if args.is_json() {
            return Ok(Self::Json(JsonLook {
                embeds_json: args.json_values,
                no_value: args.no_value,
                headers_only: args.headers_only,
            }));
        }
        let text = match &args.format {
            Some(text) => text,
            None if args.headers_only => "%h\\n",
            None if args.no_value => "%k\\n",
            None => "%v\\n",
        };
        let look = Look { for_terminal, shows_null: args.shows_null, truncate: args.truncate };
        let writer = RecordWriter::parse(text, look);
        let writer = writer.map_err(|why| CliError::usage(format!("-f {text}: {why}")))?;
        Ok(Self::Format(writer, Vec::new()))
    }

    /// Prints a record; `count` is its number among those printed, from 1.
    pub fn print(
        &mut self,
        record: &RecordRef<'_>,
        marks: LogMarks,
        count: u64,
        context: &mut Context,
    ) -> Result<(), CliError> {
        match self {
            Self::Json(look) => context.io.print(record_json::write(record, *look).map_err(unwritable)?),
            Self::Decoded { is_json: true } => {
                context.io.print(record_decode::json(record).map_err(unwritable)?)
            }
            Self::Decoded { is_json: false } => context.io.print(record_decode::text(record)),
            Self::Format(writer, line) => {
                line.clear();
                writer.write(line, Subject { record, marks, count });
                context.io.print(line)
            }
        }
    }
}

fn unwritable(error: serde_json::Error) -> CliError {
    CliError::internal("cannot write JSON").caused_by(error)
}
