//! Who must answer: any broker, the controller, a leader, a coordinator, one broker by its id.
//!
//! Finds the connection for a route, looking up what is not known yet, and tries again as [`crate::retry`]
//! says until the deadline of the call.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::{NodeId, PartitionId};
use kr_wire::message::StrBytes;
use kr_wire::messages::describe_cluster_response::DescribeClusterBroker;
use kr_wire::messages::metadata_request::MetadataRequestTopic;
use kr_wire::messages::metadata_response::MetadataResponseBroker;
use kr_wire::messages::{
    DescribeClusterRequest, DescribeClusterResponse, FindCoordinatorRequest, FindCoordinatorResponse,
    MetadataRequest, MetadataResponse, TopicName,
};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Client;
use crate::admin::CONTROLLERS;
use crate::calls::Call;
use crate::cluster_view::{Broker, Partition, Topic};
use crate::connection::{Connection, SecurityError};
use crate::error::Error;
use crate::options::{Address, Options};
use crate::pool::Lane;
use crate::retry::{self, Stale, Verdict};

/// The Metadata version sent before the broker has said what it serves: Kafka 2.1 to 4.x have it.
const FIRST_METADATA: i16 = 7;

/// Who must answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// Any broker.
    Any,
    /// The controller, or a broker that passes requests on to it.
    Controller,
    /// The leader of a partition.
    Leader(&'a str, PartitionId),
    /// The coordinator of a group.
    Coordinator(&'a str),
    /// The coordinator of a transactional id.
    Transaction(&'a str),
    /// One broker.
    Broker(NodeId),
    /// Whoever listens there: a controller, which metadata does not name.
    At(&'a Address),
}

/// What a coordinator is of (`FindCoordinatorRequest.CoordinatorType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CoordinatorKind {
    /// A group.
    Group,
    /// A transactional id.
    Transaction,
}

impl CoordinatorKind {
    fn to_wire(self) -> i8 {
        match self {
            Self::Group => 0,
            Self::Transaction => 1,
        }
    }
}

impl fmt::Display for CoordinatorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Group => "group",
            Self::Transaction => "transactional id",
        })
    }
}

/// A response and how it was obtained.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    /// The response.
    pub response: T,
    /// The version it was asked for in.
    pub version: i16,
    /// Who answered.
    pub address: Address,
}

/// The topics a Metadata request asks for.
#[derive(Clone, Copy, Debug)]
pub enum Topics<'a> {
    /// All of them.
    All,
    /// These, possibly none.
    Named(&'a [&'a str]),
}

/// The tries of one call: counts, waits, and knows the deadline.
pub(crate) struct Tries<'a> {
    client: &'a Client,
    what: &'a str,
    began: Instant,
    limit: Duration,
    attempt: u32,
}

impl<'a> Tries<'a> {
    /// Begins a call that may take as long as the options say; `what` is verb and object for messages.
    pub(crate) fn new(client: &'a Client, what: &'a str) -> Self {
        Self { client, what, began: Instant::now(), limit: client.options().timeout, attempt: 0 }
    }

    /// What is left of the time for one request.
    pub(crate) fn wait(&self) -> Duration {
        let left = self.limit.saturating_sub(self.began.elapsed());
        left.min(self.client.options().request_timeout).max(Duration::from_millis(1))
    }

    /// Returns after a pause if another try makes sense; otherwise with the error of the call.
    pub(crate) async fn again(&mut self, error: Error, route: Route<'_>) -> Result<(), Error> {
        let Verdict::Again(stale) = retry::after(&error, self.attempt) else { return Err(error) };
        let pause = retry::pause(self.client.options(), self.attempt, rand::random());
        if self.began.elapsed() + pause >= self.limit {
            let what = self.what.to_owned();
            return Err(Error::TimedOut { what, after: self.limit, source: Box::new(error) });
        }
        tracing::debug!(attempt = self.attempt, %error, "again");
        self.attempt += 1;
        tokio::time::sleep(pause).await;
        let client = self.client;
        match (stale, route) {
            (Stale::Nothing, _) => {}
            (Stale::Coordinator | Stale::Metadata, Route::Coordinator(group)) => {
                client.forget_coordinator(CoordinatorKind::Group, group)
            }
            (Stale::Coordinator | Stale::Metadata, Route::Transaction(id)) => {
                client.forget_coordinator(CoordinatorKind::Transaction, id)
            }
            (_, Route::Leader(topic, _)) => {
                ignore(client.refresh(Topics::Named(&[topic]), self.wait()).await)
            }
            _ => ignore(client.refresh(Topics::Named(&[]), self.wait()).await),
        }
        Ok(())
    }
}

