//! The commands, as data: name, title, keys, where they work, how dangerous they are. Help, palette and the line of
//! keys are made from this table, and keys are looked up in it.

use std::fmt;

use crate::model::table::Entity;
use crate::model::{Model, Page, Screen};
use crate::msg::{Key, KeyCode};

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Do {
    /// Moves the cursor, or the detail, by rows.
    Move(isize),
    /// Moves by pages.
    MovePage(isize),
    /// To the first row.
    First,
    /// To the last row.
    Last,
    /// Opens what the cursor is on.
    Open,
    /// Back to where one came from.
    Back,
    /// Opens a screen.
    Go(Screen),
    /// To where one was before.
    Previous,
    /// Moves the keys to the other pane.
    NextPane,
    /// Gives the pane the whole page.
    Zoom,
    /// Narrows the list.
    Filter,
    /// Picks the column to sort by.
    Sort,
    /// Turns the order around.
    Reverse,
    /// Shows and hides columns.
    Columns,
    /// Holds the picture, or lets it go on.
    Pause,
    /// Marks the row.
    Mark,
    /// Marks all rows that are shown.
    MarkAll,
    /// Says why a partition is as it is.
    Explain,
    /// Shows leader epochs.
    History,
    /// The events of what the cursor is on.
    EventsOf,
    /// Elects preferred leaders.
    ElectPreferred,
    /// Asks for everything anew.
    Refresh,
    /// Copies the command line.
    CopyTwin,
    /// Writes the list into a file.
    Export,
    /// Finds commands by their names.
    Palette,
    /// What keys do.
    Help,
    /// The log of calls.
    Calls,
    /// Switches colours.
    Theme,
    /// Stops the program, as a shell's Ctrl-Z.
    Suspend,
    /// The end.
    Quit,
}

/// How much a command can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Danger {
    /// Only looks (L0).
    Looks,
    /// Changes what can be changed back; asks once (L1).
    Reversible,
}

/// A command.
pub struct Command {
    /// What it does.
    pub what: Do,
    /// Its name in the palette.
    pub name: &'static str,
    /// What it does, in words.
    pub title: &'static str,
    /// Its keys, as they are written.
    pub keys: &'static [&'static str],
    /// Whether it can be done now.
    pub is_possible: fn(&Model) -> bool,
    /// How much it can break.
    pub danger: Danger,
    /// Its word in the line of keys; none when it is not there.
    pub hint: Option<&'static str>,
    /// Under which head it stands in the help.
    pub group: &'static str,
}

const fn command(
    what: Do,
    name: &'static str,
    keys: &'static [&'static str],
    group: &'static str,
    title: &'static str,
) -> Command {
    Command { what, name, title, keys, is_possible: |_| true, danger: Danger::Looks, hint: None, group }
}

impl Command {
    const fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    const fn when(self, is_possible: fn(&Model) -> bool) -> Self {
        Self { is_possible, ..self }
    }

    /// Whether a key is one of its own.
    pub fn has_key(&self, key: Key) -> bool {
        self.keys.iter().any(|text| parse_key(text) == Some(key))
    }
}

const MOVE: &str = "Move";
const OPEN: &str = "Open and go back";
const LIST: &str = "Lists";
const LOOK: &str = "Look";
const CHANGE: &str = "Change";
const PROGRAM: &str = "Program";

