//! Registrations of brokers (KRaft).

use kr_wire::ids::NodeId;
use kr_wire::messages::{BrokerId, UnregisterBrokerRequest};

use super::checked;
use crate::Client;
use crate::error::Error;
use crate::routing::Route;

impl Client {
    /// Makes the cluster forget a broker; it registers again if it comes back. Clusters with ZooKeeper cannot:
    /// [`Error::Unsupported`].
    pub async fn unregister_broker(&self, id: NodeId) -> Result<(), Error> {
        let what = format!("unregister broker {id}");
        let build = |_| UnregisterBrokerRequest::default().with_broker_id(BrokerId(id.0));
        self.request(Route::Controller, &what, build, |response| {
            checked(what.clone(), response.error_code, response.error_message.as_ref())
        })
        .await?;
        Ok(())
    }
}
