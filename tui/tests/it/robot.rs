//! Keys, and what the screen shows after them: every command is reached by one.

use std::collections::BTreeSet;

use kr_tui::commands::COMMANDS;
use kr_tui::model::table::Entity;
use kr_tui::msg::{Action, Ask, Cmd, Intent, Mouse, MouseAction, Msg};
use kr_tui::snapshot::{Observation, Seen, Source, Topics};
use kr_tui::theme::Palette;

use crate::fixture::{NOW, Robot, events, place};

/// Command, keys that lead to it and press it, and what is on the screen then.
const ROADS: &[(&str, &str, &str)] = &[
    ("open", "4 down enter", "Topics > orders"),
    ("back", "4 enter esc", "4Topics"),
    ("pulse", "5 1", "Worst partitions: 14"),
    ("quorum", "2", "leader node 3  epoch 42"),
    ("brokers", "3", "FENCED !"),
    ("topics", "4", "Topics: 3"),
    ("partitions", "5", "Partitions: 16"),
    ("groups", "6", "billing"),
    ("events", "7", "12 partitions"),
    ("previous", "4 5 -", "Topics: 3"),
    ("down", "4 down enter", "Topics > orders"),
    ("up", "4 down up enter", "Topics > audit"),
    ("page-down", "4 pagedown enter", "Topics > pay.settled.v2"),
    ("page-up", "4 G ctrl-u enter", "Topics > audit"),
    ("first", "4 G g enter", "Topics > audit"),
    ("last", "4 G enter", "Topics > pay.settled.v2"),
    ("pane", "4 tab", "Topics: 3"),
    ("zoom", "4 tab z", "Configs that are not at their defaults"),
    ("explain", "1 e", "Why?  rule"),
    ("history", "1 h", "Leader epochs"),
    ("events-of", "3 down E", "Events of broker 2"),
    ("pause", "space", "PAUSED"),
    ("refresh", "ctrl-r", "asked for everything anew"),
    ("calls", "@", "nothing was sent yet"),
    ("filter", "5 / p a y", "filter: pay"),
    ("sort", "5 s", "Sort by"),
    ("reverse", "5 S", "STATE^"),
    ("columns", "5 c", "space shows or hides"),
    ("mark", "5 m", "1 marked"),
    ("mark-all", "5 M", "16 marked"),
    ("export", "5 x", "Partitions: 16"),
    ("elect-preferred", "5 / a u d i t enter g p", "Elect preferred leaders of 1 partitions?"),
    ("copy-command", "5 y", "copied: kr partition list --internal"),
    ("palette", ":", "Commands"),
    ("help", "?", "Open and go back"),
    ("theme", "T", "colours: dark"),
    ("suspend", "ctrl-z", "Pulse"),
    ("quit", "q", "Pulse"),
];

#[test]
fn every_command_can_be_reached_by_its_keys() {
    for (name, keys, wanted) in ROADS {
        let mut robot = Robot::new(120, 40, Palette::Mono);
        robot.press(keys);
        let text = robot.text();
        assert!(text.contains(wanted), "{name}: {wanted:?} is not on the screen:\n{text}");
    }
    let reached: BTreeSet<&str> = ROADS.iter().map(|(name, ..)| *name).collect();
    let all: BTreeSet<&str> = COMMANDS.iter().map(|command| command.name).collect();
    assert_eq!(reached, all);
}

#[test]
fn every_command_can_be_run_from_the_palette() {
    for command in COMMANDS {
        let mut robot = Robot::new(120, 40, Palette::Mono);
        robot.press(":").write(command.name);
        robot.press("enter");
    }
}

#[test]
fn cursor_stays_on_its_partition_when_the_order_changes() {
    let mut robot = Robot::new(100, 30, Palette::Mono);
    robot.press("5 / o r d e r s enter down down");
    let before = robot.model.list().cursor.clone();
    robot.press("S");
    assert_eq!(robot.model.list().cursor, before);
    robot.press("s down enter");
    assert_eq!(robot.model.list().cursor, before);
}

#[test]
fn cursor_takes_the_next_row_when_its_topic_is_deleted() {
    let mut robot = Robot::new(100, 30, Palette::Mono);
    robot.press("4 down");
    assert_eq!(robot.model.list().cursor, Some(Entity::Topic("orders".into())));
    let gone = Topics { is_complete: false, topics: Vec::new(), gone: vec!["orders".into()] };
    robot.tell(Msg::Observed(Observation::Topics(Seen::new(gone, NOW, Source::Metadata))));
    assert_eq!(robot.model.list().cursor, Some(Entity::Topic("pay.settled.v2".into())));
}

