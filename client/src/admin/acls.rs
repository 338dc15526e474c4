//! ACLs: list, create, delete (KIP-11, KIP-290, KIP-373). What they allow is decided in `acl_rules`.
//!
//! ACLs are deleted one by one as they were listed, never by a filter, so that nothing goes that nobody saw.

use kr_wire::message::StrBytes;
use kr_wire::messages::create_acls_request::AclCreation;
use kr_wire::messages::delete_acls_request::DeleteAclsFilter;
use kr_wire::messages::{CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest};

use super::{checked, text, unless_moment};
use crate::Client;
use crate::error::Error;
use crate::routing::Route;
use crate::undo::AclEntry;

/// An enumeration of Kafka's, with its number on the wire and its name in output.
macro_rules! acl_enum {
    ($(#[$doc:meta])* $name:ident: $noun:literal {
        $($(#[$variant_doc:meta])* $variant:ident = $number:literal $text:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A number that this version does not know.
            Other(i8),
        }

        impl $name {
            /// All that have a name.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),*];

            /// Reads the number on the wire.
            pub fn from_wire(number: i8) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    other => Self::Other(other),
                }
            }

            /// The number on the wire.
            pub fn to_wire(self) -> i8 {
                match self {
                    $(Self::$variant => $number,)*
                    Self::Other(number) => number,
                }
            }

            /// Its name in output.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(_) => "other",
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            /// Reads a name in any case, with or without hyphens and underscores.
            fn from_str(text: &str) -> Result<Self, String> {
                let plain = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
                let found = Self::KNOWN.iter().find(|known| plain(known.name()) == plain(text));
                found.copied().ok_or_else(|| {
                    let known: Vec<&str> = Self::KNOWN.iter().map(|known| known.name()).collect();
                    format!(concat!("`{}` is no ", $noun, "; there are {}"), text, known.join(", "))
                })
            }
        }
    };
}

acl_enum! {
    /// What an ACL is about (`ResourceType`).
    ResourceType: "type of resource" {
        /// A topic.
        Topic = 2 "topic";
        /// A group.
        Group = 3 "group";
        /// The cluster; its name is [`CLUSTER_NAME`].
        Cluster = 4 "cluster";
        /// A transactional id.
        TransactionalId = 5 "transactional-id";
        /// A delegation token, by its id.
        DelegationToken = 6 "delegation-token";
        /// A user, whose delegation tokens are meant (KIP-373).
        User = 7 "user";
    }
}

acl_enum! {
    /// How the name of an ACL is compared (`PatternType`).
    PatternType: "type of pattern" {
        /// The name itself, or all for `*`.
        Literal = 3 "literal";
        /// All names that begin with it.
        Prefixed = 4 "prefixed";
    }
}

acl_enum! {
    /// What is allowed or denied (`AclOperation`).
    AclOperation: "operation" {
        /// Everything.
        All = 2 "all";
        /// Fetch records, commit offsets.
        Read = 3 "read";
        /// Produce records.
        Write = 4 "write";
        /// Create topics, tokens.
        Create = 5 "create";
        /// Delete topics, records, groups.
        Delete = 6 "delete";
        /// Change partitions, ACLs, features.
        Alter = 7 "alter";
        /// See that it exists, and its offsets.
        Describe = 8 "describe";
        /// What brokers do among each other.
        ClusterAction = 9 "cluster-action";
        /// See configs.
        DescribeConfigs = 10 "describe-configs";
        /// Change configs.
        AlterConfigs = 11 "alter-configs";
        /// Get a producer id (needed before Kafka 2.8).
        IdempotentWrite = 12 "idempotent-write";
        /// Create delegation tokens for a user.
        CreateTokens = 13 "create-tokens";
        /// See delegation tokens of a user.
        DescribeTokens = 14 "describe-tokens";
        /// Take part in two-phase commits (KIP-939).
        TwoPhaseCommit = 15 "two-phase-commit";
    }
}

acl_enum! {
    /// Which way an ACL goes (`AclPermissionType`).
    Permission: "permission" {
        /// It denies, and beats everything that allows.
        Deny = 2 "deny";
        /// It allows.
        Allow = 3 "allow";
    }
}

/// The one name a cluster has in ACLs.
pub const CLUSTER_NAME: &str = "kafka-cluster";

