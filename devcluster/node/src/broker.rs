//! The broker's side of a node: its parts, its calls to the controller, and what metadata means for it.
//!
//! Wiring only; each part decides for itself.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use kr_log::checkpoint::Offsets;
use kr_log::clean_shutdown::CleanShutdown;
use kr_metadata::{Delta, Image, features};
use kr_wire::message::{RequestKind, ResponseKind};
use kr_wire::time::{Mono, Now};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::config::Settings;
use crate::conns::{Origin, Pending};
use crate::dispatch::Context;
use crate::drive::group::Groups;
use crate::event::{ConnId, Listener};
use crate::handlers::auto_create::AutoCreate;
use crate::handlers::delete_records::DeleteRecordsWaits;
use crate::handlers::groups::GroupWaits;
use crate::lifecycle::{self, Consequence, Identity, Lifecycle};
use crate::links::{Call, CallBody, CallFailure, CallReply, CallTag, Purpose};
use crate::node::Node;
use crate::output::Level;
use crate::producer_ids::ProducerIds;
use crate::replica::Replicas;
use crate::replica::sessions::FetchSessions;

/// The parts of a broker.
pub(crate) struct Broker {
    pub(crate) lifecycle: Lifecycle,
    pub(crate) replicas: Replicas,
    pub(crate) groups: Groups,
    pub(crate) group_waits: GroupWaits,
    pub(crate) fetch_sessions: FetchSessions,
    pub(crate) delete_records: DeleteRecordsWaits,
    pub(crate) producer_ids: ProducerIds,
    pub(crate) auto_create: AutoCreate,
    /// Whether the metadata is from after this run's registration. Before, it may say that this broker leads what it
    /// led in its last run; a crash may have taken records since, so nothing is led or followed by it.
    takes_part: bool,
    /// Requests that came in before that, in their order: their answers would be of the last run. The driver bounds
    /// what a connection may have unanswered. (Kafka processes requests from the initial catch-up on.)
    early: VecDeque<(ConnId, Bytes)>,
}

/// What the log directory said about the broker before its metadata is known.
pub(crate) struct Found {
    pub(crate) clean: Option<CleanShutdown>,
    pub(crate) recovery_points: Offsets,
    pub(crate) log_starts: Offsets,
    pub(crate) high_watermarks: Offsets,
}

/// How long the controller may take to answer a broker's own requests.
const CONTROLLER_TIMEOUT: Duration = Duration::from_secs(10);

impl Broker {
    pub(crate) fn new(found: Found, settings: &Settings, rng: &mut ChaCha8Rng, now: Now) -> Self {
        let mut incarnation = [0; 16];
        rng.fill_bytes(&mut incarnation);
        let incarnation = uuid::Builder::from_random_bytes(incarnation).into_uuid();
        let previous_epoch = found.clean.as_ref().and_then(|clean| clean.broker_epoch);
        Self {
            lifecycle: Lifecycle::new(incarnation, previous_epoch, now),
            replicas: Replicas::new(found, settings, now),
            groups: Groups::new(settings.groups.clone(), rng.next_u64()),
            group_waits: GroupWaits::new(),
            fetch_sessions: FetchSessions::new(settings.fetch_sessions, rng.next_u64()),
            delete_records: DeleteRecordsWaits::default(),
            producer_ids: ProducerIds::default(),
            auto_create: AutoCreate::default(),
            takes_part: false,
            early: VecDeque::new(),
        }
    }

    /// Drops the requests of a connection that is gone.
    pub(crate) fn forget_early(&mut self, gone: ConnId) {
        self.early.retain(|(conn, _)| *conn != gone);
    }

    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        [
            self.lifecycle.next_deadline(),
            self.replicas.next_deadline(),
            self.groups.next_deadline(),
            self.delete_records.next_deadline(),
            self.producer_ids.next_deadline(),
            self.auto_create.next_deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}

impl Node {
    /// Keeps a client's request for later if the broker does not take part yet; otherwise gives it back.
    pub(crate) fn keep_early(&mut self, conn: ConnId, frame: Bytes) -> Option<Bytes> {
        match &mut self.broker {
            Some(broker) if !broker.takes_part => {
                broker.early.push_back((conn, frame));
                None
            }
            _ => Some(frame),
        }
    }

