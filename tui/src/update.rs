//! The core: folds what happened into the model and says what is wanted. Pure: time comes with [`Msg::Tick`], and
//! nothing is sent, read or drawn here.

use std::collections::BTreeSet;
use std::sync::Arc;

use kr_wire::ids::NodeId;

use crate::commands::{self, Do};
use crate::event::Change;
use crate::layout::{self, Layout};
use crate::model::events;
use crate::model::filter::Filter;
use crate::model::list::Scope;
use crate::model::table::{Column, Entity};
use crate::model::world::World;
use crate::model::{Model, Overlay, Page, Screen};
use crate::msg::{Acted, Action, Ask, Cmd, Focus, Intent, Key, KeyCode, Mouse, MouseAction, Msg};
use crate::overlay;
use crate::snapshot::{Observation, Time};
use crate::{export, twin};

/// Partitions whose ends are asked for at once, at most.
const FOCUS_MAX: usize = 200;

/// Folds one message in.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Cmd> {
    let mut wanted = fold(model, msg);
    wanted.extend(settle(model));
    wanted
}

/// Folds one message in and leaves sums and lists as they are, until [`settle`].
pub fn fold(model: &mut Model, msg: Msg) -> Vec<Cmd> {
    model.revision += 1;
    match msg {
        Msg::Key(key) => return key_pressed(model, key),
        Msg::Mouse(mouse) => return mouse_pressed(model, mouse),
        Msg::Paste(text) => overlay::paste(model, &text),
        Msg::Resize { columns, rows } => model.size = (columns, rows),
        Msg::Tick(now) => tick(model, now),
        Msg::Observed(observation) => {
            model.is_stale |= changes_rows(&observation);
            world(model).observe(observation);
        }
        Msg::Events(events) => {
            model.is_stale = true;
            let suspects = suspects(&events);
            world(model).happen(events);
            return suspects.into_iter().map(|id| Cmd::Poll(Intent::Ask(Ask::Reach(id)))).collect();
        }
        Msg::Failed(failure) => world(model).fail(failure),
        Msg::Traffic(traffic) => world(model).spend(traffic),
        Msg::Acted(acted) => acted_on(model, &acted),
        Msg::Stop => return vec![Cmd::Quit],
    }
    Vec::new()
}

/// Finds sums and lists anew where they are stale, and says when something else is looked at.
pub fn settle(model: &mut Model) -> Vec<Cmd> {
    if std::mem::take(&mut model.is_stale) {
        world(model).settle();
        model.rebuild();
    }
    if let Some(layout) = Layout::of(model) {
        model.scroll(usize::from(layout.list(model).height));
    }
    let focus = focus(model);
    if focus == model.focus {
        return Vec::new();
    }
    model.focus = focus.clone();
    vec![Cmd::Poll(Intent::Focus(focus))]
}

/// The live picture, to be changed.
fn world(model: &mut Model) -> &mut World {
    Arc::make_mut(&mut model.live)
}

/// Whether rows, their order or sums may be others after this.
fn changes_rows(observation: &Observation) -> bool {
    !matches!(observation, Observation::Reach(_) | Observation::Epochs(_))
}

/// Brokers that were fenced: whether they can be reached is evidence.
fn suspects(events: &[crate::event::Event]) -> BTreeSet<NodeId> {
    events
        .iter()
        .filter_map(|event| match &event.change {
            Change::Fence(broker) => Some(broker.broker),
            _ => None,
        })
        .collect()
}

fn tick(model: &mut Model, now: Time) {
    let world = world(model);
    world.now = now;
    world.forgive(now);
    if model.notice.as_ref().is_some_and(|(since, _)| now.since(*since).as_secs() >= 5) {
        model.notice = None;
    }
}

fn acted_on(model: &mut Model, acted: &Acted) {
    let failed: Vec<_> =
        acted.results.iter().filter_map(|(item, result)| Some((item, result.as_ref().err()?))).collect();
    let done = acted.results.len() - failed.len();
    let text = match failed.first() {
        None => format!("done: {done}"),
        Some((item, error)) => format!("{done} done, {} failed: {item}: {error}", failed.len()),
    };
    notice(model, text);
}

/// Says something in the line of keys for a while.
pub fn notice(model: &mut Model, text: impl Into<String>) {
    model.notice = Some((model.live.now, text.into()));
}

