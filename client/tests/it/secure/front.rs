//! What stands before a fake broker and makes it safe: TLS, SASL, or both. Afterwards bytes pass unchanged.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::{Bytes, BytesMut};
use kr_wire::error_code::ErrorCode;
use kr_wire::header::RequestHeader;
use kr_wire::message::{self, RequestKind, ResponseKind, StrBytes};
use kr_wire::messages::{SaslAuthenticateResponse, SaslHandshakeResponse};
use ring::{digest, hmac, pbkdf2};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::fake::FakeCluster;

/// What the listener wants.
#[derive(Clone, Default)]
pub struct Wants {
    pub tls: Option<Arc<ServerConfig>>,
    /// Mechanisms; none for no SASL.
    pub sasl: Vec<&'static str>,
    /// What SaslAuthenticate says of the session.
    pub lifetime_ms: i64,
    /// SCRAM iterations.
    pub iterations: u32,
    /// The tokens that are taken; all when empty.
    pub tokens: Vec<&'static str>,
}

pub const USER: &str = "alice";
pub const PASSWORD: &str = "geheim";

/// The listener; it ends with the runtime of the test.
pub struct Front {
    pub address: SocketAddr,
    /// Connections that were accepted.
    pub connections: Arc<AtomicUsize>,
    /// Messages of OAUTHBEARER as they came.
    pub messages: Arc<Mutex<Vec<String>>>,
}

impl Front {
    /// Stands before broker 1, which calls itself by the address of this listener from now on.
    pub async fn before(cluster: &FakeCluster, wants: Wants) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let broker: SocketAddr = cluster.bootstrap()[0].parse().unwrap();
        {
            let mut world = cluster.world();
            world.brokers.insert(1, address);
            world.apis.insert(17, (0, 1));
            world.apis.insert(36, (0, 2));
        }
        let connections = Arc::new(AtomicUsize::new(0));
        let messages = Arc::default();
        let counted = Arc::clone(&connections);
        let seen = Arc::clone(&messages);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, broker, wants.clone(), Arc::clone(&seen)));
            }
        });
        Self { address, connections, messages }
    }

    pub fn count(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn serve(
    stream: TcpStream,
    broker: SocketAddr,
    wants: Wants,
    seen: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let behind = TcpStream::connect(broker).await.ok()?;
    match &wants.tls {
        Some(tls) => {
            let stream = TlsAcceptor::from(Arc::clone(tls)).accept(stream).await.ok()?;
            pass(stream, behind, wants, seen).await
        }
        // As a broker: what begins like TLS is a frame beyond all limits.
        None => pass(stream, behind, wants, seen).await,
    }
}

async fn pass<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    mut behind: TcpStream,
    wants: Wants,
    seen: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let mut buffer = BytesMut::new();
    if !wants.sasl.is_empty() {
        let mut sasl = Sasl { wants, seen, mechanism: String::new(), step: 0, scram: None };
        loop {
            let frame = next_frame(&mut stream, &mut buffer).await?;
            let (header, length) = RequestHeader::decode(&frame[4..]).ok()?;
            if header.api_key == 18 {
                behind.write_all(&frame).await.ok()?;
                let mut answer = BytesMut::new();
                let answer = next_frame(&mut behind, &mut answer).await?;
                stream.write_all(&answer).await.ok()?;
                continue;
            }
            let body = Bytes::copy_from_slice(&frame[4 + length..]);
            let request = message::decode_request(header.api_key, header.api_version, body).ok()?;
            let (response, is_done) = sasl.answer(request)?;
            let (key, version) = (header.api_key, header.api_version);
            let frame = message::encode_response(header.correlation_id, key, version, &response).ok()?;
            stream.write_all(&frame.concat()).await.ok()?;
            stream.flush().await.ok()?;
            if is_done {
                break;
            }
        }
    } else {
        buffer.extend_from_slice(&[0; 4]);
        stream.read_exact(&mut buffer).await.ok()?;
        if i32::from_be_bytes(*buffer.first_chunk()?) > 100_000_000 {
            return None;
        }
    }
    behind.write_all(&buffer).await.ok()?;
    tokio::io::copy_bidirectional(&mut stream, &mut behind).await.ok()?;
    Some(())
}