    /// Sends a request of this node to the active controller; `false` when none is known.
    ///
    /// The answer comes through [`Node::call_ended`] with the same tag.
    pub(crate) fn call_controller(&mut self, tag: CallTag, request: RequestKind) -> bool {
        let Some(leader) = self.quorum.leader() else { return false };
        if leader == self.config.node_id {
            self.call_own_controller(tag, request);
            return true;
        }
        let Some((host, port)) = self.quorum.address(leader) else { return false };
        let call = Call { tag, body: CallBody::message(request), timeout: CONTROLLER_TIMEOUT };
        let purpose = Purpose::Controller(leader);
        if let Some(ended) = self.links.call(purpose, (&host, port), call, self.now, &mut self.out) {
            self.call_ended(ended.tag, ended.result);
        }
        true
    }

    fn call_own_controller(&mut self, tag: CallTag, request: RequestKind) {
        let api_key = kr_wire::message::request_key(&request);
        let api_version = kr_wire::api::row(api_key).map_or(0, |row| row.max);
        let origin = Origin::Local { call: tag };
        let token = self.conns.name(Pending { origin, api_key, api_version, correlation_id: 0 });
        let here = std::net::SocketAddr::from(([127, 0, 0, 1], self.config.controller_port));
        let ctx = Context {
            token,
            api_key,
            version: api_version,
            correlation_id: 0,
            listener: Listener::Controller,
            client_id: self.config.node_id.to_string(),
            client: here.ip(),
            local: here,
        };
        let answer = self.controller_request(&ctx, request);
        self.answer(token, answer);
    }

    /// Another controller is active, or none: whatever waits for the controller goes to the new one.
    pub(crate) fn controller_moved(&mut self) {
        let now = self.now;
        if let Some(active) = self.quorum.leader() {
            let ended = self.links.leave_controllers(active, &mut self.out);
            self.calls_ended(ended);
        }
        if let Some(broker) = &mut self.broker {
            broker.lifecycle.hurry(now);
            broker.replicas.controller_moved();
        }
        self.registered_controller = false;
        self.forwards_retry();
    }

    /// Does what is due.
    pub(crate) fn tick_broker(&mut self) {
        self.register_controller();
        self.tick_forwards();
        if self.broker.is_none() {
            return;
        }
        self.heartbeat();
        self.tick_replicas();
        self.tick_groups();
        self.tick_delete_records();
        self.tick_producer_ids();
        self.tick_auto_create();
    }

    /// Completes what became possible in this turn.
    pub(crate) fn run_broker(&mut self) -> bool {
        if self.broker.is_none() {
            return false;
        }
        let began = self.take_part();
        let replicas = self.run_replicas();
        self.run_groups() || replicas || began
    }

    fn heartbeat(&mut self) {
        let (applied, committed) = (self.quorum.applied(), self.quorum.committed());
        let Some(broker) = &mut self.broker else { return };
        let registered = broker.lifecycle.epoch().is_some_and(|epoch| {
            self.quorum.image().broker(self.config.node_id).is_some_and(|b| b.epoch == epoch)
        });
        let ready = registered && applied >= committed;
        let features = features::supported();
        let identity = Identity { config: &self.config, directory: self.directory, features: &features };
        let Some(request) = broker.lifecycle.request(&identity, applied, ready, self.now) else { return };
        let tag = match request {
            RequestKind::BrokerRegistration(_) => CallTag::RegisterBroker,
            _ => CallTag::Heartbeat,
        };
        if !self.call_controller(tag, request)
            && let Some(broker) = &mut self.broker
        {
            broker.lifecycle.failed(self.now);
        }
    }

    /// Registers this node as a controller, once per leader of the quorum (KIP-919).
    fn register_controller(&mut self) {
        if self.registered_controller || !self.config.roles.is_controller() {
            return;
        }
        let level = self.quorum.image().metadata_version().unwrap_or(0);
        if level < CONTROLLER_REGISTRATION_LEVEL {
            return;
        }
        let known = self
            .quorum
            .image()
            .controllers()
            .any(|c| c.id == self.config.node_id && c.incarnation == self.incarnation);
        if known {
            self.registered_controller = true;
            return;
        }
        let features = features::supported();
        let identity = Identity { config: &self.config, directory: self.directory, features: &features };
        let request = lifecycle::controller_registration(&identity, self.incarnation);
        self.registered_controller = self.call_controller(CallTag::RegisterController, request);
    }

    /// What committed metadata means for the broker.
    pub(crate) fn publish_to_broker(&mut self, delta: &Delta) {
        let Some(broker) = &mut self.broker else { return };
        if delta.brokers.contains(&self.config.node_id) || broker.lifecycle.is_shutting_down() {
            broker.lifecycle.hurry(self.now);
        }
        if broker.takes_part {
            self.publish_to_parts(delta);
        } else {
            self.take_part();
        }
    }

