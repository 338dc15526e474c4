//! Cluster metadata: image, delta and controller state machine