/// A refresh that fails leaves the old picture; the try that follows tells what is wrong.
fn ignore<T>(refreshed: Result<T, Error>) {
    if let Err(error) = refreshed {
        tracing::debug!(%error, "metadata stays as it was");
    }
}

impl Client {
    /// Asks until there is an answer that `check` accepts, a failure that stays, or the deadline.
    ///
    /// `what` is verb and object for messages; `build` makes the request for the version both sides speak;
    /// `check` turns a code in the answer into an error.
    pub async fn request<R: Call>(
        &self,
        route: Route<'_>,
        what: &str,
        build: impl Fn(i16) -> R,
        check: impl Fn(&R::Response) -> Result<(), Error>,
    ) -> Result<Answer<R::Response>, Error> {
        let mut tries = Tries::new(self, what);
        loop {
            let wait = tries.wait();
            let answered = match self.once(route, Lane::Control, wait, &build).await {
                Ok(answer) => check(&answer.response).map(|()| answer),
                Err(error) => Err(error),
            };
            match answered {
                Ok(answer) => return Ok(answer),
                Err(error) => tries.again(error, route).await?,
            }
        }
    }

    /// Asks once.
    pub(crate) async fn once<R: Call>(
        &self,
        route: Route<'_>,
        lane: Lane,
        wait: Duration,
        build: impl Fn(i16) -> R,
    ) -> Result<Answer<R::Response>, Error> {
        let connection = self.reach(route, lane).await?;
        self.call_on(&connection, wait, build).await
    }

    async fn call_on<R: Call>(
        &self,
        connection: &Connection,
        wait: Duration,
        build: impl Fn(i16) -> R,
    ) -> Result<Answer<R::Response>, Error> {
        let version = connection.choose(R::KEY, R::NAME)?;
        let answered = connection.call(version, build(version), wait).await;
        let address = connection.address().clone();
        match answered {
            Ok(response) => Ok(Answer { response, version, address }),
            Err(error) => {
                self.inner.pool.note_failure(&address);
                Err(error)
            }
        }
    }

    /// Gives a connection to who must answer.
    pub(crate) async fn reach(&self, route: Route<'_>, lane: Lane) -> Result<Arc<Connection>, Error> {
        let id = match route {
            Route::Any => return self.reach_any(lane).await,
            Route::At(address) => return self.inner.pool.connection(address, lane, self.options()).await,
            Route::Broker(id) => id,
            Route::Controller => {
                let controller = self.view().controller;
                match controller {
                    Some(id) => id,
                    None => return self.reach_any(lane).await,
                }
            }
            Route::Leader(topic, partition) => self.leader_of(topic, partition).await?,
            Route::Coordinator(group) => self.coordinator_of(group).await?,
            Route::Transaction(id) => self.find_coordinator(CoordinatorKind::Transaction, id).await?,
        };
        let Some(broker) = self.view().broker(id).cloned() else {
            // A controller or leader that just went: metadata has no address for it until another is elected.
            let what = format!("reach broker {id}");
            return Err(Error::broker(what, ErrorCode::BROKER_NOT_AVAILABLE, None));
        };
        self.inner.pool.connection(&broker.address, lane, self.options()).await
    }

    async fn reach_any(&self, lane: Lane) -> Result<Arc<Connection>, Error> {
        let mut addresses: Vec<Address> =
            self.view().brokers().map(|broker| broker.address.clone()).collect();
        let others = self.options().bootstrap.iter().filter(|address| !addresses.contains(address));
        let others: Vec<Address> = others.cloned().collect();
        addresses.extend(others);
        let addresses = self.inner.pool.by_likelihood(addresses, lane);
        let mut last = None;
        for address in &addresses {
            match self.inner.pool.connection(address, lane, self.options()).await {
                Ok(connection) => return Ok(connection),
                Err(error) => last = Some(Box::new(error)),
            }
        }
        Err(Error::NoBroker { addresses: comma_separated(&addresses), source: last })
    }

    /// The leader of a partition; asks for metadata when it is not known.
    async fn leader_of(&self, topic: &str, partition: PartitionId) -> Result<NodeId, Error> {
        if let Some((leader, _)) = self.view().leader(topic, partition) {
            return Ok(leader);
        }
        let known = self.refresh_topic(topic, self.options().request_timeout).await?;
        let code = match known.partition(partition) {
            Some(Partition { leader: Some(leader), .. }) => return Ok(*leader),
            Some(_) => ErrorCode::LEADER_NOT_AVAILABLE,
            None => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        };
        Err(Error::broker(format!("reach the leader of {topic}-{partition}"), code, None))
    }

