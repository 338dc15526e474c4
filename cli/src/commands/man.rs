//! `kr man`: the manual pages, made from the same text as `--help`.

use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;

use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::tree;

const EXAMPLES: &str = "\
Examples:
  kr man topic list | man -l -
  kr man --install
  kr man --install /usr/local/share/man/man1";

/// Arguments of `kr man`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ManArgs {
    /// The command, as it is typed after kr; without it the page of kr itself
    #[arg(value_name = "COMMAND", conflicts_with = "install")]
    command: Vec<String>,
    /// Write the pages of all commands to a directory [default: ~/.local/share/man/man1]
    #[arg(long, value_name = "DIR", num_args = 0..=1)]
    install: Option<Option<PathBuf>>,
}

/// A page and the name of its file.
#[derive(Debug)]
pub struct ManPage {
    /// `kr-topic-list.1`.
    pub file: String,
    /// The page in roff.
    pub text: Vec<u8>,
}

/// The pages of all commands that the help shows.
pub fn pages() -> Vec<ManPage> {
    fn visit(command: &Command, name: &str, found: &mut Vec<ManPage>) {
        found.push(page(command, name));
        for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
            visit(inner, &format!("{name}-{}", inner.get_name()), found);
        }
    }
    let mut root = tree::full();
    root.build();
    let mut found = Vec::new();
    visit(&root, "kr", &mut found);
    found
}

fn page(command: &Command, name: &str) -> ManPage {
    let man = Man::new(command.clone())
        .title(name)
        .source(concat!("kr ", env!("CARGO_PKG_VERSION")))
        .manual("kr manual");
    let mut text = Vec::new();
    man.render(&mut text).expect("a vector takes everything");
    let text = String::from_utf8_lossy(&text).replace("\n.SH EXTRA\nExamples:\n", "\n.SH EXAMPLES\n");
    ManPage { file: format!("{name}.1"), text: text.into_bytes() }
}

/// Runs `kr man`.
pub fn run(args: &ManArgs, context: &mut Context) -> Result<Exit, CliError> {
    if let Some(directory) = &args.install {
        return install(directory.as_deref(), context);
    }
    let mut root = tree::full();
    root.build();
    let (mut command, mut name) = (&root, "kr".to_owned());
    for word in &args.command {
        command = command.find_subcommand(word).ok_or_else(|| {
            CliError::usage(format!("there is no command \"{} {word}\"", name.replace('-', " ")))
                .hint("see the commands with `kr --help`")
        })?;
        name = format!("{name}-{}", command.get_name());
    }
    context.io.print(page(command, &name).text)?;
    Ok(Exit::DONE)
}

fn install(directory: Option<&Path>, context: &mut Context) -> Result<Exit, CliError> {
    let directory = match directory {
        Some(directory) => directory.to_owned(),
        None => {
            let home = context.environment.home();
            home.ok_or_else(|| CliError::new(Kind::Config, "$HOME is not set").hint("name a directory"))?
                .join(".local/share/man/man1")
        }
    };
    let failed = |error: std::io::Error| {
        CliError::failed(format!("cannot write manual pages to {}", directory.display())).caused_by(error)
    };
    std::fs::create_dir_all(&directory).map_err(failed)?;
    let pages = pages();
    for page in &pages {
        std::fs::write(directory.join(&page.file), &page.text).map_err(failed)?;
    }
    context.note(&format!("{} pages written to {}", pages.len(), directory.display()));
    Ok(Exit::DONE)
}
