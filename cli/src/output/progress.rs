//! How far long work has come: bytes, rate and time left, on stderr.
//!
//! ```text
//! moving replicas  [==========>         ]  1.20 GiB of 2.40 GiB  51.2 MiB/s  23s left
//! ```
//! A bar that is redrawn on a terminal; without one a plain line every ten seconds, so that a log shows life
//! and no escape sequences. `--quiet` silences both. It never writes to stdout.

use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::escape::escape;
use crate::context::Context;
use crate::io::Io;

/// How often a plain line is written without a terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The bar, laid out by indicatif.
const TEMPLATE: &str = "{prefix}  [{bar:30}]  {bytes} of {total_bytes}  {bytes_per_sec}  {eta} left";

/// Progress of one piece of work that is measured in bytes.
#[derive(Debug)]
pub struct Progress {
    label: String,
    total: u64,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Silent,
    Bar(ProgressBar),
    Lines { began: Instant, said: Instant, at_begin: Option<u64> },
}

impl Progress {
    /// Work of `total` bytes, named by a few words such as `moving replicas`.
    pub fn bytes(context: &Context, total: u64, label: &str) -> Self {
        let label = escape(label).into_owned();
        let form = if context.global.quiet {
            Form::Silent
        } else if context.io.stderr_is_terminal {
            Form::Bar(bar(total, &label))
        } else {
            let now = Instant::now();
            Form::Lines { began: now, said: now, at_begin: None }
        };
        Self { label, total, form }
    }

    /// Changes how much there is to do, when that is found out on the way.
    pub fn set_total(&mut self, total: u64) {
        self.total = total;
        if let Form::Bar(bar) = &self.form {
            bar.set_length(total);
        }
    }

    /// Says how many bytes are done by now.
    pub fn set(&mut self, done: u64, io: &mut Io) {
        match &mut self.form {
            Form::Silent => {}
            Form::Bar(bar) => bar.set_position(done.min(self.total)),
            Form::Lines { began, said, at_begin } => {
                let at_begin = *at_begin.get_or_insert(done);
                if said.elapsed() >= LINE_EVERY {
                    *said = Instant::now();
                    let moved = Moved { label: &self.label, done, total: self.total };
                    io.say(&moved.line(done.saturating_sub(at_begin), began.elapsed()));
                }
            }
        }
    }

    /// Takes the bar away; what was reached is the command's to say.
    pub fn finish(self) {
        if let Form::Bar(bar) = &self.form {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: u64, label: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template(TEMPLATE).expect("the template is constant and valid");
    bar.with_style(style.progress_chars("=> ")).with_prefix(label.to_owned())
}

/// What a plain line tells.
struct Moved<'a> {
    label: &'a str,
    done: u64,
    total: u64,
}

impl Moved<'_> {
    /// The line, from what was done in this run and how long that took.
    fn line(&self, done_here: u64, took: Duration) -> String {
        let Self { label, done, total } = self;
        let mut line = format!("{label}: {} of {}", HumanBytes(*done), HumanBytes(*total));
        let seconds = took.as_secs();
        let Some(rate) = done_here.checked_div(seconds).filter(|rate| *rate > 0) else { return line };
        line.push_str(&format!(", {}/s", HumanBytes(rate)));
        let left = Duration::from_secs(total.saturating_sub(*done) / rate);
        line.push_str(&format!(", {} left", HumanDuration(left)));
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(done: u64, total: u64, done_here: u64, seconds: u64) -> String {
        Moved { label: "moving replicas", done, total }.line(done_here, Duration::from_secs(seconds))
    }

    #[test]
    fn a_line_tells_bytes_rate_and_time_left() {
        const MIB: u64 = 1 << 20;
        assert_eq!(
            line(60 * MIB, 120 * MIB, 20 * MIB, 10),
            "moving replicas: 60.00 MiB of 120.00 MiB, 2.00 MiB/s, 30 seconds left"
        );
    }

    #[test]
    fn nothing_moved_yet_promises_no_end() {
        assert_eq!(line(5, 10, 0, 10), "moving replicas: 5 B of 10 B");
        assert_eq!(line(5, 10, 5, 0), "moving replicas: 5 B of 10 B");
    }

    #[test]
    fn more_than_the_total_is_no_time_left() {
        assert_eq!(line(20, 10, 20, 10), "moving replicas: 20 B of 10 B, 2 B/s, 0 seconds left");
    }
}
