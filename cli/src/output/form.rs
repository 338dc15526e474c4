//! `-o` and its companions: which form the output takes, which columns, in which order.
//!
//! Commands know only [`Format`]; the rest of what was asked for reaches [`super::show`] as [`View`], taken
//! from the command line in one place.

use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::{ArgMatches, Args, FromArgMatches, ValueEnum};

/// Heading of these options in the help.
pub(crate) const HEADING: &str = "Output options";

/// `-o`: the form of what is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns for people
    #[default]
    Table,
    /// The table with more columns, never cut to the terminal's width
    Wide,
    /// Names only, one a line
    Name,
    /// One document with a versioned `kind`
    Json,
    /// One item a line, without the document around them
    Jsonl,
    /// The document as YAML
    Yaml,
    /// Comma-separated values, one item a line, nested values as JSON
    Csv,
    /// The same with tabs
    Tsv,
    /// What an expression finds in the document, one value a line
    #[value(skip)]
    JsonPath,
    /// What a template makes of each item
    #[value(skip)]
    Template,
}

impl Format {
    /// Whether it is laid out for people.
    pub fn is_for_people(self) -> bool {
        matches!(self, Self::Table | Self::Wide)
    }
}

/// A form and the text that goes with it: `jsonpath=$.items[*].name`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// The form.
    pub format: Format,
    /// The expression or the template; empty for other forms.
    pub text: String,
}

/// Reads `-o`.
#[derive(Clone, Debug)]
struct FormParser;

impl TypedValueParser for FormParser {
    type Value = Form;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<Form, clap::Error> {
        let with_text = value.to_str().and_then(|value| value.split_once('=')).and_then(|(form, text)| {
            let format = match form {
                "jsonpath" => Format::JsonPath,
                "template" => Format::Template,
                _ => return None,
            };
            Some(Form { format, text: text.to_owned() })
        });
        match with_text {
            Some(form) if !form.text.is_empty() => Ok(form),
            _ => EnumValueParser::<Format>::new()
                .parse_ref(command, arg, value)
                .map(|format| Form { format, text: String::new() }),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let with_text = [
            PossibleValue::new("jsonpath=")
                .help("What an expression finds in the document, one value a line"),
            PossibleValue::new("template=").help("What a template such as `{{name}}` makes of each item"),
        ];
        let plain = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        Some(Box::new(plain.chain(with_text)))
    }
}

/// A column to sort by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The head of a column, or a field of the items.
    pub column: String,
    /// Largest first.
    pub is_descending: bool,
}

fn parse_sort(text: &str) -> Result<Sort, String> {
    let (column, is_descending) = match text.rsplit_once(':') {
        Some((column, "desc")) => (column, true),
        Some((column, "asc")) => (column, false),
        Some((_, order)) => return Err(format!("`{order}` is neither asc nor desc")),
        None => (text, false),
    };
    if column.is_empty() {
        return Err("no column is named".to_owned());
    }
    Ok(Sort { column: column.to_owned(), is_descending })
}

/// All options on the output of a command on resources.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ViewArgs {
    /// Form of the output: table, wide, name, json, jsonl, yaml, csv, tsv, jsonpath=EXPR, template=TEXT
    #[arg(short = 'o', long = "output", alias = "format", value_name = "FORM", default_value = "table")]
    #[arg(value_parser = FormParser, hide_possible_values = true, help_heading = HEADING)]
    output: Form,
    /// Only these columns, in this order: heads of the table or fields of the items
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = HEADING)]
    columns: Vec<String>,
    /// Sort by a column or a field; COLUMN:desc for the largest first
    #[arg(long, value_name = "COLUMN", value_parser = parse_sort, help_heading = HEADING)]
    sort_by: Option<Sort>,
    /// Leave out the line with the names of the columns
    #[arg(long, help_heading = HEADING)]
    no_headers: bool,
    /// Print the JSON Schema of what `-o json` prints, and do nothing else
    #[arg(long, help_heading = HEADING)]
    output_schema: bool,
}

/// The form of the output of a command on resources.
///
/// The other options on the output are on the command line of the same command, and are applied by
/// [`crate::context::Context::show`].
#[derive(Clone, Copy, Debug, Default)]
pub struct OutputArgs {
    /// The form of the output.
    pub output: Format,
}

impl Args for OutputArgs {
    fn augment_args(command: clap::Command) -> clap::Command {
        ViewArgs::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        ViewArgs::augment_args_for_update(command)
    }
}

