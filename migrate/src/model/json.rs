//! JSON as Kafka's readers of znodes take it: what is no JSON at all, and what is JSON of another shape.
//!
//! Anything behind the first value is not looked at, unknown keys are passed over, and a number is not a string.

use serde_json::{Map, Value};

/// Most characters of a value that a message shows.
const SHOWN_CHARS: usize = 60;

/// The data of a znode, as a reader of JSON sees it.
#[derive(Debug)]
pub(super) enum Json {
    /// Null: there is no data.
    Null,
    /// The data is empty.
    Empty,
    /// The data is not JSON.
    Invalid,
    /// The first value in the data.
    Value(Value),
}

impl Json {
    pub(super) fn read(data: Option<&[u8]>) -> Self {
        let Some(data) = data else { return Self::Null };
        if data.iter().all(u8::is_ascii_whitespace) {
            return Self::Empty;
        }
        match serde_json::Deserializer::from_slice(data).into_iter::<Value>().next() {
            Some(Ok(value)) => Self::Value(value),
            Some(Err(_)) | None => Self::Invalid,
        }
    }

    /// The object that must be there; `Ok(None)` when the data is not JSON, which some readers take for nothing.
    pub(super) fn object(self) -> Result<Option<Map<String, Value>>, String> {
        match self {
            Self::Null => Err("has no data".to_owned()),
            Self::Empty => Err("has empty data".to_owned()),
            Self::Invalid => Ok(None),
            Self::Value(Value::Object(object)) => Ok(Some(object)),
            Self::Value(other) => Err(format!("holds {}, not an object", kind(&other))),
        }
    }
}

/// Asks an object for values of a type; messages name the key.
pub(super) trait Fields {
    fn required(&self, key: &str) -> Result<&Value, String>;
    fn int(&self, key: &str) -> Result<i32, String>;
    fn long(&self, key: &str) -> Result<i64, String>;
    fn text(&self, key: &str) -> Result<&str, String>;
    fn array(&self, key: &str) -> Result<&Vec<Value>, String>;
    fn object(&self, key: &str) -> Result<Option<&Map<String, Value>>, String>;
}

impl Fields for Map<String, Value> {
    fn required(&self, key: &str) -> Result<&Value, String> {
        self.get(key).ok_or_else(|| format!("has no {key:?}"))
    }

    fn int(&self, key: &str) -> Result<i32, String> {
        let value = self.required(key)?;
        int(value).ok_or_else(|| other(key, value, "a 32-bit number"))
    }

    fn long(&self, key: &str) -> Result<i64, String> {
        let value = self.required(key)?;
        value.as_i64().ok_or_else(|| other(key, value, "a number"))
    }

    fn text(&self, key: &str) -> Result<&str, String> {
        let value = self.required(key)?;
        value.as_str().ok_or_else(|| other(key, value, "a string"))
    }

    fn array(&self, key: &str) -> Result<&Vec<Value>, String> {
        let value = self.required(key)?;
        value.as_array().ok_or_else(|| other(key, value, "a list"))
    }

    fn object(&self, key: &str) -> Result<Option<&Map<String, Value>>, String> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(value) => Err(other(key, value, "an object")),
        }
    }
}

/// A number without a fraction that fits into 32 bits.
pub(super) fn int(value: &Value) -> Option<i32> {
    value.as_i64().and_then(|number| i32::try_from(number).ok())
}

/// Says that the value of a key is something else than it must be.
pub(super) fn other(key: &str, value: &Value, wanted: &str) -> String {
    let mut shown: String = value.to_string().chars().take(SHOWN_CHARS + 1).collect();
    if shown.chars().count() > SHOWN_CHARS {
        shown = shown.chars().take(SHOWN_CHARS).chain("...".chars()).collect();
    }
    format!("has {key:?} of {shown}, which is not {wanted}")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Result<Option<Map<String, Value>>, String> {
        Json::read(Some(text.as_bytes())).object()
    }

    #[test]
    fn null_empty_junk_and_other_shapes_are_told_apart() {
        assert_eq!(Json::read(None).object(), Err("has no data".to_owned()));
        assert_eq!(object(" "), Err("has empty data".to_owned()));
        assert_eq!(object("{broken"), Ok(None));
        assert_eq!(object("[1]"), Err("holds a list, not an object".to_owned()));
        assert!(object("{} and more").is_ok_and(|object| object.is_some()));
        assert!(object("\u{0}").is_ok_and(|object| object.is_none()));
    }

    #[test]
    fn a_number_is_not_a_string_and_a_fraction_is_no_number() {
        let object = object(r#"{"a":1,"b":"x","c":1.0,"d":3000000000}"#).expect("json").expect("object");
        assert_eq!((object.int("a"), object.text("b")), (Ok(1), Ok("x")));
        assert!(object.text("a").is_err() && object.int("b").is_err() && object.int("c").is_err());
        assert!(object.int("d").is_err() && object.long("d").is_ok() && object.int("none").is_err());
    }
}
