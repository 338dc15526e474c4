//! Frames as text, at five sizes; styles in every palette.

use kr_tui::theme::Palette;
use ratatui::style::Color;

use crate::fixture::Robot;

const SIZES: [(u16, u16); 5] = [(60, 15), (80, 24), (120, 40), (160, 48), (250, 80)];

/// Each screen, and the keys that open it.
const SCREENS: [(&str, &str); 9] = [
    ("pulse", "1"),
    ("quorum", "2"),
    ("brokers", "3"),
    ("topics", "4"),
    ("partitions", "5"),
    ("groups", "6"),
    ("events", "7"),
    ("partition", "1 down down down enter"),
    ("broker", "3 down enter"),
];

#[test]
fn screens_at_five_sizes() {
    for (columns, rows) in SIZES {
        for (name, keys) in SCREENS {
            let mut robot = Robot::new(columns, rows, Palette::Mono);
            robot.press(keys);
            insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), robot.text());
        }
    }
}

#[test]
fn styles_of_pulse_in_every_palette() {
    for palette in Palette::ALL {
        let robot = Robot::new(80, 24, palette);
        insta::assert_snapshot!(format!("styles_{}", palette.name()), robot.styles());
    }
}

#[test]
fn palettes_differ_in_style_and_not_in_text() {
    let mono = Robot::new(120, 40, Palette::Mono);
    for palette in Palette::ALL {
        assert_eq!(Robot::new(120, 40, palette).text(), mono.text(), "{}", palette.name());
    }
}

#[test]
fn mono_frames_hold_no_colour() {
    for (_, keys) in SCREENS {
        let mut robot = Robot::new(120, 40, Palette::Mono);
        robot.press(keys);
        let buffer = robot.buffer();
        let coloured = buffer.content.iter().find(|cell| (cell.fg, cell.bg) != (Color::Reset, Color::Reset));
        assert_eq!(coloured, None, "{keys}");
    }
}

#[test]
fn first_frame_needs_no_broker() {
    let mut robot = Robot::fresh(80, 24, Palette::Mono);
    robot.expect("connecting").expect("asking for topics");
}

#[test]
fn small_window_still_says_what_is_ill() {
    let mut robot = Robot::new(40, 5, Palette::Mono);
    robot.expect("terminal too small, 60x15 needed").expect("URP 13");
}
