//! SCRAM credentials of users (KIP-554; Kafka 2.7 and newer). Passwords are salted here: a broker never sees one.

use std::num::NonZeroU32;

use bytes::Bytes;
use kr_wire::error_code::ErrorCode;
use kr_wire::messages::alter_user_scram_credentials_request::{
    ScramCredentialDeletion, ScramCredentialUpsertion,
};
use kr_wire::messages::describe_user_scram_credentials_request::UserName;
use kr_wire::messages::{AlterUserScramCredentialsRequest, DescribeUserScramCredentialsRequest};
use ring::pbkdf2;

use super::{checked, text, unless_moment};
use crate::Client;
use crate::error::Error;
use crate::routing::Route;

/// How a password is hashed (`ScramMechanism`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScramMechanism {
    /// SCRAM-SHA-256.
    Sha256,
    /// SCRAM-SHA-512.
    Sha512,
    /// Another number.
    Other(i8),
}

impl ScramMechanism {
    fn from_wire(number: i8) -> Self {
        match number {
            1 => Self::Sha256,
            2 => Self::Sha512,
            other => Self::Other(other),
        }
    }

    fn to_wire(self) -> i8 {
        match self {
            Self::Sha256 => 1,
            Self::Sha512 => 2,
            Self::Other(number) => number,
        }
    }

    /// Its name, as in `sasl.mechanism`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha512 => "SCRAM-SHA-512",
            Self::Other(_) => "UNKNOWN",
        }
    }

    /// Salts a password as RFC 5802 says: PBKDF2 with HMAC of the mechanism's hash. `None` for a mechanism
    /// this version does not know.
    pub fn salted(self, password: &str, salt: &[u8], iterations: NonZeroU32) -> Option<Vec<u8>> {
        let (algorithm, size) = match self {
            Self::Sha256 => (pbkdf2::PBKDF2_HMAC_SHA256, 32),
            Self::Sha512 => (pbkdf2::PBKDF2_HMAC_SHA512, 64),
            Self::Other(_) => return None,
        };
        let mut salted = vec![0; size];
        pbkdf2::derive(algorithm, iterations, salt, password.as_bytes(), &mut salted);
        Some(salted)
    }
}

/// A credential, as far as brokers tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScramCredential {
    /// How the password is hashed.
    pub mechanism: ScramMechanism,
    /// How often.
    pub iterations: i32,
}

/// A change of one user's credential.
#[derive(Clone, Debug)]
pub enum CredentialChange {
    /// Sets it.
    Set {
        /// How the password was hashed.
        mechanism: ScramMechanism,
        /// How often; brokers take 4096 to 16384.
        iterations: NonZeroU32,
        /// The salt.
        salt: Vec<u8>,
        /// What [`ScramMechanism::salted`] gave.
        salted_password: Vec<u8>,
    },
    /// Deletes it.
    Delete(ScramMechanism),
}

/// Users, each with what became of it.
pub type UserResults<T> = Vec<(String, Result<T, Error>)>;

impl Client {
    /// Credentials of users, ascending by name; of all users without names.
    pub async fn describe_users(
        &self,
        names: Option<&[String]>,
    ) -> Result<UserResults<Vec<ScramCredential>>, Error> {
        let what = "describe users";
        let wanted: Option<Vec<UserName>> =
            names.map(|names| names.iter().map(|name| UserName::default().with_name(text(name))).collect());
        let build = |_| DescribeUserScramCredentialsRequest::default().with_users(wanted.clone());
        // KRaft brokers pass changes on to the controller and may lag behind it, but ask nobody else for this.
        let answer = self
            .request(Route::Controller, what, build, |response| {
                checked(what, response.error_code, response.error_message.as_ref())
            })
            .await?;
        let results = answer.response.results.into_iter().map(|result| {
            let name = result.user.as_str().to_owned();
            let what = format!("describe user \"{name}\"");
            let mut credentials: Vec<ScramCredential> = result
                .credential_infos
                .iter()
                .map(|info| ScramCredential {
                    mechanism: ScramMechanism::from_wire(info.mechanism),
                    iterations: info.iterations,
                })
                .collect();
            credentials.sort_by_key(|credential| credential.mechanism);
            let checked = match result.error_code {
                code if code == ErrorCode::RESOURCE_NOT_FOUND.0 => {
                    Err(Error::broker(what, ErrorCode(code), Some("it has no SCRAM credential")))
                }
                code => checked(what, code, result.error_message.as_ref()),
            };
            (name, checked.map(|()| credentials))
        });
        let mut results: UserResults<Vec<ScramCredential>> = results.collect();
        results.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(results)
    }

    /// Changes credentials. All changes of one user succeed or fail together.
    pub async fn alter_users(
        &self,
        changes: &[(String, CredentialChange)],
    ) -> Result<UserResults<()>, Error> {
        let what = "change users";
        let mut request = AlterUserScramCredentialsRequest::default();
        for (name, change) in changes {
            match change {
                CredentialChange::Set { mechanism, iterations, salt, salted_password } => {
                    request.upsertions.push(
                        ScramCredentialUpsertion::default()
                            .with_name(text(name))
                            .with_mechanism(mechanism.to_wire())
                            .with_iterations(i32::try_from(iterations.get()).unwrap_or(i32::MAX))
                            .with_salt(Bytes::copy_from_slice(salt))
                            .with_salted_password(Bytes::copy_from_slice(salted_password)),
                    );
                }
                CredentialChange::Delete(mechanism) => request.deletions.push(
                    ScramCredentialDeletion::default()
                        .with_name(text(name))
                        .with_mechanism(mechanism.to_wire()),
                ),
            }
        }
        let answer = self
            .request(
                Route::Controller,
                what,
                |_| request.clone(),
                |response| unless_moment(what, response.results.iter().map(|result| result.error_code)),
            )
            .await?;
        let result = |result: kr_wire::messages::alter_user_scram_credentials_response::AlterUserScramCredentialsResult| {
            let name = result.user.as_str().to_owned();
            let outcome =
                checked(format!("change user \"{name}\""), result.error_code, result.error_message.as_ref());
            (name, outcome)
        };
        Ok(answer.response.results.into_iter().map(result).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// RFC 7677, section 3: user "user", password "pencil".
    #[test]
    fn a_password_is_salted_as_the_rfc_says() {
        let salt =
            [0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81];
        let iterations = NonZeroU32::new(4096).unwrap();
        let salted = ScramMechanism::Sha256.salted("pencil", &salt, iterations).unwrap();
        assert_eq!(hex(&salted), "c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d");
        assert_eq!(ScramMechanism::Sha512.salted("pencil", &salt, iterations).unwrap().len(), 64);
    }
}
