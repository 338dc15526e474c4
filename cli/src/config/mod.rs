//! Configuration: defaults < file < environment < flags; each value knows where it came from.
//!
//! The file holds contexts, clusters by name:
//! ```toml
//! current = "dev"
//!
//! [contexts.dev]
//! bootstrap_servers = ["127.0.0.1:9092", "127.0.0.1:9093"]
//! managed_by = "kr dev"
//!
//! [contexts.prod]
//! bootstrap_servers = "kafka-1:9092,kafka-2:9092"
//! properties = { "client.id" = "ops" }
//! read_only = false
//! protected = ["topic.delete", "acl"]
//! confirm = "type-name"
//! max_blast = 10
//! expect_cluster_id = "Some-22-characters-id"
//! color = "red"
//! ```
//! A file named by `--config` or `$KR_CONFIG` stands alone. Otherwise `.kr.toml` of the project ([`project`]) is
//! stronger than the user's file, and that is stronger than `/etc/kr/config.toml`.
//! Changing the file is in [`store`]; the syntax of property files in [`property_file`].

pub mod export;
pub mod import;
mod java_properties;
pub mod project;
pub mod property_file;
pub mod secrets;
pub mod store;

use std::fmt;
use std::path::{Path, PathBuf};

use kr_client::Options;
use kr_client::options::{OptionsError, Secret, properties};
use kr_client::safety::Operation;

use crate::args::GlobalArgs;
use crate::environment::Environment;
use crate::error::{CliError, Kind};

pub use secrets::Lookup;
pub use store::{Color, ContextEntry, Registered, Store, forget_dev_context, register_dev_context};

/// Where the dev cluster listens unless told otherwise.
pub const DEFAULT_BOOTSTRAP: &str = "127.0.0.1:9092";

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody said anything.
    Default,
    /// A context of the configuration file.
    Context { name: String, file: PathBuf },
    /// A file of Kafka properties.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
    /// An option of the command line.
    Flag(&'static str),
}

impl Source {
    /// Whether nobody said anything.
    pub fn is_default(&self) -> bool {
        *self == Self::Default
    }

    /// The directory of its file, which relative paths of secrets start from.
    fn dir(&self) -> Option<&Path> {
        match self {
            Self::Context { file, .. } | Self::File(file) => file.parent(),
            _ => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default"),
            Self::Context { name, file } => write!(f, "context \"{name}\" in {}", file.display()),
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Variable(name) => write!(f, "${name}"),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// A value and where it came from.
#[derive(Clone, Debug)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Its source.
    pub source: Source,
}

/// One Kafka client property.
#[derive(Clone, Debug)]
pub struct Property {
    key: String,
    value: Sourced<String>,
}

/// The context in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenContext {
    /// Its name.
    pub name: String,
    /// Whether `kr dev` keeps it.
    pub is_dev: bool,
}

impl ChosenContext {
    /// The name of the dev cluster it stands for.
    pub fn cluster(&self) -> &str {
        self.name.strip_prefix("dev-").unwrap_or(&self.name)
    }
}

/// What a context allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Safety {
    /// Nothing may be changed.
    pub read_only: bool,
    /// Operations whose target must be typed: `topic.delete`, `topic.*`, `*`.
    pub protected: Vec<String>,
    /// The id of the only cluster that may be changed.
    pub expect_cluster_id: Option<String>,
    /// `confirm = "type-name"`: every change that is asked for is agreed to by typing its target.
    pub type_name: bool,
    /// How many targets one change may have.
    pub max_blast: Option<usize>,
}

impl Safety {
    /// Whether one of these operations is protected.
    pub fn protects(&self, operations: &[Operation]) -> bool {
        self.protected.iter().any(|rule| operations.iter().any(|operation| operation.is_named_by(rule)))
    }
}

/// A context as found in the file: name, who named it, entry.
type FoundContext = (String, Source, ContextEntry);

/// What holds for this command.
#[derive(Clone, Debug)]
pub struct Config {
    /// Brokers to ask first.
    pub bootstrap: Sourced<Vec<String>>,
    /// The chosen context, when the brokers came from one.
    pub context: Option<Sourced<ChosenContext>>,
    /// What the context allows.
    pub safety: Safety,
    /// The colour in which the context is shown.
    pub color: Option<Color>,
    /// All contexts that hold here.
    pub store: Store,
    /// What must be said before the first connection.
    pub warnings: Vec<String>,
    /// The configuration file, whether it exists or not.
    pub file: Option<PathBuf>,
    /// Kafka client properties, weakest first.
    properties: Vec<Property>,
    timeout: Option<std::time::Duration>,
    password_stdin: bool,
}

