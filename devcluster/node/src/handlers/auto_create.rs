//! Topics that are created because somebody asked for them: by Metadata, and `__consumer_offsets` by
//! FindCoordinator (Kafka: `AutoTopicCreationManager`).
//!
//! Sends one CreateTopics at a time to the controller. Nobody waits for the outcome: clients ask again, and
//! ask for the creation again with that.

use std::collections::BTreeMap;
use std::time::Duration;

use kr_metadata::Delta;
use kr_wire::error_code::ErrorCode;
use kr_wire::message::{RequestKind, ResponseKind, StrBytes};
use kr_wire::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig};
use kr_wire::messages::{CreateTopicsRequest, TopicName};
use kr_wire::time::Mono;

use crate::config::Settings;
use crate::links::CallTag;
use crate::node::Node;
use crate::output::Level;

/// The topic of the group coordinator.
pub(crate) const OFFSETS_TOPIC: &str = "__consumer_offsets";

/// Most names that wait at once; what does not fit is asked for again by its client.
const MAX_WANTED: usize = 1000;
/// How long a name is kept while the controller cannot be asked, from when it was last asked for.
const PATIENCE: Duration = Duration::from_secs(30);
/// Pause after a creation that failed.
const BACKOFF: Duration = Duration::from_millis(100);
/// `timeout.ms` of the requests.
const TIMEOUT_MS: i32 = 10_000;

/// Topics to be created.
#[derive(Debug, Default)]
pub(crate) struct AutoCreate {
    /// Names, and when each is given up.
    wanted: BTreeMap<String, Mono>,
    in_flight: bool,
    retry_at: Option<Mono>,
}

impl AutoCreate {
    /// When there is something to send or to try again.
    pub(crate) fn next_deadline(&self) -> Option<Mono> {
        if self.in_flight || self.wanted.is_empty() {
            return None;
        }
        Some(self.retry_at.unwrap_or_default())
    }

    fn want(&mut self, name: &str, now: Mono) {
        if let Some(until) = self.wanted.get_mut(name) {
            *until = now + PATIENCE;
        } else if self.wanted.len() < MAX_WANTED {
            self.wanted.insert(name.to_owned(), now + PATIENCE);
        }
    }

    /// Names to be sent now; none while a request is under way or has just failed.
    fn due(&mut self, now: Mono) -> Vec<String> {
        if self.in_flight || self.retry_at.is_some_and(|at| at > now) {
            return Vec::new();
        }
        self.wanted.retain(|_, until| *until > now);
        self.wanted.keys().cloned().collect()
    }

    fn failed(&mut self, now: Mono) {
        self.retry_at = Some(now + BACKOFF);
    }
}

/// A topic as it is created on demand.
fn creatable(name: &str, settings: &Settings) -> CreatableTopic {
    let topic = CreatableTopic::default().with_name(TopicName(StrBytes::from_string(name.to_owned())));
    if name != OFFSETS_TOPIC {
        return topic
            .with_num_partitions(settings.num_partitions)
            .with_replication_factor(settings.default_replication_factor);
    }
    let configs = OFFSETS_CONFIGS.iter().map(|(key, value)| {
        CreatableTopicConfig::default()
            .with_name(StrBytes::from_static_str(key))
            .with_value(Some(StrBytes::from_static_str(value)))
    });
    topic
        .with_num_partitions(settings.offsets_topic_partitions)
        .with_replication_factor(settings.offsets_topic_replication_factor)
        .with_configs(configs.collect())
}

/// Configuration of `__consumer_offsets`; the segment size is `offsets.topic.segment.bytes`.
const OFFSETS_CONFIGS: [(&str, &str); 3] =
    [("cleanup.policy", "compact"), ("compression.type", "producer"), ("segment.bytes", "104857600")];

/// Whether a name is created on demand: topics of coordinators that are not served are not.
fn on_demand(name: &str) -> bool {
    name == OFFSETS_TOPIC
        || !kr_metadata::topic_name::is_internal(name) && name != kr_metadata::topic_name::CLUSTER_METADATA
}

