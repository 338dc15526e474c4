//! Why a connection could not be secured: which step failed, on what, and what can be done.

/// A step of TLS or SASL that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecurityError {
    /// The other side does not answer in TLS.
    #[error("TLS: it does not answer in TLS ({reason})")]
    NoTls {
        /// What came instead.
        reason: String,
    },
    /// The other side wants TLS and we spoke in the clear.
    #[error("it answers in TLS, and security.protocol is {protocol}")]
    WantsTls {
        /// What we spoke.
        protocol: &'static str,
    },
    /// Nobody we trust vouches for the broker's certificate.
    #[error(
        "TLS: the broker's certificate \"{subject}\" is issued by \"{issuer}\", which {trust} does not hold"
    )]
    UnknownAuthority {
        /// Who the certificate is for.
        subject: String,
        /// Who made the last certificate of the chain that was shown.
        issuer: String,
        /// Where we looked.
        trust: String,
    },
    /// A certificate of the broker's chain is not valid now.
    #[error("TLS: certificate \"{subject}\" of the broker {what}")]
    Expired {
        /// Whose certificate.
        subject: String,
        /// `expired on DATE` or `is not valid before DATE`.
        what: String,
    },
    /// The broker's certificate is for another host.
    #[error("TLS: the broker's certificate is not for \"{wanted}\" but for {}", names.join(", "))]
    WrongHost {
        /// The host that was called.
        wanted: String,
        /// What the certificate names.
        names: Vec<String>,
    },
    /// The broker did not take our certificate.
    #[error("TLS: the broker refused {certificate}: {alert}")]
    CertificateRefused {
        /// Our certificate in words, or that there was none.
        certificate: String,
        /// The alert in words.
        alert: String,
    },
    /// TLS failed in another way.
    #[error("TLS: {reason}")]
    Tls {
        /// Why.
        reason: String,
    },
    /// The broker does not offer the mechanism.
    #[error("SASL: the broker does not offer {wanted}; it offers {}", listed(offered))]
    Mechanism {
        /// The mechanism asked for.
        wanted: &'static str,
        /// What it offers.
        offered: Vec<String>,
    },
    /// The listener does no SASL.
    #[error("SASL: this listener does not authenticate by SASL")]
    NoSasl,
    /// The broker closed the connection instead of answering, as it does when SASL is missing.
    #[error("the broker closed the connection on the first request that needs authentication")]
    WantsSasl,
    /// The broker did not believe us.
    #[error("SASL {mechanism}: authentication failed: {said}")]
    Denied {
        /// The mechanism.
        mechanism: &'static str,
        /// What the broker said.
        said: String,
    },
    /// The broker broke the rules of the mechanism, or is not who it should be.
    #[error("SASL {mechanism}: {reason}")]
    Broken {
        /// The mechanism.
        mechanism: &'static str,
        /// Which rule.
        reason: String,
    },
    /// There is no token to show.
    #[error("OAUTHBEARER: cannot get a token from {source_of}: {reason}")]
    Token {
        /// The endpoint, file or command.
        source_of: String,
        /// Why.
        reason: String,
    },
    /// A step took too long.
    #[error("{step} was not done within {after:?}")]
    TooSlow {
        /// The step.
        step: &'static str,
        /// How long was waited.
        after: std::time::Duration,
    },
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

impl SecurityError {
    /// Whether the cluster did not accept who we are.
    pub fn is_denial(&self) -> bool {
        matches!(
            self,
            Self::CertificateRefused { .. }
                | Self::Mechanism { .. }
                | Self::WantsSasl
                | Self::NoSasl
                | Self::Denied { .. }
                | Self::Token { .. }
        )
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoTls { .. } => {
                "this looks like a PLAINTEXT or SASL_PLAINTEXT listener: set security.protocol to what it speaks, or name the TLS listener"
            }
            Self::WantsTls { .. } => "set security.protocol to SSL or SASL_SSL",
            Self::UnknownAuthority { .. } => {
                "name a file with that authority: ssl.truststore.location=FILE (PEM, PKCS12 or JKS)"
            }
            Self::Expired { .. } => {
                "the broker needs a new certificate; check the clock of this machine, too"
            }
            Self::WrongHost { .. } => {
                "call the broker by a name of its certificate, or set ssl.endpoint.identification.algorithm to nothing if you trust the way there"
            }
            Self::CertificateRefused { .. } => {
                "the broker authenticates clients by TLS: check ssl.keystore.location and that its trust store holds who issued our certificate"
            }
            Self::Mechanism { .. } => "set sasl.mechanism to one that the broker offers",
            Self::NoSasl => "set security.protocol to PLAINTEXT or SSL, or name a SASL listener",
            Self::WantsSasl => {
                "this looks like a SASL listener: set security.protocol to SASL_SSL or SASL_PLAINTEXT, with sasl.mechanism and credentials"
            }
            Self::Denied { .. } => {
                "check user and password (sasl.username, sasl.jaas.config), and that the user exists for this mechanism"
            }
            Self::Broken { .. } => "this may not be the broker it should be",
            Self::Token { .. } => "check sasl.oauthbearer.token.endpoint.url, client id and secret",
            Self::Tls { .. } | Self::TooSlow { .. } => return None,
        })
    }
}
