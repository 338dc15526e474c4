//! TLS to a broker or a token endpoint: stores are read once, errors say which certificate and why.
//!
//! No revocation lists, no OCSP, no TLS below 1.2.

pub mod certificate;
mod jks;
mod pem;
mod store;
mod verify;

use std::io;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{AlertDescription, ClientConfig, SupportedCipherSuite, SupportedProtocolVersion};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::failure::SecurityError;
use super::prepared::PrepareError;
use crate::options::security::{Material, TlsOptions};
use certificate::CertificateView;
use verify::Checker;

/// TLS ready for use; cheap to clone.
#[derive(Clone, Debug)]
pub struct Tls {
    config: Arc<ClientConfig>,
    /// Our certificate and where it came from, in words.
    identity: Option<Arc<str>>,
}

impl Tls {
    /// Reads the stores and checks that they can be used.
    pub fn prepare(options: &TlsOptions) -> Result<Self, PrepareError> {
        let provider = Arc::new(provider(&options.cipher_suites)?);
        let checker = checker(options, &provider)?;
        let versions = versions(&options.versions);
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(&versions);
        let unusable = |error: rustls::Error| PrepareError::Store {
            place: "ssl.cipher.suites".to_owned(),
            reason: error.to_string(),
        };
        let builder =
            builder.map_err(unusable)?.dangerous().with_custom_certificate_verifier(Arc::new(checker));
        let Some(identity) = store::identity(options)? else {
            return Ok(Self { config: Arc::new(builder.with_no_client_auth()), identity: None });
        };
        let words = describe(&identity.chain, &identity.place);
        let place = identity.place;
        let config = builder.with_client_auth_cert(identity.chain, identity.key).map_err(|error| {
            let reason = match error {
                rustls::Error::InconsistentKeys(_) => "the key is not that of the certificate".to_owned(),
                other => format!("the key cannot be used: {other}"),
            };
            PrepareError::Store { place, reason }
        })?;
        Ok(Self { config: Arc::new(config), identity: Some(words.into()) })
    }

    /// TLS as browsers do it, for a token endpoint.
    pub fn for_endpoint(trust: Option<&Material>) -> Result<Self, PrepareError> {
        Self::prepare(&TlsOptions { trust: trust.cloned(), ..TlsOptions::default() })
    }

    /// Speaks TLS over a connection.
    pub async fn connect(
        &self,
        stream: TcpStream,
        host: &str,
    ) -> Result<TlsStream<TcpStream>, SecurityError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| SecurityError::Tls {
            reason: format!("\"{host}\" is no name that a certificate can have"),
        })?;
        let connected = TlsConnector::from(Arc::clone(&self.config)).connect(name, stream).await;
        connected.map_err(|error| self.explain(&error, true))
    }

    /// Says what an error of a TLS stream means, during the handshake or later.
    pub fn explain(&self, error: &io::Error, during_handshake: bool) -> SecurityError {
        let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
            let closed =
                matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset);
            return if during_handshake && closed {
                SecurityError::NoTls { reason: "it closed the connection when TLS began".to_owned() }
            } else {
                SecurityError::Tls { reason: error.to_string() }
            };
        };
        if let Some(explained) = verify::explained(tls) {
            return explained;
        }
        match tls {
            rustls::Error::InvalidMessage(what) if during_handshake => {
                SecurityError::NoTls { reason: format!("it sent something else: {what:?}") }
            }
            rustls::Error::AlertReceived(alert) if is_about_our_certificate(*alert) => {
                let (certificate, alert) = match &self.identity {
                    Some(identity) => (format!("our certificate {identity}"), words(*alert)),
                    // Brokers in Java call it a bad certificate that there is none.
                    None => (
                        "a client without a certificate (ssl.keystore.location is not set)".to_owned(),
                        "it wants one".to_owned(),
                    ),
                };
                SecurityError::CertificateRefused { certificate, alert }
            }
            rustls::Error::AlertReceived(alert) => {
                SecurityError::Tls { reason: format!("the broker refused: {}", words(*alert)) }
            }
            other => SecurityError::Tls { reason: other.to_string() },
        }
    }
}

/// Facts of a TLS connection, for the doctor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsView {
    /// `TLSv1.3`.
    pub version: String,
    /// IANA name of the cipher suite.
    pub cipher_suite: String,
    /// The broker's certificates as shown, its own first.
    pub chain: Vec<CertificateView>,
}

