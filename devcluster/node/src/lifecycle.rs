//! A broker's life as the controller sees it: registration, heartbeats, unfencing, controlled shutdown;
//! and a controller's registration of itself.
//!
//! Decides when to send what; replicas and clients are not its business.

use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{BrokerEpoch, DirectoryId, NodeId, Offset, Uuid};
use kr_wire::message::RequestKind;
use kr_wire::messages::broker_registration_request::{Feature, Listener as BrokerListener};
use kr_wire::messages::controller_registration_request::{
    Feature as ControllerFeature, Listener as ControllerListener,
};
use kr_wire::messages::{
    BrokerHeartbeatRequest, BrokerHeartbeatResponse, BrokerRegistrationRequest, BrokerRegistrationResponse,
    ControllerRegistrationRequest,
};
use kr_wire::time::{Mono, Now};

use crate::config::{NodeConfig, Settings};

/// Pause before a registration or heartbeat is tried again after an answer that says "not now".
const RETRY: Duration = Duration::from_millis(10);

/// Where a broker is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Not registered in this run.
    Unregistered,
    /// Registered and heartbeating.
    Registered { epoch: BrokerEpoch, fenced: bool },
    /// Asking the controller to take its leaderships away.
    ShuttingDown { epoch: BrokerEpoch },
    /// The controller has let it go, or it never needed to ask.
    Released,
}

/// A broker's life.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    incarnation: Uuid,
    /// Epoch of the registration before a clean stop, from `.kafka_cleanshutdown`.
    previous_epoch: Option<BrokerEpoch>,
    /// Epoch of the newest registration in this run.
    registered: Option<BrokerEpoch>,
    stage: Stage,
    /// When to send next; `None` while a request is in flight.
    next_at: Option<Mono>,
    /// Something changed while a request was in flight: send again as soon as it is answered.
    hurry: bool,
}

/// What an answer of the controller asks of the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Consequence {
    /// Go on.
    None,
    /// The broker has just been registered under this epoch.
    Registered(BrokerEpoch),
    /// The broker serves from now on, or has been fenced.
    FencedChanged(bool),
    /// Controlled shutdown is granted.
    MayStop,
    /// The controller will never accept this node.
    Refused(String),
}

impl Lifecycle {
    pub(crate) fn new(incarnation: Uuid, previous_epoch: Option<BrokerEpoch>, now: Now) -> Self {
        Self {
            incarnation,
            previous_epoch,
            registered: None,
            stage: Stage::Unregistered,
            next_at: Some(now.mono),
            hurry: false,
        }
    }

    /// Epoch of the registration, once there is one.
    pub(crate) fn epoch(&self) -> Option<BrokerEpoch> {
        match self.stage {
            Stage::Registered { epoch, .. } | Stage::ShuttingDown { epoch } => Some(epoch),
            Stage::Unregistered | Stage::Released => None,
        }
    }

    /// Epoch to leave behind at a clean stop: that of this run, or else that of the run before, whose files are as it
    /// left them. What an earlier run that crashed was registered under does not count: it may have lost something.
    pub(crate) fn clean_epoch(&self) -> Option<BrokerEpoch> {
        self.registered.or(self.previous_epoch)
    }

    pub(crate) fn is_fenced(&self) -> bool {
        !matches!(self.stage, Stage::Registered { fenced: false, .. } | Stage::ShuttingDown { .. })
    }

