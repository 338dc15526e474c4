//! `kr dev up -d`: the cluster in a process of its own that outlives this one.
//!
//! The process is this program again, in a session of its own. It says on its standard output, which is a
//! pipe to us, that the cluster is ready or why not; then both let go of the pipe.

use std::fs::File;
use std::io;
use std::process::Stdio;
use std::time::Instant;

use kr_devcluster::{PROCESS_LOG, Place, Up, leave_session, release_stdout, up};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use super::stay::{StatusLine, stay};
use super::up::{ReadyCluster, UpArgs, found, settle, take_signals};
use super::{place, root, up_error};
use crate::config::forget_dev_context;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::json;

/// Longest word of the supervisor.
const WORD_MAX_BYTES: u64 = 1 << 20;

/// What the supervisor says to the process that started it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Ready(ReadyCluster),
    Failed { exit: u8, message: String, hints: Vec<String> },
}

/// Starts the supervisor and waits for its word.
pub(super) async fn start(
    args: &UpArgs,
    context: &Context,
    began: Instant,
) -> Result<ReadyCluster, CliError> {
    let place = place(context, &args.name.name)?;
    place.create().map_err(up_error)?;
    let log = place.process_log().map_err(up_error)?;
    let mut child = spawn(args, &place, log, context).map_err(|error| {
        CliError::internal("cannot start the process that runs the cluster").caused_by(error)
    })?;
    let mut signals = take_signals()?;
    let word = tokio::select! {
        word = listen(&mut child) => word,
        () = signals.next() => {
            let _ = child.kill().await;
            return Err(CliError::new(Kind::Interrupted, "interrupted before the cluster was ready"));
        }
    };
    match word {
        Ok(Word::Ready(mut ready)) => {
            ready.ready_ms = began.elapsed().as_millis() as u64;
            Ok(ready)
        }
        Ok(Word::Failed { exit, message, hints }) => {
            let error = CliError::new(kind_of(exit), message);
            Err(hints.into_iter().fold(error, CliError::hint))
        }
        Err(error) => {
            let log = place.logs().join(PROCESS_LOG);
            let error = CliError::failed("the cluster's process ended before it was ready").caused_by(error);
            Err(error.hint(format!("{} may say more", log.display())))
        }
    }
}

fn spawn(args: &UpArgs, place: &Place, log: File, context: &Context) -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args(["dev", "supervise"])
        .args(args.to_args())
        .env_clear()
        .envs(context.environment.variables())
        .current_dir(place.root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
}

async fn listen(child: &mut Child) -> io::Result<Word> {
    let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let mut line = String::new();
    BufReader::new(stdout.take(WORD_MAX_BYTES)).read_line(&mut line).await?;
    if line.is_empty() {
        return Err(io::Error::other(match child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }));
    }
    Ok(serde_json::from_str(&line)?)
}

/// The other end: runs the cluster for `start` and stays.
pub(super) async fn supervise(args: UpArgs, context: &mut Context) -> Result<Exit, CliError> {
    // A person may run it in a session of its own already.
    let _ = leave_session();
    let began = Instant::now();
    let mut signals = take_signals()?;
    let started = match up(&root(context)?, &args.spec()).await {
        Ok(Up::Started(cluster)) => match settle(&cluster, &args, &mut signals, began).await {
            Ok(ready) => Ok((ready, Some(cluster))),
            Err(error) => Err(error),
        },
        Ok(Up::Running(remote)) => found(&remote, &args, began).await.map(|ready| (ready, None)),
        Err(error) => Err(up_error(error)),
    };
    let (word, cluster) = match started {
        Ok((ready, cluster)) => (Word::Ready(ready), cluster),
        Err(error) => (failed(&error), None),
    };
    let line = json::line(&word).map_err(|error| CliError::internal("cannot write JSON").caused_by(error))?;
    context.io.print(line)?;
    context.io.flush()?;
    let Some(cluster) = cluster else { return Ok(Exit::DONE) };
    release_stdout().map_err(|error| CliError::internal("cannot let go of the terminal").caused_by(error))?;
    let exit = stay(&cluster, &mut signals, StatusLine::Hidden, context).await;
    if args.ephemeral {
        forget_dev_context(&context.environment, context.global.config.as_deref(), &args.name.name)?;
    }
    Ok(exit)
}

fn failed(error: &CliError) -> Word {
    let mut message = error.message.clone();
    if let Some(source) = &error.source {
        message = format!("{message}: {source}");
    }
    Word::Failed { exit: error.kind.exit().0, message, hints: error.hints.clone() }
}

/// A kind with this exit code.
fn kind_of(exit: u8) -> Kind {
    let kinds =
        [Kind::Usage, Kind::Condition, Kind::Unreachable, Kind::Denied, Kind::Refused, Kind::Interrupted];
    kinds.into_iter().find(|kind| kind.exit().0 == exit).unwrap_or(Kind::Failed)
}