    /// The coordinator of a group; looks it up when it is not known.
    pub(crate) async fn coordinator_of(&self, group: &str) -> Result<NodeId, Error> {
        self.find_coordinator(CoordinatorKind::Group, group).await
    }

    /// The coordinator of a group or a transactional id; looks it up when it is not known.
    async fn find_coordinator(&self, kind: CoordinatorKind, name: &str) -> Result<NodeId, Error> {
        let key = (kind, name.to_owned());
        if let Some(id) = self.inner.coordinators().get(&key) {
            return Ok(*id);
        }
        let what = format!("find the coordinator of {kind} \"{name}\"");
        let name = StrBytes::from_string(name.to_owned());
        let build = |version| {
            let request = FindCoordinatorRequest::default().with_key_type(kind.to_wire());
            match version {
                0..4 => request.with_key(name.clone()),
                _ => request.with_coordinator_keys(vec![name.clone()]),
            }
        };
        let connection = self.reach_any(Lane::Control).await?;
        let answer = self.call_on(&connection, self.options().request_timeout, build).await?;
        let broker = coordinator(&answer.response, answer.version, &what)?;
        let id = broker.id;
        self.view().learn_broker(broker);
        self.inner.coordinators().insert(key, id);
        Ok(id)
    }

    /// Forgets who coordinates a group or a transactional id.
    pub(crate) fn forget_coordinator(&self, kind: CoordinatorKind, name: &str) {
        self.inner.coordinators().remove(&(kind, name.to_owned()));
    }

    /// Asks for metadata once and takes it into the view; returns the topics that failed.
    pub(crate) async fn refresh(
        &self,
        topics: Topics<'_>,
        wait: Duration,
    ) -> Result<Vec<(String, ErrorCode)>, Error> {
        let connection = self.reach_any(Lane::Control).await?;
        if self.options().controllers {
            if !matches!(topics, Topics::Named([])) {
                let address = connection.address().clone();
                let ours = "controllers know no topics for clients".to_owned();
                return Err(Error::Unsupported { address, api: MetadataRequest::NAME, ours });
            }
            let answer = self.call_on(&connection, wait, |_| controllers_request()).await?;
            self.view().update(&of_controllers(answer.response)?, false);
            return Ok(Vec::new());
        }
        let answer = self.call_on(&connection, wait, |_| metadata_request(topics)).await?;
        ErrorCode(answer.response.error_code)
            .ok()
            .map_err(|code| Error::broker("read the cluster's metadata", code, None))?;
        Ok(self.view().update(&answer.response, matches!(topics, Topics::All)))
    }

    /// Asks for one topic's metadata once.
    pub(crate) async fn refresh_topic(&self, name: &str, wait: Duration) -> Result<Topic, Error> {
        let failed = self.refresh(Topics::Named(&[name]), wait).await?;
        if let Some(topic) = self.view().topic(name) {
            return Ok(topic.clone());
        }
        let code = failed.first().map_or(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, |(_, code)| *code);
        Err(Error::broker(format!("find topic \"{name}\""), code, None))
    }
}

/// A Metadata request; never one that creates topics.
pub(crate) fn metadata_request(topics: Topics<'_>) -> MetadataRequest {
    let topics = match topics {
        Topics::All => None,
        Topics::Named(names) => {
            let named = |name: &&str| {
                let name = TopicName(StrBytes::from_string((*name).to_owned()));
                MetadataRequestTopic::default().with_name(Some(name))
            };
            Some(names.iter().map(named).collect())
        }
    };
    MetadataRequest::default().with_topics(topics).with_allow_auto_topic_creation(false)
}

