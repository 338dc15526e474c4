//! A table of aligned columns: a head, one line a row, two blanks between columns, no frame.
//!
//! ```text
//! NAME    PARTITIONS  REPLICAS
//! orders           6         3
//! ```
//! Every cell is escaped when it is made, so its width is the width seen.

use unicode_width::UnicodeWidthStr;

use super::Style;
use super::escape::escape;

/// One cell: text that is safe to show, and what it is.
#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    style: Style,
    to_the_right: bool,
}

impl Cell {
    /// Text, to the left.
    pub fn text(text: impl AsRef<str>) -> Self {
        Self { text: escape(text.as_ref()).into_owned(), style: Style::Plain, to_the_right: false }
    }

    /// A number, to the right.
    pub fn number(number: impl ToString) -> Self {
        Self { text: number.to_string(), style: Style::Plain, to_the_right: true }
    }

    /// A number that may be unknown: `-` then.
    pub fn maybe(number: Option<impl ToString>) -> Self {
        number.map_or_else(|| Self { to_the_right: true, ..Self::text("-") }, Self::number)
    }

    /// The same cell in another style.
    #[must_use]
    pub fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

/// A head and rows of as many cells.
#[derive(Clone, Debug)]
pub struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table with this head.
    pub fn new<const N: usize>(head: [&'static str; N]) -> Self {
        Self { head: head.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; a row shorter than the head leaves its last columns empty.
    pub fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        self.rows.push(cells.into_iter().take(self.head.len()).collect());
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Lays the table out, one line a row.
    pub fn render(&self, coloured: bool) -> String {
        let widths: Vec<usize> = (0..self.head.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.text.width());
                cells.chain([self.head[column].width()]).max().unwrap_or(0)
            })
            .collect();
        // A head stands over its numbers, so to the right when its column is.
        let heads = self.head.iter().enumerate().map(|(column, head)| Cell {
            text: (*head).to_owned(),
            style: Style::Heading,
            to_the_right: self.rows.first().and_then(|row| row.get(column)).is_some_and(|c| c.to_the_right),
        });
        let mut text = line(&heads.collect::<Vec<_>>(), &widths, coloured);
        for row in &self.rows {
            text.push_str(&line(row, &widths, coloured));
        }
        text
    }
}

/// One line; no blanks at its end.
fn line(cells: &[Cell], widths: &[usize], coloured: bool) -> String {
    let mut text = String::new();
    for (column, cell) in cells.iter().enumerate() {
        let blanks = " ".repeat(widths[column].saturating_sub(cell.text.width()));
        let painted = cell.style.paint(&cell.text, coloured);
        if column > 0 {
            text.push_str("  ");
        }
        if cell.to_the_right {
            text.push_str(&blanks);
            text.push_str(&painted);
        } else {
            text.push_str(&painted);
            text.push_str(&blanks);
        }
    }
    let mut text = text.trim_end().to_owned();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_the_width_seen() {
        let mut table = Table::new(["NAME", "PARTITIONS", "NOTE"]);
        table.row([Cell::text("漢字"), Cell::number(6), Cell::text("wide")]);
        table.row([Cell::text("o\u{1b}[31m"), Cell::number(12), Cell::text("")]);
        table.row([Cell::text("x"), Cell::maybe(None::<i32>), Cell::text("none")]);
        assert_eq!(
            table.render(false),
            "NAME       PARTITIONS  NOTE\n\
             漢字                6  wide\n\
             o\\x1b[31m          12\n\
             x                   -  none\n"
        );
    }

    #[test]
    fn colour_does_not_change_the_alignment() {
        let mut table = Table::new(["A", "B"]);
        table.row([Cell::text("ok").styled(Style::Good), Cell::text("x")]);
        assert_eq!(
            table.render(true),
            "\u{1b}[1mA\u{1b}[0m   \u{1b}[1mB\u{1b}[0m\n\u{1b}[32mok\u{1b}[0m  x\n"
        );
    }
}
