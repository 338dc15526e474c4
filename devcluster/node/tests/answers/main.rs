//! What a node answers to clients, through its public interface: every version of what it serves, and the
//! values that tools rely on.

mod queries;
mod sessions;
mod solo;
mod versions;
