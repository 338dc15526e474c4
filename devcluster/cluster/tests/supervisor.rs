//! Whole clusters through the supervisor: life, faults, and what stands in the way of a start.

use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use kr_devcluster::{Action, Cluster, Place, Remote, Spec, State, Target, Up, UpError, up};

const PATIENCE: Duration = Duration::from_secs(30);

fn spec() -> Spec {
    Spec { port: Some(0), ..Spec::named("test") }
}

async fn start(root: &Path, spec: &Spec) -> Cluster {
    match up(root, spec).await.expect("it comes up") {
        Up::Started(cluster) => {
            cluster.ready(PATIENCE).await.expect("it becomes ready");
            cluster
        }
        Up::Running(_) => panic!("nobody else runs it"),
    }
}

async fn fails(root: &Path, spec: &Spec) -> UpError {
    match up(root, spec).await {
        Err(error) => error,
        Ok(other) => panic!("unexpected {other:?}"),
    }
}

fn dial(cluster: &Cluster, node: i32) -> io::Result<TcpStream> {
    let found = cluster.state().nodes.iter().find(|found| found.id == node).expect("it exists");
    TcpStream::connect(("127.0.0.1", found.broker_port))
}

fn targets(texts: &[&str]) -> Vec<Target> {
    texts.iter().map(|text| text.parse().expect("a target")).collect()
}

async fn act(cluster: &Cluster, action: Action, target: &str) -> String {
    let reports = cluster.act(action, &targets(&[target])).await.expect("the target exists");
    let [report] = &reports[..] else { panic!("unexpected {reports:?}") };
    assert_eq!(report.error, None);
    report.state.clone()
}