/// "Any" in filters, for all four enumerations.
const ANY: i8 = 1;

/// `PatternType.MATCH`: whatever applies to a name.
const MATCH: i8 = 2;

/// An ACL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Acl {
    /// What it is about.
    pub resource_type: ResourceType,
    /// The name or prefix; `*` for all.
    pub resource_name: String,
    /// How the name is compared.
    pub pattern: PatternType,
    /// `User:NAME`; `User:*` for everybody.
    pub principal: String,
    /// An address; `*` for all.
    pub host: String,
    /// What is allowed or denied.
    pub operation: AclOperation,
    /// Which.
    pub permission: Permission,
}

/// How names are compared when ACLs are looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PatternFilter {
    /// Any pattern of exactly this name.
    #[default]
    Any,
    /// Every pattern that applies to this name: itself, its prefixes, `*`.
    Applies,
    /// Patterns of this type and exactly this name.
    Exactly(PatternType),
}

/// Which ACLs are meant; `None` is any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AclFilter {
    /// What they are about.
    pub resource_type: Option<ResourceType>,
    /// The name.
    pub resource_name: Option<String>,
    /// How the name is compared.
    pub pattern: PatternFilter,
    /// The principal as it stands in the ACL.
    pub principal: Option<String>,
    /// The host as it stands in the ACL.
    pub host: Option<String>,
    /// The operation as it stands in the ACL.
    pub operation: Option<AclOperation>,
    /// The permission.
    pub permission: Option<Permission>,
}

impl From<&Acl> for AclEntry {
    fn from(acl: &Acl) -> Self {
        Self {
            resource_type: acl.resource_type.to_wire(),
            resource_name: acl.resource_name.clone(),
            pattern_type: acl.pattern.to_wire(),
            principal: acl.principal.clone(),
            host: acl.host.clone(),
            operation: acl.operation.to_wire(),
            permission_type: acl.permission.to_wire(),
        }
    }
}

impl From<&AclEntry> for Acl {
    fn from(entry: &AclEntry) -> Self {
        Self {
            resource_type: ResourceType::from_wire(entry.resource_type),
            resource_name: entry.resource_name.clone(),
            pattern: PatternType::from_wire(entry.pattern_type),
            principal: entry.principal.clone(),
            host: entry.host.clone(),
            operation: AclOperation::from_wire(entry.operation),
            permission: Permission::from_wire(entry.permission_type),
        }
    }
}

impl std::fmt::Display for Acl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { principal, operation, permission, resource_type, resource_name, .. } = self;
        write!(f, "{permission} {principal} {operation} on {resource_type} ")?;
        match self.pattern {
            PatternType::Prefixed => write!(f, "\"{resource_name}\"...")?,
            _ if resource_name == "*" => f.write_str("*")?,
            _ => write!(f, "\"{resource_name}\"")?,
        }
        if self.host == "*" { Ok(()) } else { write!(f, " from {}", self.host) }
    }
}

/// ACLs, each with what became of it.
pub type AclResults = Vec<(Acl, Result<(), Error>)>;

impl Client {
    /// ACLs that a filter finds, ascending. Without an authorizer: SECURITY_DISABLED.
    pub async fn list_acls(&self, filter: &AclFilter) -> Result<Vec<Acl>, Error> {
        let what = "list ACLs";
        let name = |name: &Option<String>| name.as_deref().map(text);
        let build = |_| {
            DescribeAclsRequest::default()
                .with_resource_type_filter(filter.resource_type.map_or(ANY, ResourceType::to_wire))
                .with_resource_name_filter(name(&filter.resource_name))
                .with_pattern_type_filter(match filter.pattern {
                    PatternFilter::Any => ANY,
                    PatternFilter::Applies => MATCH,
                    PatternFilter::Exactly(pattern) => pattern.to_wire(),
                })
                .with_principal_filter(name(&filter.principal))
                .with_host_filter(name(&filter.host))
                .with_operation(filter.operation.map_or(ANY, AclOperation::to_wire))
                .with_permission_type(filter.permission.map_or(ANY, Permission::to_wire))
        };
        let answer = self
            .request(Route::Any, what, build, |response| {
                checked(what, response.error_code, response.error_message.as_ref())
            })
            .await?;
        let mut acls = Vec::new();
        for resource in answer.response.resources {
            acls.extend(resource.acls.iter().map(|acl| Acl {
                resource_type: ResourceType::from_wire(resource.resource_type),
                resource_name: resource.resource_name.as_str().to_owned(),
                pattern: PatternType::from_wire(resource.pattern_type),
                principal: acl.principal.as_str().to_owned(),
                host: acl.host.as_str().to_owned(),
                operation: AclOperation::from_wire(acl.operation),
                permission: Permission::from_wire(acl.permission_type),
            }));
        }
        acls.sort();
        acls.dedup();
        Ok(acls)
    }

