//! ACLs: all are read before the first is written, in batches of at most 100 of one resource.

use std::collections::BTreeSet;

use kr_wire::ids::Uuid;
use kr_wire::metadata_records::AccessControlEntryRecord;

use super::batches::Batches;
use super::{Stop, Warning};
use crate::model::Model;

/// ACLs of a resource that go to a batch together.
const BATCH_ACLS: usize = 100;
/// High half of the ids made here, where the driver's are random: "kr migr" and a zero.
const ID_MARK: u64 = 0x6b72_206d_6967_7200;

pub(super) fn copy(
    model: &Model,
    batches: &mut Batches,
    warnings: &mut BTreeSet<Warning>,
) -> Result<(), Stop> {
    for node in &model.acls {
        node.entries.as_ref().map_err(Stop::from)?;
    }
    warnings.extend(model.lost_acls.iter().map(|lost| Warning::LostAcls { path: lost.path.clone() }));
    let mut count = 0;
    for node in &model.acls {
        let entries = node.entries.as_ref().map_err(Stop::from)?;
        for bindings in entries.bindings.chunks(BATCH_ACLS) {
            let mut batch = Vec::with_capacity(bindings.len());
            for binding in bindings {
                count += 1;
                let record = AccessControlEntryRecord {
                    id: Uuid::from_u64_pair(ID_MARK, count),
                    resource_type: node.resource_type,
                    resource_name: node.name.clone(),
                    pattern_type: node.pattern_type,
                    principal: binding.principal.clone(),
                    host: binding.host.clone(),
                    operation: binding.operation,
                    permission_type: binding.permission,
                };
                batch.push((record.into(), node.path.clone()));
            }
            batches.accept(batch)?;
        }
    }
    Ok(())
}
