//! Asks an OAuth 2 endpoint for a token with client credentials (RFC 6749, 4.4), over `https:` or `http:`.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::sasl::oauth::Token;
use super::tls::Tls;
use crate::options::Secret;

/// How long the endpoint may take in all.
const LIMIT: Duration = Duration::from_secs(10);

/// A larger answer holds no token.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// Where and as whom to ask.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The address.
    pub url: Uri,
    /// Who asks.
    pub client_id: String,
    /// How it is proven.
    pub client_secret: Secret,
    /// What for.
    pub scope: Option<String>,
    /// Whether id and secret are encoded as RFC 6749 says. Kafka's clients do not do so by default.
    pub encode_credentials: bool,
    /// For `https:`.
    pub tls: Option<Tls>,
}

/// Reads the address of an endpoint.
pub fn parse(url: &str) -> Result<Uri, &'static str> {
    let uri: Uri = url.trim().parse().map_err(|_| "it is no address")?;
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    let has_secret = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    match (is_http, uri.host(), has_secret) {
        (false, _, _) | (_, None, _) => Err("https://, http:// or file:// is wanted"),
        (_, _, true) => Err("credentials do not belong into it"),
        (true, Some(_), false) => Ok(uri),
    }
}

/// Asks for a token.
pub async fn ask(endpoint: &Endpoint) -> Result<Token, String> {
    match timeout(LIMIT, asked(endpoint)).await {
        Ok(token) => token,
        Err(_) => Err(format!("it did not answer within {LIMIT:?}")),
    }
}

async fn asked(endpoint: &Endpoint) -> Result<Token, String> {
    let host = endpoint.url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let port = endpoint.url.port_u16().unwrap_or(if endpoint.tls.is_some() { 443 } else { 80 });
    let stream =
        TcpStream::connect((host, port)).await.map_err(|error| format!("cannot connect: {error}"))?;
    match &endpoint.tls {
        Some(tls) => {
            let stream = tls.connect(stream, host).await.map_err(|error| error.to_string())?;
            exchange(endpoint, stream).await
        }
        None => exchange(endpoint, stream).await,
    }
}

async fn exchange<S>(endpoint: &Endpoint, stream: S) -> Result<Token, String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let failed = |error: hyper::Error| error.to_string();
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let driver = tokio::spawn(connection);
    let answer = sender.send_request(request(endpoint)?).await.map_err(failed);
    let outcome = match answer {
        Ok(answer) => {
            let status = answer.status();
            let body = Limited::new(answer.into_body(), MAX_ANSWER_BYTES).collect().await;
            let body = body.map_err(|error| error.to_string())?.to_bytes();
            if status.is_success() { token_of_json(&body) } else { Err(refusal(status, &body)) }
        }
        Err(error) => Err(error),
    };
    driver.abort();
    outcome
}

fn request(endpoint: &Endpoint) -> Result<Request<Full<Bytes>>, String> {
    let mut body = "grant_type=client_credentials".to_owned();
    if let Some(scope) = &endpoint.scope {
        body.push_str(&format!("&scope={}", form(scope)));
    }
    let part = |text: &str| if endpoint.encode_credentials { form(text) } else { text.to_owned() };
    let who = format!("{}:{}", part(&endpoint.client_id), part(endpoint.client_secret.expose()));
    let mut credentials = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(who)))
        .map_err(|_| "the client id and secret cannot be sent".to_owned())?;
    credentials.set_sensitive(true);
    let path = endpoint.url.path_and_query().map_or("/", |path| path.as_str());
    let host = endpoint.url.authority().map_or("", |authority| authority.as_str());
    Request::post(path)
        .header(HOST, host)
        .header(AUTHORIZATION, credentials)
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| error.to_string())
}

/// Encodes a value of `application/x-www-form-urlencoded`.
fn form(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => char::from(byte).to_string(),
        b' ' => "+".to_owned(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Takes the token out of an endpoint's answer.
pub fn token_of_json(body: &[u8]) -> Result<Token, String> {
    #[derive(Deserialize)]
    struct Answer {
        #[serde(alias = "token", alias = "id_token")]
        access_token: String,
        expires_in: Option<f64>,
    }
    let answer: Answer =
        serde_json::from_slice(body).map_err(|_| "its answer holds no access_token".to_owned())?;
    let lifetime = answer.expires_in.filter(|seconds| (0.0..1e9).contains(seconds));
    Token::new(&answer.access_token, lifetime.map(Duration::from_secs_f64))
}

fn refusal(status: hyper::StatusCode, body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
        error_description: Option<String>,
    }
    let said: Option<Refusal> = serde_json::from_slice(body).ok();
    let said = said.map(|said| match said.error_description {
        Some(description) => format!(": {} ({description})", said.error),
        None => format!(": {}", said.error),
    });
    format!("it answered {status}{}", said.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked() {
        assert_eq!(parse("https://idp:8443/token?x=1").unwrap().port_u16(), Some(8443));
        for wrong in ["ftp://x/y", "idp/token", "https://user:geheim@idp/token", "", "https://"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn values_are_encoded_for_forms() {
        assert_eq!(form("a b&c=ä:"), "a+b%26c%3D%C3%A4%3A");
    }

    #[test]
    fn answers_are_read() {
        let token =
            token_of_json(br#"{"access_token":"abc","token_type":"Bearer","expires_in":300}"#).unwrap();
        assert_eq!(token.value.expose(), "abc");
        assert!(token_of_json(b"{}").is_err());
        assert_eq!(
            refusal(
                hyper::StatusCode::UNAUTHORIZED,
                br#"{"error":"invalid_client","error_description":"no"}"#
            ),
            "it answered 401 Unauthorized: invalid_client (no)"
        );
    }
}
