//! Registrations of controllers (KRaft).

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::NodeId;
use kr_wire::newer::UnregisterControllerRequest;

use crate::Client;
use crate::error::Error;
use crate::routing::Route;

impl Client {
    /// Makes the cluster forget a controller; it registers again if it comes back. Before Kafka 4.4 no cluster
    /// can: [`Error::Unsupported`].
    pub async fn unregister_controller(&self, id: NodeId) -> Result<(), Error> {
        let what = format!("unregister controller {id}");
        let build = |_| UnregisterControllerRequest { controller_id: id.0 };
        self.request(Route::Controller, &what, build, |response| {
            let message = response.error_message.as_deref();
            ErrorCode(response.error_code).ok().map_err(|code| Error::broker(&*what, code, message))
        })
        .await?;
        Ok(())
    }
}