/// Looks at a TLS connection.
pub fn view(stream: &TlsStream<TcpStream>) -> TlsView {
    let (_, session) = stream.get_ref();
    let version = session.protocol_version().and_then(|version| version.as_str().map(str::to_owned));
    let suite = session.negotiated_cipher_suite();
    TlsView {
        version: version.unwrap_or_default().replace("TLSv1_", "TLSv1."),
        cipher_suite: suite.map(|suite| format!("{:?}", suite.suite())).unwrap_or_default(),
        chain: session
            .peer_certificates()
            .unwrap_or_default()
            .iter()
            .filter_map(CertificateView::of)
            .collect(),
    }
}

fn describe(chain: &[CertificateDer<'static>], place: &str) -> String {
    let view = chain.first().and_then(CertificateView::of);
    view.map_or_else(
        || format!("of {place}"),
        |view| format!("\"{}\" of {place}, valid until {}", view.subject, view.valid_until),
    )
}

fn checker(options: &TlsOptions, provider: &Arc<CryptoProvider>) -> Result<Checker, PrepareError> {
    if !options.verify_certificate {
        return Ok(Checker::of_nothing(Arc::clone(provider)));
    }
    let (trusted, place) = match &options.trust {
        Some(material) => {
            (store::authorities(material, options.trust_password.as_ref())?, material.describe())
        }
        None => (of_system()?, "this system".to_owned()),
    };
    Checker::of(trusted, place.clone(), options.verify_host, Arc::clone(provider))
        .map_err(|reason| PrepareError::Store { place, reason })
}

/// The authorities this system trusts.
fn of_system() -> Result<Vec<CertificateDer<'static>>, PrepareError> {
    let found = rustls_native_certs::load_native_certs();
    if !found.certs.is_empty() {
        return Ok(found.certs);
    }
    let why = found.errors.first().map_or_else(|| "there are none".to_owned(), ToString::to_string);
    let place = "the authorities of this system".to_owned();
    Err(PrepareError::Store { place, reason: format!("{why}; set ssl.truststore.location") })
}

/// Ring, with only the cipher suites that are named, if any are. Java and OpenSSL know suites that ring does
/// not have; it is an error only when none is left.
fn provider(suites: &[String]) -> Result<CryptoProvider, PrepareError> {
    let mut provider = ring::default_provider();
    if suites.is_empty() {
        return Ok(provider);
    }
    let is_wanted = |suite: &SupportedCipherSuite| {
        let name = format!("{:?}", suite.suite()).replace("TLS13_", "TLS_");
        suites.contains(&name)
    };
    provider.cipher_suites.retain(is_wanted);
    if provider.cipher_suites.is_empty() {
        return Err(PrepareError::Store {
            place: "ssl.cipher.suites".to_owned(),
            reason: "it names no suite that is built in".to_owned(),
        });
    }
    Ok(provider)
}

fn versions(named: &[String]) -> Vec<&'static SupportedProtocolVersion> {
    let is_wanted = |name: &str| named.is_empty() || named.iter().any(|version| version == name);
    let all = [("TLSv1.3", &rustls::version::TLS13), ("TLSv1.2", &rustls::version::TLS12)];
    all.into_iter().filter(|(name, _)| is_wanted(name)).map(|(_, version)| version).collect()
}

fn is_about_our_certificate(alert: AlertDescription) -> bool {
    use AlertDescription as Alert;
    matches!(
        alert,
        Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::CertificateRequired
            | Alert::NoCertificate
            | Alert::UnknownCA
            | Alert::AccessDenied
    )
}

fn words(alert: AlertDescription) -> String {
    use AlertDescription as Alert;
    match alert {
        Alert::CertificateRequired | Alert::NoCertificate => "it wants one".to_owned(),
        Alert::UnknownCA => "it does not know who issued it".to_owned(),
        Alert::CertificateExpired => "it expired".to_owned(),
        Alert::CertificateRevoked => "it was revoked".to_owned(),
        Alert::BadCertificate | Alert::CertificateUnknown => "it does not trust it".to_owned(),
        Alert::HandshakeFailure => {
            "nothing in common (versions, cipher suites), or it wants a certificate".to_owned()
        }
        other => format!("alert {other:?}"),
    }
}
