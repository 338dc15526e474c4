//! What ACLs allow, decided as Kafka's StandardAuthorizer does. Pure.
//!
//! Super users are not known to a client: a principal among them may do everything, whatever is said here.

use super::acls::{Acl, AclOperation, CLUSTER_NAME, PatternType, Permission, ResourceType};

/// A principal that matches everybody.
const EVERYBODY: &str = "User:*";

/// A name or host that matches all.
const ALL: &str = "*";

/// May this principal do this to this from there?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AclQuestion<'a> {
    /// `User:NAME`.
    pub principal: &'a str,
    /// The client's address.
    pub host: &'a str,
    /// What it wants to do.
    pub operation: AclOperation,
    /// To what.
    pub resource_type: ResourceType,
    /// Its name.
    pub resource_name: &'a str,
}

/// The answer, and the ACL it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AclVerdict<'a> {
    /// This ACL denies it.
    Denied(&'a Acl),
    /// This ACL allows it, and none denies it.
    Allowed(&'a Acl),
    /// There are ACLs for the resource, and none is about this: denied.
    NoneMatches,
    /// There are no ACLs for the resource: `allow.everyone.if.no.acl.found` decides.
    NoAcls,
}

impl AclVerdict<'_> {
    /// Whether it may be done; `None` if that needs `allow_everyone` (the config
    /// `allow.everyone.if.no.acl.found`) and it is not known.
    pub fn is_allowed(self, allow_everyone: Option<bool>) -> Option<bool> {
        match self {
            Self::Denied(_) | Self::NoneMatches => Some(false),
            Self::Allowed(_) => Some(true),
            Self::NoAcls => allow_everyone,
        }
    }
}

impl ResourceType {
    /// The operations that mean something on it, besides "all" (Kafka's `AclEntry.supportedOperations`).
    pub fn operations(self) -> &'static [AclOperation] {
        use AclOperation::{
            Alter, AlterConfigs, ClusterAction, Create, CreateTokens, Delete, Describe, DescribeConfigs,
            DescribeTokens, IdempotentWrite, Read, TwoPhaseCommit, Write,
        };
        match self {
            Self::Topic => &[Read, Write, Create, Delete, Alter, Describe, DescribeConfigs, AlterConfigs],
            Self::Group => &[Read, Describe, Delete, DescribeConfigs, AlterConfigs],
            Self::Cluster => {
                &[Create, ClusterAction, DescribeConfigs, AlterConfigs, IdempotentWrite, Alter, Describe]
            }
            Self::TransactionalId => &[Describe, Write, TwoPhaseCommit],
            Self::DelegationToken => &[Describe],
            Self::User => &[CreateTokens, DescribeTokens],
            Self::Other(_) => &[],
        }
    }
}

impl Acl {
    /// Whether its resource pattern applies to a resource.
    pub fn is_about(&self, resource_type: ResourceType, name: &str) -> bool {
        self.resource_type == resource_type
            && match self.pattern {
                PatternType::Literal => self.resource_name == name || self.resource_name == ALL,
                PatternType::Prefixed => name.starts_with(&self.resource_name),
                PatternType::Other(_) => false,
            }
    }

    /// Whether it speaks of an operation. What allows READ, WRITE, DELETE or ALTER allows DESCRIBE, too, and
    /// ALTER_CONFIGS allows DESCRIBE_CONFIGS; what denies denies nothing but itself.
    pub fn speaks_of(&self, operation: AclOperation) -> bool {
        use AclOperation::{All, Alter, AlterConfigs, Delete, Describe, DescribeConfigs, Read, Write};
        if self.operation == All || self.operation == operation {
            return true;
        }
        self.permission == Permission::Allow
            && match operation {
                Describe => matches!(self.operation, Read | Write | Delete | Alter),
                DescribeConfigs => self.operation == AlterConfigs,
                _ => false,
            }
    }

    fn decides(&self, question: &AclQuestion<'_>) -> bool {
        (self.principal == question.principal || self.principal == EVERYBODY)
            && (self.host == ALL || self.host == question.host)
            && self.speaks_of(question.operation)
    }

    /// Whether it says everything that another ACL of the same permission says.
    pub fn covers(&self, other: &Self) -> bool {
        let (name, other_name) = (&self.resource_name, &other.resource_name);
        let covers_name = match (self.pattern, other.pattern) {
            (PatternType::Literal, _) if name == ALL => true,
            (PatternType::Literal, PatternType::Literal) => name == other_name,
            // `*` is all names, and no prefix is.
            (PatternType::Prefixed, PatternType::Literal) => {
                other_name != ALL && other_name.starts_with(name)
            }
            (PatternType::Prefixed, PatternType::Prefixed) => other_name.starts_with(name),
            _ => false,
        };
        self.resource_type == other.resource_type
            && covers_name
            && (self.principal == other.principal || self.principal == EVERYBODY)
            && (self.host == other.host || self.host == ALL)
            && self.speaks_of(other.operation)
    }
}

