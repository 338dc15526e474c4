//! Outbound connections, made when the node asks for them.

use std::io;
use std::net::IpAddr;
use std::rc::Rc;

use kr_node::{Event, LinkDownReason, LinkId};
use tokio::net::TcpStream;
use tokio::task::spawn_local;

use crate::net::channel::{self, Channel, End, Owner};
use crate::net::hub::{Hub, Link};

/// Starts to dial; the outcome comes as an event.
pub(crate) fn dial(hub: &Rc<Hub>, link: LinkId, host: String, port: u16) {
    let task = spawn_local(run(hub.clone(), link, host, port)).abort_handle();
    hub.links.borrow_mut().insert(link, Link { task, channel: None });
}

/// Closes a link, or stops dialling, at once.
pub(crate) fn close(hub: &Hub, link: LinkId) {
    if let Some(link) = hub.links.borrow_mut().remove(&link) {
        link.task.abort();
    }
}

async fn run(hub: Rc<Hub>, link: LinkId, host: String, port: u16) {
    let dialled = tokio::time::timeout(hub.limits.dial, connect(&host, port)).await;
    let reason = match dialled {
        Ok(Ok(stream)) => {
            serve(&hub, link, stream).await;
            LinkDownReason::Closed
        }
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => LinkDownReason::Refused,
        Ok(Err(_)) | Err(_) => LinkDownReason::Unreachable,
    };
    if hub.links.borrow_mut().remove(&link).is_some() {
        hub.push(Event::LinkDown { link, reason });
    }
}

async fn serve(hub: &Rc<Hub>, link: LinkId, stream: TcpStream) {
    let Ok(remote) = stream.peer_addr() else { return };
    let (read, write) = stream.into_split();
    let channel = Rc::new(Channel::new(Owner::Outbound(link), remote.ip(), true, write, hub));
    if let Some(known) = hub.links.borrow_mut().get_mut(&link) {
        known.channel = Some(channel.clone());
    }
    hub.push(Event::LinkUp { link });
    let _end: End = channel::serve(&channel, read, hub).await;
}

async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    // A literal address needs no resolver, whose thread would cost more than the connection.
    let stream = match host.parse::<IpAddr>() {
        Ok(ip) => TcpStream::connect((ip, port)).await?,
        Err(_) => TcpStream::connect((host, port)).await?,
    };
    stream.set_nodelay(true)?;
    Ok(stream)
}
