//! A group in detail, as lines: members with their epochs, partitions with their lag.

use crate::model::clock;
use crate::model::groups::{CatchUp, catch_up, trend};
use crate::model::table::Tone;
use crate::model::world::{GroupTrack, World};
use crate::snapshot::{GroupMember, GroupOffset};
use crate::theme::Part;

use super::pen::Line;

/// Partitions of a group that are listed.
const SHOWN_MAX: usize = 500;

/// The lines of a group.
pub fn lines(world: &World, id: &str, width: u16) -> Vec<Line> {
    let Some(track) = world.group_details.get(id) else {
        return vec![Line::dim(" its coordinator was not asked yet")];
    };
    let detail = &track.latest.value;
    let mut lines = head(track).wrapped(width, 1);
    lines.push(Line::default());
    lines.push(Line::default().part(format!(" {} members", detail.members.len()), Part::Title));
    lines.extend(
        detail.members.iter().flat_map(|member| self::member(member, detail.epoch).wrapped(width, 3)),
    );
    lines.push(Line::default());
    match &detail.offsets {
        Ok(offsets) => {
            let head = format!(" {:<24} {:>12} {:>12} {:>10}", "partition", "committed", "end", "lag");
            lines.push(Line::default().part(head, Part::Head));
            lines.extend(offsets.iter().take(SHOWN_MAX).map(offset));
            if offsets.len() > SHOWN_MAX {
                let more = offsets.len() - SHOWN_MAX;
                lines.push(Line::dim(format!(
                    " {} more: kr group lag {id} --partitions",
                    clock::count(more as i64)
                )));
            }
        }
        Err(gap) => lines.push(Line::dim(format!(" offsets are not known: {gap}"))),
    }
    lines
}

fn head(track: &GroupTrack) -> Line {
    let detail = &track.latest.value;
    let lag = track.lag.last().map_or("?".to_owned(), clock::count);
    let left = match catch_up(track) {
        CatchUp::Done => "caught up".to_owned(),
        CatchUp::In(span) => format!("caught up in {}", clock::span(span)),
        CatchUp::Never => "never catches up like this".to_owned(),
        CatchUp::Unknown => "not measured long enough".to_owned(),
    };
    let mut line = Line::plain(format!(" {}", detail.state));
    if let Some(assignor) = &detail.assignor {
        line = line.and(format!("  assignor {assignor}"), Tone::Dim);
    }
    if let Some(epoch) = detail.epoch {
        let is_late = detail.assignment_epoch.is_some_and(|assigned| assigned < epoch);
        line = line.and(format!("  epoch {epoch}"), Tone::Plain);
        if let Some(assigned) = detail.assignment_epoch {
            line =
                line.and(format!("  assignment {assigned}"), if is_late { Tone::Warn } else { Tone::Plain });
        }
    }
    line.and("  lag ", Tone::Dim)
        .and(lag, Tone::Leader)
        .and(format!("  {}, {left}", trend(track).unwrap_or("?")), Tone::Plain)
}

/// A member; one whose epoch is behind the group's, or that has something else than it shall have, is marked.
fn member(member: &GroupMember, group_epoch: Option<i32>) -> Line {
    let name = member.instance.as_deref().unwrap_or(&member.client);
    let mut line = Line::plain(format!(" {name}  {}  has {} partitions", member.host, member.assigned.len()));
    if let Some(epoch) = member.epoch {
        let is_late = group_epoch.is_some_and(|group| epoch < group);
        line = line.and(format!("  epoch {epoch}"), if is_late { Tone::Warn } else { Tone::Plain });
    }
    if let Some(target) = member.target.as_ref().filter(|target| **target != member.assigned) {
        line = line.and(format!("  shall have {} !", target.len()), Tone::Warn);
    }
    line.and(format!("  {}", member.id), Tone::Dim)
}

fn offset(offset: &GroupOffset) -> Line {
    let committed = offset.committed.map_or("none".to_owned(), |at| clock::count(at.0));
    let (end, lag) = match (&offset.end, offset.committed) {
        (Ok(end), Some(at)) => (clock::count(end.0), clock::count((*end - at).max(0))),
        (Ok(end), None) => (clock::count(end.0), "-".to_owned()),
        (Err(_), _) => ("?".to_owned(), "?".to_owned()),
    };
    Line::plain(format!(" {:<24} {committed:>12} {end:>12} {lag:>10}", offset.place.to_string()))
}