impl FromArgMatches for OutputArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        ViewArgs::from_arg_matches(matches).map(|view| Self { output: view.output.format })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// What was asked for beyond the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// The form.
    pub format: Format,
    /// The expression or the template of the form.
    pub text: String,
    /// The columns wanted; all when empty.
    pub columns: Vec<String>,
    /// The order; that of the cluster without one.
    pub sort: Option<Sort>,
    /// No line with the names of the columns.
    pub no_headers: bool,
}

impl View {
    /// Takes the view from the command line of the command itself; a command without `-o` has the default.
    pub fn of(matches: &ArgMatches) -> Self {
        let mut leaf = matches;
        while let Some((_, inner)) = leaf.subcommand() {
            leaf = inner;
        }
        // Commands on records have an `-o` of their own, of another type. Whether there is an option of some
        // name, release builds of clap do not tell.
        if !matches!(leaf.try_get_one::<Form>("output"), Ok(Some(_))) {
            return Self::default();
        }
        let Ok(args) = ViewArgs::from_arg_matches(leaf) else { return Self::default() };
        let ViewArgs { output, columns, sort_by, no_headers, .. } = args;
        Self { format: output.format, text: output.text, columns, sort: sort_by, no_headers }
    }
}

impl View {
    /// Whether what is printed holds a field of the items that people's tables show beside their columns.
    pub fn holds(&self, field: &str) -> bool {
        match self.format {
            Format::Name => false,
            Format::JsonPath | Format::Template => self.text.contains(field),
            Format::Table | Format::Wide => true,
            _ => self.columns.is_empty() || self.columns.iter().any(|column| normal(column) == field),
        }
    }
}

/// A name as it is compared: `START TIME`, `start-time` and `start_time` are one.
pub(super) fn normal(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '-'], "_")
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[derive(Debug, Parser)]
    struct Probe {
        #[command(flatten)]
        output: OutputArgs,
    }

    fn view(args: &[&str]) -> Result<(Format, View), clap::Error> {
        let args = [&["probe"], args].concat();
        let matches = Probe::command().try_get_matches_from(args)?;
        let probe = Probe::from_arg_matches(&matches)?;
        Ok((probe.output.output, View::of(&matches)))
    }

    #[test]
    fn forms_with_a_text_keep_it() {
        let (format, view) = view(&["-o", "jsonpath=$.items[?@.lag == 1]"]).unwrap();
        assert_eq!((format, view.text.as_str()), (Format::JsonPath, "$.items[?@.lag == 1]"));
        let (format, view) = self::view(&["-o", "template={{name}}={{id}}"]).unwrap();
        assert_eq!((format, view.text.as_str()), (Format::Template, "{{name}}={{id}}"));
        let (format, view) = self::view(&[]).unwrap();
        assert_eq!((format, view), (Format::Table, View::default()));
    }

    #[test]
    fn unknown_forms_are_refused_with_a_proposal() {
        for wrong in ["jsn", "jsonpath=", "template", "xml=1"] {
            assert!(view(&["-o", wrong]).is_err(), "{wrong}");
        }
        assert!(view(&["-o", "yml"]).unwrap_err().to_string().contains("'yaml'"));
    }

    #[test]
    fn a_form_holds_a_field_unless_it_leaves_it_out() {
        let holds = |args: &[&str]| view(args).unwrap().1.holds("password");
        for args in [
            &[][..],
            &["-o", "json"],
            &["-o", "csv", "--columns", "name,PASSWORD"],
            &["-o", "jsonpath=$.items[0].password"],
        ] {
            assert!(holds(args), "{args:?}");
        }
        for args in [&["-o", "name"][..], &["-o", "csv", "--columns", "name"], &["-o", "template={{name}}"]] {
            assert!(!holds(args), "{args:?}");
        }
    }

    #[test]
    fn columns_and_order_are_read() {
        let (_, view) = view(&["--columns", "NAME,lag", "--sort-by", "lag:desc", "--no-headers"]).unwrap();
        let sort = Some(Sort { column: "lag".to_owned(), is_descending: true });
        let columns = vec!["NAME".to_owned(), "lag".to_owned()];
        let wanted = View { columns, sort, no_headers: true, ..View::default() };
        assert_eq!(view, wanted);
        assert!(self::view(&["--sort-by", "lag:down"]).is_err());
    }
}
