//! kr: a local KRaft cluster and an administrator for any Kafka cluster
