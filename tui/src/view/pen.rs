//! The only way onto the screen: text is escaped, cut to its place with a mark, and never leaves its area.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::model::table::Tone;
use crate::theme::{Part, Theme};

/// A line of text in several tones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Pieces from the left.
    pub spans: Vec<(String, Ink)>,
}

/// What a piece of text is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Data.
    Tone(Tone),
    /// What is no data.
    Part(Part),
}

impl Line {
    /// A line of plain text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::default().and(text, Tone::Plain)
    }

    /// A line of dim text.
    pub fn dim(text: impl Into<String>) -> Self {
        Self::default().and(text, Tone::Dim)
    }

    /// The line with more text.
    pub fn and(mut self, text: impl Into<String>, tone: Tone) -> Self {
        self.spans.push((text.into(), Ink::Tone(tone)));
        self
    }

    /// The line with more text that is no data.
    pub fn part(mut self, text: impl Into<String>, part: Part) -> Self {
        self.spans.push((text.into(), Ink::Part(part)));
        self
    }

    /// Breaks the line at spaces so that it fits; what follows the first row is indented.
    pub fn wrapped(self, width: u16, indent: usize) -> Vec<Self> {
        let width = usize::from(width).max(indent + 8);
        let total: usize = self.spans.iter().map(|(text, _)| escaped(text).width()).sum();
        if total <= width {
            return vec![self];
        }
        let mut lines = Vec::new();
        let mut line = Self::default();
        let mut used = 0;
        for (text, ink) in self.spans {
            for word in text.split_inclusive(' ') {
                let word_width = escaped(word.trim_end()).width();
                if used > indent && used + word_width > width {
                    // The space before the break would be cut, and a cut is marked.
                    if let Some((last, _)) = line.spans.last_mut() {
                        last.truncate(last.trim_end().len());
                    }
                    lines.push(std::mem::take(&mut line));
                    line.spans.push((" ".repeat(indent), Ink::Tone(Tone::Plain)));
                    used = indent;
                }
                used += escaped(word).width();
                line.spans.push((word.to_owned(), ink));
            }
        }
        lines.push(line);
        lines
    }
}

/// Draws into a buffer with a theme.
pub struct Pen<'a> {
    buffer: &'a mut Buffer,
    /// Colours and signs.
    pub theme: Theme,
}

impl<'a> Pen<'a> {
    /// A pen over a buffer.
    pub fn new(buffer: &'a mut Buffer, theme: Theme) -> Self {
        Self { buffer, theme }
    }

    /// The style of an ink.
    pub fn style(&self, ink: Ink) -> Style {
        match ink {
            Ink::Tone(tone) => self.theme.tone(tone),
            Ink::Part(part) => self.theme.part(part),
        }
    }

    /// Writes text from the left of an area's row; too long text is cut with a mark. Returns the columns taken.
    pub fn text(&mut self, area: Rect, row: u16, text: &str, style: Style) -> u16 {
        let area = area.intersection(self.buffer.area);
        if row >= area.height || area.width == 0 {
            return 0;
        }
        let text = fitted(text, area.width, self.theme.cut());
        let (end, _) = self.buffer.set_stringn(area.x, area.y + row, &text, usize::from(area.width), style);
        end - area.x
    }

    /// Writes text at the right of an area's row.
    pub fn right(&mut self, area: Rect, row: u16, text: &str, style: Style) {
        let text = fitted(text, area.width, self.theme.cut());
        let used = u16::try_from(text.width()).unwrap_or(area.width).min(area.width);
        let area = Rect { x: area.x + area.width - used, width: used, ..area };
        self.text(area, row, &text, style);
    }

    /// Writes a line. Returns the columns taken.
    pub fn line(&mut self, area: Rect, row: u16, line: &Line) -> u16 {
        let mut used = 0;
        for (index, (text, ink)) in line.spans.iter().enumerate() {
            let room = Rect { x: area.x + used, width: area.width - used, ..area };
            if room.width == 0 {
                break;
            }
            let is_last = index + 1 == line.spans.len();
            let width = u16::try_from(escaped(text).width()).unwrap_or(u16::MAX);
            if width > room.width || (!is_last && width == room.width && has_text(&line.spans[index + 1..])) {
                // The mark must stand where the text was cut, not after it.
                let mut cut = text.clone();
                cut.push_str("  ");
                self.text(room, row, &cut, self.style(*ink));
                return area.width;
            }
            used += self.text(room, row, text, self.style(*ink));
        }
        used
    }

