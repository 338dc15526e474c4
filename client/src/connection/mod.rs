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
use kr_wire::message::{self, EncodeError, StrBytes};
use kr_wire::messages::{ApiVersionsRequest, ApiVersionsResponse};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::calls::{Call, our_versions};
use crate::error::Error;
use crate::options::{Address, Options};
use crate::safety::{Guard, Operation};
use crate::versions::NodeVersions;

/// Requests that may wait for the writer of one connection.
const QUEUE: usize = 64;

/// How much room is made for what a frame claims, at once: the claim is believed as its bytes arrive.
const READ_BYTES: usize = 256 * 1024;

/// ApiVersions in the order in which they are tried: 4 (KIP-1022), 3 (KIP-511), 0 for older brokers.
const API_VERSIONS: [i16; 3] = [4, 3, 0];

/// A connection; dropping it closes it.
#[derive(Debug)]
pub struct Connection {
    shared: Arc<Shared>,
    queue: mpsc::Sender<Outgoing>,
    correlation: AtomicI32,
    client_id: String,
    guard: Arc<Guard>,
    versions: OnceLock<NodeVersions>,
    reader: JoinHandle<()>,
}

/// What both tasks and all callers see.
#[derive(Debug)]
struct Shared {
    address: Address,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Waiter>,
    /// Why the connection ended; nothing is added to `waiting` from then on.
    failure: Option<String>,
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
    /// Connects, without saying anything yet.
    pub async fn open(address: &Address, options: &Options) -> Result<Self, Error> {
        let failed = |source: io::Error| Error::Connect { address: address.clone(), source };
        let connecting = TcpStream::connect((address.host.as_str(), address.port));
        let stream = match timeout(options.connect_timeout, connecting).await {
            Ok(connected) => connected.map_err(failed)?,
            Err(_) => return Err(failed(io::ErrorKind::TimedOut.into())),
        };
        stream.set_nodelay(true).map_err(failed)?;
        let shared = Arc::new(Shared { address: address.clone(), state: Mutex::default() });
        let (read_half, write_half) = stream.into_split();
        let (queue, outgoing) = mpsc::channel(QUEUE);
        tokio::spawn(write(write_half, outgoing, Arc::clone(&shared)));
        let frames = FrameReader::new(options.frame_max_bytes);
        let reader = tokio::spawn(read(read_half, frames, Arc::clone(&shared)));
        Ok(Self {
            shared,
            queue,
            correlation: AtomicI32::new(0),
            client_id: options.client_id.clone(),
            guard: Arc::clone(&options.guard),
            versions: OnceLock::new(),
            reader,
        })
    }

    /// The other side.
    pub fn address(&self) -> &Address {
        &self.shared.address
    }

    /// Whether it still works, as far as is known.
    pub fn is_open(&self) -> bool {
        self.shared.lock().failure.is_none()
    }

    /// What the node said about itself; `None` before [`Connection::handshake`].
    pub fn versions(&self) -> Option<&NodeVersions> {
        self.versions.get()
    }

    /// Asks what the node serves, falling back to older versions of the question. Says how it was answered.
    pub async fn handshake(&self, wait: Duration) -> Result<&NodeVersions, Error> {
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
        let request = ApiVersionsRequest::default()
            .with_client_software_name(StrBytes::from_static_str(if version >= 3 { "kr" } else { "" }))
            .with_client_software_version(StrBytes::from_static_str(if version >= 3 {
                env!("CARGO_PKG_VERSION")
            } else {
                ""
            }));
        let body = self
            .exchange(ApiVersionsRequest::KEY, version, wait, |header| {
                message::encode_request(header, &request.into_kind())
            })
            .await?;
        // A broker that does not know the version says so in version 0, whatever was asked for.
        let refused = body.get(..2) == Some(&ErrorCode::UNSUPPORTED_VERSION.0.to_be_bytes());
        self.decode::<ApiVersionsRequest>(if refused { 0 } else { version }, body)
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
        let kind = request.into_kind();
        self.guard.admit(&kind)?;
        let body =
            self.exchange(R::KEY, version, wait, |header| message::encode_request(header, &kind)).await?;
        self.decode::<R>(version, body)
    }

    fn decode<R: Call>(&self, version: i16, body: Bytes) -> Result<R::Response, Error> {
        let kind = message::decode_response(R::KEY, version, body).map_err(|source| Error::Malformed {
            address: self.address().clone(),
            api: R::NAME,
            source,
        })?;
        R::response(kind).ok_or_else(|| Error::Nonsense {
            address: self.address().to_string(),
            api: R::NAME,
            reason: "the response is one of another API".to_owned(),
        })
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
        let (reply, answer) = oneshot::channel();
        let header = self.header(key, version);
        let waiter = Waiter { correlation_id: header.correlation_id, key, version, reply };
        let frame = self.encoded(&header, encode)?;
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
        let reason = self.shared.lock().failure.clone();
        let reason = reason.unwrap_or_else(|| "it was closed".to_owned());
        Error::Disconnected { address: self.address().clone(), reason }
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
    fn fail(&self, reason: String) {
        let mut state = self.lock();
        state.failure.get_or_insert(reason);
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
async fn write(mut stream: OwnedWriteHalf, mut queue: mpsc::Receiver<Outgoing>, shared: Arc<Shared>) {
    while let Some(outgoing) = queue.recv().await {
        if !outgoing.waiter.is_none_or(|waiter| shared.await_answer(waiter)) {
            return;
        }
        if let Err(error) = write_frame(&mut stream, &outgoing.frame).await {
            return shared.fail(format!("cannot write to it: {error}"));
        }
    }
}

async fn write_frame(stream: &mut OwnedWriteHalf, frame: &Frame) -> io::Result<()> {
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
    Ok(())
}

/// Reads answers until the broker closes or breaks the rules.
async fn read(mut stream: OwnedReadHalf, mut frames: FrameReader, shared: Arc<Shared>) {
    let reason = loop {
        match frames.next_frame() {
            Ok(Some(frame)) => match shared.answer(frame) {
                Ok(()) => continue,
                Err(reason) => break reason,
            },
            Ok(None) => {}
            Err(error) => break format!("it sent what is no answer of a broker: {error}"),
        }
        let missing = frames.missing().unwrap_or(1);
        frames.buffer().reserve(missing.min(READ_BYTES));
        match stream.read_buf(frames.buffer()).await {
            Ok(0) => break "the broker closed it".to_owned(),
            Ok(_) => {}
            Err(error) => break error.to_string(),
        }
    };
    shared.fail(reason);
}
