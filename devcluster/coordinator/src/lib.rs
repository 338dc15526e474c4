//! Group coordination as a replicated state machine
