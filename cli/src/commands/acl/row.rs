//! An ACL as it is printed.

use kr_client::admin::Acl;
use schemars::JsonSchema;
use serde::Serialize;

use crate::output::{Cell, Style};

/// Heads of the columns that [`AclRow::cells`] fills.
pub const HEAD: [&str; 7] = ["PRINCIPAL", "PERMISSION", "OPERATION", "RESOURCE", "NAME", "PATTERN", "HOST"];

/// An ACL.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AclRow {
    /// `User:NAME`; `User:*` is everybody.
    pub principal: String,
    /// `allow` or `deny`.
    pub permission: &'static str,
    /// `read`, `write`, `describe-configs` and so on; `all` is all of them.
    pub operation: &'static str,
    /// `topic`, `group`, `cluster`, `transactional-id`, `delegation-token` or `user`.
    pub resource_type: &'static str,
    /// The name or prefix; with the pattern `literal`, `*` is all names.
    pub resource_name: String,
    /// `literal` or `prefixed`.
    pub pattern: &'static str,
    /// An address; `*` is all.
    pub host: String,
}

impl AclRow {
    /// The row of an ACL.
    pub fn of(acl: &Acl) -> Self {
        Self {
            principal: acl.principal.clone(),
            permission: acl.permission.name(),
            operation: acl.operation.name(),
            resource_type: acl.resource_type.name(),
            resource_name: acl.resource_name.clone(),
            pattern: acl.pattern.name(),
            host: acl.host.clone(),
        }
    }

    /// Its cells, in the order of [`HEAD`].
    pub fn cells(&self) -> [Cell; 7] {
        let style = if self.permission == "deny" { Style::Bad } else { Style::Plain };
        [
            Cell::text(&self.principal),
            Cell::text(self.permission).styled(style),
            Cell::text(self.operation),
            Cell::text(self.resource_type),
            Cell::text(&self.resource_name),
            Cell::text(self.pattern),
            Cell::text(&self.host),
        ]
    }

    /// What stands for it in `-o name`.
    pub fn name(&self) -> String {
        let Self { principal, permission, operation, resource_type, resource_name, pattern, host } = self;
        format!("{permission}/{principal}/{operation}/{resource_type}/{pattern}/{resource_name}/{host}")
    }
}
