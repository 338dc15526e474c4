//! A table of aligned columns: a head, one line a row, two blanks between columns, no frame.
//!
//! ```text
//! NAME    PARTITIONS  REPLICAS
//! orders           6         3
//! ```
//! Every cell is escaped when it is made, so its width is the width seen. comfy-table lays it out; on a terminal
//! it wraps what is too wide and ends with `…` what takes more than a few lines. Elsewhere nothing is cut.

use std::cmp::Ordering;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Row, presets};

use super::Style;
use super::escape::escape;
use super::form::normal;

/// The most lines a row may take on a terminal.
const ROW_MAX_LINES: usize = 4;

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

    /// Orders cells as a person would: by the numbers they begin with, then by their text; `-` is last.
    fn compare(&self, other: &Self) -> Ordering {
        let key = |cell: &Self| (cell.text == "-", leading_number(&cell.text));
        let ((no_own, own), (no_other, others)) = (key(self), key(other));
        let numbers = match (own, others) {
            (Some(own), Some(others)) => own.total_cmp(&others),
            (own, others) => others.is_some().cmp(&own.is_some()),
        };
        no_own.cmp(&no_other).then(numbers).then_with(|| self.text.cmp(&other.text))
    }
}

/// The number a text begins with.
fn leading_number(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-').unwrap_or(text.len());
    text[..end].parse().ok()
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
    head: Vec<String>,
    rows: Vec<Vec<Cell>>,
    /// How many columns are shown without `-o wide`.
    shown: usize,
}

impl Table {
    /// An empty table with this head.
    pub fn new<const N: usize>(head: [&'static str; N]) -> Self {
        Self::of(head.map(str::to_owned).to_vec())
    }

    /// An empty table whose head is known only when the command runs.
    pub fn of(head: Vec<String>) -> Self {
        let shown = head.len();
        let head = head.iter().map(|name| escape(name).into_owned()).collect();
        Self { head, rows: Vec::new(), shown }
    }

    /// Leaves the columns after the first `shown` to `-o wide` and `--columns`.
    #[must_use]
    pub fn wide_after(self, shown: usize) -> Self {
        Self { shown: shown.min(self.head.len()), ..self }
    }

    /// Adds a row; a row shorter than the head leaves its last columns empty.
    pub fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        self.push(cells.to_vec());
    }

    /// Adds a row of cells whose number is known only when the command runs.
    pub fn push(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells.into_iter().take(self.head.len()).collect());
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The names of the columns.
    pub(super) fn head(&self) -> &[String] {
        &self.head
    }

    /// Whether some columns are left to `-o wide`.
    pub(super) fn has_wide_columns(&self) -> bool {
        self.shown < self.head.len()
    }

    /// The place of a column by its name.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        let name = normal(name);
        self.head.iter().position(|head| normal(head) == name)
    }

    /// Leaves out the columns for `-o wide`.
    pub(super) fn narrow(&mut self) {
        let shown: Vec<usize> = (0..self.shown).collect();
        self.select(&shown);
    }

    /// Shows all columns.
    pub(super) fn widen(&mut self) {
        self.shown = self.head.len();
    }

    /// Keeps these columns, in this order.
    pub(super) fn select(&mut self, columns: &[usize]) {
        let empty = || Cell::text("");
        self.head = columns.iter().map(|column| self.head[*column].clone()).collect();
        for row in &mut self.rows {
            *row = columns.iter().map(|column| row.get(*column).cloned().unwrap_or_else(empty)).collect();
        }
        self.shown = self.head.len();
    }

    /// Adds a column on the right, one cell a row.
    pub(super) fn add_column(&mut self, head: &str, cells: Vec<Cell>) {
        let width = self.head.len();
        self.head.push(escape(head).into_owned());
        for (row, cell) in self.rows.iter_mut().zip(cells) {
            row.resize_with(width, || Cell::text(""));
            row.push(cell);
        }
    }

    /// Sorts the rows by the text of a column.
    pub(super) fn sort_by_column(&mut self, column: usize, is_descending: bool) {
        self.rows.sort_by(|a, b| match (a.get(column), b.get(column)) {
            (Some(a), Some(b)) if is_descending => b.compare(a),
            (Some(a), Some(b)) => a.compare(b),
            _ => Ordering::Equal,
        });
    }

    /// Puts the rows in this order of their present places.
    pub(super) fn reorder(&mut self, order: &[usize]) {
        self.rows = order.iter().filter_map(|place| self.rows.get(*place).cloned()).collect();
    }

    /// Lays the table out in full width, one line a row.
    pub fn render(&self, coloured: bool) -> String {
        self.lay_out(coloured, None, true)
    }

    /// Lays the table out in at most `width` columns of the terminal.
    pub(super) fn lay_out(&self, coloured: bool, width: Option<u16>, with_head: bool) -> String {
        let mut table = comfy_table::Table::new();
        table.load_style(presets::NOTHING).set_truncation_indicator("…");
        table.set_content_arrangement(ContentArrangement::Disabled);
        if let Some(width) = width {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        if with_head {
            // A head stands over its numbers, so to the right when its column is.
            let heads = self.head.iter().enumerate().map(|(column, head)| {
                let first = self.rows.first().and_then(|row| row.get(column));
                let to_the_right = first.is_some_and(|cell| cell.to_the_right);
                comfy_cell(&Cell { text: head.clone(), style: Style::Heading, to_the_right })
            });
            table.set_header(heads.collect::<Vec<_>>());
        }
        for row in &self.rows {
            let mut line = Row::from(row.iter().map(comfy_cell).collect::<Vec<_>>());
            if width.is_some() {
                line.max_height(ROW_MAX_LINES);
            }
            table.add_row(line);
        }
        let last = self.head.len().saturating_sub(1);
        for (place, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, if place == last { 0 } else { 2 }));
            let is_number = |row: &Vec<Cell>| row.get(place).is_none_or(|cell| cell.to_the_right);
            if !self.rows.is_empty() && self.rows.iter().all(is_number) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        let mut text = String::new();
        for line in table.lines() {
            text.push_str(&marks::paint(line.trim_end(), coloured));
            text.push('\n');
        }
        text
    }
}

