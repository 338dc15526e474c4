//! The terminal: into the mode that the screen needs and out of it, whatever happens.
//!
//! What [`enter`] does, [`leave`] undoes, all of it: alternate screen, raw mode, mouse, paste, cursor, title. It is
//! undone at the end, on errors, by the panic hook, before the program is stopped and when a signal ends it. Leaving
//! twice is harmless.

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, EnableBracketedPaste, Event, KeyEventKind, KeyModifiers, MouseButton,
    MouseEventKind,
};
use crossterm::style::{Print, ResetColor, force_color_output};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::model::Model;
use crate::msg::{Key, KeyCode, Mouse, MouseAction, Msg};
use crate::view;

/// Presses and wheel only, in the form without limits of columns; moves stay with the terminal.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";
/// The terminal keeps its title on a stack (xterm).
const TITLE_KEEP: &str = "\x1b[22;0t";
const TITLE_BACK: &str = "\x1b[23;0t";
/// Text that a clipboard takes; terminals drop more.
const COPY_MAX: usize = 70_000;

/// Whether the terminal is in our mode: the panic hook and the end ask this.
static IS_ENTERED: AtomicBool = AtomicBool::new(false);

/// Takes the terminal over.
///
/// Errors: when it has no raw mode, or cannot be written to.
pub fn enter(title: &str, with_mouse: bool) -> io::Result<()> {
    // Our theme decides about colour; crossterm's own way of obeying NO_COLOR loses bold and reverse.
    force_color_output(true);
    enable_raw_mode()?;
    IS_ENTERED.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    queue!(out, Print(TITLE_KEEP), EnterAlternateScreen, EnableBracketedPaste, Hide, SetTitle(title))?;
    if with_mouse {
        queue!(out, Print(MOUSE_ON))?;
    }
    queue!(out, Clear(ClearType::All))?;
    out.flush()
}

/// Gives the terminal back, if it was taken over.
pub fn leave() {
    if !IS_ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    // Nothing can be done about a terminal that is gone.
    let _ = execute!(
        io::stdout(),
        EndSynchronizedUpdate,
        Print(MOUSE_OFF),
        DisableBracketedPaste,
        ResetColor,
        Show,
        LeaveAlternateScreen,
        Print(TITLE_BACK)
    );
    let _ = disable_raw_mode();
}

/// Gives the terminal back before a panic is told, so that its text can be read.
pub fn install_panic_hook() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        leave();
        before(info);
    }));
}

/// What the renderer is told.
#[derive(Debug)]
pub enum Order {
    /// This is how things are now.
    Draw(Arc<Model>),
    /// This text in the clipboard of the terminal (OSC 52).
    Copy(String),
    /// Give the terminal back, and say when it is done.
    Leave(mpsc::SyncSender<()>),
    /// Take the terminal over again.
    Enter,
}

/// The thread that owns the terminal. It draws the newest model only, and not more often than its gap allows.
#[derive(Debug)]
pub struct Renderer {
    orders: mpsc::Sender<Order>,
}

impl Renderer {
    /// Starts the thread; the terminal was entered before.
    pub fn start(title: String, with_mouse: bool, gap: Duration) -> io::Result<Self> {
        let (orders, inbox) = mpsc::channel();
        let screen = Screen { terminal: terminal()?, title, with_mouse, is_ours: true };
        thread::Builder::new().name("kr-tui-draw".to_owned()).spawn(move || render(screen, &inbox, gap))?;
        Ok(Self { orders })
    }

    /// Tells the renderer something. One that has ended is told nothing: the end is near anyway.
    pub fn order(&self, order: Order) {
        let _ = self.orders.send(order);
    }

    /// Has the terminal given back, and waits until it is.
    pub fn leave(&self) {
        let (done, wait) = mpsc::sync_channel(1);
        self.order(Order::Leave(done));
        let _ = wait.recv_timeout(Duration::from_secs(1));
        leave();
    }
}

type Out = BufWriter<Stdout>;

struct Screen {
    terminal: Terminal<CrosstermBackend<Out>>,
    title: String,
    with_mouse: bool,
    is_ours: bool,
}

