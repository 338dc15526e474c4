//! Text for people, put together from headings, labelled values and tables; everything is escaped.
//!
//! The parts are kept until the end, because `--columns`, `--sort-by` and the width of the terminal change the
//! tables among them ([`super::arrange`]).

use unicode_width::UnicodeWidthStr;

use super::escape::escape;
use super::{Cell, Style, Table};

/// What a command prints for people.
#[derive(Debug)]
pub struct Page {
    pub(super) parts: Vec<Part>,
    pub(super) coloured: bool,
    /// Columns of the terminal; nothing is fitted without.
    pub(super) width: Option<u16>,
    pub(super) no_headers: bool,
}

/// A part of a page.
#[derive(Debug)]
pub(super) enum Part {
    /// Lines that are ready.
    Text(String),
    /// A title.
    Heading(String),
    /// A blank line between two parts.
    Gap,
    Table(Table),
}

impl Page {
    /// An empty page.
    pub fn new(coloured: bool) -> Self {
        Self { parts: Vec::new(), coloured, width: None, no_headers: false }
    }

    /// A title on a line of its own, with a blank line before it unless it is the first.
    pub fn heading(&mut self, title: &str) {
        self.gap();
        self.parts.push(Part::Heading(Style::Heading.paint(&escape(title), self.coloured)));
    }

    /// A line of text.
    pub fn line(&mut self, line: &str) {
        self.parts.push(Part::Text(format!("{}\n", escape(line))));
    }

    /// A blank line between two blocks.
    pub fn gap(&mut self) {
        if !self.parts.is_empty() {
            self.parts.push(Part::Gap);
        }
    }

    /// Labels and values, one pair a line, values under each other.
    pub fn fields<const N: usize>(&mut self, fields: [(&'static str, String); N]) {
        let width = fields.iter().map(|(label, _)| label.width()).max().unwrap_or(0);
        let mut text = String::new();
        for (label, value) in &fields {
            let blanks = " ".repeat(width - label.width() + 2);
            let label = Style::Faint.paint(label, self.coloured);
            let line = format!("{label}{blanks}{}", escape(value));
            text.push_str(line.trim_end());
            text.push('\n');
        }
        self.parts.push(Part::Text(text));
    }

    /// A table.
    pub fn table(&mut self, table: &Table) {
        self.parts.push(Part::Table(table.clone()));
    }

    /// A table, or a line that says there is nothing.
    pub fn table_or(&mut self, table: &Table, nothing: &str) {
        if table.is_empty() { self.line(nothing) } else { self.table(table) }
    }

    /// All of it.
    pub fn into_text(self) -> String {
        let mut text = String::new();
        for part in self.parts {
            match part {
                Part::Text(lines) => text.push_str(&lines),
                Part::Heading(title) => text.extend([title.as_str(), "\n"]),
                Part::Gap => text.push('\n'),
                Part::Table(table) => {
                    text.push_str(&table.lay_out(self.coloured, self.width, !self.no_headers));
                }
            }
        }
        text
    }
}

/// Numbers with commas between them: `1,2,3`.
pub fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(",")
}

/// A cell for a list of numbers; `-` when empty.
pub fn list_cell<T: ToString>(items: impl IntoIterator<Item = T>) -> Cell {
    let text = list(items);
    Cell::text(if text.is_empty() { "-" } else { &text })
}
