//! From a frame to its handler: header, version check, decoding, and one `match` over the APIs.
//!
//! Decides nothing about what a request means. What is not in the match is not advertised, and the other
//! way round: `kr_wire::api` and this table are compared by a test.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use kr_log::Piece;
use kr_wire::api::{self, ApiRow};
use kr_wire::error_code::ErrorCode;
use kr_wire::frame::Frame;
use kr_wire::header::RequestHeader;
use kr_wire::message::{self, EncodeError, RequestKind, ResponseKind};
use kr_wire::messages::ApiKey;

use crate::conns::{Origin, Pending, Token};
use crate::event::{ConnId, Listener};
use crate::handlers;
use crate::node::Node;
use crate::output::{Level, Output};

/// What a handler knows of the request besides its body.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// Names the request until it is answered.
    pub(crate) token: Token,
    pub(crate) api_key: i16,
    pub(crate) version: i16,
    pub(crate) correlation_id: i32,
    /// Where it came in; forwarded requests count as having come in on the controller listener.
    pub(crate) listener: Listener,
    pub(crate) client_id: String,
    /// Address of the client, also when the request was forwarded.
    pub(crate) client: IpAddr,
    /// The address that the client dialled.
    pub(crate) local: SocketAddr,
}

/// How a handler answers.
#[derive(Debug)]
pub(crate) enum Answer {
    /// With this message.
    Now(Box<ResponseKind>),
    /// With this frame, already encoded (Produce and Fetch).
    Frame(Frame<Piece>),
    /// Later: the request's token is in a table with a deadline.
    Later,
    /// Not at all, as the client asked (Produce with acks=0).
    Nothing,
    /// By closing the connection, which is the protocol's answer to what cannot be answered.
    HangUp(String),
}

impl Answer {
    /// Answers at once.
    pub(crate) fn now(response: ResponseKind) -> Self {
        Self::Now(Box::new(response))
    }

    /// Answers with what a hot request's response was encoded to.
    pub(crate) fn encoded<P: Into<Piece>>(frame: Result<Frame<P>, EncodeError>) -> Self {
        match frame {
            Ok(frame) => Self::Frame(frame.into_iter().map(Into::into).collect()),
            Err(error) => Self::HangUp(error.to_string()),
        }
    }
}

impl Node {
    /// A complete frame of an inbound connection.
    pub(crate) fn frame(&mut self, conn: ConnId, frame: Bytes) {
        let Some(state) = self.conns.get(conn) else { return };
        let (listener, local, client) = (state.listener, state.local, state.remote.ip());
        let frame = match listener {
            Listener::Broker => self.keep_early(conn, frame),
            Listener::Controller => Some(frame),
        };
        let Some(frame) = frame else { return };
        let (header, length) = match RequestHeader::decode(&frame) {
            Ok(read) => read,
            Err(error) => {
                return self.hang_up(conn, &format!("unreadable request header from {client}: {error}"));
            }
        };
        let (api_key, version) = (header.api_key, header.api_version);
        let Some(row) = served(api_key, listener) else {
            return self.hang_up(
                conn,
                &format!("{client} sent API key {api_key}, which this listener does not serve"),
            );
        };
        let Some(token) = self.conns.request(conn, api_key, version, header.correlation_id) else { return };
        if version < row.min || version > row.max {
            if api_key == ApiKey::ApiVersions as i16 {
                return self.answer(token, Answer::now(handlers::api_versions::unsupported_version(row)));
            }
            return self.hang_up(
                conn,
                &format!(
                    "{client} sent {} version {version}, served are {} to {}",
                    row.name, row.min, row.max
                ),
            );
        }
        let ctx = Context {
            token,
            api_key,
            version,
            correlation_id: header.correlation_id,
            listener,
            client_id: header.client_id.as_deref().unwrap_or_default().to_owned(),
            client,
            local,
        };
        let body = frame.slice(length..);
        let answer = self.route(&ctx, row, body, frame);
        self.answer(token, answer);
    }