impl Config {
    /// Puts the layers together.
    ///
    /// Brokers: `-b`, then the context of `-c`, then `$KR_BOOTSTRAP_SERVERS` and `$KR_BOOTSTRAP`, then the
    /// context of `$KR_CONTEXT`, then `bootstrap.servers` of `--command-config` or `-X`, then the current
    /// context of the file, then `$KAFKA_BOOTSTRAP_SERVERS` and `$KAFKA_BROKERS`, then [`DEFAULT_BOOTSTRAP`].
    pub fn load(global: &GlobalArgs, environment: &Environment) -> Result<Self, CliError> {
        let file = store::path(global.config.as_deref(), environment);
        let (store, mut warnings) = stores(global, environment, file.as_deref())?;
        let named = named_context(global, environment, &store);
        let layers = Layers { global, environment, store: &store, file: file.as_deref() };
        if !global.bootstrap.is_empty() {
            warnings.clear();
        }
        let mut properties = layers.properties_of_environment();
        properties.extend(layers.properties_of_flags()?);
        let explicit = take_bootstrap(&mut properties);
        let (bootstrap, entry) = layers.bootstrap(named.as_ref(), explicit)?;
        let safety = entry.as_ref().map(|(_, _, entry)| entry.safety.clone()).unwrap_or_default();
        let color = entry.as_ref().and_then(|(_, _, entry)| entry.color);
        let context = entry.map(|(name, source, entry)| {
            let place = Source::Context { name: name.clone(), file: entry.file.clone() };
            let weakest = entry.properties.iter().map(|(key, value)| Property {
                key: key.clone(),
                value: Sourced { value: value.clone(), source: place.clone() },
            });
            properties.splice(0..0, weakest);
            Sourced { value: ChosenContext { name, is_dev: entry.is_dev() }, source }
        });
        let password_stdin = global.sasl_password_stdin;
        let timeout = global.timeout;
        let config = Self {
            bootstrap,
            context,
            safety,
            color,
            store,
            warnings,
            file,
            properties,
            timeout,
            password_stdin,
        };
        Ok(config)
    }

    /// The name of the context in use.
    pub fn context_name(&self) -> Option<&str> {
        self.context.as_ref().map(|context| context.value.name.as_str())
    }

    /// What the client needs to know, with secrets looked up, and warnings of properties it does not know.
    ///
    /// Those are no error, because a file written for another client holds more than this one needs.
    pub fn client_options(&self, lookup: &mut Lookup<'_>) -> Result<(Options, Vec<String>), CliError> {
        let mut options = Options::default();
        let mut warnings = self.warnings.clone();
        for Property { key, value } in &self.properties {
            let secret = lookup.resolve(key, &value.value, value.source.dir());
            let resolved = secret.map_err(|error| error.hint(format!("it was set by {}", value.source)))?;
            match options.set_property(key, &resolved) {
                Ok(()) => {}
                Err(OptionsError::Unknown { key }) => {
                    let warning = format!("unknown client property \"{key}\", set by {}", value.source);
                    if !warnings.contains(&warning) {
                        warnings.push(warning);
                    }
                }
                Err(error) => {
                    let error = CliError::new(Kind::Config, error.to_string());
                    return Err(error.hint(format!("it was set by {}", value.source)));
                }
            }
        }
        options.set_bootstrap(&self.bootstrap.value).map_err(|error| {
            CliError::new(Kind::Config, error.to_string())
                .hint(format!("it was set by {}", self.bootstrap.source))
        })?;
        if let Some(timeout) = self.timeout {
            options.timeout = timeout;
        }
        self.password(&mut options, lookup)?;
        options.prepare_security().map_err(|error| {
            let message = error.to_string();
            let hint = kr_client::Error::from(error).hint().map(str::to_owned);
            let error = CliError::new(Kind::Config, message);
            hint.into_iter().fold(error, CliError::hint)
        })?;
        Ok((options, warnings))
    }

