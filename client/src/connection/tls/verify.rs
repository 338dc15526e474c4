//! Checks the broker's certificate, and says which certificate failed and why.
//!
//! Two things differ from rustls' own check. A certificate that is itself in the trust store is taken, as Java
//! and OpenSSL do; and the name can be left unchecked while the chain is checked.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};

use super::certificate::CertificateView;
use crate::connection::failure::SecurityError;

/// What is checked.
#[derive(Debug)]
pub struct Checker {
    /// Without it, any certificate is taken.
    chain: Option<Chain>,
    check_host: bool,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
struct Chain {
    verifier: Arc<WebPkiServerVerifier>,
    trusted: Vec<CertificateDer<'static>>,
    /// Where the trusted ones came from, in words.
    place: String,
}

impl Checker {
    /// Checks chain and, if wanted, host.
    pub fn of(
        trusted: Vec<CertificateDer<'static>>,
        place: String,
        check_host: bool,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        let (taken, _) = roots.add_parsable_certificates(trusted.iter().cloned());
        if taken == 0 {
            return Err("none of its certificates can be used".to_owned());
        }
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
        let verifier = verifier.map_err(|error| error.to_string())?;
        Ok(Self { chain: Some(Chain { verifier, trusted, place }), check_host, provider })
    }

    /// Takes any certificate.
    pub fn of_nothing(provider: Arc<CryptoProvider>) -> Self {
        Self { chain: None, check_host: false, provider }
    }
}

impl ServerCertVerifier for Checker {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        let shown = Shown { end_entity, intermediates, server_name, now };
        let verified = if chain.trusted.iter().any(|trusted| trusted == end_entity) {
            shown.check_dates().and_then(|()| {
                let parsed = ParsedCertificate::try_from(end_entity)?;
                verify_server_name(&parsed, server_name).map(|()| ServerCertVerified::assertion())
            })
        } else {
            chain.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        match verified {
            // rustls looks at the name last, so that the chain is good when only the name is not.
            Err(error) if is_wrong_host(&error) && !self.check_host => Ok(ServerCertVerified::assertion()),
            Err(error) => Err(shown.explain(error, &chain.place)),
            Ok(verified) => Ok(verified),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn is_wrong_host(error: &Error) -> bool {
    let Error::InvalidCertificate(error) = error else { return false };
    matches!(error, CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })
}

/// What the broker showed.
struct Shown<'a> {
    end_entity: &'a CertificateDer<'a>,
    intermediates: &'a [CertificateDer<'a>],
    server_name: &'a ServerName<'a>,
    now: UnixTime,
}

impl Shown<'_> {
    fn views(&self) -> impl Iterator<Item = CertificateView> {
        std::iter::once(self.end_entity).chain(self.intermediates).filter_map(CertificateView::of)
    }

    /// The first certificate that is not valid now.
    fn out_of_date(&self) -> Option<SecurityError> {
        let now = i64::try_from(self.now.as_secs()).unwrap_or(i64::MAX);
        self.views().find_map(|view| {
            view.invalid_at(now).map(|what| SecurityError::Expired { subject: view.subject, what })
        })
    }

    fn check_dates(&self) -> Result<(), Error> {
        match self.out_of_date() {
            Some(_) => Err(Error::InvalidCertificate(CertificateError::Expired)),
            None => Ok(()),
        }
    }

    /// Puts the failure into words that name certificates.
    fn explain(&self, error: Error, place: &str) -> Error {
        let leaf = self.views().next();
        let subject = leaf.as_ref().map_or("?", |leaf| leaf.subject.as_str()).to_owned();
        let unusable = format!("the broker's certificate \"{subject}\" cannot be used: {error}");
        let explained = match &error {
            error if is_wrong_host(error) => {
                let mut names = leaf.map_or(Vec::new(), |leaf| leaf.names);
                if names.is_empty() {
                    names.push("no host (it has no subject alternative name)".to_owned());
                }
                Some(SecurityError::WrongHost { wanted: self.server_name.to_str().into_owned(), names })
            }
            Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
                let issuer = self.views().last().map_or_else(|| "?".to_owned(), |last| last.issuer);
                Some(SecurityError::UnknownAuthority { subject, issuer, trust: place.to_owned() })
            }
            Error::InvalidCertificate(_) => self.out_of_date(),
            _ => None,
        };
        let explained = explained.unwrap_or(SecurityError::Tls { reason: unusable });
        Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(explained))))
    }
}

/// Takes our own words out of an error of rustls again.
pub fn explained(error: &Error) -> Option<SecurityError> {
    let Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) = error else { return None };
    inner.downcast_ref::<SecurityError>().cloned()
}