fn key_pressed(model: &mut Model, key: Key) -> Vec<Cmd> {
    if model.overlay.is_some() {
        return overlay::key(model, key);
    }
    match commands::of_key(model, key) {
        Some(command) => run(model, command.what),
        None => Vec::new(),
    }
}

/// Carries a command out.
pub fn run(model: &mut Model, what: Do) -> Vec<Cmd> {
    match what {
        Do::Move(by) => step(model, by),
        Do::MovePage(pages) => {
            let height = Layout::of(model).map_or(1, |layout| layout.list(model).height.max(1));
            step(model, pages * isize::from(i16::try_from(height).unwrap_or(i16::MAX)));
        }
        Do::First => step(model, isize::MIN),
        Do::Last => step(model, isize::MAX),
        Do::Open => return open(model),
        Do::Back => back(model),
        Do::Go(screen) => go(model, vec![Page::whole(screen)]),
        Do::Previous => {
            if let Some(path) = model.previous.take() {
                go(model, path);
            }
        }
        Do::NextPane => model.in_detail = !model.in_detail,
        Do::Zoom => model.is_zoomed = !model.is_zoomed,
        Do::Filter => {
            model.overlay =
                Some(Overlay::Filter { input: model.list().filter.text().to_owned(), error: None });
        }
        Do::Sort => model.overlay = Some(Overlay::Sort { cursor: sorted_column(model) }),
        Do::Reverse => {
            let list = list(model);
            list.sort = list.sort.map(|(column, largest_first)| (column, !largest_first));
            model.is_stale = true;
        }
        Do::Columns => model.overlay = Some(Overlay::Columns { cursor: 0 }),
        Do::Pause => pause(model),
        Do::Mark => mark(model),
        Do::MarkAll => mark_all(model),
        Do::Explain => return open_partition(model),
        Do::History => return history(model),
        Do::EventsOf => events_of(model),
        Do::ElectPreferred => {
            let action = Action::ElectPreferred(commands::electable(model));
            model.overlay = Some(Overlay::Confirm { action });
        }
        Do::Refresh => {
            notice(model, "asked for everything anew");
            return vec![Cmd::Poll(Intent::Ask(Ask::Everything))];
        }
        Do::CopyTwin => {
            let line = twin::of(model);
            notice(model, format!("copied: {line}"));
            return vec![Cmd::Copy(line)];
        }
        Do::Export => return vec![export::csv(model)],
        Do::Palette => model.overlay = Some(Overlay::Palette { input: String::new(), cursor: 0 }),
        Do::Help => model.overlay = Some(Overlay::Help { top: 0 }),
        Do::Calls => model.overlay = Some(Overlay::Calls { back: 0 }),
        Do::Theme => {
            model.theme.palette = model.theme.palette.next();
            notice(model, format!("colours: {}", model.theme.palette.name()));
        }
        Do::Suspend => return vec![Cmd::Suspend],
        Do::Quit => return vec![Cmd::Quit],
    }
    Vec::new()
}

fn list(model: &mut Model) -> &mut crate::model::list::List {
    let screen = model.screen();
    model.lists.get_mut(&screen).expect("every screen has a list")
}

/// Moves the cursor, or the lines of the detail when the keys are there.
fn step(model: &mut Model, by: isize) {
    if model.in_detail || matches!(model.page(), Page::Detail(_)) {
        model.detail_top = model.detail_top.saturating_add_signed(by);
        return;
    }
    let screen = model.screen();
    let world = model.frozen.clone().unwrap_or_else(|| model.live.clone());
    list(model).step(by, &world, screen.table());
    model.detail_top = 0;
}

/// Goes to a place; where one was before is remembered.
pub fn go(model: &mut Model, path: Vec<Page>) {
    let before = std::mem::replace(&mut model.path, path);
    model.previous = Some(before);
    arrived(model);
}

fn arrived(model: &mut Model) {
    model.in_detail = false;
    model.is_zoomed = false;
    model.detail_top = 0;
    model.rebuild();
}

