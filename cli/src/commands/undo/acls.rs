//! The way back from added and removed ACLs.

use kr_client::Client;
use kr_client::admin::{Acl, AclFilter};
use kr_client::undo::AclEntry;

use super::way::{Step, failures};
use crate::error::CliError;
use crate::output::Failure;

/// Which of them exist now.
pub async fn look(client: &Client, added: &[AclEntry], removed: &[AclEntry]) -> Result<Vec<Step>, CliError> {
    let now = client.list_acls(&AclFilter::default()).await?;
    let step = |entry: &AclEntry, is_wanted: bool| {
        let acl = Acl::from(entry);
        let exists = now.contains(&acl);
        let show = |exists: bool| if exists { "exists" } else { "absent" }.to_owned();
        Step {
            target: acl.to_string(),
            now: show(exists),
            then: show(is_wanted),
            is_as_left: exists != is_wanted,
        }
    };
    let gone = added.iter().map(|entry| step(entry, false));
    let back = removed.iter().map(|entry| step(entry, true));
    Ok(gone.chain(back).collect())
}

/// Adds those that were removed first, so that nobody is locked out in between; then removes those added.
pub async fn go(client: &Client, added: &[AclEntry], removed: &[AclEntry]) -> Result<Vec<Failure>, CliError> {
    let acls = |entries: &[AclEntry]| entries.iter().map(Acl::from).collect::<Vec<_>>();
    let mut results = Vec::new();
    if !removed.is_empty() {
        results.extend(client.create_acls(&acls(removed)).await?);
    }
    if !added.is_empty() {
        results.extend(client.delete_acls(&acls(added)).await?);
    }
    Ok(failures(results.into_iter().map(|(acl, result)| (acl.to_string(), result))))
}
