//! Bugs that can be switched on to see the simulator find them.

/// Which planted bugs are on; all are off by default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mutants {
    /// A diverging follower cuts its log at its high watermark instead of at the divergence.
    pub truncate_to_high_watermark: bool,
    /// Planted bugs of the raft machine.
    pub raft: kr_raft::Mutants,
    /// Planted bugs of the controller.
    pub controller: kr_metadata::controller::Mutants,
    /// Planted bugs of the group coordinators.
    pub groups: kr_coordinator::Mutants,
    /// Producers are forgotten when a log is loaded.
    pub producer_state_not_rebuilt: bool,
}
