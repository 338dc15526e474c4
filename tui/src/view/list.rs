//! A table on the screen: only the rows that are seen are asked for their values.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use crate::model::list::List;
use crate::model::table::{Column, Field, Row, Table};
use crate::model::{Model, clock, events};
use crate::theme::Part;

use super::pen::{Pen, escaped};

/// Columns between two columns.
const GAP: u16 = 2;
/// No column but the growing one becomes wider than this.
const WIDEST: u16 = 26;

/// A value as it is shown.
pub fn shown(field: &Field<'_>) -> String {
    match field {
        Field::Text(text) => escaped(text).into_owned(),
        Field::Ranked(_, word) => (*word).to_owned(),
        Field::Number(number) => clock::count(*number),
        Field::Bytes(bytes) => clock::bytes(*bytes),
        Field::Span(span) => clock::span(*span),
        Field::Nodes(nodes) => events::ids(nodes),
        Field::Missing(word) => (*word).to_owned(),
    }
}

/// Draws heads and rows of a list into an area.
pub fn draw(pen: &mut Pen<'_>, model: &Model, list: &List, table: &Table, area: Rect) {
    if area.height == 0 {
        return;
    }
    let world = model.world();
    let height = usize::from(area.height - 1);
    let top = list.top.min(list.rows.len().saturating_sub(1));
    let rows: Vec<Row> = list.rows.iter().skip(top).take(height).copied().collect();
    let cells: Vec<Vec<String>> = table
        .columns
        .iter()
        .map(|column| rows.iter().map(|row| shown(&(column.value)(world, *row))).collect())
        .collect();
    let places = places(list, table, &cells, area.width.saturating_sub(3));
    let left_out = table
        .columns
        .iter()
        .enumerate()
        .filter(|(index, column)| {
            !list.hidden.contains(column.id) && !places.iter().any(|place| place.index == *index)
        })
        .count();
    heads(pen, list, table, &places, area, left_out);
    for (row_index, row) in rows.iter().enumerate() {
        let y = row_index as u16 + 1;
        let is_cursor = top + row_index == list.position;
        let is_marked = !list.marks.is_empty()
            && (table.entity)(world, *row).is_some_and(|entity| list.marks.contains(&entity));
        let sign = match (is_cursor, is_marked) {
            (true, true) => ">*",
            (true, false) => "> ",
            (false, true) => " *",
            (false, false) => "  ",
        };
        pen.text(area, y, sign, pen.theme.part(Part::Key));
        for place in &places {
            let column = &table.columns[place.index];
            let cell = Rect { x: area.x + 3 + place.x, width: place.width, ..area };
            let style = pen.theme.tone((column.tone)(world, *row));
            let text = &cells[place.index][row_index];
            if column.is_right {
                pen.right(cell, y, text, style);
            } else {
                pen.text(cell, y, text, style);
            }
        }
        if is_cursor {
            let is_here = !model.in_detail && model.overlay.is_none();
            pen.shade(area, y, if is_here { Part::Cursor } else { Part::CursorAway });
        }
    }
}

fn heads(pen: &mut Pen<'_>, list: &List, table: &Table, places: &[Place], area: Rect, left_out: usize) {
    for place in places {
        let column = &table.columns[place.index];
        let cell = Rect { x: area.x + 3 + place.x, width: place.width, ..area };
        let style = pen.theme.part(Part::Head);
        let sign = match list.sort {
            Some((id, largest_first)) if id == column.id => {
                if largest_first {
                    "v"
                } else {
                    "^"
                }
            }
            _ => "",
        };
        let title = format!("{}{sign}", column.title);
        if column.is_right { pen.right(cell, 0, &title, style) } else { _ = pen.text(cell, 0, &title, style) }
    }
    if left_out > 0 {
        let end = places.last().map_or(0, |place| 3 + place.x + place.width);
        let text = format!("+{left_out}");
        if end + 1 + text.len() as u16 <= area.width {
            pen.right(area, 0, &text, pen.theme.part(Part::Key));
        }
    }
}

/// Where a column stands.
struct Place {
    index: usize,
    x: u16,
    width: u16,
}

/// Chooses columns that fit, and their widths: as wide as what is in them, the growing one with what is left.
fn places(list: &List, table: &Table, cells: &[Vec<String>], room: u16) -> Vec<Place> {
    let mut chosen: Vec<usize> =
        (0..table.columns.len()).filter(|index| !list.hidden.contains(table.columns[*index].id)).collect();
    // One column more for the sign of the order.
    let head = |column: &Column| {
        column.title.width() as u16 + u16::from(list.sort.is_some_and(|s| s.0 == column.id))
    };
    let content =
        |index: usize| cells[index].iter().map(|cell| cell.width()).max().unwrap_or(0).min(400) as u16;
    let least = |index: usize| table.columns[index].width.max(head(&table.columns[index]));
    let needed = |chosen: &[usize]| -> u16 {
        chosen.iter().map(|index| least(*index) + GAP).sum::<u16>().saturating_sub(GAP)
    };
    while needed(&chosen) > room && chosen.len() > 1 {
        let worst = chosen.iter().copied().max_by_key(|index| table.columns[*index].rank);
        match worst.filter(|index| table.columns[*index].rank > 0) {
            Some(worst) => chosen.retain(|index| *index != worst),
            None => {
                chosen.pop();
            }
        }
    }
    let mut spare = room.saturating_sub(needed(&chosen));
    let mut widths: Vec<u16> = chosen.iter().map(|index| least(*index)).collect();
    // What is in the columns comes first, the growing one takes the rest.
    for is_growing in [false, true] {
        for (index, width) in chosen.iter().zip(&mut widths) {
            let column = &table.columns[*index];
            if column.grows == is_growing {
                let most = if is_growing { u16::MAX } else { WIDEST };
                let more = content(*index).min(most).saturating_sub(*width).min(spare);
                *width += more;
                spare -= more;
            }
        }
    }
    let mut x = 0;
    let mut places = Vec::with_capacity(chosen.len());
    for (index, width) in chosen.into_iter().zip(widths) {
        let width = width.min(room.saturating_sub(x));
        if width == 0 {
            break;
        }
        places.push(Place { index, x, width });
        x += width + GAP;
    }
    places
}
