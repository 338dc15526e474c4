//! From flags to ACLs: what `kr acl add` adds, and what `kr acl list` and `kr acl remove` look for. Pure.

use clap::{Args, ValueEnum};
use kr_client::admin::{Acl, AclOperation, CLUSTER_NAME, PatternType, Permission, ResourceType};

use crate::error::CliError;

/// Resources by type and name.
#[derive(Clone, Debug, Default, Args)]
pub struct ResourceArgs {
    /// A topic; `*` is all of them; may be repeated
    #[arg(short = 't', long = "topic", value_name = "NAME")]
    topics: Vec<String>,
    /// A group
    #[arg(short = 'g', long = "group", value_name = "NAME")]
    groups: Vec<String>,
    /// The cluster itself
    #[arg(long)]
    cluster: bool,
    /// A transactional id
    #[arg(long = "txn", alias = "transactional-id", value_name = "ID")]
    transactional_ids: Vec<String>,
    /// A delegation token
    #[arg(long = "token", alias = "delegation-token", value_name = "ID")]
    tokens: Vec<String>,
    /// A user, whose delegation tokens are meant
    #[arg(long = "user", alias = "user-principal", value_name = "PRINCIPAL")]
    users: Vec<String>,
}

impl ResourceArgs {
    fn named(&self) -> Vec<(ResourceType, &str)> {
        let mut named = Vec::new();
        for (kind, names) in [
            (ResourceType::Topic, &self.topics),
            (ResourceType::Group, &self.groups),
            (ResourceType::TransactionalId, &self.transactional_ids),
            (ResourceType::DelegationToken, &self.tokens),
            (ResourceType::User, &self.users),
        ] {
            named.extend(names.iter().map(|name| (kind, name.as_str())));
        }
        if self.cluster {
            named.push((ResourceType::Cluster, CLUSTER_NAME));
        }
        named
    }
}

/// What a client of a kind needs.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct RoleArgs {
    /// What a producer needs: write, describe and create topics, use transactional ids
    #[arg(long)]
    producer: bool,
    /// What a consumer needs: read and describe topics, read groups
    #[arg(long)]
    consumer: bool,
    /// With --producer: idempotent writes, which need their own ACL before Kafka 2.8
    #[arg(long, requires = "producer")]
    idempotent: bool,
}

impl RoleArgs {
    fn is_any(self) -> bool {
        self.producer || self.consumer
    }

    /// What the roles do to each type of resource.
    fn operations(self) -> Vec<(ResourceType, AclOperation)> {
        use AclOperation::{Create, Describe, IdempotentWrite, Read, Write};
        let mut needed = Vec::new();
        if self.producer {
            needed.extend([Write, Describe, Create].map(|operation| (ResourceType::Topic, operation)));
            needed.extend([Write, Describe].map(|operation| (ResourceType::TransactionalId, operation)));
        }
        if self.consumer {
            needed.extend([Read, Describe].map(|operation| (ResourceType::Topic, operation)));
            needed.push((ResourceType::Group, Read));
        }
        if self.idempotent {
            needed.push((ResourceType::Cluster, IdempotentWrite));
        }
        needed
    }
}

/// ACLs to add.
#[derive(Clone, Debug, Default, Args)]
pub struct RuleArgs {
    /// Whom to allow: NAME or User:NAME; `*` is everybody; may be repeated
    #[arg(long, alias = "allow-principal", value_name = "PRINCIPAL")]
    allow: Vec<String>,
    /// Whom to deny
    #[arg(long, alias = "deny-principal", value_name = "PRINCIPAL")]
    deny: Vec<String>,
    /// What: all, read, write, create, delete, alter, describe, ... with commas between
    #[arg(long = "op", alias = "operation", value_name = "OPERATION", value_delimiter = ',')]
    operations: Vec<AclOperation>,
    #[command(flatten)]
    resources: ResourceArgs,
    /// Names are prefixes
    #[arg(long)]
    prefix: bool,
    /// Only from this address; may be repeated [default: *]
    #[arg(long = "host", aliases = ["allow-host", "deny-host"], value_name = "ADDRESS")]
    hosts: Vec<String>,
    #[command(flatten)]
    roles: RoleArgs,
}

