//! One Kafka node as a deterministic core: events in, effects out
