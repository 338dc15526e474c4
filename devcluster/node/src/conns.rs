//! Inbound connections and the requests that have no answer yet.
//!
//! Requests of one connection are handled as they come in and answered in the order in which they came
//! (the protocol allows nothing else), so an answer that is ready early waits here for its turn.
//! What a request means is decided elsewhere.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use kr_log::Piece;
use kr_wire::frame::Frame;
use kr_wire::ids::NodeId;

use crate::event::{ConnId, Listener};
use crate::output::Output;

/// Names one unanswered request within a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Token(pub(crate) u64);

/// Who waits for the answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A connection; `place` counts its requests from 0.
    Conn { conn: ConnId, place: u64 },
    /// A request that came wrapped in an Envelope; the answer is wrapped for the outer request.
    Envelope { outer: Token },
    /// This very node, which is both the broker that asks and the controller that answers.
    Local { call: crate::links::CallTag },
}

/// What must be known to answer a request.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) origin: Origin,
    pub(crate) api_key: i16,
    pub(crate) api_version: i16,
    pub(crate) correlation_id: i32,
}

/// One inbound connection.
#[derive(Debug)]
pub(crate) struct Conn {
    pub(crate) listener: Listener,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    /// The broker whose heartbeats come in here.
    peer: Option<NodeId>,
    /// Answers not sent yet, the oldest first; `None` is not ready.
    answers: VecDeque<Option<Frame<Piece>>>,
    /// Place of the front of `answers`.
    first_place: u64,
}

/// All inbound connections of a node.
#[derive(Debug, Default)]
pub(crate) struct Conns {
    conns: BTreeMap<ConnId, Conn>,
    pending: BTreeMap<Token, Pending>,
    next_token: u64,
}

impl Conns {
    /// Takes note of a new connection.
    pub(crate) fn accepted(
        &mut self,
        conn: ConnId,
        listener: Listener,
        local: SocketAddr,
        remote: SocketAddr,
    ) {
        let answers = VecDeque::new();
        self.conns.insert(conn, Conn { listener, local, remote, peer: None, answers, first_place: 0 });
    }

    /// Forgets a connection; answers to its requests go nowhere from now on.
    ///
    /// Returns the broker that was heard on it, and the requests that nobody waits for any more.
    pub(crate) fn closed(&mut self, conn: ConnId) -> (Option<NodeId>, Vec<Token>) {
        let peer = self.conns.remove(&conn).and_then(|state| state.peer);
        let of_conn = |p: &Pending| matches!(p.origin, Origin::Conn { conn: c, .. } if c == conn);
        let orphans: Vec<Token> =
            self.pending.iter().filter(|(_, p)| of_conn(p)).map(|(token, _)| *token).collect();
        for token in &orphans {
            self.pending.remove(token);
        }
        (peer, orphans)
    }

    /// Takes note of the broker that sends its heartbeats on the connection of a request.
    pub(crate) fn heard_of(&mut self, token: Token, broker: NodeId) {
        if let Some(Pending { origin: Origin::Conn { conn, .. }, .. }) = self.pending.get(&token)
            && let Some(state) = self.conns.get_mut(conn)
        {
            state.peer = Some(broker);
        }
    }

    pub(crate) fn get(&self, conn: ConnId) -> Option<&Conn> {
        self.conns.get(&conn)
    }

    /// Names a request that came in on a connection, and keeps its place among the answers.
    pub(crate) fn request(
        &mut self,
        conn: ConnId,
        api_key: i16,
        api_version: i16,
        correlation_id: i32,
    ) -> Option<Token> {
        let state = self.conns.get_mut(&conn)?;
        let place = state.first_place + state.answers.len() as u64;
        state.answers.push_back(None);
        let origin = Origin::Conn { conn, place };
        Some(self.name(Pending { origin, api_key, api_version, correlation_id }))
    }

    /// Names a request that came in any other way.
    pub(crate) fn name(&mut self, pending: Pending) -> Token {
        let token = Token(self.next_token);
        self.next_token += 1;
        self.pending.insert(token, pending);
        token
    }

    /// Whether somebody still waits for this answer.
    pub(crate) fn is_waiting(&self, token: Token) -> bool {
        self.pending.contains_key(&token)
    }

    /// Correlation id and version of an unanswered request.
    pub(crate) fn header(&self, token: Token) -> Option<(i32, i16)> {
        self.pending.get(&token).map(|p| (p.correlation_id, p.api_version))
    }

    /// Ends a request; `None` when its connection is gone.
    pub(crate) fn take(&mut self, token: Token) -> Option<Pending> {
        self.pending.remove(&token)
    }

    /// Puts an answer in its place and sends all answers whose turn has come.
    ///
    /// An empty frame ends a request that has no answer (Produce with acks=0); drivers write nothing for
    /// it but count the request as done.
    pub(crate) fn answer(
        &mut self,
        conn: ConnId,
        place: u64,
        frame: Frame<Piece>,
        out: &mut VecDeque<Output>,
    ) {
        let Some(state) = self.conns.get_mut(&conn) else { return };
        let index = usize::try_from(place - state.first_place).expect("a place is not behind the front");
        state.answers[index] = Some(frame);
        while let Some(Some(_)) = state.answers.front() {
            let frame = state.answers.pop_front().flatten().expect("the front was just seen to be ready");
            state.first_place += 1;
            out.push_back(Output::Send { conn, frame });
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn sent(out: &mut VecDeque<Output>) -> Vec<u8> {
        out.drain(..)
            .flat_map(|o| match o {
                Output::Send { frame, .. } => frame
                    .into_iter()
                    .flat_map(|piece| piece.into_bytes().expect("in memory"))
                    .collect::<Vec<_>>(),
                _ => Vec::new(),
            })
            .collect()
    }

    fn open() -> (Conns, ConnId) {
        let mut conns = Conns::default();
        let address = SocketAddr::from(([127, 0, 0, 1], 9092));
        conns.accepted(ConnId(1), Listener::Broker, address, address);
        (conns, ConnId(1))
    }

    fn place(conns: &mut Conns, token: Token) -> u64 {
        match conns.take(token).expect("pending").origin {
            Origin::Conn { place, .. } => place,
            other => panic!("unexpected {other:?}"),
        }
    }

    #[test]
    fn answers_leave_in_the_order_of_their_requests() {
        let (mut conns, conn) = open();
        let first = conns.request(conn, 0, 9, 1).expect("open");
        let second = conns.request(conn, 0, 9, 2).expect("open");
        let third = conns.request(conn, 0, 9, 3).expect("open");
        let mut out = VecDeque::new();
        for (token, byte) in [(second, b"2"), (third, b"3")] {
            let place = place(&mut conns, token);
            conns.answer(conn, place, vec![Bytes::from_static(byte).into()], &mut out);
        }
        assert!(sent(&mut out).is_empty());
        let place = place(&mut conns, first);
        conns.answer(conn, place, vec![Bytes::from_static(b"1").into()], &mut out);
        assert_eq!(sent(&mut out), b"123");
    }

    #[test]
    fn requests_of_a_closed_connection_are_forgotten() {
        let (mut conns, conn) = open();
        let token = conns.request(conn, 0, 9, 1).expect("open");
        conns.closed(conn);
        assert!(!conns.is_waiting(token));
        assert!(conns.take(token).is_none());
        assert!(conns.request(conn, 0, 9, 2).is_none());
    }
}