#[test]
fn paused_picture_stays_and_counts_what_is_held_back() {
    let mut robot = Robot::new(120, 40, Palette::Mono);
    robot.press("7 space");
    let before = robot.model.list().rows.len();
    robot.tell(Msg::Events(events()));
    assert_eq!(robot.model.list().rows.len(), before);
    robot.expect("PAUSED 18 newer events held back");
    robot.press("space");
    assert!(robot.model.list().rows.len() > before);
}

#[test]
fn events_of_one_batch_are_folded_until_they_are_opened() {
    let mut robot = Robot::new(120, 40, Palette::Mono);
    robot.press("7").expect("12 partitions").expect("all lost 2");
    robot.press("down enter").expect("orders-11");
}

#[test]
fn opening_a_partition_asks_for_what_only_its_detail_shows() {
    let mut robot = Robot::new(80, 24, Palette::Mono);
    robot.press("5 / o r d e r s enter enter");
    let asks: Vec<&Ask> = robot
        .wanted
        .iter()
        .filter_map(|cmd| match cmd {
            Cmd::Poll(Intent::Ask(ask)) => Some(ask),
            _ => None,
        })
        .collect();
    assert!(asks.iter().any(|ask| matches!(ask, Ask::Epochs(_))), "{asks:?}");
    assert!(asks.contains(&&Ask::Reach(kr_wire::ids::NodeId(2))), "{asks:?}");
}

#[test]
fn focus_names_the_partitions_on_the_screen_and_no_others() {
    let mut robot = Robot::new(80, 24, Palette::Mono);
    robot.press("5 / p a y enter");
    assert_eq!(robot.model.focus.partitions, [place("pay.settled.v2", 0), place("pay.settled.v2", 1)]);
    robot.press("2");
    assert!(robot.model.focus.partitions.is_empty());
}

#[test]
fn election_is_sent_only_after_yes() {
    let sent = |robot: &Robot| {
        robot.wanted.iter().any(|cmd| matches!(cmd, Cmd::Poll(Intent::Act(Action::ElectPreferred(_)))))
    };
    let mut robot = Robot::new(120, 40, Palette::Mono);
    robot.press("5 / a u d i t enter g p").expect("audit-0: 3 > 1");
    robot.press("enter esc");
    assert!(!sent(&robot));
    robot.press("p y");
    assert!(sent(&robot));
}

#[test]
fn read_only_cluster_has_no_election() {
    let mut robot = Robot::new(120, 40, Palette::Mono);
    robot.model.settings.is_read_only = true;
    robot.press("5 / a u d i t enter g p");
    assert_eq!(robot.model.overlay, None);
    robot.expect("RO");
}

#[test]
fn why_of_a_fenced_broker_is_told_with_its_evidence() {
    let mut robot = Robot::new(120, 60, Palette::Mono);
    robot.press("5 /").write("topic=orders");
    robot.press("enter");
    robot.press("enter");
    robot.expect("rule R2, confidence high");
    robot.expect("the controller fenced broker 2");
    robot.expect("refused (the host answers, the port is closed)");
    robot.expect("with that it left 12 ISRs");
    robot.expect("its process is down");
}

#[test]
fn wrong_filter_is_told_and_keeps_the_list() {
    let mut robot = Robot::new(80, 24, Palette::Mono);
    robot.press("5 /").write("lag>3");
    robot.expect("no field \"lag\"");
    robot.press("enter").expect("no field \"lag\"");
    robot.press("esc").expect("Partitions: 16");
}

#[test]
fn mouse_opens_screens_and_moves_the_cursor() {
    let mut robot = Robot::new(80, 24, Palette::Mono);
    let press = |column, row| Msg::Mouse(Mouse { what: MouseAction::Press, column, row });
    let tab = robot.text().lines().nth(1).unwrap().find("5Part").unwrap() as u16;
    robot.tell(press(tab, 1));
    robot.expect("Partitions: 16");
    robot.tell(press(10, 6));
    assert_eq!(robot.model.list().position, 2);
    robot.tell(Msg::Mouse(Mouse { what: MouseAction::WheelDown, column: 10, row: 6 }));
    assert_eq!(robot.model.list().position, 5);
}

#[test]
fn palette_goes_to_things_by_their_names() {
    let mut robot = Robot::new(120, 40, Palette::Mono);
    robot.press(":").write("topic orders");
    robot.press("enter").expect("Topics > orders");
    robot.press(":").write("partition orders-7");
    robot.press("enter").expect("orders-7");
    robot.press(":").write("broker 2");
    robot.press("enter").expect("broker 2");
}
