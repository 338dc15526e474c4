//! Envelope: a client's request that a broker passes on to the active controller (KIP-590).
//!
//! versions: 0
//! behaviours: the inner request is answered as if the client had sent it here; NOT_CONTROLLER inside
//! becomes NOT_CONTROLLER of the envelope, so that the broker finds the new controller
//! kips: 590
//! left out: principals other than the anonymous one (no authentication yet): the principal must be readable

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;
use kr_wire::api;
use kr_wire::error_code::ErrorCode;
use kr_wire::frame::Frame;
use kr_wire::header::RequestHeader;
use kr_wire::message::{self, ResponseKind};
use kr_wire::messages::{EnvelopeRequest, EnvelopeResponse};
use kr_wire::primitives::{Reader, Writer};

use super::refusals;
use crate::conns::{Origin, Pending};
use crate::dispatch::{Answer, Context};
use crate::event::Listener;
use crate::node::Node;

/// Handles an Envelope.
pub(crate) fn handle(node: &mut Node, ctx: &Context, request: &EnvelopeRequest) -> Answer {
    if !node.is_active_controller() {
        return Answer::now(failed(ErrorCode::NOT_CONTROLLER));
    }
    let Some(client) = address(&request.client_host_address) else {
        return Answer::now(failed(ErrorCode::INVALID_REQUEST));
    };
    if request.request_principal.as_ref().is_none_or(|p| !is_principal(p)) {
        return Answer::now(failed(ErrorCode::PRINCIPAL_DESERIALIZATION_FAILURE));
    }
    let data = &request.request_data;
    let Ok((header, length)) = RequestHeader::decode(data) else {
        return Answer::now(failed(ErrorCode::INVALID_REQUEST));
    };
    let row = api::row(header.api_key)
        .filter(|row| row.forwardable && super::serves(row.key, Listener::Controller));
    let Some(row) = row else { return Answer::now(failed(ErrorCode::INVALID_REQUEST)) };
    if header.api_version < row.min || header.api_version > row.max {
        return Answer::now(failed(ErrorCode::UNSUPPORTED_VERSION));
    }
    let Ok(inner) = message::decode_request(header.api_key, header.api_version, data.slice(length..)) else {
        return Answer::now(failed(ErrorCode::INVALID_REQUEST));
    };
    let token = node.conns.name(Pending {
        origin: Origin::Envelope { outer: ctx.token },
        api_key: header.api_key,
        api_version: header.api_version,
        correlation_id: header.correlation_id,
    });
    let inner_ctx = Context {
        token,
        api_key: header.api_key,
        version: header.api_version,
        correlation_id: header.correlation_id,
        listener: Listener::Controller,
        client_id: header.client_id.unwrap_or_default(),
        client,
        local: ctx.local,
    };
    let answer = node.dispatch(&inner_ctx, inner);
    node.answer(token, answer);
    Answer::Later
}

/// An answer without an inner answer.
pub(crate) fn failed(code: ErrorCode) -> ResponseKind {
    ResponseKind::Envelope(EnvelopeResponse::default().with_error_code(code.0))
}

/// Wraps an inner answer; `frame` holds its header and body after four length bytes.
pub(crate) fn wrapped(response: &ResponseKind, frame: &Frame) -> ResponseKind {
    if refusals::code(response) == Some(ErrorCode::NOT_CONTROLLER) {
        return failed(ErrorCode::NOT_CONTROLLER);
    }
    let whole: Vec<u8> = frame.iter().flat_map(|piece| piece.iter().copied()).collect();
    let data = Bytes::from(whole).slice(kr_wire::frame::LENGTH_BYTES..);
    ResponseKind::Envelope(EnvelopeResponse::default().with_response_data(Some(data)))
}

/// Version of the serialised principal (Kafka: `DefaultKafkaPrincipalBuilder`).
const PRINCIPAL_VERSION: i16 = 0;

/// `User:ANONYMOUS`, serialised (Kafka: `DefaultPrincipalData`).
pub(crate) fn anonymous_principal() -> Bytes {
    let mut writer = Writer::new(true);
    writer.i16(PRINCIPAL_VERSION);
    writer.string("User");
    writer.string("ANONYMOUS");
    writer.bool(false);
    writer.no_tags();
    writer.into_vec().into()
}

fn is_principal(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes, true);
    let read = reader.i16().is_ok_and(|version| version == PRINCIPAL_VERSION)
        && reader.string().is_ok()
        && reader.string().is_ok()
        && reader.bool().is_ok()
        && reader.skip_tags().is_ok();
    read && reader.finish().is_ok()
}

/// An address as the envelope carries it: four or sixteen bytes.
pub(crate) fn address_bytes(address: IpAddr) -> Bytes {
    match address {
        IpAddr::V4(v4) => Bytes::copy_from_slice(&v4.octets()),
        IpAddr::V6(v6) => Bytes::copy_from_slice(&v6.octets()),
    }
}

fn address(bytes: &Bytes) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(&bytes[..]) {
        return Some(Ipv4Addr::from(octets).into());
    }
    <[u8; 16]>::try_from(&bytes[..]).ok().map(|octets| Ipv6Addr::from(octets).into())
}
