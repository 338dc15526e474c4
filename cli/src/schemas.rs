//! The JSON Schema of what each command prints with `-o json`, for `--output-schema` and `docs/schemas`.
//!
//! A command makes its items known beside their [`Item`] implementation:
//! ```text
//! published!(Row, "topic list");
//! ```
//! The schemas describe the whole document and leave room for more fields: within a version only additions are
//! made.

use std::ffi::OsString;

use schemars::Schema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use crate::error::{CliError, Exit};
use crate::io::Io;
use crate::output::{Failure, Item, json};
use crate::tree;

/// The option that asks for a schema.
const OPTION: &str = "--output-schema";

/// Items whose shape is public.
pub struct Published {
    /// Names the shape, with its version.
    pub kind: &'static str,
    /// The commands that print it, as they are typed after `kr`.
    pub commands: &'static [&'static str],
    items: fn(&mut SchemaGenerator) -> Schema,
}

impl Published {
    /// Items that these commands print.
    pub const fn of<T: Item>(commands: &'static [&'static str]) -> Self {
        Self { kind: T::KIND, commands, items: SchemaGenerator::subschema_for::<T> }
    }

    /// Whether a command prints these items: it is named, or is below one that is.
    pub fn covers(&self, command: &str) -> bool {
        let is_below = |above: &str| {
            command.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        self.commands.iter().any(|named| is_below(named))
    }

    /// The name of its file in `docs/schemas`.
    pub fn file(&self) -> String {
        format!("{}.json", self.kind.replace('/', "."))
    }

    /// The schema of the whole document.
    pub fn schema(&self) -> Value {
        let mut generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        let item = (self.items)(&mut generator);
        let error = generator.subschema_for::<Failure>();
        let definitions: Map<String, Value> = generator.take_definitions(true);
        let commands: Vec<String> = self.commands.iter().map(|command| format!("`kr {command}`")).collect();
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": format!("urn:{}", self.kind.replace('/', ":").replace("kr.", "kr:")),
            "title": self.kind,
            "description": format!("What {} prints with -o json.", commands.join(" or ")),
            "type": "object",
            "properties": {
                "kind": { "const": self.kind },
                "context": {
                    "description": "The context in use; null when the brokers were named otherwise.",
                    "type": ["string", "null"],
                },
                "applied": {
                    "description": "Of a change: whether it was made; false for --dry-run.",
                    "type": "boolean",
                },
                "items": { "type": "array", "items": item },
                "errors": {
                    "description": "The targets that failed.",
                    "type": "array",
                    "items": error,
                },
            },
            "required": ["kind", "context", "items", "errors"],
            "$defs": definitions,
        })
    }
}

inventory::collect!(Published);

/// Makes items known with the commands that print them.
macro_rules! published {
    ($item:ty, $($command:literal),+ $(,)?) => {
        ::inventory::submit! { $crate::schemas::Published::of::<$item>(&[$($command),+]) }
    };
}
pub(crate) use published;

/// All shapes, by kind.
pub fn all() -> Vec<&'static Published> {
    let mut all: Vec<&Published> = inventory::iter::<Published>.into_iter().collect();
    all.sort_by_key(|published| published.kind);
    all
}

/// Answers `--output-schema`, also when what the command needs otherwise is missing; none when it is not there.
pub(crate) fn answer(args: &[OsString], io: &mut Io) -> Option<Result<Exit, CliError>> {
    let mut own = args.iter().take_while(|arg| *arg != "--");
    own.any(|arg| arg == OPTION).then(|| {
        let schema = json::pretty(&of_command(&typed(args))?)
            .map_err(|error| CliError::internal("cannot write JSON").caused_by(error))?;
        io.print(schema)?;
        io.flush()?;
        Ok(Exit::DONE)
    })
}

/// The command that was typed, as words after `kr`.
fn typed(args: &[OsString]) -> String {
    let matches = tree::command().ignore_errors(true).try_get_matches_from(args);
    let mut words = Vec::new();
    let mut inner = matches.as_ref().ok().and_then(clap::ArgMatches::subcommand);
    while let Some((word, matches)) = inner {
        words.push(word);
        inner = matches.subcommand();
    }
    words.join(" ")
}

fn of_command(command: &str) -> Result<Value, CliError> {
    let schemas: Vec<Value> = all()
        .iter()
        .filter(|published| published.covers(command))
        .map(|published| published.schema())
        .collect();
    match <[Value; 1]>::try_from(schemas) {
        Ok([schema]) => Ok(schema),
        Err(schemas) if schemas.is_empty() => {
            Err(CliError::usage(format!("`kr {command}` prints no document"))
                .hint("--output-schema goes with a command that takes -o"))
        }
        Err(schemas) => Ok(json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "anyOf": schemas,
        })),
    }
}
