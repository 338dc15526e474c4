//! The limit of open files, and how a cluster shares it out.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Kept for the process itself: standard streams, control socket, event loops, files of a moment.
const FIXED: u64 = 64;
/// Fewest data files kept open for all nodes together.
const MIN_DATA_FILES: u64 = 48;
/// Most data files kept open.
const MAX_DATA_FILES: u64 = 2048;
/// Fewest client connections per node.
const MIN_CONNECTIONS: u64 = 16;
/// Most client connections per node.
const MAX_CONNECTIONS: u64 = 1024;

/// How many files each purpose may have open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Data files of all nodes together.
    pub data_files: usize,
    /// Inbound connections of each node.
    pub connections: usize,
}

/// The limit is too low.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this process may have {limit} files open, a cluster of {nodes} nodes needs {needed}")]
pub struct TooFew {
    /// The hard limit.
    pub limit: u64,
    /// Size of the cluster.
    pub nodes: usize,
    /// What would do.
    pub needed: u64,
}

/// Raises the soft limit to the hard one and shares it out.
pub fn raise(nodes: usize) -> Result<Shares, TooFew> {
    let current = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: current.maximum, maximum: current.maximum };
    let limit = match setrlimit(Resource::Nofile, wanted) {
        Ok(()) => current.maximum,
        // Some systems refuse an unlimited number; what is there then has to do.
        Err(_) => current.current,
    };
    share(limit.unwrap_or(u64::MAX), nodes)
}

fn share(limit: u64, nodes: usize) -> Result<Shares, TooFew> {
    let count = nodes as u64;
    // Per node: listeners, event loop, lock, log; and a link each way to and from every other node.
    let links = count.saturating_mul(12 + 4 * count);
    let needed = FIXED + MIN_DATA_FILES + links + count * MIN_CONNECTIONS;
    if limit < needed {
        return Err(TooFew { limit, nodes, needed });
    }
    let data_files = (limit / 4).clamp(MIN_DATA_FILES, MAX_DATA_FILES);
    let left = limit.saturating_sub(FIXED + data_files + links) / count.max(1);
    let connections = left.clamp(MIN_CONNECTIONS, MAX_CONNECTIONS);
    Ok(Shares { data_files: data_files as usize, connections: connections as usize + 4 * nodes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_fit_the_limit() {
        for nodes in [1, 3, 5, 10] {
            for limit in [256, 512, 1024, 4096, 20_000, u64::MAX] {
                match share(limit, nodes) {
                    Ok(shares) => {
                        let all = FIXED + shares.data_files as u64 + (nodes * shares.connections) as u64;
                        assert!(all <= limit, "{nodes} nodes, {limit}: {shares:?}");
                    }
                    Err(error) => assert!(limit < error.needed && nodes > 3, "{error}"),
                }
            }
        }
    }

    #[test]
    fn three_nodes_run_under_256_but_not_under_128() {
        assert!(share(256, 3).is_ok());
        assert_eq!(share(128, 3), Err(TooFew { limit: 128, nodes: 3, needed: 232 }));
    }
}
