//! Subscriptions to metrics of clients (KIP-714) and other things that have configs, by name (KIP-1142).

use kr_wire::messages::ListConfigResourcesRequest;

use super::checked;
use crate::Client;
use crate::error::Error;
use crate::routing::Route;

/// `ConfigResource.Type.CLIENT_METRICS`.
const CLIENT_METRICS: i8 = 16;

impl Client {
    /// Names of the subscriptions, ascending. Kafka 3.7 and newer.
    pub async fn list_client_metrics(&self) -> Result<Vec<String>, Error> {
        let what = "list subscriptions to client metrics";
        // Version 0 knows nothing else.
        let build = |version| {
            let wanted = if version >= 1 { vec![CLIENT_METRICS] } else { Vec::new() };
            ListConfigResourcesRequest::default().with_resource_types(wanted)
        };
        let answer = self
            .request(Route::Any, what, build, |response| checked(what, response.error_code, None))
            .await?;
        let resources = answer.response.config_resources.iter();
        let wanted = resources.filter(|resource| resource.resource_type == CLIENT_METRICS);
        let mut names: Vec<String> = wanted.map(|r| r.resource_name.as_str().to_owned()).collect();
        names.sort();
        Ok(names)
    }
}
