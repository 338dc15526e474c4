//! Plans as files: `-` is standard input or output, everything else a path.

use std::collections::BTreeMap;
use std::io::Read;

use kr_client::admin::TopicPartition;

use crate::context::Context;
use crate::error::{CliError, Kind};
use crate::plan::{Wanted, read_file};

/// Reads a plan.
pub fn read(path: &str, context: &mut Context) -> Result<BTreeMap<TopicPartition, Wanted>, CliError> {
    let text = match path {
        "-" => {
            let Some(mut stdin) = context.io.stdin.take() else {
                return Err(CliError::usage("standard input can be named only once"));
            };
            let mut text = String::new();
            stdin.read_to_string(&mut text).map(|_| text)
        }
        path => std::fs::read_to_string(path),
    };
    let text = text.map_err(|error| {
        CliError::new(Kind::Usage, format!("cannot read the plan {path}")).caused_by(error)
    })?;
    read_file(&text).map_err(|error| {
        CliError::usage(format!("cannot use the plan {path}")).caused_by(error).hint(
            "a plan is made by `kr reassign plan ... --out FILE` or `kafka-reassign-partitions --generate`",
        )
    })
}

/// Writes a plan; a file that exists is replaced.
pub fn write(path: &str, text: &str, context: &mut Context) -> Result<(), CliError> {
    let line = format!("{text}\n");
    if path == "-" {
        return context.io.print(line);
    }
    std::fs::write(path, line)
        .map_err(|error| CliError::failed(format!("cannot write the plan {path}")).caused_by(error))
}
