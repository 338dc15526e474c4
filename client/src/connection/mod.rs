//! One connection to one broker: frames, correlation and pipelining.
//!
//! Requests are written in the order they are asked for and answered in that order; an answer with another
//! correlation id, a frame beyond the limit or an answer that does not come in time ends the connection, and
//! with it every request that waits. Which broker to ask, and whether to ask again, is decided elsewhere.
//!
//! ```text
//! exchange ──Outgoing──> writer task ──bytes──> broker
//!     ^                       │ waiter
//!     └──body── reader task <─┘<──────bytes──── broker
//! ```

mod failure;
mod opening;
mod prepared;
pub mod probe;

mod sasl;
mod tls;
mod token_endpoint;

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use kr_wire::api::{self, ApiKey};
use kr_wire::error_code::ErrorCode;
use kr_wire::frame::{Frame, FrameReader};
use kr_wire::header::{RequestHeader, decode_response_header};
use kr_wire::message::EncodeError;
use kr_wire::messages::{ApiVersionsRequest, ApiVersionsResponse};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::calls::{Call, our_versions};
use crate::error::Error;
use crate::options::{Address, Options};
use crate::safety::{Guard, Operation};
use crate::tap::{Exchange, Tap, throttle};
use crate::versions::NodeVersions;
use opening::{API_VERSIONS, Authenticated, Stream, decode, decode_versions, versions_request};
use tls::Tls;

pub use failure::SecurityError;
pub use prepared::{PrepareError, Prepared, prepared};
pub use sasl::oauth::Token;
pub use tls::TlsView;
pub use tls::certificate::CertificateView;

/// Requests that may wait for the writer of one connection.
const QUEUE: usize = 64;

/// How much room is made for what a frame claims, at once: the claim is believed as its bytes arrive.
const READ_BYTES: usize = 256 * 1024;

/// A connection; dropping it closes it.
#[derive(Debug)]
pub struct Connection {
    shared: Arc<Shared>,
    queue: mpsc::Sender<Outgoing>,
    correlation: AtomicI32,
    client_id: String,
    guard: Arc<Guard>,
    tap: Option<Tap>,
    versions: OnceLock<NodeVersions>,
    /// When the broker wants to see credentials again; the connection is then replaced.
    expires: Option<Instant>,
    reader: JoinHandle<()>,
}

/// What both tasks and all callers see.
#[derive(Debug)]
struct Shared {
    address: Address,
    /// `security.protocol`, for messages.
    protocol: &'static str,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Waiter>,
    /// Why the connection ended; nothing is added to `waiting` from then on.
    failure: Option<Failure>,
}

/// Why a connection ended.
#[derive(Clone, Debug)]
enum Failure {
    /// In words.
    Reason(String),
    /// Something about its security.
    Security(SecurityError),
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self::Reason(reason)
    }
}

#[derive(Debug)]
struct Waiter {
    correlation_id: i32,
    key: i16,
    version: i16,
    reply: oneshot::Sender<Bytes>,
}

#[derive(Debug)]
struct Outgoing {
    frame: Frame,
    /// Nobody for a request without an answer (Produce with acks=0).
    waiter: Option<Waiter>,
}

impl Connection {
    /// Connects and, with SASL, says who we are; without, nothing is said yet.
    pub async fn open(address: &Address, options: &Options) -> Result<Self, Error> {
        let stream = opening::connect(address, options).await?;
        let mut stream = opening::secure(stream, address, options).await?;
        let authenticated = opening::authenticate(&mut stream, address, options).await?;
        Ok(Self::start(stream, authenticated, address, options))
    }

