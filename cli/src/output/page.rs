//! Text for people, put together from headings, labelled values and tables; everything is escaped.

use unicode_width::UnicodeWidthStr;

use super::escape::escape;
use super::{Cell, Style, Table};

/// What a command prints for people.
#[derive(Debug)]
pub struct Page {
    text: String,
    coloured: bool,
}

impl Page {
    /// An empty page.
    pub fn new(coloured: bool) -> Self {
        Self { text: String::new(), coloured }
    }

    /// A title on a line of its own, with a blank line before it unless it is the first.
    pub fn heading(&mut self, title: &str) {
        self.gap();
        self.text.push_str(&Style::Heading.paint(&escape(title), self.coloured));
        self.text.push('\n');
    }

    /// A line of text.
    pub fn line(&mut self, line: &str) {
        self.text.push_str(&escape(line));
        self.text.push('\n');
    }

    /// A blank line between two blocks.
    pub fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// Labels and values, one pair a line, values under each other.
    pub fn fields<const N: usize>(&mut self, fields: [(&'static str, String); N]) {
        let width = fields.iter().map(|(label, _)| label.width()).max().unwrap_or(0);
        for (label, value) in &fields {
            let blanks = " ".repeat(width - label.width() + 2);
            let label = Style::Faint.paint(label, self.coloured);
            let line = format!("{label}{blanks}{}", escape(value));
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    /// A table.
    pub fn table(&mut self, table: &Table) {
        self.text.push_str(&table.render(self.coloured));
    }

    /// A table, or a line that says there is nothing.
    pub fn table_or(&mut self, table: &Table, nothing: &str) {
        if table.is_empty() { self.line(nothing) } else { self.table(table) }
    }

    /// All of it.
    pub fn into_text(self) -> String {
        self.text
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
