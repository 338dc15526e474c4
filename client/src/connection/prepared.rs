//! What all connections of a client share of their security: stores that were read, keys that were checked,
//! the mechanism with its credentials. Made once, when the first connection needs it.

use crate::options::Security;

use super::sasl::Mechanism;
use super::tls::Tls;

/// Security ready for use.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Without it the connection is in the clear.
    pub(super) tls: Option<Tls>,
    /// Without it nobody says who we are.
    pub(super) mechanism: Option<Mechanism>,
}

/// Why security cannot be made ready: the configuration or a file is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// Certificates or a key that cannot be used.
    #[error("cannot use {place}: {reason}")]
    Store {
        /// File and property.
        place: String,
        /// Why: says entry, alias or certificate where there are several.
        reason: String,
    },
    /// A mechanism that is not built in.
    #[error("sasl.mechanism {named} is not built in: there are {}", super::sasl::BUILT_IN)]
    Mechanism {
        /// The mechanism asked for.
        named: String,
    },
    /// A property that the others make necessary.
    #[error("{wanted} is missing: {reason}")]
    Missing {
        /// The property or properties.
        wanted: &'static str,
        /// What needs it.
        reason: &'static str,
    },
}

impl PrepareError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Mechanism { named } if named == "GSSAPI" => Some(
                "GSSAPI is what Java uses when sasl.mechanism is not set; a listener with SCRAM or OAUTHBEARER can be used",
            ),
            Self::Mechanism { named } if named == "AWS_MSK_IAM" => {
                Some("MSK also offers SCRAM-SHA-512 and mutual TLS, on ports of their own")
            }
            _ => None,
        }
    }
}

/// Makes security ready, or gives what was made before.
pub fn prepared(security: &Security) -> Result<&Prepared, PrepareError> {
    if let Some(prepared) = security.prepared().get() {
        return Ok(prepared);
    }
    let protocol = security.protocol();
    let tls = protocol.is_tls().then(|| Tls::prepare(security.tls())).transpose()?;
    let mechanism = protocol.is_sasl().then(|| Mechanism::of(security.sasl())).transpose()?;
    Ok(security.prepared().get_or_init(|| Prepared { tls, mechanism }))
}
