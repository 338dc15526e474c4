//! Stores of certificates and keys: PEM, PKCS12 and JKS, told apart by their first bytes.
//!
//! Whatever cannot be used is said with the file, the property and, where there are several, the entry.

use std::path::Path;

use p12_keystore::Pkcs12Archive;
use rustls_pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
};

use super::certificate::CertificateView;
use super::{jks, pem};
use crate::connection::prepared::PrepareError;
use crate::options::Secret;
use crate::options::security::{Material, Place, TlsOptions};

/// Our certificate with its chain, and the key.
pub struct Identity {
    /// Our certificate first.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key.
    pub key: PrivateKeyDer<'static>,
    /// Where they came from, in words.
    pub place: String,
}

/// A file larger than this is no store of certificates.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Reads the authorities of a trust store.
pub fn authorities(
    material: &Material,
    password: Option<&Secret>,
) -> Result<Vec<CertificateDer<'static>>, PrepareError> {
    let failed = |reason: String| PrepareError::Store { place: material.describe(), reason };
    let found = match &material.place {
        Place::File(dir) if dir.is_dir() => directory(dir).map_err(failed)?,
        _ => contents(material, password)?.certificates().map_err(failed)?,
    };
    if found.is_empty() {
        return Err(failed("it holds no certificates".to_owned()));
    }
    Ok(found)
}

/// A directory as OpenSSL's `CApath`: each PEM file in it.
fn directory(dir: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(dir).map_err(|error| error.to_string())?;
    for entry in entries.flatten() {
        let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
        found.extend(pem_certificates(&text).map_err(|why| format!("{}: {why}", entry.path().display()))?);
    }
    Ok(found)
}

/// Reads our key and certificate; `None` when there is none to show.
pub fn identity(options: &TlsOptions) -> Result<Option<Identity>, PrepareError> {
    let Some(key_material) = &options.key else {
        return match &options.certificate {
            Some(certificate) => Err(PrepareError::Store {
                place: certificate.describe(),
                reason: "there is a certificate and no key (ssl.key.location or ssl.keystore.key)".to_owned(),
            }),
            None => Ok(None),
        };
    };
    let place = key_material.describe();
    let failed = |reason: String| PrepareError::Store { place: place.clone(), reason };
    let store_password = options.key_store_password.as_ref();
    let key_password = options.key_password.as_ref().or(store_password);
    let contents = contents(key_material, store_password)?;
    let (mut chain, key) = contents.key(key_password).map_err(failed)?;
    if let Some(certificate) = &options.certificate {
        chain = authorities(certificate, None)?;
    }
    if chain.is_empty() {
        return Err(failed("it holds a key and no certificate".to_owned()));
    }
    Ok(Some(Identity { chain, key, place }))
}

/// PKCS12 and bare certificates begin with it.
const DER_SEQUENCE: u8 = 0x30;

/// What is in a store, before a key of it is decrypted.
enum Contents {
    Pem(String),
    Certificate(CertificateDer<'static>),
    Pkcs12(Box<Pkcs12Archive>),
    Jks(Vec<jks::Entry>),
}

type ChainAndKey = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn contents(material: &Material, password: Option<&Secret>) -> Result<Contents, PrepareError> {
    let failed = |reason: String| PrepareError::Store { place: material.describe(), reason };
    let file = match &material.place {
        Place::Text(text) => return Ok(Contents::Pem(text.expose().to_owned())),
        Place::File(file) => file,
    };
    let size = std::fs::metadata(file).map_err(|error| failed(error.to_string()))?.len();
    if size > MAX_BYTES {
        return Err(failed("it is too large for a store of certificates".to_owned()));
    }
    let data = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
    parse(data, password.map(Secret::expose)).map_err(failed)
}

fn parse(data: Vec<u8>, password: Option<&str>) -> Result<Contents, String> {
    if data.starts_with(&jks::MAGIC) {
        return Ok(Contents::Jks(jks::read(&data, password)?));
    }
    if data.first() == Some(&DER_SEQUENCE) {
        let certificate = CertificateDer::from(data.as_slice());
        if CertificateView::of(&certificate).is_some() {
            return Ok(Contents::Certificate(certificate.into_owned()));
        }
        let archive = Pkcs12Archive::from_pkcs12(&data, password.unwrap_or_default());
        return archive
            .map(|archive| Contents::Pkcs12(Box::new(archive)))
            .map_err(|error| pkcs12(&error, password));
    }
    let text = String::from_utf8(data).map_err(|_| "it is neither PEM nor PKCS12 nor JKS".to_owned())?;
    if text.contains("-----BEGIN ") {
        Ok(Contents::Pem(text))
    } else {
        Err("it is neither PEM nor PKCS12 nor JKS".to_owned())
    }
}

fn pkcs12(error: &p12_keystore::error::Error, password: Option<&str>) -> String {
    use p12_keystore::error::Error;
    match (error, password) {
        (Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_), None) => {
            "it needs a password (ssl.truststore.password or ssl.keystore.password)".to_owned()
        }
        (Error::MacError(_) | Error::UnpadError | Error::Pkcs5Error(_), Some(_)) => {
            "the password is wrong, or the file is damaged".to_owned()
        }
        (other, _) => format!("it is no PKCS12 store that can be read: {other}"),
    }
}