    fn route(&mut self, ctx: &Context, row: &ApiRow, body: Bytes, whole: Bytes) -> Answer {
        if row.forwardable && ctx.listener == Listener::Broker {
            // Decoding first refuses garbage here, where its sender is known.
            return match message::decode_request(ctx.api_key, ctx.version, body) {
                Ok(request) => self.forward(ctx, request, whole),
                Err(error) => Answer::HangUp(format!("unreadable {} from {}: {error}", row.name, ctx.client)),
            };
        }
        match handlers::hot(self, ctx, &body) {
            Some(answer) => answer,
            None => match message::decode_request(ctx.api_key, ctx.version, body) {
                Ok(request) => self.dispatch(ctx, request),
                Err(error) => Answer::HangUp(format!("unreadable {} from {}: {error}", row.name, ctx.client)),
            },
        }
    }

    /// Hands a decoded request to the listener's handlers.
    pub(crate) fn dispatch(&mut self, ctx: &Context, request: RequestKind) -> Answer {
        match ctx.listener {
            Listener::Broker => handlers::broker(self, ctx, request),
            Listener::Controller => handlers::controller(self, ctx, request),
        }
    }

    /// Carries out what a handler decided.
    pub(crate) fn answer(&mut self, token: Token, answer: Answer) {
        match answer {
            Answer::Now(response) => self.respond(token, *response),
            Answer::Frame(frame) => self.respond_frame(token, frame),
            Answer::Nothing => self.respond_frame(token, Vec::new()),
            Answer::Later => {}
            Answer::HangUp(reason) => match self.conns.take(token).map(|p| p.origin) {
                Some(Origin::Conn { conn, .. }) => self.hang_up(conn, &reason),
                Some(Origin::Envelope { outer }) => {
                    let response = handlers::envelope::failed(ErrorCode::INVALID_REQUEST);
                    self.respond(outer, response);
                }
                Some(Origin::Local { .. }) | None => self.log(Level::Error, reason),
            },
        }
    }

    /// Answers a request with a message.
    pub(crate) fn respond(&mut self, token: Token, response: ResponseKind) {
        let Some(pending) = self.conns.take(token) else { return };
        let Pending { origin, api_key, api_version, correlation_id } = pending;
        if let Origin::Local { call } = origin {
            self.local_reply(call, response);
            return;
        }
        let frame = match message::encode_response(correlation_id, api_key, api_version, &response) {
            Ok(frame) => frame,
            Err(error) => {
                // Our bug, but only this client's loss: the others go on.
                let reason = format!("an answer cannot be encoded: {error}");
                self.log(Level::Error, reason.clone());
                return match origin {
                    Origin::Conn { conn, .. } => self.hang_up(conn, &reason),
                    Origin::Envelope { outer } => {
                        self.respond(outer, handlers::envelope::failed(ErrorCode::UNKNOWN_SERVER_ERROR));
                    }
                    Origin::Local { .. } => {}
                };
            }
        };
        match origin {
            Origin::Conn { conn, place } => {
                let frame = frame.into_iter().map(Piece::from).collect();
                self.conns.answer(conn, place, frame, &mut self.out);
            }
            Origin::Envelope { outer } => {
                let wrapped = handlers::envelope::wrapped(&response, &frame);
                self.respond(outer, wrapped);
            }
            Origin::Local { .. } => unreachable!("local calls were answered above"),
        }
    }

    /// Answers a request with an encoded frame.
    pub(crate) fn respond_frame(&mut self, token: Token, frame: Frame<Piece>) {
        match self.conns.take(token).map(|p| p.origin) {
            Some(Origin::Conn { conn, place }) => self.conns.answer(conn, place, frame, &mut self.out),
            Some(Origin::Envelope { .. } | Origin::Local { .. }) => {
                unreachable!("hot requests come from connections only")
            }
            None => {}
        }
    }

    fn hang_up(&mut self, conn: ConnId, reason: &str) {
        self.log(Level::Warn, format!("closing a connection: {reason}"));
        self.connection_gone(conn);
        self.out.push_back(Output::Close { conn });
    }
}

/// The API's row if it is served on a listener.
pub(crate) fn served(api_key: i16, listener: Listener) -> Option<&'static ApiRow> {
    api::row(api_key).filter(|_| handlers::serves(api_key, listener))
}