fn coordinator(response: &FindCoordinatorResponse, version: i16, what: &str) -> Result<Broker, Error> {
    let nonsense = |reason: &str| Error::Nonsense {
        address: "the broker".to_owned(),
        api: FindCoordinatorRequest::NAME,
        reason: reason.to_owned(),
    };
    let (code, message, id, host, port) = if version < 4 {
        let message = response.error_message.as_ref();
        (response.error_code, message, response.node_id, &response.host, response.port)
    } else {
        let found = response.coordinators.first().ok_or_else(|| nonsense("it names no coordinator"))?;
        (found.error_code, found.error_message.as_ref(), found.node_id, &found.host, found.port)
    };
    ErrorCode(code).ok().map_err(|code| Error::broker(what, code, message.map(|text| text.as_str())))?;
    let port = u16::try_from(port).map_err(|_| nonsense("the coordinator's port is none"))?;
    let id = NodeId::from_wire(id.0).ok_or_else(|| nonsense("the coordinator has no id"))?;
    Ok(Broker { id, address: Address { host: host.as_str().to_owned(), port }, rack: None })
}

/// Connects to all bootstrap brokers at once; the first that has answered is taken.
///
/// Without SASL, ApiVersions and Metadata go out together, so that a usable client is one round trip away.
pub(crate) async fn bootstrap(options: &Options) -> Result<(Arc<Connection>, MetadataResponse), Error> {
    // What is wrong with our own stores and credentials is the same for all brokers.
    options.prepare_security()?;
    let mut attempts = JoinSet::new();
    for address in options.bootstrap.clone() {
        let options = options.clone();
        attempts.spawn(async move { introduce(&address, &options).await });
    }
    let mut last = None;
    while let Some(attempt) = attempts.join_next().await {
        match attempt {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(error)) => {
                let is_more_telling = last.is_none() || matches!(error, Error::Security { .. });
                last = if is_more_telling { Some(Box::new(error)) } else { last };
            }
            // A task that was cancelled or panicked says nothing about the broker.
            Err(_) => {}
        }
    }
    match last {
        // It was reached, and that is not what went wrong.
        Some(error) if matches!(*error, Error::Security { .. }) => Err(*error),
        source => Err(Error::NoBroker { addresses: comma_separated(&options.bootstrap), source }),
    }
}

async fn introduce(
    address: &Address,
    options: &Options,
) -> Result<(Arc<Connection>, MetadataResponse), Error> {
    let wait = options.request_timeout.min(options.timeout);
    let connection = Connection::open(address, options).await?;
    if options.controllers {
        connection.handshake(wait).await?;
        let version = connection.choose(DescribeClusterRequest::KEY, DescribeClusterRequest::NAME)?;
        let controllers = connection.call(version, controllers_request(), wait).await?;
        return Ok((Arc::new(connection), of_controllers(controllers)?));
    }
    let early = || metadata_request(Topics::Named(&[]));
    let (versions, metadata) =
        tokio::join!(connection.handshake(wait), connection.call(FIRST_METADATA, early(), wait));
    versions?;
    if let Ok(metadata) = metadata {
        return Ok((Arc::new(connection), metadata));
    }
    // The guess was wrong, and a broker closes the connection on a version it does not have.
    let version = connection.choose(MetadataRequest::KEY, MetadataRequest::NAME)?;
    let connection =
        if connection.is_open() { connection } else { Connection::open(address, options).await? };
    connection.handshake(wait).await?;
    match connection.call(version, early(), wait).await {
        Ok(metadata) => Ok((Arc::new(connection), metadata)),
        // A SASL listener answers ApiVersions and closes on everything else that comes without SASL.
        Err(Error::Disconnected { address, .. }) if !options.security.protocol().is_sasl() => {
            Err(Error::Security { address, source: SecurityError::WantsSasl })
        }
        Err(error) => Err(error),
    }
}

/// What Metadata is for brokers: asks a controller for the controllers (KIP-919).
fn controllers_request() -> DescribeClusterRequest {
    DescribeClusterRequest::default().with_endpoint_type(CONTROLLERS)
}

/// Reads the controllers as if they were brokers, so that requests find their way to them.
fn of_controllers(response: DescribeClusterResponse) -> Result<MetadataResponse, Error> {
    let message = response.error_message.as_ref().map(|text| text.as_str());
    ErrorCode(response.error_code)
        .ok()
        .map_err(|code| Error::broker("list the controllers", code, message))?;
    let node = |node: &DescribeClusterBroker| {
        MetadataResponseBroker::default()
            .with_node_id(node.broker_id)
            .with_host(node.host.clone())
            .with_port(node.port)
    };
    Ok(MetadataResponse::default()
        .with_cluster_id(Some(response.cluster_id.clone()))
        .with_controller_id(response.controller_id)
        .with_brokers(response.brokers.iter().map(node).collect()))
}

fn comma_separated(addresses: &[Address]) -> String {
    addresses.iter().map(Address::to_string).collect::<Vec<_>>().join(", ")
}
