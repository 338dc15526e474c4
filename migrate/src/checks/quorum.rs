//! Group Q: the controllers and the nodes that say who controls what.

use kr_wire::metadata_records::MetadataRecord;

use super::{Check, Facts, Input, Severity, Step, Symptom, versions};

/// Notifications beyond this number mean that nobody takes them.
const MANY_NOTIFICATIONS: usize = 1000;
/// `ZkMigrationStateRecord` of controllers that were started without the migration's flag.
const NONE: i8 = 0;
/// Where the epochs of partitions' writers are looked for.
const EPOCH: &str = "/controller_epoch";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "Q05",
        severity: Severity::Warning,
        title: "the cluster id begins with a dash",
        step: Step::Controllers,
        needs: &[Input::ZooKeeper],
        fix: "write --cluster-id=<id> with an equals sign when formatting controllers",
        reference: "KAFKA-19988",
        judge: dash,
    },
    Check {
        id: "Q06",
        severity: Severity::Blocker,
        title: "the controllers were started without zookeeper.metadata.migration.enable",
        step: Step::Controllers,
        needs: &[Input::MetadataLog],
        fix: "stop them, wipe their directories, format again, and start them with the flag",
        reference: "ZkMigrationState NONE is final",
        judge: born_without,
    },
    Check {
        id: "Q10",
        severity: Severity::Blocker,
        title: "/migration is left from an earlier attempt: the copy would be skipped and ZooKeeper emptied",
        step: Step::Controllers,
        needs: &[Input::ZooKeeper],
        fix: "stop the controllers now, delete /migration, format the controllers again",
        reference: "KRaftMigrationDriver, BECOME_CONTROLLER",
        judge: leftover,
    },
    Check {
        id: "Q11",
        severity: Severity::Blocker,
        title: "/migration cannot be read",
        step: Step::Controllers,
        needs: &[Input::ZooKeeper],
        fix: "delete /migration while no controller runs",
        reference: "KAFKA-19480",
        judge: unreadable_migration,
    },
    Check {
        id: "Q12",
        severity: Severity::Error,
        title: "/controller belongs to a KRaft controller or to nobody",
        step: Step::Controllers,
        needs: &[Input::ZooKeeper],
        fix: "finish the rollback of the earlier attempt: delete /controller, then /migration",
        reference: "KafkaZkClient, tryRegisterKRaftControllerAsActiveController",
        judge: persistent_controller,
    },
    Check {
        id: "Q13",
        severity: Severity::Blocker,
        title: "there is no controller in ZooKeeper",
        step: Step::Controllers,
        needs: &[Input::ZooKeeper],
        fix: "restore a working controller before controllers of KRaft are started",
        reference: "KafkaZkClient, tryRegisterKRaftControllerAsActiveController",
        judge: no_controller,
    },
    Check {
        id: "Q15",
        severity: Severity::Warning,
        title: "notifications pile up",
        step: Step::Prepare,
        needs: &[Input::ZooKeeper],
        fix: "find the controller or broker that no longer takes them",
        reference: "/isr_change_notification, /config/changes, /kafka-acl-changes",
        judge: notifications,
    },
    Check {
        id: "Q16",
        severity: Severity::Information,
        title: "how far a migration has come",
        step: Step::Later,
        needs: &[Input::ZooKeeper],
        fix: "nothing",
        reference: "/migration",
        judge: progress,
    },
    Check {
        id: "Q17",
        severity: Severity::Warning,
        title: "partitions were written by a controller of a higher epoch: a rollback would take them offline",
        step: Step::Migrate,
        needs: &[Input::ZooKeeper],
        fix: "in a rollback raise /controller_epoch after stopping the controllers, before deleting /controller",
        reference: "KAFKA-20488",
        judge: epochs,
    },
];

fn dash(facts: &Facts<'_>) -> Vec<Symptom> {
    match &facts.model().cluster_id {
        Some(Ok(id)) if id.starts_with('-') => vec![Symptom::of("/cluster/id", id)],
        _ => Vec::new(),
    }
}

/// The last state of the migration in the log.
fn state(facts: &Facts<'_>) -> Option<i8> {
    let records = facts.log().records_until(facts.log().end);
    let states = records.filter_map(|record| match record {
        MetadataRecord::ZkMigrationState(state) => Some(state.zk_migration_state),
        _ => None,
    });
    states.last()
}