/// All commands, in the order of help and line of keys.
pub static COMMANDS: &[Command] = &[
    command(Do::Open, "open", &["enter", "right", "l"], OPEN, "open what the cursor is on; unfold events")
        .hint("open")
        .when(|model| matches!(model.page(), Page::List { .. }) && model.list().cursor.is_some()),
    command(Do::Back, "back", &["esc", "left", "backspace"], OPEN, "back to where you came from")
        .hint("back")
        .when(|model| model.path.len() > 1 || !model.list().filter.is_empty() || model.in_detail),
    command(Do::Go(Screen::Pulse), "pulse", &["1"], OPEN, "everything at a glance"),
    command(Do::Go(Screen::Quorum), "quorum", &["2"], OPEN, "the metadata quorum: leader, epoch, voters"),
    command(Do::Go(Screen::Brokers), "brokers", &["3"], OPEN, "brokers: up or fenced, what they lead"),
    command(Do::Go(Screen::Topics), "topics", &["4"], OPEN, "topics"),
    command(Do::Go(Screen::Partitions), "partitions", &["5"], OPEN, "partitions: leader, epoch, ISR, lag"),
    command(Do::Go(Screen::Groups), "groups", &["6"], OPEN, "groups: state, epochs, lag"),
    command(Do::Go(Screen::Events), "events", &["7"], OPEN, "events: what changed, when, how it is known"),
    command(Do::Previous, "previous", &["-"], OPEN, "to where you were before")
        .when(|m| m.previous.is_some()),
    command(Do::Move(1), "down", &["down", "j"], MOVE, "one row down"),
    command(Do::Move(-1), "up", &["up", "k"], MOVE, "one row up"),
    command(Do::MovePage(1), "page-down", &["pagedown", "ctrl-d"], MOVE, "one page down"),
    command(Do::MovePage(-1), "page-up", &["pageup", "ctrl-u"], MOVE, "one page up"),
    command(Do::First, "first", &["g", "home"], MOVE, "to the first row"),
    command(Do::Last, "last", &["G", "end"], MOVE, "to the last row"),
    command(Do::NextPane, "pane", &["tab", "backtab"], MOVE, "keys to the other pane").when(has_two_panes),
    command(Do::Zoom, "zoom", &["z"], MOVE, "give the pane the whole page; again: undo").when(has_two_panes),
    command(Do::Explain, "explain", &["e"], LOOK, "why the partition is as it is: rules with their evidence")
        .hint("explain")
        .when(|model| is_elsewhere(model) && model.subject_partition().is_some()),
    command(Do::History, "history", &["h"], LOOK, "leader epochs of the partition, asked anew")
        .hint("epochs")
        .when(|model| model.subject_partition().is_some()),
    command(Do::EventsOf, "events-of", &["E"], LOOK, "events of what the cursor is on")
        .when(|model| model.screen() != Screen::Events && scope_of(model).is_some()),
    command(Do::Pause, "pause", &["space"], LOOK, "hold the picture while events go on; again: live")
        .hint("pause"),
    command(Do::Refresh, "refresh", &["ctrl-r"], LOOK, "ask for everything anew"),
    command(Do::Calls, "calls", &["@"], LOOK, "requests that were sent, their size and time"),
    command(
        Do::Filter,
        "filter",
        &["/"],
        LIST,
        "narrow the list: words, or field op value: isr<rf  topic~pay",
    )
    .hint("filter")
    .when(has_list),
    command(Do::Sort, "sort", &["s"], LIST, "pick the column to sort by").hint("sort").when(has_list),
    command(Do::Reverse, "reverse", &["S"], LIST, "turn the order around")
        .when(|model| has_list(model) && model.list().sort.is_some()),
    command(Do::Columns, "columns", &["c"], LIST, "show and hide columns").hint("columns").when(has_list),
    command(Do::Mark, "mark", &["m"], LIST, "mark the row, or take its mark away").when(has_partitions),
    command(Do::MarkAll, "mark-all", &["M"], LIST, "mark all rows that are shown, or none")
        .when(has_partitions),
    command(Do::Export, "export", &["x"], LIST, "write the list as CSV into the working directory")
        .when(has_list),
    Command {
        danger: Danger::Reversible,
        ..command(
            Do::ElectPreferred,
            "elect-preferred",
            &["p"],
            CHANGE,
            "elect the preferred leader of what is marked, or of the partition",
        )
        .when(|model| !model.settings.is_read_only && !electable(model).is_empty())
    },
    command(Do::CopyTwin, "copy-command", &["y"], PROGRAM, "copy the $ line: the same from the command line"),
    command(
        Do::Palette,
        "palette",
        &[":"],
        PROGRAM,
        "find commands by name; also `topic orders`, `broker 3`",
    ),
    command(Do::Help, "help", &["?"], PROGRAM, "what keys do").hint("help"),
    command(
        Do::Theme,
        "theme",
        &["T"],
        PROGRAM,
        "next colours: dark, light, high contrast, colour-blind, none",
    ),
    command(Do::Suspend, "suspend", &["ctrl-z"], PROGRAM, "to the shell; `fg` comes back"),
    command(Do::Quit, "quit", &["q", "ctrl-c"], PROGRAM, "quit").hint("quit"),
];

