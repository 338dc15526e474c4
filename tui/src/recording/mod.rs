//! Recordings: what was seen, changed and failed, as it came, so that any moment can be shown again.
//!
//! [`tape`] keeps it in memory, compressed, for scrubbing; [`file`] keeps the same frames in a `.krs` file, for
//! replays; [`live`] is what runs. [`stored`] lays single values out. Nothing here reads a clock.
//!
//! ```text
//!  tape:  | base | entries | entries | ... | base | entries | ...      one frame each, compressed
//!           ^ everything that is known at that moment: a replay can begin here
//!  file:  "KRS" version, then for each frame: length (u32), CRC-32C (u32), its bytes
//!  frame: kind (u8), first and last time (i64, ms since 1970), zstd of its entries
//!  entry: time since the one before (ms), what it is (u8), its value
//! ```

pub mod file;
pub mod live;
pub mod stored;
pub mod tape;

pub use file::{Recorder, Recording, read};
pub use live::{Live, RecordTo, play};
pub use stored::Damaged;
pub use tape::{Frame, FrameKind, Tape};

use crate::event::Event;
use crate::msg::{Failure, Key, Msg};
use crate::snapshot::{Observation, Time, Topics};

use stored::{Input, Stored};

/// What is recorded of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Something was seen.
    Seen(Observation),
    /// Topics were seen: all of them, of which only those that changed are written.
    AllTopics(crate::snapshot::Seen<Topics>),
    /// Something changed.
    Events(Vec<Event>),
    /// Something failed.
    Failed(Failure),
    /// A key was pressed.
    Key(Key),
    /// The screen got another size: columns and rows.
    Resized(u16, u16),
}

impl Entry {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Seen(seen) => {
                out.push(0);
                seen.put(out);
            }
            Self::AllTopics(seen) => {
                out.push(1);
                seen.put(out);
            }
            Self::Events(events) => {
                out.push(2);
                events.put(out);
            }
            Self::Failed(failure) => {
                out.push(3);
                failure.put(out);
            }
            Self::Key(key) => {
                out.push(4);
                key.put(out);
            }
            Self::Resized(columns, rows) => {
                out.push(5);
                columns.put(out);
                rows.put(out);
            }
        }
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Damaged> {
        let (first, rest) = input.0.split_first().ok_or(Damaged)?;
        input.0 = rest;
        Ok(match first {
            0 => Self::Seen(Stored::read(input)?),
            1 => Self::AllTopics(Stored::read(input)?),
            2 => Self::Events(Stored::read(input)?),
            3 => Self::Failed(Stored::read(input)?),
            4 => Self::Key(Stored::read(input)?),
            5 => Self::Resized(Stored::read(input)?, Stored::read(input)?),
            _ => return Err(Damaged),
        })
    }

    /// What of a message is recorded; none for what a replay makes itself.
    pub fn of(msg: &Msg) -> Option<Self> {
        match msg {
            Msg::Observed(seen) => Some(Self::Seen(seen.clone())),
            Msg::Events(events) => Some(Self::Events(events.clone())),
            Msg::Failed(failure) => Some(Self::Failed(failure.clone())),
            Msg::Key(key) => Some(Self::Key(*key)),
            Msg::Resize { columns, rows } => Some(Self::Resized(*columns, *rows)),
            _ => None,
        }
    }

    /// The message again.
    pub fn into_msg(self) -> Msg {
        match self {
            Self::Seen(seen) => Msg::Observed(seen),
            Self::AllTopics(seen) => Msg::Observed(Observation::Topics(seen)),
            Self::Events(events) => Msg::Events(events),
            Self::Failed(failure) => Msg::Failed(failure),
            Self::Key(key) => Msg::Key(key),
            Self::Resized(columns, rows) => Msg::Resize { columns, rows },
        }
    }
}

/// An entry and when it came.
pub type Timed = (Time, Entry);
