//! DescribeConfigs: the configuration of topics, brokers, groups and client metrics subscriptions.
//!
//! versions: 1-4
//! behaviours: values with source, synonyms and documentation; a broker answers for itself and for the
//! defaults of all; a controller answers for itself and for those defaults
//! kips: 133, 226, 524, 569, 714, 848
//! left out: loggers (a node has no log levels per class), authorisation

use kr_metadata::configs::Wanted;
use kr_metadata::image::ResourceType;
use kr_metadata::topic_name;
use kr_wire::error_code::ErrorCode;
use kr_wire::message::{ResponseKind, StrBytes};
use kr_wire::messages::describe_configs_request::DescribeConfigsResource;
use kr_wire::messages::describe_configs_response::{DescribeConfigsResourceResult, DescribeConfigsResult};
use kr_wire::messages::{DescribeConfigsRequest, DescribeConfigsResponse};

use crate::dispatch::{Answer, Context};
use crate::event::Listener;
use crate::node::Node;

/// Handles DescribeConfigs.
pub(crate) fn handle(node: &Node, ctx: &Context, request: &DescribeConfigsRequest) -> Answer {
    let results = request.resources.iter().map(|resource| {
        let answer = DescribeConfigsResult::default()
            .with_resource_type(resource.resource_type)
            .with_resource_name(resource.resource_name.clone());
        match node.describe_resource(ctx.listener, resource, request) {
            Ok(configs) => answer.with_error_message(None).with_configs(configs),
            Err((code, message)) => answer.with_error_code(code.0).with_error_message(message),
        }
    });
    let response = DescribeConfigsResponse::default().with_results(results.collect());
    Answer::now(ResponseKind::DescribeConfigs(response))
}

/// Whether a listener answers for resources of a kind.
fn check_kind(listener: Listener, resource_type: i8) -> Result<(), (ErrorCode, Option<StrBytes>)> {
    if listener == Listener::Controller && resource_type != ResourceType::Broker.to_wire() {
        let message = format!("a controller does not describe resources of type {resource_type}");
        return Err((ErrorCode::INVALID_REQUEST, Some(StrBytes::from_string(message))));
    }
    Ok(())
}

impl Node {
    fn describe_resource(
        &self,
        listener: Listener,
        resource: &DescribeConfigsResource,
        request: &DescribeConfigsRequest,
    ) -> Result<Vec<DescribeConfigsResourceResult>, (ErrorCode, Option<StrBytes>)> {
        check_kind(listener, resource.resource_type)?;
        let name = resource.resource_name.as_str();
        if resource.resource_type == ResourceType::Topic.to_wire() {
            if let Err(error) = topic_name::check(name) {
                let message = StrBytes::from_string(error.to_string());
                return Err((ErrorCode::INVALID_TOPIC_EXCEPTION, Some(message)));
            }
            if self.quorum.image().topic_by_name(name).is_none() {
                return Err((ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, None));
            }
        }
        let wanted = Wanted {
            keys: resource.configuration_keys.as_deref(),
            synonyms: request.include_synonyms,
            documentation: request.include_documentation,
        };
        self.config_scope()
            .describe(resource.resource_type, name, &wanted)
            .map_err(|refusal| (refusal.code, refusal.text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_controller_describes_nodes_only() {
        assert_eq!(check_kind(Listener::Controller, ResourceType::Broker.to_wire()), Ok(()));
        assert!(check_kind(Listener::Controller, ResourceType::Topic.to_wire()).is_err());
        assert_eq!(check_kind(Listener::Broker, ResourceType::Topic.to_wire()), Ok(()));
    }
}
