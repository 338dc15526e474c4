//! AlterConfigs and IncrementalAlterConfigs: what a broker checks before it forwards them.
//!
//! versions: 0-2 (AlterConfigs), 0-1 (IncrementalAlterConfigs)
//! behaviours: a broker's own configuration is changed through that broker only; keys that need a restart and
//! values that a key cannot take are refused; everything else is the controller's decision
//! kips: 133, 226, 339
//! left out: loggers; changing the other resources of a request of which one is refused here: they are
//! answered with OPERATION_NOT_ATTEMPTED

use kr_metadata::configs::validate_broker_change;
use kr_metadata::image::ResourceType;
use kr_wire::error_code::ErrorCode;
use kr_wire::ids::NodeId;
use kr_wire::message::{RequestKind, ResponseKind, StrBytes};
use kr_wire::messages::alter_configs_response::AlterConfigsResourceResponse as AlterResult;
use kr_wire::messages::incremental_alter_configs_response::AlterConfigsResourceResponse as IncrementalResult;
use kr_wire::messages::{AlterConfigsResponse, IncrementalAlterConfigsResponse};

/// `OpType` of IncrementalAlterConfigs: the value replaces the old one.
const SET: i8 = 0;

/// The answer to a request that must not be forwarded from broker `node`; `None` if it may.
pub(crate) fn refuse(node: NodeId, request: &RequestKind) -> Option<ResponseKind> {
    match request {
        RequestKind::AlterConfigs(request) => {
            let checks = request.resources.iter().map(|r| {
                let changes = r.configs.iter().map(|c| (c.name.as_str(), c.value.as_deref()));
                check(node, r.resource_type, &r.resource_name, changes)
            });
            let verdicts = verdicts(checks.collect())?;
            let responses = request.resources.iter().zip(verdicts).map(|(r, (code, message))| {
                AlterResult::default()
                    .with_error_code(code.0)
                    .with_error_message(Some(message))
                    .with_resource_type(r.resource_type)
                    .with_resource_name(r.resource_name.clone())
            });
            let response = AlterConfigsResponse::default().with_responses(responses.collect());
            Some(ResponseKind::AlterConfigs(response))
        }
        RequestKind::IncrementalAlterConfigs(request) => {
            let checks = request.resources.iter().map(|r| {
                let changes = r.configs.iter().map(|c| {
                    // What appending and subtracting lead to is known to the controller only.
                    (c.name.as_str(), c.value.as_deref().filter(|_| c.config_operation == SET))
                });
                check(node, r.resource_type, &r.resource_name, changes)
            });
            let verdicts = verdicts(checks.collect())?;
            let responses = request.resources.iter().zip(verdicts).map(|(r, (code, message))| {
                IncrementalResult::default()
                    .with_error_code(code.0)
                    .with_error_message(Some(message))
                    .with_resource_type(r.resource_type)
                    .with_resource_name(r.resource_name.clone())
            });
            let response = IncrementalAlterConfigsResponse::default().with_responses(responses.collect());
            Some(ResponseKind::IncrementalAlterConfigs(response))
        }
        _ => None,
    }
}

/// Checks the changes of one resource: names of keys with the values they are to have.
fn check<'a>(
    node: NodeId,
    resource_type: i8,
    name: &str,
    changes: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> Result<(), String> {
    match ResourceType::from_wire(resource_type) {
        Some(ResourceType::Broker) => {}
        Some(ResourceType::BrokerLogger) => return Err("loggers cannot be configured".to_owned()),
        _ => return Ok(()),
    }
    if !name.is_empty() && name.parse() != Ok(node.0) {
        return Err(format!("unexpected broker id: expected {node} or an empty name, but received {name:?}"));
    }
    for (key, value) in changes {
        validate_broker_change(key, value, name.is_empty()).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// What to answer for each resource if any is refused.
fn verdicts(checks: Vec<Result<(), String>>) -> Option<Vec<(ErrorCode, StrBytes)>> {
    if checks.iter().all(Result::is_ok) {
        return None;
    }
    let verdicts = checks.into_iter().map(|check| match check {
        Err(message) => (ErrorCode::INVALID_REQUEST, StrBytes::from_string(message)),
        Ok(()) => (
            ErrorCode::OPERATION_NOT_ATTEMPTED,
            StrBytes::from_static_str("another resource of the request was refused"),
        ),
    });
    Some(verdicts.collect())
}

#[cfg(test)]
mod tests {
    use kr_wire::messages::IncrementalAlterConfigsRequest;
    use kr_wire::messages::incremental_alter_configs_request::{AlterConfigsResource, AlterableConfig};

    use super::*;

    const NODE: NodeId = NodeId(2);
    const DELETE: i8 = 1;

    fn resource(
        kind: ResourceType,
        name: &'static str,
        op: i8,
        key: &'static str,
        value: Option<&'static str>,
    ) -> AlterConfigsResource {
        let config = AlterableConfig::default()
            .with_name(StrBytes::from_static_str(key))
            .with_config_operation(op)
            .with_value(value.map(StrBytes::from_static_str));
        AlterConfigsResource::default()
            .with_resource_type(kind.to_wire())
            .with_resource_name(StrBytes::from_static_str(name))
            .with_configs(vec![config])
    }

    fn codes(resources: Vec<AlterConfigsResource>) -> Option<Vec<ErrorCode>> {
        let request = IncrementalAlterConfigsRequest::default().with_resources(resources);
        match refuse(NODE, &RequestKind::IncrementalAlterConfigs(request))? {
            ResponseKind::IncrementalAlterConfigs(r) => {
                Some(r.responses.iter().map(|r| ErrorCode(r.error_code)).collect())
            }
            other => panic!("unexpected {other:?}"),
        }
    }

    #[test]
    fn a_broker_forwards_changes_of_itself_and_of_all_brokers() {
        for name in ["2", ""] {
            let set = resource(ResourceType::Broker, name, SET, "log.retention.ms", Some("1000"));
            assert_eq!(codes(vec![set]), None, "{name:?}");
            let delete = resource(ResourceType::Broker, name, DELETE, "log.retention.ms", None);
            assert_eq!(codes(vec![delete]), None, "{name:?}");
        }
        assert_eq!(codes(vec![resource(ResourceType::Topic, "t", SET, "nonsense", Some("1"))]), None);
    }

    #[test]
    fn changes_of_another_broker_are_refused() {
        for name in ["3", "two"] {
            let set = resource(ResourceType::Broker, name, SET, "log.retention.ms", Some("1000"));
            assert_eq!(codes(vec![set]), Some(vec![ErrorCode::INVALID_REQUEST]));
        }
    }

    #[test]
    fn keys_that_need_a_restart_and_bad_values_are_refused() {
        for (key, value) in [("num.partitions", "3"), ("log.retention.ms", "soon")] {
            let set = resource(ResourceType::Broker, "2", SET, key, Some(value));
            assert_eq!(codes(vec![set]), Some(vec![ErrorCode::INVALID_REQUEST]), "{key}");
        }
    }

    #[test]
    fn nothing_is_attempted_when_one_resource_is_refused() {
        let topic = resource(ResourceType::Topic, "t", SET, "retention.ms", Some("1"));
        let broker = resource(ResourceType::Broker, "3", SET, "log.retention.ms", Some("1"));
        let expected = vec![ErrorCode::OPERATION_NOT_ATTEMPTED, ErrorCode::INVALID_REQUEST];
        assert_eq!(codes(vec![topic, broker]), Some(expected));
    }
}
