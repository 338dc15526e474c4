//! Recording while one looks, and looking at a recording: the two ends of a `.krs` file.
//!
//! The recorder has a thread of its own, so that neither a slow disk nor compression holds up what is told. A disk
//! that fails ends the recording, not the looking.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc as thread_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::file::{Recorder, Recording};
use super::{Entry, Tape, Timed};
use crate::msg::{Intent, Msg};
use crate::snapshot::Time;

/// Entries that may wait for the disk. When more do, the disk does not keep up and the recording ends.
const WAITING: usize = 8192;

/// How long what was recorded may wait before it is written.
const FLUSH: Duration = Duration::from_secs(5);

/// The gap between moments from which on a replay passes it by quickly.
const DULL: Duration = Duration::from_secs(5);

/// Where and how much is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordTo {
    /// The file.
    pub path: PathBuf,
    /// How large it may get, in bytes; the oldest goes then.
    pub cap_bytes: u64,
}

/// Bytes of a recording unless told otherwise.
pub const CAP_BYTES: u64 = 64 * 1024 * 1024;

/// A recording that is under way. Dropping it writes what is left.
#[derive(Debug)]
pub struct Live {
    entries: Option<thread_channel::SyncSender<Timed>>,
    /// Bytes in the file; `u64::MAX` when it has ended.
    bytes: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Live {
    /// Begins a recording.
    pub fn start(to: RecordTo) -> std::io::Result<Self> {
        let recorder = Recorder::create(&to.path, to.cap_bytes)?;
        let (entries, waiting) = thread_channel::sync_channel(WAITING);
        let bytes = Arc::new(AtomicU64::new(recorder.len()));
        let shown = Arc::clone(&bytes);
        let thread = std::thread::Builder::new().name("recorder".to_owned());
        let thread = thread.spawn(move || write(recorder, &waiting, &shown))?;
        Ok(Self { entries: Some(entries), bytes, thread: Some(thread) })
    }

    /// Records a message, if it is one that is recorded.
    pub fn record(&mut self, at: Time, msg: &Msg) {
        let Some(entries) = &self.entries else { return };
        let Some(entry) = Entry::of(msg) else { return };
        // With a hole what follows would mean something else.
        if entries.try_send((at, entry)).is_err() {
            tracing::warn!("the recording ends: the disk does not keep up, or failed");
            self.entries = None;
        }
    }

    /// Bytes written so far; none when the recording has ended.
    pub fn bytes(&self) -> Option<u64> {
        let bytes = self.bytes.load(Ordering::Relaxed);
        self.entries.as_ref().map(|_| bytes).filter(|bytes| *bytes != u64::MAX)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.entries = None;
        if let Some(thread) = self.thread.take() {
            // It ends by itself when nothing more comes.
            let _ = thread.join();
        }
    }
}

fn write(mut recorder: Recorder, waiting: &thread_channel::Receiver<Timed>, bytes: &AtomicU64) {
    // What was written stands in the file: the tape needs to keep only what is not.
    let mut tape = Tape::new(0);
    tape.keep_fresh();
    loop {
        let ended = match waiting.recv_timeout(FLUSH) {
            Ok((at, entry)) => {
                tape.record(at, entry);
                false
            }
            Err(thread_channel::RecvTimeoutError::Timeout) => {
                tape.close();
                false
            }
            Err(thread_channel::RecvTimeoutError::Disconnected) => {
                tape.close();
                true
            }
        };
        let fresh = tape.take_fresh();
        if let Err(error) = recorder.append(&fresh) {
            tracing::warn!(%error, path = %recorder.path().display(), "the recording ends");
            bytes.store(u64::MAX, Ordering::Relaxed);
            return;
        }
        bytes.store(recorder.len(), Ordering::Relaxed);
        if ended {
            return;
        }
    }
}

/// Plays a recording as if it happened now: messages in their order, with their pauses divided by `speed`, and the
/// clock as it was. Times in which nothing happens are passed by. Ends at the end, with the last picture standing.
pub async fn play(
    recording: Recording,
    speed: f64,
    mut intents: mpsc::UnboundedReceiver<Intent>,
    tell: mpsc::Sender<Msg>,
) {
    let mut due = Instant::now();
    let mut clock: Option<Time> = None;
    for (at, entry) in recording.entries {
        due += clock.map_or(Duration::ZERO, |before| pause(before, at, speed));
        // What is asked for cannot be answered: the recording says what it says.
        while intents.try_recv().is_ok() {}
        sleep_until(due).await;
        if clock != Some(at) && tell.send(Msg::Tick(at)).await.is_err() {
            return;
        }
        clock = Some(at);
        if tell.send(entry.into_msg()).await.is_err() {
            return;
        }
    }
    while intents.recv().await.is_some() {}
}

/// How long a replay waits between two moments.
fn pause(before: Time, at: Time, speed: f64) -> Duration {
    at.since(before).min(DULL).div_f64(speed.max(0.001))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::{Key, KeyCode};
    use crate::recording::read;

    fn key(char: char) -> Msg {
        Msg::Key(Key { code: KeyCode::Char(char), ctrl: false, alt: false })
    }

    #[test]
    fn what_was_recorded_is_in_the_file_when_it_ends() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.krs");
        let mut live = Live::start(RecordTo { path: path.clone(), cap_bytes: CAP_BYTES }).unwrap();
        for (at, char) in (0..).zip("hello".chars()) {
            live.record(Time(at), &key(char));
        }
        live.record(Time(9), &Msg::Stop);
        assert!(live.bytes().is_some());
        drop(live);
        let entries = read(&path).unwrap().entries;
        let msgs: Vec<Msg> = entries.into_iter().map(|(_, entry)| entry.into_msg()).collect();
        assert_eq!(msgs, "hello".chars().map(key).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_recording_is_played_with_its_clock() {
        let entries = [(1000, 'a'), (1000, 'b'), (4000, 'c'), (400_000, 'd')];
        let entry = |(at, char): (i64, char)| (Time(at), Entry::of(&key(char)).unwrap());
        let recording = Recording { entries: entries.into_iter().map(entry).collect(), torn_bytes: 0 };
        let (tell, mut told) = mpsc::channel(16);
        let (_wants, intents) = mpsc::unbounded_channel();
        tokio::spawn(play(recording, 1e9, intents, tell));
        let mut msgs = Vec::new();
        for _ in 0..7 {
            msgs.push(told.recv().await.unwrap());
        }
        let expected = [
            Msg::Tick(Time(1000)),
            key('a'),
            key('b'),
            Msg::Tick(Time(4000)),
            key('c'),
            Msg::Tick(Time(400_000)),
            key('d'),
        ];
        assert_eq!(msgs, expected);
    }

    #[test]
    fn pauses_go_by_the_speed_and_dull_ones_are_cut_short() {
        assert_eq!(pause(Time(1000), Time(4000), 2.0), Duration::from_millis(1500));
        assert_eq!(pause(Time(4000), Time(400_000), 2.0), Duration::from_millis(2500));
        assert_eq!(pause(Time(4000), Time(1000), 2.0), Duration::ZERO);
    }
}