    /// Takes the password from stdin if that was asked for, and asks for one that is missing.
    fn password(&self, options: &mut Options, lookup: &mut Lookup<'_>) -> Result<(), CliError> {
        if self.password_stdin {
            let password = lookup.io.as_mut().map(|io| io.secret_line()).transpose()?;
            options.security.sasl_mut().password = password.map(Secret::new);
            return Ok(());
        }
        let sasl = options.security.sasl();
        let needs_password =
            sasl.mechanism.as_ref().is_some_and(|name| name == "PLAIN" || name.starts_with("SCRAM-"));
        let is_missing = options.security.protocol().is_sasl() && needs_password && sasl.password.is_none();
        if let (true, Some(user)) = (is_missing, sasl.username.clone())
            && let Some(password) = lookup.ask(&format!("password of {user}"))?
        {
            options.security.sasl_mut().password = Some(Secret::new(password));
        }
        Ok(())
    }

    /// The properties of the context, environment and flags, weakest first, as they were written.
    pub fn properties(&self) -> impl Iterator<Item = (&str, &Sourced<String>)> {
        self.properties.iter().map(|property| (property.key.as_str(), &property.value))
    }
}

/// Reads the files that hold for this command: one that was named, or project over user over machine.
fn stores(
    global: &GlobalArgs,
    environment: &Environment,
    file: Option<&Path>,
) -> Result<(Store, Vec<String>), CliError> {
    let mut store = match file {
        Some(file) => Store::read(file, global.config.is_some())?,
        None => Store::default(),
    };
    if global.config.is_some() || environment.var("KR_CONFIG").is_some() {
        return Ok((store, Vec::new()));
    }
    if let Some(system) = environment.system_config() {
        store.underlay(Store::read(system, false)?);
    }
    let mut warnings = Vec::new();
    match project::find(environment) {
        Some(found) if found.is_trusted(environment) => store.overlay(found.store()?),
        Some(found) => warnings.push(format!(
            "{} is not used because it is not trusted; see it, then say `kr context trust`",
            found.file.display()
        )),
        None => {}
    }
    Ok((store, warnings))
}

/// The context somebody named, strongest first.
fn named_context(global: &GlobalArgs, environment: &Environment, store: &Store) -> Option<Sourced<String>> {
    if let Some(name) = &global.context {
        return Some(Sourced { value: name.clone(), source: Source::Flag("--context") });
    }
    if let Some(name) = environment.var("KR_CONTEXT") {
        return Some(Sourced { value: name.to_owned(), source: Source::Variable("KR_CONTEXT".into()) });
    }
    store.current.clone().map(|value| Sourced { value, source: Source::Default })
}

/// Takes `bootstrap.servers` out of the properties; the strongest wins.
fn take_bootstrap(properties: &mut Vec<Property>) -> Option<Sourced<Vec<String>>> {
    let is_bootstrap = |key: &str| matches!(key, "bootstrap.servers" | "metadata.broker.list");
    let found = properties.iter().rev().find(|property| is_bootstrap(&property.key)).map(|property| {
        Sourced { value: split(&property.value.value), source: property.value.source.clone() }
    });
    properties.retain(|property| !is_bootstrap(&property.key));
    found
}

/// The servers of a list with commas.
pub fn split(servers: &str) -> Vec<String> {
    servers.split(',').map(str::trim).filter(|server| !server.is_empty()).map(str::to_owned).collect()
}

/// The inputs of one [`Config::load`].
struct Layers<'a> {
    global: &'a GlobalArgs,
    environment: &'a Environment,
    store: &'a Store,
    file: Option<&'a Path>,
}

