//! Keys while something lies over the page: help, palette, filter, picking of columns, log of calls, confirmation.

use std::sync::Arc;

use kr_client::admin::TopicPartition;
use kr_wire::ids::{NodeId, PartitionId};

use crate::commands::{COMMANDS, Command};
use crate::model::list::Scope;
use crate::model::table::Entity;
use crate::model::{Model, Overlay, Page, Screen};
use crate::msg::{Cmd, Intent, Key, KeyCode};
use crate::update;

/// Characters that an input holds.
const INPUT_MAX: usize = 500;

/// A key while something lies over the page.
pub fn key(model: &mut Model, key: Key) -> Vec<Cmd> {
    let Some(overlay) = model.overlay.take() else { return Vec::new() };
    if key.ctrl && key.code == KeyCode::Char('c') {
        return Vec::new();
    }
    match overlay {
        Overlay::Help { top } => model.overlay = scrolled(key, top).map(|top| Overlay::Help { top }),
        Overlay::Calls { back } => {
            let turned = match key.code {
                KeyCode::Up | KeyCode::Char('k') => Some(back + 1),
                KeyCode::Down | KeyCode::Char('j') => Some(back.saturating_sub(1)),
                KeyCode::PageUp => Some(back + 10),
                KeyCode::PageDown => Some(back.saturating_sub(10)),
                _ => None,
            };
            model.overlay = turned.map(|back| Overlay::Calls { back });
        }
        Overlay::Palette { input, cursor } => return palette_key(model, key, input, cursor),
        Overlay::Filter { input, .. } => filter_key(model, key, input),
        Overlay::Sort { cursor } => sort_key(model, key, cursor),
        Overlay::Columns { cursor } => columns_key(model, key, cursor),
        Overlay::Confirm { action } => match key.code {
            KeyCode::Char('y' | 'Y') => {
                update::notice(model, "sent");
                return vec![Cmd::Poll(Intent::Act(action))];
            }
            KeyCode::Char('n' | 'N' | 'q') | KeyCode::Esc => update::notice(model, "nothing was changed"),
            _ => model.overlay = Some(Overlay::Confirm { action }),
        },
    }
    Vec::new()
}

/// Text that was pasted goes where text is typed, and nowhere else.
pub fn paste(model: &mut Model, text: &str) {
    let text: String = text.chars().filter(|c| !c.is_control()).take(INPUT_MAX).collect();
    if let Some(Overlay::Palette { input, .. } | Overlay::Filter { input, .. }) = &mut model.overlay {
        input.push_str(&text);
        input.truncate(input.char_indices().nth(INPUT_MAX).map_or(input.len(), |(at, _)| at));
    }
}

/// The first line after a key; none when the key closes.
fn scrolled(key: Key, top: usize) -> Option<usize> {
    match key.code {
        KeyCode::Up | KeyCode::Char('k') => Some(top.saturating_sub(1)),
        KeyCode::Down | KeyCode::Char('j') => Some(top + 1),
        KeyCode::PageUp => Some(top.saturating_sub(10)),
        KeyCode::PageDown | KeyCode::Char(' ') => Some(top + 10),
        KeyCode::Home | KeyCode::Char('g') => Some(0),
        _ => None,
    }
}

/// Edits a line of text; false when the key is none of an editor's.
fn edit(input: &mut String, key: Key) -> bool {
    match (key.code, key.ctrl) {
        (KeyCode::Char('u'), true) => input.clear(),
        (KeyCode::Char('w'), true) => {
            let end = input.trim_end().rfind(' ').map_or(0, |at| at + 1);
            input.truncate(end);
        }
        (KeyCode::Char(character), false) if !key.alt => {
            if input.len() < INPUT_MAX {
                input.push(character);
            }
        }
        (KeyCode::Backspace, _) => {
            input.pop();
        }
        _ => return false,
    }
    true
}

fn filter_key(model: &mut Model, key: Key, mut input: String) {
    match key.code {
        KeyCode::Esc => {
            // What was typed counts at once, so leaving takes it back as a whole.
            update::set_filter(model, "").expect("an empty filter can be read");
            return;
        }
        KeyCode::Enter => match update::set_filter(model, &input) {
            Ok(()) => return,
            Err(error) => {
                model.overlay = Some(Overlay::Filter { input, error: Some(error) });
                return;
            }
        },
        _ => {}
    }
    edit(&mut input, key);
    let error = update::set_filter(model, &input).err();
    model.overlay = Some(Overlay::Filter { input, error });
}

fn sort_key(model: &mut Model, key: Key, cursor: usize) {
    let screen = model.screen();
    let columns = screen.table().columns;
    match picked(key, cursor, columns.len()) {
        Picked::At(cursor) => model.overlay = Some(Overlay::Sort { cursor }),
        Picked::Taken => {
            let id = columns[cursor.min(columns.len() - 1)].id;
            let list = model.lists.get_mut(&screen).expect("every screen has a list");
            let largest_first = match list.sort {
                Some((now, largest_first)) if now == id => !largest_first,
                _ => columns[cursor.min(columns.len() - 1)].is_right,
            };
            list.sort = Some((id, largest_first));
            model.rebuild();
        }
        Picked::Left => {}
    }
}

