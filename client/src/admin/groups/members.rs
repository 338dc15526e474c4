//! Removes members of classic groups from outside (KIP-345, KIP-571). Members of groups of the consumer
//! protocol and of share groups cannot be removed: their coordinators know no such request.

use kr_wire::error_code::ErrorCode;
use kr_wire::messages::leave_group_request::MemberIdentity;
use kr_wire::messages::{GroupId, LeaveGroupRequest};

use super::super::{checked, text};
use crate::Client;
use crate::error::Error;
use crate::routing::Route;

/// The first version that names many members, and static ones (KIP-345).
const MANY_MEMBERS: i16 = 3;

/// The first version that carries a reason (KIP-800).
const WITH_REASON: i16 = 5;

/// By what a member is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberName {
    /// Its member id.
    Member(String),
    /// Its `group.instance.id`.
    Instance(String),
}

impl std::fmt::Display for MemberName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Member(id) => write!(f, "member \"{id}\""),
            Self::Instance(id) => write!(f, "static member \"{id}\""),
        }
    }
}

/// A member and what became of it.
pub type RemovedMember = (MemberName, Result<(), Error>);

impl Client {
    /// Removes members from a classic group; every member is in the answer. They may join again.
    ///
    /// Errors: UNKNOWN_MEMBER_ID of a member that is not there; [`Error::Broker`] with UNSUPPORTED_VERSION of
    /// all on clusters older than 2.4, which cannot remove static members.
    pub async fn remove_members(
        &self,
        id: &str,
        members: &[MemberName],
        reason: &str,
    ) -> Result<Vec<RemovedMember>, Error> {
        let what = format!("remove members of group \"{id}\"");
        let versions = self.node_versions(Route::Coordinator(id)).await?;
        let range = versions.range(<LeaveGroupRequest as crate::calls::Call>::KEY);
        if range.is_some_and(|(_, max)| max < MANY_MEMBERS) {
            return self.remove_one_by_one(id, members).await;
        }
        let build = |version| {
            let member = |member: &MemberName| {
                let identity = MemberIdentity::default()
                    .with_group_instance_id(None)
                    .with_reason((version >= WITH_REASON).then(|| text(reason)));
                match member {
                    MemberName::Member(id) => identity.with_member_id(text(id)),
                    MemberName::Instance(id) => identity.with_group_instance_id(Some(text(id))),
                }
            };
            LeaveGroupRequest::default()
                .with_group_id(GroupId(text(id)))
                .with_members(members.iter().map(member).collect())
        };
        let answer = self
            .request(Route::Coordinator(id), &what, build, |response| {
                checked(what.clone(), response.error_code, None)
            })
            .await?;
        let result = |name: &MemberName| {
            let answer = answer.response.members.iter().find(|member| match name {
                MemberName::Member(id) => member.member_id.as_str() == id,
                MemberName::Instance(id) => {
                    member.group_instance_id.as_ref().is_some_and(|instance| instance.as_str() == id)
                }
            });
            let code = answer.map_or(ErrorCode::UNKNOWN_SERVER_ERROR.0, |answer| answer.error_code);
            (name.clone(), checked(format!("remove {name} of group \"{id}\""), code, None))
        };
        Ok(members.iter().map(result).collect())
    }

    /// The old form: one member a request, by its member id.
    async fn remove_one_by_one(&self, id: &str, members: &[MemberName]) -> Result<Vec<RemovedMember>, Error> {
        let mut removed = Vec::new();
        for name in members {
            let what = format!("remove {name} of group \"{id}\"");
            let outcome = match name {
                MemberName::Instance(_) => {
                    let words = "the brokers are older than static membership can be ended from outside";
                    Err(Error::broker(what, ErrorCode::UNSUPPORTED_VERSION, Some(words)))
                }
                MemberName::Member(member) => {
                    let build = |_| {
                        LeaveGroupRequest::default()
                            .with_group_id(GroupId(text(id)))
                            .with_member_id(text(member))
                    };
                    let check = |response: &kr_wire::messages::LeaveGroupResponse| {
                        checked(what.clone(), response.error_code, None)
                    };
                    self.request(Route::Coordinator(id), &what, build, check).await.map(|_| ())
                }
            };
            removed.push((name.clone(), outcome));
        }
        Ok(removed)
    }
}
