//! What a file of records looks like: its columns, which of them must be there, its lines as changes, and its template.
//!
//! In: headers and cells. Out: fields and what is entered. It stores nothing.

use super::{
    change::Put,
    entered::{FromLine, Unknown},
};
use crate::sheet::{self, Line, Nameless, UnknownColumn};
use muster_domain::{
    asset::sheet::armed,
    record::{Field, FieldKind, Schema},
};
use uuid::Uuid;

/// What an export or a list of refused lines says about a record and nobody can enter.
const BESIDE: [&str; 8] = ["revision", "created_at", "created_by", "updated_at", "updated_by", "line", "reason", "sys_id"];
/// What a part number of the catalogue brings, so that a file need not have it.
const BROUGHT: (&str, [&str; 2]) = ("publisher_part_number", ["software_model", "license_metric"]);

/// What a column of a file of records holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The id of the record that the line is about.
    Id,
    /// A field.
    Field(&'static Field),
    /// One of several fields that go by this name: the cell says which.
    OneOf(&'static str),
    /// Something that nobody can enter.
    Ignored,
}

impl sheet::Column for Column {
    fn repeats(&self) -> bool {
        *self == Self::Ignored
    }
}

/// The column of a header in a file of a kind: a field's name or label, whatever the case.
///
/// # Errors
/// That there is none, and which there are.
pub fn column(schema: &'static Schema, header: &str) -> Result<Column, UnknownColumn> {
    let name = header.trim().to_lowercase();
    if name == "id" {
        return Ok(Column::Id);
    }
    if let Some((name, _)) = schema.shared_name(header) {
        return Ok(Column::OneOf(name));
    }
    match schema.field_called(header) {
        Some(field) if field.derived => Ok(Column::Ignored),
        Some(field) => Ok(Column::Field(field)),
        None if BESIDE.contains(&name.as_str()) => Ok(Column::Ignored),
        None => {
            let names: Vec<&str> = schema.fields.iter().filter(|field| !field.derived).map(|field| field.name).collect();
            let known = format!("Known columns are id, {}, and their labels", names.join(", "));
            Err(UnknownColumn { what: format!("field of a {}", schema.one), known })
        }
    }
}

/// The fields without which no new record can be, and that the file does not have. A file with a column `id` is about records that
/// are there.
#[must_use]
pub fn missing(schema: &'static Schema, columns: &[Column]) -> Vec<&'static str> {
    if columns.contains(&Column::Id) {
        return Vec::new();
    }
    let has = |name: &str| columns.iter().any(|column| matches!(column, Column::Field(field) if field.name == name));
    let brought = |name: &str| has(BROUGHT.0) && BROUGHT.1.contains(&name);
    let needed = schema.fields.iter().filter(|field| field.required && field.default.is_none()).map(|field| field.name);
    needed.filter(|name| !has(name) && !brought(name)).collect()
}

/// How cells are taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    /// An empty cell empties its field.
    pub(super) clear_empty: bool,
    /// What becomes of a contract that nobody knows.
    pub(super) unknown_contract: Unknown,
}

/// What a line wants done.
///
/// # Errors
/// The place of the column that is wrong, if it is one, and why.
pub(super) fn put(
    schema: &'static Schema,
    columns: &[Column],
    line: &Line,
    reading: Reading,
    nameless: &mut Nameless,
) -> Result<Put, (Option<usize>, String)> {
    if let Some(problem) = &line.problem {
        return Err((None, problem.clone()));
    }
    let (mut id, mut set) = (None, Vec::with_capacity(columns.len()));
    for (place, (column, cell)) in columns.iter().zip(&line.cells).enumerate() {
        let cell = armed(cell).trim();
        match column {
            Column::Ignored => {}
            Column::Id if cell.is_empty() => {}
            Column::Id => match Uuid::try_parse(cell) {
                Ok(given) => id = Some(given),
                Err(_) => {
                    let shown: String = cell.chars().take(64).collect();
                    return Err((Some(place), format!("id: {shown:?} is not the id of a {}", schema.one)));
                }
            },
            Column::OneOf(name) if !cell.is_empty() => set.push((*name, cell)),
            Column::OneOf(_) => {}
            Column::Field(_) if cell.is_empty() && !reading.clear_empty => {}
            Column::Field(field) => set.push((field.name, cell)),
        }
    }
    if id.is_none() && set.iter().all(|(_, cell)| cell.is_empty()) {
        return Err((None, "nothing is entered on this line".to_owned()));
    }
    // A currency goes first: an amount that says another one is told.
    set.sort_by_key(|(name, _)| schema.field(name).is_none_or(|field| field.kind != FieldKind::Currency));
    let filled = set.iter().filter(|(_, cell)| !cell.is_empty()).flat_map(|(name, cell)| [*name, cell]);
    let nameless = if id.is_none() { nameless.id(std::iter::once(schema.path).chain(filled)) } else { Uuid::nil() };
    let set = set.into_iter().map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect();
    let line = FromLine { number: line.number, nameless, unknown_contract: reading.unknown_contract };
    Ok(Put { id, expects: None, set, line: Some(line) })
}

/// A file of a kind to be filled in: the columns, and a line that says what may stand in each.
#[must_use]
pub fn template(schema: &'static Schema) -> Vec<Vec<String>> {
    let fields: Vec<&Field> = schema.fields.iter().filter(|field| !field.derived).collect();
    let mut explained: Vec<String> = fields.iter().map(|field| explain(field)).collect();
    if let Some(first) = explained.first_mut() {
        first.insert_str(0, "# ");
    }
    vec![fields.iter().map(|field| field.name.to_owned()).collect(), explained]
}

fn explain(field: &Field) -> String {
    let what = match field.kind {
        FieldKind::Notes(_) if field.journal => "a note that is added to the earlier ones".to_owned(),
        FieldKind::Text(most) | FieldKind::Notes(most) => format!("text of at most {most} characters"),
        FieldKind::Whole(least, most) => format!("whole number from {least} to {most}"),
        FieldKind::Decimal => "decimal number such as 12.5".to_owned(),
        FieldKind::Money(_) => "amount such as 1299.99 or EUR;1299.99".to_owned(),
        FieldKind::Currency => "currency such as EUR".to_owned(),
        FieldKind::Date => "date (yyyy-MM-dd)".to_owned(),
        FieldKind::Boolean => "true or false".to_owned(),
        FieldKind::Choice(choices) => choices.join(" | "),
        FieldKind::Reference(table) => format!("name or id of a {}", table.record()),
        FieldKind::Link(kind) => format!("name or id of one of {kind}"),
    };
    match (field.required, field.default) {
        (_, Some(default)) => format!("{what}; {default} when empty"),
        (true, None) => format!("{what}; needed"),
        (false, None) => what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_domain::record::kinds;

    #[test]
    fn every_field_is_a_column_by_its_name_and_by_its_label() {
        for schema in kinds::ALL {
            for field in schema.fields {
                let expected = if field.derived { Column::Ignored } else { Column::Field(field) };
                assert_eq!(column(schema, field.name), Ok(expected), "{}.{}", schema.path, field.name);
                assert!(column(schema, field.label).is_ok(), "{}.{}", schema.path, field.label);
            }
            assert_eq!(column(schema, " ID "), Ok(Column::Id));
            assert_eq!(column(schema, "Assigned to").is_ok(), schema.path == "allocations", "{}", schema.path);
            let unknown = column(schema, "colour").unwrap_err();
            assert!(unknown.known.contains(schema.fields.iter().find(|field| !field.derived).unwrap().name));
        }
    }

    #[test]
    fn a_file_without_what_new_records_need_says_what_is_missing() {
        let check = |schema: &'static Schema, headers: &[&str], expected: &[&str]| {
            let columns: Vec<Column> = headers.iter().map(|header| column(schema, header).unwrap()).collect();
            assert_eq!(missing(schema, &columns), expected, "{headers:?}");
        };
        let contracts = &kinds::contract::CONTRACTS;
        check(contracts, &["Number"], &[]);
        check(contracts, &["short description"], &["number"]);
        check(contracts, &["id", "short description"], &[]);
        let entitlements = &kinds::entitlement::ENTITLEMENTS;
        check(entitlements, &["number"], &["software_model", "license_metric"]);
        check(entitlements, &["software model", "Contract number", "License metric"], &[]);
        check(entitlements, &["Publisher part number"], &[]);
    }

    #[test]
    fn a_template_explains_every_column_and_is_taken_as_one() {
        for schema in kinds::ALL {
            let rows = template(schema);
            assert_eq!((rows.len(), rows[0].len()), (2, rows[1].len()), "{}", schema.path);
            assert!(rows[1][0].starts_with("# "), "{}", schema.path);
            assert!(rows[0].iter().all(|header| matches!(column(schema, header), Ok(Column::Field(_)))), "{}", schema.path);
        }
    }
}
