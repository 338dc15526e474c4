//! SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802, RFC 7677), with both sides proven to each other.
//!
//! ```text
//! n,,n=user,r=NONCE[,tokenauth=true]          ->
//!                        <-  r=NONCE..MORE,s=SALT,i=ITERATIONS
//! c=biws,r=NONCE..MORE,p=PROOF                ->
//!                        <-  v=SIGNATURE  or  e=ERROR
//! ```
//! Names and passwords are taken as UTF-8 without SASLprep, as brokers do. No channel binding.

use std::num::NonZeroU32;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::{digest, hmac, pbkdf2};

use super::{Credentials, Step};
use crate::connection::failure::SecurityError;

/// Fewer iterations than RFC 7677 and Kafka allow give the password away.
const MIN_ITERATIONS: u32 = 4096;

/// More would keep this machine busy for seconds. Kafka itself allows 16,384.
const MAX_ITERATIONS: u32 = 1_000_000;

/// A message of a broker that is longer than this is none.
const MAX_MESSAGE_BYTES: usize = 16 * 1024;

/// The header for "no channel binding", and its base64.
const GS2_HEADER: &str = "n,,";
const GS2_HEADER_BASE64: &str = "biws";

/// The hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// The mechanism that uses it.
    pub fn mechanism(self) -> &'static str {
        match self {
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha512 => "SCRAM-SHA-512",
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }

    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

/// One authentication.
pub struct Scram {
    hash: Hash,
    credentials: Credentials,
    nonce: String,
    state: State,
}

enum State {
    Begin,
    First { client_first_bare: String },
    Final { server_key: hmac::Key, auth_message: String },
    Done,
}

impl Scram {
    /// Begins; the nonce is printable and has no comma.
    pub fn new(hash: Hash, credentials: Credentials, nonce: String) -> Self {
        Self { hash, credentials, nonce, state: State::Begin }
    }

    /// A nonce of 128 bits.
    pub fn fresh_nonce() -> String {
        STANDARD.encode(rand::random::<[u8; 16]>())
    }

    /// The next message after what the broker sent.
    pub async fn next(&mut self, received: &[u8]) -> Result<Step, SecurityError> {
        let received = std::str::from_utf8(received).ok().filter(|text| text.len() <= MAX_MESSAGE_BYTES);
        let received = received.ok_or_else(|| self.broken("the broker sent what is no text"))?;
        match std::mem::replace(&mut self.state, State::Done) {
            State::Begin => Ok(self.begin()),
            State::First { client_first_bare } => self.prove(&client_first_bare, received).await,
            State::Final { server_key, auth_message } => self.verify(&server_key, &auth_message, received),
            State::Done => Ok(Step::Done),
        }
    }

    fn begin(&mut self) -> Step {
        let user = self.credentials.username.replace('=', "=3D").replace(',', "=2C");
        let token = if self.credentials.is_delegation_token { ",tokenauth=true" } else { "" };
        let client_first_bare = format!("n={user},r={}{token}", self.nonce);
        let message = format!("{GS2_HEADER}{client_first_bare}").into_bytes();
        self.state = State::First { client_first_bare };
        Step::Send(message)
    }

    async fn prove(&mut self, client_first_bare: &str, server_first: &str) -> Result<Step, SecurityError> {
        let challenge = Challenge::parse(server_first).map_err(|why| self.broken(why))?;
        if !challenge.nonce.starts_with(&self.nonce) || challenge.nonce.len() == self.nonce.len() {
            return Err(self.broken("the broker's nonce does not continue ours"));
        }
        let salted = self.salted_password(&challenge).await?;
        let algorithm = self.hash.hmac();
        let salted = hmac::Key::new(algorithm, &salted);
        let client_key = hmac::sign(&salted, b"Client Key");
        let stored_key = digest::digest(self.hash.digest(), client_key.as_ref());
        let without_proof = format!("c={GS2_HEADER_BASE64},r={}", challenge.nonce);
        let auth_message = format!("{client_first_bare},{server_first},{without_proof}");
        let signature = hmac::sign(&hmac::Key::new(algorithm, stored_key.as_ref()), auth_message.as_bytes());
        let proof: Vec<u8> =
            client_key.as_ref().iter().zip(signature.as_ref()).map(|(key, mask)| key ^ mask).collect();
        let server_key = hmac::Key::new(algorithm, hmac::sign(&salted, b"Server Key").as_ref());
        self.state = State::Final { server_key, auth_message };
        Ok(Step::Send(format!("{without_proof},p={}", STANDARD.encode(proof)).into_bytes()))
    }

    /// PBKDF2 takes long by design, so it does not stand in the way of other connections.
    async fn salted_password(&self, challenge: &Challenge) -> Result<Vec<u8>, SecurityError> {
        let (hash, password) = (self.hash, self.credentials.password.clone());
        let (salt, iterations) = (challenge.salt.clone(), challenge.iterations);
        let derive = move || {
            let mut salted = vec![0; hash.digest().output_len()];
            pbkdf2::derive(hash.pbkdf2(), iterations, &salt, password.expose().as_bytes(), &mut salted);
            salted
        };
        tokio::task::spawn_blocking(derive).await.map_err(|_| self.broken("the client is ending"))
    }

