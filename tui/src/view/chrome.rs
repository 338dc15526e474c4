//! What stands around every page: the header, the line of screens or crumbs, the `$` line, the line of keys.
//!
//! ```text
//!  kr dev-3 [DEV] 4.1  LIVE age 0.4s  poll  RW  6 rq/s 11.2 KB/s  12:04:31
//!  1Pulse 2Quorum 3Brokers ...                              ?help  :palette
//!  $ kr partition list --under-replicated
//!  enter open  e explain  space pause  / filter  s sort  ? help  q quit
//! ```

use kr_client::admin::TopicPartition;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::commands::COMMANDS;
use crate::model::list::Scope;
use crate::model::table::{Entity, Tone};
use crate::model::world::World;
use crate::model::{Model, Page, Screen, clock};
use crate::snapshot::{Mode, Time};
use crate::theme::Part;
use crate::twin;

use super::pen::{Line, Pen};

/// An age on the screen from which on the picture is called stale.
const STALE_AFTER_S: u64 = 10;

/// The line at the top.
pub fn header(pen: &mut Pen<'_>, model: &Model, area: Rect) {
    let world = model.world();
    let style = pen.theme.part(Part::Header);
    pen.text(area, 0, &" ".repeat(usize::from(area.width)), style);
    let clock = world.zone.clock(model.live.now);
    let right = Rect { width: area.width.saturating_sub(1), ..area };
    pen.right(right, 0, &clock, style);
    let room = Rect { width: right.width.saturating_sub(clock.len() as u16 + 2), ..area };
    let mut pieces = vec![format!(" kr {}", name(model)), state(model)];
    pieces.push(if model.live.traffic.is_exact { "exact" } else { "poll" }.to_owned());
    pieces.push(if model.settings.is_read_only { "RO" } else { "RW" }.to_owned());
    let traffic = &model.live.traffic;
    let stretched = if traffic.is_stretched { " (budget!)" } else { "" };
    pieces.push(format!("{} rq/s {}/s{stretched}", traffic.requests, clock::bytes(traffic.bytes)));
    if !traffic.throttled.is_zero() {
        pieces.push(format!("THROTTLED {}", clock::span(traffic.throttled)));
    }
    if let Some(bytes) = traffic.recorded {
        pieces.push(format!("rec {}", clock::bytes(bytes)));
    }
    // Whole pieces only: half a number misleads.
    let mut text = String::new();
    for piece in pieces {
        let gap = if text.is_empty() { "" } else { "  " };
        if text.width() + gap.len() + piece.width() > usize::from(room.width) && !text.is_empty() {
            break;
        }
        text.push_str(gap);
        text.push_str(&piece);
    }
    pen.text(room, 0, &text, style);
}

fn name(model: &Model) -> String {
    let mut name = model.settings.cluster.clone();
    if model.settings.is_dev {
        name.push_str(" [DEV]");
    }
    let cluster = model.world().cluster.as_ref().map(|seen| &seen.value);
    if let Some(release) = cluster.and_then(|cluster| cluster.release.as_ref()) {
        name.push(' ');
        name.push_str(release);
    }
    if cluster.is_some_and(|cluster| cluster.mode == Some(Mode::ZooKeeper)) {
        name.push_str(" ZooKeeper");
    }
    name
}

fn state(model: &Model) -> String {
    let world = model.world();
    if let Some(frozen) = &model.frozen {
        let held = model.live.events_seen - frozen.events_seen;
        return format!("PAUSED {} newer events held back", clock::count(held as i64));
    }
    let Some(oldest) = oldest(model) else {
        return if world.failures.is_empty() { "connecting" } else { "NO CONNECTION" }.to_owned();
    };
    let age = world.now.since(oldest);
    let word = if age.as_secs() >= STALE_AFTER_S { "STALE" } else { "LIVE" };
    format!("{word} age {}", clock::span(age))
}

/// The age of the oldest datum on the screen.
pub fn oldest(model: &Model) -> Option<Time> {
    let world = model.world();
    let cluster = world.cluster.as_ref().map(|seen| seen.as_of);
    let quorum = world.quorum.as_ref().map(|seen| seen.as_of);
    // While the metadata log is followed, what it told holds until it tells more.
    let is_exact = model.live.traffic.is_exact;
    let topics = if is_exact { quorum } else { world.topics_as_of };
    match (model.page(), model.screen()) {
        (Page::Detail(Entity::Partition(_)) | Page::List { .. }, Screen::Topics | Screen::Partitions)
            if is_exact =>
        {
            topics
        }
        (Page::Detail(Entity::Partition(place)), _) => partition_age(world, place),
        (Page::Detail(Entity::Group(id)), _) => world.group_details.get(id).map(|track| track.latest.as_of),
        (_, Screen::Pulse) => [cluster, quorum, topics].into_iter().flatten().min(),
        (_, Screen::Quorum) => quorum.or(cluster),
        (_, Screen::Brokers) => [cluster, topics].into_iter().flatten().min(),
        (_, Screen::Topics | Screen::Partitions) => {
            let shown = model.list().rows.iter().skip(model.list().top).take(usize::from(model.size.1));
            let table = model.screen().table();
            let ages = shown.filter_map(|row| match (table.entity)(world, *row)? {
                Entity::Partition(place) => partition_age(world, &place),
                Entity::Topic(name) => world.topic(&name).map(|topic| topic.as_of),
                _ => None,
            });
            ages.min().or(topics)
        }
        (_, Screen::Groups) => world.groups.as_ref().map(|seen| seen.as_of),
        (_, Screen::Events) => quorum.or(topics).or(cluster),
    }
}

