//! How connections are secured, as it was said in properties; nothing is read from disk here.
//!
//! What is made of it (stores read, keys checked) is in [`crate::connection`], once for all connections.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::Secret;
use crate::connection::{Prepared, Token};

/// `security.protocol`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// No encryption, no authentication.
    #[default]
    Plaintext,
    /// TLS; with a certificate of our own it also authenticates.
    Ssl,
    /// SASL in the clear.
    SaslPlaintext,
    /// SASL over TLS.
    SaslSsl,
}

impl Protocol {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Plaintext, Self::Ssl, Self::SaslPlaintext, Self::SaslSsl];

    /// Kafka's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "PLAINTEXT",
            Self::Ssl => "SSL",
            Self::SaslPlaintext => "SASL_PLAINTEXT",
            Self::SaslSsl => "SASL_SSL",
        }
    }

    /// Reads Kafka's name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|protocol| protocol.name().eq_ignore_ascii_case(name.trim()))
    }

    /// Whether there is TLS below.
    pub fn is_tls(self) -> bool {
        matches!(self, Self::Ssl | Self::SaslSsl)
    }

    /// Whether there is SASL above.
    pub fn is_sasl(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where certificates or a key are, and which property said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Material {
    /// The property.
    pub property: &'static str,
    /// The place.
    pub place: Place,
}

/// Where certificates or a key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file in PEM, PKCS12 or JKS; for authorities also a directory of PEM files.
    File(PathBuf),
    /// PEM in the property itself.
    Text(Secret),
}

impl Material {
    /// The place in words: the file and the property.
    pub fn describe(&self) -> String {
        match &self.place {
            Place::File(file) => format!("{} ({})", file.display(), self.property),
            Place::Text(_) => self.property.to_owned(),
        }
    }
}

/// The properties of TLS.
#[derive(Clone, Debug)]
pub struct TlsOptions {
    /// Authorities that are trusted; those of the system without.
    pub trust: Option<Material>,
    /// `ssl.truststore.password`.
    pub trust_password: Option<Secret>,
    /// Our certificate with its chain, when it is not in the same place as the key.
    pub certificate: Option<Material>,
    /// Our key, or a store of key and certificates.
    pub key: Option<Material>,
    /// `ssl.keystore.password`.
    pub key_store_password: Option<Secret>,
    /// `ssl.key.password`.
    pub key_password: Option<Secret>,
    /// `enable.ssl.certificate.verification` (librdkafka): whether the broker's certificate is checked at all.
    pub verify_certificate: bool,
    /// `ssl.endpoint.identification.algorithm`: whether the certificate must name the host.
    pub verify_host: bool,
    /// `ssl.enabled.protocols`, empty for all: `TLSv1.2`, `TLSv1.3`.
    pub versions: Vec<String>,
    /// `ssl.cipher.suites`, empty for all, by their IANA names.
    pub cipher_suites: Vec<String>,
}

impl Default for TlsOptions {
    fn default() -> Self {
        Self {
            trust: None,
            trust_password: None,
            certificate: None,
            key: None,
            key_store_password: None,
            key_password: None,
            verify_certificate: true,
            verify_host: true,
            versions: Vec::new(),
            cipher_suites: Vec::new(),
        }
    }
}

/// The properties of SASL.
#[derive(Clone, Debug, Default)]
pub struct SaslOptions {
    /// `sasl.mechanism`.
    pub mechanism: Option<String>,
    /// Who we are.
    pub username: Option<String>,
    /// How we prove it.
    pub password: Option<Secret>,
    /// Whether username and password are id and HMAC of a delegation token (KIP-48).
    pub is_delegation_token: bool,
    /// OAUTHBEARER.
    pub oauth: OauthOptions,
}

/// The properties of SASL OAUTHBEARER (KIP-255, KIP-768).
#[derive(Clone, Debug, Default)]
pub struct OauthOptions {
    /// `sasl.oauthbearer.token.endpoint.url`: `https:`, `http:`, or `file:` for a file that holds the token.
    pub endpoint: Option<String>,
    /// Who asks the endpoint.
    pub client_id: Option<String>,
    /// How it proves it.
    pub client_secret: Option<Secret>,
    /// `sasl.oauthbearer.header.urlencode`: whether id and secret are encoded as RFC 6749 says.
    pub encode_credentials: bool,
    /// What for.
    pub scope: Option<String>,
    /// The token itself.
    pub token: Option<Secret>,
    /// A command that prints the token.
    pub command: Option<String>,
    /// The principal of an unsecured token (RFC 7515 `alg: none`), for clusters that test.
    pub unsecured_subject: Option<String>,
    /// Extensions sent along (KIP-342).
    pub extensions: Vec<(String, String)>,
    /// `https.ca.location`: authorities trusted for the endpoint; those of the system without.
    pub endpoint_trust: Option<Material>,
}

/// How connections are secured.
///
/// A change makes everything derived anew; clones that are not changed share it.
#[derive(Clone, Debug, Default)]
pub struct Security {
    protocol: Protocol,
    tls: TlsOptions,
    sasl: SaslOptions,
    prepared: Arc<OnceLock<Prepared>>,
    token: Arc<tokio::sync::Mutex<Option<Token>>>,
}

impl Security {
    /// `security.protocol`.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The properties of TLS.
    pub fn tls(&self) -> &TlsOptions {
        &self.tls
    }

    /// The properties of SASL.
    pub fn sasl(&self) -> &SaslOptions {
        &self.sasl
    }

    /// Sets `security.protocol`.
    pub fn set_protocol(&mut self, protocol: Protocol) {
        self.protocol = protocol;
        self.forget();
    }

    /// The properties of TLS, to change them.
    pub fn tls_mut(&mut self) -> &mut TlsOptions {
        self.forget();
        &mut self.tls
    }

    /// The properties of SASL, to change them.
    pub fn sasl_mut(&mut self) -> &mut SaslOptions {
        self.forget();
        &mut self.sasl
    }

    /// What was made of the properties, once made.
    pub(crate) fn prepared(&self) -> &OnceLock<Prepared> {
        &self.prepared
    }

    /// The OAUTHBEARER token of all connections, once there is one.
    pub(crate) fn token(&self) -> &tokio::sync::Mutex<Option<Token>> {
        &self.token
    }

    fn forget(&mut self) {
        self.prepared = Arc::default();
        self.token = Arc::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols_are_read_in_any_case() {
        assert_eq!(Protocol::named(" sasl_ssl"), Some(Protocol::SaslSsl));
        assert_eq!(Protocol::named("TLS"), None);
    }

    #[test]
    fn secrets_do_not_show_in_debug() {
        let mut security = Security::default();
        security.sasl_mut().password = Some(Secret::new("geheim"));
        security.sasl_mut().oauth.client_secret = Some(Secret::new("geheim"));
        security.sasl_mut().oauth.token = Some(Secret::new("geheim"));
        security.tls_mut().key_password = Some(Secret::new("geheim"));
        security.tls_mut().key =
            Some(Material { property: "ssl.keystore.key", place: Place::Text(Secret::new("geheim")) });
        assert!(!format!("{security:?}").contains("geheim"));
    }
}
