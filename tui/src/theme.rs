//! Colours and signs. A theme maps meaning ([`Tone`], [`Part`]) to styles; nothing else on the screen knows a
//! colour.
//!
//! Colour never says anything alone: states are words with marks. The mono theme sets no colour at all, only bold,
//! dim, underline and reverse, so that terminals without colour, `NO_COLOR` and screen readers lose nothing.

use ratatui::style::{Color, Modifier, Style};

use crate::model::table::Tone;

/// A palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// The 16 colours of the terminal, for dark backgrounds.
    Dark,
    /// The 16 colours of the terminal, for light backgrounds.
    Light,
    /// Strong colours, nothing dim.
    HighContrast,
    /// Blue against orange, for red-green blindness.
    Deuteranopia,
    /// Red against cyan, for blue-yellow blindness.
    Tritanopia,
    /// No colours.
    Mono,
}

impl Palette {
    /// All palettes, in the order in which they are switched.
    pub const ALL: [Self; 6] =
        [Self::Dark, Self::Light, Self::HighContrast, Self::Deuteranopia, Self::Tritanopia, Self::Mono];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high-contrast",
            Self::Deuteranopia => "deuteranopia",
            Self::Tritanopia => "tritanopia",
            Self::Mono => "mono",
        }
    }

    /// The palette of a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|palette| palette.name() == name)
    }

    /// The next one; what cannot show colours stays mono.
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|palette| *palette == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }
}

/// Signs for lines and marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// Pure ASCII.
    Ascii,
    /// Lines and dots of Unicode, each one column wide.
    Unicode,
}

/// Parts of the screen that are no data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The line at the top.
    Header,
    /// The screen that is open, in the line of screens.
    Tab,
    /// A pane's title.
    Title,
    /// A line between panes.
    Rule,
    /// Heads of columns.
    Head,
    /// The row with the cursor.
    Cursor,
    /// The row with the cursor, while keys go elsewhere.
    CursorAway,
    /// A key in the line of keys.
    Key,
    /// A banner that must be seen.
    Alarm,
}

/// A palette with its signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// The colours.
    pub palette: Palette,
    /// The signs.
    pub glyphs: Glyphs,
    /// Whether the terminal has colours beyond the first 16.
    pub has_256: bool,
}

/// The colours of one palette.
struct Colours {
    good: Color,
    note: Color,
    warn: Color,
    bad: Color,
    leader: Color,
    dim: Option<Color>,
    title: Color,
    /// Background and text of the header and the cursor.
    bar: (Color, Color),
}

impl Theme {
    /// The style of data.
    pub fn tone(&self, tone: Tone) -> Style {
        let style = Style::new();
        let Some(colours) = self.colours() else {
            return match tone {
                Tone::Plain | Tone::Good => style,
                Tone::Dim => style.add_modifier(Modifier::DIM),
                Tone::Note => style.add_modifier(Modifier::UNDERLINED),
                Tone::Warn | Tone::Leader => style.add_modifier(Modifier::BOLD),
                Tone::Bad => style.add_modifier(Modifier::BOLD | Modifier::REVERSED),
            };
        };
        match tone {
            Tone::Plain => style,
            Tone::Dim => colours.dim.map_or(style, |dim| style.fg(dim)),
            Tone::Good => style.fg(colours.good),
            Tone::Note => style.fg(colours.note),
            Tone::Warn => style.fg(colours.warn).add_modifier(Modifier::BOLD),
            Tone::Bad => style.fg(colours.bad).add_modifier(Modifier::BOLD),
            Tone::Leader => style.fg(colours.leader).add_modifier(Modifier::BOLD),
        }
    }

    /// The style of a part.
    pub fn part(&self, part: Part) -> Style {
        let style = Style::new();
        let Some(colours) = self.colours() else {
            return match part {
                Part::Header | Part::Cursor => style.add_modifier(Modifier::REVERSED),
                Part::Tab | Part::Title | Part::Key | Part::Alarm => style.add_modifier(Modifier::BOLD),
                Part::Head | Part::CursorAway => style.add_modifier(Modifier::UNDERLINED),
                Part::Rule => style,
            };
        };
        let (back, text) = colours.bar;
        match part {
            Part::Header | Part::Cursor => style.bg(back).fg(text),
            Part::Tab => style.fg(colours.title).add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            Part::Title => style.fg(colours.title).add_modifier(Modifier::BOLD),
            Part::Rule => colours.dim.map_or(style, |dim| style.fg(dim)),
            Part::Head => colours.dim.map_or(style, |dim| style.fg(dim)).add_modifier(Modifier::UNDERLINED),
            Part::CursorAway => style.add_modifier(Modifier::UNDERLINED),
            Part::Key => style.fg(colours.title).add_modifier(Modifier::BOLD),
            Part::Alarm => style.fg(colours.bad).add_modifier(Modifier::BOLD | Modifier::REVERSED),
        }
    }

