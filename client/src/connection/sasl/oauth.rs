//! SASL OAUTHBEARER (RFC 7628): a token and where it comes from.
//!
//! Sources: an endpoint that gives tokens for client credentials (RFC 6749, 4.4), a file, a command, the token
//! itself, or an unsecured token that this client makes for clusters that test. Tokens are kept until shortly
//! before they expire; the signature is the broker's business.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::Step;
use crate::connection::failure::SecurityError;
use crate::connection::prepared::PrepareError;
use crate::connection::tls::Tls;
use crate::connection::token_endpoint::{self, Endpoint};
use crate::options::Secret;
use crate::options::security::OauthOptions;

const MECHANISM: &str = "OAUTHBEARER";

/// A token is not used in the last part of its life, so that it does not expire on the way.
const RESERVE: Duration = Duration::from_secs(30);

/// How long a token without a date is kept.
const UNDATED: Duration = Duration::from_secs(60);

/// How long an unsecured token lives, as Java's.
const UNSECURED: Duration = Duration::from_secs(3600);

/// A larger token is none.
const MAX_TOKEN_BYTES: u64 = 256 * 1024;

/// A token.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token as it is sent.
    pub value: Secret,
    expires: SystemTime,
}

impl Token {
    /// Whether it can still be sent.
    pub fn is_fresh(&self) -> bool {
        SystemTime::now() + RESERVE < self.expires
    }

    /// Takes a token; its life is `lifetime` or what it says itself.
    pub fn new(value: &str, lifetime: Option<Duration>) -> Result<Self, String> {
        let value = value.trim();
        let is_clean = !value.is_empty() && value.bytes().all(|byte| (0x21..0x7F).contains(&byte));
        if !is_clean {
            return Err("what came is no token".to_owned());
        }
        let expires = match lifetime {
            Some(lifetime) => SystemTime::now().checked_add(lifetime),
            None => expiry(value).and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds))),
        };
        let expires = expires.unwrap_or_else(|| SystemTime::now() + UNDATED + RESERVE);
        Ok(Self { value: Secret::new(value), expires })
    }
}

/// `exp` of a JSON web token.
fn expiry(token: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Claims {
        exp: f64,
    }
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?.trim_end_matches('=')).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    (claims.exp >= 0.0).then_some(claims.exp as u64)
}

/// Where tokens come from, and what is sent along.
#[derive(Clone, Debug)]
pub struct TokenSource {
    from: From,
    extensions: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
enum From {
    Endpoint(Endpoint),
    File(PathBuf),
    Command(String),
    Fixed(Secret),
    Unsecured(String),
}

impl TokenSource {
    /// The source the properties name.
    pub fn of(options: &OauthOptions) -> Result<Self, PrepareError> {
        for (key, value) in &options.extensions {
            // RFC 7628, 3.1; `auth` is the token itself.
            let is_key =
                key != "auth" && !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphabetic());
            let is_value = value.bytes().all(|byte| (0x20..0x7F).contains(&byte));
            if !is_key || !is_value {
                return Err(PrepareError::Store {
                    place: "the extensions of OAUTHBEARER".to_owned(),
                    reason: format!("\"{key}\" is not made of letters, or its value is not plain text"),
                });
            }
        }
        Ok(Self { from: Self::origin(options)?, extensions: options.extensions.clone() })
    }

