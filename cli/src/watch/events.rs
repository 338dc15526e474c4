//! `-w -o jsonl`: from two lists of items to what was added, changed and removed between them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::error::CliError;
use crate::output::json;

/// What is known of the last round.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// By name, and by place among items of one name.
    known: BTreeMap<(String, usize), Value>,
}

impl Events {
    /// The events that lead to these items, one a line; all are added at first. Removals come first.
    pub(super) fn of(&mut self, items: Vec<(String, Value)>, at: &str) -> Result<Vec<u8>, CliError> {
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut found = Vec::new();
        for (name, item) in items {
            let place = places.entry(name.clone()).or_default();
            found.push(((name, *place), item));
            *place += 1;
        }
        let mut lines = Vec::new();
        let mut line = |event: &str, item: &Value| -> Result<(), CliError> {
            let event = json::line(&json!({ "event": event, "at": at, "item": item }));
            lines.extend(event.map_err(|error| CliError::internal("cannot write JSON").caused_by(error))?);
            Ok(())
        };
        let is_left = |key: &(String, usize)| found.iter().any(|(found, _)| found == key);
        for item in self.known.iter().filter(|(key, _)| !is_left(key)).map(|(_, item)| item) {
            line("removed", item)?;
        }
        for (key, item) in &found {
            match self.known.get(key) {
                None => line("added", item)?,
                Some(known) if known != item => line("changed", item)?,
                Some(_) => {}
            }
        }
        self.known = found.into_iter().collect();
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(of: &mut Events, items: &[(&str, i32)]) -> Vec<String> {
        let items = items.iter().map(|(name, lag)| ((*name).to_owned(), json!({ "name": name, "lag": lag })));
        let lines = String::from_utf8(of.of(items.collect(), "now").unwrap()).unwrap();
        let event = |line: &str| {
            let event: Value = serde_json::from_str(line).unwrap();
            assert_eq!(event["at"], "now");
            format!("{} {} {}", event["event"].as_str().unwrap(), event["item"]["name"], event["item"]["lag"])
        };
        lines.lines().map(event).collect()
    }

    #[test]
    fn only_changes_are_told() {
        let mut of = Events::default();
        assert_eq!(events(&mut of, &[("a", 1), ("b", 2)]), ["added \"a\" 1", "added \"b\" 2"]);
        assert_eq!(events(&mut of, &[("a", 1), ("b", 2)]), Vec::<String>::new());
        let changes = ["removed \"a\" 1", "changed \"b\" 3", "added \"c\" 0"];
        assert_eq!(events(&mut of, &[("b", 3), ("c", 0)]), changes);
    }

    #[test]
    fn items_of_one_name_are_told_apart_by_their_order() {
        let mut of = Events::default();
        events(&mut of, &[("a", 1), ("a", 2)]);
        assert_eq!(events(&mut of, &[("a", 1), ("a", 5)]), ["changed \"a\" 5"]);
    }
}
