//! Drives the controller's state machine: gives it requests while this node leads the quorum, appends the
//! records it answers with, and sends the responses once they are committed.
//!
//! Decides nothing about metadata.

use std::collections::VecDeque;

use kr_metadata::controller::{Call, Controller, ControllerConfig, MAX_RECORDS, Outcome};
use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{BrokerEpoch, NodeId, Offset};
use kr_wire::message::{RequestKind, ResponseKind};
use kr_wire::metadata_records::MetadataRecord;
use kr_wire::time::Mono;

use crate::conns::Token;
use crate::dispatch::{Answer, Context};
use crate::handlers::refusals;
use crate::node::Node;
use crate::output::Level;

/// The controller of a node, active or standing by.
pub(crate) struct ControllerDrive {
    machine: Controller,
    active: bool,
    /// From `bootstrap.checkpoint`: what an empty log starts with.
    bootstrap: Vec<MetadataRecord>,
    /// Responses that wait for their records, in order of their ends.
    waiting: VecDeque<Waiting>,
    /// End of the last batch that was appended here.
    appended: Offset,
}

/// A response that must not leave before its records are committed.
struct Waiting {
    end: Offset,
    token: Token,
    request: RequestKind,
    response: ResponseKind,
}

impl ControllerDrive {
    pub(crate) fn new(config: ControllerConfig, bootstrap: Vec<MetadataRecord>, seed: u64) -> Self {
        Self {
            machine: Controller::new(config, seed),
            active: false,
            bootstrap,
            waiting: VecDeque::new(),
            appended: Offset::ZERO,
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        if self.active { self.machine.next_deadline() } else { None }
    }
}

/// Hands a request to the machine's method of the same name.
macro_rules! ask {
    ($machine:expr, $request:expr, $call:expr, { $($kind:ident => $method:ident),* $(,)? }) => {
        match $request {
            $(RequestKind::$kind(request) => {
                let outcome = $machine.$method(request, $call);
                Some(Outcome {
                    records: outcome.records,
                    response: ResponseKind::$kind(outcome.response),
                    atomic: outcome.atomic,
                })
            })*
            _ => None,
        }
    };
}

impl Node {
    pub(crate) fn is_active_controller(&self) -> bool {
        self.controller.as_ref().is_some_and(|c| c.active)
    }

    /// A request that only the active controller answers.
    pub(crate) fn controller_request(&mut self, ctx: &Context, request: RequestKind) -> Answer {
        let call = self.controller_call(ctx.version);
        let Some(drive) = self.controller.as_mut().filter(|c| c.active) else {
            return self.not_controller(&request);
        };
        let asked = ask!(drive.machine, &request, call, {
            BrokerRegistration => register_broker,
            BrokerHeartbeat => heartbeat,
            UnregisterBroker => unregister_broker,
            ControllerRegistration => register_controller,
            CreateTopics => create_topics,
            DeleteTopics => delete_topics,
            CreatePartitions => create_partitions,
            AlterPartition => alter_partition,
            ElectLeaders => elect_leaders,
            IncrementalAlterConfigs => incremental_alter_configs,
            AlterConfigs => alter_configs,
            UpdateFeatures => update_features,
            AllocateProducerIds => allocate_producer_ids,
            AssignReplicasToDirs => assign_replicas_to_dirs,
            AlterPartitionReassignments => alter_partition_reassignments,
            ListPartitionReassignments => list_partition_reassignments,
        });
        let Some(outcome) = asked else {
            return Answer::HangUp(format!("API key {} has no controller", ctx.api_key));
        };
        if !self.append_outcome(&outcome.records, outcome.atomic) {
            return self.not_controller(&request);
        }
        let committed = self.quorum.committed();
        let drive = self.controller.as_mut().expect("the controller answered just now");
        if drive.appended <= committed {
            return Answer::now(outcome.response);
        }
        drive.waiting.push_back(Waiting {
            end: drive.appended,
            token: ctx.token,
            request,
            response: outcome.response,
        });
        Answer::Later
    }

    fn controller_call(&self, version: i16) -> Call {
        let next_offset = self.quorum.log.end_offset();
        Call { version, now: self.now, next_offset }
    }

