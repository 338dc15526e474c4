//! Changes of feature levels (KIP-584, KIP-778; Kafka 2.7 and newer).

use kr_wire::messages::UpdateFeaturesRequest;
use kr_wire::messages::update_features_request::FeatureUpdateKey;

use super::{checked, text};
use crate::Client;
use crate::error::Error;
use crate::routing::Route;

/// Which way a level goes (`FeatureUpdate.UpgradeType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpgradeType {
    /// Up.
    Upgrade,
    /// Down, where nothing is lost.
    SafeDowngrade,
    /// Down, whatever is lost.
    UnsafeDowngrade,
}

impl UpgradeType {
    fn to_wire(self) -> i8 {
        match self {
            Self::Upgrade => 1,
            Self::SafeDowngrade => 2,
            Self::UnsafeDowngrade => 3,
        }
    }
}

impl Client {
    /// Sets levels of features, all or none; with `validate_only` (Kafka 3.3 and newer) only says whether they
    /// could be set.
    pub async fn update_features(
        &self,
        updates: &[(String, i16, UpgradeType)],
        validate_only: bool,
    ) -> Result<(), Error> {
        let what = if validate_only { "check the new feature levels" } else { "change feature levels" };
        if validate_only {
            self.require::<UpdateFeaturesRequest>(1).await?;
        }
        let timeout_ms = i32::try_from(self.options().request_timeout.as_millis()).unwrap_or(i32::MAX);
        let build = |version| {
            let update = |(name, level, kind): &(String, i16, UpgradeType)| {
                let key = FeatureUpdateKey::default().with_feature(text(name)).with_max_version_level(*level);
                match version {
                    0 => key.with_allow_downgrade(*kind != UpgradeType::Upgrade),
                    _ => key.with_upgrade_type(kind.to_wire()),
                }
            };
            UpdateFeaturesRequest::default()
                .with_timeout_ms(timeout_ms)
                .with_feature_updates(updates.iter().map(update).collect())
                .with_validate_only(validate_only)
        };
        self.request(Route::Controller, what, build, |response| {
            checked(what, response.error_code, response.error_message.as_ref())?;
            response.results.iter().try_for_each(|result| {
                let what = format!("change feature {}", result.feature.as_str());
                checked(what, result.error_code, result.error_message.as_ref())
            })
        })
        .await?;
        Ok(())
    }
}