impl Layers<'_> {
    fn bootstrap(
        &self,
        named: Option<&Sourced<String>>,
        explicit: Option<Sourced<Vec<String>>>,
    ) -> Result<(Sourced<Vec<String>>, Option<FoundContext>), CliError> {
        let flags = &self.global.bootstrap;
        if !flags.is_empty() {
            return Ok((Sourced { value: flags.clone(), source: Source::Flag("--bootstrap-server") }, None));
        }
        if let Some(name) = named.filter(|name| matches!(name.source, Source::Flag(_))) {
            return self.of_context(name);
        }
        for variable in ["KR_BOOTSTRAP_SERVERS", "KR_BOOTSTRAP"] {
            if let Some(bootstrap) = self.of_variable(variable) {
                return Ok((bootstrap, None));
            }
        }
        if let Some(bootstrap) = explicit {
            return Ok((bootstrap, None));
        }
        if let Some(name) = named {
            return self.of_context(name);
        }
        for variable in ["KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BROKERS"] {
            if let Some(bootstrap) = self.of_variable(variable) {
                return Ok((bootstrap, None));
            }
        }
        Ok((Sourced { value: vec![DEFAULT_BOOTSTRAP.to_owned()], source: Source::Default }, None))
    }

    fn of_variable(&self, variable: &str) -> Option<Sourced<Vec<String>>> {
        let value = split(self.environment.var(variable)?);
        Some(Sourced { value, source: Source::Variable(variable.to_owned()) })
    }

    fn of_context(
        &self,
        name: &Sourced<String>,
    ) -> Result<(Sourced<Vec<String>>, Option<FoundContext>), CliError> {
        let file = self.file.unwrap_or(Path::new("the configuration")).to_path_buf();
        let Some(entry) = self.store.contexts.get(&name.value) else {
            let error = CliError::new(
                Kind::Config,
                format!("there is no context \"{}\" in {}", name.value, file.display()),
            );
            let known: Vec<&str> = self.store.contexts.keys().map(String::as_str).collect();
            let hint = if known.is_empty() {
                "no context is defined; name brokers with -b HOST:PORT".to_owned()
            } else {
                format!("defined are: {}", known.join(", "))
            };
            let error = error.hint(hint);
            // kcat users count with -c.
            let is_count = name.value.parse::<u64>().is_ok();
            return Err(if is_count {
                error.hint("-c is the context; a count of records is -n")
            } else {
                error
            });
        };
        let source = Source::Context { name: name.value.clone(), file: entry.file.clone() };
        let bootstrap = Sourced { value: entry.bootstrap_servers.clone(), source };
        Ok((bootstrap, Some((name.value.clone(), name.source.clone(), entry.clone()))))
    }

    /// `KR_CLIENT_ID` and the like, for the properties the client knows.
    fn properties_of_environment(&self) -> Vec<Property> {
        let names = properties::known().flat_map(properties::Property::names);
        names
            .filter(|name| *name != "bootstrap.servers")
            .filter_map(|name| {
                let variable = format!("KR_{}", name.to_uppercase().replace('.', "_"));
                let value = self.environment.var(&variable)?.to_owned();
                let source = Source::Variable(variable);
                Some(Property { key: name.to_owned(), value: Sourced { value, source } })
            })
            .collect()
    }

    /// `--command-config`, then `-X`.
    fn properties_of_flags(&self) -> Result<Vec<Property>, CliError> {
        let mut properties = Vec::new();
        if let Some(file) = &self.global.command_config {
            let text = std::fs::read_to_string(file).map_err(|error| {
                CliError::new(Kind::Config, format!("cannot read {}", file.display())).caused_by(error)
            })?;
            let source = Source::File(file.clone());
            properties.extend(
                property_file::parse(&text)
                    .into_iter()
                    .map(|(key, value)| Property { key, value: Sourced { value, source: source.clone() } }),
            );
        }
        for flag in &self.global.properties {
            let Some((key, value)) = flag.split_once('=') else {
                return Err(CliError::usage(format!("-X {flag} is not KEY=VALUE")));
            };
            let (key, value) = (key.trim().to_owned(), value.to_owned());
            if secrets::is_literal(&key, &value) {
                let message = format!("-X {key}: a secret on the command line can be read by every user");
                return Err(CliError::usage(message).hint(format!(
                    "use {key}=env:NAME, {key}=file:PATH, {key}=cmd:COMMAND or {key}=prompt:, or --sasl-password-stdin"
                )));
            }
            properties.push(Property { key, value: Sourced { value, source: Source::Flag("-X") } });
        }
        Ok(properties)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "current = \"one\"\n\
        [contexts.one]\nbootstrap_servers = [\"one:9092\"]\n\
        [contexts.two]\nbootstrap_servers = \"two:9092, two:9093\"\nproperties = { \"client.id\" = \"x\" }\n";

    fn load(flags: GlobalArgs, variables: &[(&str, &str)]) -> Result<Config, CliError> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        std::fs::write(&file, FILE).unwrap();
        let mut all = vec![("KR_CONFIG".to_owned(), file.display().to_string())];
        all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Config::load(&flags, &Environment::of(all))
    }

    fn brokers(flags: GlobalArgs, variables: &[(&str, &str)]) -> String {
        load(flags, variables).unwrap().bootstrap.value.join(",")
    }

    fn flags(bootstrap: &[&str], context: Option<&str>, properties: &[&str]) -> GlobalArgs {
        GlobalArgs {
            bootstrap: bootstrap.iter().map(|b| (*b).to_owned()).collect(),
            context: context.map(str::to_owned),
            properties: properties.iter().map(|p| (*p).to_owned()).collect(),
            ..GlobalArgs::default()
        }
    }

    #[test]
    fn flags_beat_environment_beats_file_beats_default() {
        let kr = ("KR_BOOTSTRAP_SERVERS", "env:1,env:2");
        let kafka = ("KAFKA_BOOTSTRAP_SERVERS", "last:1");
        assert_eq!(brokers(flags(&["flag:1"], Some("two"), &[]), &[kr]), "flag:1");
        assert_eq!(brokers(flags(&[], Some("two"), &[]), &[kr]), "two:9092,two:9093");
        assert_eq!(brokers(flags(&[], None, &["bootstrap.servers=x:1"]), &[kr]), "env:1,env:2");
        assert_eq!(brokers(flags(&[], None, &["bootstrap.servers=x:1"]), &[]), "x:1");
        assert_eq!(brokers(flags(&[], None, &[]), &[("KR_CONTEXT", "two")]), "two:9092,two:9093");
        assert_eq!(brokers(flags(&[], None, &[]), &[kafka]), "one:9092");
        let nothing = Environment::of([("KAFKA_BROKERS".to_owned(), "last:1".to_owned())]);
        assert_eq!(Config::load(&GlobalArgs::default(), &nothing).unwrap().bootstrap.value, ["last:1"]);
        let default = Config::load(&GlobalArgs::default(), &Environment::default()).unwrap();
        assert_eq!(default.bootstrap.value, [DEFAULT_BOOTSTRAP]);
    }

    #[test]
    fn a_missing_context_names_those_that_exist() {
        let error = load(flags(&[], Some("tow"), &[]), &[]).unwrap_err();
        assert_eq!(error.kind, Kind::Config);
        assert_eq!(error.hints, ["defined are: one, two"]);
        let error = load(flags(&[], Some("5"), &[]), &[]).unwrap_err();
        assert_eq!(error.hints[1], "-c is the context; a count of records is -n");
    }

    #[test]
    fn a_property_that_is_refused_names_its_source() {
        let config = load(flags(&[], None, &["security.protocol=TLS"]), &[]).unwrap();
        let mut lookup = Lookup { environment: &Environment::default(), io: None };
        let error = config.client_options(&mut lookup).unwrap_err();
        assert_eq!(error.kind, Kind::Config);
        assert_eq!(error.hints, ["it was set by -X"]);
    }

    /// The project's contexts are stronger than the user's, once they are trusted.
    #[test]
    fn a_project_file_counts_once_it_is_trusted() {
        let dir = tempfile::tempdir().unwrap();
        let home = [("HOME".to_owned(), dir.path().display().to_string())];
        let environment = Environment::of(home).in_dir(dir.path().to_path_buf());
        let user = dir.path().join(".config/kr/config.toml");
        secrets::store(&user, FILE).unwrap();
        let text = "current = \"one\"\n[contexts.one]\nbootstrap_servers = \"project:1\"\n";
        std::fs::write(dir.path().join(project::FILE), text).unwrap();
        let load = || Config::load(&GlobalArgs::default(), &environment).unwrap();
        assert_eq!(load().bootstrap.value, ["one:9092"]);
        assert!(
            load().warnings[0].contains("is not used because it is not trusted"),
            "{:?}",
            load().warnings
        );
        project::find(&environment).unwrap().trust(&environment).unwrap();
        assert_eq!(load().bootstrap.value, ["project:1"]);
        assert!(load().warnings.is_empty());
        let context = flags(&[], Some("two"), &[]);
        assert_eq!(Config::load(&context, &environment).unwrap().bootstrap.value, ["two:9092", "two:9093"]);
    }

    #[test]
    fn each_property_has_its_variable() {
        let config =
            load(flags(&[], None, &[]), &[("KR_SASL_USERNAME", "u"), ("KR_SSL_CA_LOCATION", "/x")]).unwrap();
        let found: Vec<&str> = config.properties().map(|(key, _)| key).collect();
        assert_eq!(found, ["ssl.ca.location", "sasl.username"]);
    }
}
