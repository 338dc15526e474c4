//! Pulse: health, quorum, brokers, the worst partitions, events and timeline on one page.

use ratatui::layout::Rect;

use crate::layout;
use crate::model::table::Tone;
use crate::model::world::World;
use crate::model::{Model, Screen, brokers, clock, groups, quorum};
use crate::theme::Part;

use super::pen::{Line, Pen};
use super::{list, newest_events, timeline};

/// Draws the page.
pub fn draw(pen: &mut Pen<'_>, model: &Model, area: Rect) {
    let panes = layout::pulse(area);
    let world = model.world();
    pen.title(panes.health, "Health");
    for (row, line) in health(world).iter().enumerate() {
        pen.line(panes.health, row as u16 + 1, line);
    }
    pen.title(panes.brokers, "Brokers");
    broker_lines(pen, world, panes.brokers);
    pen.title(panes.quorum, "Quorum");
    quorum_lines(pen, world, panes.quorum);
    pen.wall(panes.quorum);
    if let Some(area) = panes.groups {
        pen.title(area, "Groups");
        group_lines(pen, world, area);
        pen.wall(area);
    }
    worst(pen, model, panes.worst);
    newest_events(pen, model, panes.events, "Events (7 for all)");
    timeline::draw(pen, world, panes.timeline);
}

fn health(world: &World) -> [Line; 2] {
    let counts = world.counts;
    if world.topics_as_of.is_none() {
        return [Line::dim(" asking for topics"), Line::default()];
    }
    let figure = |line: Line, count: usize, name: &str, marks: &str, tone: Tone| {
        let marks = if count > 0 { format!("{marks} ") } else { String::new() };
        let tone = if count > 0 { tone } else { Tone::Dim };
        line.and(format!("{marks}{} {name}", clock::count(count as i64)), tone).and("  ", Tone::Plain)
    };
    let first = figure(Line::plain(" "), counts.under_replicated, "URP", "!", Tone::Warn);
    let first = figure(first, counts.under_min, "<MIN", "!!", Tone::Bad);
    let first = figure(first, counts.offline, "OFFLINE", "!!!", Tone::Bad);
    let moving = world.moving.as_ref().and_then(|seen| seen.value.as_ref().ok()).map(Vec::len);
    let second = figure(Line::plain(" "), counts.not_preferred, "not preferred", "", Tone::Note);
    let second = match moving {
        Some(count) => figure(second, count, "moving", "", Tone::Note),
        None => second.and("moving ?  ", Tone::Dim),
    };
    let second = second.and(format!("of {}", clock::count(counts.partitions as i64)), Tone::Dim);
    [first, second]
}

fn broker_lines(pen: &mut Pen<'_>, world: &World, area: Rect) {
    if area.height < 2 {
        return;
    }
    // A pane of less than half of 80 columns holds what needs a look, and no more.
    let is_narrow = area.width < 40;
    let head = match is_narrow {
        true => format!(" {:>4} {:<8} {:>5} {:>5}", "id", "state", "leads", "URP"),
        false => {
            format!(" {:>4} {:<8} {:>5} {:>6} {:>5} {:>6}", "id", "state", "leads", "repl", "URP", "m-lag")
        }
    };
    pen.text(area, 1, &head, pen.theme.part(Part::Head));
    let room = usize::from(area.height) - 2;
    let mut all: Vec<_> = world.brokers().iter().collect();
    // Those that need a look come first where not all have room.
    let load = |id| world.loads.get(&id).copied().unwrap_or_default();
    if all.len() > room {
        all.sort_by_key(|broker| (!broker.is_fenced, -load(broker.id).lagging, broker.id));
    }
    let shown = if all.len() > room { room.saturating_sub(1) } else { room };
    for (row, broker) in all.iter().take(shown).enumerate() {
        let state = if broker.is_fenced { ("FENCED !", Tone::Bad) } else { ("up", Tone::Good) };
        let load = load(broker.id);
        let lag = brokers::metadata_lag(world, broker.id).map_or("?".to_owned(), clock::count);
        let lagging = if load.lagging > 0 { Tone::Warn } else { Tone::Dim };
        let line = Line::plain(format!(" {:>4} ", broker.id))
            .and(format!("{:<8} ", state.0), state.1)
            .and(format!("{:>5} ", clock::count(load.leads)), Tone::Plain);
        let urp = format!("{:>5}", clock::count(load.lagging));
        let line = match is_narrow {
            true => line.and(urp, lagging),
            false => line
                .and(format!("{:>6} ", clock::count(load.replicas)), Tone::Plain)
                .and(urp, lagging)
                .and(format!(" {lag:>6}"), Tone::Plain),
        };
        pen.line(area, row as u16 + 2, &line);
    }
    if all.len() > shown {
        let more = format!(" {} more (3)", all.len() - shown);
        pen.text(area, shown as u16 + 2, &more, pen.theme.tone(Tone::Dim));
    }
}