    fn origin(options: &OauthOptions) -> Result<From, PrepareError> {
        if let Some(token) = &options.token {
            return Ok(From::Fixed(token.clone()));
        }
        if let Some(command) = &options.command {
            return Ok(From::Command(command.clone()));
        }
        if let Some(url) = &options.endpoint {
            if let Some(file) = url.strip_prefix("file:") {
                // `file:/x` and `file:///x` are the same.
                let file = file.strip_prefix("//").unwrap_or(file);
                return Ok(From::File(PathBuf::from(file)));
            }
            let missing = |wanted| PrepareError::Missing { wanted, reason: "the token endpoint needs it" };
            let id = options.client_id.clone();
            let secret = options.client_secret.clone();
            let tls = || Tls::for_endpoint(options.endpoint_trust.as_ref());
            let endpoint = Endpoint {
                url: token_endpoint::parse(url).map_err(|reason| PrepareError::Store {
                    place: format!("sasl.oauthbearer.token.endpoint.url {url}"),
                    reason: reason.to_owned(),
                })?,
                client_id: id.ok_or_else(|| missing("the client id (clientId in sasl.jaas.config)"))?,
                client_secret: secret
                    .ok_or_else(|| missing("the client secret (clientSecret in sasl.jaas.config)"))?,
                scope: options.scope.clone(),
                encode_credentials: options.encode_credentials,
                tls: url.starts_with("https:").then(tls).transpose()?,
            };
            return Ok(From::Endpoint(endpoint));
        }
        match &options.unsecured_subject {
            Some(subject) => Ok(From::Unsecured(subject.clone())),
            None => Err(PrepareError::Missing {
                wanted: "sasl.oauthbearer.token.endpoint.url",
                reason: "OAUTHBEARER needs a place where tokens come from \
                         (or sasl.oauthbearer.token.command, or sasl.oauthbearer.token)",
            }),
        }
    }

    /// Gets a token.
    pub async fn token(&self) -> Result<Token, SecurityError> {
        let got = match &self.from {
            From::Endpoint(endpoint) => token_endpoint::ask(endpoint).await,
            From::File(file) => of_file(file).await,
            From::Command(command) => of_command(command).await,
            From::Fixed(token) => Token::new(token.expose(), None),
            From::Unsecured(subject) => Token::new(&unsecured(subject, SystemTime::now()), Some(UNSECURED)),
        };
        got.map_err(|reason| SecurityError::Token { source_of: self.describe(), reason })
    }

    fn describe(&self) -> String {
        match &self.from {
            From::Endpoint(endpoint) => endpoint.url.to_string(),
            From::File(file) => file.display().to_string(),
            From::Command(_) => "sasl.oauthbearer.token.command".to_owned(),
            From::Fixed(_) => "sasl.oauthbearer.token".to_owned(),
            From::Unsecured(_) => "this client".to_owned(),
        }
    }

    /// Begins an authentication with a token.
    pub fn begin(&self, token: &Token) -> Exchange {
        let mut message = format!("n,,\u{1}auth=Bearer {}\u{1}", token.value.expose());
        for (key, value) in &self.extensions {
            message.push_str(&format!("{key}={value}\u{1}"));
        }
        message.push('\u{1}');
        Exchange { message: Some(message.into_bytes()), refusal: None }
    }
}

async fn of_file(file: &PathBuf) -> Result<Token, String> {
    let size = tokio::fs::metadata(file).await.map_err(|error| error.to_string())?.len();
    if size > MAX_TOKEN_BYTES {
        return Err("it is too large for a token".to_owned());
    }
    Token::new(&tokio::fs::read_to_string(file).await.map_err(|error| error.to_string())?, None)
}

/// Runs a command by the shell; it prints the token, or JSON with it in `token` or `access_token`.
async fn of_command(command: &str) -> Result<Token, String> {
    let mut shell = tokio::process::Command::new("sh");
    shell.arg("-c").arg(command).stdin(std::process::Stdio::null()).stderr(std::process::Stdio::inherit());
    let output = shell.kill_on_drop(true).output().await.map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("the command failed: {}", output.status));
    }
    let text = String::from_utf8(output.stdout).map_err(|_| "what came is no text".to_owned())?;
    if text.trim_start().starts_with('{') {
        token_endpoint::token_of_json(text.as_bytes())
    } else {
        Token::new(&text, None)
    }
}

/// A token nobody signed: `{"alg":"none"}.{"sub":..,"iat":..,"exp":..}.`
fn unsecured(subject: &str, now: SystemTime) -> String {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let claims = serde_json::json!({ "sub": subject, "iat": now, "exp": now + UNSECURED.as_secs() });
    let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(&claims.to_string()))
}

/// One authentication: the token, and the end of the conversation when it was refused.
pub struct Exchange {
    message: Option<Vec<u8>>,
    refusal: Option<String>,
}

