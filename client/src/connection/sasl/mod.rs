//! SASL: who we are and how it is proven, one exchange of tokens after another.
//!
//! A mechanism is pure: it is given what the broker sent and says what to send next. Frames are written and
//! read in [`super::opening`]. GSSAPI and what needs a cloud's signature are not built in.

pub mod oauth;
pub mod scram;

use std::sync::Arc;

use super::failure::SecurityError;
use super::prepared::PrepareError;
use crate::options::Secret;
use crate::options::security::SaslOptions;
use oauth::TokenSource;
use scram::{Hash, Scram};

/// What is built in, in words.
pub const BUILT_IN: &str = "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER";

/// A mechanism with its credentials.
#[derive(Clone, Debug)]
pub enum Mechanism {
    /// RFC 4616.
    Plain(Credentials),
    /// RFC 5802 and RFC 7677.
    Scram(Hash, Credentials),
    /// RFC 7628.
    OauthBearer(Arc<TokenSource>),
}

/// User and password, or id and HMAC of a delegation token.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// Whether it is a delegation token (KIP-48).
    pub is_delegation_token: bool,
}

impl Mechanism {
    /// The mechanism the properties ask for, with what it needs.
    pub fn of(options: &SaslOptions) -> Result<Self, PrepareError> {
        let Some(named) = &options.mechanism else {
            // Java's default. Saying nothing of it would look like a wrong password.
            return Err(PrepareError::Missing {
                wanted: "sasl.mechanism",
                reason: "security.protocol asks for SASL, and Java's default GSSAPI is not built in",
            });
        };
        match named.to_ascii_uppercase().as_str() {
            "PLAIN" => Ok(Self::Plain(credentials(options)?)),
            "SCRAM-SHA-256" => Ok(Self::Scram(Hash::Sha256, credentials(options)?)),
            "SCRAM-SHA-512" => Ok(Self::Scram(Hash::Sha512, credentials(options)?)),
            "OAUTHBEARER" => Ok(Self::OauthBearer(Arc::new(TokenSource::of(&options.oauth)?))),
            _ => Err(PrepareError::Mechanism { named: named.clone() }),
        }
    }

    /// Its registered name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Plain(_) => "PLAIN",
            Self::Scram(hash, _) => hash.mechanism(),
            Self::OauthBearer(_) => "OAUTHBEARER",
        }
    }
}

fn credentials(options: &SaslOptions) -> Result<Credentials, PrepareError> {
    let missing = |wanted| PrepareError::Missing { wanted, reason: "the SASL mechanism needs it" };
    Ok(Credentials {
        username: options.username.clone().ok_or_else(|| missing("sasl.username (or sasl.jaas.config)"))?,
        password: options.password.clone().ok_or_else(|| missing("sasl.password (or sasl.jaas.config)"))?,
        is_delegation_token: options.is_delegation_token,
    })
}

/// What a client says next.
pub enum Step {
    /// These bytes; the broker answers.
    Send(Vec<u8>),
    /// Nothing: the broker is satisfied, and so are we.
    Done,
}

/// One authentication under way.
pub enum Exchange {
    /// One message.
    Plain(Option<Vec<u8>>),
    /// Three messages.
    Scram(Box<Scram>),
    /// One message, and a second when the first was refused.
    OauthBearer(oauth::Exchange),
}

impl Exchange {
    /// The next message after what the broker sent (nothing at the beginning).
    pub async fn next(&mut self, received: &[u8]) -> Result<Step, SecurityError> {
        match self {
            Self::Plain(message) => Ok(message.take().map_or(Step::Done, Step::Send)),
            Self::Scram(scram) => scram.next(received).await,
            Self::OauthBearer(exchange) => exchange.next(received),
        }
    }
}

/// The message of PLAIN: no authorisation id, user, password, each after a zero byte.
pub fn plain(credentials: &Credentials) -> Vec<u8> {
    format!("\0{}\0{}", credentials.username, credentials.password.expose()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(mechanism: Option<&str>) -> SaslOptions {
        SaslOptions { mechanism: mechanism.map(str::to_owned), ..SaslOptions::default() }
    }

    #[test]
    fn what_is_not_built_in_is_refused_and_what_is_named() {
        for named in ["GSSAPI", "AWS_MSK_IAM", "DIGEST-MD5"] {
            let error = Mechanism::of(&options(Some(named))).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("sasl.mechanism {named} is not built in: there are {BUILT_IN}")
            );
        }
        let error = Mechanism::of(&options(None)).unwrap_err().to_string();
        assert!(error.starts_with("sasl.mechanism is missing"), "{error}");
    }

    #[test]
    fn missing_credentials_are_named() {
        let mut options = options(Some("scram-sha-256"));
        let said = |options: &SaslOptions| Mechanism::of(options).unwrap_err().to_string();
        assert!(said(&options).starts_with("sasl.username"), "{}", said(&options));
        options.username = Some("x".to_owned());
        assert!(said(&options).starts_with("sasl.password"), "{}", said(&options));
    }

    #[test]
    fn plain_is_laid_out_as_rfc_4616_says() {
        let password = Secret::new("y");
        let credentials = Credentials { username: "x".into(), password, is_delegation_token: false };
        assert_eq!(plain(&credentials), b"\0x\0y");
    }
}