/// Opens what the cursor is on.
fn open(model: &mut Model) -> Vec<Cmd> {
    let Some(entity) = model.list().cursor.clone() else { return Vec::new() };
    let page = match &entity {
        Entity::Topic(name) => {
            Page::List { screen: Screen::Partitions, scope: Some(Scope::Topic(name.clone())) }
        }
        Entity::Broker(_) | Entity::Voter(_) | Entity::Group(_) | Entity::Partition(_) => {
            Page::Detail(entity)
        }
        Entity::Event(number) => match model.list().row().filter(|row| events::folded(*row) > 0) {
            Some(_) => {
                let batch = model.world().event(*number).map(|event| event.batch);
                list(model).unfolded.extend(batch);
                model.rebuild();
                return Vec::new();
            }
            None => match model.world().event(*number).and_then(|event| opened(&event.change)) {
                Some(entity) => Page::Detail(entity),
                None => return Vec::new(),
            },
        },
    };
    enter(model, page)
}

/// What an event leads to.
fn opened(change: &Change) -> Option<Entity> {
    match change {
        Change::Fence(broker)
        | Change::Unfence(broker)
        | Change::Shutdown(broker)
        | Change::Registered(broker)
        | Change::Unregistered(broker) => Some(Entity::Broker(broker.broker)),
        Change::Controller { to, .. } => to.map(Entity::Voter),
        Change::Group { id, .. } => Some(Entity::Group(id.clone())),
        change => change.place().cloned().map(Entity::Partition),
    }
}

/// Goes one step further down, and asks for what only the detail shows.
fn enter(model: &mut Model, page: Page) -> Vec<Cmd> {
    let asks = match &page {
        Page::Detail(Entity::Partition(place)) => questions(model, place),
        _ => Vec::new(),
    };
    let mut path = model.path.clone();
    path.push(page);
    go(model, path);
    asks
}

/// What is worth asking when a partition is opened: its epochs, and whether its lost replicas can be reached.
fn questions(model: &Model, place: &kr_client::admin::TopicPartition) -> Vec<Cmd> {
    let mut asks = vec![Ask::Epochs(place.clone()), Ask::Config(place.topic.clone())];
    if let Some(partition) = model.world().partition(place) {
        let lost = partition.replicas.iter().filter(|id| !partition.isr.contains(id));
        asks.extend(lost.map(|id| Ask::Reach(*id)));
    }
    asks.into_iter().map(|ask| Cmd::Poll(Intent::Ask(ask))).collect()
}

fn open_partition(model: &mut Model) -> Vec<Cmd> {
    match model.subject_partition().cloned() {
        Some(place) => enter(model, Page::Detail(Entity::Partition(place))),
        None => Vec::new(),
    }
}

fn history(model: &mut Model) -> Vec<Cmd> {
    let Some(place) = model.subject_partition().cloned() else { return Vec::new() };
    if *model.page() != Page::Detail(Entity::Partition(place.clone())) {
        return open_partition(model);
    }
    notice(model, "asked for leader epochs anew");
    vec![Cmd::Poll(Intent::Ask(Ask::Epochs(place)))]
}

fn events_of(model: &mut Model) {
    if let Some(scope) = commands::scope_of(model) {
        let mut path = model.path.clone();
        path.push(Page::List { screen: Screen::Events, scope: Some(scope) });
        go(model, path);
    }
}

/// One step back: from the other pane, from the filter, from the page.
fn back(model: &mut Model) {
    if model.in_detail {
        model.in_detail = false;
        return;
    }
    if matches!(model.page(), Page::List { .. }) && !model.list().filter.is_empty() {
        list(model).filter = Filter::default();
        model.is_stale = true;
        return;
    }
    if model.path.len() > 1 {
        let mut path = model.path.clone();
        path.pop();
        go(model, path);
    }
}

fn pause(model: &mut Model) {
    model.frozen = match model.frozen.take() {
        Some(_) => None,
        None => Some(model.live.clone()),
    };
    model.is_stale = true;
}

fn mark(model: &mut Model) {
    let list = list(model);
    if let Some(entity) = list.cursor.clone() {
        if !list.marks.remove(&entity) {
            list.marks.insert(entity);
        }
        step(model, 1);
    }
}

fn mark_all(model: &mut Model) {
    let screen = model.screen();
    let world = model.frozen.clone().unwrap_or_else(|| model.live.clone());
    let list = list(model);
    let shown: BTreeSet<Entity> =
        list.rows.iter().filter_map(|row| (screen.table().entity)(&world, *row)).collect();
    list.marks = if shown.is_subset(&list.marks) { BTreeSet::new() } else { shown };
}

