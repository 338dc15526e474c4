//! What can happen ([`Msg`]) and what can be wanted ([`Cmd`], [`Intent`]): the only words that the core, the
//! poller and the terminal exchange.
//!
//! ```text
//!   input thread ──Msg──► core: update(model, msg) ──Cmd──► shell: copy, export, suspend, quit
//!   poller       ──Msg──►                          └─Intent─► poller (Focus, Ask, Act)
//! ```
//!
//! The core never waits: an intent is answered some time later by messages, or by [`Msg::Failed`]. A
//! [`Focus`] replaces the one before; equal [`Ask`]s that are under way are asked once.

use std::sync::Arc;
use std::time::Duration;

use kr_client::admin::TopicPartition;
use kr_wire::ids::NodeId;

use crate::event::Event;
use crate::snapshot::{Observation, Time};

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// The mouse was pressed or its wheel turned.
    Mouse(Mouse),
    /// Text was pasted.
    Paste(String),
    /// The screen has this size now; zero is legal.
    Resize {
        /// Columns.
        columns: u16,
        /// Rows.
        rows: u16,
    },
    /// The clock: the only way time gets into the core. About once a second while nothing else happens.
    Tick(Time),
    /// Something was seen.
    Observed(Observation),
    /// Something changed; in the order in which it happened, as far as that is known.
    Events(Vec<Event>),
    /// A question failed: what was known stays, and its age shows.
    Failed(Failure),
    /// What was asked lately, and what it costs; about once a second.
    Traffic(Traffic),
    /// A change ended.
    Acted(Acted),
    /// The end is wanted from outside: SIGTERM, SIGHUP.
    Stop,
}

/// A key, as far as this program tells keys apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Which key.
    pub code: KeyCode,
    /// Whether the control key was down.
    pub ctrl: bool,
    /// Whether the alt key was down.
    pub alt: bool,
}

/// Which key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyCode {
    /// A character, with shift applied.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Up.
    Up,
    /// Down.
    Down,
    /// Left.
    Left,
    /// Right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// What the mouse did. Positions are columns and rows from 0; outside the screen is legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// What it did.
    pub what: MouseAction,
    /// Column.
    pub column: u16,
    /// Row.
    pub row: u16,
}

/// Presses and turns; moves and drags are left to the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseAction {
    /// The left button.
    Press,
    /// The wheel, away from the user.
    WheelUp,
    /// The wheel, towards the user.
    WheelDown,
}

/// A question that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// When.
    pub at: Time,
    /// What was wanted: `the quorum`, `offsets of orders`. Also the key by which a later success clears it.
    pub what: Arc<str>,
    /// The node that was asked, if it was one.
    pub node: Option<NodeId>,
    /// Why, with its causes, not escaped.
    pub error: Arc<str>,
    /// Whether the whole cluster is out of reach.
    pub is_total: bool,
}

/// The cost of looking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests in the last second.
    pub requests: u32,
    /// Bytes received and sent in the last second.
    pub bytes: u64,
    /// The budget in bytes a second.
    pub budget: u64,
    /// Whether lanes are stretched because of the budget.
    pub is_stretched: bool,
    /// How long brokers asked to wait (quotas), the longest.
    pub throttled: Duration,
    /// Whether the metadata log is followed: events are exact then.
    pub is_exact: bool,
    /// Bytes of the recording; none when nothing is recorded.
    pub recorded: Option<u64>,
    /// Requests that ended since the last message, oldest first.
    pub calls: Vec<CallLine>,
}

/// One request, for the log of calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallLine {
    /// When it ended.
    pub at: Time,
    /// API and what it was about: `Metadata all`, `ListOffsets 12 partitions`.
    pub what: Arc<str>,
    /// Who was asked.
    pub node: Option<NodeId>,
    /// Bytes of the answer.
    pub bytes: u64,
    /// How long it took.
    pub took: Duration,
    /// Its error.
    pub error: Option<Arc<str>>,
}

/// How a change of one item ended: done, or why not.
pub type Outcome = Result<(), Arc<str>>;

/// How a change ended, item by item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acted {
    /// What was done.
    pub action: Action,
    /// Each item with its error.
    pub results: Vec<(Arc<str>, Outcome)>,
}

/// Something is wanted by the core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cmd {
    /// From the poller.
    Poll(Intent),
    /// This text in the clipboard (OSC 52).
    Copy(String),
    /// This text in a file of this name in the working directory.
    Export {
        /// The file's name.
        name: String,
        /// What goes into it.
        text: String,
    },
    /// The program stopped, as by Ctrl-Z in a shell.
    Suspend,
    /// The end.
    Quit,
}

/// Something is wanted from the poller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// This is what is looked at now; replaces the one before.
    Focus(Focus),
    /// This once, soon.
    Ask(Ask),
    /// This change, which was shown and confirmed.
    Act(Action),
}

/// What is on the screen: what the lanes of the poller are for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Focus {
    /// Topics whose rows are shown: Metadata and min.insync.replicas of these.
    pub topics: Vec<Arc<str>>,
    /// Partitions whose rows are shown: end offsets of all replicas, and ELR, of these.
    pub partitions: Vec<TopicPartition>,
    /// Whether the list of groups is shown.
    pub group_list: bool,
    /// Groups whose rows are shown: members and offsets of these.
    pub groups: Vec<Arc<str>>,
    /// Whether sizes are shown: log directories.
    pub sizes: bool,
    /// Whether moves are shown: reassignments.
    pub moves: bool,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Everything, now: the user asked for a fresh look.
    Everything,
    /// The leader epochs of a partition.
    Epochs(TopicPartition),
    /// Whether a broker can be reached, and how that fails.
    Reach(NodeId),
    /// The configs of a topic.
    Config(Arc<str>),
}

/// A change of the cluster; sent only after it was shown and confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Elect the preferred leaders of these partitions (reversible).
    ElectPreferred(Vec<TopicPartition>),
}
