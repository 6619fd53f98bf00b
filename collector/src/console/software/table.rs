//! A factor table as cells that people read and change, and back.
//!
//! In: the JSON of a table, as it is published and as it is in force; the fields of a form. Out: columns, rows of texts, and the JSON of
//! what was entered. Whether that can be used says whoever keeps it.

use serde_json::{Map, Value, json};

/// The names of the form's fields: `r0.words` is the words of the first row.
const ROW: &str = "r";
/// What a table of one figure calls it.
const FIGURE: &str = "value";

/// How the cells of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Texts with commas between them.
    List,
    /// A whole number; empty is no limit.
    Number,
    /// A text, or a number with places.
    Text,
    /// Anything else, as JSON.
    Other,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Its key.
    pub(super) key: String,
    /// What people call it.
    pub(super) label: String,
    kind: Kind,
}

/// The form of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) columns: Vec<Column>,
    /// Whether it has rows; otherwise it has figures, in a single row.
    pub(super) has_rows: bool,
    /// Whether it is one figure without a name.
    scalar: bool,
}

impl Shape {
    /// The form of a published table.
    pub(super) fn of(published: &Value) -> Self {
        let rows = published.get("rows").and_then(Value::as_array);
        let value = published.get(FIGURE).cloned().unwrap_or_default();
        let (all, scalar) = match rows {
            Some(rows) => (rows.clone(), false),
            None if value.is_object() => (vec![value], false),
            None => (vec![json!({ FIGURE: value })], true),
        };
        let mut keys: Vec<String> = Vec::new();
        for key in all.iter().filter_map(Value::as_object).flat_map(Map::keys) {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        // What a row is about goes first, the factor last; otherwise as the table has it.
        keys.sort_by_key(|key| match key.as_str() {
            "words" | "name" => 0,
            "each" | "factor" => 2,
            _ => 1,
        });
        let column = |key: String| {
            let cells: Vec<&Value> = all.iter().filter_map(|row| row.get(&key)).filter(|cell| !cell.is_null()).collect();
            let kind = match cells.first() {
                Some(Value::Array(texts)) if texts.iter().all(Value::is_string) => Kind::List,
                Some(Value::Number(_)) | None => Kind::Number,
                Some(Value::String(_)) => Kind::Text,
                Some(_) => Kind::Other,
            };
            Column { label: label(&key), key, kind }
        };
        Self { columns: keys.into_iter().map(column).collect(), has_rows: rows.is_some(), scalar }
    }

    /// The rows of a table of this form.
    pub(super) fn rows(&self, table: &Value) -> Vec<Vec<String>> {
        let texts = |row: &Value| self.columns.iter().map(|column| text(row.get(&column.key))).collect();
        match table.get("rows").and_then(Value::as_array) {
            Some(rows) => rows.iter().map(texts).collect(),
            None if self.scalar => vec![vec![text(table.get(FIGURE))]],
            None => vec![texts(table.get(FIGURE).unwrap_or(&Value::Null))],
        }
    }

    /// The name of a cell's control.
    pub(super) fn control(&self, row: usize, column: &Column) -> String {
        format!("{ROW}{row}.{}", column.key)
    }

    /// The content of a table as a form has it: rows of which every cell is empty are left out.
    pub(super) fn read(&self, form: &[(String, String)]) -> Map<String, Value> {
        let given = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
        let count = form.iter().filter_map(|(name, _)| name.strip_prefix(ROW)?.split('.').next()?.parse::<usize>().ok()).max();
        let row = |number: usize| {
            let cells = self.columns.iter().map(|column| (column, given(&self.control(number, column)).unwrap_or_default()));
            let is_empty = cells.clone().all(|(_, cell)| cell.is_empty());
            let row: Map<String, Value> = cells.map(|(column, cell)| (column.key.clone(), value(column.kind, cell))).collect();
            (!is_empty).then_some(row)
        };
        let rows: Vec<Map<String, Value>> = (0..=count.unwrap_or_default()).filter_map(row).collect();
        let content = if self.has_rows {
            ("rows".to_owned(), rows.into_iter().map(Value::Object).collect())
        } else {
            let figures = rows.into_iter().next().unwrap_or_default();
            let figures = if self.scalar { figures.get(FIGURE).cloned().unwrap_or_default() } else { Value::Object(figures) };
            (FIGURE.to_owned(), figures)
        };
        Map::from_iter([content])
    }
}

fn text(cell: Option<&Value>) -> String {
    match cell {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(all)) if all.iter().all(Value::is_string) => {
            all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
    }
}

fn value(kind: Kind, cell: &str) -> Value {
    match kind {
        Kind::List => cell.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Value::from).collect(),
        Kind::Number if cell.is_empty() => Value::Null,
        // What is no number stays what it is, so that whoever keeps the table says so.
        Kind::Number => cell.parse::<u64>().map_or_else(|_| Value::from(cell), Value::from),
        Kind::Text => Value::from(cell),
        Kind::Other => serde_json::from_str(cell).unwrap_or_else(|_| Value::from(cell)),
    }
}

/// What people call a column.
fn label(key: &str) -> String {
    let text = match key {
        "each" => "factor".to_owned(),
        "up_to" => "up to (empty: all others)".to_owned(),
        "words" => "words in the processor's name".to_owned(),
        "factor" | "name" => key.to_owned(),
        "max_sockets" => "most occupied sockets (empty: any)".to_owned(),
        _ => key.replace('_', " "),
    };
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_domain::metric::Factors;

    #[test]
    fn every_published_table_goes_through_its_form_unchanged() {
        let all = serde_json::to_value(Factors::default()).unwrap();
        let mut seen = 0;
        for (group, tables) in all.as_object().unwrap() {
            for (name, table) in tables.as_object().unwrap() {
                let shape = Shape::of(table);
                assert!(!shape.columns.is_empty(), "{group}.{name}");
                let rows = shape.rows(table);
                let mut form = Vec::new();
                for (number, row) in rows.iter().enumerate() {
                    let cells = shape.columns.iter().zip(row);
                    form.extend(cells.map(|(column, cell)| (shape.control(number, column), cell.clone())));
                }
                // The empty row for one more changes nothing.
                form.extend(shape.columns.iter().map(|column| (shape.control(rows.len(), column), String::new())));
                let read = shape.read(&form);
                let content = if shape.has_rows { "rows" } else { "value" };
                assert_eq!(read.get(content), table.get(content), "{group}.{name}");
                seen += 1;
            }
        }
        assert!(seen > 10, "{seen}");
    }

    #[test]
    fn what_is_no_number_stays_to_be_told() {
        let published = json!({"rows": [{"up_to": 10, "each": "1"}, {"up_to": null, "each": "0.5"}]});
        let shape = Shape::of(&published);
        let form = [("r0.up_to", "ten"), ("r0.each", "1"), ("r3.up_to", ""), ("r3.each", "2")];
        let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let expected = json!([{"up_to": "ten", "each": "1"}, {"up_to": null, "each": "2"}]);
        assert_eq!(shape.read(&form).get("rows"), Some(&expected));
        assert_eq!(shape.read(&[]).get("rows"), Some(&json!([])));
    }
}
