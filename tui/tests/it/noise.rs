//! Random keys, mouse, sizes and answers in any order: nothing panics and nothing is drawn outside of its place.
//! The seed stands in the failure; the same seed makes the same noise.

use kr_tui::commands::parse_key;
use kr_tui::msg::{Key, KeyCode, Mouse, MouseAction, Msg};
use kr_tui::snapshot::{Observation, Seen, Source, Time, Topics};
use kr_tui::theme::Palette;

use crate::fixture::{NOW, Robot, events, script};

/// A small generator (xorshift64): noise need not be good, only the same again.
struct Noise(u64);

impl Noise {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    fn msg(&mut self, script: &[Msg]) -> Msg {
        match self.next(20) {
            0 => Msg::Resize { columns: self.next(301) as u16, rows: self.next(101) as u16 },
            1 => script[self.next(script.len() as u64) as usize].clone(),
            2 => Msg::Events(events()),
            3 => {
                let is_complete = self.next(2) == 0;
                let none = Topics { is_complete, topics: Vec::new(), gone: vec!["orders".into()] };
                Msg::Observed(Observation::Topics(Seen::new(none, NOW, Source::Metadata)))
            }
            4 => Msg::Tick(Time(NOW.0 + self.next(100_000) as i64)),
            5 => Msg::Paste("a\u{1b}[31m\u{202e}isr<rf".to_owned()),
            6..9 => {
                let what =
                    [MouseAction::Press, MouseAction::WheelUp, MouseAction::WheelDown][self.next(3) as usize];
                Msg::Mouse(Mouse { what, column: self.next(400) as u16, row: self.next(150) as u16 })
            }
            _ => Msg::Key(self.key()),
        }
    }

    fn key(&mut self) -> Key {
        const NAMED: [&str; 16] = [
            "enter",
            "esc",
            "tab",
            "backspace",
            "up",
            "down",
            "left",
            "right",
            "home",
            "end",
            "pageup",
            "pagedown",
            "space",
            "ctrl-d",
            "ctrl-u",
            "ctrl-r",
        ];
        if self.next(3) == 0 {
            return parse_key(NAMED[self.next(NAMED.len() as u64) as usize]).expect("it is a key");
        }
        let letter = char::from(33 + self.next(94) as u8);
        Key { code: KeyCode::Char(letter), ctrl: false, alt: self.next(20) == 0 }
    }
}

#[test]
fn noise_breaks_nothing() {
    let script = script();
    for seed in 1..=12_u64 {
        let mut noise = Noise(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut robot = Robot::new(80, 24, Palette::ALL[seed as usize % Palette::ALL.len()]);
        for step in 0..200 {
            let msg = noise.msg(&script);
            let told = format!("seed {seed}, step {step}: {msg:?}");
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                robot.tell(msg);
                robot.buffer();
            }));
            assert!(outcome.is_ok(), "{told}");
        }
    }
}