fn comfy_cell(cell: &Cell) -> comfy_table::Cell {
    let alignment = if cell.to_the_right { CellAlignment::Right } else { CellAlignment::Left };
    comfy_table::Cell::new_owned(marks::mark(&cell.text, cell.style)).set_alignment(alignment)
}

/// Styles as marks without width, which the layout carries along and which become colours afterwards.
///
/// The marks are characters that [`escape`] lets through nowhere, so no text can hold one.
mod marks {
    use super::Style;

    const END: char = '\u{2060}';
    const BEGINS: [(char, Style); 5] = [
        ('\u{2061}', Style::Heading),
        ('\u{2062}', Style::Good),
        ('\u{2063}', Style::Warning),
        ('\u{2064}', Style::Bad),
        ('\u{2066}', Style::Faint),
    ];

    /// Puts a style's marks around a text.
    pub(super) fn mark(text: &str, style: Style) -> String {
        match BEGINS.iter().find(|(_, begun)| *begun == style) {
            Some((begin, _)) if !text.is_empty() => format!("{begin}{text}{END}"),
            _ => text.to_owned(),
        }
    }

    /// Replaces the marks of one line by colours. What is wrapped keeps its colour to the end of its column
    /// on its first line only.
    pub(super) fn paint(line: &str, coloured: bool) -> String {
        let mut painted = String::with_capacity(line.len());
        let mut rest = line;
        let style_of = |c: char| BEGINS.iter().find(|(begin, _)| *begin == c).map(|(_, style)| *style);
        while let Some((at, style)) = rest.char_indices().find_map(|(at, c)| Some((at, style_of(c)?))) {
            painted.extend(rest[..at].chars().filter(|c| *c != END));
            let begun = &rest[at + BEGINS[0].0.len_utf8()..];
            let length = begun.find(END).or_else(|| begun.find("  ")).unwrap_or(begun.len());
            painted.push_str(&style.paint(&begun[..length], coloured));
            rest = &begun[length..];
        }
        painted.extend(rest.chars().filter(|c| *c != END));
        painted
    }
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

    #[test]
    fn a_narrow_terminal_wraps_text_and_never_numbers() {
        let mut table = Table::new(["NAME", "COUNT", "NOTE"]);
        table.row([
            Cell::text("orders").styled(Style::Bad),
            Cell::number(1_234_567),
            Cell::text("a note of several words that takes more than a line and more than four of them"),
        ]);
        let text = table.lay_out(false, Some(32), true);
        insta::assert_snapshot!(text, @"
        NAME      COUNT  NOTE
        orders  1234567  a note of
                         several words
                         that takes more
                         than a line an…
        ");
        assert!(text.lines().all(|line| line.chars().count() <= 32), "{text}");
        assert!(table.render(false).lines().any(|line| line.ends_with("four of them")));
    }

    #[test]
    fn sorting_knows_numbers_and_puts_what_is_unknown_last() {
        let mut table = Table::new(["AGE"]);
        for text in ["10 ms ago", "-", "9 ms ago", "never"] {
            table.row([Cell::text(text)]);
        }
        table.sort_by_column(0, false);
        assert_eq!(table.render(false), "AGE\n9 ms ago\n10 ms ago\nnever\n-\n");
    }
}
