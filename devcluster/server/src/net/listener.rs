//! Accepts inbound connections within the limits.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use kr_node::{Event, Listener};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;

use crate::net::channel::{self, Channel, End, Owner};
use crate::net::hub::Hub;

/// Pause after the machine refused a socket, mostly for want of file descriptors: they come back when
/// connections close, and a busy loop would not help.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// Accepts for as long as the node lives.
pub(crate) async fn accept(hub: Rc<Hub>, socket: TcpListener, listener: Listener) {
    loop {
        match socket.accept().await {
            Ok((stream, remote)) => admit(&hub, stream, remote, listener),
            Err(_) => tokio::time::sleep(ACCEPT_RETRY).await,
        }
    }
}

fn admit(hub: &Rc<Hub>, stream: TcpStream, remote: SocketAddr, listener: Listener) {
    // A peer may be gone already; its socket then has no address, and nothing to serve.
    let Ok(local) = stream.local_addr() else { return };
    if !has_room(hub, remote) || stream.set_nodelay(true).is_err() {
        return;
    }
    let conn = hub.next_conn();
    let (read, write) = stream.into_split();
    // Peers hold connections that they need only in an election, and take the end of one for the end of the
    // node behind it.
    let may_idle = listener == Listener::Controller;
    let channel = Rc::new(Channel::new(Owner::Inbound(conn), remote.ip(), may_idle, write, hub));
    hub.conns.borrow_mut().insert(conn, channel.clone());
    hub.push(Event::Accepted { conn, listener, local, remote });
    let hub = hub.clone();
    spawn_local(async move {
        let end = channel::serve(&channel, read, &hub).await;
        let known = hub.conns.borrow_mut().remove(&conn).is_some();
        if known && end == End::Lost {
            hub.push(Event::Closed { conn });
        }
    });
}

/// Whether one more connection is within the limits; at the limit of all, the oldest one that never sent a
/// request goes. Loopback is not limited by address: on a dev box everybody comes from there.
fn has_room(hub: &Hub, remote: SocketAddr) -> bool {
    if !remote.ip().is_loopback() && hub.conns_from(remote.ip()) >= hub.limits.connections_per_ip {
        return false;
    }
    if hub.conns.borrow().len() < hub.limits.connections {
        return true;
    }
    let Some((conn, channel)) = hub.oldest_silent() else { return false };
    hub.conns.borrow_mut().remove(&conn);
    channel.give_up();
    hub.push(Event::Closed { conn });
    true
}
