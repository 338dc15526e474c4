//! How another process reaches a running cluster: a unix socket with one JSON document per line.
//!
//! ```text
//! → {"act":{"action":"kill","targets":["@controller"]}}
//! ← {"reports":[{"node":2,"state":"killed","changed":true,"error":null}]}
//! ```

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::cluster::{Cluster, Inner};
use crate::spec::TopicSpec;
use crate::status::{Action, ClusterStatus, NodeReport};

/// Longest request or reply; a status of the largest cluster has a tenth of it.
const LINE_MAX_BYTES: u64 = 1 << 20;

/// What can be asked of a running cluster.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Request {
    /// How is it?
    Status,
    /// Do this to these nodes.
    Act {
        /// The fault or its heal.
        action: Action,
        /// Targets as typed.
        targets: Vec<String>,
    },
    /// Answer once it is ready.
    Ready {
        /// How long to wait.
        timeout_ms: u64,
    },
    /// Create those of these topics that do not exist; answered when every broker knows them.
    Topics {
        /// Topics as typed.
        topics: Vec<String>,
        /// How long to wait.
        timeout_ms: u64,
    },
    /// Shut everything down; answered when it is done.
    Down,
}

/// The answer to a [`Request`].
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reply {
    /// To `Status`.
    Status(Box<ClusterStatus>),
    /// To `Act`.
    Reports(Vec<NodeReport>),
    /// To `Ready`.
    Ready,
    /// To `Topics`.
    Topics,
    /// To `Down`.
    Down,
    /// It could not be done.
    Error {
        /// What happened to what.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

/// Why a running cluster could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Nobody answers on the socket.
    #[error("cannot reach the cluster's process: {0}")]
    Unreachable(#[from] io::Error),
    /// It did not answer in time.
    #[error("the cluster's process did not answer within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// It answered something else.
    #[error("the cluster's process answered nonsense: {0}")]
    Nonsense(String),
    /// It answered that it cannot.
    #[error("{message}")]
    Refused {
        /// What happened to what.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
}

/// A cluster that runs in another process.
#[derive(Clone, Debug)]
pub struct Remote {
    socket: PathBuf,
}

impl Remote {
    /// The cluster that listens on this socket.
    pub fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// Asks for the status.
    pub async fn status(&self) -> Result<ClusterStatus, RemoteError> {
        match self.call(&Request::Status, Duration::from_secs(10)).await? {
            Reply::Status(status) => Ok(*status),
            other => Err(nonsense(&other)),
        }
    }

    /// Does something to nodes.
    pub async fn act(&self, action: Action, targets: Vec<String>) -> Result<Vec<NodeReport>, RemoteError> {
        match self.call(&Request::Act { action, targets }, Duration::from_secs(60)).await? {
            Reply::Reports(reports) => Ok(reports),
            other => Err(nonsense(&other)),
        }
    }

    /// Waits until the cluster is ready.
    pub async fn ready(&self, timeout: Duration) -> Result<(), RemoteError> {
        let request = Request::Ready { timeout_ms: timeout.as_millis() as u64 };
        match self.call(&request, timeout + Duration::from_secs(5)).await? {
            Reply::Ready => Ok(()),
            other => Err(nonsense(&other)),
        }
    }

    /// Creates those of these topics, as typed, that do not exist.
    pub async fn create_topics(&self, topics: Vec<String>, timeout: Duration) -> Result<(), RemoteError> {
        let request = Request::Topics { topics, timeout_ms: timeout.as_millis() as u64 };
        match self.call(&request, timeout + Duration::from_secs(5)).await? {
            Reply::Topics => Ok(()),
            other => Err(nonsense(&other)),
        }
    }

    /// Shuts the cluster down.
    pub async fn down(&self) -> Result<(), RemoteError> {
        match self.call(&Request::Down, Duration::from_secs(60)).await? {
            Reply::Down => Ok(()),
            other => Err(nonsense(&other)),
        }
    }

    async fn call(&self, request: &Request, patience: Duration) -> Result<Reply, RemoteError> {
        let asked = tokio::time::timeout(patience, self.exchange(request)).await;
        match asked.map_err(|_| RemoteError::TimedOut(patience))?? {
            Reply::Error { message, hint } => Err(RemoteError::Refused { message, hint }),
            reply => Ok(reply),
        }
    }

    async fn exchange(&self, request: &Request) -> Result<Reply, RemoteError> {
        let mut stream = UnixStream::connect(&self.socket).await?;
        stream.write_all(&line(request)).await?;
        let mut text = String::new();
        BufReader::new(stream).take(LINE_MAX_BYTES).read_line(&mut text).await?;
        if text.is_empty() {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        serde_json::from_str(&text).map_err(|error| RemoteError::Nonsense(error.to_string()))
    }
}

fn nonsense(reply: &Reply) -> RemoteError {
    RemoteError::Nonsense(String::from_utf8_lossy(&line(reply)).trim_end().to_owned())
}

fn line(document: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(document).expect("plain data has a JSON form");
    line.push(b'\n');
    line
}

/// Binds the control socket; whatever is there is left from a process that died, as the caller has the lock.
pub(crate) fn bind(path: &Path) -> io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    UnixListener::bind(path)
}

/// Answers requests for as long as the cluster lives.
pub(crate) async fn serve(socket: UnixListener, cluster: Weak<Inner>) {
    while let Ok((stream, _)) = socket.accept().await {
        if cluster.strong_count() == 0 {
            return;
        }
        tokio::spawn(converse(stream, cluster.clone()));
    }
}

async fn converse(stream: UnixStream, cluster: Weak<Inner>) {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read.take(LINE_MAX_BYTES));
    let mut text = String::new();
    while matches!(read.read_line(&mut text).await, Ok(count) if count > 0) {
        let Some(cluster) = Cluster::upgrade(&cluster) else { return };
        let reply = match serde_json::from_str(&text) {
            Ok(request) => answer(&cluster, request).await,
            Err(error) => failure(format!("cannot read the request: {error}"), None),
        };
        drop(cluster);
        if write.write_all(&line(&reply)).await.is_err() {
            return;
        }
        text.clear();
        read.get_mut().set_limit(LINE_MAX_BYTES);
    }
}

async fn answer(cluster: &Cluster, request: Request) -> Reply {
    match request {
        Request::Status => Reply::Status(Box::new(cluster.status().await)),
        Request::Act { action, targets } => {
            let targets = targets.iter().map(|text| text.parse()).collect::<Result<Vec<_>, _>>();
            let reports = match targets {
                Ok(targets) => cluster.act(action, &targets).await,
                Err(error) => Err(error),
            };
            match reports {
                Ok(reports) => Reply::Reports(reports),
                Err(error) => failure(error.to_string(), None),
            }
        }
        Request::Ready { timeout_ms } => match cluster.ready(Duration::from_millis(timeout_ms)).await {
            Ok(()) => Reply::Ready,
            Err(error) => failure(error.to_string(), error.hint()),
        },
        Request::Topics { topics, timeout_ms } => {
            let topics: Result<Vec<TopicSpec>, _> = topics.iter().map(|text| text.parse()).collect();
            match topics {
                Ok(topics) => match cluster.create_topics(&topics, Duration::from_millis(timeout_ms)).await {
                    Ok(()) => Reply::Topics,
                    Err(error) => failure(error.to_string(), error.hint()),
                },
                Err(error) => failure(error.to_string(), None),
            }
        }
        Request::Down => {
            cluster.down().await;
            Reply::Down
        }
    }
}

fn failure(message: String, hint: Option<String>) -> Reply {
    Reply::Error { message, hint }
}
