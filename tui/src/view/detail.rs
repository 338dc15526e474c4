//! Details as lines: the same lines fill a page, or the pane beside a list.

use kr_client::admin::TopicPartition;
use kr_wire::ids::NodeId;

use crate::event::Change;
use crate::model::list::Scope;
use crate::model::table::{Entity, Tone};
use crate::model::world::World;
use crate::model::{Model, clock, events, partitions};
use crate::snapshot::{Known, Partition, Reach};
use crate::theme::Part;
use crate::why;

use super::pen::Line;

/// Title and lines for an entity, broken to a width.
pub fn of(model: &Model, entity: &Entity, width: u16) -> (String, Vec<Line>) {
    let world = model.world();
    match entity {
        Entity::Partition(place) => (place.to_string(), partition(model, place, width)),
        Entity::Broker(id) => (format!("broker {id}"), broker(model, *id, width)),
        Entity::Voter(id) => (format!("node {id}"), voter(model, *id, width)),
        Entity::Topic(name) => (name.to_string(), topic(model, name, width)),
        Entity::Group(id) => (id.to_string(), super::group::lines(world, id, width)),
        Entity::Event(number) => ("event".to_owned(), event(model, *number, width)),
    }
}

/// A line that begins a section.
pub fn section(model: &Model, title: impl AsRef<str>, width: u16) -> Line {
    let rule = model.theme.rule();
    let title = title.as_ref();
    let rest = usize::from(width).saturating_sub(title.len() + 4);
    Line::default()
        .part(rule.repeat(2), Part::Rule)
        .part(format!(" {title} "), Part::Title)
        .part(rule.repeat(rest), Part::Rule)
}

/// Adds a line, broken to the width.
pub fn add(lines: &mut Vec<Line>, line: Line, width: u16, indent: usize) {
    lines.extend(line.wrapped(width, indent));
}

fn partition(model: &Model, place: &TopicPartition, width: u16) -> Vec<Line> {
    let world = model.world();
    let mut lines = Vec::new();
    let Some(partition) = world.partition(place) else {
        return vec![Line::dim(" not there, or not seen yet")];
    };
    add(&mut lines, facts(world, place, &partition), width, 1);
    if let Some(text) = why::next_failure(world, place) {
        add(&mut lines, Line::dim(format!(" {text}")), width, 3);
    }
    lines.push(section(model, "Replicas, each asked for its own log end", width));
    lines.extend(super::replicas::lines(world, place, &partition, width));
    findings(model, place, width, &mut lines);
    lines.push(section(model, "Leader epochs", width));
    lines.extend(super::replicas::epochs(world, place));
    lines.push(section(model, "Events of this partition", width));
    recent(model, &Scope::Partition(place.clone()), width, &mut lines);
    lines
}

fn facts(world: &World, place: &TopicPartition, partition: &Partition<'_>) -> Line {
    let health = world.health(&place.topic, partition);
    let leader = partition.leader.map_or("none".to_owned(), |id| id.to_string());
    let preferred = match (partition.leader, partition.replicas.first()) {
        (Some(leader), Some(first)) if leader == *first => " (preferred)".to_owned(),
        (_, Some(first)) => format!(" (preferred: {first})"),
        _ => String::new(),
    };
    let epoch = partition.epoch.map_or("?".to_owned(), |epoch| epoch.to_string());
    let min = world.min_isr(&place.topic).map_or("?".to_owned(), |min| min.to_string());
    let mut line = Line::plain(" ")
        .and(health.word(), partitions::tone(health))
        .and("  leader ", Tone::Dim)
        .and(leader, Tone::Leader)
        .and(preferred, Tone::Plain)
        .and("  epoch ", Tone::Dim)
        .and(epoch, Tone::Plain)
        .and("  ISR ", Tone::Dim)
        .and(events::ids(partition.isr), partitions::tone(health))
        .and(" of ", Tone::Dim)
        .and(events::ids(partition.replicas), Tone::Plain)
        .and("  min.isr ", Tone::Dim)
        .and(min, Tone::Plain);
    if let Some(elr) = world.elr.get(place) {
        let told = |nodes: &Known<Vec<NodeId>>| match nodes {
            Ok(nodes) => events::ids(nodes),
            Err(gap) => format!("? ({gap})"),
        };
        line = line.and("  ELR ", Tone::Dim).and(told(&elr.value.eligible), Tone::Plain);
    }
    if let Some(track) = world.ends.get(place) {
        let mark = match &track.latest.value.high_watermark {
            Ok(mark) => clock::count(mark.0),
            Err(gap) => format!("? ({gap})"),
        };
        line = line.and("  HW ", Tone::Dim).and(mark, Tone::Plain);
    }
    line
}

