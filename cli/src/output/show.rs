//! A report in the form that was asked for.
//!
//! Every form but the tables is made from the serialised items, so that no form can lack a field.

use serde_json::{Value, json};

use super::arrange::arrange;
use super::escape::escape;
use super::fields::{Fields, plain};
use super::form::{Format, View};
use super::{Failure, Item, Page, Report, json, yaml};
use crate::error::CliError;

/// What is known of the place where a report is shown.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place<'a> {
    /// The context in use.
    pub(crate) context: Option<&'a str>,
    /// Whether colours are wanted.
    pub(crate) coloured: bool,
    /// Columns of the terminal, when it is one.
    pub(crate) width: Option<u16>,
}

/// Lays a report out.
///
/// Errors: usage, for columns that are not there and for expressions and templates that are wrong.
pub(crate) fn render<T: Item>(
    report: &Report<T>,
    format: Format,
    view: &View,
    place: Place<'_>,
) -> Result<Vec<u8>, CliError> {
    match format {
        Format::Table | Format::Wide => {
            page(report, format == Format::Wide, view, place).map(String::into_bytes)
        }
        Format::Name => Ok(names(report, view)?.into_bytes()),
        Format::Json if view.columns.is_empty() && view.sort.is_none() => {
            json::document(report, place.context).map_err(no_json)
        }
        Format::Jsonl => {
            let fields = Fields::of(&report.items)?.arrange(view)?;
            fields
                .items
                .iter()
                .map(|item| json::line(item).map_err(no_json))
                .collect::<Result<Vec<_>, _>>()
                .map(|lines| lines.concat())
        }
        Format::Csv => csv(&Fields::of(&report.items)?.arrange(view)?, b',', view),
        Format::Tsv => csv(&Fields::of(&report.items)?.arrange(view)?, b'\t', view),
        Format::Template => template(&Fields::of(&report.items)?.arrange(view)?, &view.text),
        Format::Json | Format::Yaml | Format::JsonPath => {
            let items = Fields::of(&report.items)?.arrange(view)?.items;
            let report =
                Document { kind: T::KIND, applied: report.applied, items, failures: &report.failures };
            let document = report.value(place.context)?;
            match format {
                Format::Yaml => yaml::document(&document),
                Format::JsonPath => path(&document, &view.text),
                _ => json::pretty(&document).map_err(no_json),
            }
        }
    }
}

/// The items as values, each with its name.
pub(crate) fn named<T: Item>(report: &Report<T>, view: &View) -> Result<Vec<(String, Value)>, CliError> {
    let items = Fields::of(&report.items)?.arrange(&View { sort: None, ..view.clone() })?.items;
    Ok(report.items.iter().map(Item::name).zip(items).collect())
}

fn no_json(error: serde_json::Error) -> CliError {
    CliError::internal("cannot write JSON").caused_by(error)
}

fn page<T: Item>(
    report: &Report<T>,
    is_wide: bool,
    view: &View,
    place: Place<'_>,
) -> Result<String, CliError> {
    let mut page = Page::new(place.coloured);
    if !report.items.is_empty() || report.failures.is_empty() {
        T::write(&report.items, &mut page);
    }
    let is_plain = view.columns.is_empty() && view.sort.is_none() && !is_wide;
    let fields = if is_plain { Fields::none() } else { Fields::of(&report.items)? };
    arrange(&mut page, view, &fields, is_wide)?;
    page.width = place.width.filter(|_| !is_wide);
    Ok(page.into_text())
}

fn names<T: Item>(report: &Report<T>, view: &View) -> Result<String, CliError> {
    let mut order: Vec<usize> = (0..report.items.len()).collect();
    if let Some(sort) = &view.sort {
        let fields = Fields::of(&report.items)?;
        order = fields.order(&fields.known(&sort.column)?, sort.is_descending);
    }
    Ok(order.into_iter().map(|at| format!("{}\n", escape(&report.items[at].name()))).collect())
}

/// A document whose items are values already.
struct Document<'a> {
    kind: &'static str,
    applied: Option<bool>,
    items: Vec<Value>,
    failures: &'a [Failure],
}

impl Document<'_> {
    fn value(self, context: Option<&str>) -> Result<Value, CliError> {
        let errors = serde_json::to_value(self.failures).map_err(no_json)?;
        let mut document = json!({ "kind": self.kind, "context": context });
        if let Some(applied) = self.applied {
            document["applied"] = applied.into();
        }
        document["items"] = self.items.into();
        document["errors"] = errors;
        Ok(document)
    }
}