    /// Gives the bytes of a connection to its two tasks.
    fn start(
        stream: Stream,
        authenticated: Option<Authenticated>,
        address: &Address,
        options: &Options,
    ) -> Self {
        let protocol = options.security.protocol().name();
        let shared = Arc::new(Shared { address: address.clone(), protocol, state: Mutex::default() });
        let mut frames = FrameReader::new(options.frame_max_bytes);
        let (versions, mut expires) = (OnceLock::new(), None);
        if let Some(mut authenticated) = authenticated {
            frames.push(authenticated.frames.buffer());
            expires = authenticated.expires;
            // The cell is new, so that this cannot fail.
            let _ = versions.set(authenticated.versions);
        }
        let (queue, outgoing) = mpsc::channel(QUEUE);
        let (for_writer, for_reader) = (Arc::clone(&shared), Arc::clone(&shared));
        let reader = match stream {
            Stream::Plain(stream) => {
                let (read_half, write_half) = stream.into_split();
                tokio::spawn(write(write_half, outgoing, for_writer));
                tokio::spawn(read(read_half, frames, for_reader, None))
            }
            Stream::Tls(stream, tls) => {
                let (read_half, write_half) = tokio::io::split(stream);
                tokio::spawn(write(write_half, outgoing, for_writer));
                tokio::spawn(read(read_half, frames, for_reader, Some(tls)))
            }
        };
        let (client_id, guard) = (options.client_id.clone(), Arc::clone(&options.guard));
        let (correlation, tap) = (AtomicI32::new(0), options.tap.clone());
        Self { shared, queue, correlation, client_id, guard, tap, versions, expires, reader }
    }

    /// The other side.
    pub fn address(&self) -> &Address {
        &self.shared.address
    }

    /// Whether it still works, as far as is known, and credentials need not be shown again.
    pub fn is_open(&self) -> bool {
        self.expires.is_none_or(|expires| Instant::now() < expires) && self.shared.lock().failure.is_none()
    }

    /// What the node said about itself; `None` before [`Connection::handshake`].
    pub fn versions(&self) -> Option<&NodeVersions> {
        self.versions.get()
    }

    /// Asks what the node serves, falling back to older versions of the question. Says how it was answered.
    pub async fn handshake(&self, wait: Duration) -> Result<&NodeVersions, Error> {
        if let Some(versions) = self.versions.get() {
            return Ok(versions);
        }
        for version in API_VERSIONS {
            let response = self.ask_versions(version, wait).await?;
            let code = ErrorCode(response.error_code);
            if code.is_ok() {
                return Ok(self.versions.get_or_init(|| NodeVersions::of(&response)));
            }
            if code != ErrorCode::UNSUPPORTED_VERSION {
                return Err(Error::broker(format!("learn what {} serves", self.address()), code, None));
            }
        }
        let ours = our_versions(ApiVersionsRequest::KEY);
        Err(self.unsupported(ApiVersionsRequest::NAME, ours))
    }

    async fn ask_versions(&self, version: i16, wait: Duration) -> Result<ApiVersionsResponse, Error> {
        let request = versions_request(version);
        let body = self
            .exchange(ApiVersionsRequest::KEY, version, wait, |header| request.into_body().encode(header))
            .await?;
        decode_versions(self.address(), version, body)
    }

    /// Asks the same again: the epoch of the finalized features moves with the metadata the node has applied.
    pub(crate) async fn versions_now(&self, wait: Duration) -> Result<NodeVersions, Error> {
        let version = self.choose(ApiVersionsRequest::KEY, ApiVersionsRequest::NAME)?;
        let response = self.ask_versions(version, wait).await?;
        let what = format!("learn what {} serves", self.address());
        ErrorCode(response.error_code).ok().map_err(|code| Error::broker(what, code, None))?;
        Ok(NodeVersions::of(&response))
    }

    /// The version to speak for an API.
    pub fn choose(&self, key: i16, name: &'static str) -> Result<i16, Error> {
        let ours = our_versions(key);
        let versions = self.versions.get();
        versions.and_then(|versions| versions.choose(key, ours)).ok_or_else(|| self.unsupported(name, ours))
    }

    fn unsupported(&self, api: &'static str, ours: (i16, i16)) -> Error {
        Error::Unsupported { address: self.address().clone(), api, ours: format!("{}-{}", ours.0, ours.1) }
    }

    /// Sends a request in a version and waits for its response.
    pub async fn call<R: Call>(
        &self,
        version: i16,
        request: R,
        wait: Duration,
    ) -> Result<R::Response, Error> {
        let request = request.into_body();
        self.guard.admit(&request.operations())?;
        let answer = self.exchange(R::KEY, version, wait, |header| request.encode(header)).await?;
        decode::<R>(self.address(), version, answer)
    }