fn findings(model: &Model, place: &TopicPartition, width: u16, lines: &mut Vec<Line>) {
    let world = model.world();
    for finding in why::explain(world, place) {
        let title = format!("Why?  rule {}, confidence {}", finding.rule, finding.confidence.word());
        lines.push(section(model, title, width));
        for (index, evidence) in finding.evidence.iter().enumerate() {
            let when = evidence.when.map_or(String::new(), |when| format!("{} ", world.zone.when(when)));
            let line = Line::default()
                .and(format!(" {} ", index + 1), Tone::Dim)
                .and(when, Tone::Dim)
                .and(evidence.text.clone(), Tone::Plain);
            add(lines, line, width, 3);
        }
        let so = Line::default().part(" so   ", Part::Key).and(finding.conclusion, Tone::Note);
        add(lines, so, width, 6);
        let next = Line::default().part(" next ", Part::Key).and(finding.next.join(" | "), Tone::Plain);
        add(lines, next, width, 6);
    }
}

/// The newest events of something.
fn recent(model: &Model, scope: &Scope, width: u16, lines: &mut Vec<Line>) {
    let world = model.world();
    let first = world.first_event();
    let found = (first..world.events_seen)
        .rev()
        .filter(|number| events::is_in_scope(world, crate::model::table::Row(*number), scope))
        .filter_map(|number| world.event(number))
        .take(8);
    let before = lines.len();
    for event in found {
        lines.extend(event_line(world, event, matches!(scope, Scope::Broker(_))).wrapped(width, 3));
    }
    if lines.len() == before {
        lines.push(Line::dim(" none since this was started"));
    }
}

fn event_line(world: &World, event: &crate::event::Event, with_subject: bool) -> Line {
    let kind = event.change.kind();
    let subject = if with_subject { format!("{} ", events::subject(&event.change)) } else { String::new() };
    Line::default()
        .and(format!(" {:<14} ", world.zone.when(event.when)), Tone::Dim)
        .and(format!("{:<8} ", kind.word()), events::tone(kind))
        .and(format!("{subject}{}", events::what(&event.change)), Tone::Plain)
}

fn broker(model: &Model, id: NodeId, width: u16) -> Vec<Line> {
    let world = model.world();
    let mut lines = Vec::new();
    let Some(broker) = world.broker(id) else {
        lines.push(Line::dim(" not registered, or not seen yet"));
        lines.push(section(model, "Events", width));
        recent(model, &Scope::Broker(id), width, &mut lines);
        return lines;
    };
    let state = if broker.is_fenced { ("FENCED !", Tone::Bad) } else { ("up", Tone::Good) };
    let rack = broker.rack.as_deref().unwrap_or("none");
    let mut head =
        Line::plain(" ").and(state.0, state.1).and(format!("  {}  rack {rack}", broker.address), Tone::Plain);
    if world.controller() == Some(id) {
        head = head.and("  active controller", Tone::Leader);
    }
    if let Some(epoch) = broker.epoch {
        head = head.and(format!("  broker epoch {epoch}"), Tone::Dim);
    }
    add(&mut lines, head, width, 1);
    let load = world.loads.get(&id).copied().unwrap_or_default();
    let text = format!(
        " leads {} (should lead {}), {} replicas, {} of them not in the ISR",
        clock::count(load.leads),
        clock::count(load.preferred),
        clock::count(load.replicas),
        clock::count(load.lagging)
    );
    add(&mut lines, Line::plain(text), width, 1);
    if let Some(pulse) = world.pulses.get(&id) {
        let applied = match &pulse.value.applied {
            Ok(offset) => format!("{offset}"),
            Err(gap) => format!("? ({gap})"),
        };
        let trip = match &pulse.value.round_trip {
            Ok(took) => clock::span(*took),
            Err(gap) => format!("fails: {gap}"),
        };
        add(
            &mut lines,
            Line::plain(format!(" metadata applied up to {applied}, round trip {trip}")),
            width,
            1,
        );
    }
    if let Some(seen) = world.reach.get(&id) {
        add(&mut lines, Line::plain(format!(" connection from here: {}", reach(&seen.value))), width, 1);
    }
    lines.push(section(model, if broker.is_fenced { "What its loss did" } else { "If it died now" }, width));
    blast(world, id, broker.is_fenced, width, &mut lines);
    disks(model, id, width, &mut lines);
    lines.push(section(model, "Events of this broker", width));
    recent(model, &Scope::Broker(id), width, &mut lines);
    lines
}