/// Values with a delimiter between them. Control characters are escaped; formulas are left as they are.
fn csv(fields: &Fields, delimiter: u8, view: &View) -> Result<Vec<u8>, CliError> {
    let failed = |error: csv::Error| CliError::internal("cannot write CSV").caused_by(error);
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    if !view.no_headers && !fields.names.is_empty() {
        writer.write_record(fields.names.iter().map(|name| escape(name).into_owned())).map_err(failed)?;
    }
    for item in &fields.items {
        let values = fields.names.iter().map(|name| plain(super::fields::resolve(item, name)));
        writer.write_record(values.map(|text| escape(&text).into_owned())).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| CliError::internal("cannot write CSV").caused_by(error.into_error()))
}

/// What an RFC 9535 expression finds, one value a line; kubectl's braces around it are taken off.
fn path(document: &Value, expression: &str) -> Result<Vec<u8>, CliError> {
    let bare = expression.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(expression);
    let rooted = if bare.starts_with('$') { bare.to_owned() } else { format!("${bare}") };
    let parsed = serde_json_path::JsonPath::parse(&rooted).map_err(|error| {
        CliError::usage(format!("-o jsonpath={expression}: {error}"))
            .hint("an expression is such as $.items[*].name (RFC 9535)")
    })?;
    let found = parsed.query(document);
    Ok(found.iter().map(|value| format!("{}\n", escape(&plain(value)))).collect::<String>().into_bytes())
}

