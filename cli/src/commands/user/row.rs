//! A user and its credentials as they are printed.

use kr_client::admin::ScramCredential;
use schemars::JsonSchema;
use serde::Serialize;

use crate::output::{Cell, Table};

/// A user.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UserRow {
    /// Its name.
    pub name: String,
    /// Its SCRAM credentials.
    pub credentials: Vec<CredentialRow>,
}

/// A credential.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CredentialRow {
    /// `SCRAM-SHA-256` or `SCRAM-SHA-512`.
    pub mechanism: &'static str,
    /// How often the password is hashed.
    pub iterations: i32,
}

impl UserRow {
    /// The row of a user.
    pub fn of(name: String, credentials: &[ScramCredential]) -> Self {
        let row = |credential: &ScramCredential| CredentialRow {
            mechanism: credential.mechanism.name(),
            iterations: credential.iterations,
        };
        Self { name, credentials: credentials.iter().map(row).collect() }
    }
}

/// A line for each credential.
pub fn table<'a>(users: impl IntoIterator<Item = &'a UserRow>) -> Table {
    let mut table = Table::new(["NAME", "MECHANISM", "ITERATIONS"]);
    for user in users {
        for credential in &user.credentials {
            table.row([
                Cell::text(&user.name),
                Cell::text(credential.mechanism),
                Cell::number(credential.iterations),
            ]);
        }
    }
    table
}
