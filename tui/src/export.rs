//! Lists as files: CSV of what is shown, with all columns and raw values.

use crate::model::Model;
use crate::model::table::Field;
use crate::msg::Cmd;

/// The list of the page as CSV (RFC 4180), in its order and with its filter.
pub fn csv(model: &Model) -> Cmd {
    let screen = model.screen();
    let table = screen.table();
    let mut text = String::new();
    line(&mut text, table.columns.iter().map(|column| column.id.to_owned()));
    for row in model.list().rows.iter() {
        line(&mut text, table.columns.iter().map(|column| raw(&(column.value)(model.world(), *row))));
    }
    let stamp = model.world().now.0 / 1_000;
    Cmd::Export { name: format!("kr-{}-{stamp}.csv", screen.name().to_lowercase()), text }
}

fn raw(field: &Field<'_>) -> String {
    match field {
        Field::Text(text) => text.to_string(),
        Field::Ranked(_, word) => (*word).to_owned(),
        Field::Number(number) => number.to_string(),
        Field::Bytes(bytes) => bytes.to_string(),
        Field::Span(span) => format!("{:.3}", span.as_secs_f64()),
        Field::Nodes(nodes) => nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        Field::Missing(_) => String::new(),
    }
}

fn line(text: &mut String, fields: impl Iterator<Item = String>) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            text.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) {
            text.push('"');
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&field);
        }
    }
    text.push_str("\r\n");
}
