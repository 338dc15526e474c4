//! The `quorum-state` file: what a voter must remember of elections (KIP-595, KIP-853).
//!
//! One line of JSON, written as Kafka writes it to the byte:
//!
//! ```text
//! {"clusterId":"","leaderId":1,"leaderEpoch":2,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}
//! {"leaderId":1,"leaderEpoch":2,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}
//! ```
//!
//! Keys may come in any order; one that is missing, unknown or twice is an error. When the file must be durable is
//! raft's question.

use std::fmt::Write as _;

use crate::ids::{DirectoryId, LeaderEpoch, NodeId, parse_uuid_text};

/// The content of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumState {
    /// Leader of the epoch, if known.
    pub leader_id: Option<NodeId>,
    /// The epoch.
    pub leader_epoch: LeaderEpoch,
    /// Whom this replica voted for in the epoch, if anyone.
    pub voted_id: Option<NodeId>,
    /// What depends on the version.
    pub version: QuorumStateVersion,
}

/// The version of the file and the fields that only it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuorumStateVersion {
    /// Written while `kraft.version` is 0.
    V0 {
        /// The static voters; Kafka also reads null.
        current_voters: Option<Vec<NodeId>>,
    },
    /// Written while `kraft.version` is 1.
    V1 {
        /// Directory of the replica voted for, if known.
        voted_directory_id: Option<DirectoryId>,
    },
}

/// Why a `quorum-state` file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuorumStateError {
    /// Not JSON of the expected shape.
    #[error("quorum state is malformed at byte {at}: {expected} expected")]
    Malformed {
        /// Position in the file.
        at: usize,
        /// What should be there.
        expected: &'static str,
    },
    /// A key is missing, twice, or does not belong to the version.
    #[error("key \"{key}\" of quorum state version {version} is {wrong}")]
    Key {
        /// The key.
        key: String,
        /// `data_version` of the file.
        version: i64,
        /// How it is wrong.
        wrong: &'static str,
    },
    /// The version is neither 0 nor 1.
    #[error("quorum state version {0} is not supported")]
    Version(i64),
    /// A value is outside what its key may hold.
    #[error("key \"{key}\" of the quorum state is {value}")]
    Value {
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
    },
}

impl QuorumState {
    /// Lays the file out, without a line end, as Kafka does.
    pub fn to_json(&self) -> String {
        let leader = NodeId::to_wire(self.leader_id);
        let voted = NodeId::to_wire(self.voted_id);
        let epoch = self.leader_epoch;
        match &self.version {
            QuorumStateVersion::V0 { current_voters } => {
                let voters = voters_json(current_voters.as_deref());
                format!(
                    "{{\"clusterId\":\"\",\"leaderId\":{leader},\"leaderEpoch\":{epoch},\"votedId\":{voted},\
                     \"appliedOffset\":0,\"currentVoters\":{voters},\"data_version\":0}}"
                )
            }
            QuorumStateVersion::V1 { voted_directory_id } => {
                let directory = voted_directory_id.unwrap_or(DirectoryId::MIGRATING);
                format!(
                    "{{\"leaderId\":{leader},\"leaderEpoch\":{epoch},\"votedId\":{voted},\
                     \"votedDirectoryId\":\"{directory}\",\"data_version\":1}}"
                )
            }
        }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// See [`QuorumStateError`]; a file that cannot be read must not be replaced, since votes would be forgotten.
    pub fn parse(text: &str) -> Result<Self, QuorumStateError> {
        let mut fields = Fields::parse(text)?;
        let version = fields.take_number("data_version", i64::MIN, i64::MAX)?;
        fields.version = version;
        let leader_id = fields.take_node("leaderId")?;
        let leader_epoch = LeaderEpoch(fields.take_int("leaderEpoch", 0)?);
        let voted_id = fields.take_node("votedId")?;
        let version = match version {
            0 => {
                fields.take_text("clusterId")?;
                fields.take_number("appliedOffset", i64::MIN, i64::MAX)?;
                QuorumStateVersion::V0 { current_voters: fields.take_voters("currentVoters")? }
            }
            1 => QuorumStateVersion::V1 { voted_directory_id: fields.take_directory("votedDirectoryId")? },
            other => return Err(QuorumStateError::Version(other)),
        };
        fields.finish()?;
        Ok(Self { leader_id, leader_epoch, voted_id, version })
    }
}

fn voters_json(voters: Option<&[NodeId]>) -> String {
    let Some(voters) = voters else { return "null".to_owned() };
    let mut json = String::from("[");
    for (index, voter) in voters.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        write!(json, "{comma}{{\"voterId\":{voter}}}").expect("a string takes everything");
    }
    json.push(']');
    json
}

