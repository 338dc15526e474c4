//! One node's thread: the loop from events to the core to effects.

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kr_node::{Event, Level, Listener, Output};
use kr_wire::time::{Mono, Now};
use tokio::sync::{mpsc, watch};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::Sleep;

use crate::Core;
use crate::clock::Clock;
use crate::control::{Control, Passed};
use crate::flush::FlushPool;
use crate::handle::{Exit, Letter, NodeHandle};
use crate::limits::Limits;
use crate::net::channel::Channel;
use crate::net::hub::Hub;
use crate::net::{listener, peers, sweep};
use crate::panics;

/// Events handled before outputs are carried out: enough to share a write and a flush, few enough that the
/// first answer does not wait for the last request of a burst.
const TURN_EVENTS: usize = 256;
/// The loop looks up at least this often, also without a deadline.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

/// Takes the lines of a node's log, on the node's thread.
pub type LogSink = Box<dyn FnMut(Level, &str) + Send>;

/// What a node's thread needs besides the node.
pub struct ServerConfig {
    /// Name of the thread, for debuggers.
    pub name: String,
    /// Sockets that already listen, and what comes in on each.
    pub listeners: Vec<(Listener, TcpListener)>,
    /// Bounds of its connections.
    pub limits: Limits,
    /// Threads that sync files, shared between nodes.
    pub flush: FlushPool,
    /// Where its log goes.
    pub log: LogSink,
}

impl fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerConfig").field("name", &self.name).field("listeners", &self.listeners).finish()
    }
}

/// Starts nodes.
#[derive(Clone, Copy, Debug)]
pub struct NodeServer;

impl NodeServer {
    /// Starts a thread that makes a core with `make` (there, so that nodes recover in parallel) and drives
    /// it until it stops, fails or is killed.
    ///
    /// # Errors
    /// The machine gives no thread. What `make` fails with comes as [`Exit::NotStarted`].
    pub fn spawn<C: Core>(
        config: ServerConfig,
        make: impl FnOnce(Now) -> Result<C, String> + Send + 'static,
    ) -> io::Result<NodeHandle<C::Status>> {
        panics::remember_places();
        let control = Arc::new(Control::new());
        let (letters, inbox) = mpsc::unbounded_channel();
        let (exit_sender, exit) = watch::channel(None);
        let handle = NodeHandle { control: control.clone(), letters: letters.clone(), exit };
        std::thread::Builder::new().name(config.name.clone()).spawn(move || {
            let post = Post { control, letters, inbox };
            let ended = catch_unwind(AssertUnwindSafe(|| run(config, make, post)));
            let exit = ended.unwrap_or_else(|panic| Exit::Panicked(panics::describe(&*panic)));
            exit_sender.send_replace(Some(exit));
        })?;
        Ok(handle)
    }
}

/// The thread's end of its [`NodeHandle`].
struct Post<S> {
    control: Arc<Control>,
    letters: mpsc::UnboundedSender<Letter<S>>,
    inbox: mpsc::UnboundedReceiver<Letter<S>>,
}

fn run<C: Core>(
    config: ServerConfig,
    make: impl FnOnce(Now) -> Result<C, String>,
    post: Post<C::Status>,
) -> Exit {
    let clock = Clock::of_process();
    let core = match make(clock.now()) {
        Ok(core) => core,
        Err(reason) => return Exit::NotStarted(reason),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return Exit::NotStarted(format!("cannot start its event loop: {error}")),
    };
    let tasks = LocalSet::new();
    let hub = Rc::new(Hub::new(config.limits));
    let node = NodeLoop {
        core,
        clock,
        hub: hub.clone(),
        post,
        flush: config.flush,
        log: config.log,
        dirty: Vec::new(),
        ended: None,
    };
    let listeners = config.listeners;
    // The loop is a task among the connections' tasks: on one wake-up they all run, then the loop.
    let ended = tasks.block_on(&runtime, async move {
        for (kind, socket) in listeners {
            let socket =
                socket.set_nonblocking(true).and_then(|()| tokio::net::TcpListener::from_std(socket));
            match socket {
                Ok(socket) => drop(spawn_local(listener::accept(hub.clone(), socket, kind))),
                Err(error) => return Ok(Exit::NotStarted(format!("cannot accept connections: {error}"))),
            }
        }
        drop(spawn_local(sweep::run(hub)));
        spawn_local(node.run()).await
    });
    ended.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => Exit::Panicked(panics::describe(&*panic)),
        Err(_) => Exit::Killed,
    })
}

