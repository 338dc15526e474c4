//! Async Kafka client for administration, producing and consuming: Apache Kafka 2.1 to 4.x and what speaks
//! like it.
//!
//! # What it guarantees
//!
//! - **A call ends.** [`Options::timeout`] bounds every call with all its retries, one request is bounded by
//!   [`Options::request_timeout`], one answer by [`Options::frame_max_bytes`]. A broker that never answers,
//!   drips, lies about lengths or mixes answers up costs its connection and an error, not the process.
//! - **It asks the right node.** Requests go to the controller, leader or coordinator as last known; an
//!   answer that says "not me" or a lost connection leads to a fresh look and another try.
//! - **It does not go back in time.** Metadata with an older leader epoch than the known one is ignored.
//! - **A retry may repeat what was done.** A request whose answer was lost is sent again, as Kafka's own
//!   admin client does: a topic that was created then "exists already". The idempotent [`Producer`] is the
//!   exception: its records are written once, in order, also over a change of leader.
//! - **Nothing is changed past the gate.** Every request that changes something passes [`safety::Guard`].
//! - **Nothing from a cluster is trusted.** Sizes, counts and nesting are bounded by `kr-wire` before they
//!   are decoded. Text is not escaped here: that is for whoever shows it.

pub mod admin;
pub mod calls;
pub mod cluster_view;
pub mod connection;
pub mod consume;
pub mod error;
pub mod group;
pub mod journal;
pub mod options;
mod pool;
pub mod produce;
mod records;
mod retry;
mod routing;
pub mod safety;
pub mod tap;
pub mod undo;
pub mod versions;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kr_wire::ids::NodeId;

use cluster_view::ClusterView;
use pool::{Lane, Pool};
use routing::CoordinatorKind;

pub use calls::Call;
pub use consume::{Chunk, Consumer, ConsumerOptions, Span, StartAt, StoredBatch};
pub use error::{Error, Fault};
pub use group::{GroupConsumer, GroupEvent, GroupOptions};
pub use kr_wire::error_code::ErrorCode;
pub use options::{Address, Options};
pub use produce::{Producer, ProducerOptions, Transaction};
pub use records::{BatchFacts, ConsumedRecord, Header, HeaderRefs, NewRecord, RecordRef};
pub use routing::{Answer, Route, Topics};

/// A client of one cluster; cheap to clone, usable from any task.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: Options,
    pool: Pool,
    view: Mutex<ClusterView>,
    coordinators: Mutex<BTreeMap<(CoordinatorKind, String), NodeId>>,
}

impl Inner {
    fn coordinators(&self) -> MutexGuard<'_, BTreeMap<(CoordinatorKind, String), NodeId>> {
        self.coordinators.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// Connects to the first bootstrap broker that answers; the others are let go.
    ///
    /// Errors: [`Error::NoBroker`] when none can be reached, at once and without retries.
    pub async fn connect(options: Options) -> Result<Self, Error> {
        let (connection, metadata) = routing::bootstrap(&options).await?;
        let mut view = ClusterView::default();
        view.update(&metadata, false);
        let pool = Pool::default();
        pool.adopt(connection, Lane::Control);
        let inner = Inner { options, pool, view: Mutex::new(view), coordinators: Mutex::default() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What the client was told.
    pub fn options(&self) -> &Options {
        &self.inner.options
    }

    /// Remembers that a broker failed just now, so that others are asked first.
    pub(crate) fn note_failure(&self, address: &Address) {
        self.inner.pool.note_failure(address);
    }

    /// The picture of the cluster as last seen. Held only for a look: never across an await.
    pub fn view(&self) -> MutexGuard<'_, ClusterView> {
        self.inner.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
