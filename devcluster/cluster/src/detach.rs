//! Leaving the terminal: what a process does that outlives the one that started it.

use std::fs::OpenOptions;
use std::io;

/// Makes this process the leader of a session of its own, so that a closing terminal does not end it.
///
/// # Errors
/// It leads a process group already, as a shell's child in the foreground does.
pub fn leave_session() -> io::Result<()> {
    rustix::process::setsid()?;
    Ok(())
}

/// Points standard output to nowhere, so that whoever reads it sees its end.
pub fn release_stdout() -> io::Result<()> {
    let nowhere = OpenOptions::new().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&nowhere)?;
    Ok(())
}
