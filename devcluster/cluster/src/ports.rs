//! Ports that stay with a node, also while it is down.
//!
//! The sockets of a port are bound once and kept. A node that runs gets duplicates of them, listening; when
//! it ends they stop listening but stay bound, so a dial is refused at once and nobody else gets the port.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

use crate::holder;
use crate::plan::Wish;

/// Connections the kernel completes before the node accepts them.
const BACKLOG: i32 = 1024;
/// How many ports are tried from a first one on.
const TRIES: u16 = 1000;

/// A port that could not be had.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Somebody has it.
    #[error("port {port} is taken{}", .by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default())]
    Taken {
        /// The port.
        port: u16,
        /// Who has it, if that can be seen.
        by: Option<String>,
    },
    /// The system refused for another reason.
    #[error("cannot listen on port {port}: {source}")]
    Refused {
        /// The port, 0 for any.
        port: u16,
        /// Why.
        source: io::Error,
    },
}

/// A port on 127.0.0.1 and, where there is IPv6, on ::1.
#[derive(Debug)]
pub struct Port {
    number: u16,
    sockets: Vec<Socket>,
    listens: bool,
}

impl Port {
    /// Takes a port. Nobody else gets it while the value lives; nobody is served yet.
    pub fn reserve(wish: Wish) -> Result<Self, PortError> {
        match wish {
            Wish::Exactly(number) => match bind(number) {
                Ok(port) => Ok(port),
                Err(error) if is_taken(&error) => {
                    Err(PortError::Taken { port: number, by: holder::of_port(number) })
                }
                Err(source) => Err(PortError::Refused { port: number, source }),
            },
            Wish::From(first) => {
                for number in first..first.saturating_add(TRIES) {
                    match bind(number) {
                        Ok(port) => return Ok(port),
                        Err(error) if is_taken(&error) => {}
                        Err(source) => return Err(PortError::Refused { port: number, source }),
                    }
                }
                Self::reserve(Wish::Any)
            }
            Wish::Any => {
                let mut last = None;
                // The number that is free for IPv4 may be taken for IPv6.
                for _ in 0..TRIES {
                    match bind(0) {
                        Ok(port) => return Ok(port),
                        Err(error) if is_taken(&error) => last = Some(error),
                        Err(source) => return Err(PortError::Refused { port: 0, source }),
                    }
                }
                let source = last.unwrap_or_else(|| io::ErrorKind::AddrInUse.into());
                Err(PortError::Refused { port: 0, source })
            }
        }
    }

    /// Its number.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// Begins to listen; the sockets are for one run of the node.
    pub fn listen(&mut self) -> io::Result<Vec<TcpListener>> {
        self.listens = true;
        let mut listeners = Vec::new();
        for socket in &self.sockets {
            // Connections of an earlier run may linger on the port.
            socket.set_reuse_address(true)?;
            socket.listen(BACKLOG)?;
            listeners.push(socket.try_clone()?.into());
        }
        Ok(listeners)
    }

    /// Refuses connections from now on; those that were accepted go on.
    pub fn refuse(&mut self) {
        // On a socket that does not listen, a shutdown would stay with it and reach all connections that it
        // ever accepts again.
        if !std::mem::take(&mut self.listens) {
            return;
        }
        #[cfg(target_os = "linux")]
        for socket in &self.sockets {
            // On Linux this ends listening and keeps the address.
            let _ = socket.shutdown(Shutdown::Read);
            let _ = socket.set_reuse_address(false);
        }
        #[cfg(not(target_os = "linux"))]
        {
            // Elsewhere only closing ends listening. The address is taken again in the next line.
            self.sockets.clear();
            if let Ok(again) = bind(self.number) {
                *self = again;
            }
        }
    }
}

fn is_taken(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrInUse
}

/// Binds a number, 0 for any, on both loopback addresses.
fn bind(number: u16) -> io::Result<Port> {
    if number == 0 {
        // The system only chooses: it would take a chosen port back when listening ends.
        let chosen = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        return bind(chosen.port());
    }
    let v4 = bind_one(SocketAddr::from((Ipv4Addr::LOCALHOST, number)))?;
    let mut sockets = vec![v4];
    match bind_one(SocketAddr::from((Ipv6Addr::LOCALHOST, number))) {
        Ok(v6) => sockets.push(v6),
        Err(error) if is_taken(&error) => return Err(error),
        // A machine without IPv6.
        Err(_) => {}
    }
    Ok(Port { number, sockets, listens: false })
}

fn bind_one(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Connections of an earlier process may linger on the port.
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    // While it does not listen, this is what keeps others from the address.
    socket.set_reuse_address(false)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    fn dial(port: u16) -> io::Result<TcpStream> {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port))
    }

    fn refusal(port: u16) -> io::ErrorKind {
        dial(port).expect_err("nobody listens").kind()
    }

    #[test]
    fn port_stays_reserved_while_nobody_listens() {
        let mut port = Port::reserve(Wish::Any).expect("a port");
        for _ in 0..3 {
            assert_eq!(refusal(port.number()), io::ErrorKind::ConnectionRefused);
            assert!(
                TcpListener::bind((Ipv4Addr::LOCALHOST, port.number())).is_err(),
                "others cannot have it"
            );

            let listeners = port.listen().expect("listening");
            let mut client = dial(port.number()).expect("connected");
            let (mut server, _) = listeners[0].accept().expect("accepted");
            let waiting = dial(port.number()).expect("in the backlog");

            port.refuse();
            drop(listeners);
            assert_eq!(refusal(port.number()), io::ErrorKind::ConnectionRefused);
            port.refuse();
            server.write_all(b"x").expect("accepted connections go on");
            client.read_exact(&mut [0]).expect("accepted connections go on");
            client.write_all(b"x").expect("accepted connections go on");
            server.read_exact(&mut [0]).expect("accepted connections go on");
            server.set_nonblocking(true).expect("a setting");
            let error = server.read(&mut [0]).expect_err("nobody has ended the connection");
            assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
            drop(waiting);
        }
    }

    #[test]
    fn taken_port_is_named_with_its_holder() {
        let holder = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let number = holder.local_addr().expect("address").port();
        match Port::reserve(Wish::Exactly(number)) {
            Err(PortError::Taken { port, by }) => {
                assert_eq!(port, number);
                if cfg!(target_os = "linux") {
                    let by = by.expect("it is this process");
                    assert!(by.contains(&format!("pid {}", std::process::id())), "{by}");
                }
            }
            other => panic!("unexpected {other:?}"),
        }
        let next = Port::reserve(Wish::From(number)).expect("a later port");
        assert_ne!(next.number(), number);
    }
}
