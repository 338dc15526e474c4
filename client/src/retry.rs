//! What to do after a failure: again, again after looking things up anew, or give up. Pure.
//!
//! The deadline of the whole call bounds everything here; only the "topic unknown" answers, which are true
//! more often than they are stale, are also bounded by a count.

use std::time::Duration;

use kr_wire::error_code::ErrorCode;

use crate::error::Error;
use crate::options::Options;

/// How often "unknown topic" is asked again: metadata of a new topic needs a moment to spread.
const UNKNOWN_TOPIC_TRIES: u32 = 3;

/// What must be looked up anew before the next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// Nothing: wait and ask the same broker.
    Nothing,
    /// Who leads, who is alive, who is the controller.
    Metadata,
    /// Who coordinates the group.
    Coordinator,
}

/// The decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Try again.
    Again(Stale),
    /// It would fail again.
    GiveUp,
}

/// Decides after try number `attempt` (from 0) failed.
pub fn after(error: &Error, attempt: u32) -> Verdict {
    match error {
        Error::Broker { code, .. } => after_code(*code, attempt),
        // Another try would show the same credentials and see the same certificate.
        Error::NoBroker { source: Some(source), .. } if is_lasting(source) => Verdict::GiveUp,
        Error::Connect { .. }
        | Error::Disconnected { .. }
        | Error::NoAnswer { .. }
        | Error::NoBroker { .. } => Verdict::Again(Stale::Metadata),
        _ => Verdict::GiveUp,
    }
}

/// Whether a connection failed for a reason that stays.
fn is_lasting(error: &Error) -> bool {
    matches!(error, Error::Security { .. } | Error::Options(_))
}

/// Decides by Kafka's error code.
pub fn after_code(code: ErrorCode, attempt: u32) -> Verdict {
    match code {
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION
        | ErrorCode::UNKNOWN_TOPIC_ID
        | ErrorCode::INCONSISTENT_TOPIC_ID => {
            if attempt + 1 < UNKNOWN_TOPIC_TRIES {
                Verdict::Again(Stale::Metadata)
            } else {
                Verdict::GiveUp
            }
        }
        ErrorCode::NOT_LEADER_OR_FOLLOWER
        | ErrorCode::LEADER_NOT_AVAILABLE
        | ErrorCode::FENCED_LEADER_EPOCH
        | ErrorCode::REPLICA_NOT_AVAILABLE
        | ErrorCode::KAFKA_STORAGE_ERROR
        | ErrorCode::LISTENER_NOT_FOUND
        | ErrorCode::NOT_CONTROLLER => Verdict::Again(Stale::Metadata),
        ErrorCode::NOT_COORDINATOR | ErrorCode::COORDINATOR_NOT_AVAILABLE => {
            Verdict::Again(Stale::Coordinator)
        }
        other if other.is_retriable() => Verdict::Again(Stale::Nothing),
        _ => Verdict::GiveUp,
    }
}

/// The pause before try number `attempt + 1`: doubles from `retry.backoff.ms` to its maximum, less up to a
/// fifth by `chance` (0 to 1), so that many clients do not come back at the same moment.
pub fn pause(options: &Options, attempt: u32, chance: f64) -> Duration {
    let doubled = options.retry_backoff.saturating_mul(1 << attempt.min(20));
    doubled.min(options.retry_backoff_max).mul_f64(1.0 - 0.2 * chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_retried_after_looking_up_what_is_stale() {
        for (code, verdict) in [
            (ErrorCode::NOT_LEADER_OR_FOLLOWER, Verdict::Again(Stale::Metadata)),
            (ErrorCode::NOT_CONTROLLER, Verdict::Again(Stale::Metadata)),
            (ErrorCode::NOT_COORDINATOR, Verdict::Again(Stale::Coordinator)),
            (ErrorCode::COORDINATOR_LOAD_IN_PROGRESS, Verdict::Again(Stale::Nothing)),
            (ErrorCode::REQUEST_TIMED_OUT, Verdict::Again(Stale::Nothing)),
            (ErrorCode::TOPIC_ALREADY_EXISTS, Verdict::GiveUp),
            (ErrorCode::INVALID_TOPIC_EXCEPTION, Verdict::GiveUp),
            (ErrorCode(4711), Verdict::GiveUp),
        ] {
            assert_eq!(after_code(code, 0), verdict, "{code}");
        }
    }

    #[test]
    fn an_unknown_topic_is_believed_in_the_end() {
        let code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
        assert_eq!(after_code(code, 1), Verdict::Again(Stale::Metadata));
        assert_eq!(after_code(code, 2), Verdict::GiveUp);
    }

    #[test]
    fn pauses_double_up_to_their_maximum() {
        let options = Options::default();
        let millis = |attempt| pause(&options, attempt, 0.0).as_millis();
        assert_eq!(
            [millis(0), millis(1), millis(2), millis(9), millis(u32::MAX)],
            [50, 100, 200, 1000, 1000]
        );
        assert_eq!(pause(&options, 0, 1.0).as_millis(), 40);
    }
}