fn sorted_column(model: &Model) -> usize {
    let columns = model.screen().table().columns;
    let sorted = model.list().sort.map(|(id, _)| id);
    columns.iter().position(|column| Some(column.id) == sorted).unwrap_or(0)
}

/// Sets the filter of the page's list. Errors are for the user.
pub fn set_filter(model: &mut Model, text: &str) -> Result<(), String> {
    let columns: &'static [Column] = model.screen().table().columns;
    let filter = Filter::parse(text, columns)?;
    list(model).filter = filter;
    model.rebuild();
    Ok(())
}

fn mouse_pressed(model: &mut Model, mouse: Mouse) -> Vec<Cmd> {
    match mouse.what {
        MouseAction::WheelUp | MouseAction::WheelDown => {
            let by = if mouse.what == MouseAction::WheelUp { -3 } else { 3 };
            if model.overlay.is_some() {
                let code = if by < 0 { KeyCode::Up } else { KeyCode::Down };
                return overlay::key(model, Key { code, ctrl: false, alt: false });
            }
            step(model, by);
            Vec::new()
        }
        MouseAction::Press if model.overlay.is_none() => pressed(model, mouse),
        MouseAction::Press => Vec::new(),
    }
}

fn pressed(model: &mut Model, mouse: Mouse) -> Vec<Cmd> {
    let Some(layout) = Layout::of(model) else { return Vec::new() };
    let is_in = |area: ratatui::layout::Rect| area.contains((mouse.column, mouse.row).into());
    if is_in(layout.tabs) {
        let tab = crate::view::chrome::tab_at(model, mouse.column);
        return tab.map(|screen| run(model, Do::Go(screen))).unwrap_or_default();
    }
    if layout.detail.is_some_and(is_in) {
        model.in_detail = true;
        return Vec::new();
    }
    let rows = layout.list(model);
    if !is_in(rows) || !matches!(model.page(), Page::List { .. }) {
        return Vec::new();
    }
    model.in_detail = false;
    let position = model.list().top + usize::from(mouse.row - rows.y);
    if position >= model.list().rows.len() {
        return Vec::new();
    }
    if position == model.list().position {
        return open(model);
    }
    let by = position as isize - model.list().position as isize;
    step(model, by);
    Vec::new()
}

/// What the screen shows: what the poller is asked to keep fresh.
fn focus(model: &Model) -> Focus {
    let mut focus = Focus::default();
    let Some(layout) = Layout::of(model) else { return focus };
    let world = model.world();
    let screen = model.screen();
    let list = model.list();
    let height = usize::from(layout.list(model).height).min(FOCUS_MAX);
    let shown = list.rows.iter().skip(list.top).take(height);
    let mut entities: Vec<Entity> = match model.page() {
        Page::List { .. } => shown.filter_map(|row| (screen.table().entity)(world, *row)).collect(),
        Page::Detail(entity) => vec![entity.clone()],
    };
    entities.extend(model.subject_partition().cloned().map(Entity::Partition));
    for entity in entities {
        match entity {
            Entity::Partition(place) => {
                focus.topics.push(place.topic.clone());
                focus.partitions.push(place);
            }
            Entity::Topic(name) => focus.topics.push(name),
            Entity::Group(id) => focus.groups.push(id),
            Entity::Broker(_) | Entity::Voter(_) | Entity::Event(_) => {}
        }
    }
    focus.topics.sort();
    focus.topics.dedup();
    focus.partitions.sort();
    focus.partitions.dedup();
    let has_groups = screen == Screen::Pulse && layout::pulse(layout.main).groups.is_some();
    focus.group_list = screen == Screen::Groups || has_groups;
    if has_groups {
        let known = world.groups.iter().flat_map(|seen| &seen.value.0);
        focus.groups = known.take(20).map(|group| group.id.clone()).collect();
    }
    let shows = |id: &str| {
        let column = screen.table().column(id);
        matches!(model.page(), Page::List { .. })
            && column.is_some_and(|column| !list.hidden.contains(column.id))
    };
    let is_wide = layout.main.width >= 100;
    focus.sizes = matches!(model.page(), Page::Detail(Entity::Partition(_) | Entity::Broker(_)))
        || (is_wide && (shows("size") || shows("disk")));
    focus.moves = matches!(screen, Screen::Pulse | Screen::Partitions);
    focus
}
