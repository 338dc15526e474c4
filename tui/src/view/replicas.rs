//! A partition's replicas and leader epochs, as lines.

use std::time::Duration;

use kr_client::admin::TopicPartition;
use kr_wire::ids::NodeId;

use crate::model::clock;
use crate::model::table::Tone;
use crate::model::world::World;
use crate::snapshot::Partition;
use crate::theme::Part;

use super::pen::Line;

/// Heads and a line for each replica; columns from the right are left out where there is no room.
pub fn lines(world: &World, place: &TopicPartition, partition: &Partition<'_>, width: u16) -> Vec<Line> {
    let mut head = format!(" {:>4}  {:<8} {:<6} {:>12} {:>9}", "id", "role", "in ISR", "log end", "behind");
    let has_rate = width >= 66;
    let has_size = width >= 76;
    if has_rate {
        head.push_str(&format!(" {:>9} {:>9}", "rate/s", "catch-up"));
    }
    if has_size {
        head.push_str(&format!(" {:>9}", "size"));
    }
    let mut lines = vec![Line::default().part(head, Part::Head)];
    for id in partition.replicas {
        lines.push(line(world, place, partition, *id, has_rate, has_size));
    }
    lines
}

fn line(
    world: &World,
    place: &TopicPartition,
    partition: &Partition<'_>,
    id: NodeId,
    has_rate: bool,
    has_size: bool,
) -> Line {
    let is_leader = partition.leader == Some(id);
    let in_isr = partition.isr.contains(&id);
    let ends = world.ends.get(place).map(|track| &track.latest.value.ends);
    let end = ends.and_then(|ends| ends.iter().find(|(node, _)| *node == id)).map(|(_, end)| end);
    let end_text = match end {
        Some(Ok(end)) => clock::count(end.0),
        Some(Err(_)) => "?".to_owned(),
        None => "-".to_owned(),
    };
    let behind = world.behind(place, id).filter(|_| !is_leader);
    let behind_text = behind.map_or("-".to_owned(), clock::count);
    let rate = |node: NodeId| world.ends.get(place)?.samples.get(&node)?.rate();
    let role = if is_leader { ("leader", Tone::Leader) } else { ("follower", Tone::Plain) };
    let sync = if in_isr { ("yes", Tone::Good) } else { ("NO !", Tone::Warn) };
    let mut line = Line::plain(format!(" {id:>4}  "))
        .and(format!("{:<8} ", role.0), role.1)
        .and(format!("{:<6} ", sync.0), sync.1)
        .and(format!("{end_text:>12} {behind_text:>9}"), Tone::Plain);
    if has_rate {
        let rate_text = rate(id).map_or("-".to_owned(), clock::rate);
        let left = catch_up(behind, rate(id), partition.leader.and_then(rate));
        line = line.and(format!(" {rate_text:>9} {left:>9}"), Tone::Plain);
    }
    if has_size {
        let size = world.size(place, id).map_or("-".to_owned(), clock::bytes);
        line = line.and(format!(" {size:>9}"), Tone::Plain);
    }
    if let Some(Err(gap)) = end {
        line = line.and(format!("  {gap}"), Tone::Dim);
    }
    line
}

/// How long a replica needs to catch up at the rates of now.
fn catch_up(behind: Option<i64>, own: Option<f64>, leader: Option<f64>) -> String {
    match (behind, own, leader) {
        (Some(0), ..) => "-".to_owned(),
        (Some(behind), Some(own), Some(leader)) if own > leader => {
            let left = Duration::try_from_secs_f64(behind as f64 / (own - leader));
            left.map_or("never".to_owned(), clock::span)
        }
        // In step with the leader: what it lacks is on its way.
        (Some(behind), Some(own), Some(leader)) if behind <= 100 && own > leader * 0.9 => "<1s".to_owned(),
        (Some(_), Some(_), Some(_)) => "never".to_owned(),
        _ => "-".to_owned(),
    }
}

/// Leader epochs of a partition, newest first.
pub fn epochs(world: &World, place: &TopicPartition) -> Vec<Line> {
    let Some(history) = world.epochs.get(place) else {
        return vec![Line::dim(" not asked yet: h asks")];
    };
    let epochs = match &history.value.epochs {
        Ok(epochs) => epochs,
        Err(gap) => return vec![Line::dim(format!(" not known: {gap}"))],
    };
    let head = format!(
        " {:>5}  {:>6}  {:>14}  {:<12}  known from",
        "epoch", "leader", "start offset", "first batch"
    );
    let mut lines = vec![Line::default().part(head, Part::Head)];
    for start in epochs {
        let leader = start.leader.map_or("?".to_owned(), |id| id.to_string());
        let offset = match &start.start {
            Ok(offset) => clock::count(offset.0),
            Err(_) => "?".to_owned(),
        };
        let at = start.at.map_or("?".to_owned(), |at| world.zone.moment(at, world.now));
        let epoch = start.epoch;
        lines.push(
            Line::plain(format!(" {epoch:>5}  "))
                .and(format!("{leader:>6}"), Tone::Leader)
                .and(format!("  {offset:>14}  {at:<12}  {}", start.known_from.name()), Tone::Plain),
        );
    }
    if epochs.is_empty() {
        lines.push(Line::dim(" none: nothing was written yet"));
    }
    lines
}