struct NodeLoop<C: Core> {
    core: C,
    clock: Clock,
    hub: Rc<Hub>,
    post: Post<C::Status>,
    flush: FlushPool,
    log: LogSink,
    /// Channels that got something to write in this turn.
    dirty: Vec<Rc<Channel>>,
    ended: Option<Exit>,
}

impl<C: Core> NodeLoop<C> {
    async fn run(mut self) -> Exit {
        let mut alarm = Box::pin(tokio::time::sleep(Duration::ZERO));
        loop {
            if self.post.control.checkpoint() == Passed::Killed {
                return Exit::Killed;
            }
            let handled = self.turn();
            if let Some(exit) = self.ended.take() {
                return exit;
            }
            if handled == TURN_EVENTS || !self.hub.events.borrow().is_empty() {
                // Let the connections go on in between.
                tokio::task::yield_now().await;
                continue;
            }
            self.set_alarm(&mut alarm);
            tokio::select! {
                biased;
                () = self.hub.wake.notified() => {}
                letter = self.post.inbox.recv() => if let Some(letter) = letter { self.open(letter) },
                () = alarm.as_mut() => {}
            }
        }
    }

    /// Handles what is ready, then carries out what follows from it; the number of events handled.
    fn turn(&mut self) -> usize {
        while let Ok(letter) = self.post.inbox.try_recv() {
            self.open(letter);
        }
        let mut now = self.clock.now();
        let mut handled = 0;
        while handled < TURN_EVENTS {
            let Some(event) = self.hub.events.borrow_mut().pop_front() else { break };
            self.core.handle(event, now);
            handled += 1;
        }
        if self.core.next_deadline().is_some_and(|deadline| deadline <= now.mono) {
            now = self.clock.now();
            self.core.handle(Event::Tick, now);
        }
        while let Some(output) = self.core.poll_output() {
            self.carry_out(output);
        }
        for channel in self.dirty.drain(..) {
            channel.write_turn(&self.hub);
        }
        handled
    }

    fn open(&mut self, letter: Letter<C::Status>) {
        match letter {
            Letter::Wake => {}
            Letter::Shutdown => self.core.handle(Event::Shutdown, self.clock.now()),
            // Who asked may have lost patience.
            Letter::Status(answer) => drop(answer.send(self.core.status())),
            Letter::Flushed(token, result) => {
                self.core.handle(Event::Flushed { token, result }, self.clock.now());
            }
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Send { conn, frame } => {
                let channel = self.hub.conns.borrow().get(&conn).cloned();
                if let Some(channel) = channel
                    && channel.send(frame, &self.hub)
                {
                    self.dirty.push(channel);
                }
            }
            Output::Close { conn } => {
                let channel = self.hub.conns.borrow_mut().remove(&conn);
                if let Some(channel) = channel {
                    channel.drain();
                }
            }
            Output::Dial { link, host, port } => peers::dial(&self.hub, link, host, port),
            Output::LinkSend { link, frame } => {
                let links = self.hub.links.borrow();
                let channel = links.get(&link).and_then(|link| link.channel.as_ref());
                if let Some(channel) = channel
                    && channel.send(frame.into_iter().map(Into::into), &self.hub)
                {
                    self.dirty.push(channel.clone());
                }
            }
            Output::LinkClose { link } => peers::close(&self.hub, link),
            Output::Flush { token, files, urgent } => {
                let letters = self.post.letters.clone();
                // A node that is gone needs no answer.
                let done = move |result| drop(letters.send(Letter::Flushed(token, result)));
                self.flush.flush(files, urgent, done);
            }
            Output::Log { level, message } => (self.log)(level, &message),
            Output::Stopped => self.ended = Some(Exit::Stopped),
            Output::Fatal { reason } => {
                (self.log)(Level::Error, &format!("the node cannot go on: {reason}"));
                self.ended = Some(Exit::Fatal(reason));
            }
        }
    }

    fn set_alarm(&self, alarm: &mut Pin<Box<Sleep>>) {
        let longest = Instant::now() + LONGEST_SLEEP;
        let deadline =
            self.core.next_deadline().map_or(longest, |deadline: Mono| self.clock.instant(deadline));
        let deadline = tokio::time::Instant::from_std(deadline.min(longest));
        if alarm.deadline() != deadline {
            alarm.as_mut().reset(deadline);
        }
    }
}
