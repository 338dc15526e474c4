//! Requests that only the active controller answers, on their way from a broker's client to it (KIP-590).
//!
//! On the active controller itself they are handled in place; otherwise they travel in an Envelope. While no
//! controller is known they wait, up to a limit, and are sent again when one is.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use kr_wire::error_code::ErrorCode;
use kr_wire::header;
use kr_wire::message::{self, RequestKind, ResponseKind};
use kr_wire::messages::EnvelopeRequest;
use kr_wire::time::Mono;

use crate::conns::Token;
use crate::dispatch::{Answer, Context};
use crate::event::Listener;
use crate::handlers::{alter_configs, envelope, refusals};
use crate::links::{Call, CallBody, CallFailure, CallReply, CallTag, Purpose};
use crate::node::Node;

/// How long a client's request may look for a controller.
const PATIENCE: Duration = Duration::from_secs(30);

/// Most requests that may wait at a broker at once.
const MAX_WAITING: usize = 1000;

/// Requests on their way.
#[derive(Default)]
pub(crate) struct Forwards {
    waiting: BTreeMap<Token, Forward>,
    retry_at: Option<Mono>,
}

struct Forward {
    request: RequestKind,
    version: i16,
    /// Header and body as the client sent them.
    whole: Bytes,
    client: std::net::IpAddr,
    deadline: Mono,
    in_flight: bool,
}

impl Forwards {
    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        let retry = self.retry_at.filter(|_| !self.waiting.is_empty());
        self.waiting.values().map(|f| f.deadline).chain(retry).min()
    }
}

impl Node {
    /// Brings a client's request to the active controller.
    pub(crate) fn forward(&mut self, ctx: &Context, request: RequestKind, whole: Bytes) -> Answer {
        if let Some(refused) = alter_configs::refuse(self.config.node_id, &request) {
            return Answer::now(refused);
        }
        if self.is_active_controller() {
            let ctx = Context { listener: Listener::Controller, ..ctx.clone() };
            return self.dispatch(&ctx, request);
        }
        if self.forwards.waiting.len() >= MAX_WAITING {
            return refusals::answer(
                &request,
                ErrorCode::NOT_CONTROLLER,
                "too many requests wait for a controller",
            );
        }
        let deadline = self.now.mono + PATIENCE;
        let forward =
            Forward { request, version: ctx.version, whole, client: ctx.client, deadline, in_flight: false };
        self.forwards.waiting.insert(ctx.token, forward);
        self.send_forward(ctx.token);
        Answer::Later
    }

    fn send_forward(&mut self, token: Token) {
        if !self.conns.is_waiting(token) {
            self.forwards.waiting.remove(&token);
            return;
        }
        if self.is_active_controller() {
            return self.serve_forward_here(token);
        }
        // None is known, or this node is about to become active: nothing else may happen to wake the request.
        let leader = self.quorum.leader().filter(|id| *id != self.config.node_id);
        let found = leader.and_then(|leader| Some((leader, self.quorum.address(leader)?)));
        let Some((leader, (host, port))) = found else { return self.retry_later() };
        let Some(forward) = self.forwards.waiting.get_mut(&token).filter(|f| !f.in_flight) else { return };
        forward.in_flight = true;
        let mut request = EnvelopeRequest::default();
        request.request_data = forward.whole.clone();
        request.request_principal = Some(envelope::anonymous_principal());
        request.client_host_address = envelope::address_bytes(forward.client);
        let call = Call {
            tag: CallTag::Forward { token },
            body: CallBody::message(RequestKind::Envelope(request)),
            timeout: PATIENCE,
        };
        let purpose = Purpose::Forward(leader);
        if let Some(ended) = self.links.call(purpose, (&host, port), call, self.now, &mut self.out) {
            self.call_ended(ended.tag, ended.result);
        }
    }

    /// This node became the controller while the request was on its way.
    fn serve_forward_here(&mut self, token: Token) {
        let Some(forward) = self.forwards.waiting.remove(&token) else { return };
        let Some((correlation_id, version)) = self.conns.header(token) else { return };
        let local = std::net::SocketAddr::from(([127, 0, 0, 1], self.config.broker_port));
        let ctx = Context {
            token,
            api_key: message::request_key(&forward.request),
            version,
            correlation_id,
            listener: Listener::Controller,
            client_id: String::new(),
            client: forward.client,
            local,
        };
        let answer = self.dispatch(&ctx, forward.request);
        self.answer(token, answer);
    }

    /// The controller answered, or the way to it is gone.
    pub(crate) fn forward_ended(&mut self, token: Token, result: Result<CallReply, CallFailure>) {
        let Some(forward) = self.forwards.waiting.get_mut(&token) else { return };
        forward.in_flight = false;
        let Ok(CallReply::Message { response }) = result else { return self.retry_later() };
        let ResponseKind::Envelope(envelope) = *response else { return self.retry_later() };
        match (ErrorCode(envelope.error_code), envelope.response_data) {
            (ErrorCode::NONE, Some(data)) => {
                let Some(forward) = self.forwards.waiting.remove(&token) else { return };
                let key = message::request_key(&forward.request);
                let body = header::decode_response_header(key, forward.version, &data).ok().and_then(
                    |(_, length)| message::decode_response(key, forward.version, data.slice(length..)).ok(),
                );
                match body {
                    Some(response) => self.respond(token, response),
                    None => self.refuse_forward(token, &forward.request, ErrorCode::UNKNOWN_SERVER_ERROR),
                }
            }
            (ErrorCode::NOT_CONTROLLER, _) => self.retry_later(),
            (code, _) => {
                if let Some(forward) = self.forwards.waiting.remove(&token) {
                    self.refuse_forward(token, &forward.request, code);
                }
            }
        }
    }

    fn refuse_forward(&mut self, token: Token, request: &RequestKind, code: ErrorCode) {
        let answer = refusals::answer(request, code, "the controller could not be asked");
        self.answer(token, answer);
    }

    fn retry_later(&mut self) {
        self.forwards.retry_at = Some(self.now.mono + self.settings.quorum_retry_backoff);
    }

    /// Sends everything that is not on its way.
    pub(crate) fn forwards_retry(&mut self) {
        self.forwards.retry_at = None;
        let idle: Vec<Token> =
            self.forwards.waiting.iter().filter(|(_, f)| !f.in_flight).map(|(token, _)| *token).collect();
        for token in idle {
            self.send_forward(token);
        }
    }

    /// Gives up what has waited too long, and tries again what is due.
    pub(crate) fn tick_forwards(&mut self) {
        let now = self.now.mono;
        let late: Vec<Token> = self
            .forwards
            .waiting
            .iter()
            .filter(|(_, f)| f.deadline <= now)
            .map(|(token, _)| *token)
            .collect();
        for token in late {
            if let Some(forward) = self.forwards.waiting.remove(&token) {
                self.refuse_forward(token, &forward.request, ErrorCode::REQUEST_TIMED_OUT);
            }
        }
        if self.forwards.retry_at.is_some_and(|at| at <= now) {
            self.forwards_retry();
        }
    }
}
