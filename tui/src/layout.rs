//! Where things are on the screen: pure arithmetic over its size and the page. Drawing and the mouse go by the same
//! rectangles.
//!
//! ```text
//!  header
//!  screens, or the way that led here
//!  +- main ------------+- detail ----+     from 100 columns; one pane below
//!  |                   |             |
//!  +- events ----------+- timeline --+     from 140 columns and 40 rows
//!  $ the same from the command line
//!  keys
//! ```

use ratatui::layout::Rect;

use crate::model::{Model, Page, Screen};

/// Below this the screen holds one line only.
pub const MIN_COLUMNS: u16 = 60;
/// Below this the screen holds one line only.
pub const MIN_ROWS: u16 = 15;
/// From this on, the detail stands beside the list.
const TWO_PANES: u16 = 100;
/// From these on, events and timeline stand below.
const THREE_PANES: (u16, u16) = (140, 40);
/// Rows of the events below.
const STRIP_ROWS: u16 = 11;

/// The rectangles of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The line at the top.
    pub header: Rect,
    /// Screens, or crumbs.
    pub tabs: Rect,
    /// The list, or the detail when that is the page.
    pub main: Rect,
    /// The detail beside the list.
    pub detail: Option<Rect>,
    /// Events below.
    pub events: Option<Rect>,
    /// The timeline below.
    pub timeline: Option<Rect>,
    /// The same from the command line.
    pub twin: Rect,
    /// The line of keys.
    pub footer: Rect,
}

impl Layout {
    /// The rectangles; none when the screen is too small for anything but a line.
    pub fn of(model: &Model) -> Option<Self> {
        let (columns, rows) = model.size;
        if columns < MIN_COLUMNS || rows < MIN_ROWS {
            return None;
        }
        let line = |row| Rect::new(0, row, columns, 1);
        let mut layout = Self {
            header: line(0),
            tabs: line(1),
            twin: line(rows - 2),
            footer: line(rows - 1),
            ..Self::default()
        };
        let mut body = Rect::new(0, 2, columns, rows - 4);
        let is_pulse = matches!(model.page(), Page::List { screen: Screen::Pulse, .. });
        if is_pulse {
            layout.main = body;
            return Some(layout);
        }
        if columns >= THREE_PANES.0 && rows >= THREE_PANES.1 && !model.is_zoomed {
            let strip = Rect { y: body.bottom() - STRIP_ROWS, height: STRIP_ROWS, ..body };
            body.height -= STRIP_ROWS;
            let (left, right) = split(strip, strip.width / 2);
            layout.timeline = Some(right);
            layout.events = (model.screen() != Screen::Events).then_some(left);
            if layout.events.is_none() {
                layout.timeline = Some(strip);
            }
        }
        let has_detail = matches!(model.page(), Page::List { .. }) && columns >= TWO_PANES;
        (layout.main, layout.detail) = match (has_detail, model.is_zoomed, model.in_detail) {
            (true, false, _) => {
                let (left, right) = split(body, columns - detail_width(columns));
                (left, Some(right))
            }
            (true, true, true) => (Rect { width: 0, ..body }, Some(body)),
            _ => (body, None),
        };
        Some(layout)
    }

    /// The rows of the list: below its title and the heads of columns.
    pub fn list(&self, model: &Model) -> Rect {
        if matches!(model.page(), Page::List { screen: Screen::Pulse, .. }) {
            return pulse(self.main).worst_rows();
        }
        let above = (2 + list_head_rows(model)).min(self.main.height);
        Rect { y: self.main.y + above, height: self.main.height - above, ..self.main }
    }
}

/// Facts that stand above the list of a screen.
pub fn list_head_rows(model: &Model) -> u16 {
    match model.screen() {
        Screen::Quorum => 3,
        _ => 0,
    }
}

/// Columns of the detail beside the list.
fn detail_width(columns: u16) -> u16 {
    (columns * 2 / 5).clamp(44, 90)
}

/// Cuts a rectangle in two, with a column for the wall in between.
fn split(area: Rect, left: u16) -> (Rect, Rect) {
    let left = left.min(area.width);
    let right = (left + 1).min(area.width);
    (Rect { width: left, ..area }, Rect { x: area.x + right, width: area.width - right, ..area })
}

/// The panes of Pulse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// Counts of what is not well.
    pub health: Rect,
    /// The quorum.
    pub quorum: Rect,
    /// Brokers.
    pub brokers: Rect,
    /// Groups, where there is room.
    pub groups: Option<Rect>,
    /// The worst partitions.
    pub worst: Rect,
    /// Events.
    pub events: Rect,
    /// The timeline.
    pub timeline: Rect,
}

impl Pulse {
    fn worst_rows(&self) -> Rect {
        let above = 2.min(self.worst.height);
        Rect { y: self.worst.y + above, height: self.worst.height - above, ..self.worst }
    }
}

/// The panes of Pulse in a body.
pub fn pulse(body: Rect) -> Pulse {
    // Health above brokers at the left, the quorum at the right, as high as both.
    let is_low = body.height < 17;
    let top = if is_low { 5 } else { (body.height * 2 / 5).clamp(8, 14) };
    let timeline = if is_low {
        0
    } else if body.height < 26 {
        3
    } else {
        6
    };
    let rest = body.height.saturating_sub(top + timeline);
    let events = if is_low { 0 } else { (rest * 2 / 5).max(3) };
    let at = |y: u16, height: u16| Rect { y: body.y + y, height, ..body };
    let upper = at(0, top.min(body.height));
    let columns = if body.width >= 140 { 3 } else { 2 };
    let (left, right) = split(upper, upper.width / columns);
    let (middle, right) =
        if columns == 3 { split(right, right.width / 2) } else { (right, Rect { width: 0, ..right }) };
    let health = Rect { height: 3.min(left.height), ..left };
    Pulse {
        health,
        brokers: Rect { y: left.y + health.height, height: left.height - health.height, ..left },
        quorum: middle,
        groups: (columns == 3).then_some(right),
        worst: at(top, rest - events),
        events: at(top + rest - events, events),
        timeline: at(top + rest, timeline),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_of_pulse_cover_the_body_and_do_not_overlap() {
        for (width, height) in [(60, 11), (80, 20), (120, 36), (160, 44), (250, 76)] {
            let body = Rect::new(0, 2, width, height);
            let panes = pulse(body);
            let stacked = panes.health.height
                + panes.brokers.height
                + panes.worst.height
                + panes.events.height
                + panes.timeline.height;
            assert_eq!(stacked, height, "{width}x{height}");
            assert!(panes.worst.height >= 3, "{width}x{height}: {panes:?}");
            for pane in [panes.health, panes.quorum, panes.brokers, panes.worst, panes.events, panes.timeline]
            {
                assert_eq!(body.union(pane), body, "{width}x{height}: {pane:?}");
            }
        }
    }
}