    fn verify(
        &self,
        server_key: &hmac::Key,
        auth_message: &str,
        server_final: &str,
    ) -> Result<Step, SecurityError> {
        let mechanism = self.hash.mechanism();
        if let Some(said) = server_final.strip_prefix("e=") {
            return Err(SecurityError::Denied { mechanism, said: said.to_owned() });
        }
        let signature = server_final.strip_prefix("v=").map(|rest| rest.split(',').next().unwrap_or(rest));
        let signature = signature.and_then(|text| STANDARD.decode(text).ok());
        let signature = signature.ok_or_else(|| self.broken("the broker's last message is none of SCRAM"))?;
        hmac::verify(server_key, auth_message.as_bytes(), &signature)
            .map_err(|_| self.broken("the broker does not know the password: its signature is wrong"))?;
        Ok(Step::Done)
    }

    fn broken(&self, reason: &str) -> SecurityError {
        SecurityError::Broken { mechanism: self.hash.mechanism(), reason: reason.to_owned() }
    }
}

/// The broker's first message.
struct Challenge {
    nonce: String,
    salt: Vec<u8>,
    iterations: NonZeroU32,
}

impl Challenge {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts = text.split(',');
        let mut next = |name: &str| parts.next().and_then(|part| part.strip_prefix(name));
        let nonce = next("r=").ok_or("the broker's first message has no nonce")?.to_owned();
        let salt = next("s=").and_then(|salt| STANDARD.decode(salt).ok());
        let salt = salt.ok_or("the broker's first message has no salt")?;
        let iterations = next("i=").and_then(|count| count.parse::<u32>().ok());
        let iterations = iterations.ok_or("the broker's first message has no count of iterations")?;
        if iterations < MIN_ITERATIONS {
            return Err("the broker asks for fewer than 4096 iterations, which would give the password away");
        }
        if iterations > MAX_ITERATIONS {
            return Err("the broker asks for more than a million iterations");
        }
        let iterations = NonZeroU32::new(iterations).ok_or("the broker asks for no iterations")?;
        Ok(Self { nonce, salt, iterations })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Secret;

    fn scram(hash: Hash, nonce: &str) -> Scram {
        let credentials = Credentials {
            username: "user".to_owned(),
            password: Secret::new("pencil"),
            is_delegation_token: false,
        };
        Scram::new(hash, credentials, nonce.to_owned())
    }

    async fn send(scram: &mut Scram, received: &str) -> String {
        match scram.next(received.as_bytes()).await.unwrap() {
            Step::Send(bytes) => String::from_utf8(bytes).unwrap(),
            Step::Done => "done".to_owned(),
        }
    }

    /// RFC 7677, section 3.
    #[tokio::test]
    async fn rfc_7677_example_is_spoken() {
        let mut scram = scram(Hash::Sha256, "rOprNGfwEbeRWgbNEkqO");
        assert_eq!(send(&mut scram, "").await, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let challenge =
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        assert_eq!(
            send(&mut scram, challenge).await,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
            p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert_eq!(send(&mut scram, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").await, "done");
    }

    /// Both sides with the same hash agree; a wrong signature, nonce or count is refused.
    #[tokio::test]
    async fn brokers_that_break_the_rules_are_refused() {
        for (challenge, why) in [
            ("r=other,s=W22Z,i=4096", "the broker's nonce does not continue ours"),
            ("r=abc,s=W22Z,i=4096", "the broker's nonce does not continue ours"),
            ("r=abcd,s=!,i=4096", "the broker's first message has no salt"),
            ("r=abcd,s=W22Z", "the broker's first message has no count of iterations"),
            (
                "r=abcd,s=W22Z,i=1",
                "the broker asks for fewer than 4096 iterations, which would give the password away",
            ),
            ("r=abcd,s=W22Z,i=4294967295", "the broker asks for more than a million iterations"),
            ("m=x,r=abcd,s=W22Z,i=4096", "the broker's first message has no nonce"),
            ("", "the broker's first message has no nonce"),
        ] {
            let mut scram = scram(Hash::Sha512, "abc");
            send(&mut scram, "").await;
            let error = scram.next(challenge.as_bytes()).await.err().unwrap();
            assert_eq!(error.to_string(), format!("SASL SCRAM-SHA-512: {why}"), "{challenge}");
        }
    }

    #[tokio::test]
    async fn a_broker_that_does_not_know_the_password_is_refused() {
        for (last, why) in [
            ("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "does not know the password"),
            ("v=", "does not know the password"),
            ("", "none of SCRAM"),
            ("e=invalid-proof", "authentication failed: invalid-proof"),
        ] {
            let mut scram = scram(Hash::Sha256, "abc");
            send(&mut scram, "").await;
            send(&mut scram, "r=abcd,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096").await;
            let error = scram.next(last.as_bytes()).await.err().unwrap().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[tokio::test]
    async fn names_are_escaped_and_tokens_said() {
        let credentials = Credentials {
            username: "a=b,c".to_owned(),
            password: Secret::new("x"),
            is_delegation_token: true,
        };
        let mut scram = Scram::new(Hash::Sha256, credentials, "N".to_owned());
        assert_eq!(send(&mut scram, "").await, "n,,n=a=3Db=2Cc,r=N,tokenauth=true");
    }
}
