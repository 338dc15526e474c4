//! The items of a report as plain values: the fields that CSV, `--columns` and `--sort-by` name.
//!
//! The names come from the schema, so that an empty list has them as well, in the order in which they are
//! declared.

use std::cmp::Ordering;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::form::{View, normal};
use super::{Cell, Item, json};
use crate::error::CliError;

/// Items as values, with the names of their fields.
#[derive(Debug)]
pub(super) struct Fields {
    /// The fields every item may have, in the order of their declaration.
    pub(super) names: Vec<String>,
    /// The items.
    pub(super) items: Vec<Value>,
}

impl Fields {
    /// No items and no fields.
    pub(super) fn none() -> Self {
        Self { names: Vec::new(), items: Vec::new() }
    }

    /// Serialises items.
    pub(super) fn of<T: Item>(items: &[T]) -> Result<Self, CliError> {
        let items: Result<Vec<Value>, _> = items.iter().map(serde_json::to_value).collect();
        let items = items.map_err(|error| CliError::internal("cannot write JSON").caused_by(error))?;
        let mut names = declared::<T>();
        for key in items.iter().filter_map(Value::as_object).flat_map(serde_json::Map::keys) {
            if !names.contains(key) {
                names.push(key.clone());
            }
        }
        Ok(Self { names, items })
    }

    /// The field of this name, however it is written; `a.b` is field `b` of what `a` holds.
    pub(super) fn find(&self, name: &str) -> Option<String> {
        let (first, rest) = match name.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (name, None),
        };
        let first = self.names.iter().find(|known| normal(known) == normal(first))?;
        Some(rest.map_or_else(|| first.clone(), |rest| format!("{first}.{rest}")))
    }

    /// The field of this name.
    ///
    /// Errors: usage, when there is none.
    pub(super) fn known(&self, name: &str) -> Result<String, CliError> {
        self.find(name).ok_or_else(|| {
            CliError::usage(format!("there is no field \"{name}\""))
                .hint(format!("there are: {}", self.names.join(", ")))
        })
    }

    /// The places of the items, in the order of a field.
    pub(super) fn order(&self, field: &str, is_descending: bool) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.items.len()).collect();
        let value = |place: usize| resolve(&self.items[place], field);
        order.sort_by(|a, b| compare(value(*a), value(*b), is_descending));
        order
    }

    /// Sorts the items and keeps the wanted fields, as far as that is asked for.
    ///
    /// Errors: usage, when there is no such field.
    pub(super) fn arrange(mut self, view: &View) -> Result<Self, CliError> {
        if let Some(sort) = &view.sort {
            let order = self.order(&self.known(&sort.column)?, sort.is_descending);
            self.items = order.into_iter().map(|place| self.items[place].clone()).collect();
        }
        if view.columns.is_empty() {
            return Ok(self);
        }
        let names: Vec<String> =
            view.columns.iter().map(|name| self.known(name)).collect::<Result<_, _>>()?;
        let project = |item: &Value| -> Value {
            names.iter().map(|name| (name.clone(), resolve(item, name).clone())).collect()
        };
        let items = self.items.iter().map(project).collect();
        Ok(Self { names, items })
    }
}

/// The value of a field, null when there is none.
pub(super) fn resolve<'a>(item: &'a Value, field: &str) -> &'a Value {
    const NOTHING: &Value = &Value::Null;
    if let Some(value) = item.get(field) {
        return value;
    }
    field.split('.').fold(item, |value, part| value.get(part).unwrap_or(NOTHING))
}

/// A value as a cell of a table.
pub(super) fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::text("-"),
        Value::Bool(is_so) => Cell::text(if *is_so { "yes" } else { "no" }),
        Value::Number(number) => Cell::number(number),
        Value::String(text) => Cell::text(text),
        Value::Array(values) if values.iter().all(|v| !v.is_object() && !v.is_array()) => {
            let texts: Vec<String> = values.iter().map(plain).collect();
            Cell::text(if texts.is_empty() { "-".to_owned() } else { texts.join(",") })
        }
        nested => Cell::text(plain(nested)),
    }
}

/// A value as text: strings as they are, nested values as JSON, nothing for null.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => json::text(value),
    }
}

/// What is unknown comes last in either direction.
fn compare(a: &Value, b: &Value, is_descending: bool) -> Ordering {
    let unknown = a.is_null().cmp(&b.is_null());
    let known = match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.as_f64().unwrap_or(f64::NAN).total_cmp(&b.as_f64().unwrap_or(f64::NAN)),
        },
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) if a.len() != b.len() => a.len().cmp(&b.len()),
        (a, b) => plain(a).cmp(&plain(b)),
    };
    unknown.then(if is_descending { known.reverse() } else { known })
}

/// The fields that an item's schema declares.
fn declared<T: Item>() -> Vec<String> {
    let schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
}