    /// The mark that text goes on where it was cut.
    pub fn cut(&self) -> &'static str {
        match self.glyphs {
            Glyphs::Ascii => "~",
            Glyphs::Unicode => "…",
        }
    }

    /// A line from left to right.
    pub fn rule(&self) -> &'static str {
        match self.glyphs {
            Glyphs::Ascii => "-",
            Glyphs::Unicode => "─",
        }
    }

    /// A line from top to bottom.
    pub fn wall(&self) -> &'static str {
        match self.glyphs {
            Glyphs::Ascii => "|",
            Glyphs::Unicode => "│",
        }
    }

    fn colours(&self) -> Option<Colours> {
        let rich = |rich: u8, plain: Color| if self.has_256 { Color::Indexed(rich) } else { plain };
        Some(match self.palette {
            Palette::Mono => return None,
            Palette::Dark => Colours {
                good: Color::Green,
                note: Color::Cyan,
                warn: Color::Yellow,
                bad: Color::LightRed,
                leader: Color::LightCyan,
                dim: Some(rich(245, Color::DarkGray)),
                title: Color::LightBlue,
                bar: (rich(24, Color::Blue), Color::White),
            },
            Palette::Light => Colours {
                good: rich(22, Color::Green),
                note: rich(25, Color::Blue),
                warn: rich(94, Color::Magenta),
                bad: rich(124, Color::Red),
                leader: rich(25, Color::Blue),
                dim: Some(rich(240, Color::DarkGray)),
                title: rich(18, Color::Blue),
                bar: (rich(153, Color::Cyan), Color::Black),
            },
            Palette::HighContrast => Colours {
                good: rich(46, Color::LightGreen),
                note: rich(51, Color::LightCyan),
                warn: rich(226, Color::LightYellow),
                bad: rich(203, Color::LightRed),
                leader: rich(51, Color::LightCyan),
                dim: None,
                title: rich(231, Color::White),
                bar: (rich(231, Color::White), Color::Black),
            },
            Palette::Deuteranopia => Colours {
                good: rich(75, Color::LightBlue),
                note: rich(117, Color::Cyan),
                warn: rich(222, Color::Yellow),
                bad: rich(208, Color::LightYellow),
                leader: rich(117, Color::LightCyan),
                dim: Some(rich(245, Color::DarkGray)),
                title: rich(75, Color::LightBlue),
                bar: (rich(25, Color::Blue), Color::White),
            },
            Palette::Tritanopia => Colours {
                good: rich(51, Color::LightCyan),
                note: rich(87, Color::Cyan),
                warn: rich(217, Color::LightMagenta),
                bad: rich(196, Color::LightRed),
                leader: rich(87, Color::LightCyan),
                dim: Some(rich(245, Color::DarkGray)),
                title: rich(51, Color::LightCyan),
                bar: (rich(30, Color::Cyan), Color::White),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TONES: [Tone; 7] =
        [Tone::Plain, Tone::Dim, Tone::Good, Tone::Note, Tone::Warn, Tone::Bad, Tone::Leader];

    #[test]
    fn mono_sets_no_colour_anywhere() {
        let theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Ascii, has_256: true };
        for tone in TONES {
            let style = theme.tone(tone);
            assert_eq!((style.fg, style.bg), (None, None), "{tone:?}");
        }
        for part in [Part::Header, Part::Tab, Part::Cursor, Part::Head, Part::Alarm, Part::Key, Part::Rule] {
            let style = theme.part(part);
            assert_eq!((style.fg, style.bg), (None, None), "{part:?}");
        }
    }

    #[test]
    fn good_and_bad_look_different_in_every_palette() {
        for palette in Palette::ALL {
            for has_256 in [false, true] {
                let theme = Theme { palette, glyphs: Glyphs::Ascii, has_256 };
                assert_ne!(theme.tone(Tone::Good), theme.tone(Tone::Bad), "{}", palette.name());
                assert_ne!(theme.tone(Tone::Warn), theme.tone(Tone::Bad), "{}", palette.name());
            }
        }
    }
}
