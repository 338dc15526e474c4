//! The timeline: one lane for each kind of event, one column for each stretch of time, the newest at the right.

use std::time::Duration;

use ratatui::layout::Rect;

use crate::event::Kind;
use crate::model::table::Tone;
use crate::model::world::World;
use crate::model::{clock, events};

use super::pen::Pen;

/// Lanes, the most important first: what does not fit is left out from the end.
const LANES: [(&str, &[Kind]); 5] = [
    ("elect", &[Kind::Leader]),
    ("isr -", &[Kind::IsrShrink]),
    ("isr +", &[Kind::IsrExpand]),
    ("fence", &[Kind::Fence, Kind::Unfence]),
    ("ctrl", &[Kind::Controller, Kind::Voters]),
];
/// Spans that a timeline may show.
const SPANS: [u64; 6] = [60, 300, 600, 1_800, 3_600, 21_600];

/// Draws title and lanes.
pub fn draw(pen: &mut Pen<'_>, world: &World, area: Rect) {
    if area.height < 2 || area.width < 30 {
        return;
    }
    let columns = usize::from(area.width - 16);
    let span = span(world);
    let step = span.as_millis() as i64 / columns as i64;
    pen.title(
        area,
        &format!("Timeline  last {}, 1 column = {}", clock::span(span), clock::span(span / columns as u32)),
    );
    for (row, (name, kinds)) in LANES.iter().take(usize::from(area.height) - 1).enumerate() {
        let mut counts = vec![0_u32; columns];
        let mut total = 0_u64;
        for event in world.events.iter().rev() {
            let at = event.when.latest();
            let back = (world.now.0 - at.0).max(0) / step.max(1);
            if back as usize >= columns {
                break;
            }
            if kinds.contains(&event.change.kind()) {
                counts[columns - 1 - back as usize] += 1;
                total += 1;
            }
        }
        let y = row as u16 + 1;
        pen.text(area, y, &format!(" {name:<6}"), pen.theme.tone(Tone::Dim));
        let tone = if total == 0 { Tone::Dim } else { events::tone(kinds[0]) };
        let lane: String = counts.iter().map(|count| mark(*count)).collect();
        let inner = Rect { x: area.x + 7, width: columns as u16, ..area };
        pen.text(inner, y, &lane, pen.theme.tone(tone));
        pen.right(area, y, &clock::count(total as i64), pen.theme.tone(tone));
    }
}

/// How many events a column stands for.
fn mark(count: u32) -> char {
    match count {
        0 => '.',
        1 => ':',
        2..10 => '+',
        _ => '#',
    }
}

/// The shortest span that holds the events of the last hours.
fn span(world: &World) -> Duration {
    let oldest = world.events.front().map_or(world.now, |event| event.when.latest());
    let wanted = world.now.since(oldest).as_secs();
    let seconds = SPANS.into_iter().find(|seconds| *seconds >= wanted).unwrap_or(SPANS[SPANS.len() - 1]);
    Duration::from_secs(seconds.max(600))
}