#[tokio::test]
async fn cluster_keeps_identity_and_ports_over_down_and_up() {
    let root = tempfile::tempdir().expect("a directory");
    let cluster = start(root.path(), &spec()).await;
    let first = cluster.state().clone();
    assert_eq!(first.nodes.len(), 3);
    assert_eq!(cluster.status().await.state, "ready");
    cluster.down().await;
    assert!(!cluster.place().is_running());
    for node in 1..=3 {
        let error = dial(&cluster, node).expect_err("nobody listens");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
    drop(cluster);

    let cluster = start(root.path(), &Spec::named("test")).await;
    assert_eq!(cluster.state().cluster_id, first.cluster_id);
    assert_eq!(cluster.state().nodes, first.nodes);
    cluster.down().await;
}

#[tokio::test]
async fn cluster_that_crashed_comes_up_again() {
    let root = tempfile::tempdir().expect("a directory");
    for _ in 0..3 {
        let cluster = start(root.path(), &spec()).await;
        cluster.crash().await;
    }
}

#[tokio::test]
async fn second_up_finds_the_first() {
    let root = tempfile::tempdir().expect("a directory");
    let cluster = start(root.path(), &spec()).await;
    let Up::Running(remote) = up(root.path(), &spec()).await.expect("it runs") else {
        panic!("one is enough");
    };
    let status = remote.status().await.expect("it answers");
    assert_eq!(status.cluster_id, cluster.state().cluster_id);
    assert_eq!(status.nodes.len(), 3);
    remote.ready(PATIENCE).await.expect("it is ready");
    remote.down().await.expect("it goes down");
    cluster.ended().await;
    assert!(remote.status().await.is_err());
}

#[tokio::test]
async fn killed_node_refuses_at_once_and_comes_back_on_its_port() {
    let root = tempfile::tempdir().expect("a directory");
    let cluster = start(root.path(), &spec()).await;
    dial(&cluster, 2).expect("it listens");
    assert_eq!(act(&cluster, Action::Kill, "2").await, "killed");
    let began = Instant::now();
    assert_eq!(dial(&cluster, 2).expect_err("down").kind(), io::ErrorKind::ConnectionRefused);
    assert!(began.elapsed() < Duration::from_secs(1));
    assert_eq!(act(&cluster, Action::Kill, "2").await, "killed");
    assert_eq!(act(&cluster, Action::Start, "2").await, "running");
    cluster.ready(PATIENCE).await.expect("it becomes ready");
    dial(&cluster, 2).expect("it listens");
    assert_eq!(act(&cluster, Action::Stop, "2").await, "stopped");
    assert_eq!(dial(&cluster, 2).expect_err("down").kind(), io::ErrorKind::ConnectionRefused);
    assert_eq!(act(&cluster, Action::Start, "2").await, "running");
    cluster.ready(PATIENCE).await.expect("it becomes ready");
    cluster.down().await;
}

#[tokio::test]
async fn paused_node_is_frozen_but_connected() {
    let root = tempfile::tempdir().expect("a directory");
    let cluster = start(root.path(), &spec()).await;
    assert_eq!(act(&cluster, Action::Pause, "3").await, "paused");
    dial(&cluster, 3).expect("the kernel still accepts");
    let status = cluster.status().await;
    assert_eq!(status.nodes[2].state, "paused");
    assert_eq!(status.nodes[2].quorum, None, "it says nothing");
    let reports = cluster.act(Action::Stop, &targets(&["3"])).await.expect("the target exists");
    assert!(reports[0].error.as_ref().is_some_and(|error| error.contains("paused")), "{reports:?}");
    assert_eq!(act(&cluster, Action::Resume, "3").await, "running");
    cluster.ready(PATIENCE).await.expect("it becomes ready");
    cluster.down().await;
}

#[tokio::test]
async fn controller_is_a_target() {
    let root = tempfile::tempdir().expect("a directory");
    let cluster = start(root.path(), &spec()).await;
    let controller = cluster.status().await.controller.expect("one is active");
    let nodes = cluster.resolve(&targets(&["@controller"])).await.expect("one is active");
    assert_eq!(nodes.into_iter().collect::<Vec<_>>(), [controller]);
    let error = cluster.resolve(&targets(&["9"])).await.expect_err("no such node");
    assert_eq!(error.to_string(), "there is no node 9; the nodes are 1, 2, 3");
    cluster.down().await;
}

#[tokio::test]
async fn faults_reach_a_cluster_through_its_socket() {
    let root = tempfile::tempdir().expect("a directory");
    let cluster = start(root.path(), &spec()).await;
    let remote = Remote::new(cluster.place().control_socket());
    let reports = remote.act(Action::Kill, vec!["all".to_owned()]).await.expect("done");
    assert!(reports.iter().all(|report| report.state == "killed" && report.changed), "{reports:?}");
    let error = remote.act(Action::Kill, vec!["boss".to_owned()]).await.expect_err("no target");
    assert!(error.to_string().contains("boss"), "{error}");
    let status = remote.status().await.expect("it answers");
    assert_eq!((status.state.as_str(), status.reason.as_deref()), ("not ready", Some("no node is running")));
    cluster.down().await;
}

#[tokio::test]
async fn two_clusters_live_side_by_side() {
    let root = tempfile::tempdir().expect("a directory");
    let first = start(root.path(), &Spec { port: Some(0), ..Spec::named("first") }).await;
    let second = start(root.path(), &Spec { port: Some(0), nodes: Some(1), ..Spec::named("second") }).await;
    let ports: Vec<_> = first.state().ports().chain(second.state().ports()).collect();
    let unique: std::collections::BTreeSet<_> = ports.iter().collect();
    assert_eq!(unique.len(), ports.len());
    let names: Vec<_> = Place::all(root.path()).iter().map(|place| place.dir().to_owned()).collect();
    assert_eq!(names.len(), 2);
    first.down().await;
    assert_eq!(second.status().await.state, "ready");
    second.down().await;
}

#[tokio::test]
async fn taken_port_is_named_and_nothing_is_left() {
    let root = tempfile::tempdir().expect("a directory");
    let holder = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = holder.local_addr().expect("address").port();
    let error = fails(root.path(), &Spec { port: Some(port), nodes: Some(1), ..Spec::named("test") }).await;
    assert!(error.to_string().starts_with(&format!("port {port} is taken")), "{error}");
    assert!(error.hint().expect("a hint").contains("--port"));
    assert!(Place::all(root.path()).is_empty());
    drop(holder);
}

#[tokio::test]
async fn port_of_another_cluster_is_named_by_its_name() {
    let root = tempfile::tempdir().expect("a directory");
    let first = start(root.path(), &Spec { port: Some(0), ..Spec::named("first") }).await;
    let port = first.state().nodes[0].broker_port;
    let error = fails(root.path(), &Spec { port: Some(port), nodes: Some(1), ..Spec::named("second") }).await;
    assert_eq!(error.to_string(), format!("port {port} is taken by cluster \"first\""));
    first.down().await;
}

#[tokio::test]
async fn foreign_directory_is_left_alone() {
    let root = tempfile::tempdir().expect("a directory");
    let dir = root.path().join("clusters/test");
    fs::create_dir_all(dir.join("photos")).expect("created");
    for fresh in [false, true] {
        let error = fails(root.path(), &Spec { fresh, ..spec() }).await;
        assert!(error.to_string().contains("it holds photos"), "{error}");
    }
    assert!(dir.join("photos").exists());
}

#[tokio::test]
async fn node_directory_of_another_cluster_is_refused() {
    let root = tempfile::tempdir().expect("a directory");
    start(root.path(), &spec()).await.down().await;
    let meta = root.path().join("clusters/test/node-2/meta.properties");
    fs::create_dir_all(meta.parent().expect("parent")).expect("created");
    let other =
        "version=1\ncluster.id=0therClusterIdOf22chars\nnode.id=2\ndirectory.id=ljkBzKp1S4uRxG7mZ2yZlA\n";
    fs::write(&meta, other).expect("written");
    let error = fails(root.path(), &Spec::named("test")).await;
    assert!(error.to_string().contains("belongs to cluster id 0therClusterIdOf22chars"), "{error}");
}

#[tokio::test]
async fn unwritable_data_directory_is_named() {
    let root = tempfile::tempdir().expect("a directory");
    let file = root.path().join("file");
    fs::write(&file, "").expect("written");
    let error = fails(&file, &spec()).await;
    assert!(error.to_string().starts_with("cannot create "), "{error}");
    assert!(error.hint().expect("a hint").contains("KR_DATA_DIR"));
}

#[tokio::test]
async fn fresh_begins_anew_and_ephemeral_leaves_nothing() {
    let root = tempfile::tempdir().expect("a directory");
    let cluster = start(root.path(), &spec()).await;
    let old = cluster.state().cluster_id.clone();
    cluster.down().await;
    drop(cluster);
    let cluster = start(root.path(), &Spec { fresh: true, ephemeral: true, ..spec() }).await;
    assert_ne!(cluster.state().cluster_id, old);
    let dir = cluster.place().dir().to_owned();
    assert!(State::read(&dir).expect("readable").expect("written").ephemeral);
    cluster.down().await;
    assert!(!dir.exists());
}

#[tokio::test]
async fn ephemeral_cluster_that_crashed_is_not_resumed() {
    let root = tempfile::tempdir().expect("a directory");
    let ephemeral = Spec { ephemeral: true, ..spec() };
    let cluster = start(root.path(), &ephemeral).await;
    let old = cluster.state().cluster_id.clone();
    // As the death of the process: nobody cleans up.
    drop(cluster);
    let cluster = start(root.path(), &ephemeral).await;
    assert_ne!(cluster.state().cluster_id, old);
    cluster.down().await;
}

#[tokio::test]
async fn more_brokers_join_on_the_next_up() {
    let root = tempfile::tempdir().expect("a directory");
    start(root.path(), &Spec { nodes: Some(1), ..spec() }).await.down().await;
    let cluster = start(root.path(), &Spec { nodes: Some(2), ..Spec::named("test") }).await;
    let status = cluster.status().await;
    assert_eq!(status.nodes.len(), 2);
    assert_eq!(status.nodes[1].roles, "broker");
    cluster.down().await;
}