/// Renders each item, one after the other, each ended by a newline; what an item holds is escaped, what the
/// template says itself is not.
fn template(fields: &Fields, text: &str) -> Result<Vec<u8>, CliError> {
    let mut environment = minijinja::Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.set_formatter(|out, _, value| {
        let shown = match serde_json::to_value(value) {
            Ok(plain_value) => plain(&plain_value),
            Err(_) => value.to_string(),
        };
        out.write_str(&escape(&shown)).map_err(minijinja::Error::from)
    });
    let wrong = |error: minijinja::Error| {
        CliError::usage(format!("-o template={text}: {error}"))
            .hint(format!("the fields are: {}", fields.names.join(", ")))
    };
    let template = environment.template_from_str(text).map_err(wrong)?;
    let mut printed = String::new();
    for item in &fields.items {
        printed.push_str(&template.render(minijinja::value::Serde(item)).map_err(wrong)?);
        if !printed.ends_with('\n') {
            printed.push('\n');
        }
    }
    Ok(printed.into_bytes())
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::Serialize;

    use super::super::form::Sort;
    use super::super::{Cell, Table};
    use super::*;

    #[derive(Debug, Serialize, JsonSchema)]
    struct Row {
        name: String,
        lag: Option<i64>,
        replicas: Vec<i32>,
        internal: bool,
        hidden_note: String,
    }

    impl Item for Row {
        const KIND: &'static str = "kr.test.row/v1";

        fn write(items: &[Self], page: &mut Page) {
            let mut table = Table::new(["NAME", "LAG"]);
            for row in items {
                table.row([Cell::text(&row.name), Cell::maybe(row.lag)]);
            }
            page.table_or(&table, "nothing");
        }

        fn name(&self) -> String {
            self.name.clone()
        }
    }

    fn row(name: &str, lag: Option<i64>) -> Row {
        Row {
            name: name.to_owned(),
            lag,
            replicas: vec![1, 2],
            internal: false,
            hidden_note: "a, \"b\"".to_owned(),
        }
    }

    fn shown(format: Format, view: &View) -> Result<String, CliError> {
        let rows = vec![row("b", Some(10)), row("gpj\u{202e}exe", None), row("a", Some(9))];
        let bytes = render(&Report::of(rows), format, view, Place::default())?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    fn view(columns: &[&str], sort: Option<(&str, bool)>) -> View {
        let sort = sort.map(|(column, is_descending)| Sort { column: column.to_owned(), is_descending });
        View { columns: columns.iter().map(|c| (*c).to_owned()).collect(), sort, ..View::default() }
    }

    #[test]
    fn csv_and_tsv_hold_every_field_in_the_order_of_its_declaration() {
        insta::assert_snapshot!(shown(Format::Csv, &View::default()).unwrap(), @r#"
        name,lag,replicas,internal,hidden_note
        b,10,"[1,2]",false,"a, ""b"""
        gpj\u{202e}exe,,"[1,2]",false,"a, ""b"""
        a,9,"[1,2]",false,"a, ""b"""
        "#);
        let bare = View { no_headers: true, ..View::default() };
        assert_eq!(
            shown(Format::Tsv, &bare).unwrap().lines().next(),
            Some("b\t10\t[1,2]\tfalse\t\"a, \"\"b\"\"\"")
        );
    }

    #[test]
    fn an_empty_list_has_the_head_of_its_columns() {
        let bytes = render(&Report::<Row>::of(Vec::new()), Format::Csv, &View::default(), Place::default());
        assert_eq!(bytes.unwrap(), b"name,lag,replicas,internal,hidden_note\n");
    }

    #[test]
    fn lines_documents_and_names_hold_the_same_items() {
        insta::assert_snapshot!(shown(Format::Jsonl, &view(&["lag", "name"], Some(("lag", true)))).unwrap(), @r#"
        {"lag":10,"name":"b"}
        {"lag":9,"name":"a"}
        {"lag":null,"name":"gpj\u202eexe"}
        "#);
        insta::assert_snapshot!(shown(Format::Yaml, &view(&["name"], Some(("name", false)))).unwrap(), @r#"
        kind: kr.test.row/v1
        context: null
        items:
        - name: a
        - name: b
        - name: "gpj\u202eexe"
        errors: []
        "#);
        insta::assert_snapshot!(shown(Format::Json, &view(&["name", "lag"], None)).unwrap(), @r#"
        {
          "kind": "kr.test.row/v1",
          "context": null,
          "items": [
            {
              "name": "b",
              "lag": 10
            },
            {
              "name": "gpj\u202eexe",
              "lag": null
            },
            {
              "name": "a",
              "lag": 9
            }
          ],
          "errors": []
        }
        "#);
        assert_eq!(shown(Format::Name, &view(&[], Some(("LAG", false)))).unwrap(), "a\nb\ngpj\\u{202e}exe\n");
    }

    #[test]
    fn tables_take_columns_of_the_table_and_fields_of_the_items() {
        insta::assert_snapshot!(shown(Format::Table, &view(&["hidden note", "NAME"], Some(("lag", true)))).unwrap(), @r#"
        HIDDEN NOTE  NAME
        a, "b"       b
        a, "b"       a
        a, "b"       gpj\u{202e}exe
        "#);
        insta::assert_snapshot!(shown(Format::Wide, &View::default()).unwrap(), @r#"
        NAME            LAG  INTERNAL  HIDDEN NOTE
        b                10  no        a, "b"
        gpj\u{202e}exe    -  no        a, "b"
        a                 9  no        a, "b"
        "#);
    }

    #[test]
    fn an_unknown_column_is_wrong_usage_and_those_there_are_are_named() {
        for (format, hint) in [
            (Format::Table, "there are: NAME, LAG, replicas, internal, hidden_note"),
            (Format::Csv, "there are: name, lag, replicas, internal, hidden_note"),
        ] {
            let error = shown(format, &view(&["size"], None)).unwrap_err();
            assert_eq!((error.kind, error.hints.join("")), (crate::error::Kind::Usage, hint.to_owned()));
        }
    }

    #[test]
    fn expressions_find_values_of_the_document() {
        let found = |text: &str| shown(Format::JsonPath, &View { text: text.to_owned(), ..View::default() });
        assert_eq!(found("$.items[?@.lag == 9].name").unwrap(), "a\n");
        assert_eq!(found("{.items[1].name}").unwrap(), "gpj\\u{202e}exe\n");
        assert_eq!(found("$.items[0].replicas").unwrap(), "[1,2]\n");
        assert_eq!(found("$.items[").unwrap_err().kind, crate::error::Kind::Usage);
    }

    #[test]
    fn a_template_is_rendered_for_each_item() {
        let made = |text: &str| shown(Format::Template, &View { text: text.to_owned(), ..View::default() });
        assert_eq!(made("{{name}}:{{lag}}").unwrap(), "b:10\ngpj\\u{202e}exe:\na:9\n");
        assert_eq!(
            made("{% if lag %}{{ replicas }} {{ replicas|length }}{% endif %}").unwrap(),
            "[1,2] 2\n[1,2] 2\n"
        );
        assert_eq!(made("{{ nope }}").unwrap_err().kind, crate::error::Kind::Usage);
    }
}
