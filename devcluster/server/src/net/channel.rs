//! One connection, inbound or outbound: reads frames into events, writes what the node sends.
//!
//! The node's loop writes straight to the socket; only what the socket does not take at once is left to the
//! connection's own task. Reading stops while the peer has too many requests unanswered, does not take its
//! answers, or the node as a whole holds too much.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use kr_log::Piece;
use kr_node::{ConnId, Event, LinkId};
use tokio::io::{AsyncRead, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Notify;

use crate::net::assembler::Assembler;
use crate::net::hub::Hub;

/// Pieces given to one vectored write; more than a turn's answers rarely need.
const WRITE_PIECES: usize = 64;
/// A closing connection may take this long to take its last answers.
const DRAIN: Duration = Duration::from_secs(5);
/// While the node holds too much, a connection may still bring a request of this size, so that the
/// replication that frees memory is not shut out.
const ALWAYS_READ_BYTES: usize = 16 * 1024;

/// Whose frames come in on a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Inbound(ConnId),
    Outbound(LinkId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// The node closed it; what is unsent still leaves.
    Draining,
    /// Its socket is of no more use.
    Broken,
}

/// How a channel's task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// By the peer, by an error or by a limit: the node has to be told.
    Lost,
    /// By the node.
    Closed,
}

/// A connection as the node's thread sees it.
pub(crate) struct Channel {
    pub(crate) owner: Owner,
    pub(crate) remote: IpAddr,
    /// Whether it may be without traffic for as long as it likes.
    pub(crate) may_idle: bool,
    write: OwnedWriteHalf,
    unsent: RefCell<VecDeque<Piece>>,
    unsent_bytes: Cell<usize>,
    /// Sizes of the requests that have no answer yet, the oldest first (inbound only).
    unanswered: RefCell<VecDeque<usize>>,
    phase: Cell<Phase>,
    /// Wakes the channel's task.
    pub(crate) changed: Notify,
    /// Whether the task waits for room instead of reading.
    held_back: Cell<bool>,
    /// Whether the loop has something to write for it in this turn.
    dirty: Cell<bool>,
    /// Whole frames that came in.
    pub(crate) requests: Cell<u64>,
    /// Second of the last traffic ([`Hub::seconds`]).
    pub(crate) last_traffic: Cell<u64>,
    /// Second in which the frame that is coming in began, and its bytes so far.
    pub(crate) partial: Cell<Option<(u64, usize)>>,
}

impl Channel {
    pub(crate) fn new(
        owner: Owner,
        remote: IpAddr,
        may_idle: bool,
        write: OwnedWriteHalf,
        hub: &Hub,
    ) -> Self {
        Self {
            owner,
            remote,
            may_idle,
            write,
            unsent: RefCell::default(),
            unsent_bytes: Cell::new(0),
            unanswered: RefCell::default(),
            phase: Cell::new(Phase::Open),
            changed: Notify::new(),
            held_back: Cell::new(false),
            dirty: Cell::new(false),
            requests: Cell::new(0),
            last_traffic: Cell::new(hub.seconds.get()),
            partial: Cell::new(None),
        }
    }

    /// Queues a frame; whether the channel has to be added to those that the turn writes at its end.
    pub(crate) fn send(&self, frame: impl IntoIterator<Item = Piece>, hub: &Hub) -> bool {
        if matches!(self.owner, Owner::Inbound(_)) {
            let answered = self.unanswered.borrow_mut().pop_front();
            hub.release(answered.unwrap_or(0));
        }
        let mut unsent = self.unsent.borrow_mut();
        for piece in frame {
            if !piece.is_empty() {
                self.unsent_bytes.set(self.unsent_bytes.get() + piece.len());
                unsent.push_back(piece);
            }
        }
        !self.dirty.replace(true)
    }

    /// Writes what the socket takes, at the end of a turn.
    pub(crate) fn write_turn(&self, hub: &Hub) {
        self.dirty.set(false);
        self.write_some(hub);
        let waits = !self.unsent.borrow().is_empty() || self.phase.get() != Phase::Open;
        if waits || (self.held_back.get() && !self.is_at_own_limit(hub)) {
            self.changed.notify_one();
        }
    }

    /// Closes after what is unsent has left.
    pub(crate) fn drain(&self) {
        if self.phase.get() == Phase::Open {
            self.phase.set(Phase::Draining);
        }
        self.changed.notify_one();
    }

    /// Gives the connection up.
    pub(crate) fn give_up(&self) {
        self.phase.set(Phase::Broken);
        self.changed.notify_one();
    }

    /// Whether the peer has to wait because of itself: too many requests, or answers it does not take.
    pub(crate) fn is_at_own_limit(&self, hub: &Hub) -> bool {
        self.unanswered.borrow().len() >= hub.limits.unanswered
            || self.unsent_bytes.get() >= hub.limits.unsent_max_bytes
    }

