//! What is typed after `kr-bench`. Parses and checks; measures nothing.

use std::path::PathBuf;

/// Shown when a command line cannot be read.
pub const USAGE: &str = "\
usage: kr-bench [--only PART,...] [--quick] [--gate] [--rounds N] [--profile fast|real] [--kr PATH] [--dir DIR]
                [--no-kr] [--apache SCRIPT --apache-version VERSION]
parts: start, memory, latency, throughput, silence, partitions";

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// From exec to the first acknowledged record.
    Start,
    /// Resident memory.
    Memory,
    /// One record at a time.
    Latency,
    /// As many records as possible.
    Throughput,
    /// Faults under load.
    Silence,
    /// Many partitions.
    Partitions,
}

impl Part {
    /// All parts by name.
    const ALL: [(&'static str, Self); 6] = [
        ("start", Self::Start),
        ("memory", Self::Memory),
        ("latency", Self::Latency),
        ("throughput", Self::Throughput),
        ("silence", Self::Silence),
        ("partitions", Self::Partitions),
    ];
}

/// What is measured.
#[derive(Clone, Debug)]
pub enum System {
    /// `kr dev up`.
    Kr {
        /// The program.
        program: PathBuf,
        /// `--profile`
        profile: String,
    },
    /// Apache Kafka, driven by a script.
    Apache {
        /// The script.
        script: PathBuf,
        /// The version it is to run.
        version: String,
    },
}

impl System {
    /// The head of its column.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Kr { .. } => "kr",
            Self::Apache { .. } => "Apache Kafka",
        }
    }
}

/// What is typed.
#[derive(Clone, Debug)]
pub struct Options {
    /// Systems, in the order of the columns.
    pub systems: Vec<System>,
    /// Directory for data; removed piece by piece.
    pub dir: PathBuf,
    /// Less of everything.
    pub quick: bool,
    /// Misses are a failure.
    pub gate: bool,
    /// Cold starts of kr.
    pub rounds: usize,
    only: Vec<Part>,
}

impl Options {
    /// Reads a command line. Errors in words.
    pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            systems: Vec::new(),
            dir: std::env::temp_dir(),
            quick: false,
            gate: false,
            rounds: 5,
            only: Part::ALL.map(|(_, part)| part).to_vec(),
        };
        let (mut kr, mut profile, mut without_kr) = (beside_this("kr"), "fast".to_owned(), false);
        let (mut script, mut version) = (None, None);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--only" => options.only = parts(&value()?)?,
                "--quick" => options.quick = true,
                "--gate" => options.gate = true,
                "--no-kr" => without_kr = true,
                "--rounds" => {
                    options.rounds = value()?.parse().map_err(|_| "--rounds needs a number".to_owned())?
                }
                "--profile" => profile = value()?,
                "--kr" => kr = value()?.into(),
                "--dir" => options.dir = value()?.into(),
                "--apache" => script = Some(PathBuf::from(value()?)),
                "--apache-version" => version = Some(value()?),
                other => return Err(format!("{other} is not an option")),
            }
        }
        if !without_kr {
            options.systems.push(System::Kr { program: kr, profile });
        }
        match (script, version) {
            (Some(script), Some(version)) => options.systems.push(System::Apache { script, version }),
            (None, None) => {}
            _ => return Err("--apache and --apache-version go together".to_owned()),
        }
        Ok(options)
    }

    /// Whether a part is wanted.
    pub fn wants(&self, part: Part) -> bool {
        self.only.contains(&part)
    }

    /// The one or, with `--quick`, the other.
    pub fn scaled<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}

fn parts(text: &str) -> Result<Vec<Part>, String> {
    let part = |name: &str| {
        let found = Part::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, part)| *part).ok_or_else(|| format!("there is no part \"{name}\""))
    };
    text.split(',').map(part).collect()
}

/// A program in the directory of this one.
fn beside_this(name: &str) -> PathBuf {
    std::env::current_exe().map_or_else(|_| name.into(), |path| path.with_file_name(name))
}
