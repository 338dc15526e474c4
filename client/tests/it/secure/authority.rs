//! Certificates made on the spot.

use std::io::Write;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;

/// An authority.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key.
pub struct Leaf {
    pub certificate: CertificateDer<'static>,
    pub pem: String,
    pub key: KeyPair,
}

fn named(name: &str, hosts: &[&str]) -> CertificateParams {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = named(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    /// The authority's certificate as PEM.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// The authority's certificate in a file.
    pub fn file(&self) -> tempfile::NamedTempFile {
        file(&self.pem())
    }

    pub fn issue(&self, name: &str, hosts: &[&str]) -> Leaf {
        self.sign(named(name, hosts))
    }

    pub fn issue_expired(&self, name: &str, hosts: &[&str]) -> Leaf {
        let mut params = named(name, hosts);
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 2, 3);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Leaf { certificate: certificate.der().clone(), pem: certificate.pem(), key }
    }
}

/// A certificate that nobody else signed.
pub fn self_signed(name: &str, hosts: &[&str]) -> Leaf {
    let key = KeyPair::generate().unwrap();
    let certificate = named(name, hosts).self_signed(&key).unwrap();
    Leaf { certificate: certificate.der().clone(), pem: certificate.pem(), key }
}

impl Leaf {
    /// A server with this certificate; with an authority it wants clients to show one of its certificates.
    pub fn server(&self, clients: Option<&CertificateDer<'static>>) -> Arc<ServerConfig> {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = rustls::RootCertStore::empty();
                roots.add(authority.clone()).unwrap();
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
                builder.with_client_cert_verifier(verifier)
            }
        };
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der());
        Arc::new(builder.with_single_cert(vec![self.certificate.clone()], key.into()).unwrap())
    }
}

impl Authority {
    pub fn der(&self) -> CertificateDer<'static> {
        self.issuer.der().clone()
    }
}

pub fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}
