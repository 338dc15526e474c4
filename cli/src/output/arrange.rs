//! `--columns`, `--sort-by` and `-o wide` on the tables of a page.
//!
//! A name means the head of a column or a field of the items, whichever there is. Fields that a table does not
//! show can be sorted by and added where the table has one row an item, which is so in every list.

use super::fields::{Fields, resolve};
use super::form::{View, normal};
use super::page::Part;
use super::{Cell, Page, Table};
use crate::error::CliError;

/// Applies what was asked for to the page that a command wrote.
///
/// Errors: usage, when a name is neither a column of the page nor a field of the items.
pub(super) fn arrange(page: &mut Page, view: &View, fields: &Fields, is_wide: bool) -> Result<(), CliError> {
    page.no_headers = view.no_headers;
    if let Some(sort) = &view.sort {
        sort_tables(page, &sort.column, sort.is_descending, fields)?;
    }
    if !view.columns.is_empty() {
        return select(page, &view.columns, fields);
    }
    if is_wide {
        widen(page, fields);
    } else {
        tables(page).for_each(Table::narrow);
    }
    Ok(())
}

fn tables(page: &mut Page) -> impl Iterator<Item = &mut Table> {
    page.parts.iter_mut().filter_map(|part| match part {
        Part::Table(table) => Some(table),
        _ => None,
    })
}

fn sort_tables(page: &mut Page, name: &str, is_descending: bool, fields: &Fields) -> Result<(), CliError> {
    let field = fields.find(name);
    let mut has_sorted = false;
    for table in tables(page) {
        match (&field, table.column(name)) {
            (Some(field), _) if table.len() == fields.items.len() => {
                table.reorder(&fields.order(field, is_descending));
            }
            (_, Some(column)) => table.sort_by_column(column, is_descending),
            _ => continue,
        }
        has_sorted = true;
    }
    if has_sorted || fields.items.is_empty() { Ok(()) } else { Err(unknown(page, name, fields)) }
}

/// Keeps the wanted columns of the tables that have them, and of other parts only the headings.
fn select(page: &mut Page, names: &[String], fields: &Fields) -> Result<(), CliError> {
    if fields.items.is_empty() {
        return Ok(());
    }
    for name in names {
        let is_column = tables(page).any(|table| table.column(name).is_some());
        if !is_column && fields.find(name).is_none() {
            return Err(unknown(page, name, fields));
        }
    }
    let has_rows = |table: &Table| table.len() == fields.items.len();
    let main = tables(page).position(|table| {
        has_rows(table)
            && names.iter().all(|name| table.column(name).is_some() || fields.find(name).is_some())
    });
    if let Some(main) = main {
        let table = tables(page).nth(main).expect("it was just counted");
        extend(table, names, fields);
        let table = table.clone();
        page.parts = vec![Part::Table(table)];
        return Ok(());
    }
    if !tables(page).any(|table| names.iter().any(|name| table.column(name).is_some())) {
        page.parts = vec![Part::Table(fields_table(names, fields))];
        return Ok(());
    }
    page.parts.retain_mut(|part| match part {
        Part::Heading(_) => true,
        Part::Text(_) | Part::Gap => false,
        Part::Table(table) => {
            let columns: Vec<usize> = names.iter().filter_map(|name| table.column(name)).collect();
            table.select(&columns);
            !columns.is_empty()
        }
    });
    space(page);
    Ok(())
}

/// Blank lines before headings and between tables.
fn space(page: &mut Page) {
    let parts = std::mem::take(&mut page.parts);
    let mut after_heading = true;
    for part in parts {
        let is_heading = matches!(part, Part::Heading(_));
        if !page.parts.is_empty() && (is_heading || !after_heading) {
            page.parts.push(Part::Gap);
        }
        after_heading = is_heading;
        page.parts.push(part);
    }
}

/// Gives a table with one row an item exactly these columns, taking from the items what it does not show.
fn extend(table: &mut Table, names: &[String], fields: &Fields) {
    let columns: Vec<usize> = names
        .iter()
        .filter_map(|name| {
            table.column(name).or_else(|| {
                let field = fields.find(name)?;
                table.add_column(&head(&field), cells(&field, fields));
                Some(table.head().len() - 1)
            })
        })
        .collect();
    table.select(&columns);
}

/// Adds the plain fields of the items that a list does not show; what is nested, or known of none, stays out.
fn widen(page: &mut Page, fields: &Fields) {
    let is_only = tables(page).count() == 1;
    for table in tables(page) {
        if is_only && !table.has_wide_columns() && table.len() == fields.items.len() {
            for name in &fields.names {
                let is_shown = table.head().iter().any(|head| normal(head) == normal(name));
                let mut values = fields.items.iter().map(|item| resolve(item, name));
                let is_plain = values.clone().all(|value| !value.is_object() && !value.is_array());
                let is_known = values.any(|value| !value.is_null());
                if !is_shown && is_plain && is_known {
                    table.add_column(&head(name), cells(name, fields));
                }
            }
        }
        table.widen();
    }
}

fn fields_table(names: &[String], fields: &Fields) -> Table {
    let mut table = Table::of(Vec::new());
    for _ in &fields.items {
        table.push(Vec::new());
    }
    for name in names {
        let field = fields.find(name).unwrap_or_else(|| name.clone());
        table.add_column(&head(&field), cells(&field, fields));
    }
    table.widen();
    table
}

fn head(field: &str) -> String {
    field.to_uppercase().replace('_', " ")
}

fn cells(field: &str, fields: &Fields) -> Vec<Cell> {
    fields.items.iter().map(|item| super::fields::cell(resolve(item, field))).collect()
}

fn unknown(page: &mut Page, name: &str, fields: &Fields) -> CliError {
    let mut known: Vec<String> = tables(page).flat_map(|table| table.head().to_vec()).collect();
    let mut seen: Vec<String> = known.iter().map(|name| normal(name)).collect();
    for field in &fields.names {
        if !seen.contains(&normal(field)) {
            seen.push(normal(field));
            known.push(field.clone());
        }
    }
    CliError::usage(format!("there is no column \"{name}\"")).hint(format!("there are: {}", known.join(", ")))
}