    pub(crate) fn is_shutting_down(&self) -> bool {
        matches!(self.stage, Stage::ShuttingDown { .. } | Stage::Released)
    }

    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        if self.stage == Stage::Released { None } else { self.next_at }
    }

    /// Sends the next request as soon as possible: metadata moved, or another controller is active.
    pub(crate) fn hurry(&mut self, now: Now) {
        match self.next_at {
            Some(at) => self.next_at = Some(at.min(now.mono)),
            None => self.hurry = true,
        }
    }

    /// Begins controlled shutdown; `true` when there is nobody to ask.
    pub(crate) fn shut_down(&mut self, now: Now) -> bool {
        match self.stage {
            Stage::Registered { epoch, .. } => {
                self.stage = Stage::ShuttingDown { epoch };
                self.hurry(now);
                false
            }
            Stage::ShuttingDown { .. } => false,
            Stage::Unregistered | Stage::Released => {
                self.stage = Stage::Released;
                true
            }
        }
    }

    /// The request to send now, if it is time. `applied` is the end of the applied metadata.
    pub(crate) fn request(
        &mut self,
        identity: &Identity<'_>,
        applied: Offset,
        ready: bool,
        now: Now,
    ) -> Option<RequestKind> {
        if self.next_at.is_none_or(|at| at > now.mono) {
            return None;
        }
        let request = match self.stage {
            Stage::Unregistered => RequestKind::BrokerRegistration(self.registration(identity)),
            // Only one that does not serve yet has to catch up first: every record is committed before it is applied.
            Stage::Registered { epoch, fenced } => RequestKind::BrokerHeartbeat(heartbeat(
                identity.config.node_id,
                epoch,
                applied,
                fenced && !ready,
                false,
            )),
            Stage::ShuttingDown { epoch } => {
                RequestKind::BrokerHeartbeat(heartbeat(identity.config.node_id, epoch, applied, false, true))
            }
            Stage::Released => return None,
        };
        self.next_at = None;
        self.hurry = false;
        Some(request)
    }

    /// There was nobody to send the request to, or no answer came.
    pub(crate) fn failed(&mut self, now: Now) {
        self.next_at = Some(now.mono + RETRY);
    }

    /// The controller answered the registration.
    pub(crate) fn registered(&mut self, response: &BrokerRegistrationResponse, now: Now) -> Consequence {
        match ErrorCode(response.error_code) {
            ErrorCode::NONE => {
                let epoch = BrokerEpoch(response.broker_epoch);
                self.stage = Stage::Registered { epoch, fenced: true };
                self.registered = Some(epoch);
                self.next_at = Some(now.mono);
                Consequence::Registered(epoch)
            }
            code @ (ErrorCode::INCONSISTENT_CLUSTER_ID
            | ErrorCode::INVALID_REGISTRATION
            | ErrorCode::UNSUPPORTED_VERSION) => {
                self.next_at = None;
                Consequence::Refused(format!(
                    "the controller refused to register this broker: {}",
                    code.name()
                ))
            }
            // DUPLICATE_BROKER_REGISTRATION goes away when the old incarnation's session ends.
            _ => {
                self.failed(now);
                Consequence::None
            }
        }
    }

    /// The controller answered a heartbeat.
    pub(crate) fn heartbeat(
        &mut self,
        response: &BrokerHeartbeatResponse,
        settings: &Settings,
        now: Now,
    ) -> Consequence {
        let code = ErrorCode(response.error_code);
        if code == ErrorCode::STALE_BROKER_EPOCH
            && let Stage::Registered { fenced, .. } = self.stage
        {
            // A registration of an earlier run was late and took this one's place: take it back.
            self.stage = Stage::Unregistered;
            self.next_at = Some(now.mono);
            return if fenced { Consequence::None } else { Consequence::FencedChanged(true) };
        }
        if code != ErrorCode::NONE {
            self.failed(now);
            return Consequence::None;
        }
        let pause = if self.hurry || matches!(self.stage, Stage::ShuttingDown { .. }) {
            RETRY.min(settings.heartbeat_interval)
        } else {
            settings.heartbeat_interval
        };
        self.next_at = Some(now.mono + if self.hurry { Duration::ZERO } else { pause });
        self.hurry = false;
        match &mut self.stage {
            Stage::Registered { fenced, .. } if *fenced != response.is_fenced => {
                *fenced = response.is_fenced;
                Consequence::FencedChanged(response.is_fenced)
            }
            Stage::ShuttingDown { .. } if response.should_shut_down => {
                self.stage = Stage::Released;
                Consequence::MayStop
            }
            _ => Consequence::None,
        }
    }

    fn registration(&self, identity: &Identity<'_>) -> BrokerRegistrationRequest {
        let config = identity.config;
        let mut listener = BrokerListener::default();
        listener.name = "PLAINTEXT".into();
        listener.host = config.host.clone().into();
        listener.port = config.broker_port;
        let mut request = BrokerRegistrationRequest::default();
        request.broker_id = config.node_id.0.into();
        request.cluster_id = config.cluster_id.clone().into();
        request.incarnation_id = self.incarnation;
        request.listeners = vec![listener];
        request.features = identity
            .features
            .iter()
            .map(|(name, min, max)| {
                let mut feature = Feature::default();
                feature.name = (*name).into();
                feature.min_supported_version = *min;
                feature.max_supported_version = *max;
                feature
            })
            .collect();
        request.rack = config.rack.clone().map(Into::into);
        request.log_dirs = vec![identity.directory.0];
        request.previous_broker_epoch = BrokerEpoch::to_wire(self.previous_epoch);
        request
    }
}

/// Who this node is, for its registrations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity<'a> {
    pub(crate) config: &'a NodeConfig,
    pub(crate) directory: DirectoryId,
    /// Supported features: name, lowest and highest level.
    pub(crate) features: &'a [(&'static str, i16, i16)],
}