fn columns_key(model: &mut Model, key: Key, cursor: usize) {
    let screen = model.screen();
    let columns = screen.table().columns;
    let is_toggle = matches!(key.code, KeyCode::Char(' ') | KeyCode::Enter);
    if is_toggle {
        let id = columns[cursor.min(columns.len() - 1)].id;
        let list = model.lists.get_mut(&screen).expect("every screen has a list");
        let is_last = list.hidden.len() + 1 == columns.len();
        if !list.hidden.remove(id) && !is_last {
            list.hidden.insert(id);
        }
        model.overlay = Some(Overlay::Columns { cursor });
        return;
    }
    if let Picked::At(cursor) = picked(key, cursor, columns.len()) {
        model.overlay = Some(Overlay::Columns { cursor });
    }
}

enum Picked {
    At(usize),
    Taken,
    Left,
}

fn picked(key: Key, cursor: usize, count: usize) -> Picked {
    match key.code {
        KeyCode::Up | KeyCode::Char('k') => Picked::At(cursor.saturating_sub(1)),
        KeyCode::Down | KeyCode::Char('j') => Picked::At((cursor + 1).min(count.saturating_sub(1))),
        KeyCode::Home => Picked::At(0),
        KeyCode::End => Picked::At(count.saturating_sub(1)),
        KeyCode::Enter => Picked::Taken,
        _ => Picked::Left,
    }
}

fn palette_key(model: &mut Model, key: Key, mut input: String, cursor: usize) -> Vec<Cmd> {
    let count = found(model, &input).len();
    let cursor = match key.code {
        KeyCode::Esc => return Vec::new(),
        KeyCode::Enter => return chosen(model, &input, cursor),
        KeyCode::Up => cursor.saturating_sub(1),
        KeyCode::Down => (cursor + 1).min(count.saturating_sub(1)),
        _ => {
            edit(&mut input, key);
            0
        }
    };
    model.overlay = Some(Overlay::Palette { input, cursor });
    Vec::new()
}

fn chosen(model: &mut Model, input: &str, cursor: usize) -> Vec<Cmd> {
    if let Some(page) = jump(input) {
        let screen = match &page {
            Page::List { screen, .. } => *screen,
            Page::Detail(Entity::Broker(_) | Entity::Voter(_)) => Screen::Brokers,
            Page::Detail(Entity::Group(_)) => Screen::Groups,
            Page::Detail(_) => Screen::Partitions,
        };
        let parent = match &page {
            Page::List { .. } => Page::whole(Screen::Topics),
            Page::Detail(_) => Page::whole(screen),
        };
        update::go(model, vec![parent, page]);
        return Vec::new();
    }
    match found(model, input).get(cursor) {
        Some(command) => update::run(model, command.what),
        None => {
            update::notice(model, format!("no command \"{input}\""));
            Vec::new()
        }
    }
}

/// Commands that can be done now and whose name or title holds the letters in their order; the best first.
pub fn found(model: &Model, input: &str) -> Vec<&'static Command> {
    let wanted = input.trim().to_lowercase();
    let mut found: Vec<(usize, &'static Command)> = COMMANDS
        .iter()
        .filter(|command| (command.is_possible)(model))
        .filter_map(|command| Some((distance(command, &wanted)?, command)))
        .collect();
    found.sort_by_key(|(distance, _)| *distance);
    found.into_iter().map(|(_, command)| command).collect()
}

/// How far a command is from what was typed; none when it is something else.
fn distance(command: &Command, wanted: &str) -> Option<usize> {
    if command.name.starts_with(wanted) {
        return Some(0);
    }
    if command.name.contains(wanted) {
        return Some(1);
    }
    if command.title.to_lowercase().contains(wanted) {
        return Some(2);
    }
    let mut letters = command.name.chars();
    wanted.chars().all(|letter| letters.any(|other| other == letter)).then_some(3)
}

/// A place by its name: `topic orders`, `partition orders-7`, `broker 3`, `group billing`.
fn jump(input: &str) -> Option<Page> {
    let (kind, name) = input.trim().split_once(' ')?;
    let name = name.trim();
    Some(match kind {
        "topic" => Page::List { screen: Screen::Partitions, scope: Some(Scope::Topic(Arc::from(name))) },
        "broker" => Page::Detail(Entity::Broker(NodeId(name.parse().ok()?))),
        "group" => Page::Detail(Entity::Group(Arc::from(name))),
        "partition" => {
            let (topic, number) = name.rsplit_once(['-', ' ', ':'])?;
            let number = PartitionId(number.parse().ok()?);
            Page::Detail(Entity::Partition(TopicPartition::new(topic, number)))
        }
        _ => return None,
    })
}