impl RuleArgs {
    /// The ACLs that the flags spell out, ascending, each once.
    ///
    /// Errors: usage, when something is missing or an operation means nothing on a resource.
    pub fn acls(&self) -> Result<Vec<Acl>, CliError> {
        let principals: Vec<(Permission, String)> =
            (self.allow.iter().map(|p| (Permission::Allow, principal(p))))
                .chain(self.deny.iter().map(|p| (Permission::Deny, principal(p))))
                .collect();
        if principals.is_empty() {
            return Err(CliError::usage("nobody is named").hint("name a principal with --allow or --deny"));
        }
        let hosts = if self.hosts.is_empty() { vec!["*".to_owned()] } else { self.hosts.clone() };
        let mut acls = Vec::new();
        for (resource_type, resource_name, operation) in self.subjects()? {
            for (permission, principal) in &principals {
                acls.extend(hosts.iter().map(|host| Acl {
                    resource_type,
                    resource_name: resource_name.to_owned(),
                    // The cluster has but one name, and `*` as a prefix would be that character.
                    pattern: match resource_type {
                        ResourceType::Cluster => PatternType::Literal,
                        _ if self.prefix && resource_name != "*" => PatternType::Prefixed,
                        _ => PatternType::Literal,
                    },
                    principal: principal.clone(),
                    host: host.clone(),
                    operation,
                    permission: *permission,
                }));
            }
        }
        acls.sort();
        acls.dedup();
        Ok(acls)
    }

    /// What is done to what.
    fn subjects(&self) -> Result<Vec<(ResourceType, &str, AclOperation)>, CliError> {
        let mut resources = self.resources.named();
        if self.operations.is_empty() && !self.roles.is_any() {
            return Err(CliError::usage("no operation is named")
                .hint("name one with --op, or a role with --producer or --consumer"));
        }
        if self.roles.idempotent && !self.resources.cluster {
            resources.push((ResourceType::Cluster, CLUSTER_NAME));
        }
        if resources.is_empty() {
            return Err(CliError::usage("no resource is named")
                .hint("name one with --topic, --group, --cluster, --txn, --token or --user"));
        }
        let needed = self.roles.operations();
        let mut subjects = Vec::new();
        for (kind, name) in resources {
            let by_role = needed.iter().filter(|(resource_type, _)| *resource_type == kind);
            let mut operations: Vec<AclOperation> = by_role.map(|(_, operation)| *operation).collect();
            if !(self.roles.idempotent && kind == ResourceType::Cluster && !self.resources.cluster) {
                for operation in &self.operations {
                    check(kind, *operation)?;
                }
                operations.extend(&self.operations);
            }
            if operations.is_empty() {
                return Err(CliError::usage(format!("the role does nothing with a {kind}"))
                    .hint("name operations with --op"));
            }
            subjects.extend(operations.into_iter().map(|operation| (kind, name, operation)));
        }
        Ok(subjects)
    }
}

fn check(kind: ResourceType, operation: AclOperation) -> Result<(), CliError> {
    if operation == AclOperation::All || kind.operations().contains(&operation) {
        return Ok(());
    }
    let known: Vec<&str> = kind.operations().iter().map(|operation| operation.name()).collect();
    Err(CliError::usage(format!("\"{operation}\" means nothing on a {kind}"))
        .hint(format!("there are all, {}", known.join(", "))))
}

/// `NAME` is a user; anything with a colon is taken as it stands.
pub fn principal(text: &str) -> String {
    if text.contains(':') { text.to_owned() } else { format!("User:{text}") }
}

/// `--pattern`: which ACLs a name finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Pattern {
    /// Those of exactly this name
    Literal,
    /// Those of exactly this prefix
    Prefixed,
    /// Both
    Any,
    /// All that apply to the name: itself, its prefixes, `*`
    Applies,
}