    /// Sends the frame that `encode` makes and waits for the body of the answer, without its header.
    ///
    /// An answer that does not come within `wait` ends the connection: later answers would be taken for it.
    pub async fn exchange(
        &self,
        key: i16,
        version: i16,
        wait: Duration,
        encode: impl FnOnce(&RequestHeader) -> Result<Frame, EncodeError>,
    ) -> Result<Bytes, Error> {
        self.admit_produce(key)?;
        let header = self.header(key, version);
        let frame = self.encoded(&header, encode)?;
        let Some(tap) = &self.tap else { return self.send_and_wait(&header, frame, wait).await };
        let began = Instant::now();
        let sent_bytes = frame.iter().map(Bytes::len).sum();
        let answered = self.send_and_wait(&header, frame, wait).await;
        tap.tell(Exchange {
            address: self.address().clone(),
            api: key,
            name: name_of(key),
            version,
            sent_bytes,
            received_bytes: answered.as_ref().map_or(0, Bytes::len),
            took: began.elapsed(),
            throttle: answered.as_ref().ok().and_then(|body| throttle(key, version, body)),
            failure: answered.as_ref().err().map(Error::to_string),
        });
        answered
    }

    async fn send_and_wait(
        &self,
        header: &RequestHeader,
        frame: Frame,
        wait: Duration,
    ) -> Result<Bytes, Error> {
        let (key, version) = (header.api_key, header.api_version);
        let (reply, answer) = oneshot::channel();
        let waiter = Waiter { correlation_id: header.correlation_id, key, version, reply };
        let api = name_of(key);
        tracing::debug!(broker = %self.address(), api, version, id = header.correlation_id, "send");
        let answered = timeout(wait, async {
            self.queue.send(Outgoing { frame, waiter: Some(waiter) }).await.ok()?;
            answer.await.ok()
        });
        match answered.await {
            Ok(Some(body)) => {
                tracing::debug!(broker = %self.address(), api, version, bytes = body.len(), "answer");
                Ok(body)
            }
            Ok(None) => Err(self.lost()),
            Err(_) => {
                self.shared.fail(format!("{api} was not answered within {wait:?}"));
                self.reader.abort();
                Err(Error::NoAnswer { address: self.address().clone(), api, after: wait })
            }
        }
    }

    /// Sends a request that has no answer.
    pub async fn send_only(
        &self,
        key: i16,
        version: i16,
        encode: impl FnOnce(&RequestHeader) -> Result<Frame, EncodeError>,
    ) -> Result<(), Error> {
        self.admit_produce(key)?;
        let header = self.header(key, version);
        let frame = self.encoded(&header, encode)?;
        self.queue.send(Outgoing { frame, waiter: None }).await.map_err(|_| self.lost())
    }

    /// Frames of Produce come here ready-made, so that their gate is here.
    fn admit_produce(&self, key: i16) -> Result<(), Error> {
        if key == ApiKey::Produce as i16 { Ok(self.guard.check(Operation::PRODUCE)?) } else { Ok(()) }
    }

    fn header(&self, key: i16, version: i16) -> RequestHeader {
        // Wraps around after two thousand million requests, which is fine: it is only compared for equality.
        let correlation_id = self.correlation.fetch_add(1, Ordering::Relaxed);
        let client_id = Some(self.client_id.clone());
        RequestHeader { api_key: key, api_version: version, correlation_id, client_id }
    }

    fn encoded(
        &self,
        header: &RequestHeader,
        encode: impl FnOnce(&RequestHeader) -> Result<Frame, EncodeError>,
    ) -> Result<Frame, Error> {
        let (api, version) = (name_of(header.api_key), header.api_version);
        encode(header).map_err(|source| Error::Encode { api, version, source })
    }