fn born_without(facts: &Facts<'_>) -> Vec<Symptom> {
    // A log without any record was never a controller's.
    let is_used = versions::metadata_version(facts).is_some();
    match state(facts) {
        Some(NONE) => vec![Symptom::of("metadata log", "its state of the migration is NONE")],
        None if is_used => vec![Symptom::of("metadata log", "it holds no state of a migration")],
        _ => Vec::new(),
    }
}

fn leftover(facts: &Facts<'_>) -> Vec<Symptom> {
    let Some(Ok(migration)) = &facts.model().migration else { return Vec::new() };
    if migration.metadata_offset <= 0 {
        return Vec::new();
    }
    let (offset, epoch) = (migration.metadata_offset, migration.metadata_epoch);
    let seen = format!("offset {offset} of epoch {epoch}");
    let Some(log) = facts.metadata_log else {
        // Without the log it may be a migration that is well on its way.
        let evidence =
            format!("{seen}; give the controllers' log to tell a leftover from a migration under way");
        return vec![Symptom::of("/migration", evidence).at(Severity::Warning)];
    };
    let last = log.batches.iter().filter_map(|batch| batch.epoch).map(|epoch| epoch.0).max().unwrap_or(-1);
    if (last, log.end.0 - 1) >= (epoch, offset) {
        return Vec::new();
    }
    let end = log.end.0;
    vec![Symptom::of("/migration", format!("{seen}, but the log ends at {end} in epoch {last}"))]
}

fn unreadable_migration(facts: &Facts<'_>) -> Vec<Symptom> {
    match &facts.model().migration {
        Some(Err(unreadable)) => vec![Symptom::of(&unreadable.path, &unreadable.why)],
        _ => Vec::new(),
    }
}

fn persistent_controller(facts: &Facts<'_>) -> Vec<Symptom> {
    match &facts.model().controller {
        Some(Ok(controller)) if !controller.is_ephemeral => {
            let (id, epoch) = (controller.id, controller.kraft_epoch);
            vec![Symptom::of("/controller", format!("persistent, of {id}, KRaft epoch {epoch}"))]
        }
        Some(Err(unreadable)) => vec![Symptom::of(&unreadable.path, &unreadable.why)],
        _ => Vec::new(),
    }
}

fn no_controller(facts: &Facts<'_>) -> Vec<Symptom> {
    let model = facts.model();
    let mut found = Vec::new();
    if model.controller.is_none() {
        found.push(Symptom::of("/controller", "does not exist"));
    }
    match &model.controller_epoch {
        None => found.push(Symptom::of(EPOCH, "does not exist")),
        Some(Err(unreadable)) => found.push(Symptom::of(EPOCH, &unreadable.why)),
        Some(Ok(_)) => {}
    }
    found
}

fn notifications(facts: &Facts<'_>) -> Vec<Symptom> {
    let paths = [
        "/isr_change_notification",
        "/config/changes",
        "/kafka-acl-changes",
        "/kafka-acl-extended-changes",
        "/log_dir_event_notification",
    ];
    let counted = paths.map(|path| (path, facts.tree().children(path).count()));
    let many = counted.into_iter().filter(|(_, count)| *count > MANY_NOTIFICATIONS);
    many.map(|(path, count)| Symptom::of(path, format!("{count} nodes"))).collect()
}

fn progress(facts: &Facts<'_>) -> Vec<Symptom> {
    let Some(Ok(migration)) = &facts.model().migration else { return Vec::new() };
    let evidence = format!(
        "controller {} of epoch {}, offset {} of epoch {}, written {} ms after 1970",
        migration.controller_id,
        migration.controller_epoch,
        migration.metadata_offset,
        migration.metadata_epoch,
        migration.modified_ms
    );
    vec![Symptom::of("/migration", evidence)]
}

fn epochs(facts: &Facts<'_>) -> Vec<Symptom> {
    let model = facts.model();
    let Some(Ok(epoch)) = &model.controller_epoch else { return Vec::new() };
    let topics = model.topics.iter().filter_map(|(name, topic)| Some((name, topic.as_ref().ok()?)));
    let states = topics.flat_map(|(name, topic)| {
        topic.partitions.iter().filter_map(move |(number, assignment)| match &assignment.state {
            Some(Ok(state)) => Some((state.controller_epoch, format!("{name}-{number}"))),
            _ => None,
        })
    });
    let highest = states.max_by_key(|(epoch, _)| *epoch).filter(|(highest, _)| highest > epoch);
    let symptom = |(highest, partition)| {
        Symptom::of(EPOCH, format!("{epoch}, but {partition} was written in epoch {highest}"))
    };
    highest.map(symptom).into_iter().collect()
}