fn heartbeat(
    id: NodeId,
    epoch: BrokerEpoch,
    applied: Offset,
    fence: bool,
    shut_down: bool,
) -> BrokerHeartbeatRequest {
    let mut request = BrokerHeartbeatRequest::default();
    request.broker_id = id.0.into();
    request.broker_epoch = epoch.0;
    // The wire wants the last applied offset, -1 for none.
    request.current_metadata_offset = applied.0 - 1;
    request.want_fence = fence;
    request.want_shut_down = shut_down;
    request
}

/// The request with which a controller registers itself (KIP-919).
pub(crate) fn controller_registration(identity: &Identity<'_>, incarnation: Uuid) -> RequestKind {
    let config = identity.config;
    let mut listener = ControllerListener::default();
    listener.name = "CONTROLLER".into();
    listener.host = config.host.clone().into();
    listener.port = config.controller_port;
    let mut request = ControllerRegistrationRequest::default();
    request.controller_id = config.node_id.0;
    request.incarnation_id = incarnation;
    request.listeners = vec![listener];
    request.features = identity
        .features
        .iter()
        .map(|(name, min, max)| {
            let mut feature = ControllerFeature::default();
            feature.name = (*name).into();
            feature.min_supported_version = *min;
            feature.max_supported_version = *max;
            feature
        })
        .collect();
    RequestKind::ControllerRegistration(request)
}

#[cfg(test)]
mod tests {
    use kr_wire::time::Now;

    use super::*;
    use crate::config::{Profile, Roles};

    fn now(ms: u64) -> Now {
        Now { mono: Mono(ms * 1000), wall_ms: 0 }
    }

    fn registered(previous: Option<i64>, epoch: i64) -> Lifecycle {
        let mut life = Lifecycle::new(Uuid::from_u128(1), previous.map(BrokerEpoch), now(0));
        let mut response = BrokerRegistrationResponse::default();
        response.broker_epoch = epoch;
        assert_eq!(life.registered(&response, now(1)), Consequence::Registered(BrokerEpoch(epoch)));
        life
    }

    #[test]
    fn broker_registers_again_when_its_place_was_taken() {
        let mut config = NodeConfig::new(NodeId(1), "cluster".to_owned(), Roles::Combined, "/data".into());
        config.profile = Profile::Fast;
        let settings = Settings::read(&config).unwrap();
        let mut life = registered(None, 7);
        let mut stale = BrokerHeartbeatResponse::default();
        stale.error_code = ErrorCode::STALE_BROKER_EPOCH.0;
        assert_eq!(life.heartbeat(&stale, &settings, now(2)), Consequence::None);
        assert_eq!((life.epoch(), life.next_deadline()), (None, Some(now(2).mono)));
        let identity = Identity { config: &config, directory: DirectoryId::default(), features: &[] };
        let request = life.request(&identity, Offset(9), true, now(2));
        assert!(matches!(request, Some(RequestKind::BrokerRegistration(_))));
    }

    #[test]
    fn serving_broker_stays_unfenced_while_it_applies_what_was_committed() {
        let config = NodeConfig::new(NodeId(1), "cluster".to_owned(), Roles::Combined, "/data".into());
        let settings = Settings::read(&config).unwrap();
        let identity = Identity { config: &config, directory: DirectoryId::default(), features: &[] };
        let wants_fence = |life: &mut Lifecycle, ready| {
            let at = life.next_deadline().expect("a heartbeat is due");
            match life.request(&identity, Offset(9), ready, Now { mono: at, wall_ms: 0 }) {
                Some(RequestKind::BrokerHeartbeat(beat)) => beat.want_fence,
                other => panic!("not a heartbeat: {other:?}"),
            }
        };
        let answer = |fenced| BrokerHeartbeatResponse::default().with_is_fenced(fenced);
        let mut life = registered(None, 7);
        assert!(wants_fence(&mut life, false), "it has not caught up");
        life.heartbeat(&answer(true), &settings, now(2));
        assert!(!wants_fence(&mut life, true));
        life.heartbeat(&answer(false), &settings, now(3));
        assert!(!wants_fence(&mut life, false), "it serves");
        life.heartbeat(&answer(true), &settings, now(4));
        assert!(wants_fence(&mut life, false), "it was fenced and is behind");
    }

    /// Else a crash would be forgotten: the files are not those of the run that was registered then.
    #[test]
    fn clean_stop_leaves_the_epoch_of_its_own_run() {
        assert_eq!(registered(Some(3), 7).clean_epoch(), Some(BrokerEpoch(7)));
        let unregistered = |previous| Lifecycle::new(Uuid::from_u128(1), previous, now(0));
        assert_eq!(unregistered(Some(BrokerEpoch(3))).clean_epoch(), Some(BrokerEpoch(3)));
        assert_eq!(unregistered(None).clean_epoch(), None);
    }
}
