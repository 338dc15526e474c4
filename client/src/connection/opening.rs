//! How a connection begins: TCP, TLS, SASL, one step after another, each bounded in time.
//!
//! ```text
//! TCP  TLS  ApiVersions  SaslHandshake  SaslAuthenticate...   then frames as the caller wishes
//! ```
//! Without SASL nothing is said here, so that the caller can send ApiVersions and its first request together.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use kr_wire::error_code::ErrorCode;
use kr_wire::frame::FrameReader;
use kr_wire::header::{RequestHeader, decode_response_header};
use kr_wire::message::StrBytes;
use kr_wire::messages::{
    ApiVersionsRequest, ApiVersionsResponse, SaslAuthenticateRequest, SaslAuthenticateResponse,
    SaslHandshakeRequest,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::client::TlsStream;

use super::failure::SecurityError;
use super::prepared::prepared;
use super::sasl::{Exchange, Mechanism, Step, plain, scram::Scram};
use super::tls::Tls;
use crate::calls::{Call, our_versions};
use crate::error::Error;
use crate::options::{Address, Options};
use crate::versions::NodeVersions;

/// ApiVersions in the order in which they are tried: 4 (KIP-1022), 3 (KIP-511), 0 for older brokers.
pub const API_VERSIONS: [i16; 3] = [4, 3, 0];

/// SaslHandshake 1 says that SaslAuthenticate follows (KIP-152).
const SASL_HANDSHAKE: i16 = 1;

/// A mechanism that needs more messages than this goes in circles.
const MAX_STEPS: usize = 8;

/// The largest answer taken from a broker before it knows us, in bytes.
const FRAME_MAX_BYTES: usize = 1024 * 1024;

/// The bytes of a connection.
#[derive(Debug)]
pub enum Stream {
    /// In the clear.
    Plain(TcpStream),
    /// Over TLS.
    Tls(Box<TlsStream<TcpStream>>, Tls),
}

/// What SASL left behind.
#[derive(Debug)]
pub struct Authenticated {
    /// What the node serves, as it said on the way.
    pub versions: NodeVersions,
    /// When the broker wants to see credentials again (KIP-368).
    pub expires: Option<Instant>,
    /// Bytes that came beyond the last answer.
    pub frames: FrameReader,
}

/// Connects by TCP to the first address of the host that answers.
pub async fn connect(address: &Address, options: &Options) -> Result<TcpStream, Error> {
    let failed = |source: io::Error| Error::Connect { address: address.clone(), source };
    let connecting = TcpStream::connect((address.host.as_str(), address.port));
    let stream = match timeout(options.connect_timeout, connecting).await {
        Ok(connected) => connected.map_err(failed)?,
        Err(_) => return Err(failed(io::ErrorKind::TimedOut.into())),
    };
    stream.set_nodelay(true).map_err(failed)?;
    Ok(stream)
}

/// Speaks TLS over it if the options say so.
pub async fn secure(stream: TcpStream, address: &Address, options: &Options) -> Result<Stream, Error> {
    let prepared = prepared(&options.security).map_err(crate::options::OptionsError::from)?;
    let Some(tls) = &prepared.tls else { return Ok(Stream::Plain(stream)) };
    let stream = bounded("the TLS handshake", options.request_timeout, tls.connect(stream, &address.host));
    match stream.await {
        Ok(stream) => Ok(Stream::Tls(Box::new(stream), tls.clone())),
        Err(source) => Err(Error::Security { address: address.clone(), source }),
    }
}

/// Says who we are if the options say so.
pub async fn authenticate(
    stream: &mut Stream,
    address: &Address,
    options: &Options,
) -> Result<Option<Authenticated>, Error> {
    let prepared = prepared(&options.security).map_err(crate::options::OptionsError::from)?;
    let Some(mechanism) = &prepared.mechanism else { return Ok(None) };
    let failed = |source| Error::Security { address: address.clone(), source };
    let exchange = begin(mechanism, options).await.map_err(failed)?;
    let talk = Talk {
        stream,
        frames: FrameReader::new(FRAME_MAX_BYTES.min(options.frame_max_bytes)),
        address,
        client_id: &options.client_id,
        protocol: options.security.protocol().name(),
        correlation_id: 0,
    };
    let done = talk.authenticate(mechanism, exchange);
    match timeout(options.request_timeout, done).await {
        Ok(outcome) => outcome.map(Some),
        Err(_) => Err(failed(SecurityError::TooSlow { step: "SASL", after: options.request_timeout })),
    }
}

async fn begin(mechanism: &Mechanism, options: &Options) -> Result<Exchange, SecurityError> {
    Ok(match mechanism {
        Mechanism::Plain(credentials) => Exchange::Plain(Some(plain(credentials))),
        Mechanism::Scram(hash, credentials) => {
            Exchange::Scram(Box::new(Scram::new(*hash, credentials.clone(), Scram::fresh_nonce())))
        }
        Mechanism::OauthBearer(source) => {
            // One token serves all connections; whoever comes while it is asked for waits for it.
            let mut known = options.security.token().lock().await;
            let token = match known.take().filter(super::Token::is_fresh) {
                Some(token) => token,
                None => source.token().await?,
            };
            Exchange::OauthBearer(source.begin(known.insert(token)))
        }
    })
}

async fn bounded<T>(
    step: &'static str,
    after: Duration,
    doing: impl Future<Output = Result<T, SecurityError>>,
) -> Result<T, SecurityError> {
    timeout(after, doing).await.unwrap_or(Err(SecurityError::TooSlow { step, after }))
}

/// One question after another, before the connection is given to its tasks.
struct Talk<'a> {
    stream: &'a mut Stream,
    frames: FrameReader,
    address: &'a Address,
    client_id: &'a str,
    protocol: &'static str,
    correlation_id: i32,
}