/// The command of a key, where it can be done now.
pub fn of_key(model: &Model, key: Key) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.has_key(key) && (command.is_possible)(model))
}

/// Partitions that an election of preferred leaders would change: those marked, or the one under the cursor.
pub fn electable(model: &Model) -> Vec<kr_client::admin::TopicPartition> {
    let world = model.world();
    let marks = &model.list().marks;
    let wanted: Vec<_> = if marks.is_empty() {
        model.subject_partition().cloned().into_iter().collect()
    } else {
        marks
            .iter()
            .filter_map(|entity| match entity {
                Entity::Partition(place) => Some(place.clone()),
                _ => None,
            })
            .collect()
    };
    wanted
        .into_iter()
        .filter(|place| {
            world.partition(place).is_some_and(|partition| {
                let first = partition.replicas.first();
                first.copied() != partition.leader && first.is_some_and(|first| partition.isr.contains(first))
            })
        })
        .collect()
}

/// What the events of the thing under the cursor are narrowed to.
pub fn scope_of(model: &Model) -> Option<crate::model::list::Scope> {
    use crate::model::list::Scope;
    match model.subject()? {
        Entity::Broker(id) | Entity::Voter(id) => Some(Scope::Broker(*id)),
        Entity::Topic(name) => Some(Scope::Topic(name.clone())),
        Entity::Partition(place) => Some(Scope::Partition(place.clone())),
        Entity::Group(_) | Entity::Event(_) => None,
    }
}

fn has_list(model: &Model) -> bool {
    matches!(model.page(), Page::List { screen, .. } if *screen != Screen::Pulse)
}

fn has_partitions(model: &Model) -> bool {
    matches!(model.page(), Page::List { screen: Screen::Partitions, .. })
}

fn is_elsewhere(model: &Model) -> bool {
    !matches!(model.page(), Page::Detail(Entity::Partition(_)))
}

fn has_two_panes(model: &Model) -> bool {
    let is_zoomed_list = model.is_zoomed;
    crate::layout::Layout::of(model).is_some_and(|layout| layout.detail.is_some() || is_zoomed_list)
}

/// Reads a key as it is written in the table.
pub fn parse_key(text: &str) -> Option<Key> {
    let (ctrl, name) = match text.strip_prefix("ctrl-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "backspace" => KeyCode::Backspace,
        "delete" => KeyCode::Delete,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pageup" => KeyCode::PageUp,
        "pagedown" => KeyCode::PageDown,
        "space" => KeyCode::Char(' '),
        _ => {
            let mut characters = name.chars();
            let (first, rest) = (characters.next()?, characters.next());
            if rest.is_some() {
                return None;
            }
            KeyCode::Char(first)
        }
    };
    Some(Key { code, ctrl, alt: false })
}

impl fmt::Display for Danger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Looks => "looks only",
            Self::Reversible => "asks once; can be taken back",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn no_key_has_two_commands() {
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for command in COMMANDS {
            for key in command.keys {
                let other = owners.insert(key, command.name);
                assert_eq!(other, None, "{key} is also the key of {}", command.name);
            }
        }
    }

    #[test]
    fn every_key_can_be_read_and_every_name_is_there_once() {
        let mut names = std::collections::BTreeSet::new();
        for command in COMMANDS {
            assert!(names.insert(command.name), "{} is there twice", command.name);
            assert!(!command.keys.is_empty(), "{} has no key", command.name);
            for key in command.keys {
                assert!(parse_key(key).is_some(), "{key} of {} is no key", command.name);
            }
        }
    }
}