fn quorum_lines(pen: &mut Pen<'_>, world: &World, area: Rect) {
    let mut lines = super::quorum::short(world);
    let table = &quorum::QUORUM;
    let field = |id: &str, row| {
        let column = table.column(id).expect("the quorum's table has this column");
        ((column.tone)(world, row), list::shown(&(column.value)(world, row)))
    };
    for row in (table.rows)(world) {
        let (role, state) = (field("role", row), field("state", row));
        let text = format!(
            " {:>3} lag {:>4} fetch {:>5} ",
            field("id", row).1,
            field("lag", row).1,
            field("fetch", row).1
        );
        let initial: String = role.1.chars().take(1).collect::<String>().to_uppercase();
        lines.push(Line::plain(" ").and(initial, role.0).and(text, Tone::Plain).and(state.1, state.0));
    }
    let body = Rect { y: area.y + 1.min(area.height), height: area.height.saturating_sub(1), ..area };
    let room = usize::from(body.height);
    if lines.len() > room && room > 0 {
        let hidden = lines.len() - room + 1;
        lines.truncate(room - 1);
        lines.push(Line::dim(format!(" {hidden} more (2)")));
    }
    pen.lines(body, &lines, 0);
}

fn group_lines(pen: &mut Pen<'_>, world: &World, area: Rect) {
    let Some(seen) = &world.groups else {
        pen.text(area, 1, " asking", pen.theme.tone(Tone::Dim));
        return;
    };
    let room = usize::from(area.height.saturating_sub(1));
    let all = &seen.value.0;
    let shown = if all.len() > room { room.saturating_sub(1) } else { room };
    for (row, group) in all.iter().take(shown).enumerate() {
        let track = world.group_details.get(&group.id);
        let lag = track.and_then(|track| track.lag.last()).map_or("-".to_owned(), clock::count);
        let trend = track.and_then(groups::trend).unwrap_or("-");
        let state = group.state.as_deref().unwrap_or("?");
        let name = super::pen::fitted(&group.id, 22, pen.theme.cut());
        let line = Line::plain(format!(" {name:<22} {state:<10} {lag:>10}  {trend}"));
        pen.line(area, row as u16 + 1, &line);
    }
    if all.len() > shown {
        let more = format!(" {} more (6)", all.len() - shown);
        pen.text(area, shown as u16 + 1, &more, pen.theme.tone(Tone::Dim));
    }
    if all.is_empty() {
        pen.text(area, 1, " none", pen.theme.tone(Tone::Dim));
    }
}

fn worst(pen: &mut Pen<'_>, model: &Model, area: Rect) {
    if area.height == 0 {
        return;
    }
    let list = model.list();
    let count = clock::count(list.rows.len() as i64);
    pen.title(area, &format!("Worst partitions: {count} (enter opens, e explains)"));
    let body = Rect { y: area.y + 1, height: area.height - 1, ..area };
    if list.rows.is_empty() {
        let text = match model.world().topics_as_of {
            Some(_) => " none: all replicas are in sync",
            None => " asking for topics",
        };
        pen.text(body, 0, text, pen.theme.tone(Tone::Good));
        return;
    }
    list::draw(pen, model, list, Screen::Pulse.table(), body);
}
