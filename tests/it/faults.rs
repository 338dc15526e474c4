//! Nodes are killed and paused under load: no acknowledged record is lost, duplicated, reordered or moved.
//!
//! The cluster runs in this process with the timers of `fast`. How long partitions were silent is printed and
//! decides nothing; the benchmark (`bench/`) has the figures and the larger load.
#![expect(clippy::print_stderr, reason = "silences are told, not judged")]

use std::time::Duration;

use kr_client::{Client, Options};
use kr_devcluster::{Action, Cluster, Spec, Target, Up, up};
use kr_tests::traffic::faults::{self, Deed, Hurt, Pace};
use kr_tests::traffic::{self, Shape, Traffic, readback};
use kr_wire::ids::NodeId;

const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster in this process.
struct InProcess(Cluster);

impl Hurt for InProcess {
    async fn act(&self, deed: Deed, node: NodeId) -> Result<(), String> {
        let action = match deed {
            Deed::Kill => Action::Kill,
            Deed::Start => Action::Start,
            Deed::Pause => Action::Pause,
            Deed::Resume => Action::Resume,
        };
        let reports = self.0.act(action, &[Target::Node(node.0)]).await.map_err(|error| error.to_string())?;
        reports.into_iter().find_map(|report| report.error).map_or(Ok(()), Err)
    }
}

async fn start(root: &std::path::Path) -> Cluster {
    let spec = Spec { port: Some(0), ..Spec::named("faults") };
    let Up::Started(cluster) = up(root, &spec).await.expect("it comes up") else {
        panic!("nobody else runs it")
    };
    cluster.ready(PATIENCE).await.expect("it becomes ready");
    cluster
}

async fn connect(bootstrap: &str) -> Client {
    let mut options = Options {
        timeout: PATIENCE,
        request_timeout: Duration::from_millis(500),
        retry_backoff: Duration::from_millis(10),
        retry_backoff_max: Duration::from_millis(100),
        ..Options::default()
    };
    options.set_bootstrap(&[bootstrap]).expect("an address");
    Client::connect(options).await.expect("it answers")
}

/// Point 4 of what the cluster promises, with a load small enough for every run of the tests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_records_survive_kills_and_pauses_of_controller_and_leaders() {
    let root = tempfile::tempdir().expect("a directory");
    let cluster = InProcess(start(root.path()).await);
    let client = connect(&cluster.0.bootstrap()).await;
    let topic = "orders".to_owned();
    let shape = Shape { topic, partitions: 3, producers: 2, window: 20, value_bytes: 100 };
    traffic::create_topic(&client, &shape.topic, shape.partitions, PATIENCE).await.expect("a topic");

    let traffic = Traffic::start(&client, shape.clone());
    let pace =
        Pace { hold: Duration::from_millis(500), settle: Duration::from_millis(200), patience: PATIENCE };
    traffic.caught_up(PATIENCE).await.expect("it is written to");
    for fault in faults::all_faults(shape.partitions) {
        let round = faults::round(&cluster, &client, &traffic, fault, pace).await.expect("it recovers");
        eprintln!("{round:?}");
    }
    let ledgers = traffic.stop().await;
    let found = readback::compare(&client, &shape.topic, &ledgers).await.expect("it can be read");
    eprintln!("{found}");
    assert!(found.is_clean() && found.failed == 0, "{found}");
    assert!(found.acknowledged > 0 && found.read >= found.acknowledged, "{found}");
    cluster.0.down().await;
}
