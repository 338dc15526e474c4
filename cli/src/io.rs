//! The three streams of a command and what is known of their other ends.

use std::io::{self, IsTerminal, Read, Write};

use crate::ask::{Ask, Terminal};
use crate::error::CliError;

/// Standard streams; a test gives buffers.
pub struct Io {
    /// Taken by the one command that reads it.
    pub stdin: Option<Box<dyn Read + Send>>,
    /// Data, buffered; flushed at the end and wherever a reader may be waiting.
    pub stdout: Box<dyn Write + Send>,
    /// Everything that is not data.
    pub stderr: Box<dyn Write + Send>,
    /// Who answers questions, when there is somebody.
    pub ask: Box<dyn Ask>,
    /// Whether a person types at stdin.
    pub stdin_is_terminal: bool,
    /// Whether a person reads stdout.
    pub stdout_is_terminal: bool,
    /// Whether a person reads stderr.
    pub stderr_is_terminal: bool,
    /// Asks the terminal of stdout for its size, which may change while a command runs.
    pub measure: fn() -> Option<Screen>,
}

/// The size of a terminal, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Lines.
    pub rows: u16,
    /// Columns.
    pub columns: u16,
}

impl Io {
    /// The streams of this process.
    pub fn of_process() -> Self {
        Self {
            stdin: Some(Box::new(io::stdin())),
            stdout: Box::new(io::BufWriter::with_capacity(64 * 1024, io::stdout())),
            stderr: Box::new(io::stderr()),
            ask: Box::new(Terminal::new(std::env::var_os("NO_COLOR").is_none())),
            stdin_is_terminal: io::stdin().is_terminal(),
            stdout_is_terminal: io::stdout().is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
            measure: || {
                let (rows, columns) = console::Term::stdout().size_checked()?;
                (rows > 0 && columns > 0).then_some(Screen { rows, columns })
            },
        }
    }

    /// The size of the terminal that stdout is; none when it is not one, or does not tell.
    pub fn screen(&self) -> Option<Screen> {
        if self.stdout_is_terminal { (self.measure)() } else { None }
    }

    /// Whether there is somebody to ask: a person types at stdin and reads stderr.
    pub fn has_person(&self) -> bool {
        self.stdin_is_terminal && self.stderr_is_terminal
    }

    /// Reads the first line of stdin, and no more of it: what follows is for the command.
    pub fn secret_line(&mut self) -> Result<String, CliError> {
        let failed =
            |error| CliError::failed("cannot read the password from standard input").caused_by(error);
        let stdin = self.stdin.as_mut().ok_or_else(|| CliError::internal("standard input was taken"))?;
        let mut line = Vec::new();
        let mut byte = [0];
        while stdin.read(&mut byte).map_err(failed)? == 1 && byte[0] != b'\n' {
            line.push(byte[0]);
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        match String::from_utf8(line) {
            Ok(line) if !line.is_empty() => Ok(line),
            Ok(_) => Err(CliError::usage("--sasl-password-stdin: standard input holds no password")),
            Err(_) => Err(CliError::usage("--sasl-password-stdin: the password is not UTF-8")),
        }
    }

    /// Writes data to stdout. A closed pipe is [`crate::error::Kind::ClosedPipe`], which ends quietly.
    pub fn print(&mut self, text: impl AsRef<[u8]>) -> Result<(), CliError> {
        self.stdout.write_all(text.as_ref()).map_err(CliError::stdout)
    }

    /// Writes what is buffered for stdout.
    pub fn flush(&mut self) -> Result<(), CliError> {
        self.stdout.flush().map_err(CliError::stdout)
    }

    /// Writes a line to stderr; a stderr that is gone is nobody's concern.
    pub fn say(&mut self, line: &str) {
        let _ = writeln!(self.stderr, "{line}");
        let _ = self.stderr.flush();
    }
}
