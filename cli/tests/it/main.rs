//! Whole commands from a clean environment against brokers that are not there: what is printed where, and
//! with which exit code.

mod acls;
mod changes;
mod complaints;
mod config;
mod consume_produce;
mod contexts;
mod contract;
mod diff;
mod examples;
#[path = "../../../client/tests/it/fake/mod.rs"]
#[expect(dead_code, reason = "shared with the client's tests, which use all of it")]
mod fake;
mod generated;
mod group_changes;
mod groups;
mod hostile;
mod migrate;
mod operations;
mod output;
mod parity;
mod partitions;
mod reassignments;
mod schemas;
mod streams_groups;
mod topic_changes;
mod topics;
mod usage;
mod watch;

use std::collections::VecDeque;
use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};

use fake::FakeCluster;
use kr::ask::Ask;
use kr::io::Screen;
use kr::{Environment, Io};

/// What a command did.
struct Ran {
    code: u8,
    stdout: String,
    stderr: String,
}

impl Ran {
    /// All of it on one page.
    fn page(&self) -> String {
        let Self { code, stdout, stderr } = self;
        let mut page = format!("[exit {code}]\n{stdout}");
        if !stderr.is_empty() {
            page.push_str(&format!("[stderr]\n{stderr}"));
        }
        page
    }
}

/// How a command is run.
struct Setting {
    stdin: Vec<u8>,
    is_terminal: bool,
    environment: Vec<(String, String)>,
    stdout: Option<Box<dyn Write + Send>>,
}

impl Setting {
    fn clean() -> Self {
        Self { stdin: Vec::new(), is_terminal: false, environment: Vec::new(), stdout: None }
    }
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Answers questions with lines that were given before.
struct Answers(VecDeque<String>);

impl Ask for Answers {
    fn agree(&mut self, question: &str) -> std::io::Result<bool> {
        self.line(question).map(|answer| answer == "yes")
    }

    fn line(&mut self, _question: &str) -> std::io::Result<String> {
        Ok(self.0.pop_front().unwrap_or_default())
    }

    fn secret(&mut self, question: &str) -> std::io::Result<String> {
        self.line(question)
    }
}

fn run_in(setting: Setting, args: &[&str]) -> Ran {
    let (stdout, stderr) = (Buffer::default(), Buffer::default());
    let answers = String::from_utf8_lossy(&setting.stdin).lines().map(str::to_owned).collect();
    let io = Io {
        ask: Box::new(Answers(answers)),
        stdin: Some(Box::new(Cursor::new(setting.stdin))),
        stdout: setting.stdout.unwrap_or_else(|| Box::new(stdout.clone())),
        stderr: Box::new(stderr.clone()),
        stdin_is_terminal: setting.is_terminal,
        stdout_is_terminal: setting.is_terminal,
        stderr_is_terminal: setting.is_terminal,
        measure: || Some(Screen { rows: 40, columns: 120 }),
    };
    let words = ["kr"].iter().chain(args).map(std::ffi::OsString::from);
    let exit = kr::run(words, Environment::of(setting.environment), io);
    schemas::hold(&stdout.text(), args);
    Ran { code: exit.0, stdout: stdout.text(), stderr: stderr.text() }
}

/// Runs `kr` without a cluster.
fn kr(args: &[&str]) -> Ran {
    run_in(Setting::clean(), args)
}

/// Runs `kr` against a cluster with something on standard input.
fn kr_with(cluster: &FakeCluster, setting: Setting, args: &[&str]) -> Ran {
    let bootstrap = cluster.bootstrap();
    let mut environment = setting.environment;
    environment.push(("KR_BOOTSTRAP_SERVERS".to_owned(), bootstrap.join(",")));
    let ran = run_in(Setting { environment, ..setting }, args);
    let named = |text: String| {
        (1..)
            .zip(&bootstrap)
            .fold(text, |text, (node, address)| text.replace(address, &format!("broker-{node}")))
    };
    Ran { stdout: named(ran.stdout), stderr: named(ran.stderr), ..ran }
}

/// Runs `kr` against a cluster.
fn kr_on(cluster: &FakeCluster, args: &[&str]) -> Ran {
    kr_with(cluster, Setting::clean(), args)
}
