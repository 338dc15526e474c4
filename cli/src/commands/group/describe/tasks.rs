//! Tasks of a member of a group of Kafka Streams (KIP-1071).

use kr_client::admin::{StreamsMemberTasks, TaskId, Tasks};
use schemars::JsonSchema;
use serde::Serialize;

use super::Description;
use crate::output::{Cell, Table};

/// What only members of Kafka Streams have.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct MemberTasks {
    /// Identity of its process, which may have several members.
    process_id: String,
    /// Where its state can be queried (`application.server`).
    endpoint: Option<String>,
    /// Epoch of the topology it runs.
    topology_epoch: i32,
    current: TaskSet,
    target: TaskSet,
}

/// Tasks, SUBTOPOLOGY_PARTITION, by what is done with them.
#[derive(Debug, Serialize, JsonSchema)]
struct TaskSet {
    /// Processed.
    active: Vec<String>,
    /// A copy of their state is kept.
    standby: Vec<String>,
    /// Their state is restored, to process them later.
    warmup: Vec<String>,
}

impl MemberTasks {
    pub(super) fn of(tasks: StreamsMemberTasks) -> Self {
        Self {
            process_id: tasks.process_id,
            endpoint: tasks.endpoint,
            topology_epoch: tasks.topology_epoch,
            current: TaskSet::of(&tasks.current),
            target: TaskSet::of(&tasks.target),
        }
    }
}

impl TaskSet {
    fn of(tasks: &Tasks) -> Self {
        let names = |ids: &[TaskId]| ids.iter().map(TaskId::to_string).collect();
        Self { active: names(&tasks.active), standby: names(&tasks.standby), warmup: names(&tasks.warmup) }
    }
}

/// The tasks of all members, as people see them.
pub(super) fn table(group: &Description) -> Table {
    let list = |ids: &Vec<String>| Cell::text(if ids.is_empty() { "-".to_owned() } else { ids.join(",") });
    let mut table =
        Table::new(["MEMBER", "CLIENT", "PROCESS", "EPOCH", "ACTIVE", "STANDBY", "WARM-UP", "TARGET ACTIVE"]);
    for member in &group.members {
        let Some(tasks) = &member.tasks else { continue };
        table.row([
            Cell::text(&member.member_id),
            Cell::text(&member.client_id),
            Cell::text(&tasks.process_id),
            Cell::maybe(member.epoch),
            list(&tasks.current.active),
            list(&tasks.current.standby),
            list(&tasks.current.warmup),
            list(&tasks.target.active),
        ]);
    }
    table
}