fn reach(reach: &Reach) -> String {
    match reach {
        Reach::Answers(took) => format!("answers in {}", clock::span(*took)),
        Reach::Refused => "refused: the host answers, the port is closed".to_owned(),
        Reach::Silent(after) => format!("silent for {}", clock::span(*after)),
        Reach::Stuck(after) => format!("connects, no answer for {}", clock::span(*after)),
        Reach::Failed(error) => error.to_string(),
    }
}

fn blast(world: &World, id: NodeId, is_fenced: bool, width: u16, lines: &mut Vec<Line>) {
    if is_fenced {
        let load = world.loads.get(&id).copied().unwrap_or_default();
        let text = format!(
            " {} ISRs are without it; {} partitions <MIN, {} OFFLINE in the whole cluster",
            clock::count(load.lagging),
            world.counts.under_min,
            world.counts.offline
        );
        add(lines, Line::plain(text), width, 1);
        return;
    }
    let blast = why::blast(world, id);
    let tone = if blast.offline > 0 {
        Tone::Bad
    } else if blast.under_min > 0 {
        Tone::Warn
    } else {
        Tone::Good
    };
    let line =
        Line::plain(format!(" {} partitions get another leader, ", clock::count(blast.leaders as i64)))
            .and(format!("{} fall below min.isr, {} go OFFLINE", blast.under_min, blast.offline), tone);
    add(lines, line, width, 1);
    if blast.unknown > 0 {
        let text = format!(" min.isr of {} of them is not known yet", clock::count(blast.unknown as i64));
        add(lines, Line::dim(text), width, 1);
    }
    add(lines, Line::dim(" (with the ISRs of now, and no unclean election)"), width, 1);
}

fn disks(model: &Model, id: NodeId, width: u16, lines: &mut Vec<Line>) {
    let Some(disks) = model.world().disks.get(&id) else { return };
    lines.push(section(model, "Log directories", width));
    match &disks.value.directories {
        Ok(directories) => {
            for directory in directories {
                let bytes: u64 = directory.replicas.iter().map(|(_, bytes)| *bytes).sum();
                let free = directory
                    .usable_bytes
                    .map_or(String::new(), |free| format!(", {} free", clock::bytes(free)));
                let error = directory.error.as_deref().map_or(String::new(), |error| format!("  {error} !!"));
                let tone = if directory.error.is_some() { Tone::Bad } else { Tone::Plain };
                let text = format!(
                    " {}  {} in {} replicas{free}{error}",
                    directory.path,
                    clock::bytes(bytes),
                    directory.replicas.len()
                );
                add(lines, Line::default().and(text, tone), width, 3);
            }
        }
        Err(gap) => add(lines, Line::dim(format!(" not known: {gap}")), width, 1),
    }
}

fn voter(model: &Model, id: NodeId, width: u16) -> Vec<Line> {
    let world = model.world();
    let mut lines = Vec::new();
    if let Some(margin) = why::margin(world) {
        let (text, tone) = match margin.may_fail() {
            Some(0) => ("no voter may fail any more !!".to_owned(), Tone::Bad),
            Some(count) => {
                (format!("{count} more voter{} may fail", if count == 1 { "" } else { "s" }), Tone::Good)
            }
            None => ("no majority: nothing can be decided !!!".to_owned(), Tone::Bad),
        };
        let line = Line::plain(format!(
            " {} of {} voters keep up, {} are needed: ",
            margin.current, margin.voters, margin.majority
        ))
        .and(text, tone);
        add(&mut lines, line, width, 1);
        if !margin.lost.is_empty() {
            add(
                &mut lines,
                Line::plain(format!(" behind or silent: {}", events::ids(&margin.lost))),
                width,
                1,
            );
        }
    }
    lines.push(section(model, "Leaders of the quorum", width));
    lines.push(Line::default().part(format!(" {:>6}  {:>6}  since", "epoch", "leader"), Part::Head));
    for reign in &world.reigns {
        let epoch = reign.epoch.map_or("?".to_owned(), |epoch| epoch.to_string());
        let leader = reign.leader.map_or("none".to_owned(), |id| id.to_string());
        lines.push(
            Line::plain(format!(" {epoch:>6}  "))
                .and(format!("{leader:>6}"), Tone::Leader)
                .and(format!("  {}", world.zone.when(reign.since)), Tone::Plain),
        );
    }
    if world.broker(id).is_some() {
        lines.push(section(model, format!("Broker {id}"), width));
        lines.extend(broker(model, id, width));
    } else {
        lines.push(section(model, format!("Events of node {id}"), width));
        recent(model, &Scope::Broker(id), width, &mut lines);
    }
    lines
}

