//! What lies over a page: help, palette, filter, columns, calls, confirmation.

use ratatui::layout::Rect;

use crate::commands::{COMMANDS, Danger};
use crate::model::table::Tone;
use crate::model::{Model, Overlay, clock};
use crate::msg::Action;
use crate::theme::Part;
use crate::{overlay, twin};

use super::pen::{Line, Pen};

/// Draws what lies over the page, if anything does.
pub fn draw(pen: &mut Pen<'_>, model: &Model, screen: Rect) {
    match &model.overlay {
        None => {}
        Some(Overlay::Help { top }) => help(pen, model, screen, *top),
        Some(Overlay::Palette { input, cursor }) => palette(pen, model, screen, input, *cursor),
        Some(Overlay::Filter { input, error }) => filter(pen, screen, input, error.as_deref()),
        Some(Overlay::Sort { cursor }) => columns(pen, model, screen, *cursor, false),
        Some(Overlay::Columns { cursor }) => columns(pen, model, screen, *cursor, true),
        Some(Overlay::Calls { back }) => calls(pen, model, screen, *back),
        Some(Overlay::Confirm { action }) => confirm(pen, model, screen, action),
    }
}

/// A box in the middle of the screen, emptied, with a title and a last line that says how it closes.
fn window(pen: &mut Pen<'_>, screen: Rect, width: u16, height: u16, title: &str, close: &str) -> Rect {
    let (width, height) = (width.min(screen.width), height.min(screen.height));
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    };
    pen.clear(area);
    pen.title(area, title);
    let wall = pen.theme.wall();
    let style = pen.theme.part(Part::Rule);
    for row in 1..height.saturating_sub(1) {
        pen.text(area, row, wall, style);
        pen.right(area, row, wall, style);
    }
    let last = Rect { y: area.y + height.saturating_sub(1), height: height.min(1), ..area };
    pen.title(last, close);
    Rect {
        x: area.x + 2.min(width),
        y: area.y + 1,
        width: width.saturating_sub(4),
        height: height.saturating_sub(2),
    }
}

fn help(pen: &mut Pen<'_>, model: &Model, screen: Rect, top: usize) {
    let width = screen.width.saturating_sub(4).min(100);
    let mut lines = Vec::new();
    let mut group = "";
    for command in COMMANDS {
        if command.group != group {
            group = command.group;
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.push(Line::default().part(group, Part::Title));
        }
        let danger = match command.danger {
            Danger::Looks => String::new(),
            danger => format!(" ({danger})"),
        };
        let line = Line::default()
            .part(format!("{:<20}", command.keys.join(" ")), Part::Key)
            .and(format!("{}{danger}", command.title), Tone::Plain);
        lines.extend(line.wrapped(width.saturating_sub(4), 20));
    }
    lines.push(Line::default());
    lines.push(Line::default().part(
        format!("Columns of {} (their names are the fields of the filter)", model.screen().name()),
        Part::Title,
    ));
    for column in model.screen().table().columns {
        let line = Line::default()
            .part(format!("{:<20}", column.id), Part::Key)
            .and(format!("{}: {}", column.title, column.about), Tone::Plain);
        lines.extend(line.wrapped(width.saturating_sub(4), 20));
    }
    let area = window(
        pen,
        screen,
        width,
        screen.height.saturating_sub(2),
        "Help",
        "up down scroll, any other key closes",
    );
    let last_top = lines.len().saturating_sub(usize::from(area.height));
    pen.lines(area, &lines, top.min(last_top));
}

fn palette(pen: &mut Pen<'_>, model: &Model, screen: Rect, input: &str, cursor: usize) {
    let close = "enter runs, esc closes; also: topic NAME, broker ID, group NAME, partition NAME-N";
    let area = window(pen, screen, 90, screen.height.min(18), "Commands", close);
    pen.line(area, 0, &Line::default().part(": ", Part::Key).and(format!("{input}_"), Tone::Plain));
    let room = usize::from(area.height.saturating_sub(1));
    let found = overlay::found(model, input);
    let top = (cursor + 1).saturating_sub(room);
    for (row, command) in found.iter().skip(top).take(room).enumerate() {
        let line = Line::default()
            .part(format!("{:<16} ", command.name), Part::Key)
            .and(format!("{:<12} ", command.keys.first().copied().unwrap_or_default()), Tone::Dim)
            .and(command.title, Tone::Plain);
        pen.line(area, row as u16 + 1, &line);
        if row + top == cursor {
            pen.shade(area, row as u16 + 1, Part::Cursor);
        }
    }
    if found.is_empty() {
        pen.text(area, 1, "no command of this name", pen.theme.tone(Tone::Dim));
    }
}

