//! Three nodes in this process, in a directory that goes with them.

use std::time::{Duration, Instant};

use kr_devcluster::{Action, Cluster, Partition, Spec, Target, Up, up};

/// Longest wait for anything in these tests.
pub const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);

/// A cluster for one test.
pub struct DevCluster {
    cluster: Cluster,
    _dir: tempfile::TempDir,
}

impl DevCluster {
    /// Starts three nodes on free ports and waits until they are ready.
    pub async fn start() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let spec = Spec { port: Some(0), ..Spec::named("compat") };
        let cluster = match up(dir.path(), &spec).await.expect("the cluster starts") {
            Up::Started(cluster) => cluster,
            Up::Running(_) => panic!("a cluster runs in a directory that was just made"),
        };
        cluster.ready(PATIENCE).await.expect("the cluster gets ready");
        Self { cluster, _dir: dir }
    }

    /// Addresses for clients.
    pub fn bootstrap(&self) -> String {
        self.cluster.bootstrap()
    }

    /// Kills the leader of the topic's first partition and waits until others lead.
    pub async fn kill_leader(&self, topic: &str) {
        let leader = Target::Leader(Partition { topic: topic.to_owned(), index: 0 });
        self.act(Action::Kill, leader).await;
    }

    /// Starts what is down and waits until all replicas are in sync.
    pub async fn heal(&self) {
        self.act(Action::Start, Target::All).await;
    }

    /// Shuts the nodes down.
    pub async fn down(self) {
        self.cluster.down().await;
    }

    async fn act(&self, action: Action, target: Target) {
        let reports = self.cluster.act(action, &[target]).await.expect("the target names a node");
        assert!(reports.iter().any(|report| report.changed), "{action:?} changed nothing: {reports:?}");
        self.cluster.ready(PATIENCE).await.expect("the cluster gets ready again");
    }
}

/// Waits until `met`, and fails with what `state` says when that takes too long.
pub async fn until(what: &str, mut met: impl FnMut() -> bool, state: impl Fn() -> String) {
    let deadline = Instant::now() + PATIENCE;
    while !met() {
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} until {what}: {}", state());
        tokio::time::sleep(POLL).await;
    }
}