/// A frame with its length.
async fn next_frame<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut BytesMut) -> Option<Bytes> {
    loop {
        if let Some(length) = buffer.first_chunk().map(|length| i32::from_be_bytes(*length)) {
            let length = usize::try_from(length).ok().filter(|length| *length < 100_000_000)? + 4;
            if buffer.len() >= length {
                return Some(buffer.split_to(length).freeze());
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

struct Sasl {
    wants: Wants,
    seen: Arc<Mutex<Vec<String>>>,
    mechanism: String,
    step: u32,
    scram: Option<ServerScram>,
}

impl Sasl {
    /// The answer, and whether the client is in; `None` closes.
    fn answer(&mut self, request: RequestKind) -> Option<(ResponseKind, bool)> {
        match request {
            RequestKind::SaslHandshake(request) => {
                self.mechanism = request.mechanism.as_str().to_owned();
                let is_offered = self.wants.sasl.iter().any(|offered| *offered == self.mechanism);
                let code = if is_offered { ErrorCode::NONE } else { ErrorCode::UNSUPPORTED_SASL_MECHANISM };
                let offered = self.wants.sasl.iter().map(|name| StrBytes::from_static_str(name)).collect();
                let response =
                    SaslHandshakeResponse::default().with_error_code(code.0).with_mechanisms(offered);
                Some((response.into(), false))
            }
            RequestKind::SaslAuthenticate(request) => {
                self.step += 1;
                let outcome = self.token(&request.auth_bytes);
                let response = SaslAuthenticateResponse::default();
                Some(match outcome {
                    Ok((bytes, is_done)) => {
                        let response = response.with_auth_bytes(bytes.into());
                        (response.with_session_lifetime_ms(self.wants.lifetime_ms).into(), is_done)
                    }
                    Err(said) => {
                        let response = response.with_error_code(ErrorCode::SASL_AUTHENTICATION_FAILED.0);
                        (response.with_error_message(Some(StrBytes::from_static_str(said))).into(), false)
                    }
                })
            }
            // A broker closes on everything else.
            _ => None,
        }
    }

    fn token(&mut self, token: &[u8]) -> Result<(Vec<u8>, bool), &'static str> {
        let text = String::from_utf8(token.to_vec()).map_err(|_| "no text")?;
        match self.mechanism.as_str() {
            "PLAIN" => {
                let wanted = format!("\0{USER}\0{PASSWORD}");
                if text == wanted { Ok((Vec::new(), true)) } else { Err("Invalid username or password") }
            }
            "OAUTHBEARER" if text == "\u{1}" => Err("{\"status\":\"invalid_token\"}"),
            "OAUTHBEARER" => {
                self.seen.lock().unwrap().push(text.clone());
                let taken =
                    self.wants.tokens.iter().any(|token| text.contains(&format!("Bearer {token}\u{1}")));
                if taken || self.wants.tokens.is_empty() {
                    Ok((Vec::new(), true))
                } else {
                    Ok((b"{\"status\":\"invalid_token\"}".to_vec(), false))
                }
            }
            mechanism if self.step == 1 => {
                let scram = ServerScram::begin(mechanism, &text, self.wants.iterations.max(4096))?;
                let first = scram.server_first.clone();
                self.scram = Some(scram);
                Ok((first.into_bytes(), false))
            }
            _ => Ok((self.scram.take().ok_or("out of turn")?.end(&text)?.into_bytes(), true)),
        }
    }
}

/// The broker's side of SCRAM, for one user.
struct ServerScram {
    is_512: bool,
    client_first_bare: String,
    server_first: String,
    iterations: u32,
}

const SALT: &[u8] = b"some salt";

impl ServerScram {
    fn begin(mechanism: &str, client_first: &str, iterations: u32) -> Result<Self, &'static str> {
        let bare = client_first.strip_prefix("n,,").ok_or("no header")?;
        let (user, nonce) = bare.split_once(",r=").ok_or("no nonce")?;
        if user != format!("n={USER}") {
            return Err(
                "Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM",
            );
        }
        let server_first = format!("r={nonce}server,s={},i={iterations}", STANDARD.encode(SALT));
        let client_first_bare = bare.to_owned();
        Ok(Self { is_512: mechanism.ends_with("512"), client_first_bare, server_first, iterations })
    }

    fn end(&self, client_final: &str) -> Result<String, &'static str> {
        let (mac, kdf, hash) = if self.is_512 {
            (hmac::HMAC_SHA512, pbkdf2::PBKDF2_HMAC_SHA512, &digest::SHA512)
        } else {
            (hmac::HMAC_SHA256, pbkdf2::PBKDF2_HMAC_SHA256, &digest::SHA256)
        };
        let mut salted = vec![0; hash.output_len()];
        let iterations = std::num::NonZeroU32::new(self.iterations).ok_or("no iterations")?;
        pbkdf2::derive(kdf, iterations, SALT, PASSWORD.as_bytes(), &mut salted);
        let salted = hmac::Key::new(mac, &salted);
        let (without_proof, proof) = client_final.split_once(",p=").ok_or("no proof")?;
        let auth = format!("{},{},{without_proof}", self.client_first_bare, self.server_first);
        let client_key = hmac::sign(&salted, b"Client Key");
        let stored = digest::digest(hash, client_key.as_ref());
        let signature = hmac::sign(&hmac::Key::new(mac, stored.as_ref()), auth.as_bytes());
        let wanted: Vec<u8> =
            client_key.as_ref().iter().zip(signature.as_ref()).map(|(a, b)| a ^ b).collect();
        if STANDARD.decode(proof).ok() != Some(wanted) {
            return Err(
                "Authentication failed during authentication due to invalid credentials with SASL mechanism SCRAM",
            );
        }
        let server_key = hmac::sign(&salted, b"Server Key");
        let signature = hmac::sign(&hmac::Key::new(mac, server_key.as_ref()), auth.as_bytes());
        Ok(format!("v={}", STANDARD.encode(signature)))
    }
}

/// A token endpoint: answers each request over HTTP with the next of these; counts them and keeps what came.
pub struct TokenEndpoint {
    pub address: SocketAddr,
    pub requests: Arc<Mutex<Vec<String>>>,
}

impl TokenEndpoint {
    pub async fn start(tls: Option<Arc<ServerConfig>>, status: &'static str, body: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, body, tls) = (Arc::clone(&seen), body.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => {
                            answer(TlsAcceptor::from(tls).accept(stream).await.ok()?, seen, status, body)
                                .await
                        }
                        None => answer(stream, seen, status, body).await,
                    }
                });
            }
        });
        Self { address, requests }
    }
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    seen: Arc<Mutex<Vec<String>>>,
    status: &'static str,
    body: String,
) -> Option<()> {
    let mut request = BytesMut::new();
    while !String::from_utf8_lossy(&request).contains("grant_type=client_credentials") {
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
    seen.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nContent-Type: application/json\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.ok()?;
    stream.flush().await.ok()
}

/// A token that says when it ends.
pub fn token(name: &str, expires_in_s: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let claims = format!("{{\"sub\":\"{name}\",\"exp\":{}}}", now + expires_in_s);
    format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims))
}
