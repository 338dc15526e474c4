//! `-w`: runs a command again and again and shows what changed.
//!
//! A command knows nothing of it: each round is a run of its own whose output is caught here. On a terminal the
//! frame is drawn over the last one; elsewhere blocks follow each other; with `-o jsonl` only events are printed.
//! A round that fails after a first one that did not is shown and tried again, so that a restart of a broker
//! does not end the watch.

mod events;
mod frame;
mod stream;

use std::time::Duration;

use clap::{Arg, ArgMatches, Command, FromArgMatches};
use jiff::Timestamp;

use crate::args::Cli;
use crate::commands;
use crate::context::Context;
use crate::error::{CliError, Exit, Kind, report};
use crate::output::Format;
use crate::output::form::HEADING;
use crate::spans::parse_duration;

use events::Events;
use frame::Screen;
use stream::{Caught, Replay};

/// The id of the option.
pub(crate) const ID: &str = "watch";

/// How long between two rounds unless told otherwise.
const INTERVAL: &str = "2s";

/// Verbs that print items and have nothing to watch, or end by themselves.
const NEVER: [&str; 12] =
    ["add", "edit", "env", "export", "import", "kill", "pause", "resume", "start", "stop", "supervise", "up"];

/// Whether a command can be watched: it prints items and changes nothing.
pub(crate) fn suits(path: &[String], command: &Command) -> bool {
    let has = |id: &str| command.get_arguments().any(|arg| arg.get_id() == id);
    let verb = path.last().map_or("", String::as_str);
    has("output_schema")
        && !has("dry_run")
        && !has("yes")
        && !NEVER.contains(&verb)
        && !matches!(verb, "produce" | "wait")
}

/// The option.
pub(crate) fn arg() -> Arg {
    // The equals sign is needed: a name may follow, as in `kr topic list -w orders`.
    Arg::new(ID)
        .short('w')
        .long("watch")
        .value_name("INTERVAL")
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value(INTERVAL)
        .value_parser(parse_interval)
        .help_heading(HEADING)
        .help(
            "Run again every 2s, or every INTERVAL, and mark what changed; -o jsonl prints changes as events",
        )
}

fn parse_interval(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        span if span < Duration::from_millis(100) => Err("is shorter than 100ms".to_owned()),
        span => Ok(span),
    }
}

/// The interval, when the command is to be watched.
pub(crate) fn interval(matches: &ArgMatches) -> Option<Duration> {
    let mut leaf = matches;
    while let Some((_, inner)) = leaf.subcommand() {
        leaf = inner;
    }
    leaf.try_get_one::<Duration>(ID).ok().flatten().copied()
}

/// How the rounds are shown.
enum Show {
    Screen(Screen),
    Blocks { format: Format, is_first: bool },
    Events(Events),
}

impl Show {
    fn of(context: &Context) -> Result<Self, CliError> {
        let format = context.view.format;
        match format {
            Format::Jsonl => Ok(Self::Events(Events::default())),
            Format::Csv | Format::Tsv | Format::Name => {
                Err(CliError::usage("--watch does not go with csv, tsv and name")
                    .hint("-o jsonl prints one event for each change"))
            }
            _ if context.io.stdout_is_terminal => Ok(Self::Screen(Screen::default())),
            _ => Ok(Self::Blocks { format, is_first: true }),
        }
    }
}

/// Runs a command until it is interrupted, or fails for good.
pub(crate) async fn run(
    matches: &ArgMatches,
    interval: Duration,
    context: &mut Context,
) -> Result<Exit, CliError> {
    let mut show = Show::of(context)?;
    let mut stdin = Replay::of(context.io.stdin.take());
    let mut is_first = true;
    loop {
        let round = round(matches, &mut stdin, context).await?;
        if round.is_interrupted {
            return Ok(Exit::INTERRUPTED);
        }
        if is_first && round.is_fatal {
            context.io.print(&round.stdout)?;
            context.io.flush()?;
            context.io.say(round.stderr.trim_end());
            return Ok(round.exit);
        }
        is_first = false;
        print(&mut show, round, interval, context)?;
        tokio::select! {
            () = tokio::time::sleep(interval) => {}
            Ok(()) = tokio::signal::ctrl_c() => {
                if matches!(show, Show::Screen(_)) {
                    // What comes next begins below the `^C` that the terminal shows.
                    context.io.print("\n")?;
                }
                return Ok(Exit::INTERRUPTED);
            }
        }
    }
}

/// What one run printed, and how it ended.
struct Round {
    stdout: String,
    stderr: String,
    items: Vec<(String, serde_json::Value)>,
    exit: Exit,
    is_interrupted: bool,
    /// A first round that ends like this is the last.
    is_fatal: bool,
}

async fn round(matches: &ArgMatches, stdin: &mut Replay, context: &mut Context) -> Result<Round, CliError> {
    let cli = Cli::from_arg_matches(matches)
        .map_err(|error| CliError::internal("cannot read the command line again").caused_by(error))?;
    let (out, err) = (Caught::default(), Caught::default());
    let stdout = std::mem::replace(&mut context.io.stdout, Box::new(out.clone()));
    let stderr = std::mem::replace(&mut context.io.stderr, Box::new(err.clone()));
    context.io.stdin = stdin.again();
    context.watched = Some(Vec::new());
    let outcome = commands::run(cli.command, context).await;
    let is_interrupted = matches!(&outcome, Err(error) if error.kind == Kind::Interrupted);
    let is_fatal = outcome.is_err();
    let exit = match outcome {
        Ok(exit) => exit,
        Err(error) => report(error, &mut context.io),
    };
    context.io.stdout = stdout;
    context.io.stderr = stderr;
    let items = context.watched.take().unwrap_or_default();
    let stdout = out.text();
    let is_fatal = is_fatal || exit != Exit::DONE && stdout.is_empty() && items.is_empty();
    Ok(Round { stdout, stderr: err.text(), items, exit, is_interrupted, is_fatal })
}

fn print(show: &mut Show, round: Round, interval: Duration, context: &mut Context) -> Result<(), CliError> {
    let now = Timestamp::now().round(jiff::Unit::Second).unwrap_or_else(|_| Timestamp::now());
    match show {
        Show::Screen(screen) => {
            let title = format!("{now}, every {interval:?}");
            let size = context.io.screen();
            let is_coloured = context.is_coloured();
            let text = [round.stdout.as_str(), &round.stderr].concat();
            context.io.print(screen.draw(&title, &text, size, is_coloured))?;
        }
        Show::Blocks { format, is_first } => {
            if format.is_for_people() {
                let gap = if *is_first { "" } else { "\n" };
                context.io.print(format!("{gap}{now}\n"))?;
            } else if *format == Format::Yaml {
                context.io.print("---\n")?;
            }
            *is_first = false;
            context.io.print(&round.stdout)?;
            say(&round.stderr, context);
        }
        Show::Events(events) => {
            // A round without an answer says nothing about what is there.
            if !round.is_fatal {
                context.io.print(events.of(round.items, &now.to_string())?)?;
            }
            say(&round.stderr, context);
        }
    }
    context.io.flush()
}

fn say(text: &str, context: &mut Context) {
    if !text.is_empty() {
        context.io.say(text.trim_end());
    }
}