impl Talk<'_> {
    async fn authenticate(
        mut self,
        mechanism: &Mechanism,
        mut exchange: Exchange,
    ) -> Result<Authenticated, Error> {
        let versions = self.versions().await?;
        self.agree_on(mechanism.name()).await?;
        let ours = our_versions(SaslAuthenticateRequest::KEY);
        let version = versions.choose(SaslAuthenticateRequest::KEY, ours).unwrap_or(0);
        let mut received = Bytes::new();
        let mut lifetime_ms = 0;
        for _ in 0..MAX_STEPS {
            let refused = match &exchange {
                Exchange::OauthBearer(oauth) => oauth.refused().map(str::to_owned),
                _ => None,
            };
            match exchange.next(&received).await.map_err(|source| self.failed(source))? {
                Step::Done => {
                    let expires = u64::try_from(lifetime_ms).ok().filter(|millis| *millis > 0);
                    let expires = expires.map(|millis| Instant::now() + renewal(millis));
                    return Ok(Authenticated { versions, expires, frames: self.frames });
                }
                Step::Send(bytes) => {
                    let response = self.prove(version, bytes).await?;
                    self.judge(mechanism.name(), &response, refused)?;
                    lifetime_ms = response.session_lifetime_ms;
                    received = response.auth_bytes;
                }
            }
        }
        let reason = "the broker goes on and on".to_owned();
        Err(self.failed(SecurityError::Broken { mechanism: mechanism.name(), reason }))
    }

    async fn versions(&mut self) -> Result<NodeVersions, Error> {
        for version in API_VERSIONS {
            let body = self.ask::<ApiVersionsRequest>(version, versions_request(version)).await?;
            let response: ApiVersionsResponse = decode_versions(self.address, version, body)?;
            let code = ErrorCode(response.error_code);
            if code.is_ok() {
                return Ok(NodeVersions::of(&response));
            }
            if code != ErrorCode::UNSUPPORTED_VERSION {
                return Err(Error::broker(format!("learn what {} serves", self.address), code, None));
            }
        }
        let (low, high) = our_versions(ApiVersionsRequest::KEY);
        let ours = format!("{low}-{high}");
        Err(Error::Unsupported { address: self.address.clone(), api: ApiVersionsRequest::NAME, ours })
    }

    /// Agrees on the mechanism.
    async fn agree_on(&mut self, mechanism: &'static str) -> Result<(), Error> {
        let request = SaslHandshakeRequest::default().with_mechanism(StrBytes::from_static_str(mechanism));
        let body = self.ask::<SaslHandshakeRequest>(SASL_HANDSHAKE, request).await?;
        let response = decode::<SaslHandshakeRequest>(self.address, SASL_HANDSHAKE, body)?;
        match ErrorCode(response.error_code) {
            code if code.is_ok() => Ok(()),
            ErrorCode::UNSUPPORTED_SASL_MECHANISM => {
                let offered = response.mechanisms.iter().map(|name| name.as_str().to_owned()).collect();
                Err(self.failed(SecurityError::Mechanism { wanted: mechanism, offered }))
            }
            ErrorCode::ILLEGAL_SASL_STATE => Err(self.failed(SecurityError::NoSasl)),
            code => Err(Error::broker(format!("authenticate with {}", self.address), code, None)),
        }
    }

    async fn prove(&mut self, version: i16, bytes: Vec<u8>) -> Result<SaslAuthenticateResponse, Error> {
        let request = SaslAuthenticateRequest::default().with_auth_bytes(bytes.into());
        let body = self.ask::<SaslAuthenticateRequest>(version, request).await?;
        decode::<SaslAuthenticateRequest>(self.address, version, body)
    }

    /// Tells a refusal; `before` is what was said against the token in the answer before this.
    fn judge(
        &self,
        mechanism: &'static str,
        response: &SaslAuthenticateResponse,
        before: Option<String>,
    ) -> Result<(), Error> {
        let code = ErrorCode(response.error_code);
        if code.is_ok() {
            return Ok(());
        }
        let message =
            response.error_message.as_ref().map(|text| text.as_str()).filter(|text| !text.is_empty());
        let said = match (message, before) {
            (Some(message), Some(before)) if !message.contains(&before) => format!("{message} ({before})"),
            (Some(message), _) => message.to_owned(),
            (None, Some(before)) => before,
            (None, None) => code.message().to_owned(),
        };
        Err(self.failed(SecurityError::Denied { mechanism, said }))
    }

    /// Sends a request and waits for the body of its answer.
    async fn ask<R: Call>(&mut self, version: i16, request: R) -> Result<Bytes, Error> {
        self.correlation_id += 1;
        let header = RequestHeader {
            api_key: R::KEY,
            api_version: version,
            correlation_id: self.correlation_id,
            client_id: Some(self.client_id.to_owned()),
        };
        let frame = request.into_body().encode(&header).map_err(|source| Error::Encode {
            api: R::NAME,
            version,
            source,
        })?;
        tracing::debug!(broker = %self.address, api = R::NAME, version, "send");
        let frame: Vec<u8> = frame.iter().flat_map(|piece| piece.iter().copied()).collect();
        self.stream.send(&frame).await.map_err(|error| self.lost(&error))?;
        let answer = loop {
            match self.frames.next_frame() {
                Ok(Some(answer)) => break answer,
                Ok(None) => {}
                Err(_) => return Err(self.failed(self.no_answer())),
            }
            match self.stream.read_into(&mut self.frames).await {
                Ok(0) => return Err(self.lost(&io::ErrorKind::UnexpectedEof.into())),
                Ok(_) => {}
                Err(error) => return Err(self.lost(&error)),
            }
        };
        let nonsense =
            |reason: String| Error::Nonsense { address: self.address.to_string(), api: R::NAME, reason };
        let (correlation_id, length) = decode_response_header(R::KEY, version, &answer)
            .map_err(|error| nonsense(format!("it has no header: {error}")))?;
        if correlation_id != self.correlation_id {
            return Err(nonsense("it answers another request".to_owned()));
        }
        Ok(answer.slice(length..))
    }

    /// What it means that bytes came which are no frame.
    fn no_answer(&self) -> SecurityError {
        match self.stream {
            Stream::Plain(_) => SecurityError::WantsTls { protocol: self.protocol },
            Stream::Tls(..) => SecurityError::Tls { reason: "the broker sent what is no answer".to_owned() },
        }
    }

    fn failed(&self, source: SecurityError) -> Error {
        Error::Security { address: self.address.clone(), source }
    }

    fn lost(&self, error: &io::Error) -> Error {
        if let Stream::Tls(_, tls) = &self.stream
            && error.get_ref().is_some()
        {
            return self.failed(tls.explain(error, false));
        }
        let reason = match error.kind() {
            io::ErrorKind::UnexpectedEof => "the broker closed it during SASL".to_owned(),
            _ => format!("{error} during SASL"),
        };
        Error::Disconnected { address: self.address.clone(), reason }
    }
}

