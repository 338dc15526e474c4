//! How long partitions are silent while nodes are killed and paused under full load, and whether a record is
//! lost, duplicated, reordered or moved by it.

use std::time::Duration;

use kr_tests::traffic::faults::{self, Deed, Pace, Round, Victim};
use kr_tests::traffic::{self, Shape, Traffic, readback};

use crate::PATIENCE;
use crate::options::{Options, System};
use crate::system::Running;
use crate::table::Figure;

/// The partitions whose leaders are hurt in turn.
const LEADERS: i32 = 3;

/// A client that waits longer for a frozen broker is silent for longer.
const REQUEST_TIMEOUT: Duration = Duration::from_millis(500);

/// Hurts the controller, then each leader, while everything is written to.
pub async fn measure(running: &Running, options: &Options) -> Result<Vec<Figure>, String> {
    let client = crate::connect(&running.bootstrap, REQUEST_TIMEOUT).await?;
    let topic = "silence".to_owned();
    let shape = Shape { topic, partitions: 6, producers: 2, window: 200, value_bytes: 100 };
    traffic::create_topic(&client, &shape.topic, shape.partitions, PATIENCE).await?;
    let traffic = Traffic::start(&client, shape.clone());
    let pace = Pace {
        hold: options.scaled(Duration::from_secs(2), Duration::from_secs(1)),
        settle: options.scaled(Duration::from_secs(2), Duration::from_secs(1)),
        patience: PATIENCE,
    };
    tokio::time::sleep(pace.settle).await;
    let mut rounds = Vec::new();
    for fault in faults::all_faults(LEADERS) {
        let round = faults::round(running, &client, &traffic, fault, pace).await?;
        eprintln!(
            "{:?} {} (node {}): {:?} silent, {:?} after the heal, in sync after {:?}",
            round.deed, round.victim, round.node, round.silence, round.silence_of_heal, round.in_sync_after
        );
        rounds.push(round);
    }
    let ledgers = traffic.stop().await;
    let found = readback::compare(&client, &shape.topic, &ledgers).await?;
    eprintln!("{found}");
    Ok(figures(&rounds, &found, running.is_fast()))
}

fn figures(rounds: &[Round], found: &readback::Findings, is_fast: bool) -> Vec<Figure> {
    let longest = |deed: Deed, of_controller: bool| {
        let meant =
            |round: &&Round| round.deed == deed && (round.victim == Victim::Controller) == of_controller;
        rounds.iter().filter(meant).map(|round| round.silence).max().unwrap_or_default()
    };
    let killed = |name, of_controller| {
        let figure = Figure::millis(name, longest(Deed::Kill, of_controller));
        if is_fast { figure.at_most(300.0) } else { figure }
    };
    let heals = rounds.iter().map(|round| round.silence_of_heal).max().unwrap_or_default();
    vec![
        killed("silence, controller killed", true),
        killed("silence, leaders killed", false),
        Figure::millis("silence, controller paused", longest(Deed::Pause, true)),
        Figure::millis("silence, leaders paused", longest(Deed::Pause, false)),
        Figure::millis("silence, nodes coming back", heals),
        Figure::count("records acknowledged meanwhile", found.acknowledged),
        Figure::count("records that failed", found.failed),
        Figure::wrongs("records lost", found.lost),
        Figure::wrongs("records duplicated", found.duplicated),
        Figure::wrongs("records reordered", found.reordered),
        Figure::wrongs("records moved", found.moved + found.foreign),
    ]
}

impl Running {
    /// Whether it runs with the timers that the limits are about.
    fn is_fast(&self) -> bool {
        matches!(self.system(), System::Kr { profile, .. } if profile == "fast")
    }
}
