//! What a certificate says, as far as people need it: for messages and for the doctor.

use rustls_pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::time::ASN1Time;

/// A certificate in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateView {
    /// Who it is for.
    pub subject: String,
    /// Who made it.
    pub issuer: String,
    /// Hosts it is for: DNS names and addresses of the subject alternative name.
    pub names: Vec<String>,
    /// First day of validity, `YYYY-MM-DD`, UTC.
    pub valid_from: String,
    /// Last day of validity.
    pub valid_until: String,
    /// Begin and end of validity in seconds since 1970.
    pub validity: (i64, i64),
    /// Whether it may sign others.
    pub is_authority: bool,
}

impl CertificateView {
    /// Reads a certificate; `None` if it is none.
    pub fn of(der: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let validity = certificate.validity();
        let names = certificate.subject_alternative_name().ok().flatten();
        let names =
            names.map_or(Vec::new(), |names| names.value.general_names.iter().filter_map(host).collect());
        Some(Self {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            names,
            valid_from: day(&validity.not_before),
            valid_until: day(&validity.not_after),
            validity: (validity.not_before.timestamp(), validity.not_after.timestamp()),
            is_authority: certificate.is_ca(),
        })
    }

    /// Why it is not valid at a time (seconds since 1970); `None` when it is.
    pub fn invalid_at(&self, now: i64) -> Option<String> {
        if now < self.validity.0 {
            Some(format!("is not valid before {}", self.valid_from))
        } else if now > self.validity.1 {
            Some(format!("expired on {}", self.valid_until))
        } else {
            None
        }
    }
}

fn host(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|octets| std::net::Ipv4Addr::from(octets).to_string()),
            16 => {
                <[u8; 16]>::try_from(*bytes).ok().map(|octets| std::net::Ipv6Addr::from(octets).to_string())
            }
            _ => None,
        },
        _ => None,
    }
}

fn day(time: &ASN1Time) -> String {
    time.to_datetime().date().to_string()
}
