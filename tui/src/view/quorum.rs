//! The quorum in a few lines: leader, epoch and since when, high watermark, how many voters may fail.

use ratatui::layout::Rect;

use crate::event::When;
use crate::model::table::Tone;
use crate::model::world::World;
use crate::model::{Model, clock, events};
use crate::snapshot::Mode;
use crate::why;

use super::pen::{Line, Pen};

/// Draws the lines above the table of replicas.
pub fn head(pen: &mut Pen<'_>, model: &Model, area: Rect) {
    let lines = lines(model.world());
    for (row, line) in lines.iter().take(usize::from(area.height)).enumerate() {
        pen.line(area, row as u16, line);
    }
}

/// The quorum in three lines.
pub fn lines(world: &World) -> Vec<Line> {
    let Some(quorum) = world.known_quorum() else {
        return unseen(world);
    };
    let leader = quorum.leader.map_or("none !!!".to_owned(), |id| format!("node {id}"));
    let epoch = quorum.epoch.map_or("?".to_owned(), |epoch| epoch.to_string());
    let mut first =
        Line::plain(" leader ").and(leader, Tone::Leader).and(format!("  epoch {epoch}"), Tone::Plain);
    if let Some(reign) = world.reigns.front() {
        first = first.and(format!("  since {}", world.zone.when(reign.since)), Tone::Dim);
    }
    if let Some(before) = world.reigns.get(1) {
        let epoch = before.epoch.map_or("?".to_owned(), |epoch| epoch.to_string());
        let node = before.leader.map_or("none".to_owned(), |id| id.to_string());
        first = first.and(format!("  (before: node {node}, epoch {epoch})"), Tone::Dim);
    }
    let mark = quorum.high_watermark.map_or("?".to_owned(), |mark| clock::count(mark.0));
    let rate = world.quorum_marks.rate().map_or("?".to_owned(), |rate| format!("{}/s", clock::rate(rate)));
    let leader_end =
        quorum.voters.iter().find(|voter| Some(voter.id) == quorum.leader).and_then(|voter| voter.end);
    let open = match (leader_end, quorum.high_watermark) {
        (Some(end), Some(mark)) => clock::count((end - mark).max(0)),
        _ => "?".to_owned(),
    };
    let second = Line::plain(format!(" HW {mark}  {rate}  LEO-HW {open}"));
    vec![first, second, margin(world)]
}

/// The quorum in lines for a narrow pane.
pub fn short(world: &World) -> Vec<Line> {
    let Some(quorum) = world.known_quorum() else { return unseen(world) };
    let leader = quorum.leader.map_or("none !!!".to_owned(), |id| id.to_string());
    let epoch = quorum.epoch.map_or("?".to_owned(), |epoch| epoch.to_string());
    let since = world.reigns.front().map_or(String::new(), |reign| match reign.since {
        When::Between(from, _) if from.0 <= 0 => String::new(),
        when => format!("  since {}", world.zone.moment(when.latest(), world.now)),
    });
    let mark = quorum.high_watermark.map_or("?".to_owned(), |mark| clock::count(mark.0));
    let rate = world.quorum_marks.rate().map_or("?".to_owned(), clock::rate);
    vec![
        Line::plain(" leader ").and(leader, Tone::Leader).and(format!("  epoch {epoch}{since}"), Tone::Plain),
        Line::plain(format!(" HW {mark}  {rate}/s")),
        margin(world),
    ]
}

fn margin(world: &World) -> Line {
    let Some(margin) = why::margin(world) else { return Line::default() };
    let line = Line::plain(format!(" {} of {} voters: ", margin.current, margin.voters));
    let line = match margin.may_fail() {
        Some(0) => line.and("no more may fail !!", Tone::Bad),
        Some(1) => line.and("1 more may fail", Tone::Good),
        Some(count) => line.and(format!("{count} more may fail"), Tone::Good),
        None => line.and("NO MAJORITY !!!", Tone::Bad),
    };
    if margin.lost.is_empty() {
        line
    } else {
        line.and(format!("  lost: {}", events::ids(&margin.lost)), Tone::Warn)
    }
}

/// What can be said without a quorum to look at.
fn unseen(world: &World) -> Vec<Line> {
    let cluster = world.cluster.as_ref().map(|seen| &seen.value);
    match (world.quorum.as_ref().map(|seen| &seen.value), cluster) {
        (_, Some(cluster)) if cluster.mode == Some(Mode::ZooKeeper) => {
            let controller =
                cluster.zookeeper_controller.map_or("unknown".to_owned(), |id| format!("broker {id}"));
            vec![
                Line::plain(" ZooKeeper mode: there is no quorum; controller ").and(controller, Tone::Leader),
                Line::dim(" its epoch cannot be asked for"),
            ]
        }
        (Some(Err(gap)), _) => vec![Line::plain(format!(" not known: {gap}"))],
        _ => vec![Line::dim(" asking")],
    }
}