/// A value of the file; nothing else occurs in it.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Null,
    Number(i64),
    Text(String),
    Voters(Vec<NodeId>),
}

/// The keys and values not taken yet.
struct Fields {
    left: Vec<(String, Value)>,
    version: i64,
}

impl Fields {
    fn parse(text: &str) -> Result<Self, QuorumStateError> {
        let mut json = Json { text, at: 0 };
        let mut left: Vec<(String, Value)> = Vec::new();
        json.object(|json, key| {
            if left.iter().any(|(seen, _)| *seen == key) {
                return Err(QuorumStateError::Key { key, version: -1, wrong: "given twice" });
            }
            let value = json.value()?;
            left.push((key, value));
            Ok(())
        })?;
        json.end()?;
        Ok(Self { left, version: -1 })
    }

    fn take(&mut self, key: &'static str) -> Result<Value, QuorumStateError> {
        match self.left.iter().position(|(found, _)| found == key) {
            Some(index) => Ok(self.left.swap_remove(index).1),
            None => Err(self.key_error(key, "missing")),
        }
    }

    fn take_number(&mut self, key: &'static str, min: i64, max: i64) -> Result<i64, QuorumStateError> {
        match self.take(key)? {
            Value::Number(number) if (min..=max).contains(&number) => Ok(number),
            other => Err(value_error(key, &other)),
        }
    }

    fn take_int(&mut self, key: &'static str, min: i32) -> Result<i32, QuorumStateError> {
        let number = self.take_number(key, min.into(), i32::MAX.into())?;
        i32::try_from(number).map_err(|_| value_error(key, &Value::Number(number)))
    }

    fn take_node(&mut self, key: &'static str) -> Result<Option<NodeId>, QuorumStateError> {
        self.take_int(key, -1).map(NodeId::from_wire)
    }

    fn take_text(&mut self, key: &'static str) -> Result<String, QuorumStateError> {
        match self.take(key)? {
            Value::Text(text) => Ok(text),
            other => Err(value_error(key, &other)),
        }
    }

    fn take_directory(&mut self, key: &'static str) -> Result<Option<DirectoryId>, QuorumStateError> {
        let text = self.take_text(key)?;
        match parse_uuid_text(&text) {
            Some(id) => Ok(Some(DirectoryId(id)).filter(|id| *id != DirectoryId::MIGRATING)),
            None => Err(QuorumStateError::Value { key, value: text }),
        }
    }

    fn take_voters(&mut self, key: &'static str) -> Result<Option<Vec<NodeId>>, QuorumStateError> {
        match self.take(key)? {
            Value::Null => Ok(None),
            Value::Voters(voters) => Ok(Some(voters)),
            other => Err(value_error(key, &other)),
        }
    }

    fn key_error(&self, key: &str, wrong: &'static str) -> QuorumStateError {
        QuorumStateError::Key { key: key.to_owned(), version: self.version, wrong }
    }

    fn finish(self) -> Result<(), QuorumStateError> {
        match self.left.first() {
            Some((key, _)) => Err(self.key_error(key, "unknown")),
            None => Ok(()),
        }
    }
}

fn value_error(key: &'static str, value: &Value) -> QuorumStateError {
    let value = match value {
        Value::Null => "null".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => format!("\"{text}\""),
        Value::Voters(_) => "an array".to_owned(),
    };
    QuorumStateError::Value { key, value }
}

/// As much of JSON as the file needs: objects, arrays of voters, integers, plain strings, null.
struct Json<'a> {
    text: &'a str,
    at: usize,
}