fn terminal() -> io::Result<Terminal<CrosstermBackend<Out>>> {
    Terminal::new(CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, io::stdout())))
}

fn render(mut screen: Screen, inbox: &mpsc::Receiver<Order>, gap: Duration) {
    while let Ok(first) = inbox.recv() {
        let mut newest = None;
        for order in std::iter::once(first).chain(inbox.try_iter()) {
            match order {
                Order::Draw(model) => newest = Some(model),
                other => screen.obey(other),
            }
        }
        let Some(model) = newest.filter(|_| screen.is_ours) else { continue };
        let begun = Instant::now();
        if screen.draw(&model).is_err() {
            // The terminal is gone; the core learns that from its input.
            return;
        }
        thread::sleep(gap.saturating_sub(begun.elapsed()));
    }
}

impl Screen {
    fn draw(&mut self, model: &Model) -> io::Result<()> {
        queue!(self.terminal.backend_mut(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| view::draw(model, frame.buffer_mut()))?;
        execute!(self.terminal.backend_mut(), EndSynchronizedUpdate)
    }

    fn obey(&mut self, order: Order) {
        // A terminal that fails here fails at the next frame, too, and that is told.
        match order {
            Order::Draw(_) => {}
            Order::Copy(text) => {
                let text: String = text.chars().take(COPY_MAX).collect();
                let sequence = format!("\x1b]52;c;{}\x07", STANDARD.encode(text));
                let _ = execute!(self.terminal.backend_mut(), Print(sequence));
            }
            Order::Leave(done) => {
                self.is_ours = false;
                leave();
                let _ = done.send(());
            }
            Order::Enter => {
                leave();
                // A new one has empty buffers. Clearing the old one would ask where the cursor is, and the answer
                // would wait behind the thread that reads the terminal. The old one shows the cursor when it goes.
                if let Ok(fresh) = terminal() {
                    self.terminal = fresh;
                }
                let _ = enter(&self.title, self.with_mouse);
                self.is_ours = true;
            }
        }
    }
}

/// Reads the terminal on a thread of its own, without a timer, until nobody listens or the terminal is gone.
pub fn read(tell: tokio::sync::mpsc::Sender<Msg>) -> io::Result<()> {
    thread::Builder::new().name("kr-tui-input".to_owned()).spawn(move || {
        loop {
            let Ok(event) = crossterm::event::read() else {
                let _ = tell.blocking_send(Msg::Stop);
                return;
            };
            if let Some(msg) = message(event)
                && tell.blocking_send(msg).is_err()
            {
                return;
            }
        }
    })?;
    Ok(())
}

/// What an event of the terminal means here; none when it means nothing.
fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
            let alt = key.modifiers.contains(KeyModifiers::ALT);
            Some(Msg::Key(Key { code: key_code(key.code)?, ctrl, alt }))
        }
        Event::Mouse(mouse) => {
            let what = match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => MouseAction::Press,
                MouseEventKind::ScrollUp => MouseAction::WheelUp,
                MouseEventKind::ScrollDown => MouseAction::WheelDown,
                _ => return None,
            };
            Some(Msg::Mouse(Mouse { what, column: mouse.column, row: mouse.row }))
        }
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(columns, rows) => Some(Msg::Resize { columns, rows }),
        Event::Key(_) | Event::FocusGained | Event::FocusLost => None,
    }
}

fn key_code(code: crossterm::event::KeyCode) -> Option<KeyCode> {
    use crossterm::event::KeyCode as Code;
    Some(match code {
        Code::Char(character) => KeyCode::Char(character),
        Code::Enter => KeyCode::Enter,
        Code::Esc => KeyCode::Esc,
        Code::Tab => KeyCode::Tab,
        Code::BackTab => KeyCode::BackTab,
        Code::Backspace => KeyCode::Backspace,
        Code::Delete => KeyCode::Delete,
        Code::Up => KeyCode::Up,
        Code::Down => KeyCode::Down,
        Code::Left => KeyCode::Left,
        Code::Right => KeyCode::Right,
        Code::Home => KeyCode::Home,
        Code::End => KeyCode::End,
        Code::PageUp => KeyCode::PageUp,
        Code::PageDown => KeyCode::PageDown,
        _ => return None,
    })
}