impl Stream {
    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => send(stream, bytes).await,
            Self::Tls(stream, _) => send(stream, bytes).await,
        }
    }

    async fn read_into(&mut self, frames: &mut FrameReader) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => read_into(stream, frames).await,
            Self::Tls(stream, _) => read_into(stream, frames).await,
        }
    }
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

async fn read_into<S: AsyncRead + Unpin>(stream: &mut S, frames: &mut FrameReader) -> io::Result<usize> {
    frames.buffer().reserve(4096);
    stream.read_buf(frames.buffer()).await
}

/// How long a session is used: nine tenths of what the broker allows, so that no request comes too late.
fn renewal(lifetime_ms: u64) -> Duration {
    // A century, so that no sum of times overflows.
    const LONGEST_MS: u64 = 100 * 365 * 24 * 3600 * 1000;
    Duration::from_millis(lifetime_ms.min(LONGEST_MS) / 10 * 9)
}

/// The question what a node serves.
pub fn versions_request(version: i16) -> ApiVersionsRequest {
    let (name, software) = if version >= 3 { ("kr", env!("CARGO_PKG_VERSION")) } else { ("", "") };
    ApiVersionsRequest::default()
        .with_client_software_name(StrBytes::from_static_str(name))
        .with_client_software_version(StrBytes::from_static_str(software))
}

/// Reads the answer; a broker that does not know the version says so in version 0, whatever was asked for.
pub fn decode_versions(address: &Address, version: i16, body: Bytes) -> Result<ApiVersionsResponse, Error> {
    let refused = body.get(..2) == Some(&ErrorCode::UNSUPPORTED_VERSION.0.to_be_bytes());
    decode::<ApiVersionsRequest>(address, if refused { 0 } else { version }, body)
}

/// Reads the body of an answer.
pub fn decode<R: Call>(address: &Address, version: i16, body: Bytes) -> Result<R::Response, Error> {
    let malformed = |source| Error::Malformed { address: address.clone(), api: R::NAME, source };
    let response = R::read(version, body).map_err(malformed)?;
    response.ok_or_else(|| Error::Nonsense {
        address: address.to_string(),
        api: R::NAME,
        reason: "the response is one of another API".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_renewed_before_it_ends() {
        assert_eq!(renewal(3_600_000), Duration::from_secs(3240));
        assert!(renewal(u64::MAX) < Duration::from_secs(4_000_000_000));
    }
}