fn topic(model: &Model, name: &str, width: u16) -> Vec<Line> {
    let world = model.world();
    let mut lines = Vec::new();
    let Some(topic) = world.topic(name) else { return vec![Line::dim(" not there, or not seen yet")] };
    let id = topic.columns.id.map_or("?".to_owned(), |id| id.0.to_string());
    add(&mut lines, Line::plain(format!(" {} partitions, id {id}", topic.columns.len())), width, 1);
    lines.push(section(model, "Partitions", width));
    let head =
        format!(" {:>4}  {:>5}  {:>5}  {:<10} {:<10} state", "part", "lead", "epoch", "ISR", "replicas");
    lines.push(Line::default().part(head, Part::Head));
    for (number, partition) in topic.columns.partitions().take(200) {
        let health = world.health(name, &partition);
        let leader = partition.leader.map_or("none".to_owned(), |id| id.to_string());
        let epoch = partition.epoch.map_or("?".to_owned(), |epoch| epoch.to_string());
        lines.push(
            Line::plain(format!(" {number:>4}  "))
                .and(format!("{leader:>5}"), Tone::Leader)
                .and(format!("  {epoch:>5}  "), Tone::Plain)
                .and(format!("{:<10} ", events::ids(partition.isr)), partitions::tone(health))
                .and(format!("{:<10} ", events::ids(partition.replicas)), Tone::Plain)
                .and(health.word(), partitions::tone(health)),
        );
    }
    if let Some(config) = world.configs.get(name) {
        lines.push(section(model, "Configs that are not at their defaults", width));
        for (key, value) in &config.value.overrides {
            let value = value.as_deref().unwrap_or("(hidden)");
            add(&mut lines, Line::plain(format!(" {key} = {value}")), width, 3);
        }
        if config.value.overrides.is_empty() {
            lines.push(Line::dim(" none"));
        }
    }
    lines.push(section(model, "Events of this topic", width));
    recent(model, &Scope::Topic(topic.columns.name.clone()), width, &mut lines);
    lines
}

fn event(model: &Model, number: u64, width: u16) -> Vec<Line> {
    let world = model.world();
    let Some(event) = world.event(number) else { return vec![Line::dim(" too old: no longer kept")] };
    let mut lines = Vec::new();
    add(&mut lines, event_line(world, event, true), width, 3);
    let offset = event.offset.map_or(String::new(), |offset| format!(", offset {offset}"));
    add(&mut lines, Line::dim(format!(" known from: {}{offset}", event.source.name())), width, 1);
    let alike: Vec<_> = world.events.iter().filter(|other| other.batch == event.batch).collect();
    if alike.len() > 1 {
        lines.push(section(model, "Blast radius: what changed with it", width));
        let count = |is: fn(&Change) -> bool| alike.iter().filter(|event| is(&event.change)).count();
        let leaders = count(|change| matches!(change, Change::Leader { .. }));
        let shrinks = count(|change| matches!(change, Change::IsrShrink(_)));
        let grows = count(|change| matches!(change, Change::IsrExpand(_)));
        let offline = count(|change| matches!(change, Change::Leader { to: None, .. }));
        let text = format!(
            " {} changes: {} leader moves, {} ISR-, {} ISR+, {} OFFLINE",
            clock::count(alike.len() as i64),
            clock::count(leaders as i64),
            clock::count(shrinks as i64),
            clock::count(grows as i64),
            clock::count(offline as i64)
        );
        add(&mut lines, Line::plain(text), width, 1);
        for other in alike.iter().filter(|other| other.change != event.change).take(12) {
            add(&mut lines, event_line(world, other, true), width, 3);
        }
    }
    if let Some(place) = event.change.place() {
        findings(model, place, width, &mut lines);
    }
    lines
}
