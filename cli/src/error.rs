//! What a command can fail with: kind (exit code), message, cause and hints.
//!
//! Exit codes: 0 done, 1 at least one item failed, 2 usage or configuration, 3 condition not met, 4 cluster
//! unreachable or timed out, 5 not authenticated or authorised, 6 refused by a safety rule, 130 interrupted.

use std::error::Error as StdError;
use std::io;
use std::process::ExitCode;

use kr_client::Fault;

use crate::io::Io;
use crate::output::escape::escape;

/// The exit code of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub u8);

impl Exit {
    /// Everything was done.
    pub const DONE: Self = Self(0);
    /// At least one item failed; all of them were listed.
    pub const FAILED: Self = Self(1);
    /// The command line or the configuration is wrong.
    pub const USAGE: Self = Self(2);
    /// A condition that was asked for does not hold.
    pub const CONDITION: Self = Self(3);
    /// The cluster cannot be reached or did not answer in time.
    pub const UNREACHABLE: Self = Self(4);
    /// Not authenticated or not authorised.
    pub const DENIED: Self = Self(5);
    /// A safety rule refused: a prompt was needed, or a limit exceeded.
    pub const REFUSED: Self = Self(6);
    /// Ended by the user (Ctrl-C).
    pub const INTERRUPTED: Self = Self(130);
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.0)
    }
}

/// Whose fault it is; decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The command line is wrong.
    Usage,
    /// The configuration is wrong.
    Config,
    /// What was asked for failed.
    Failed,
    /// A condition that was asked for does not hold.
    Condition,
    /// The cluster cannot be reached or did not answer in time.
    Unreachable,
    /// Not authenticated or not authorised.
    Denied,
    /// A safety rule refused.
    Refused,
    /// Ended by the user.
    Interrupted,
    /// The reader of stdout went away: success, and nothing to say.
    ClosedPipe,
    /// A bug in `kr`.
    Internal,
}

impl Kind {
    /// The exit code of this kind.
    pub fn exit(self) -> Exit {
        match self {
            Self::Usage | Self::Config => Exit::USAGE,
            Self::Failed | Self::Internal => Exit::FAILED,
            Self::Condition => Exit::CONDITION,
            Self::Unreachable => Exit::UNREACHABLE,
            Self::Denied => Exit::DENIED,
            Self::Refused => Exit::REFUSED,
            Self::Interrupted => Exit::INTERRUPTED,
            Self::ClosedPipe => Exit::DONE,
        }
    }
}

impl From<Fault> for Kind {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unreachable | Fault::TimedOut => Self::Unreachable,
            Fault::Denied => Self::Denied,
            Fault::Refused => Self::Refused,
            Fault::Caller | Fault::Peer | Fault::Moment => Self::Failed,
        }
    }
}

/// One failure, as the user is told of it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CliError {
    /// Whose fault it is.
    pub kind: Kind,
    /// What happened to what: lower-case, no full stop.
    pub message: String,
    /// Why, as far as it is known.
    pub source: Option<Box<dyn StdError + Send + Sync>>,
    /// What to do about it.
    pub hints: Vec<String>,
}

impl CliError {
    /// An error of this kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None, hints: Vec::new() }
    }

    /// The command line is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// What was asked for failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// A bug in `kr`, or a machine that has run out of something.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    /// A failed write to stdout; a closed pipe becomes quiet success.
    pub fn stdout(error: io::Error) -> Self {
        let closed = error.kind() == io::ErrorKind::BrokenPipe;
        let kind = if closed { Kind::ClosedPipe } else { Kind::Failed };
        Self::new(kind, "cannot write to standard output").caused_by(error)
    }

    /// Attaches the cause.
    #[must_use]
    pub fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// Attaches what the user can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl From<kr_client::Error> for CliError {
    fn from(error: kr_client::Error) -> Self {
        let kind = error.fault().into();
        let hints = error.hint().map(str::to_owned).into_iter().collect();
        Self { kind, message: error.to_string(), source: Some(Box::new(error)), hints }
    }
}

/// Says what failed on stderr and gives the exit code.
pub fn report(error: CliError, io: &mut Io) -> Exit {
    if error.kind != Kind::ClosedPipe {
        // What was printed before the failure comes before it.
        let _ = io.flush();
        io.say(&format!("error: {}", escape(&with_causes(&error))));
        for hint in &error.hints {
            io.say(&format!("hint: {}", escape(hint)));
        }
    }
    error.kind.exit()
}

/// An error and its causes on one line, none repeated.
pub fn with_causes(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = error.source();
    }
    text
}
