//! One screen after the other at the same place, with marks on what changed.
//!
//! ```text
//!   2026-11-21T08:00:02Z, every 2s
//!   GROUP    LAG
//! * billing   12        <- the changed cell is shown in reverse
//!   audit      0
//! ```
//! The frame is cut to the terminal, so that a line is a row and the cursor finds its way back; there is nothing to
//! restore when the command is interrupted.

use console::{measure_text_width, strip_ansi_codes, truncate_str};

use crate::io::Screen as Size;

/// Marks lines with a change.
const CHANGED: &str = "* ";
const SAME: &str = "  ";

/// What stands on the terminal.
#[derive(Debug, Default)]
pub(super) struct Screen {
    /// The lines of the last round, without colours; none before the first.
    last: Option<Vec<String>>,
    /// Rows below which the cursor stands.
    drawn: usize,
}

impl Screen {
    /// What draws a round over the last one.
    pub(super) fn draw(&mut self, title: &str, text: &str, size: Option<Size>, coloured: bool) -> String {
        let size = size.unwrap_or(Size { rows: 24, columns: 80 });
        let lines: Vec<&str> = text.lines().collect();
        let mut rows = vec![format!("{SAME}{title}")];
        let mut left: Vec<Option<&String>> = self.last.iter().flatten().map(Some).collect();
        for line in &lines {
            rows.push(match &self.last {
                None => format!("{SAME}{line}"),
                Some(_) => marked(line, &mut left, coloured),
            });
        }
        // The cursor stands on a row of its own below the frame.
        let most = usize::from(size.rows).saturating_sub(1).max(2);
        if rows.len() > most {
            let hidden = rows.len() - (most - 1);
            rows.truncate(most - 1);
            rows.push(format!("{SAME}… {hidden} more lines"));
        }
        let mut frame = String::new();
        if self.drawn > 0 {
            frame.push_str(&format!("\u{1b}[{}A", self.drawn));
        }
        frame.push('\r');
        for row in &rows {
            frame.push_str(&truncate_str(row, usize::from(size.columns), "…"));
            frame.push_str("\u{1b}[K\n");
        }
        frame.push_str("\u{1b}[J");
        self.drawn = rows.len();
        self.last = Some(lines.iter().map(|line| strip_ansi_codes(line).into_owned()).collect());
        frame
    }
}

/// A line with a mark, and its changed cells in reverse when colours are wanted.
///
/// It is held against the line that was the same, or else one that began with the same cell.
fn marked(line: &str, left: &mut [Option<&String>], coloured: bool) -> String {
    let bare = strip_ansi_codes(line);
    let same = left.iter_mut().find(|old| old.is_some_and(|old| *old == bare));
    if let Some(old) = same {
        *old = None;
        return format!("{SAME}{line}");
    }
    let own = cells(&bare);
    let first = own.first().map(|cell| cell.trim());
    let is_kin = |old: &&mut Option<&String>| {
        old.is_some_and(|old| cells(old).first().map(|cell| cell.trim()) == first)
    };
    let old = left.iter_mut().find(is_kin).and_then(Option::take);
    if !coloured {
        return format!("{CHANGED}{line}");
    }
    let olds = old.map(|old| cells(old)).unwrap_or_default();
    let mut shown = CHANGED.to_owned();
    for (place, cell) in own.iter().enumerate() {
        let is_same = olds.get(place).is_some_and(|old| old.trim() == cell.trim());
        let text = cell.trim();
        if is_same || text.is_empty() {
            shown.push_str(cell);
        } else {
            let begin = cell.len() - cell.trim_start().len();
            let end = begin + text.len();
            shown.push_str(&format!("{}\u{1b}[7m{text}\u{1b}[27m{}", &cell[..begin], &cell[end..]));
        }
    }
    debug_assert_eq!(
        measure_text_width(&shown),
        measure_text_width(&bare) + CHANGED.len(),
        "marks have no width"
    );
    shown
}

/// The cells of a line, each with the blanks before it: two blanks part them.
fn cells(line: &str) -> Vec<&str> {
    let mut cells = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        let end = rest[blanks..].find("  ").map_or(rest.len(), |at| blanks + at);
        let end = if end == blanks { rest.len() } else { end };
        cells.push(&rest[..end]);
        rest = &rest[end..];
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Option<Size> = Some(Size { rows: 6, columns: 30 });

    fn seen(frame: &str) -> String {
        frame
            .replace("\u{1b}[7m", "[")
            .replace("\u{1b}[27m", "]")
            .replace("\u{1b}[K", "")
            .replace("\u{1b}[J", "")
    }

    #[test]
    fn changed_cells_and_lines_are_marked() {
        let mut screen = Screen::default();
        let first = screen.draw("now", "GROUP    LAG\nbilling   12\naudit      0\n", SIZE, true);
        assert_eq!(seen(&first), "\r  now\n  GROUP    LAG\n  billing   12\n  audit      0\n");
        let second =
            screen.draw("now", "GROUP    LAG\nbilling    9\nnew        1\naudit      0\n", SIZE, true);
        assert_eq!(
            seen(&second),
            "\u{1b}[4A\r  now\n  GROUP    LAG\n* billing    [9]\n* [new]        [1]\n  audit      0\n"
        );
        let third = screen.draw("now", "GROUP    LAG\nbilling    8\n", SIZE, false);
        assert_eq!(seen(&third), "\u{1b}[5A\r  now\n  GROUP    LAG\n* billing    8\n");
    }

    #[test]
    fn a_frame_never_takes_more_than_the_terminal_has() {
        let mut screen = Screen::default();
        let long = format!("{}\n", "x".repeat(100)).repeat(20);
        let frame = seen(&screen.draw("now", &long, SIZE, false));
        assert_eq!(frame.lines().count(), 5);
        assert!(frame.lines().all(|line| measure_text_width(line) <= 30), "{frame}");
        assert!(frame.ends_with("  … 17 more lines\n"), "{frame}");
    }

    #[test]
    fn colours_of_the_command_are_no_change() {
        let mut screen = Screen::default();
        screen.draw("now", "a  \u{1b}[32mok\u{1b}[0m\n", SIZE, true);
        let frame = screen.draw("now", "a  ok\n", SIZE, true);
        assert!(!frame.contains(CHANGED), "{frame:?}");
    }
}