impl Contents {
    fn certificates(self) -> Result<Vec<CertificateDer<'static>>, String> {
        Ok(match self {
            Self::Pem(text) => pem_certificates(&text)?,
            Self::Certificate(certificate) => vec![certificate],
            Self::Pkcs12(archive) => {
                archive.certs.iter().map(|bag| bag.cert.as_der().to_vec().into()).collect()
            }
            Self::Jks(entries) => {
                let certificate = |entry| match entry {
                    jks::Entry::Certificate(der) => Some(CertificateDer::from(der)),
                    jks::Entry::Key { .. } => None,
                };
                entries.into_iter().filter_map(certificate).collect()
            }
        })
    }

    fn key(self, password: Option<&Secret>) -> Result<ChainAndKey, String> {
        match self {
            Self::Pem(text) => Ok((pem_certificates(&text)?, pem_key(&text, password)?)),
            Self::Certificate(_) => Err("it is a certificate without a key".to_owned()),
            Self::Pkcs12(archive) => pkcs12_key(&archive),
            Self::Jks(entries) => {
                let mut keys = entries.into_iter().filter_map(|entry| match entry {
                    jks::Entry::Key { alias, encrypted, chain } => Some((alias, encrypted, chain)),
                    jks::Entry::Certificate(_) => None,
                });
                let (alias, encrypted, chain) = keys.next().ok_or("it holds no key")?;
                let password = password.ok_or("it needs a password (ssl.keystore.password)")?;
                let key = jks::decrypt(&encrypted, password.expose())
                    .map_err(|why| format!("entry \"{alias}\": {why}"))?;
                let chain = chain.into_iter().map(CertificateDer::from).collect();
                Ok((chain, PrivatePkcs8KeyDer::from(key).into()))
            }
        }
    }
}

/// The first key and its certificate, followed by those that issued it.
fn pkcs12_key(archive: &Pkcs12Archive) -> Result<ChainAndKey, String> {
    let key = archive.keys.first().ok_or("it holds no key")?;
    let alias = key.friendly_name.as_deref().unwrap_or("without a name");
    let id = key.local_key_id.as_ref().map(|id| id.0.as_slice());
    let own = archive.certs.iter().find(|bag| bag.local_key_id.as_deref() == id && id.is_some());
    let mut link =
        own.or(archive.certs.first()).ok_or_else(|| format!("key \"{alias}\" has no certificate"))?;
    let mut chain = vec![link];
    while let Some(issuer) = archive.certs.iter().find(|bag| bag.cert.subject() == link.cert.issuer()) {
        // A root issues itself; bags may form a ring.
        if chain.iter().any(|seen| seen.cert == issuer.cert) {
            break;
        }
        chain.push(issuer);
        link = issuer;
    }
    let chain = chain.iter().map(|bag| bag.cert.as_der().to_vec().into()).collect();
    Ok((chain, PrivatePkcs8KeyDer::from(key.key.as_der().to_vec()).into()))
}

fn pem_certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let is_certificate =
        |label: &str| matches!(label, "CERTIFICATE" | "TRUSTED CERTIFICATE" | "X509 CERTIFICATE");
    let sections = pem::sections(text)?;
    Ok(sections
        .into_iter()
        .filter(|s| is_certificate(&s.label))
        .map(|s| CertificateDer::from(s.der))
        .collect())
}