    /// Begins to lead and follow once the metadata has this run's registration, which has ended all leadership of
    /// earlier runs; `true` in the turn in which it begins (Kafka installs its publishers after the initial catch-up).
    fn take_part(&mut self) -> bool {
        let Some(broker) = &mut self.broker else { return false };
        let registered = self.quorum.image().broker(self.config.node_id).map(|b| b.epoch);
        if broker.takes_part || registered.is_none() || broker.lifecycle.epoch() != registered {
            return false;
        }
        broker.takes_part = true;
        let early = std::mem::take(&mut broker.early);
        let all = Delta::between(&Image::default(), self.quorum.image());
        self.publish_to_parts(&all);
        for (conn, frame) in early {
            self.frame(conn, frame);
        }
        true
    }

    fn publish_to_parts(&mut self, delta: &Delta) {
        self.publish_to_replicas(delta);
        self.publish_to_groups(delta);
        self.publish_to_auto_create(delta);
    }

    /// A call of this node has ended: its owner goes on.
    pub(crate) fn call_ended(&mut self, tag: CallTag, result: Result<CallReply, CallFailure>) {
        if let Err(failure @ (CallFailure::Unsupported | CallFailure::Garbled)) = &result {
            self.log(Level::Warn, format!("a call to a peer failed: {failure:?} {tag:?}"));
        }
        match tag {
            CallTag::Raft { call } => self.raft_answered(call, result),
            CallTag::Forward { token } => self.forward_ended(token, result),
            CallTag::ReplicaFetch { leader, generation } => self.replica_fetched(leader, generation, result),
            CallTag::RegisterController => {
                let accepted = matches!(message(result), Some(ResponseKind::ControllerRegistration(r)) if r.error_code == 0);
                self.registered_controller = accepted;
            }
            CallTag::RegisterBroker => match message(result) {
                Some(ResponseKind::BrokerRegistration(response)) => {
                    let now = self.now;
                    let consequence = self.broker.as_mut().map(|b| b.lifecycle.registered(&response, now));
                    self.lived(consequence);
                }
                _ => self.lifecycle_failed(),
            },
            CallTag::Heartbeat => match message(result) {
                Some(ResponseKind::BrokerHeartbeat(response)) => {
                    let (now, settings) = (self.now, &self.settings);
                    let consequence =
                        self.broker.as_mut().map(|b| b.lifecycle.heartbeat(&response, settings, now));
                    self.lived(consequence);
                }
                _ => self.lifecycle_failed(),
            },
            CallTag::AlterPartition => self.isr_answered(message(result)),
            CallTag::ProducerIds => self.producer_ids_answered(message(result)),
            CallTag::AutoCreate => self.auto_create_answered(message(result)),
        }
    }

    fn lifecycle_failed(&mut self) {
        if let Some(broker) = &mut self.broker {
            broker.lifecycle.failed(self.now);
        }
    }

    fn lived(&mut self, consequence: Option<Consequence>) {
        match consequence {
            None | Some(Consequence::None) => {}
            Some(Consequence::Registered(epoch)) => {
                self.log(Level::Info, format!("registered with broker epoch {epoch}"));
            }
            Some(Consequence::FencedChanged(fenced)) => {
                let what = if fenced { "fenced" } else { "unfenced" };
                self.log(Level::Info, format!("this broker is {what}"));
            }
            Some(Consequence::MayStop) => self.broker_released(),
            Some(Consequence::Refused(reason)) => self.fatal(reason),
        }
    }

    /// Closes all logs and leaves what a clean start needs.
    pub(crate) fn close_files(&mut self) -> Result<(), kr_log::LogError> {
        let Some(broker) = self.broker.take() else { return Ok(()) };
        let epoch = broker.lifecycle.clean_epoch();
        // A run that never opened its logs leaves everything as it was found: clean or not.
        let is_clean = broker.takes_part || epoch.is_some();
        if broker.takes_part {
            broker.replicas.close(&*self.disk, &self.config.log_dir)?;
        }
        if is_clean {
            kr_log::clean_shutdown::write(&*self.disk, &self.config.log_dir, epoch)?;
        }
        Ok(())
    }
}

/// `metadata.version` from which controllers register (3.7-IV0).
const CONTROLLER_REGISTRATION_LEVEL: i16 = 15;

fn message(result: Result<CallReply, CallFailure>) -> Option<ResponseKind> {
    match result {
        Ok(CallReply::Message { response }) => Some(*response),
        Ok(CallReply::Fetch(_)) | Err(_) => None,
    }
}
