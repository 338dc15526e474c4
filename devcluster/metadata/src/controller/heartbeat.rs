//! BrokerHeartbeat (63): a broker says that it lives, how far it is, and what it wants.
//!
//! ```text
//! Fenced --caught up--> Unfenced --wants shutdown, leads--> ControlledShutdown --leads nothing, all know--> ShutdownNow
//!   ^                      |  \---wants shutdown, leads nothing------------------------------------------------^
//!   +------wants fence-----+
//! ```

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{BrokerEpoch, DirectoryId, NodeId, Offset};
use kr_wire::messages::{BrokerHeartbeatRequest, BrokerHeartbeatResponse};

use super::liveness::session_end;
use super::{Call, Controller, Outcome};
use crate::features::gate;
use crate::image::Broker;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Fenced,
    Unfenced,
    ControlledShutdown,
    ShutdownNow,
}

impl Controller {
    /// Takes a heartbeat. Errors: STALE_BROKER_EPOCH for an id that is not registered with that epoch.
    pub fn heartbeat(
        &mut self,
        request: &BrokerHeartbeatRequest,
        call: Call,
    ) -> Outcome<BrokerHeartbeatResponse> {
        let (id, epoch) = (NodeId(request.broker_id.0), BrokerEpoch(request.broker_epoch));
        let Some(broker) = self.image.broker(id).filter(|b| b.epoch == epoch) else {
            let code = ErrorCode::STALE_BROKER_EPOCH.0;
            return Outcome::unchanged(BrokerHeartbeatResponse::default().with_error_code(code));
        };
        let broker = broker.clone();
        let ends = session_end(call.now.mono, self.config.session_timeout);
        self.liveness.touch(id, epoch, ends, request.current_metadata_offset);

        let mut records = Vec::new();
        if self.metadata_version() >= gate::DIRECTORIES && !request.offline_log_dirs.is_empty() {
            let offline: Vec<DirectoryId> =
                request.offline_log_dirs.iter().copied().map(DirectoryId).collect();
            records = self.directories_offline(&broker, &offline);
        }
        let caught_up = request.current_metadata_offset >= self.liveness.registered_at(&broker).0;
        let current = state(&broker);
        // The two kinds of records would speak of the same partitions: one after the other.
        let next =
            if records.is_empty() { self.next_state(current, &broker, request, caught_up) } else { current };
        if next != current {
            records = match next {
                State::Unfenced => self.unfence(id, epoch),
                State::ControlledShutdown => self.start_controlled_shutdown(id, epoch),
                State::Fenced | State::ShutdownNow if broker.fenced => Vec::new(),
                State::Fenced | State::ShutdownNow => self.fence(id, epoch),
            };
        }
        if next == State::ControlledShutdown {
            let last = Offset(call.next_offset.0 + records.len() as i64 - 1);
            self.liveness.set_shutdown_offset(id, last);
        }
        let response = BrokerHeartbeatResponse::default()
            .with_is_caught_up(caught_up)
            .with_is_fenced(matches!(next, State::Fenced | State::ShutdownNow))
            .with_should_shut_down(next == State::ShutdownNow);
        Outcome::split(records, response)
    }

    fn next_state(
        &self,
        current: State,
        broker: &Broker,
        request: &BrokerHeartbeatRequest,
        caught_up: bool,
    ) -> State {
        match current {
            State::Fenced if request.want_shut_down => State::ShutdownNow,
            // Who has handed over and stopped comes back with a new registration only.
            State::Fenced if broker.in_controlled_shutdown => State::Fenced,
            State::Fenced if !request.want_fence && caught_up => State::Unfenced,
            State::Fenced => State::Fenced,
            State::Unfenced if request.want_fence && request.want_shut_down => State::ShutdownNow,
            State::Unfenced if request.want_fence => State::Fenced,
            State::Unfenced if request.want_shut_down && self.leads_any(broker.id) => {
                State::ControlledShutdown
            }
            State::Unfenced if request.want_shut_down => State::ShutdownNow,
            State::Unfenced => State::Unfenced,
            State::ControlledShutdown
                if !self.leads_any(broker.id) && self.liveness.may_stop(broker.id, &self.image) =>
            {
                State::ShutdownNow
            }
            State::ControlledShutdown | State::ShutdownNow => current,
        }
    }

    fn leads_any(&self, id: NodeId) -> bool {
        self.image.topics().any(|t| t.partitions.values().any(|p| p.leader == Some(id)))
    }
}

fn state(broker: &Broker) -> State {
    match (broker.fenced, broker.in_controlled_shutdown) {
        (true, _) => State::Fenced,
        (false, true) => State::ControlledShutdown,
        (false, false) => State::Unfenced,
    }
}