fn pem_key(text: &str, password: Option<&Secret>) -> Result<PrivateKeyDer<'static>, String> {
    let sections = pem::sections(text)?;
    let section = sections.into_iter().find(|section| section.label.ends_with("PRIVATE KEY"));
    let section = section.ok_or("it holds no private key")?;
    if section.is_old_encryption {
        return Err(
            "the key is encrypted in the old way of OpenSSL; `openssl pkcs8 -topk8` makes it readable".into(),
        );
    }
    match section.label.as_str() {
        "PRIVATE KEY" => Ok(PrivatePkcs8KeyDer::from(section.der).into()),
        "RSA PRIVATE KEY" => Ok(PrivatePkcs1KeyDer::from(section.der).into()),
        "EC PRIVATE KEY" => Ok(PrivateSec1KeyDer::from(section.der).into()),
        "ENCRYPTED PRIVATE KEY" => {
            let password = password.ok_or("the key is encrypted and ssl.key.password is not set")?;
            let info = pkcs8::EncryptedPrivateKeyInfoRef::try_from(section.der.as_slice())
                .map_err(|_| "the key is encrypted in a way that cannot be read (PBES2 is wanted)")?;
            let plain = info
                .decrypt(password.expose())
                .map_err(|_| "ssl.key.password is wrong, or the key is damaged")?;
            Ok(PrivatePkcs8KeyDer::from(plain.as_bytes().to_vec()).into())
        }
        other => Err(format!("it holds a key of a kind that cannot be used: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn material(file: &str) -> Material {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/stores").join(file);
        Material { property: "ssl.x", place: Place::File(file) }
    }

    fn secret(text: &str) -> Option<Secret> {
        Some(Secret::new(text))
    }

    fn own(file: &str, store_password: Option<&str>, key_password: Option<&str>) -> Result<Identity, String> {
        let options = TlsOptions {
            key: Some(material(file)),
            key_store_password: store_password.map(Secret::new),
            key_password: key_password.map(Secret::new),
            ..TlsOptions::default()
        };
        let dir = format!("{}/testdata/stores/", env!("CARGO_MANIFEST_DIR"));
        let identity = identity(&options).map_err(|error| error.to_string().replace(&dir, ""))?;
        Ok(identity.expect("a key was named"))
    }

    #[test]
    fn authorities_are_the_same_in_every_form() {
        let pem = authorities(&material("ca.pem"), None).unwrap();
        assert_eq!(pem.len(), 1);
        for (file, password) in [
            ("trust.p12", secret("changeit")),
            ("trust.jks", secret("changeit")),
            // Java reads a JKS trust store without its password, too.
            ("trust.jks", None),
        ] {
            assert_eq!(authorities(&material(file), password.as_ref()).unwrap(), pem, "{file}");
        }
        let der = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(der.path(), &pem[0]).unwrap();
        let der = Material { property: "ssl.x", place: Place::File(der.path().to_path_buf()) };
        assert_eq!(authorities(&der, None).unwrap(), pem);
    }

    #[test]
    fn key_and_chain_are_found_in_every_form() {
        let pem = own("client.pem", None, None).unwrap();
        for (file, store, key) in [
            ("client.p12", Some("changeit"), None),
            ("openssl.p12", Some("changeit"), None),
            ("client.jks", Some("changeit"), None),
            ("client-key.jks", Some("changeit"), Some("keypass1")),
            ("client-encrypted.pem", None, Some("changeit")),
        ] {
            let identity = own(file, store, key).unwrap();
            assert_eq!(identity.chain[0], pem.chain[0], "{file}");
            let provider = rustls::crypto::ring::default_provider();
            let signing = provider.key_provider.load_private_key(identity.key).unwrap();
            assert!(rustls::sign::CertifiedKey::new(identity.chain, signing).keys_match().is_ok(), "{file}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_store_is_said_with_its_name() {
        for (file, store, key, said) in [
            ("client.p12", Some("x"), None, "the password is wrong, or the file is damaged"),
            (
                "client.p12",
                None,
                None,
                "it needs a password (ssl.truststore.password or ssl.keystore.password)",
            ),
            ("client.jks", Some("x"), None, "the password is wrong, or the file is damaged"),
            ("client.jks", None, None, "it needs a password (ssl.keystore.password)"),
            (
                "client-key.jks",
                Some("changeit"),
                None,
                "entry \"kr-client\": the password of the key is wrong",
            ),
            ("client-encrypted.pem", None, None, "the key is encrypted and ssl.key.password is not set"),
            ("client-encrypted.pem", None, Some("x"), "ssl.key.password is wrong, or the key is damaged"),
            ("ca.pem", None, None, "it holds no private key"),
            ("trust.jks", Some("changeit"), None, "it holds no key"),
            ("trust.p12", Some("changeit"), None, "it holds no key"),
            ("missing.pem", None, None, "No such file or directory (os error 2)"),
            ("README.md", None, None, "it is neither PEM nor PKCS12 nor JKS"),
        ] {
            let error = own(file, store, key).err().unwrap();
            assert_eq!(error, format!("cannot use {file} (ssl.x): {said}"));
        }
    }

    #[test]
    fn cut_stores_are_refused_without_a_panic() {
        for file in ["client.p12", "client.jks", "openssl.p12", "trust.jks"] {
            let Place::File(path) = material(file).place else { continue };
            let data = std::fs::read(path).unwrap();
            for length in 0..data.len() {
                assert!(parse(data[..length].to_vec(), Some("changeit")).is_err(), "{file} cut at {length}");
            }
        }
    }
}