    fn lost(&self) -> Error {
        let address = self.address().clone();
        match self.shared.lock().failure.clone() {
            Some(Failure::Security(source)) => Error::Security { address, source },
            Some(Failure::Reason(reason)) => Error::Disconnected { address, reason },
            None => Error::Disconnected { address, reason: "it was closed".to_owned() },
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The writer ends by itself when the queue is gone; the reader waits for the broker.
        self.reader.abort();
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the connection for all who wait; only the first reason is kept.
    fn fail(&self, failure: impl Into<Failure>) {
        let mut state = self.lock();
        state.failure.get_or_insert_with(|| failure.into());
        state.waiting.clear();
    }

    /// Puts a waiter in line; false if the connection has ended.
    fn await_answer(&self, waiter: Waiter) -> bool {
        let mut state = self.lock();
        let is_open = state.failure.is_none();
        if is_open {
            state.waiting.push_back(waiter);
        }
        is_open
    }

    /// Hands a frame to the request that is next in line.
    fn answer(&self, frame: Bytes) -> Result<(), String> {
        let waiter = self.lock().waiting.pop_front().ok_or("an answer came that nobody asked for")?;
        let (correlation_id, length) = decode_response_header(waiter.key, waiter.version, &frame)
            .map_err(|error| format!("an answer has no header: {error}"))?;
        if correlation_id != waiter.correlation_id {
            return Err(format!(
                "an answer has correlation id {correlation_id} where {} was next",
                waiter.correlation_id
            ));
        }
        // Who asked may have given up by now.
        let _ = waiter.reply.send(frame.slice(length..));
        Ok(())
    }
}

fn name_of(key: i16) -> &'static str {
    api::row(key).map_or("request", |row| row.name)
}

/// Writes requests until the connection is dropped or breaks.
async fn write<S>(mut stream: S, mut queue: mpsc::Receiver<Outgoing>, shared: Arc<Shared>)
where
    S: AsyncWrite + Send + Unpin + 'static,
{
    while let Some(outgoing) = queue.recv().await {
        if !outgoing.waiter.is_none_or(|waiter| shared.await_answer(waiter)) {
            return;
        }
        if let Err(error) = write_frame(&mut stream, &outgoing.frame).await {
            return shared.fail(format!("cannot write to it: {error}"));
        }
    }
}

async fn write_frame<S: AsyncWrite + Unpin>(stream: &mut S, frame: &Frame) -> io::Result<()> {
    let mut pieces: Vec<IoSlice<'_>> = frame.iter().map(|piece| IoSlice::new(piece)).collect();
    let mut rest = pieces.as_mut_slice();
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        let written = stream.write_vectored(rest).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        IoSlice::advance_slices(&mut rest, written);
    }
    // TLS may hold back what did not fit into the socket; for TCP this does nothing.
    stream.flush().await
}

/// Reads answers until the broker closes or breaks the rules.
async fn read<S>(mut stream: S, mut frames: FrameReader, shared: Arc<Shared>, tls: Option<Tls>)
where
    S: AsyncRead + Send + Unpin + 'static,
{
    let failure = loop {
        match frames.next_frame() {
            Ok(Some(frame)) => match shared.answer(frame) {
                Ok(()) => continue,
                Err(reason) => break reason.into(),
            },
            Ok(None) => {}
            Err(_) if tls.is_none() && is_tls_record(frames.buffer()) => {
                break Failure::Security(SecurityError::WantsTls { protocol: shared.protocol });
            }
            Err(error) => break format!("it sent what is no answer of a broker: {error}").into(),
        }
        let missing = frames.missing().unwrap_or(1);
        frames.buffer().reserve(missing.min(READ_BYTES));
        match stream.read_buf(frames.buffer()).await {
            Ok(0) if tls.is_none() && is_tls_record(frames.buffer()) => {
                break Failure::Security(SecurityError::WantsTls { protocol: shared.protocol });
            }
            Ok(0) => break CLOSED.to_owned().into(),
            Ok(_) => {}
            // A broker that ends without TLS' own goodbye.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break CLOSED.to_owned().into(),
            Err(error) => {
                break match (&tls, error.get_ref()) {
                    (Some(tls), Some(_)) => Failure::Security(tls.explain(&error, false)),
                    _ => error.to_string().into(),
                };
            }
        }
    };
    shared.fail(failure);
}

const CLOSED: &str = "the broker closed it";

/// Whether these bytes begin a TLS record: an alert (21) or a handshake message (22) of SSL 3 or TLS.
fn is_tls_record(bytes: &[u8]) -> bool {
    matches!(bytes, [21 | 22, 3, 0..=4, ..])
}
