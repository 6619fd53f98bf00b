//! Values as people read them: references by what they are called and with a link to them, money with its currency.

use crate::{
    console::render::number,
    records::{Records, Seen},
    store::StoreError,
};
use muster_domain::{
    asset::Value,
    record::{Field, FieldKind, Schema, Values},
};

/// A value on a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::console) struct Cell {
    /// As people read it; empty where there is no value.
    pub(in crate::console) text: String,
    /// The page of what it points to.
    pub(in crate::console) link: Option<String>,
    /// Whether it stands at the right.
    pub(in crate::console) numeric: bool,
}

/// A column of a table.
pub(in crate::console) struct Column {
    pub(in crate::console) label: &'static str,
    pub(in crate::console) numeric: bool,
}

/// A record in a table: where it is, its first column, and the others.
pub(in crate::console) struct Row {
    pub(in crate::console) address: String,
    pub(in crate::console) first: String,
    /// What the record is called, where its first column alone does not say it.
    pub(in crate::console) label: Option<String>,
    pub(in crate::console) cells: Vec<Cell>,
}

/// The columns of a kind's table.
pub(in crate::console) fn columns(schema: &'static Schema) -> Vec<Column> {
    shown(schema).map(|field| Column { label: field.label, numeric: is_numeric(field.kind) }).collect()
}

/// A record as a row of its kind's table.
pub(in crate::console) async fn row(records: &Records, schema: &'static Schema, seen: &Seen) -> Result<Row, StoreError> {
    let mut cells = Vec::new();
    for field in shown(schema) {
        cells.push(cell(records, field, &seen.values).await?);
    }
    let first = if cells.is_empty() { String::new() } else { cells.remove(0).text };
    // The first column leads to the record, also where it is empty.
    let first =
        if first.is_empty() { format!("(no {})", columns(schema).first().map_or("", |column| column.label)) } else { first };
    let title = title(records, schema, seen).await?;
    let label = (title != first && title.contains(&first)).then_some(title);
    Ok(Row { address: address(schema, seen), first, label, cells })
}

/// The page of a record.
pub(super) fn address(schema: &Schema, seen: &Seen) -> String {
    format!("/records/{}/{}", schema.path, seen.id)
}

/// What a record is called; one of a kind without names, by the first values of its table.
pub(super) async fn title(records: &Records, schema: &'static Schema, seen: &Seen) -> Result<String, StoreError> {
    if let Some(name) = schema.name_of(&seen.values) {
        return Ok(name.to_owned());
    }
    let mut parts = Vec::new();
    for field in shown(schema) {
        let cell = cell(records, field, &seen.values).await?;
        if !cell.text.is_empty() && parts.len() < 2 {
            parts.push(cell.text);
        }
    }
    Ok(if parts.is_empty() { seen.id.to_string() } else { parts.join(" · ") })
}

/// A field of a record.
pub(super) async fn cell(records: &Records, field: &Field, values: &Values) -> Result<Cell, StoreError> {
    let mut cell = value(records, field.kind, values.get(field.name)).await?;
    if let (FieldKind::Money(beside), false) = (field.kind, cell.text.is_empty())
        && let Some(currency) = values.text(beside)
    {
        cell.text = format!("{} {currency}", cell.text);
    }
    Ok(cell)
}

/// A value of a field of this kind.
pub(super) async fn value(records: &Records, kind: FieldKind, value: Option<&Value>) -> Result<Cell, StoreError> {
    let numeric = is_numeric(kind);
    let Some(value) = value else { return Ok(Cell { numeric, ..Cell::default() }) };
    let text = match value {
        Value::Bool(truth) => if *truth { "yes" } else { "no" }.to_owned(),
        Value::Int(whole) => grouped(&whole.to_string()),
        Value::Decimal(decimal) => grouped(&decimal.to_string()),
        Value::Ref(id) => records.display(kind, value).await?.unwrap_or_else(|| id.to_string()),
        other => other.to_string(),
    };
    let link = match (kind, value) {
        (FieldKind::Link(path), Value::Ref(id)) => Some(format!("/records/{path}/{id}")),
        _ => None,
    };
    Ok(Cell { text, link, numeric })
}

fn shown(schema: &'static Schema) -> impl Iterator<Item = &'static Field> {
    schema.columns.iter().filter_map(|name| schema.field(name))
}

const fn is_numeric(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Whole(..) | FieldKind::Decimal | FieldKind::Money(_))
}

/// A number with its whole digits in groups.
fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let Ok(whole) = whole.parse::<u64>() else { return text.to_owned() };
    let part = part.map_or_else(String::new, |part| format!(".{part}"));
    format!("{sign}{}{part}", number(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_keep_their_places() {
        for (text, expected) in [
            ("0", "0"),
            ("1299.99", "1\u{202f}299.99"),
            ("-1234567", "-1\u{202f}234\u{202f}567"),
            ("12.5", "12.5"),
            ("99999999999999999999999", "99999999999999999999999"),
        ] {
            assert_eq!(grouped(text), expected);
        }
    }
}