/// ACLs to look for: what is not said is not looked at.
#[derive(Clone, Debug, Default, Args)]
pub struct FilterArgs {
    /// Of this principal, allowed or denied: NAME or User:NAME; may be repeated
    #[arg(long = "principal", value_name = "PRINCIPAL")]
    principals: Vec<String>,
    /// That allow this principal
    #[arg(long, alias = "allow-principal", value_name = "PRINCIPAL")]
    allow: Vec<String>,
    /// That deny this principal
    #[arg(long, alias = "deny-principal", value_name = "PRINCIPAL")]
    deny: Vec<String>,
    /// For these operations, with commas between
    #[arg(long = "op", alias = "operation", value_name = "OPERATION", value_delimiter = ',')]
    operations: Vec<AclOperation>,
    #[command(flatten)]
    resources: ResourceArgs,
    /// For resources of this type
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<ResourceType>,
    /// How names are compared
    #[arg(long, alias = "resource-pattern-type", value_enum, conflicts_with = "prefix")]
    pattern: Option<Pattern>,
    /// Names are prefixes: --pattern prefixed
    #[arg(long)]
    prefix: bool,
    /// For this address
    #[arg(long = "host", value_name = "ADDRESS")]
    hosts: Vec<String>,
    #[command(flatten)]
    roles: RoleArgs,
}

impl FilterArgs {
    /// Whether nothing is said, so that all ACLs are meant.
    pub fn is_empty(&self) -> bool {
        self.principals.is_empty()
            && self.allow.is_empty()
            && self.deny.is_empty()
            && self.operations.is_empty()
            && self.resources.named().is_empty()
            && self.types.is_empty()
            && self.hosts.is_empty()
            && !self.roles.is_any()
    }

    /// Whether an ACL is meant; `default` says how names are compared when no flag does.
    pub fn finds(&self, acl: &Acl, default: Pattern) -> bool {
        self.finds_principal(acl)
            && (self.hosts.is_empty() || self.hosts.contains(&acl.host))
            && (self.types.is_empty() || self.types.contains(&acl.resource_type))
            && self.finds_operation(acl)
            && self.finds_resource(acl, default)
    }

    fn finds_principal(&self, acl: &Acl) -> bool {
        let lists = [
            (&self.principals, None),
            (&self.allow, Some(Permission::Allow)),
            (&self.deny, Some(Permission::Deny)),
        ];
        let mut is_asked = false;
        for (names, permission) in lists {
            is_asked |= !names.is_empty();
            let is_permission = permission.is_none_or(|permission| acl.permission == permission);
            if is_permission && names.iter().any(|name| principal(name) == acl.principal) {
                return true;
            }
        }
        !is_asked
    }

    fn finds_operation(&self, acl: &Acl) -> bool {
        let by_role = self.roles.operations().contains(&(acl.resource_type, acl.operation));
        match (self.operations.is_empty(), self.roles.is_any()) {
            (true, false) => true,
            (true, true) => by_role,
            (false, _) => by_role || self.operations.contains(&acl.operation),
        }
    }

