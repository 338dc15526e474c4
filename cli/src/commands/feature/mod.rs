//! `kr feature`: levels of features, and what releases and levels need; one file per verb.

mod change;
mod check;
mod list;
mod tables;

use clap::Subcommand;
use kr_client::admin::{METADATA_VERSION, metadata_level};

use crate::context::Context;
use crate::error::{CliError, Exit};

/// Verbs of `kr feature`.
#[derive(Debug, Subcommand)]
pub enum FeatureCommand {
    /// List features, their level in the cluster and what the nodes support
    #[command(aliases = ["ls", "describe", "get"])]
    List(list::ListArgs),
    /// Raise levels, to those of a release or one by one
    Upgrade(change::UpgradeArgs),
    /// Lower levels
    Downgrade(change::DowngradeArgs),
    /// Show the levels that a release comes with
    #[command(alias = "version-mapping")]
    Mapping(tables::MappingArgs),
    /// Show what a level of a feature needs
    #[command(alias = "feature-dependencies")]
    Deps(tables::DepsArgs),
    /// Say whether every node could go to a release, and who could not; exit code 3 if one could not
    Check(check::CheckArgs),
}

/// Runs a verb of `kr feature`.
pub async fn run(command: FeatureCommand, context: &mut Context) -> Result<Exit, CliError> {
    match command {
        FeatureCommand::List(args) => list::run(&args, context).await,
        FeatureCommand::Upgrade(args) => change::upgrade(&args, context).await,
        FeatureCommand::Downgrade(args) => change::downgrade(&args, context).await,
        FeatureCommand::Mapping(args) => tables::mapping(&args, context),
        FeatureCommand::Deps(args) => tables::deps(&args, context),
        FeatureCommand::Check(args) => check::run(&args, context).await,
    }
}

/// The name of a level, where levels have names: `4.1-IV1`.
fn level_name(feature: &str, level: i16) -> Option<&'static str> {
    if feature == METADATA_VERSION { metadata_level(level).map(|level| level.name) } else { None }
}

/// A level for people: its number, and its name where it has one.
fn shown(feature: &str, level: i16) -> String {
    level_name(feature, level).map_or_else(|| level.to_string(), |name| format!("{level} ({name})"))
}

/// Reads `NAME=LEVEL`; the level of `metadata.version` may be a release or a name of Kafka's.
fn feature_level(text: &str) -> Result<(String, i16), String> {
    let (name, level) = text.split_once('=').ok_or_else(|| format!("`{text}` is not NAME=LEVEL"))?;
    let number = level.parse::<i16>().ok().filter(|level| *level >= 0);
    let number = number.or_else(|| (name == METADATA_VERSION).then(|| release(level).ok()).flatten());
    let number = number.ok_or_else(|| format!("`{level}` is no level of {name}"))?;
    Ok((name.to_owned(), number))
}

/// Reads a release into its level of `metadata.version`.
fn release(text: &str) -> Result<i16, String> {
    kr_client::admin::level_of_release(text).ok_or_else(|| {
        let known: Vec<&str> = kr_client::admin::RELEASES.iter().map(|(name, _)| *name).collect();
        format!("`{text}` is no release this version knows; there are {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_numbers_and_those_of_metadata_also_releases() {
        assert_eq!(feature_level("metadata.version=4.1"), Ok((METADATA_VERSION.to_owned(), 27)));
        assert_eq!(feature_level("metadata.version=4.0-IV1"), Ok((METADATA_VERSION.to_owned(), 23)));
        assert_eq!(feature_level("group.version=1"), Ok(("group.version".to_owned(), 1)));
        for text in ["group.version", "group.version=4.1", "group.version=-1", "metadata.version=9.9"] {
            assert!(feature_level(text).is_err(), "{text}");
        }
    }
}