    /// Creates ACLs; one that exists already counts as created.
    pub async fn create_acls(&self, acls: &[Acl]) -> Result<AclResults, Error> {
        let what = "add ACLs";
        let creation = |acl: &Acl| {
            AclCreation::default()
                .with_resource_type(acl.resource_type.to_wire())
                .with_resource_name(text(&acl.resource_name))
                .with_resource_pattern_type(acl.pattern.to_wire())
                .with_principal(text(&acl.principal))
                .with_host(text(&acl.host))
                .with_operation(acl.operation.to_wire())
                .with_permission_type(acl.permission.to_wire())
        };
        let build = |_| CreateAclsRequest::default().with_creations(acls.iter().map(creation).collect());
        let answer = self
            .request(Route::Controller, what, build, |response| {
                unless_moment(what, response.results.iter().map(|result| result.error_code))
            })
            .await?;
        let results = answer.response.results.iter().map(|r| (r.error_code, r.error_message.as_ref()));
        Ok(in_order("add the ACL", acls, results))
    }

    /// Deletes exactly these ACLs; one that does not exist counts as deleted.
    pub async fn delete_acls(&self, acls: &[Acl]) -> Result<AclResults, Error> {
        let what = "remove ACLs";
        let filter = |acl: &Acl| {
            DeleteAclsFilter::default()
                .with_resource_type_filter(acl.resource_type.to_wire())
                .with_resource_name_filter(Some(text(&acl.resource_name)))
                .with_pattern_type_filter(acl.pattern.to_wire())
                .with_principal_filter(Some(text(&acl.principal)))
                .with_host_filter(Some(text(&acl.host)))
                .with_operation(acl.operation.to_wire())
                .with_permission_type(acl.permission.to_wire())
        };
        let build = |_| DeleteAclsRequest::default().with_filters(acls.iter().map(filter).collect());
        let answer = self
            .request(Route::Controller, what, build, |response| {
                unless_moment(what, response.filter_results.iter().map(|result| result.error_code))
            })
            .await?;
        let results = answer.response.filter_results.iter().map(|result| {
            let refused = result.matching_acls.iter().find(|acl| acl.error_code != 0);
            match refused {
                Some(acl) if result.error_code == 0 => (acl.error_code, acl.error_message.as_ref()),
                _ => (result.error_code, result.error_message.as_ref()),
            }
        });
        Ok(in_order("remove the ACL", acls, results))
    }
}

/// Results come in the order of the request and name nothing.
fn in_order<'a>(
    what: &str,
    acls: &[Acl],
    mut results: impl Iterator<Item = (i16, Option<&'a StrBytes>)>,
) -> AclResults {
    let result = |acl: &Acl| {
        let what = format!("{what}: {acl}");
        let outcome = match results.next() {
            Some((code, message)) => checked(what, code, message),
            None => Err(Error::Records { what, reason: "the answer leaves it out".to_owned() }),
        };
        (acl.clone(), outcome)
    };
    acls.iter().map(result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_spelling() {
        for text in ["describe-configs", "DescribeConfigs", "DESCRIBE_CONFIGS"] {
            assert_eq!(text.parse(), Ok(AclOperation::DescribeConfigs));
        }
        let error = "reed".parse::<AclOperation>().unwrap_err();
        assert!(error.starts_with("`reed` is no operation; there are all, read,"), "{error}");
    }

    #[test]
    fn numbers_survive_the_way_there_and_back() {
        for number in i8::MIN..=i8::MAX {
            assert_eq!(AclOperation::from_wire(number).to_wire(), number);
            assert_eq!(ResourceType::from_wire(number).to_wire(), number);
        }
    }
}