    fn finds_resource(&self, acl: &Acl, default: Pattern) -> bool {
        let pattern = if self.prefix { Pattern::Prefixed } else { self.pattern.unwrap_or(default) };
        let resources = self.resources.named();
        let finds = |(kind, name): &(ResourceType, &str)| {
            let is_named = acl.resource_type == *kind && acl.resource_name == *name;
            match pattern {
                // The cluster has but one name.
                _ if *kind == ResourceType::Cluster => acl.resource_type == *kind,
                Pattern::Literal => is_named && acl.pattern == PatternType::Literal,
                Pattern::Prefixed => is_named && acl.pattern == PatternType::Prefixed,
                Pattern::Any => is_named,
                Pattern::Applies => acl.is_about(*kind, name),
            }
        };
        resources.is_empty() || resources.iter().any(finds)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Rules {
        #[command(flatten)]
        rules: RuleArgs,
    }

    #[derive(Parser)]
    struct Filter {
        #[command(flatten)]
        filter: FilterArgs,
    }

    fn rules(line: &str) -> Result<Vec<String>, CliError> {
        let args = Rules::try_parse_from(format!("x {line}").split(' ')).unwrap();
        Ok(args.rules.acls()?.iter().map(Acl::to_string).collect())
    }

    #[test]
    fn every_principal_gets_every_operation_on_every_resource() {
        assert_eq!(
            rules("--allow a --deny Group:b --op read,write --topic t").unwrap(),
            [
                "deny Group:b read on topic \"t\"",
                "deny Group:b write on topic \"t\"",
                "allow User:a read on topic \"t\"",
                "allow User:a write on topic \"t\"",
            ]
        );
        assert_eq!(
            rules("--allow a --op all --group g- --prefix --host 10.0.0.1").unwrap(),
            ["allow User:a all on group \"g-\"... from 10.0.0.1"]
        );
    }

    #[test]
    fn a_role_is_what_kafkas_own_tool_adds_for_it() {
        assert_eq!(
            rules("--allow a --producer --idempotent --topic t --txn x").unwrap(),
            [
                "allow User:a write on topic \"t\"",
                "allow User:a create on topic \"t\"",
                "allow User:a describe on topic \"t\"",
                "allow User:a idempotent-write on cluster \"kafka-cluster\"",
                "allow User:a write on transactional-id \"x\"",
                "allow User:a describe on transactional-id \"x\"",
            ]
        );
        assert_eq!(
            rules("--allow a --consumer --topic t --group g").unwrap(),
            [
                "allow User:a read on topic \"t\"",
                "allow User:a describe on topic \"t\"",
                "allow User:a read on group \"g\"",
            ]
        );
    }

    #[test]
    fn what_is_missing_or_means_nothing_is_said() {
        for (line, message) in [
            ("--op read --topic t", "nobody is named"),
            ("--allow a --topic t", "no operation is named"),
            ("--allow a --op read", "no resource is named"),
            ("--allow a --op write --group g", "\"write\" means nothing on a group"),
            ("--allow a --consumer --txn x", "the role does nothing with a transactional-id"),
        ] {
            assert_eq!(rules(line).unwrap_err().message, message, "{line}");
        }
    }

    fn found(line: &str, default: Pattern) -> Vec<String> {
        let args = Filter::try_parse_from(format!("x {line}").split(' ').filter(|w| !w.is_empty())).unwrap();
        let acls = [
            "--allow a --op read --topic ord --prefix",
            "--allow a --op write --topic ord",
            "--deny a --op read --topic *",
            "--allow b --op read --group orders",
        ]
        .map(|line| Rules::try_parse_from(format!("x {line}").split(' ')).unwrap().rules.acls().unwrap());
        let acls = acls.iter().flatten().filter(|acl| args.filter.finds(acl, default));
        acls.map(Acl::to_string).collect()
    }

    #[test]
    fn a_filter_finds_by_what_is_said() {
        assert_eq!(found("", Pattern::Any).len(), 4);
        assert_eq!(found("--principal a", Pattern::Any).len(), 3);
        assert_eq!(found("--allow a", Pattern::Any).len(), 2);
        assert_eq!(found("--allow a --deny a --op read", Pattern::Any).len(), 2);
        assert_eq!(found("--type group", Pattern::Any), ["allow User:b read on group \"orders\""]);
    }

    #[test]
    fn names_are_compared_as_asked() {
        assert_eq!(found("--topic ord", Pattern::Any).len(), 2);
        assert_eq!(found("--topic ord", Pattern::Literal), ["allow User:a write on topic \"ord\""]);
        assert_eq!(
            found("--topic ord --prefix", Pattern::Literal),
            ["allow User:a read on topic \"ord\"..."]
        );
        assert_eq!(
            found("--topic orders --pattern applies", Pattern::Any),
            ["allow User:a read on topic \"ord\"...", "deny User:a read on topic *"]
        );
    }
}
