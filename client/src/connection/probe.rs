//! One broker, step by step: name, TCP, TLS, SASL, ApiVersions, Metadata. What a doctor shows of a connection.
//!
//! It takes the same steps as every connection and changes nothing.

use std::net::SocketAddr;
use std::time::Duration;

use kr_wire::messages::{MetadataRequest, MetadataResponse};
use tokio::time::{Instant, timeout};

use super::tls::{TlsView, view};
use super::{Connection, SecurityError, Stream, opening};
use crate::calls::Call;
use crate::cluster_view::ClusterView;
use crate::error::Error;
use crate::options::{Address, Options};
use crate::routing::{Topics, metadata_request};
use crate::versions::NodeVersions;

/// A step of connecting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The name becomes addresses.
    Resolve,
    /// One of them accepts.
    Tcp,
    /// TLS.
    Tls,
    /// SASL.
    Sasl,
    /// The broker says what it serves.
    ApiVersions,
    /// The broker says who is in the cluster.
    Metadata,
}

impl Step {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Resolve => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Sasl => "sasl",
            Self::ApiVersions => "api-versions",
            Self::Metadata => "metadata",
        }
    }
}

/// A step that was taken.
#[derive(Debug)]
pub struct Taken {
    /// The step.
    pub step: Step,
    /// How long it took.
    pub took: Duration,
    /// What was found, in words, or why it failed.
    pub outcome: Result<String, Error>,
}

/// What was found of one broker; the steps end with the first that failed.
#[derive(Debug, Default)]
pub struct Probe {
    /// The steps in their order.
    pub steps: Vec<Taken>,
    /// TLS, if it was spoken.
    pub tls: Option<TlsView>,
    /// The cluster as this broker sees it, if it was asked.
    pub cluster: Option<ClusterView>,
}

impl Probe {
    /// The step that failed.
    pub fn failure(&self) -> Option<(Step, &Error)> {
        self.steps.iter().find_map(|taken| Some((taken.step, taken.outcome.as_ref().err()?)))
    }

    fn note<T>(
        &mut self,
        step: Step,
        began: Instant,
        outcome: Result<T, Error>,
        say: impl FnOnce(&T) -> String,
    ) -> Option<T> {
        let took = began.elapsed();
        match outcome {
            Ok(value) => {
                self.steps.push(Taken { step, took, outcome: Ok(say(&value)) });
                Some(value)
            }
            Err(error) => {
                self.steps.push(Taken { step, took, outcome: Err(error) });
                None
            }
        }
    }
}

/// Takes the steps as far as they go.
pub async fn probe(address: &Address, options: &Options) -> Probe {
    let mut probe = Probe::default();
    // The step that fails has been noted.
    let _ = steps(&mut probe, address, options).await;
    probe
}

async fn steps(probe: &mut Probe, address: &Address, options: &Options) -> Option<()> {
    let began = Instant::now();
    let resolved = resolve(address, options).await;
    probe.note(Step::Resolve, began, resolved, |found| listed(found))?;

    let began = Instant::now();
    let connected = opening::connect(address, options).await;
    let stream = probe.note(Step::Tcp, began, connected, |stream| match stream.peer_addr() {
        Ok(peer) => format!("connected to {peer}"),
        Err(_) => "connected".to_owned(),
    })?;

    let began = Instant::now();
    let mut stream = if options.security.protocol().is_tls() {
        let secured = opening::secure(stream, address, options).await;
        let stream = probe.note(Step::Tls, began, secured, |_| String::new())?;
        if let Stream::Tls(tls, _) = &stream {
            let seen = view(tls);
            if let Some(taken) = probe.steps.last_mut() {
                taken.outcome = Ok(format!("{} {}", seen.version, seen.cipher_suite));
            }
            probe.tls = Some(seen);
        }
        stream
    } else {
        Stream::Plain(stream)
    };

    let began = Instant::now();
    let authenticated = opening::authenticate(&mut stream, address, options).await;
    let authenticated = if options.security.protocol().is_sasl() {
        let mechanism = options.security.sasl().mechanism.clone().unwrap_or_default();
        probe.note(Step::Sasl, began, authenticated, |_| format!("authenticated by {mechanism}"))?
    } else {
        None
    };

    let connection = Connection::start(stream, authenticated, address, options);
    let began = Instant::now();
    let versions = connection.handshake(options.request_timeout).await.cloned();
    probe.note(Step::ApiVersions, began, versions, said)?;

    let began = Instant::now();
    let metadata = metadata(&connection, options).await;
    let metadata = probe.note(Step::Metadata, began, metadata, |metadata| {
        let id = metadata.cluster_id.as_ref().map_or("without an id", |id| id.as_str());
        format!("cluster {id}, {} brokers", metadata.brokers.len())
    })?;
    let mut cluster = ClusterView::default();
    cluster.update(&metadata, false);
    probe.cluster = Some(cluster);
    Some(())
}

async fn resolve(address: &Address, options: &Options) -> Result<Vec<SocketAddr>, Error> {
    let failed = |source| Error::Connect { address: address.clone(), source };
    let looking = tokio::net::lookup_host((address.host.as_str(), address.port));
    match timeout(options.connect_timeout, looking).await {
        Ok(found) => Ok(found.map_err(failed)?.collect()),
        Err(_) => Err(failed(std::io::ErrorKind::TimedOut.into())),
    }
}

fn listed(addresses: &[SocketAddr]) -> String {
    let addresses: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
    addresses.join(", ")
}

fn said(versions: &NodeVersions) -> String {
    let metadata_version =
        versions.features.iter().find(|feature| feature.name == "metadata.version").and_then(|f| f.finalized);
    let level = metadata_version.map_or_else(String::new, |level| format!(", metadata.version {level}"));
    format!("{} APIs{level}", versions.ranges().count())
}

async fn metadata(connection: &Connection, options: &Options) -> Result<MetadataResponse, Error> {
    let version = connection.choose(MetadataRequest::KEY, MetadataRequest::NAME)?;
    let request = metadata_request(Topics::Named(&[]));
    match connection.call(version, request, options.request_timeout).await {
        Err(Error::Disconnected { address, .. }) if !options.security.protocol().is_sasl() => {
            Err(Error::Security { address, source: SecurityError::WantsSasl })
        }
        outcome => outcome,
    }
}
