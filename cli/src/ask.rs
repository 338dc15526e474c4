//! Questions to the person at the terminal. Commands ask through [`Ask`], so that a test can answer.

use std::io;

use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, Input, Password};

/// Somebody who answers questions.
pub trait Ask: Send {
    /// Asks for yes or no; no is the answer of who only presses return.
    fn agree(&mut self, question: &str) -> io::Result<bool>;

    /// Asks for a line.
    fn line(&mut self, question: &str) -> io::Result<String>;

    /// Asks for a line that is not shown.
    fn secret(&mut self, question: &str) -> io::Result<String>;
}

/// The person at this process's terminal; questions go to stderr.
pub struct Terminal {
    theme: Box<dyn Theme + Send>,
}

impl Terminal {
    /// Asks with or without colours.
    pub fn new(coloured: bool) -> Self {
        let theme: Box<dyn Theme + Send> =
            if coloured { Box::new(ColorfulTheme::default()) } else { Box::new(SimpleTheme) };
        Self { theme }
    }
}

impl Ask for Terminal {
    fn agree(&mut self, question: &str) -> io::Result<bool> {
        Confirm::with_theme(&*self.theme)
            .with_prompt(question)
            .default(false)
            .interact_opt()
            .map(|answer| answer.unwrap_or(false))
            .map_err(io_error)
    }

    fn line(&mut self, question: &str) -> io::Result<String> {
        Input::with_theme(&*self.theme)
            .with_prompt(question)
            .allow_empty(true)
            .interact_text()
            .map_err(io_error)
    }

    fn secret(&mut self, question: &str) -> io::Result<String> {
        Password::with_theme(&*self.theme).with_prompt(question).interact().map_err(io_error)
    }
}

fn io_error(error: dialoguer::Error) -> io::Error {
    let dialoguer::Error::IO(error) = error;
    error
}
