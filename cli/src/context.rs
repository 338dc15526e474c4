//! What a command gets: its streams, the configuration, a client made when it is first needed, and the
//! printing of reports.

use std::sync::Arc;

use kr_client::journal::Journal;
use kr_client::safety::{Guard, Operation};
use kr_client::{Client, Options};

use crate::args::GlobalArgs;
use crate::config::{Config, Lookup};
use crate::environment::Environment;
use crate::error::{CliError, Exit};
use crate::io::Io;
use crate::output::escape::escape;
use crate::output::show::{self, Place};
use crate::output::{Failure, Format, Item, Report, View};
use crate::suggest::Unknown;

/// Everything outside a command.
pub struct Context {
    /// The options every command takes.
    pub global: GlobalArgs,
    /// Values from defaults, file, environment and flags.
    pub config: Config,
    /// The environment.
    pub environment: Environment,
    /// The streams.
    pub io: Io,
    /// What was asked for of the output, beyond its form.
    pub view: View,
    /// Items by name, caught for the events of `--watch`; none when the command is not watched.
    pub(crate) watched: Option<Vec<(String, serde_json::Value)>>,
    /// Names that failed because the cluster does not know them.
    pub(crate) unknown: Vec<Unknown>,
    client: Option<Client>,
}

impl Context {
    /// Puts a command's surroundings together.
    pub fn new(global: GlobalArgs, config: Config, environment: Environment, io: Io) -> Self {
        Self {
            global,
            config,
            environment,
            io,
            view: View::default(),
            watched: None,
            unknown: Vec::new(),
            client: None,
        }
    }

    /// The client for the chosen cluster, connected on the first call. Cheap to clone.
    pub async fn client(&mut self) -> Result<Client, CliError> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let options = self.client_options()?;
        let client = Client::connect(options).await.map_err(|error| self.unreachable(error))?;
        self.client = Some(client.clone());
        Ok(client)
    }

    /// A client for reading another cluster: a context by its name, or a broker by HOST:PORT.
    pub async fn client_of(&mut self, name: &str) -> Result<Client, CliError> {
        let is_address = name.contains(':') && !self.config.store.contexts.contains_key(name);
        let global = GlobalArgs {
            bootstrap: if is_address { crate::config::split(name) } else { Vec::new() },
            bootstrap_controllers: Vec::new(),
            context: (!is_address).then(|| name.to_owned()),
            ..self.global.clone()
        };
        let config = Config::load(&global, &self.environment)?;
        let mut options = self.options_of(&config)?;
        options.guard = Arc::new(Guard::strict(true));
        Client::connect(options).await.map_err(|error| {
            CliError::from(error).hint(format!("the address came from {}", config.bootstrap.source))
        })
    }

    /// What a client of the chosen cluster is told, with secrets looked up.
    pub fn client_options(&mut self) -> Result<Options, CliError> {
        let config = self.config.clone();
        let mut options = self.options_of(&config)?;
        if !self.global.bootstrap_controllers.is_empty() {
            options.set_bootstrap(&self.global.bootstrap_controllers).map_err(|error| {
                CliError::usage(error.to_string()).hint("it was set by --bootstrap-controller")
            })?;
            options.controllers = true;
        }
        options.guard = Arc::new(Guard::strict(self.config.safety.read_only));
        Ok(options)
    }

    /// What a configuration says to a client; warnings are said.
    fn options_of(&mut self, config: &Config) -> Result<Options, CliError> {
        let mut lookup = Lookup { environment: &self.environment, io: Some(&mut self.io) };
        let (options, warnings) = config.client_options(&mut lookup)?;
        for warning in warnings {
            self.note(&format!("warning: {warning}"));
        }
        Ok(options)
    }

    /// The client for a stream of records or a member of a group: these operations need no question, only a
    /// context that is not read-only.
    pub async fn client_for(&mut self, operations: &[Operation]) -> Result<Client, CliError> {
        let client = self.client().await?;
        for operation in operations {
            client.options().guard.consent(*operation);
        }
        Ok(client)
    }

    /// The journal of changes; none without a home directory.
    pub fn journal(&self) -> Option<Journal> {
        Some(Journal::at(self.environment.state_dir()?.join("journal.jsonl")))
    }

    /// Says where the address came from, and what to do.
    fn unreachable(&self, error: kr_client::Error) -> CliError {
        if !self.global.bootstrap_controllers.is_empty() {
            return CliError::from(error).hint("the address came from --bootstrap-controller");
        }
        let source = &self.config.bootstrap.source;
        let error = CliError::from(error).hint(format!("the address came from {source}"));
        match &self.config.context {
            Some(context) if context.value.is_dev => error
                .hint(format!("is it down? start it with `kr dev up --name {}`", context.value.cluster())),
            None if source.is_default() => {
                error.hint("start a local cluster with `kr dev up`, or name one with -b HOST:PORT")
            }
            _ => error,
        }
    }

    /// Prints a report in the wanted form; failures also go to stderr. The exit code follows from them.
    pub fn show<T: Item>(&mut self, format: Format, report: &Report<T>) -> Result<Exit, CliError> {
        let place = Place {
            context: self.config.context_name(),
            coloured: self.is_coloured(),
            width: self.io.screen().map(|screen| screen.columns),
        };
        match &mut self.watched {
            Some(watched) if format == Format::Jsonl => watched.extend(show::named(report, &self.view)?),
            _ => self.io.print(show::render(report, format, &self.view, place)?)?,
        }
        self.io.flush()?;
        self.complain(&report.failures);
        Ok(report.exit())
    }

    /// Says what failed on stderr; a hint that is the same for many only once.
    pub fn complain(&mut self, failures: &[Failure]) {
        let mut hints: Vec<&str> = Vec::new();
        for failure in failures {
            self.warn(&format!("error: {}", failure.message));
            self.unknown.extend(Unknown::of(failure));
            hints.extend(failure.hint.as_deref().filter(|hint| !hints.contains(hint)));
        }
        for hint in hints {
            self.warn(&format!("hint: {hint}"));
        }
    }

    /// Whether colours are wanted on stdout: a terminal, no `--no-color`, no `NO_COLOR`.
    pub fn is_coloured(&self) -> bool {
        self.io.stdout_is_terminal && !self.global.no_color && self.environment.var("NO_COLOR").is_none()
    }

    /// Says something on stderr that must be heard.
    pub fn warn(&mut self, line: &str) {
        self.io.say(&escape(line));
    }

    /// Says something on stderr unless `--quiet`.
    pub fn note(&mut self, line: &str) {
        if !self.global.quiet {
            self.warn(line);
        }
    }
}
