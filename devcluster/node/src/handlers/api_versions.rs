//! ApiVersions: what this listener serves, and the cluster's features (KIP-35, KIP-511, KIP-584).
//!
//! versions: 0-4
//! behaviours: only what is served is advertised; an unknown version is answered in version 0 with
//! UNSUPPORTED_VERSION; malformed client software names are refused; Produce is advertised from version 0
//! on, which older librdkafka needs to believe in message formats
//! kips: 35, 511, 584, 1022
//! left out: the intersection with the controller's versions (all nodes run the same program)

use kr_wire::api::{self, ApiKey, ApiRow};
use kr_wire::error_code::ErrorCode;
use kr_wire::message::{ResponseKind, StrBytes};
use kr_wire::messages::api_versions_response::{ApiVersion, FinalizedFeatureKey, SupportedFeatureKey};
use kr_wire::messages::{ApiVersionsRequest, ApiVersionsResponse};

use crate::dispatch::{Answer, Context};
use crate::event::Listener;
use crate::node::Node;

/// First version with the client's software name and the features.
const FIRST_WITH_FEATURES: i16 = 3;
/// First version in which a feature's lowest level may be 0.
const FIRST_WITH_LEVEL_ZERO: i16 = 4;

/// Handles ApiVersions.
pub(crate) fn handle(node: &Node, ctx: &Context, request: &ApiVersionsRequest) -> Answer {
    if ctx.version >= FIRST_WITH_FEATURES
        && !(is_software(&request.client_software_name) && is_software(&request.client_software_version))
    {
        let refused = ApiVersionsResponse::default().with_error_code(ErrorCode::INVALID_REQUEST.0);
        return Answer::now(ResponseKind::ApiVersions(refused));
    }
    let image = node.quorum.image();
    let supported = kr_metadata::features::supported()
        .into_iter()
        .filter(|(_, min, _)| *min > 0 || ctx.version >= FIRST_WITH_LEVEL_ZERO)
        .map(|(name, min, max)| {
            let name = StrBytes::from_static_str(name);
            SupportedFeatureKey::default().with_name(name).with_min_version(min).with_max_version(max)
        })
        .collect();
    let finalized = image
        .features()
        .iter()
        .map(|(name, level)| {
            // metadata.version is finalised as one level, the other features as a range from 1 down.
            FinalizedFeatureKey::default()
                .with_name(StrBytes::from_string(name.clone()))
                .with_max_version_level(*level)
                .with_min_version_level(*level)
        })
        .collect();
    let epoch = if image.features().is_empty() { -1 } else { node.quorum.applied().0 - 1 };
    let response = ApiVersionsResponse::default()
        .with_api_keys(api_keys(ctx.listener))
        .with_supported_features(supported)
        .with_finalized_features_epoch(epoch)
        .with_finalized_features(finalized);
    Answer::now(ResponseKind::ApiVersions(response))
}

/// The answer to a version that is not served; it must be encoded in version 0.
pub(crate) fn unsupported_version(row: &ApiRow) -> ResponseKind {
    let own = ApiVersion::default().with_api_key(row.key).with_min_version(row.min).with_max_version(row.max);
    let response = ApiVersionsResponse::default()
        .with_error_code(ErrorCode::UNSUPPORTED_VERSION.0)
        .with_api_keys(vec![own]);
    ResponseKind::ApiVersions(response)
}

fn api_keys(listener: Listener) -> Vec<ApiVersion> {
    api::rows()
        .iter()
        .filter(|row| super::serves(row.key, listener))
        .map(|row| {
            let min = if row.key == ApiKey::Produce as i16 { 0 } else { row.min };
            ApiVersion::default().with_api_key(row.key).with_min_version(min).with_max_version(row.max)
        })
        .collect()
}

/// Letters and digits, with dots and dashes inside (KIP-511).
fn is_software(text: &StrBytes) -> bool {
    let bytes = text.as_bytes();
    let inner = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-' || *b == b'.';
    match (bytes.first(), bytes.last()) {
        (Some(first), Some(last)) => {
            first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() && bytes.iter().all(inner)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_names_follow_kip_511() {
        for good in ["kr", "apache-kafka-java", "4.1.2", "a"] {
            assert!(is_software(&StrBytes::from_static_str(good)), "{good}");
        }
        for bad in ["", "-kr", "kr.", "k r", "kr\n", "ü"] {
            assert!(!is_software(&StrBytes::from_static_str(bad)), "{bad}");
        }
    }

    #[test]
    fn produce_is_advertised_from_version_0_on_brokers_only() {
        let keys = api_keys(Listener::Broker);
        let produce = keys.iter().find(|k| k.api_key == 0).expect("served");
        assert_eq!((produce.min_version, produce.max_version), (0, 13));
        assert!(api_keys(Listener::Controller).iter().all(|k| k.api_key != 0));
    }
}
