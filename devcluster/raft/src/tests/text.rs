//! Text of events and outputs for scenarios.