    /// Writes lines from the top, from the given one on. A mark in the last row says that there are more.
    pub fn lines(&mut self, area: Rect, lines: &[Line], from: usize) {
        let height = usize::from(area.height);
        for (row, line) in lines.iter().skip(from).take(height).enumerate() {
            self.line(area, row as u16, line);
        }
        let below = lines.len().saturating_sub(from + height);
        if below > 0 && height > 0 {
            let text = format!(" {below} more line{} ", if below == 1 { "" } else { "s" });
            let style = self.theme.part(Part::Key);
            self.right(area, area.height - 1, &text, style);
        }
    }

    /// A pane's title on a line across the area's first row.
    pub fn title(&mut self, area: Rect, title: &str) {
        if area.height == 0 || area.width == 0 {
            return;
        }
        let rule = self.theme.rule();
        let style = self.theme.part(Part::Rule);
        self.text(area, 0, &rule.repeat(usize::from(area.width)), style);
        let inner = Rect { x: area.x + 2.min(area.width), width: area.width.saturating_sub(4), ..area };
        self.text(inner, 0, &format!(" {title} "), self.theme.part(Part::Title));
    }

    /// A line from top to bottom at the left of an area, one column outside of it.
    pub fn wall(&mut self, area: Rect) {
        let Some(column) = area.x.checked_sub(1) else { return };
        let style = self.theme.part(Part::Rule);
        let wall = self.theme.wall();
        for row in 0..area.height {
            self.text(Rect { x: column, width: 1, ..area }, row, wall, style);
        }
    }

    /// Gives a row the style of the cursor.
    pub fn shade(&mut self, area: Rect, row: u16, part: Part) {
        let style = self.theme.part(part);
        let area = Rect { y: area.y + row, height: 1, ..area }.intersection(self.buffer.area);
        self.buffer.set_style(area, style);
    }

    /// Empties an area.
    pub fn clear(&mut self, area: Rect) {
        for row in 0..area.height {
            self.text(area, row, &" ".repeat(usize::from(area.width)), Style::reset());
        }
    }
}

fn has_text(spans: &[(String, Ink)]) -> bool {
    spans.iter().any(|(text, _)| !text.trim().is_empty())
}

/// Text as it may go to a terminal: control and direction characters are written out.
pub fn escaped(text: &str) -> std::borrow::Cow<'_, str> {
    let is_harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    if !text.contains(is_harmful) {
        return text.into();
    }
    let written =
        text.chars().map(|c| if is_harmful(c) { c.escape_unicode().to_string() } else { c.to_string() });
    written.collect::<String>().into()
}

/// Text of at most this many columns; the last is the mark when something was cut.
pub fn fitted(text: &str, width: u16, mark: &str) -> String {
    let text = escaped(text);
    let width = usize::from(width);
    if text.width() <= width {
        return text.into_owned();
    }
    let mut fitted = String::new();
    let mut used = 0;
    for character in text.chars() {
        let columns = character.width().unwrap_or(0);
        if used + columns + 1 > width {
            break;
        }
        fitted.push(character);
        used += columns;
    }
    if width > 0 {
        fitted.push_str(mark);
    }
    fitted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_with_a_mark_by_its_width() {
        assert_eq!(fitted("orders", 6, "~"), "orders");
        assert_eq!(fitted("orders", 4, "~"), "ord~");
        assert_eq!(fitted("日本語", 4, "~"), "日~");
        assert_eq!(fitted("orders", 0, "~"), "");
    }

    #[test]
    fn control_and_direction_characters_are_written_out() {
        assert_eq!(escaped("a\u{1b}[2J"), "a\\u{1b}[2J");
        assert_eq!(escaped("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(escaped("straße"), "straße");
    }

    #[test]
    fn long_line_is_broken_at_spaces_and_indented() {
        let lines = Line::plain("2 the same batch took b2 out of 1,000 ISRs").wrapped(24, 2);
        let texts: Vec<String> =
            lines.iter().map(|line| line.spans.iter().map(|(text, _)| text.as_str()).collect()).collect();
        assert_eq!(texts, ["2 the same batch took b2", "  out of 1,000 ISRs"]);
    }
}
