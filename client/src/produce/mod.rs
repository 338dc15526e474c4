//! Writes records: batched per partition, retried over changes of leader, with idempotence written once.
//!
//! One task owns all state ([`sender`]); callers hand records over and get a [`Delivery`] each. A partition has
//! one batch on its way at a time, so order needs no further rule: while it is away, the records for the
//! next one gather. Records wait at most [`ProducerOptions::delivery_timeout`].

mod partition;
pub mod partitioner;
mod request;
mod sender;
mod spread;
mod transaction;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use kr_wire::compression::Codec;
use kr_wire::ids::{Offset, PartitionId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::Client;
use crate::error::Error;
use crate::records::NewRecord;

use partitioner::Partitioner;
use transaction::Scope;

pub use transaction::Transaction;

/// Records handed over that the task has not looked at yet.
const QUEUE: usize = 8192;

/// Who must have a batch before it is acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Acks {
    /// Nobody: nothing is known of what becomes of it.
    None,
    /// The leader.
    Leader,
    /// All replicas in sync.
    #[default]
    All,
}

impl Acks {
    fn to_wire(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Leader => 1,
            Self::All => -1,
        }
    }
}

/// Options of a producer, named as Kafka's.
#[derive(Clone, Debug)]
pub struct ProducerOptions {
    /// `acks`.
    pub acks: Acks,
    /// `enable.idempotence`: needs [`Acks::All`].
    pub idempotent: bool,
    /// `partitioner.class`.
    pub partitioner: Partitioner,
    /// `compression.type`.
    pub codec: Codec,
    /// `batch.size`: a batch is closed at this many bytes before compression.
    pub batch_max_bytes: usize,
    /// `max.request.size`: batches put in one request.
    pub request_max_bytes: usize,
    /// `linger.ms`: how long a batch waits for more records.
    pub linger: Duration,
    /// Requests on their way to one broker.
    pub in_flight_max: usize,
    /// `buffer.memory`: records that wait or are on their way, in bytes; more wait in [`Producer::send`].
    pub buffer_bytes: usize,
    /// `delivery.timeout.ms`.
    pub delivery_timeout: Duration,
}

impl Default for ProducerOptions {
    fn default() -> Self {
        Self {
            acks: Acks::All,
            idempotent: true,
            partitioner: Partitioner::default(),
            codec: Codec::None,
            batch_max_bytes: 512 * 1024,
            request_max_bytes: 4 * 1024 * 1024,
            linger: Duration::ZERO,
            in_flight_max: 5,
            buffer_bytes: 64 * 1024 * 1024,
            delivery_timeout: Duration::from_secs(120),
        }
    }
}

/// Where an acknowledged record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// The partition it is in.
    pub partition: PartitionId,
    /// Its offset; unknown with [`Acks::None`], or when the broker only remembers that it has it.
    pub offset: Option<Offset>,
}

/// What becomes of one record: resolves when it is acknowledged or has failed for good.
#[derive(Debug)]
pub struct Delivery(oneshot::Receiver<Result<Ack, Arc<Error>>>);

impl Future for Delivery {
    type Output = Result<Ack, Arc<Error>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0)
            .poll(context)
            .map(|answer| answer.unwrap_or_else(|_| Err(Arc::new(Error::Closed("the producer")))))
    }
}

/// A record on its way and who waits for it. Dropping it gives its share of the buffer back.
#[derive(Debug)]
struct Pending {
    record: NewRecord,
    ticket: Ticket,
}

#[derive(Debug)]
struct Ticket {
    reply: oneshot::Sender<Result<Ack, Arc<Error>>>,
    _share: OwnedSemaphorePermit,
}

#[derive(Debug)]
enum Command {
    Send(Pending),
    Flush(oneshot::Sender<()>),
    Abandon(oneshot::Sender<()>),
}

/// Writes records; cheap to clone. Dropping the last one gives up what has not been acknowledged.
#[derive(Clone, Debug)]
pub struct Producer {
    commands: mpsc::Sender<Command>,
    buffer: Arc<Semaphore>,
    buffer_bytes: u32,
}

impl Producer {
    /// Starts a producer. The producer id is asked for with the first record.
    pub fn new(client: &Client, options: ProducerOptions) -> Self {
        Self::start(client, options, None)
    }

    fn start(client: &Client, options: ProducerOptions, scope: Option<Arc<Scope>>) -> Self {
        let (commands, queue) = mpsc::channel(QUEUE);
        // A semaphore counts to 2^29 on 32 bits; a buffer beyond 512 MiB is cut to that.
        let buffer_bytes = u32::try_from(options.buffer_bytes.min(1 << 29)).unwrap_or(1 << 29);
        tokio::spawn(sender::run(client.clone(), options, scope, queue));
        Self { commands, buffer: Arc::new(Semaphore::new(buffer_bytes as usize)), buffer_bytes }
    }

    /// Hands a record over; waits while the buffer is full.
    pub async fn send(&self, record: NewRecord) -> Result<Delivery, Error> {
        // A record larger than the buffer takes all of it, and goes alone.
        let share = u32::try_from(record.size()).unwrap_or(u32::MAX).min(self.buffer_bytes);
        let closed = || Error::Closed("the producer");
        let permit = Arc::clone(&self.buffer).acquire_many_owned(share).await.map_err(|_| closed())?;
        let (reply, answer) = oneshot::channel();
        let pending = Pending { record, ticket: Ticket { reply, _share: permit } };
        self.commands.send(Command::Send(pending)).await.map_err(|_| closed())?;
        Ok(Delivery(answer))
    }

    /// Waits until every record handed over so far is acknowledged or has failed.
    pub async fn flush(&self) -> Result<(), Error> {
        let (done, flushed) = oneshot::channel();
        let closed = || Error::Closed("the producer");
        self.commands.send(Command::Flush(done)).await.map_err(|_| closed())?;
        flushed.await.map_err(|_| closed())
    }

    /// Gives up every record that has not been sent, and waits for the outcome of those that have been. What is
    /// sent afterwards fails.
    pub async fn abandon(&self) -> Result<(), Error> {
        let (done, ended) = oneshot::channel();
        let closed = || Error::Closed("the producer");
        self.commands.send(Command::Abandon(done)).await.map_err(|_| closed())?;
        ended.await.map_err(|_| closed())
    }
}
