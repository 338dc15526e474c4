//! Open connections, by address and lane; made when first asked for, replaced when they broke.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::connection::Connection;
use crate::error::Error;
use crate::options::{Address, Options};

/// What a connection is used for. A broker answers one connection in order, so what may wait long there
/// (a fetch, a produce with acks=all, a join) must not stand before what is quick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Metadata and administration.
    Control,
    /// What a broker passes on to the controller and may wait for, when it is asked again and again.
    Forwarded,
    /// Produce.
    Produce,
    /// Fetch.
    Fetch,
    /// Membership of groups.
    Group,
}

type Slot = Arc<OnceCell<Arc<Connection>>>;

/// The connections of one client.
#[derive(Debug, Default)]
pub struct Pool {
    slots: Mutex<BTreeMap<(Address, Lane), Slot>>,
    failed: Mutex<BTreeMap<Address, Instant>>,
}

impl Pool {
    /// Gives a connection whose node has said what it serves.
    pub async fn connection(
        &self,
        address: &Address,
        lane: Lane,
        options: &Options,
    ) -> Result<Arc<Connection>, Error> {
        let slot = self.slot(address, lane);
        let made = slot.get_or_try_init(|| async {
            let connection = Connection::open(address, options).await?;
            connection.handshake(options.request_timeout).await?;
            Ok(Arc::new(connection))
        });
        match made.await {
            Ok(connection) => Ok(Arc::clone(connection)),
            Err(error) => {
                self.note_failure(address);
                Err(error)
            }
        }
    }

    /// Takes over a connection that was made outside.
    pub fn adopt(&self, connection: Arc<Connection>, lane: Lane) {
        let key = (connection.address().clone(), lane);
        locked(&self.slots).insert(key, Arc::new(OnceCell::new_with(Some(connection))));
    }

    /// Remembers that an address failed just now, so that others are asked first.
    pub fn note_failure(&self, address: &Address) {
        locked(&self.failed).insert(address.clone(), Instant::now());
    }

    /// Orders addresses by how likely they answer: connected and never failed first, last failed last.
    pub fn by_likelihood(&self, mut addresses: Vec<Address>, lane: Lane) -> Vec<Address> {
        let failed = locked(&self.failed);
        let slots = locked(&self.slots);
        let is_open = |address: &Address| {
            let slot = slots.get(&(address.clone(), lane));
            slot.and_then(|slot| slot.get()).is_some_and(|connection| connection.is_open())
        };
        addresses.sort_by_cached_key(|address| (failed.get(address).copied(), !is_open(address)));
        addresses
    }

    /// The slot of an address, fresh if the connection in it broke.
    fn slot(&self, address: &Address, lane: Lane) -> Slot {
        let mut slots = locked(&self.slots);
        let slot = slots.entry((address.clone(), lane)).or_default();
        if slot.get().is_some_and(|connection| !connection.is_open()) {
            *slot = Slot::default();
        }
        Arc::clone(slot)
    }
}

/// A panic while one of these maps was locked cannot have left it half changed.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
