//! Kafka's log segments, indexes and checkpoints over a Disk trait
