//! What a topic may be called (Kafka: `Topic`).

/// The metadata log, which is no topic for clients.
pub const CLUSTER_METADATA: &str = "__cluster_metadata";
/// Topics that only brokers create and write.
pub const INTERNAL: [&str; 3] = ["__consumer_offsets", "__transaction_state", "__share_group_state"];
/// Longest name, so that directory names fit into a file system's 255 bytes.
pub const MAX_LENGTH: usize = 249;

/// Why a name is not one. The caller's fault: INVALID_TOPIC_EXCEPTION.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// It has no characters.
    #[error("topic name is illegal: it is empty")]
    Empty,
    /// It is `.` or `..`.
    #[error("topic name is illegal: it is {0:?}")]
    Dots(String),
    /// It has more than [`MAX_LENGTH`] characters.
    #[error("topic name is illegal: it has {0} characters, {MAX_LENGTH} are allowed")]
    TooLong(usize),
    /// It has other characters than ASCII letters, digits, `.`, `_` and `-`.
    #[error("topic name {0:?} is illegal: only ASCII letters, digits, '.', '_' and '-' are allowed")]
    Characters(String),
}

/// Checks a name.
///
/// # Errors
/// What is wrong with it.
pub fn check(name: &str) -> Result<(), BadName> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    match name {
        "" => Err(BadName::Empty),
        "." | ".." => Err(BadName::Dots(name.to_owned())),
        _ if name.len() > MAX_LENGTH => Err(BadName::TooLong(name.len())),
        _ if !name.chars().all(legal) => Err(BadName::Characters(name.to_owned())),
        _ => Ok(()),
    }
}

/// Whether the topic is one that only brokers create and write.
pub fn is_internal(name: &str) -> bool {
    INTERNAL.contains(&name)
}

/// Whether names may differ from this one only in '.' and '_', which metrics do not tell apart.
pub(crate) fn may_collide(name: &str) -> bool {
    name.contains(['.', '_'])
}

/// What colliding names share.
pub(crate) fn collision_key(name: &str) -> String {
    name.replace('.', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_kafkas_rules() {
        assert_eq!(check("orders.v2_x-1"), Ok(()));
        assert_eq!(check(""), Err(BadName::Empty));
        assert_eq!(check(".."), Err(BadName::Dots("..".to_owned())));
        assert_eq!(check(&"a".repeat(249)), Ok(()));
        assert_eq!(check(&"a".repeat(250)), Err(BadName::TooLong(250)));
        assert_eq!(check("a b"), Err(BadName::Characters("a b".to_owned())));
        assert_eq!(check("ä"), Err(BadName::Characters("ä".to_owned())));
    }
}
