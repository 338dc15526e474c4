//! `kr tui`: the live picture of the cluster. Only puts together what the screen needs: the rest is `kr-tui`.
//!
//! It starts before a broker answers: a cluster that is down is something to be looked at, too.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use kr_client::safety::Guard;
use kr_tui::app::{self, AppOptions};
use kr_tui::model::Settings;
use kr_tui::poller::{self, PollOptions};
use kr_tui::theme::{Glyphs, Palette, Theme};

use crate::context::Context;
use crate::environment::Environment;
use crate::error::{CliError, Exit};

const EXAMPLES: &str = "Examples:
  kr tui
  kr tui -c staging --read-only
  kr tui --theme deuteranopia --ascii";

/// Arguments of `kr tui`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TuiArgs {
    /// Colours [default: dark, or mono where there are none]
    #[arg(long, value_enum, value_name = "NAME")]
    theme: Option<ThemeName>,
    /// Draw with ASCII only
    #[arg(long)]
    ascii: bool,
    /// Leave the mouse to the terminal
    #[arg(long)]
    no_mouse: bool,
    /// Change nothing, whatever the context allows
    #[arg(long)]
    read_only: bool,
}

/// Names of colours.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ThemeName {
    /// For dark backgrounds
    Dark,
    /// For light backgrounds
    Light,
    /// Strong colours, nothing dim
    HighContrast,
    /// Blue against orange
    Deuteranopia,
    /// Red against cyan
    Tritanopia,
    /// No colours: bold, underlined, reversed
    Mono,
}

impl From<ThemeName> for Palette {
    fn from(name: ThemeName) -> Self {
        match name {
            ThemeName::Dark => Self::Dark,
            ThemeName::Light => Self::Light,
            ThemeName::HighContrast => Self::HighContrast,
            ThemeName::Deuteranopia => Self::Deuteranopia,
            ThemeName::Tritanopia => Self::Tritanopia,
            ThemeName::Mono => Self::Mono,
        }
    }
}

/// Runs `kr tui`.
pub async fn run(args: &TuiArgs, context: &mut Context) -> Result<Exit, CliError> {
    if !context.io.stdin_is_terminal || !context.io.stdout_is_terminal {
        return Err(CliError::usage("`kr tui` needs a terminal for input and output")
            .hint("without one, use `kr doctor`, or follow a list with `kr partition list --watch`"));
    }
    let mut client = context.client_options()?;
    let is_read_only = args.read_only || context.config.safety.read_only;
    client.guard = Arc::new(Guard::strict(is_read_only));
    let chosen = context.config.context.as_ref().map(|context| &context.value);
    let settings = Settings {
        cluster: chosen
            .map_or_else(|| context.config.bootstrap.value.join(","), |chosen| chosen.name.clone()),
        is_dev: chosen.is_some_and(|chosen| chosen.is_dev),
        is_read_only,
        twin_options: twin_options(context),
    };
    let environment = &context.environment;
    let options = AppOptions {
        settings,
        theme: theme(args, context.is_coloured(), environment),
        with_mouse: !args.no_mouse,
        is_remote: environment.var("SSH_CONNECTION").is_some(),
        directory: environment.current_dir().map_or_else(|| PathBuf::from("."), PathBuf::from),
    };
    let poll = PollOptions::new(client);
    app::run(options, move |intents, tell| poller::run(poll, intents, tell))
        .await
        .map_err(|error| CliError::usage(format!("the terminal cannot be used: {error}")))?;
    Ok(Exit::DONE)
}

/// What the `$` line repeats, so that it reaches the same cluster.
fn twin_options(context: &Context) -> String {
    if !context.global.bootstrap.is_empty() {
        return format!("-b {}", context.global.bootstrap.join(","));
    }
    context.global.context.as_ref().map_or(String::new(), |name| format!("-c {name}"))
}

/// Colours and signs that the terminal has.
fn theme(args: &TuiArgs, is_coloured: bool, environment: &Environment) -> Theme {
    let term = environment.var("TERM").unwrap_or_default();
    let has_colours = is_coloured && term != "dumb";
    let chosen = args.theme.map_or(Palette::Dark, Palette::from);
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| environment.var(name).filter(|value| !value.is_empty()))
        .unwrap_or_default()
        .to_lowercase();
    let has_unicode = locale.contains("utf-8") || locale.contains("utf8");
    Theme {
        palette: if has_colours { chosen } else { Palette::Mono },
        glyphs: if has_unicode && !args.ascii { Glyphs::Unicode } else { Glyphs::Ascii },
        has_256: term.contains("256") || environment.var("COLORTERM").is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme_in(variables: &[(&str, &str)], is_coloured: bool) -> Theme {
        let args = TuiArgs { theme: None, ascii: false, no_mouse: false, read_only: false };
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        theme(&args, is_coloured, &Environment::of(variables))
    }

    #[test]
    fn dumb_terminals_and_no_color_get_no_colours() {
        assert_eq!(theme_in(&[("TERM", "dumb")], true).palette, Palette::Mono);
        assert_eq!(theme_in(&[("TERM", "xterm")], false).palette, Palette::Mono);
        assert_eq!(theme_in(&[("TERM", "xterm")], true).palette, Palette::Dark);
    }

    #[test]
    fn first_locale_that_is_set_decides_about_unicode() {
        let glyphs = |variables| theme_in(variables, true).glyphs;
        assert_eq!(glyphs(&[("LANG", "en_US.UTF-8")]), Glyphs::Unicode);
        assert_eq!(glyphs(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")]), Glyphs::Ascii);
        assert_eq!(glyphs(&[]), Glyphs::Ascii);
    }
}
