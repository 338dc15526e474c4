//! Group S: who may read and write the nodes.

use super::{Check, Facts, Input, Severity, Step, Symptom, some};

/// Paths whose nodes hold credentials.
const CREDENTIALS: [&str; 3] = ["/config/users/", "/config/brokers/", "/delegation_token/tokens/"];
/// Bit of the permission to read.
const READ: i32 = 1;

pub(super) const CHECKS: &[Check] = &[Check {
    id: "S04",
    severity: Severity::Warning,
    title: "secured and open nodes are mixed, or credentials can be read by anyone",
    step: Step::Prepare,
    needs: &[Input::ZooKeeper],
    fix: "run the ZooKeeper security tool with --enable.path.check",
    reference: "KAFKA-19480",
    judge: mixed,
}];

fn mixed(facts: &Facts<'_>) -> Vec<Symptom> {
    let tree = facts.tree();
    let (mut secured, mut open) = (0_usize, Vec::new());
    let mut readable = Vec::new();
    for (path, node) in tree.walk().filter(|(path, _)| path != "/" && !path.starts_with("/zookeeper")) {
        let acl = tree.acl(node);
        let anyone = acl.iter().filter(|acl| acl.scheme == "world");
        let (mut may_write, mut may_read) = (false, false);
        for acl in anyone {
            may_write |= acl.perms & !READ != 0;
            may_read |= acl.perms & READ != 0;
        }
        let holds_data = node.data.as_ref().is_some_and(|data| !data.is_empty());
        if may_read && holds_data && CREDENTIALS.iter().any(|prefix| path.starts_with(prefix)) {
            readable.push(path.clone());
        }
        if !may_write {
            secured += 1;
        } else if !path.starts_with("/consumers") {
            open.push(path);
        }
    }
    if secured == 0 {
        // zookeeper.set.acl is off: everything is open on purpose.
        return Vec::new();
    }
    let mut found = Vec::new();
    if !open.is_empty() {
        found.push(Symptom::of(some(&open), format!("open, beside {secured} nodes that are secured")));
    }
    if !readable.is_empty() {
        found.push(Symptom::of(some(&readable), "credentials that anyone can read"));
    }
    found
}
