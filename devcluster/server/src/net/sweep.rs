//! Once a second: ends connections that are idle, silent from the start, or drip their frames.

use std::rc::Rc;
use std::time::Duration;

use kr_node::Event;
use tokio::time::{MissedTickBehavior, interval};

use crate::limits::Limits;
use crate::net::channel::Channel;
use crate::net::hub::Hub;

/// Sweeps for as long as the node lives. The time of a pause does not count.
pub(crate) async fn run(hub: Rc<Hub>) {
    let mut second = interval(Duration::from_secs(1));
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    second.tick().await;
    loop {
        second.tick().await;
        hub.seconds.set(hub.seconds.get() + 1);
        sweep(&hub);
    }
}

fn sweep(hub: &Hub) {
    let now = hub.seconds.get();
    let mut ended = Vec::new();
    for (conn, channel) in hub.conns.borrow().iter() {
        if channel.is_at_own_limit(hub) {
            // It is not read, so it cannot be blamed for what does not come in.
            channel.partial.set(channel.partial.get().map(|(_, bytes)| (now, bytes)));
        } else if is_overdue(channel, now, &hub.limits) {
            ended.push((*conn, channel.clone()));
        }
    }
    for (conn, channel) in ended {
        hub.conns.borrow_mut().remove(&conn);
        channel.give_up();
        hub.push(Event::Closed { conn });
    }
}

fn is_overdue(channel: &Channel, now: u64, limits: &Limits) -> bool {
    let quiet = now.saturating_sub(channel.last_traffic.get());
    if !channel.may_idle && quiet >= limits.idle.as_secs().max(1) {
        return true;
    }
    let grace = limits.frame_grace.as_secs();
    match channel.partial.get() {
        Some((since, bytes)) => {
            let age = now.saturating_sub(since);
            age > grace && (bytes as u64) < age * Limits::FRAME_MIN_BYTES_PER_SECOND
        }
        None => channel.requests.get() == 0 && quiet > grace,
    }
}
