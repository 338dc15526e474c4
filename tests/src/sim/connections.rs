//! Connections between machines: how attempts, frames and ends reach nodes and clients, and who is told of an end.

use std::net::SocketAddr;

use kr_node::{Event, LinkDownReason, Listener};

use super::net::{Attempt, ConnectionId, Dialler, Parcel, Way};
use super::world::World;

impl World {
    pub(super) fn connect(&mut self, id: ConnectionId) {
        let Some(connection) = self.net.get(id) else { return };
        let (server, listener) = (connection.server, connection.listener);
        let Some(machine) = self.machines.get_mut(&server) else { return };
        match self.net.attempt(id, machine.is_on, &mut self.agenda) {
            Attempt::Later => return,
            Attempt::GivenUp => return self.end_at_dialler(id, LinkDownReason::Unreachable),
            Attempt::Reached => {}
        }
        let serves = match listener {
            Listener::Broker => machine.config.roles.is_broker(),
            Listener::Controller => machine.config.roles.is_controller(),
        };
        if machine.node.is_none() || !serves {
            return self.end_at_dialler(id, LinkDownReason::Refused);
        }
        let conn = machine.name_conn(id);
        let life = machine.life;
        let port = match listener {
            Listener::Broker => machine.config.broker_port,
            Listener::Controller => machine.config.controller_port,
        };
        if let Some(connection) = self.net.get_mut(id) {
            connection.accepted = Some((life, conn));
        }
        self.net.send(id, Way::ToDialler, Parcel::Accepted, &mut self.chance, &mut self.agenda);
        let here = |port| SocketAddr::from(([127, 0, 0, 1], port));
        self.feed(server, Event::Accepted { conn, listener, local: here(port), remote: here(40_000) });
    }

    pub(super) fn arrive(&mut self, id: ConnectionId, way: Way, parcel: Parcel) {
        match way {
            Way::ToServer => self.arrive_at_server(id, parcel),
            Way::ToDialler => self.arrive_at_dialler(id, parcel),
        }
    }

    fn arrive_at_server(&mut self, id: ConnectionId, parcel: Parcel) {
        let Some(connection) = self.net.get(id) else { return };
        let Some((life, conn)) = connection.accepted else { return };
        let server = connection.server;
        let Some(machine) = self.machines.get_mut(&server) else { return };
        let is_known = machine.life == life && machine.node.is_some() && machine.conns.contains_key(&conn);
        match parcel {
            _ if !machine.is_on => {}
            // Nobody there knows the connection any more: it is reset.
            _ if !is_known => self.close(id, Way::ToDialler),
            Parcel::Frame(frame) => self.feed(server, Event::Frame { conn, frame }),
            Parcel::End => {
                machine.conns.remove(&conn);
                self.net.forget(id);
                self.feed(server, Event::Closed { conn });
            }
            Parcel::Accepted => {}
        }
    }

    fn arrive_at_dialler(&mut self, id: ConnectionId, parcel: Parcel) {
        let Some(connection) = self.net.get(id) else { return };
        match connection.dialler {
            Dialler::Client(index) => {
                let is_end = matches!(parcel, Parcel::End);
                if is_end {
                    self.net.forget(id);
                }
                self.with_client(index, |client, around| client.arrived(id, parcel, around));
            }
            Dialler::Repeater(_) => match parcel {
                Parcel::Accepted => {
                    if let Some(frame) = self.net.take_repeat(id) {
                        let parcel = Parcel::Frame(frame);
                        self.net.send(id, Way::ToServer, parcel, &mut self.chance, &mut self.agenda);
                    }
                }
                Parcel::Frame(_) => self.close(id, Way::ToServer),
                Parcel::End => drop(self.net.forget(id)),
            },
            Dialler::Node { node, life, link } => {
                let Some(machine) = self.machines.get_mut(&node) else { return };
                let is_known =
                    machine.life == life && machine.node.is_some() && machine.links.contains_key(&link);
                match parcel {
                    _ if !machine.is_on => {}
                    _ if !is_known => self.close(id, Way::ToServer),
                    Parcel::Accepted => self.feed(node, Event::LinkUp { link }),
                    Parcel::Frame(frame) => self.feed(node, Event::LinkFrame { link, frame }),
                    Parcel::End => self.end_at_dialler(id, LinkDownReason::Closed),
                }
            }
        }
    }

    /// One end closes: the other learns of it behind everything that was sent before.
    pub(super) fn close(&mut self, id: ConnectionId, way: Way) {
        let Some(connection) = self.net.get_mut(id) else { return };
        let closed = match way {
            Way::ToDialler => &mut connection.closed.0,
            Way::ToServer => &mut connection.closed.1,
        };
        if std::mem::replace(closed, true) {
            return;
        }
        let is_attempt = connection.accepted.is_none();
        if connection.closed == (true, true) || is_attempt {
            self.net.forget(id);
            return;
        }
        self.net.send(id, way, Parcel::End, &mut self.chance, &mut self.agenda);
    }

    /// The network ends a connection: both ends learn of it.
    pub(super) fn reset(&mut self, id: ConnectionId) {
        let Some(connection) = self.net.get(id) else { return };
        let Some((life, conn)) = connection.accepted else { return };
        let server = connection.server;
        self.end_at_dialler(id, LinkDownReason::Closed);
        let Some(machine) = self.machines.get_mut(&server) else { return };
        if machine.life == life && machine.conns.remove(&conn).is_some() {
            self.feed(server, Event::Closed { conn });
        }
    }

    fn end_at_dialler(&mut self, id: ConnectionId, reason: LinkDownReason) {
        let Some(connection) = self.net.forget(id) else { return };
        match connection.dialler {
            Dialler::Client(index) => {
                self.with_client(index, |client, around| client.arrived(id, Parcel::End, around));
            }
            Dialler::Repeater(_) => {}
            Dialler::Node { node, life, link } => {
                let Some(machine) = self.machines.get_mut(&node) else { return };
                if machine.life == life && machine.links.remove(&link).is_some() {
                    self.feed(node, Event::LinkDown { link, reason });
                }
            }
        }
    }
}
