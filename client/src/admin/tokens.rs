//! Delegation tokens (KIP-48, KIP-373): create, list, renew, expire.

use bytes::Bytes;
use kr_wire::messages::create_delegation_token_request::CreatableRenewers;
use kr_wire::messages::describe_delegation_token_request::DescribeDelegationTokenOwner;
use kr_wire::messages::{
    CreateDelegationTokenRequest, DescribeDelegationTokenRequest, ExpireDelegationTokenRequest,
    RenewDelegationTokenRequest,
};

use super::{checked, text};
use crate::Client;
use crate::error::Error;
use crate::routing::Route;

/// A principal in two parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Principal {
    /// `User`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

impl std::fmt::Display for Principal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.kind, self.name)
    }
}

impl std::str::FromStr for Principal {
    type Err = std::convert::Infallible;

    /// Reads `User:NAME`; a name alone is a user's.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, name) = text.split_once(':').unwrap_or(("User", text));
        Ok(Self { kind: kind.to_owned(), name: name.to_owned() })
    }
}

/// A delegation token.
#[derive(Clone, Debug)]
pub struct DelegationToken {
    /// Its id, which stands for the user name when it is used.
    pub id: String,
    /// Its secret, which stands for the password.
    pub hmac: Bytes,
    /// Whose rights it gives.
    pub owner: Principal,
    /// Who asked for it; none on clusters older than 3.3.
    pub requester: Option<Principal>,
    /// Who may renew it, besides its owner.
    pub renewers: Vec<Principal>,
    /// When it was issued, milliseconds since 1970.
    pub issued_ms: i64,
    /// When it expires unless it is renewed.
    pub expires_ms: i64,
    /// When it expires for good.
    pub max_ms: i64,
}

impl Client {
    /// Creates a token for whoever this client is, or for `owner` (Kafka 3.3 and newer).
    ///
    /// `max_lifetime_ms` is cut to the brokers' `delegation.token.max.lifetime.ms`, which counts without it.
    pub async fn create_token(
        &self,
        owner: Option<&Principal>,
        renewers: &[Principal],
        max_lifetime_ms: Option<i64>,
    ) -> Result<DelegationToken, Error> {
        let what = "create a delegation token";
        if owner.is_some() {
            self.require::<CreateDelegationTokenRequest>(3).await?;
        }
        let renewer = |principal: &Principal| {
            CreatableRenewers::default()
                .with_principal_type(text(&principal.kind))
                .with_principal_name(text(&principal.name))
        };
        let build = |_| {
            CreateDelegationTokenRequest::default()
                .with_owner_principal_type(owner.map(|owner| text(&owner.kind)))
                .with_owner_principal_name(owner.map(|owner| text(&owner.name)))
                .with_renewers(renewers.iter().map(renewer).collect())
                .with_max_lifetime_ms(max_lifetime_ms.unwrap_or(-1))
        };
        let build = |version| {
            let request = build(version);
            if version >= 3 {
                return request;
            }
            // Older versions have no place for an owner, not even for none.
            let empty = CreateDelegationTokenRequest::default();
            request
                .with_owner_principal_type(empty.owner_principal_type)
                .with_owner_principal_name(empty.owner_principal_name)
        };
        let answer = self
            .request(Route::Controller, what, build, |response| checked(what, response.error_code, None))
            .await?;
        let (response, version) = (answer.response, answer.version);
        Ok(DelegationToken {
            id: response.token_id.as_str().to_owned(),
            hmac: response.hmac,
            owner: principal(&response.principal_type, &response.principal_name),
            requester: (version >= 3).then(|| {
                principal(&response.token_requester_principal_type, &response.token_requester_principal_name)
            }),
            renewers: renewers.to_vec(),
            issued_ms: response.issue_timestamp_ms,
            expires_ms: response.expiry_timestamp_ms,
            max_ms: response.max_timestamp_ms,
        })
    }

    /// Tokens of these owners, or all that this client may see, ascending by id.
    pub async fn list_tokens(&self, owners: Option<&[Principal]>) -> Result<Vec<DelegationToken>, Error> {
        let what = "list delegation tokens";
        let owner = |principal: &Principal| {
            DescribeDelegationTokenOwner::default()
                .with_principal_type(text(&principal.kind))
                .with_principal_name(text(&principal.name))
        };
        let owners: Option<Vec<_>> = owners.map(|owners| owners.iter().map(owner).collect());
        let build = |_| DescribeDelegationTokenRequest::default().with_owners(owners.clone());
        let answer = self
            .request(Route::Any, what, build, |response| checked(what, response.error_code, None))
            .await?;
        let version = answer.version;
        let tokens = answer.response.tokens.into_iter().map(|token| DelegationToken {
            id: token.token_id.as_str().to_owned(),
            owner: principal(&token.principal_type, &token.principal_name),
            requester: (version >= 3).then(|| {
                principal(&token.token_requester_principal_type, &token.token_requester_principal_name)
            }),
            renewers: token
                .renewers
                .iter()
                .map(|r| principal(&r.principal_type, &r.principal_name))
                .collect(),
            issued_ms: token.issue_timestamp,
            expires_ms: token.expiry_timestamp,
            max_ms: token.max_timestamp,
            hmac: token.hmac,
        });
        let mut tokens: Vec<DelegationToken> = tokens.collect();
        tokens.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(tokens)
    }

    /// Renews a token and says when it expires now; without a period, by the brokers'
    /// `delegation.token.expiry.time.ms`.
    pub async fn renew_token(&self, hmac: &Bytes, period_ms: Option<i64>) -> Result<i64, Error> {
        let what = "renew the delegation token";
        let build = |_| {
            RenewDelegationTokenRequest::default()
                .with_hmac(hmac.clone())
                .with_renew_period_ms(period_ms.unwrap_or(-1))
        };
        let answer = self
            .request(Route::Controller, what, build, |response| checked(what, response.error_code, None))
            .await?;
        Ok(answer.response.expiry_timestamp_ms)
    }

    /// Lets a token expire after a period, or at once, and says when.
    pub async fn expire_token(&self, hmac: &Bytes, after_ms: Option<i64>) -> Result<i64, Error> {
        let what = "expire the delegation token";
        let build = |_| {
            ExpireDelegationTokenRequest::default()
                .with_hmac(hmac.clone())
                .with_expiry_time_period_ms(after_ms.unwrap_or(-1))
        };
        let answer = self
            .request(Route::Controller, what, build, |response| checked(what, response.error_code, None))
            .await?;
        Ok(answer.response.expiry_timestamp_ms)
    }
}

fn principal(kind: &kr_wire::message::StrBytes, name: &kr_wire::message::StrBytes) -> Principal {
    Principal { kind: kind.as_str().to_owned(), name: name.as_str().to_owned() }
}
