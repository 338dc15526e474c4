//! What is known of one configuration key: type, default, where it may be changed, what values it takes.

use std::fmt;

/// Type of a value (wire numbers of `ConfigDef.Type` in DescribeConfigs).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`
    Boolean = 1,
    /// Any text, trimmed.
    String = 2,
    /// 32 bits.
    Int = 3,
    /// 16 bits.
    Short = 4,
    /// 64 bits.
    Long = 5,
    /// A floating-point number.
    Double = 6,
    /// Texts separated by commas.
    List = 7,
    /// A Java class name.
    Class = 8,
    /// A secret.
    Password = 9,
}

/// Where a broker key may be changed without a restart (`update mode` in Kafka's documentation).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// Nowhere.
    ReadOnly,
    /// For one broker.
    PerBroker,
    /// For one broker and for all.
    ClusterWide,
}

/// What values a key takes besides those of its type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// All.
    Any,
    /// This number or more.
    AtLeast(i64),
    /// Numbers in a closed range.
    Between(i64, i64),
    /// Numbers in a closed range, for doubles.
    Ratio(f64, f64),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list of these texts; it may be empty.
    ListOf(&'static [&'static str]),
    /// A list of these texts with at least one of them.
    NonEmptyListOf(&'static [&'static str]),
    /// -1 for the codec's default, or a number in a closed range.
    Level(i64, i64),
    /// `*`, or a list of `partition:broker`.
    ThrottledReplicas,
}

/// One configuration key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// The value when nobody sets one.
    pub default: Option<&'static str>,
    /// Where it may be changed; for keys of topics, groups and metrics always there.
    pub update: Update,
    /// Keys that give its value when it is not set, first to last; of a topic key: the broker's keys.
    pub synonyms: &'static [&'static str],
    /// What values it takes.
    pub rule: Rule,
    /// Whether this cluster acts on it; otherwise it is accepted, shown and said to have no effect.
    pub has_effect: bool,
    /// What it does.
    pub doc: &'static str,
}

/// Why a value does not fit its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadValue {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Option<String>,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for BadValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_deref().unwrap_or("null");
        write!(f, "Invalid value {value} for configuration {}: {}", self.key, self.reason)
    }
}

impl std::error::Error for BadValue {}

/// The elements of a list value; spaces around the commas do not count.
pub fn list(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|element| !element.is_empty())
}

impl Key {
    /// Whether the value is a secret and never shown.
    pub fn is_sensitive(&self) -> bool {
        self.kind == Kind::Password
    }

    /// Checks a value against type and rule.
    pub fn check(&self, value: &str) -> Result<(), BadValue> {
        self.check_kind(value.trim()).and_then(|()| self.check_rule(value.trim())).map_err(|reason| {
            BadValue {
                key: self.name.to_owned(),
                value: Some(if self.is_sensitive() { "[hidden]".to_owned() } else { value.to_owned() }),
                reason,
            }
        })
    }

    fn check_kind(&self, value: &str) -> Result<(), String> {
        let number = |expected: &str| Err(format!("Not a number of type {expected}"));
        match self.kind {
            Kind::Boolean if !matches!(value.to_ascii_lowercase().as_str(), "true" | "false") => {
                Err("Expected value to be either true or false".to_owned())
            }
            Kind::Int if value.parse::<i32>().is_err() => number("INT"),
            Kind::Short if value.parse::<i16>().is_err() => number("SHORT"),
            Kind::Long if value.parse::<i64>().is_err() => number("LONG"),
            Kind::Double if value.parse::<f64>().is_err() => number("DOUBLE"),
            _ => Ok(()),
        }
    }

    fn check_rule(&self, value: &str) -> Result<(), String> {
        let whole = || value.parse::<i64>().unwrap_or(i64::MIN);
        let known = |names: &[&str]| match list(value).find(|element| !names.contains(element)) {
            Some(_) => Err(format!("String must be one of: {}", names.join(", "))),
            None => Ok(()),
        };
        match self.rule {
            Rule::Any => Ok(()),
            Rule::AtLeast(min) if whole() < min => Err(format!("Value must be at least {min}")),
            Rule::Between(min, _) if whole() < min => Err(format!("Value must be at least {min}")),
            Rule::Between(_, max) if whole() > max => Err(format!("Value must be no more than {max}")),
            Rule::AtLeast(_) | Rule::Between(..) => Ok(()),
            Rule::Ratio(min, max) => match value.parse::<f64>() {
                Ok(ratio) if (min..=max).contains(&ratio) => Ok(()),
                _ => Err(format!("Value must be between {min} and {max}")),
            },
            Rule::OneOf(names) if !names.contains(&value) => {
                Err(format!("String must be one of: {}", names.join(", ")))
            }
            Rule::OneOf(_) => Ok(()),
            Rule::NonEmptyListOf(_) if list(value).next().is_none() => {
                Err("Configuration must not be empty".to_owned())
            }
            Rule::ListOf(names) | Rule::NonEmptyListOf(names) => known(names),
            Rule::Level(min, max) if whole() == -1 || (min..=max).contains(&whole()) => Ok(()),
            Rule::Level(min, max) => Err(format!("Value must be between {min} and {max} or equal to -1")),
            Rule::ThrottledReplicas => throttled_replicas(value),
        }
    }
}

fn throttled_replicas(value: &str) -> Result<(), String> {
    let pair = |element: &str| {
        element.split_once(':').is_some_and(|(partition, broker)| {
            partition.trim().parse::<u32>().is_ok() && broker.trim().parse::<u32>().is_ok()
        })
    };
    if value == "*" || list(value).all(pair) {
        return Ok(());
    }
    Err("Must be the literal '*' or a list of [partitionId]:[brokerId] separated by commas".to_owned())
}
