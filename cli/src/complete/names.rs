//! Names that a cluster and the configuration have, for completion: quick, remembered for a moment, never an error.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use kr_client::Client;
use kr_client::options::properties;

use super::configs;
use crate::args::GlobalArgs;
use crate::config::{Config, Lookup, Store, store};
use crate::environment::Environment;
use crate::output::escape::is_unsafe;

/// How long a cluster may take to name its topics, groups or brokers; what is left of 300 ms is for the rest.
pub(super) const BUDGET: Duration = Duration::from_millis(250);
/// How long names are good without asking again.
const FRESH: Duration = Duration::from_secs(10);
/// How long names are better than none when the cluster does not answer.
const STALE: Duration = Duration::from_secs(3600);
/// More names than this are of no use to a person who types.
const NAMES_MAX: usize = 10_000;

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Topic,
    Group,
    Broker,
    Context,
    TopicConfig,
    /// `KEY=VALUE`, of which the key is known.
    TopicConfigValue,
    ClientProperty,
}

/// Where names come from.
pub(super) struct Source {
    global: GlobalArgs,
    environment: Environment,
}

impl Source {
    /// Names for a command line with these options.
    pub(super) fn new(global: GlobalArgs, environment: Environment) -> Self {
        Self { global, environment }
    }

    /// All names of a kind; none when they cannot be had in time.
    pub(super) fn names(&self, kind: Kind) -> Vec<String> {
        match kind {
            Kind::Context => self.contexts().unwrap_or_default(),
            Kind::TopicConfig => configs::TOPIC.iter().map(|key| (*key).to_owned()).collect(),
            Kind::TopicConfigValue => configs::TOPIC.iter().map(|key| format!("{key}=")).collect(),
            Kind::ClientProperty => {
                let keys = properties::known().flat_map(properties::Property::names);
                keys.map(|key| format!("{key}=")).collect()
            }
            Kind::Topic | Kind::Group | Kind::Broker => self.of_cluster(kind).unwrap_or_default(),
        }
    }

    fn contexts(&self) -> Option<Vec<String>> {
        let file = store::path(self.global.config.as_deref(), &self.environment)?;
        let store = Store::read(&file, false).ok()?;
        Some(store.contexts.into_keys().filter(|name| !name.contains(is_unsafe)).collect())
    }

    fn of_cluster(&self, kind: Kind) -> Option<Vec<String>> {
        let config = Config::load(&self.global, &self.environment).ok()?;
        let file = self.cache_file(&config, kind);
        if let Some(names) = file.as_deref().and_then(|file| remembered(file, FRESH)) {
            return Some(names);
        }
        match ask(&config, &self.environment, kind) {
            Some(names) => {
                if let Some(file) = file {
                    // Without a cache the next answer only takes longer.
                    let _ = remember(&file, &names);
                }
                Some(names)
            }
            None => remembered(&file?, STALE),
        }
    }

    /// The file of a cluster's names of one kind; who may see them depends on the context as well.
    fn cache_file(&self, config: &Config, kind: Kind) -> Option<PathBuf> {
        let mut hasher = DefaultHasher::new();
        (&config.bootstrap.value, config.context_name()).hash(&mut hasher);
        (&self.global.properties, &self.global.command_config).hash(&mut hasher);
        let name = format!("{:016x}-{}", hasher.finish(), format!("{kind:?}").to_lowercase());
        Some(self.environment.cache_dir()?.join("complete").join(name))
    }
}

/// Asks the cluster, within the budget.
fn ask(config: &Config, environment: &Environment, kind: Kind) -> Option<Vec<String>> {
    let mut lookup = Lookup { environment, io: None };
    let (mut options, _) = config.client_options(&mut lookup).ok()?;
    options.timeout = BUDGET;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let asked = async {
        let client = Client::connect(options).await.ok()?;
        let mut names: Vec<String> = match kind {
            Kind::Group => client.list_groups().await.ok()?.0.into_iter().map(|group| group.id).collect(),
            Kind::Broker => {
                let cluster = client.describe_cluster().await.ok()?;
                cluster.brokers.iter().map(|broker| broker.id.to_string()).collect()
            }
            _ => client.list_topics().await.ok()?.into_iter().map(|topic| topic.name).collect(),
        };
        names.retain(|name| !name.is_empty() && !name.contains(is_unsafe));
        names.truncate(NAMES_MAX);
        Some(names)
    };
    let names = runtime.block_on(async { tokio::time::timeout(BUDGET, asked).await.ok().flatten() });
    runtime.shutdown_background();
    names
}

fn remembered(file: &Path, for_at_most: Duration) -> Option<Vec<String>> {
    let age = fs::metadata(file).ok()?.modified().ok()?.elapsed().ok()?;
    let text = (age <= for_at_most).then(|| fs::read_to_string(file).ok())??;
    Some(text.lines().map(str::to_owned).collect())
}

fn remember(file: &Path, names: &[String]) -> std::io::Result<()> {
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory)?;
    }
    let beside = file.with_extension(std::process::id().to_string());
    fs::write(&beside, names.join("\n"))?;
    fs::rename(&beside, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_that_is_not_there_has_no_names_and_is_given_up_soon() {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment::of([("HOME".to_owned(), home.path().display().to_string())]);
        let global = GlobalArgs { bootstrap: vec!["127.0.0.1:1".to_owned()], ..GlobalArgs::default() };
        let source = Source::new(global, environment);
        assert_eq!(source.names(Kind::Topic), Vec::<String>::new());
        assert!(source.names(Kind::TopicConfigValue).contains(&"retention.ms=".to_owned()));
    }

    #[test]
    fn names_are_remembered() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("complete/x");
        remember(&file, &["a".to_owned(), "b".to_owned()]).unwrap();
        assert_eq!(remembered(&file, STALE), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(remembered(&home.path().join("y"), STALE), None);
    }
}
