//! A cluster under test: how it is started, hurt and brought down, and what memory it takes.
//!
//! Both systems are driven by commands, as a user would: `kr dev VERB NODE` and `SCRIPT VERB NAME NODE`.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use kr_tests::traffic::faults::{Deed, Hurt};
use kr_wire::ids::NodeId;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::options::System;

/// The name both systems give the cluster.
const NAME: &str = "bench";

/// Brokers of the cluster, on ports that follow each other.
const NODES: u16 = 3;

/// How often a file that shall appear is looked for.
const LOOK: Duration = Duration::from_millis(2);

/// A cluster that has been started, ready or not.
pub struct Running {
    /// Addresses for clients.
    pub bootstrap: String,
    /// When its processes were started.
    pub began: Instant,
    system: System,
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    home: TempDir,
}

impl Running {
    /// Starts a cluster in an empty directory and returns as soon as its processes run.
    ///
    /// Making ids and formatting directories, which Apache Kafka wants done beforehand, is not counted.
    pub async fn start(system: &System, dir: &std::path::Path) -> Result<Self, String> {
        let home = TempDir::with_prefix_in("kr-bench-", dir).map_err(|error| error.to_string())?;
        let port = free_ports()?;
        let mut command = match system {
            System::Kr { program, profile } => {
                let mut command = Command::new(program);
                let port = port.to_string();
                command.args(["dev", "up", "--name", NAME, "--port", &port, "--profile", profile]);
                command
            }
            System::Apache { script, version } => {
                let mut command = Command::new(script);
                command.args(["up", version, NAME, "-p", &port.to_string()]);
                command
            }
        };
        environment(&mut command, &home);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut began = Instant::now();
        let spawned = command.spawn();
        let mut child = spawned.map_err(|error| format!("cannot start {command:?}: {error}"))?;
        let stdout = child.stdout.take().ok_or("it has no output")?;
        if let System::Apache { .. } = system {
            let first = home.path().join("ak").join(NAME).join("b1/pid");
            while !first.exists() {
                if let Ok(Some(status)) = child.try_wait() {
                    return Err(format!("{command:?} ended: {status}"));
                }
                tokio::time::sleep(LOOK).await;
            }
            began = Instant::now();
        }
        let host = if matches!(system, System::Kr { .. }) { "127.0.0.1" } else { "localhost" };
        let addresses: Vec<String> = (port..port + NODES).map(|port| format!("{host}:{port}")).collect();
        let stdout = BufReader::new(stdout).lines();
        Ok(Self { bootstrap: addresses.join(","), began, system: system.clone(), child, stdout, home })
    }

    /// Waits until it says that it is ready; returns how long that took from the start.
    pub async fn ready(&mut self) -> Result<Duration, String> {
        match self.stdout.next_line().await {
            Ok(Some(_)) => Ok(self.began.elapsed()),
            Ok(None) => Err("it ended before it was ready".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// What it is.
    pub fn system(&self) -> &System {
        &self.system
    }

    /// Resident memory of its processes together, in megabytes.
    pub fn memory(&self) -> Result<f64, String> {
        let pids = match &self.system {
            System::Kr { .. } => vec![self.child.id().ok_or("it has ended")?.to_string()],
            System::Apache { .. } => {
                let pid = |node: u16| {
                    let file = self.home.path().join("ak").join(NAME).join(format!("b{node}/pid"));
                    fs::read_to_string(file).map(|pid| pid.trim().to_owned())
                };
                (1..=NODES).map(pid).collect::<Result<_, _>>().map_err(|error| error.to_string())?
            }
        };
        pids.iter().map(|pid| resident(pid)).sum()
    }

    /// Ends it and removes its data.
    pub async fn down(mut self) {
        let words = match &self.system {
            System::Kr { .. } => vec!["dev", "down", "--name", NAME],
            System::Apache { .. } => vec!["down", NAME],
        };
        let patience = Duration::from_secs(60);
        if let Err(what) = self.run(&words).await {
            eprintln!("warning: {}: {what}", self.system.name());
        }
        let _ = tokio::time::timeout(patience, self.child.wait()).await;
    }

    async fn run(&self, words: &[&str]) -> Result<(), String> {
        let program: &PathBuf = match &self.system {
            System::Kr { program, .. } => program,
            System::Apache { script, .. } => script,
        };
        let mut command = Command::new(program);
        command.args(words).stdin(Stdio::null()).stdout(Stdio::null());
        environment(&mut command, &self.home);
        match command.status().await {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{} ended: {status}", words.join(" "))),
            Err(error) => Err(format!("cannot start {}: {error}", program.display())),
        }
    }
}

impl Hurt for Running {
    async fn act(&self, deed: Deed, node: NodeId) -> Result<(), String> {
        match &self.system {
            System::Kr { .. } => self.run(&["dev", deed.verb(), "--name", NAME, &node.to_string()]).await,
            System::Apache { .. } => self.run(&[deed.verb(), NAME, &format!("b{node}")]).await,
        }
    }
}

/// Keeps state, contexts and logs of either system in the directory of the run.
fn environment(command: &mut Command, home: &TempDir) {
    command.env("KR_DATA_DIR", home.path().join("data"));
    command.env("XDG_CONFIG_HOME", home.path().join("config"));
    command.env("AK_STATE", home.path().join("ak"));
}

/// Resident memory of a process, in megabytes.
fn resident(pid: &str) -> Result<f64, String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).map_err(|error| error.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.map(|kilobytes| kilobytes * 1024.0 / 1e6).ok_or(format!("process {pid} has no memory"))
}

/// The first of some ports in a row that nobody listens on.
fn free_ports() -> Result<u16, String> {
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let mut bases = (23092..30000).step_by(100);
    // Apache Kafka's controllers listen 1000 above.
    let found = bases.find(|base| (0..=NODES).all(|at| is_free(base + at) && is_free(base + 1000 + at)));
    found.ok_or_else(|| "no ports are free".to_owned())
}
