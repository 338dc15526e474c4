//! Draws the model. Pure: the same model and size give the same frame, on a terminal as in a test.

pub mod chrome;
mod detail;
mod group;
mod list;
mod overlays;
pub mod pen;
mod pulse;
mod quorum;
mod replicas;
mod timeline;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::layout::{self, Layout, MIN_COLUMNS, MIN_ROWS};
use crate::model::table::Tone;
use crate::model::{Model, Page, Screen, clock, events};

use pen::{Line, Pen};

/// Draws a frame.
pub fn draw(model: &Model, buffer: &mut Buffer) {
    let screen = buffer.area;
    let mut pen = Pen::new(buffer, model.theme);
    let Some(layout) = Layout::of(model) else {
        too_small(&mut pen, model, screen);
        return;
    };
    chrome::header(&mut pen, model, layout.header);
    chrome::tabs(&mut pen, model, layout.tabs);
    match model.page() {
        Page::List { screen: Screen::Pulse, .. } => pulse::draw(&mut pen, model, layout.main),
        Page::List { .. } => {
            main_list(&mut pen, model, layout.main);
            if let Some(area) = layout.detail {
                side(&mut pen, model, area);
            }
        }
        Page::Detail(entity) => {
            let (title, lines) = detail::of(model, entity, layout.main.width);
            page(&mut pen, model, layout.main, &title, &lines);
        }
    }
    if let Some(area) = layout.events {
        newest_events(&mut pen, model, area, "Events (7 for all)");
    }
    if let Some(area) = layout.timeline {
        timeline::draw(&mut pen, model.world(), area);
        if layout.events.is_some() {
            pen.wall(area);
        }
    }
    chrome::twin(&mut pen, model, layout.twin);
    chrome::footer(&mut pen, model, layout.footer);
    overlays::draw(&mut pen, model, screen);
}

/// One line, and what is not well, so that a small window still warns.
fn too_small(pen: &mut Pen<'_>, model: &Model, screen: Rect) {
    let counts = model.world().counts;
    let text = format!("terminal too small, {MIN_COLUMNS}x{MIN_ROWS} needed");
    pen.text(screen, 0, &text, pen.theme.tone(Tone::Plain));
    let text =
        format!("URP {}  <MIN {}  OFFLINE {}", counts.under_replicated, counts.under_min, counts.offline);
    pen.text(
        screen,
        1,
        &text,
        pen.theme.tone(if counts.under_replicated > 0 { Tone::Bad } else { Tone::Good }),
    );
}

fn main_list(pen: &mut Pen<'_>, model: &Model, area: Rect) {
    if area.width == 0 {
        return;
    }
    let screen = model.screen();
    let list = model.list();
    pen.title(area, &list_title(model));
    let above = 1 + layout::list_head_rows(model).min(area.height.saturating_sub(1));
    let head = Rect { y: area.y + 1, height: above - 1, ..area };
    if screen == Screen::Quorum {
        quorum::head(pen, model, head);
    }
    let rest = Rect { y: area.y + above, height: area.height.saturating_sub(above), ..area };
    list::draw(pen, model, list, screen.table(), rest);
    if list.rows.is_empty() {
        empty(pen, model, rest);
    }
}

/// Says why there is nothing to be seen.
fn empty(pen: &mut Pen<'_>, model: &Model, area: Rect) {
    let world = model.world();
    let screen = model.screen();
    let text = match screen {
        _ if !model.list().filter.is_empty() => "nothing matches the filter (esc takes it away)".to_owned(),
        Screen::Quorum => match world.quorum.as_ref().map(|seen| &seen.value) {
            Some(Err(gap)) => format!("the quorum cannot be seen: {gap}"),
            _ => "asking for the quorum".to_owned(),
        },
        Screen::Events => "nothing changed since this was started".to_owned(),
        Screen::Groups if world.groups.is_some() => "no groups".to_owned(),
        Screen::Topics | Screen::Partitions if world.topics_as_of.is_some() => "no topics".to_owned(),
        _ => "asking the cluster".to_owned(),
    };
    let below = Rect { y: area.y + 1.min(area.height), height: area.height.saturating_sub(1), ..area };
    for (row, line) in Line::dim(format!("   {text}")).wrapped(area.width, 3).iter().enumerate() {
        pen.line(below, row as u16, line);
    }
}

/// `Partitions: 412 shown of 9,981   filter isr<rf   sorted by behind`.
fn list_title(model: &Model) -> String {
    let list = model.list();
    let total = clock::count(list.total as i64);
    let screen = model.screen();
    let mut title = match list.filter.is_empty() {
        true => format!("{}: {total}", screen.name()),
        false => format!("{}: {} shown of {total}", screen.name(), clock::count(list.rows.len() as i64)),
    };
    if !list.filter.is_empty() {
        title.push_str(&format!("   filter: {}", list.filter.text()));
    }
    if !list.marks.is_empty() {
        title.push_str(&format!("   {} marked", list.marks.len()));
    }
    if screen == Screen::Groups {
        let missing = model.world().groups.as_ref().map_or(0, |seen| seen.value.1.len());
        if missing > 0 {
            title.push_str(&format!("   {missing} brokers did not tell theirs"));
        }
    }
    title
}

/// The detail of what the cursor is on, beside the list.
fn side(pen: &mut Pen<'_>, model: &Model, area: Rect) {
    pen.wall(area);
    match &model.list().cursor {
        Some(entity) => {
            let (title, lines) = detail::of(model, entity, area.width);
            page(pen, model, area, &title, &lines);
        }
        None => pen.title(area, "nothing here"),
    }
}

/// A title and lines, from the line that was scrolled to.
fn page(pen: &mut Pen<'_>, model: &Model, area: Rect, title: &str, lines: &[Line]) {
    pen.title(area, title);
    let body = Rect { y: area.y + 1.min(area.height), height: area.height.saturating_sub(1), ..area };
    let last_top = lines.len().saturating_sub(usize::from(body.height));
    pen.lines(body, lines, model.detail_top.min(last_top));
}

/// The newest events in short.
fn newest_events(pen: &mut Pen<'_>, model: &Model, area: Rect, title: &str) {
    if area.height == 0 {
        return;
    }
    pen.title(area, title);
    let world = model.world();
    // Enough for the fold to find what is alike, not all that is kept.
    const LOOKED_AT: usize = 5_000;
    let numbers = (world.first_event()..world.events_seen).rev().take(LOOKED_AT);
    let mut rows: Vec<_> = numbers.map(crate::model::table::Row).collect();
    events::fold(world, &mut rows, &Default::default());
    let columns = events::EVENTS.columns;
    let value = |id: &str, row| {
        columns.iter().find(|column| column.id == id).map(|column| list::shown(&(column.value)(world, row)))
    };
    for (index, row) in rows.iter().take(usize::from(area.height) - 1).enumerate() {
        let text = |id| value(id, *row).unwrap_or_default();
        let tone =
            columns.iter().find(|column| column.id == "kind").map_or(Tone::Plain, |c| (c.tone)(world, *row));
        let what = text("what").replace("   (enter unfolds)", "");
        let line = Line::default()
            .and(format!(" {:<15} ", text("time")), Tone::Dim)
            .and(format!("{:<8} ", text("kind")), tone)
            .and(format!("{:<16} ", text("subject")), Tone::Plain)
            .and(what, Tone::Plain);
        pen.line(area, index as u16 + 1, &line);
    }
    if rows.is_empty() {
        pen.text(area, 1, " nothing changed since this was started", pen.theme.tone(Tone::Dim));
    }
}