    fn write_some(&self, hub: &Hub) {
        let mut unsent = self.unsent.borrow_mut();
        while !unsent.is_empty() && self.phase.get() != Phase::Broken {
            match self.write_front(&unsent) {
                // A file that was cut meanwhile: what was announced cannot be sent.
                Ok(0) => self.phase.set(Phase::Broken),
                Ok(written) => {
                    self.unsent_bytes.set(self.unsent_bytes.get() - written);
                    self.last_traffic.set(hub.seconds.get());
                    advance(&mut unsent, written);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => self.phase.set(Phase::Broken),
            }
        }
    }

    /// Writes of the first pieces what the socket takes: those in memory, or one in a file.
    fn write_front(&self, unsent: &VecDeque<Piece>) -> io::Result<usize> {
        if let Some(Piece::File(range)) = unsent.front() {
            let socket: &TcpStream = self.write.as_ref();
            return socket.try_io(Interest::WRITABLE, || range.send(socket.as_fd()));
        }
        let mut slices = [IoSlice::new(&[]); WRITE_PIECES];
        let mut count = 0;
        for (slice, piece) in slices.iter_mut().zip(unsent) {
            let Piece::Memory(bytes) = piece else { break };
            *slice = IoSlice::new(bytes);
            count += 1;
        }
        self.write.try_write_vectored(&slices[..count])
    }

    fn may_read(&self, partial: Option<usize>, hub: &Hub) -> bool {
        if matches!(self.owner, Owner::Outbound(_)) {
            // Answers to what the node asked for; each is one frame, and others wait for them.
            return true;
        }
        !self.is_at_own_limit(hub) && (!hub.is_full() || self.is_light(partial))
    }

    fn is_light(&self, partial: Option<usize>) -> bool {
        self.unanswered.borrow().is_empty() && partial.unwrap_or(0) < ALWAYS_READ_BYTES
    }

    fn received(&self, frame: Bytes, hub: &Hub) {
        self.requests.set(self.requests.get() + 1);
        match self.owner {
            Owner::Inbound(conn) => {
                hub.hold(frame.len());
                self.unanswered.borrow_mut().push_back(frame.len());
                hub.push(Event::Frame { conn, frame });
            }
            Owner::Outbound(link) => hub.push(Event::LinkFrame { link, frame }),
        }
    }

    fn release_all(&self, hub: &Hub) {
        let held = self.unanswered.take().into_iter().sum();
        hub.release(held);
    }
}

/// Serves a connection until it ends.
pub(crate) async fn serve(channel: &Rc<Channel>, mut read: OwnedReadHalf, hub: &Hub) -> End {
    let mut frames = Assembler::new(hub.limits.frame_max_bytes);
    let end = loop {
        match channel.phase.get() {
            Phase::Open => {}
            Phase::Draining => {
                let _ = tokio::time::timeout(DRAIN, drained(channel, hub)).await;
                break End::Closed;
            }
            Phase::Broken => break End::Lost,
        }
        let may_read = channel.may_read(frames.partial(), hub);
        channel.held_back.set(!may_read);
        if !may_read && !channel.is_at_own_limit(hub) {
            hub.starve(channel);
        }
        let must_write = !channel.unsent.borrow().is_empty();
        tokio::select! {
            biased;
            () = channel.changed.notified() => {}
            ready = channel.write.writable(), if must_write => match ready {
                Ok(()) => channel.write_some(hub),
                Err(_) => break End::Lost,
            },
            count = poll_fn(|cx| read_some(cx, &mut read, &mut frames, channel, hub)), if may_read => {
                match count {
                    Ok(0) | Err(_) => break End::Lost,
                    // There may be more: others go first.
                    Ok(count) if count == hub.scratch.borrow().len() => tokio::task::yield_now().await,
                    Ok(_) => {}
                }
            }
        }
    };
    channel.release_all(hub);
    end
}

/// Reads once and queues the frames that became whole; the number of bytes, 0 at the end of the stream.
fn read_some(
    cx: &mut Context<'_>,
    read: &mut OwnedReadHalf,
    frames: &mut Assembler,
    channel: &Channel,
    hub: &Hub,
) -> Poll<io::Result<usize>> {
    let mut scratch = hub.scratch.borrow_mut();
    let mut buffer = ReadBuf::new(&mut scratch);
    ready!(Pin::new(read).poll_read(cx, &mut buffer))?;
    let count = buffer.filled().len();
    let before = frames.partial();
    frames
        .feed(buffer.filled(), |frame| channel.received(frame, hub))
        .map_err(|bad| io::Error::new(io::ErrorKind::InvalidData, bad))?;
    let now = hub.seconds.get();
    channel.last_traffic.set(now);
    channel.partial.set(frames.partial().map(|bytes| match (before, channel.partial.get()) {
        // Still the frame of last time: it did not get shorter.
        (Some(earlier), Some((since, _))) if bytes > earlier => (since, bytes),
        _ => (now, bytes),
    }));
    Poll::Ready(Ok(count))
}

async fn drained(channel: &Channel, hub: &Hub) {
    while !channel.unsent.borrow().is_empty() && channel.phase.get() != Phase::Broken {
        if channel.write.writable().await.is_err() {
            return;
        }
        channel.write_some(hub);
    }
}

/// Drops the first `written` bytes of the queue.
fn advance(queue: &mut VecDeque<Piece>, mut written: usize) {
    while written > 0 {
        let Some(front) = queue.front_mut() else { return };
        if front.len() > written {
            front.advance(written);
            return;
        }
        written -= front.len();
        queue.pop_front();
    }
}