impl Json<'_> {
    fn error<T>(&self, expected: &'static str) -> Result<T, QuorumStateError> {
        Err(QuorumStateError::Malformed { at: self.at, expected })
    }

    /// Skips white space and eats `token` if it is next.
    fn eat(&mut self, token: &str) -> bool {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.at += rest.len() - trimmed.len();
        let found = trimmed.starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &'static str) -> Result<(), QuorumStateError> {
        if self.eat(token) { Ok(()) } else { self.error(token) }
    }

    fn end(&mut self) -> Result<(), QuorumStateError> {
        self.eat("");
        if self.at == self.text.len() { Ok(()) } else { self.error("end of the file") }
    }

    fn object(
        &mut self,
        mut field: impl FnMut(&mut Self, String) -> Result<(), QuorumStateError>,
    ) -> Result<(), QuorumStateError> {
        self.expect("{")?;
        if self.eat("}") {
            return Ok(());
        }
        loop {
            self.expect("\"")?;
            let key = self.rest_of_text()?;
            self.expect(":")?;
            field(self, key)?;
            if !self.eat(",") {
                return self.expect("}");
            }
        }
    }

    fn value(&mut self) -> Result<Value, QuorumStateError> {
        if self.eat("null") {
            Ok(Value::Null)
        } else if self.eat("\"") {
            self.rest_of_text().map(Value::Text)
        } else if self.eat("[") {
            self.rest_of_voters().map(Value::Voters)
        } else {
            self.number().map(Value::Number)
        }
    }

    /// Reads to the closing quote. No string of the file needs an escape.
    fn rest_of_text(&mut self) -> Result<String, QuorumStateError> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| c == '"' || c == '\\' || c.is_control());
        match end {
            Some(end) if rest[end..].starts_with('"') => {
                self.at += end + 1;
                Ok(rest[..end].to_owned())
            }
            _ => self.error("a string without escapes"),
        }
    }

    fn number(&mut self) -> Result<i64, QuorumStateError> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(rest.len());
        match rest[..end].parse() {
            Ok(number) => {
                self.at += end;
                Ok(number)
            }
            Err(_) => self.error("an integer"),
        }
    }

    fn rest_of_voters(&mut self) -> Result<Vec<NodeId>, QuorumStateError> {
        let mut voters = Vec::new();
        if self.eat("]") {
            return Ok(voters);
        }
        loop {
            let mut voter = None;
            self.object(|json, key| match (key.as_str(), voter) {
                ("voterId", None) => {
                    json.eat("");
                    voter = i32::try_from(json.number()?).ok().and_then(NodeId::from_wire);
                    Ok(())
                }
                _ => json.error("one key \"voterId\""),
            })?;
            match voter {
                Some(voter) => voters.push(voter),
                None => return self.error("a voter's id"),
            }
            if !self.eat(",") {
                self.expect("]")?;
                return Ok(voters);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V0: &str = r#"{"clusterId":"","leaderId":1,"leaderEpoch":2,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1},{"voterId":2}],"data_version":0}"#;
    const V1: &str = r#"{"leaderId":-1,"leaderEpoch":7,"votedId":3,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAZQ","data_version":1}"#;

    #[test]
    fn both_versions_read_and_write_the_same_bytes() {
        for text in [V0, V1] {
            assert_eq!(QuorumState::parse(text).unwrap().to_json(), text);
        }
        let state = QuorumState::parse(V1).unwrap();
        assert_eq!((state.leader_id, state.voted_id), (None, Some(NodeId(3))));
    }

    #[test]
    fn absent_voters_and_directory_have_their_forms() {
        let state =
            |version| QuorumState { leader_id: None, leader_epoch: LeaderEpoch(0), voted_id: None, version };
        let v0 = state(QuorumStateVersion::V0 { current_voters: None });
        assert!(v0.to_json().contains(r#""currentVoters":null"#));
        let v1 = state(QuorumStateVersion::V1 { voted_directory_id: None });
        assert!(v1.to_json().contains(r#""votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA""#));
        for original in [v0, v1] {
            assert_eq!(QuorumState::parse(&original.to_json()), Ok(original));
        }
    }

    #[test]
    fn white_space_and_order_do_not_matter() {
        let text = " { \"data_version\" : 1 ,\n\"votedDirectoryId\":\"AAAAAAAAAAAAAAAAAAAAAA\", \"votedId\":-1,\
                    \"leaderId\": 4,\"leaderEpoch\":0 } \n";
        assert_eq!(QuorumState::parse(text).unwrap().leader_id, Some(NodeId(4)));
    }

    #[test]
    fn wrong_sets_of_keys_are_refused() {
        let missing = V1.replace(r#""votedId":3,"#, "");
        let twice = V1.replace(r#""votedId":3,"#, r#""votedId":3,"votedId":3,"#);
        let unknown = V1.replace(r#""votedId":3,"#, r#""votedId":3,"votedFor":3,"#);
        for (text, wrong) in [(missing, "missing"), (twice, "given twice"), (unknown, "unknown")] {
            let error = QuorumState::parse(&text).unwrap_err();
            assert!(matches!(&error, QuorumStateError::Key { wrong: w, .. } if *w == wrong), "{error}");
        }
    }

    #[test]
    fn every_truncation_is_refused() {
        for text in [V0, V1] {
            for end in 0..text.len() {
                assert!(QuorumState::parse(&text[..end]).is_err(), "{}", &text[..end]);
            }
        }
    }
}
