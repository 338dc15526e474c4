//! What a change of configs will do: the value before and after of each key, and what is lost by it. Pure.

use kr_client::admin::{ConfigEdit, ConfigEntry, ConfigOp, list_items};

use super::{fallback, own};

/// The change of one key of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// The key.
    pub key: String,
    /// The value that counts now; none when it is not known.
    pub before: Option<String>,
    /// What is set on the topic itself now.
    pub own_before: Option<String>,
    /// The value that will count; none when it is not known.
    pub after: Option<String>,
    /// What will be set on the topic itself.
    pub own_after: Option<String>,
    /// What is sent.
    pub edit: ConfigEdit,
}

impl KeyChange {
    /// Says what an edit does to a topic whose configs are these.
    pub fn of(edit: &ConfigEdit, configs: &[ConfigEntry]) -> Self {
        let entry = configs.iter().find(|entry| entry.name == edit.name);
        let before = entry.and_then(|entry| entry.value.clone());
        let own_before = entry.and_then(own).map(str::to_owned);
        let without = entry.and_then(fallback).map(|(value, _)| value.to_owned());
        let own_after = edit.op.applied_to(before.as_deref());
        let after = own_after.clone().or(without);
        Self { key: edit.name.clone(), before, own_before, after, own_after, edit: edit.clone() }
    }

    /// Whether nothing would change: neither the value nor where it is set.
    pub fn is_idle(&self) -> bool {
        let is_list = matches!(self.edit.op, ConfigOp::Append(_) | ConfigOp::Subtract(_));
        self.own_before == self.own_after || is_list && self.before == self.own_after
    }

    /// Whether records may be deleted that would have stayed.
    pub fn loses_records(&self) -> bool {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return false };
        loses_records(&self.key, before, after)
    }
}

/// Whether records may be deleted that would have stayed with the old value of a topic's config.
pub fn loses_records(key: &str, before: &str, after: &str) -> bool {
    match key {
        "retention.ms" | "retention.bytes" | "delete.retention.ms" => {
            let limit = |text: &str| text.parse::<i64>().ok().map(|n| if n < 0 { i64::MAX } else { n });
            matches!((limit(before), limit(after)), (Some(before), Some(after)) if after < before)
        }
        "cleanup.policy" => list_items(after).any(|policy| !list_items(before).any(|known| known == policy)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use kr_client::admin::{ConfigSource, ConfigSynonym};

    use super::*;

    fn entry(name: &str, value: &str, default: &str) -> ConfigEntry {
        let is_own = value != default;
        let synonym = |value: &str, source| ConfigSynonym {
            name: name.to_owned(),
            value: Some(value.to_owned()),
            source,
        };
        let mut synonyms = vec![synonym(default, ConfigSource::Default)];
        if is_own {
            synonyms.insert(0, synonym(value, ConfigSource::Topic));
        }
        ConfigEntry {
            name: name.to_owned(),
            value: Some(value.to_owned()),
            source: if is_own { ConfigSource::Topic } else { ConfigSource::Default },
            is_sensitive: false,
            is_read_only: false,
            synonyms,
            value_type: None,
            documentation: None,
        }
    }

    fn change(edit: ConfigEdit, entry: ConfigEntry) -> KeyChange {
        KeyChange::of(&edit, &[entry])
    }

    fn edit(name: &str, op: ConfigOp) -> ConfigEdit {
        ConfigEdit { name: name.to_owned(), op }
    }

    #[test]
    fn a_key_that_is_unset_falls_back_to_what_counts_next() {
        let change = change(ConfigEdit::unset("retention.ms"), entry("retention.ms", "5", "604800000"));
        assert_eq!((change.own_before.as_deref(), change.own_after.as_deref()), (Some("5"), None));
        assert_eq!(change.after.as_deref(), Some("604800000"));
        assert!(!change.is_idle() && !change.loses_records());
    }

    #[test]
    fn unsetting_what_is_not_set_changes_nothing() {
        let change = change(ConfigEdit::unset("retention.ms"), entry("retention.ms", "7", "7"));
        assert!(change.is_idle());
    }

    #[test]
    fn setting_the_default_on_the_topic_is_a_change() {
        let change = change(ConfigEdit::set("retention.ms", "7"), entry("retention.ms", "7", "7"));
        assert!(!change.is_idle());
    }

    #[test]
    fn lists_are_added_to_and_taken_from_by_item() {
        let policy = || entry("cleanup.policy", "delete", "delete");
        let more = change(edit("cleanup.policy", ConfigOp::Append("compact,delete".to_owned())), policy());
        assert_eq!(more.own_after.as_deref(), Some("delete,compact"));
        assert!(more.loses_records());
        let same = change(edit("cleanup.policy", ConfigOp::Append("delete".to_owned())), policy());
        assert!(same.is_idle());
        let both = entry("cleanup.policy", "compact,delete", "delete");
        let fewer = change(edit("cleanup.policy", ConfigOp::Subtract("compact".to_owned())), both);
        assert_eq!(fewer.own_after.as_deref(), Some("delete"));
        assert!(!fewer.loses_records());
    }

    #[test]
    fn a_shorter_retention_loses_records_and_a_longer_one_does_not() {
        for (before, after, loses) in
            [("10", "5", true), ("5", "10", false), ("-1", "5", true), ("5", "-1", false), ("x", "5", false)]
        {
            let change = change(ConfigEdit::set("retention.ms", after), entry("retention.ms", before, "7"));
            assert_eq!(change.loses_records(), loses, "{before} to {after}");
        }
    }
}