impl Exchange {
    /// The next message. A refusal comes as JSON, is answered by one byte, and then ends in an error.
    pub fn next(&mut self, received: &[u8]) -> Result<Step, SecurityError> {
        if let Some(message) = self.message.take() {
            return Ok(Step::Send(message));
        }
        if let Some(said) = self.refusal.take() {
            return Err(SecurityError::Denied { mechanism: MECHANISM, said });
        }
        if received.is_empty() {
            return Ok(Step::Done);
        }
        self.refusal = Some(refusal(received));
        Ok(Step::Send(vec![1]))
    }

    /// What the broker said against the token, if it did.
    pub fn refused(&self) -> Option<&str> {
        self.refusal.as_deref()
    }
}

fn refusal(json: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        status: String,
    }
    let read: Result<Refusal, _> = serde_json::from_slice(json);
    read.map_or_else(|_| "the token was refused".to_owned(), |refusal| refusal.status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(token: &str, extensions: &[(&str, &str)]) -> Result<TokenSource, PrepareError> {
        let extensions = extensions.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        TokenSource::of(&OauthOptions {
            token: Some(Secret::new(token)),
            extensions,
            ..OauthOptions::default()
        })
    }

    #[tokio::test]
    async fn message_carries_token_and_extensions() {
        let source = source("abc.def.ghi\n", &[("lkc", "7"), ("pool", "x y")]).unwrap();
        let token = source.token().await.unwrap();
        let Ok(Step::Send(message)) = source.begin(&token).next(b"") else { panic!() };
        assert_eq!(message, b"n,,\x01auth=Bearer abc.def.ghi\x01lkc=7\x01pool=x y\x01\x01");
    }

    #[test]
    fn extensions_that_would_break_the_message_are_refused() {
        for extension in [("auth", "x"), ("a1", "x"), ("a", "x\u{1}y"), ("", "x")] {
            assert!(source("t", &[extension]).is_err(), "{extension:?}");
        }
    }

    #[test]
    fn a_refusal_is_answered_and_then_told() {
        let mut exchange = Exchange { message: None, refusal: None };
        assert!(
            matches!(exchange.next(br#"{"status":"invalid_token"}"#), Ok(Step::Send(sent)) if sent == [1])
        );
        let error = exchange.next(b"").err().unwrap();
        assert_eq!(error.to_string(), "SASL OAUTHBEARER: authentication failed: invalid_token");
    }

    #[test]
    fn life_of_a_token_is_what_it_says() {
        let now = SystemTime::now();
        let token = Token::new(&unsecured("me", now), None).unwrap();
        assert!(token.is_fresh());
        let stale = Token::new(&unsecured("me", now - Duration::from_secs(3590)), None).unwrap();
        assert!(!stale.is_fresh());
        assert!(Token::new("opaque", None).unwrap().is_fresh());
        assert!(!Token::new("opaque", Some(Duration::from_secs(5))).unwrap().is_fresh());
        for wrong in ["", "a b", "a\u{1}b", "ä"] {
            assert!(Token::new(wrong, None).is_err(), "{wrong:?}");
        }
    }

    #[tokio::test]
    async fn command_and_file_give_tokens() {
        let of = |command: Option<&str>, endpoint: Option<String>| {
            let command = command.map(str::to_owned);
            TokenSource::of(&OauthOptions { command, endpoint, ..OauthOptions::default() }).unwrap()
        };
        let value = |token: Token| token.value.expose().to_owned();
        assert_eq!(value(of(Some("echo abc"), None).token().await.unwrap()), "abc");
        let json = r#"echo '{"access_token":"x.y.z","expires_in":600}'"#;
        assert_eq!(value(of(Some(json), None).token().await.unwrap()), "x.y.z");
        let error = of(Some("exit 3"), None).token().await.unwrap_err().to_string();
        assert!(error.contains("exit status: 3"), "{error}");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "tok\n").unwrap();
        let endpoint = format!("file://{}", file.path().display());
        assert_eq!(value(of(None, Some(endpoint)).token().await.unwrap()), "tok");
    }
}