impl Node {
    /// Has a topic created, soon, unless that is under way already.
    pub(crate) fn auto_create(&mut self, name: &str) {
        let now = self.now.mono;
        if !on_demand(name) {
            return;
        }
        if let Some(broker) = &mut self.broker {
            broker.auto_create.want(name, now);
        }
    }

    /// Sends what is due.
    pub(crate) fn tick_auto_create(&mut self) {
        let now = self.now.mono;
        let Some(broker) = &mut self.broker else { return };
        let names = broker.auto_create.due(now);
        if names.is_empty() {
            return;
        }
        broker.auto_create.in_flight = true;
        let topics = names.iter().map(|name| creatable(name, &self.settings)).collect();
        let request = CreateTopicsRequest::default().with_topics(topics).with_timeout_ms(TIMEOUT_MS);
        if !self.call_controller(CallTag::AutoCreate, RequestKind::CreateTopics(request)) {
            self.auto_create_answered(None);
        }
    }

    /// The controller answered, or could not be asked: then the names wait for the next try.
    pub(crate) fn auto_create_answered(&mut self, response: Option<ResponseKind>) {
        let now = self.now.mono;
        let Some(broker) = &mut self.broker else { return };
        let state = &mut broker.auto_create;
        state.in_flight = false;
        state.retry_at = None;
        let Some(ResponseKind::CreateTopics(response)) = response else { return state.failed(now) };
        let mut refused = Vec::new();
        for topic in &response.topics {
            match ErrorCode(topic.error_code) {
                ErrorCode::NOT_CONTROLLER | ErrorCode::REQUEST_TIMED_OUT => state.failed(now),
                ErrorCode::NONE | ErrorCode::TOPIC_ALREADY_EXISTS => {
                    state.wanted.remove(topic.name.as_str());
                }
                // The client asks again; until then it would be refused again.
                code => {
                    state.wanted.remove(topic.name.as_str());
                    state.failed(now);
                    let why = topic.error_message.as_deref().unwrap_or_default();
                    refused.push(format!(
                        "cannot create topic {:?} on demand: {code} {why}",
                        topic.name.as_str()
                    ));
                }
            }
        }
        for line in refused {
            self.log(Level::Warn, line);
        }
    }

    /// Topics that exist now need not be created any more.
    pub(crate) fn publish_to_auto_create(&mut self, delta: &Delta) {
        let image = self.quorum.image();
        let Some(broker) = &mut self.broker else { return };
        for topic in delta.created.iter().filter_map(|id| image.topic(*id)) {
            broker.auto_create.wanted.remove(&*topic.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Mono = Mono(1_000_000);

    #[test]
    fn a_name_is_sent_once_and_given_up_after_a_while() {
        let mut state = AutoCreate::default();
        assert_eq!(state.next_deadline(), None);
        state.want("a", NOW);
        state.want("a", NOW);
        assert!(state.next_deadline().is_some_and(|at| at <= NOW));
        assert_eq!(state.due(NOW), ["a"]);
        state.in_flight = true;
        assert!(state.due(NOW).is_empty());
        assert_eq!(state.next_deadline(), None);
        state.in_flight = false;
        assert!(state.due(NOW + PATIENCE).is_empty());
        assert_eq!(state.next_deadline(), None);
    }

    #[test]
    fn a_failure_delays_the_next_request() {
        let mut state = AutoCreate::default();
        state.want("a", NOW);
        state.failed(NOW);
        assert!(state.due(NOW).is_empty());
        assert_eq!(state.next_deadline(), Some(NOW + BACKOFF));
        assert_eq!(state.due(NOW + BACKOFF), ["a"]);
    }

    #[test]
    fn no_more_names_are_kept_than_the_bound() {
        let mut state = AutoCreate::default();
        for n in 0..MAX_WANTED + 5 {
            state.want(&n.to_string(), NOW);
        }
        assert_eq!(state.wanted.len(), MAX_WANTED);
    }

    #[test]
    fn topics_of_coordinators_that_are_not_served_are_not_created() {
        assert!(on_demand("orders") && on_demand(OFFSETS_TOPIC));
        for name in ["__transaction_state", "__share_group_state", "__cluster_metadata"] {
            assert!(!on_demand(name), "{name}");
        }
    }
}