/// The filter takes the place of the last two lines, so that the list is seen while it is typed.
fn filter(pen: &mut Pen<'_>, screen: Rect, input: &str, error: Option<&str>) {
    let area = Rect { y: screen.bottom().saturating_sub(2), height: 2.min(screen.height), ..screen };
    pen.clear(area);
    pen.line(area, 0, &Line::default().part(" / ", Part::Key).and(format!("{input}_"), Tone::Plain));
    match error {
        Some(error) => _ = pen.text(area, 1, &format!(" {error}"), pen.theme.tone(Tone::Warn)),
        None => {
            let text = " words, or field op value: isr<rf  topic~pay|orders  !moved   enter keeps, esc drops, ? lists fields";
            pen.text(area, 1, text, pen.theme.tone(Tone::Dim));
        }
    }
}

fn columns(pen: &mut Pen<'_>, model: &Model, screen: Rect, cursor: usize, is_choice: bool) {
    let columns = model.screen().table().columns;
    let (title, close) = if is_choice {
        ("Columns", "space shows or hides, esc closes")
    } else {
        ("Sort by", "enter sorts, again turns around, esc closes")
    };
    let area = window(pen, screen, 70, columns.len() as u16 + 2, title, close);
    let room = usize::from(area.height);
    let top = (cursor + 1).saturating_sub(room);
    let list = model.list();
    for (row, column) in columns.iter().skip(top).take(room).enumerate() {
        let sign = match (is_choice, list.hidden.contains(column.id), list.sort) {
            (true, true, _) => "[ ]",
            (true, false, _) => "[x]",
            (false, _, Some((id, largest_first))) if id == column.id => {
                if largest_first {
                    " v "
                } else {
                    " ^ "
                }
            }
            _ => "   ",
        };
        let line = Line::default()
            .part(format!("{sign} {:<12} ", column.title), Part::Key)
            .and(column.about, Tone::Plain);
        pen.line(area, row as u16, &line);
        if row + top == cursor {
            pen.shade(area, row as u16, Part::Cursor);
        }
    }
}

fn calls(pen: &mut Pen<'_>, model: &Model, screen: Rect, back: usize) {
    let world = &model.live;
    let width = screen.width.saturating_sub(4).min(120);
    let area = window(
        pen,
        screen,
        width,
        screen.height.saturating_sub(4),
        "Calls",
        "up down scroll, any other key closes",
    );
    let failures = world.failures.values().map(|failure| {
        let node = failure.node.map_or(String::new(), |id| format!(" of node {id}"));
        let text =
            format!("{} failed: {}{node}: {}", world.zone.clock(failure.at), failure.what, failure.error);
        Line::default().and(text, Tone::Warn)
    });
    let mut lines: Vec<Line> = failures.flat_map(|line| line.wrapped(area.width, 2)).collect();
    lines.extend(world.calls.iter().map(|call| {
        let node = call.node.map_or("any".to_owned(), |id| id.to_string());
        let text = format!(
            "{} {:<26} node {node:<4} {:>9} {:>7}",
            world.zone.clock(call.at),
            call.what,
            clock::bytes(call.bytes),
            clock::span(call.took)
        );
        match &call.error {
            Some(error) => Line::plain(text).and(format!("  {error}"), Tone::Warn),
            None => Line::plain(text),
        }
    }));
    if lines.is_empty() {
        lines.push(Line::dim("nothing was sent yet"));
    }
    let last_top = lines.len().saturating_sub(usize::from(area.height));
    pen.lines(area, &lines, last_top.saturating_sub(back));
}

fn confirm(pen: &mut Pen<'_>, model: &Model, screen: Rect, action: &Action) {
    let Action::ElectPreferred(places) = action;
    let width = screen.width.saturating_sub(8).min(84);
    let world = model.world();
    let mut lines = vec![
        Line::plain("request  ").and(twin::of_election(places), Tone::Leader),
        Line::plain("effect   each gets a new leader in a new epoch; producers and consumers look it up"),
    ];
    for place in places.iter().take(6) {
        let Some(partition) = world.partition(place) else { continue };
        let id = |node: Option<kr_wire::ids::NodeId>| node.map_or("none".to_owned(), |id| id.to_string());
        let text = format!(
            "         {place}: {} > {}",
            id(partition.leader),
            id(partition.replicas.first().copied())
        );
        lines.push(Line::plain(text));
    }
    if places.len() > 6 {
        lines.push(Line::dim(format!("         {} more", places.len() - 6)));
    }
    lines.push(Line::plain("back     it can be taken back by another election"));
    let lines: Vec<Line> =
        lines.into_iter().flat_map(|line| line.wrapped(width.saturating_sub(4), 9)).collect();
    let title = format!("Elect preferred leaders of {} partitions?", places.len());
    let area =
        window(pen, screen, width, lines.len() as u16 + 2, &title, "y sends it, n or esc does nothing");
    pen.lines(area, &lines, 0);
}
