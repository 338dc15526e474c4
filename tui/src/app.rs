//! The shell around the core: takes messages from the terminal, the poller, the clock and signals, gives them to the
//! core, and carries out what it wants. Decides nothing.

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use crate::model::clock::Zone;
use crate::model::world::World;
use crate::model::{Model, Settings};
use crate::msg::{Cmd, Intent, Msg};
use crate::snapshot::Time;
use crate::terminal::{self, Order, Renderer};
use crate::theme::Theme;
use crate::update;

/// Messages that may wait for the core. A source that is faster waits.
const MESSAGES: usize = 1_024;
/// Messages that are folded in before the screen is drawn again.
const BATCH: usize = 256;
/// The least time between two frames.
const GAP: Duration = Duration::from_millis(33);
/// The same over SSH, where each frame is a packet.
const GAP_REMOTE: Duration = Duration::from_millis(100);

/// What the screen is told at the start.
#[derive(Debug)]
pub struct AppOptions {
    /// Names and permissions.
    pub settings: Settings,
    /// Colours and signs.
    pub theme: Theme,
    /// Whether the mouse is used.
    pub with_mouse: bool,
    /// Whether the terminal is on another machine.
    pub is_remote: bool,
    /// Where exported files go.
    pub directory: PathBuf,
}

/// Runs until the user has enough. `poll` is the source of what is seen: it ends when it is dropped.
///
/// Errors: when the terminal cannot be used.
pub async fn run<P, F>(options: AppOptions, poll: P) -> io::Result<()>
where
    P: FnOnce(mpsc::UnboundedReceiver<Intent>, mpsc::Sender<Msg>) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    let title = format!("kr {}", options.settings.cluster);
    let gap = if options.is_remote { GAP_REMOTE } else { GAP };
    terminal::install_panic_hook();
    terminal::enter(&title, options.with_mouse)?;
    let renderer = Renderer::start(title, options.with_mouse, gap).inspect_err(|_| terminal::leave())?;
    let (tell, messages) = mpsc::channel(MESSAGES);
    let (intents, wanted) = mpsc::unbounded_channel();
    let poller = tokio::spawn(poll(wanted, tell.clone()));
    let (notes, noted) = mpsc::channel(8);
    let world = World { zone: Zone(jiff::tz::TimeZone::system()), now: now(), ..World::default() };
    let mut model = Model::new(options.settings, options.theme, world);
    model.size = crossterm::terminal::size().unwrap_or((80, 24));
    let core = Core { model, renderer, intents, notes, directory: options.directory };
    let outcome = match terminal::read(tell) {
        Ok(()) => core.run(messages, noted).await,
        Err(error) => {
            core.renderer.leave();
            Err(error)
        }
    };
    poller.abort();
    outcome
}

struct Core {
    model: Model,
    renderer: Renderer,
    intents: mpsc::UnboundedSender<Intent>,
    notes: mpsc::Sender<String>,
    directory: PathBuf,
}

/// Signals that end the program or stop it.
struct Signals {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
    stop: Signal,
    go_on: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        // Neither has a name in tokio's list; the numbers of these are not the same everywhere.
        let stop = SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw());
        let go_on = SignalKind::from_raw(rustix::process::Signal::CONT.as_raw());
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            stop: signal(stop)?,
            go_on: signal(go_on)?,
        })
    }
}

impl Core {
    async fn run(
        mut self,
        mut messages: mpsc::Receiver<Msg>,
        mut noted: mpsc::Receiver<String>,
    ) -> io::Result<()> {
        let mut signals = Signals::listen().inspect_err(|_| self.renderer.leave())?;
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut drawn = None;
        loop {
            let mut wanted = update::settle(&mut self.model);
            if drawn != Some(self.model.revision) {
                drawn = Some(self.model.revision);
                self.renderer.order(Order::Draw(Arc::new(self.model.clone())));
            }
            wanted.extend(tokio::select! {
                Some(msg) = messages.recv() => self.fold(msg, &mut messages),
                Some(note) = noted.recv() => {
                    update::notice(&mut self.model, note);
                    self.model.revision += 1;
                    Vec::new()
                }
                _ = second.tick() => update::fold(&mut self.model, Msg::Tick(now())),
                _ = signals.terminate.recv() => vec![Cmd::Quit],
                _ = signals.hang_up.recv() => vec![Cmd::Quit],
                _ = signals.interrupt.recv() => vec![Cmd::Quit],
                _ = signals.stop.recv() => vec![Cmd::Suspend],
                _ = signals.go_on.recv() => {
                    self.come_back();
                    Vec::new()
                }
            });
            for cmd in wanted {
                if cmd == Cmd::Quit {
                    self.renderer.leave();
                    return Ok(());
                }
                self.carry_out(cmd);
            }
        }
    }

    /// Folds in a message and those that wait behind it, so that many make one frame.
    fn fold(&mut self, first: Msg, messages: &mut mpsc::Receiver<Msg>) -> Vec<Cmd> {
        let mut wanted = update::fold(&mut self.model, first);
        for _ in 1..BATCH {
            // A key must see lists as they are on the screen.
            let Ok(msg) = messages.try_recv() else { break };
            if matches!(msg, Msg::Key(_) | Msg::Mouse(_)) {
                wanted.extend(update::settle(&mut self.model));
            }
            wanted.extend(update::fold(&mut self.model, msg));
        }
        wanted
    }

    fn carry_out(&mut self, cmd: Cmd) {
        match cmd {
            // A poller that has ended is shown by the ages on the screen.
            Cmd::Poll(intent) => _ = self.intents.send(intent),
            Cmd::Copy(text) => self.renderer.order(Order::Copy(text)),
            Cmd::Export { name, text } => self.export(name, text),
            Cmd::Suspend => self.suspend(),
            Cmd::Quit => {}
        }
    }

    fn export(&self, name: String, text: String) {
        let path = self.directory.join(&name);
        let notes = self.notes.clone();
        tokio::spawn(async move {
            let note = match write_new(&path, &text).await {
                Ok(()) => format!("written: {}", path.display()),
                Err(error) => format!("cannot write {}: {error}", path.display()),
            };
            let _ = notes.send(note).await;
        });
    }

    /// Gives the terminal back and stops, as a shell's Ctrl-Z does; SIGCONT takes it over again.
    fn suspend(&mut self) {
        self.renderer.leave();
        // The whole group, as the terminal does it: a wrapper must stop, too. Without one there is nothing to do.
        let _ = rustix::process::kill_current_process_group(rustix::process::Signal::STOP);
    }

    fn come_back(&mut self) {
        self.renderer.order(Order::Enter);
        self.model.size = crossterm::terminal::size().unwrap_or(self.model.size);
        self.model.revision += 1;
    }
}

async fn write_new(path: &std::path::Path, text: &str) -> io::Result<()> {
    use tokio::io::AsyncWriteExt;
    let mut file = tokio::fs::OpenOptions::new().write(true).create_new(true).open(path).await?;
    file.write_all(text.as_bytes()).await?;
    file.flush().await
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