    /// Appends records and replays them on the active controller; `false` when leadership is gone.
    fn append_outcome(&mut self, records: &[MetadataRecord], atomic: bool) -> bool {
        let batch_len = if atomic { records.len().max(1) } else { MAX_RECORDS };
        for batch in records.chunks(batch_len) {
            let Some(drive) = self.controller.as_mut() else { return false };
            let version = drive.machine.image().metadata_version();
            let version = version.unwrap_or_else(|| bootstrap_version(&drive.bootstrap));
            let (base, end) = match self.quorum.propose(batch, version, self.now) {
                Ok(Some(span)) => span,
                Ok(None) => return false,
                Err(error) => {
                    self.fatal(format!("cannot append to the metadata log: {error}"));
                    return false;
                }
            };
            drive.appended = end;
            for (index, record) in batch.iter().enumerate() {
                if let Err(error) = drive.machine.replay(record, base + index as i64) {
                    self.fatal(format!("the controller's own record does not replay: {error}"));
                    return false;
                }
            }
        }
        self.drain_raft();
        true
    }

    fn not_controller(&self, request: &RequestKind) -> Answer {
        let message = match self.quorum.leader() {
            Some(id) => format!("the active controller appears to be node {id}"),
            None => "no controller is active".to_owned(),
        };
        match refusals::refuse(request, ErrorCode::NOT_CONTROLLER, &message) {
            Some(response) => Answer::now(response),
            None => Answer::HangUp(message),
        }
    }

    /// Activates the controller when its time has come, and sends what has been committed.
    pub(crate) fn run_controller(&mut self) -> bool {
        let mut moved = false;
        let leads = self.quorum.led_epoch().is_some();
        let call = self.controller_call(0);
        let image = self.quorum.replayed_image().clone();
        let Some(drive) = self.controller.as_mut() else { return false };
        if leads && !drive.active {
            drive.active = true;
            drive.machine.install(image);
            let bootstrap = drive.bootstrap.clone();
            let outcome = drive.machine.activate(&bootstrap, call);
            self.append_outcome(&outcome.records, outcome.atomic);
            self.log(Level::Info, "this node is the active controller".to_owned());
            for node in self.lost.clone() {
                self.broker_lost(node);
            }
            moved = true;
        }
        let committed = self.quorum.committed();
        while let Some(drive) = self.controller.as_mut()
            && drive.waiting.front().is_some_and(|w| w.end <= committed)
        {
            let Some(done) = drive.waiting.pop_front() else { break };
            self.respond(done.token, done.response);
            moved = true;
        }
        moved
    }

    /// Runs the periodic tasks whose time has come.
    pub(crate) fn tick_controller(&mut self) {
        let now = self.now.mono;
        if self.controller.as_ref().and_then(ControllerDrive::next_deadline).is_some_and(|at| at <= now) {
            self.excuse_waiting_brokers();
        }
        while self.controller.as_ref().and_then(ControllerDrive::next_deadline).is_some_and(|at| at <= now) {
            let call = self.controller_call(0);
            let Some(drive) = self.controller.as_mut() else { return };
            let outcome = drive.machine.tick(call);
            if !self.append_outcome(&outcome.records, outcome.atomic) {
                return;
            }
        }
    }

    /// A broker sends its next heartbeat when the last one is answered, and answers wait for commits.
    fn excuse_waiting_brokers(&mut self) {
        let Some(drive) = self.controller.as_mut() else { return };
        for waiting in drive.waiting.iter().filter(|w| self.conns.is_waiting(w.token)) {
            if let RequestKind::BrokerHeartbeat(beat) = &waiting.request {
                let (broker, epoch) = (NodeId(beat.broker_id.0), BrokerEpoch(beat.broker_epoch));
                drive.machine.broker_waits(broker, epoch, self.now);
            }
        }
    }

    /// Leadership is lost: what was not committed may never be, so nobody is told that it was.
    pub(crate) fn controller_resigned(&mut self) {
        let Some(drive) = self.controller.as_mut() else { return };
        if !drive.active {
            return;
        }
        drive.active = false;
        drive.machine.resign();
        for lost in std::mem::take(&mut drive.waiting) {
            let answer = self.not_controller(&lost.request);
            self.answer(lost.token, answer);
        }
        self.log(Level::Info, "this node is no longer the active controller".to_owned());
    }

    /// A hint that a broker's process is gone (profile `fast`).
    pub(crate) fn broker_lost(&mut self, broker: NodeId) {
        let now = self.now;
        if let Some(drive) = self.controller.as_mut().filter(|c| c.active) {
            drive.machine.broker_lost(broker, now);
        }
    }
}

fn bootstrap_version(bootstrap: &[MetadataRecord]) -> i16 {
    bootstrap
        .iter()
        .find_map(|record| match record {
            MetadataRecord::FeatureLevel(level) if level.name == "metadata.version" => {
                Some(level.feature_level)
            }
            _ => None,
        })
        .unwrap_or(kr_metadata::features::LATEST_METADATA_VERSION)
}
