//! Labels and their colours. Colour is never the only sign: the text says the same.

/// What a piece of text is, from which its colour follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Nothing special.
    #[default]
    Plain,
    /// The head of a column or a section.
    Heading,
    /// As it should be.
    Good,
    /// Worth a look.
    Warning,
    /// Broken.
    Bad,
    /// Of less interest.
    Faint,
}

impl Style {
    /// Wraps text in the escape sequence of this style when colours are wanted.
    pub fn paint(self, text: &str, coloured: bool) -> String {
        let code = match self {
            Self::Heading => "1",
            Self::Good => "32",
            Self::Warning => "33",
            Self::Bad => "31",
            Self::Faint => "2",
            Self::Plain => return text.to_owned(),
        };
        if coloured && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
