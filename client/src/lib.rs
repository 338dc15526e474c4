//! Async Kafka client for administration, producing and consuming