fn partition_age(world: &World, place: &TopicPartition) -> Option<Time> {
    world.topic(&place.topic).map(|topic| topic.as_of)
}

/// The line of screens, or the way that led to the page.
pub fn tabs(pen: &mut Pen<'_>, model: &Model, area: Rect) {
    let mut line = Line::default();
    if model.path.len() > 1 {
        line = line.part(format!(" {}", crumbs(model)), Part::Title);
        pen.line(Rect { width: area.width.saturating_sub(18), ..area }, 0, &line);
        pen.right(area, 0, "esc back  ? help ", pen.theme.tone(Tone::Dim));
        return;
    }
    for (text, screen) in tab_texts(area.width) {
        let part = if screen == model.screen() { Part::Tab } else { Part::Rule };
        line = line.and(" ", Tone::Plain).part(text, part);
    }
    let used = pen.line(area, 0, &line);
    let rest = Rect { x: area.x + used, width: area.width - used, ..area };
    if rest.width >= 20 {
        pen.right(rest, 0, "? help  : palette ", pen.theme.tone(Tone::Dim));
    }
}

/// The names of screens as they fit: whole, or short.
fn tab_texts(width: u16) -> impl Iterator<Item = (String, Screen)> {
    let room = if width < 70 { 6 } else { usize::MAX };
    Screen::ALL.into_iter().enumerate().map(move |(index, screen)| {
        let name: String = screen.name().chars().take(room).collect();
        (format!("{}{name}", index + 1), screen)
    })
}

/// The screen whose name is at a column.
pub fn tab_at(model: &Model, column: u16) -> Option<Screen> {
    if model.path.len() > 1 {
        return None;
    }
    let mut at = 0;
    for (text, screen) in tab_texts(model.size.0) {
        let end = at + 1 + text.width();
        if (at..end).contains(&usize::from(column)) {
            return Some(screen);
        }
        at = end;
    }
    None
}

/// `Topics > orders > 7`.
fn crumbs(model: &Model) -> String {
    let mut words: Vec<String> = Vec::new();
    for page in &model.path {
        let word = match page {
            Page::List { screen, scope: None } => screen.name().to_owned(),
            Page::List { screen, scope: Some(scope) } => {
                let of = match scope {
                    Scope::Topic(name) => name.to_string(),
                    Scope::Broker(id) => format!("broker {id}"),
                    Scope::Partition(place) => place.to_string(),
                    Scope::Ill => "ill".to_owned(),
                };
                if *screen == Screen::Partitions { of } else { format!("{} of {of}", screen.name()) }
            }
            Page::Detail(Entity::Broker(id)) => format!("broker {id}"),
            Page::Detail(Entity::Voter(id)) => format!("node {id}"),
            Page::Detail(Entity::Topic(name) | Entity::Group(name)) => name.to_string(),
            Page::Detail(Entity::Partition(place)) => match model.path.iter().rev().nth(1) {
                Some(Page::List { scope: Some(Scope::Topic(_)), .. }) => place.partition.to_string(),
                _ => place.to_string(),
            },
            Page::Detail(Entity::Event(number)) => format!("event {number}"),
        };
        words.push(word);
    }
    words.join(" > ")
}

/// The same from the command line, or what cannot be had at the moment.
pub fn twin(pen: &mut Pen<'_>, model: &Model, area: Rect) {
    let failure = model.live.failures.values().max_by_key(|failure| (failure.is_total, failure.at));
    if let Some(failure) = failure {
        let more = model.live.failures.len() - 1;
        let more = if more > 0 { format!("  ({more} more, @ shows calls)") } else { String::new() };
        let at = failure.node.map_or(String::new(), |id| format!(" of node {id}"));
        let text = format!(" ! {}{at}: {}{more}", failure.what, failure.error);
        pen.text(area, 0, &text, pen.theme.tone(Tone::Warn));
        return;
    }
    let line = Line::default().part(" $ ", Part::Key).and(twin::of(model), Tone::Dim);
    pen.line(area, 0, &line);
}

/// The line of keys, or what was done just now.
pub fn footer(pen: &mut Pen<'_>, model: &Model, area: Rect) {
    if let Some((_, text)) = &model.notice {
        pen.text(area, 0, &format!(" {text}"), pen.theme.part(Part::Title));
        return;
    }
    let hinted = COMMANDS.iter().filter(|command| (command.is_possible)(model));
    let mut shown: Vec<(&str, &str)> = hinted
        .filter_map(|command| Some((command.keys[0], command.hint?)))
        .map(|(key, hint)| (key, if hint == "pause" && model.frozen.is_some() { "live" } else { hint }))
        .collect();
    let width = |shown: &[(&str, &str)]| -> usize {
        shown.iter().map(|(key, hint)| key.len() + hint.len() + 3).sum()
    };
    // The last two say how to learn the others, and how to leave: they stay.
    while width(&shown) > usize::from(area.width) && shown.len() > 2 {
        shown.remove(shown.len() - 3);
    }
    let mut line = Line::default();
    for (key, hint) in shown {
        line = line.and(" ", Tone::Plain).part(key, Part::Key).and(format!(" {hint} "), Tone::Plain);
    }
    pen.line(area, 0, &line);
}
