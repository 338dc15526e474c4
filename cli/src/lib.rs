//! The command line of `kr`: arguments, contexts, commands and output.
//!
//! [`run`] is the whole program. It touches no global of the process, so that a test can call it with
//! arguments, an environment and streams of its own.

pub mod args;
pub mod ask;
pub mod change;
pub mod commands;
pub mod complete;
pub mod config;
pub mod confirm;
pub mod context;
pub mod environment;
pub mod error;
pub mod io;
pub mod output;
pub mod plan;
pub mod schemas;
pub mod sizes;
pub mod spans;
mod suggest;
pub mod tree;
mod watch;

use std::ffi::OsString;

use clap::FromArgMatches;
use clap::error::ErrorKind;

pub use environment::Environment;
pub use error::{CliError, Exit};
pub use io::Io;

use args::{Cli, GlobalArgs};
use config::Config;
use context::Context;
use output::View;

/// Runs one command to its end: everything it says has been written when this returns.
pub fn run(args: impl IntoIterator<Item = OsString>, environment: Environment, mut io: Io) -> Exit {
    let args: Vec<OsString> = args.into_iter().collect();
    if let Some(exit) = complete::answer(&args, &environment, &mut io) {
        return exit;
    }
    if let Some(outcome) = schemas::answer(&args, &mut io) {
        return outcome.unwrap_or_else(|error| error::report(error, &mut io));
    }
    let parsed = tree::command()
        .try_get_matches_from(&args)
        .and_then(|matches| Cli::from_arg_matches(&matches).map(|cli| (cli, matches)))
        .map_err(|error| error.format(&mut tree::command()));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return finish_parse(&error, &mut io),
    };
    let verbosity = cli.global.verbose;
    let config = match Config::load(&cli.global, &environment) {
        Ok(config) => config,
        Err(error) => return error::report(with_proposal(error, &cli.global, &environment), &mut io),
    };
    let mut context = Context::new(cli.global, config, environment, io);
    context.view = View::of(&matches);
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::internal("cannot start the runtime").caused_by(error))
        .and_then(|runtime| {
            let _said = tracing::subscriber::set_default(listener(verbosity));
            let outcome = runtime.block_on(async {
                if let Some(interval) = watch::interval(&matches) {
                    return watch::run(&matches, interval, &mut context).await;
                }
                let outcome = commands::run(cli.command, &mut context).await;
                suggest::names(outcome, &mut context).await
            });
            // A blocked read of standard input must not keep the process from ending.
            runtime.shutdown_background();
            outcome
        })
        .and_then(|exit| context.io.flush().map(|()| exit));
    match outcome {
        Ok(exit) => exit,
        Err(error) => error::report(error, &mut context.io),
    }
}

/// Adds the name that was meant to a complaint about an unknown context.
fn with_proposal(error: CliError, global: &GlobalArgs, environment: &Environment) -> CliError {
    let file = config::store::path(global.config.as_deref(), environment);
    let store = file.and_then(|file| config::Store::read(&file, false).ok()).unwrap_or_default();
    suggest::context_name(error, &store.contexts.into_keys().collect::<Vec<_>>())
}

/// Writes what is sent and received to stderr with `-v`, more with `-vv`; only errors without.
fn listener(verbosity: u8) -> impl tracing::Subscriber + Send + Sync {
    let level = match verbosity {
        0 => tracing::Level::ERROR,
        1 => tracing::Level::DEBUG,
        _ => tracing::Level::TRACE,
    };
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).with_ansi(false).finish()
}

/// Answers `--help` and `--version` on stdout, wrong usage on stderr.
fn finish_parse(error: &clap::Error, io: &mut Io) -> Exit {
    let wanted = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let text = error.render().to_string();
    let stream = if wanted { &mut io.stdout } else { &mut io.stderr };
    // Nothing can be said about a stream that is gone.
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    if wanted { Exit::DONE } else { Exit::USAGE }
}