/// Answers a question by all ACLs of a cluster.
pub fn decide<'a>(acls: &'a [Acl], question: &AclQuestion<'_>) -> AclVerdict<'a> {
    let mut verdict = AclVerdict::NoAcls;
    for acl in acls.iter().filter(|acl| acl.is_about(question.resource_type, question.resource_name)) {
        if acl.decides(question) {
            match acl.permission {
                Permission::Deny => return AclVerdict::Denied(acl),
                Permission::Allow if !matches!(verdict, AclVerdict::Allowed(_)) => {
                    verdict = AclVerdict::Allowed(acl);
                }
                Permission::Allow | Permission::Other(_) => {}
            }
        } else if verdict == AclVerdict::NoAcls {
            verdict = AclVerdict::NoneMatches;
        }
    }
    verdict
}

/// The question a broker asks first, where there is one: who may create topics in the cluster may create
/// any topic (`KafkaApis`, `ControllerApis`).
pub fn asked_before<'a>(question: &AclQuestion<'a>) -> Option<AclQuestion<'a>> {
    let is_topic_creation =
        question.resource_type == ResourceType::Topic && question.operation == AclOperation::Create;
    is_topic_creation.then_some(AclQuestion {
        resource_type: ResourceType::Cluster,
        resource_name: CLUSTER_NAME,
        ..*question
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acl(rule: &str) -> Acl {
        let words: Vec<&str> = rule.split(' ').collect();
        let [permission, principal, operation, name, host] = words[..] else { panic!("{rule}") };
        let (name, pattern) = match name.strip_suffix("...") {
            Some(prefix) => (prefix, PatternType::Prefixed),
            None => (name, PatternType::Literal),
        };
        Acl {
            resource_type: ResourceType::Topic,
            resource_name: name.to_owned(),
            pattern,
            principal: format!("User:{principal}"),
            host: host.to_owned(),
            operation: operation.parse().unwrap(),
            permission: permission.parse().unwrap(),
        }
    }

    /// `principal operation topic host` against rules.
    fn ask(rules: &[&str], question: &str) -> Option<bool> {
        let words: Vec<&str> = question.split(' ').collect();
        let acls: Vec<Acl> = rules.iter().map(|rule| acl(rule)).collect();
        let principal = format!("User:{}", words[0]);
        let question = AclQuestion {
            principal: &principal,
            host: words[3],
            operation: words[1].parse().unwrap(),
            resource_type: ResourceType::Topic,
            resource_name: words[2],
        };
        decide(&acls, &question).is_allowed(None)
    }

    const H: &str = "10.0.0.1";

    #[test]
    fn a_literal_a_prefix_and_a_wildcard_apply() {
        for name in ["orders", "ord...", "*"] {
            assert_eq!(
                ask(&[&format!("allow a read {name} *")], &format!("a read orders {H}")),
                Some(true),
                "{name}"
            );
        }
        assert_eq!(ask(&["allow a read order *"], "a read orders h"), None);
    }

    #[test]
    fn deny_beats_allow_whatever_is_more_precise() {
        let rules = ["allow a read orders *", "deny a read ord... *"];
        assert_eq!(ask(&rules, "a read orders h"), Some(false));
        let rules = ["allow a all orders *", "deny * read * *"];
        assert_eq!(ask(&rules, "a read orders h"), Some(false));
        assert_eq!(ask(&rules, "a write orders h"), Some(true));
    }

    #[test]
    fn allowing_to_change_allows_to_look_and_denying_does_not_deny_it() {
        for operation in ["read", "write", "delete", "alter"] {
            assert_eq!(ask(&[&format!("allow a {operation} t *")], "a describe t h"), Some(true));
            let rules = [format!("deny a {operation} t *"), "allow a describe t *".to_owned()];
            assert_eq!(ask(&[&rules[0], &rules[1]], "a describe t h"), Some(true));
        }
        assert_eq!(ask(&["allow a alter-configs t *"], "a describe-configs t h"), Some(true));
        assert_eq!(ask(&["allow a create t *"], "a describe t h"), Some(false));
    }

    #[test]
    fn acls_for_others_close_a_resource() {
        assert_eq!(ask(&["allow b read t *"], "a read t h"), Some(false));
        assert_eq!(ask(&["allow b read u *"], "a read t h"), None);
    }

    #[test]
    fn a_host_is_compared_as_it_stands() {
        let rules = [&format!("allow a read t {H}")[..]];
        assert_eq!(ask(&rules, &format!("a read t {H}")), Some(true));
        assert_eq!(ask(&rules, "a read t 10.0.0.2"), Some(false));
    }

    #[test]
    fn a_wider_acl_covers_a_narrower_one() {
        for (wide, narrow, covers) in [
            ("allow * all * *", "allow a read t h", true),
            ("allow a read t *", "allow a describe t *", true),
            ("allow a read ord... *", "allow a read orders... *", true),
            ("allow a read ord... *", "allow a read * *", false),
            ("allow a read t h", "allow a read t *", false),
            ("allow a read t *", "allow b read t *", false),
            ("allow a describe t *", "allow a read t *", false),
        ] {
            assert_eq!(acl(wide).covers(&acl(narrow)), covers, "{wide} / {narrow}");
        }
    }

    #[test]
    fn topic_creation_is_asked_of_the_cluster_first() {
        let mut question = AclQuestion {
            principal: "User:a",
            host: "h",
            operation: AclOperation::Create,
            resource_type: ResourceType::Topic,
            resource_name: "t",
        };
        assert_eq!(asked_before(&question).map(|q| q.resource_name), Some(CLUSTER_NAME));
        question.operation = AclOperation::Write;
        assert_eq!(asked_before(&question), None);
    }
}
