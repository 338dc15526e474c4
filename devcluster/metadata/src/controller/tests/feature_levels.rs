//! Finalizing feature levels.

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::NodeId;
use kr_wire::messages::UpdateFeaturesRequest;
use kr_wire::messages::update_features_request::FeatureUpdateKey;

use super::{Bench, s};
use crate::features::{ELR_VERSION, GROUP_VERSION, METADATA_VERSION};
use crate::image::ResourceType;

const UPGRADE: i8 = 1;
const SAFE_DOWNGRADE: i8 = 2;
const UNSAFE_DOWNGRADE: i8 = 3;

fn update(bench: &mut Bench, updates: &[(&str, i16, i8)]) -> ErrorCode {
    let key = |(name, level, kind): &(&str, i16, i8)| {
        FeatureUpdateKey::default()
            .with_feature(s(name))
            .with_max_version_level(*level)
            .with_upgrade_type(*kind)
    };
    let request = UpdateFeaturesRequest::default().with_feature_updates(updates.iter().map(key).collect());
    let answer = bench.ask(2, |c, call| c.update_features(&request, call));
    assert!(answer.results.is_empty());
    ErrorCode(answer.error_code)
}

#[test]
fn levels_go_up_by_upgrade_and_down_by_downgrade() {
    let mut bench = Bench::with_features(21, &[]);
    assert_eq!(
        update(&mut bench, &[(METADATA_VERSION, 27, SAFE_DOWNGRADE)]),
        ErrorCode::INVALID_UPDATE_VERSION
    );
    assert_eq!(update(&mut bench, &[(METADATA_VERSION, 27, UPGRADE)]), ErrorCode::NONE);
    assert_eq!(bench.image().metadata_version(), Some(27));
    assert_eq!(update(&mut bench, &[(METADATA_VERSION, 25, UPGRADE)]), ErrorCode::INVALID_UPDATE_VERSION);
    assert_eq!(update(&mut bench, &[(METADATA_VERSION, 25, SAFE_DOWNGRADE)]), ErrorCode::NONE);
    let lossy = [(METADATA_VERSION, 21, UNSAFE_DOWNGRADE)];
    assert_eq!(update(&mut bench, &lossy), ErrorCode::INVALID_UPDATE_VERSION);
    assert_eq!(bench.image().metadata_version(), Some(25));
}

#[test]
fn updates_are_all_or_nothing() {
    let mut bench = Bench::new();
    let updates = [(GROUP_VERSION, 0, SAFE_DOWNGRADE), ("no.such.version", 1, UPGRADE)];
    assert_eq!(update(&mut bench, &updates), ErrorCode::INVALID_UPDATE_VERSION);
    assert_eq!(bench.image().feature_level(GROUP_VERSION), 1);
    assert_eq!(update(&mut bench, &updates[..1]), ErrorCode::NONE);
    assert_eq!(bench.image().feature_level(GROUP_VERSION), 0);
}

#[test]
fn impossible_levels_and_types_are_refused() {
    let mut bench = Bench::new();
    for updates in [
        (GROUP_VERSION, -1, SAFE_DOWNGRADE),
        (GROUP_VERSION, 7, UPGRADE),
        (METADATA_VERSION, 28, UPGRADE),
        (METADATA_VERSION, 0, UNSAFE_DOWNGRADE),
        (GROUP_VERSION, 1, 0),
    ] {
        assert_eq!(update(&mut bench, &[updates]), ErrorCode::INVALID_UPDATE_VERSION, "{updates:?}");
    }
}

#[test]
fn level_needs_the_support_of_every_broker_and_voter() {
    let mut bench = Bench::with_features(21, &[]);
    let mut old = bench.registration(1, 1);
    for feature in &mut old.features {
        feature.max_supported_version = feature.max_supported_version.min(21);
    }
    bench.register(&old);
    assert_eq!(update(&mut bench, &[(METADATA_VERSION, 27, UPGRADE)]), ErrorCode::INVALID_UPDATE_VERSION);
    let mut config = Bench::config();
    config.quorum = vec![NodeId(1), NodeId(2)];
    let mut bench = Bench::with_config(config, 21, &[]);
    assert_eq!(update(&mut bench, &[(METADATA_VERSION, 27, UPGRADE)]), ErrorCode::INVALID_UPDATE_VERSION);
}

#[test]
fn features_depend_on_the_metadata_version() {
    let mut bench = Bench::with_features(21, &[]);
    assert_eq!(update(&mut bench, &[(ELR_VERSION, 1, UPGRADE)]), ErrorCode::INVALID_UPDATE_VERSION);
    let both = [(METADATA_VERSION, 27, UPGRADE), (ELR_VERSION, 1, UPGRADE)];
    assert_eq!(update(&mut bench, &both), ErrorCode::NONE);
    let min_isr = bench.image().configs().get(ResourceType::Broker, "", "min.insync.replicas");
    assert_eq!(min_isr, Some("2"), "the minimum of the cluster is written down");
}

#[test]
fn old_versions_answer_per_feature() {
    let mut bench = Bench::new();
    let key = FeatureUpdateKey::default().with_feature(s(GROUP_VERSION)).with_max_version_level(0);
    let request = UpdateFeaturesRequest::default().with_feature_updates(vec![key]);
    let answer = bench.ask(0, |c, call| c.update_features(&request, call));
    assert_eq!(ErrorCode(answer.results[0].error_code), ErrorCode::INVALID_UPDATE_VERSION);
}
