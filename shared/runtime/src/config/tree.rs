//! The merged configuration before it has types: tables of values, each with its origin.
//!
//! Comes in: TOML text, and texts from environment and flags. Goes out: one tree in which later sources have replaced
//! earlier ones, table by table and key by key (an array is replaced as a whole). It knows no key.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::de::Error as _;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::error::{ConfigError, Fault, Origin};

/// A value and where it came from.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// A value, as far as its type is known.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Text of a TOML file: a string and nothing else.
    String(String),
    /// Text from outside a file: it is what the target asks for.
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    Array(Vec<Node>),
    Table(Table),
}

/// Keys with the place of the key and the value.
pub(super) type Table = BTreeMap<String, (Origin, Node)>;

/// Reads one file's text.
pub(super) fn parse(file: &Path, text: &str) -> Result<Table, ConfigError> {
    let places = Places { text, file: file.into() };
    let document = DeTable::parse(text).map_err(|error| places.syntax_error(&error))?;
    places.table("", document.into_inner())
}

/// Reads one TOML value that stands outside a file.
pub(super) fn parse_value(text: &str, origin: &Origin) -> Result<Value, Fault> {
    let value = DeValue::parse(text).map_err(|error| Fault::custom(format!("is not a TOML value: {}", error.message())))?;
    without_places(value.into_inner(), origin)
}

/// Lays `upper` over `lower`: what both have is taken from `upper`, table by table.
pub(super) fn merge(lower: &mut Table, upper: Table) {
    for (key, (key_origin, node)) in upper {
        match (lower.get_mut(&key), node) {
            (Some((_, Node { value: Value::Table(lower), .. })), Node { value: Value::Table(upper), .. }) => merge(lower, upper),
            (_, node) => {
                lower.insert(key, (key_origin, node));
            }
        }
    }
}

/// Sets the dotted `key` to a text from outside a file. Where a table is needed and a file has put something else, that
/// stays: it is the error to report.
pub(super) fn set(table: &mut Table, key: &str, text: String, origin: &Origin) {
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), (origin.clone(), Node { value: Value::Text(text), origin: origin.clone() }));
        }
        Some((first, rest)) => {
            let empty = || (origin.clone(), Node { value: Value::Table(Table::new()), origin: origin.clone() });
            let (_, node) = table.entry(first.to_owned()).or_insert_with(empty);
            if let Value::Table(inner) = &mut node.value {
                set(inner, rest, text, origin);
            }
        }
    }
}

/// Turns byte offsets of a text into lines and columns.
struct Places<'a> {
    text: &'a str,
    file: Arc<Path>,
}

impl Places<'_> {
    fn at(&self, offset: usize) -> Origin {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Origin::File { file: Arc::clone(&self.file), line, column }
    }

    fn syntax_error(&self, error: &toml::de::Error) -> ConfigError {
        let span = error.span().unwrap_or_default();
        let at = self.at(span.start);
        let message = error.message().to_owned();
        match self.text.get(span) {
            Some(key) if message.starts_with("duplicate key") => ConfigError::Key { at, key: key.trim().to_owned(), message },
            _ => ConfigError::Syntax { at, message },
        }
    }

    /// `path` is the dotted key of the table, empty for the document itself.
    fn table(&self, path: &str, table: DeTable<'_>) -> Result<Table, ConfigError> {
        let entry = |(key, value): (Spanned<DeString<'_>>, _)| {
            let place = self.at(key.span().start);
            let key = key.into_inner().into_owned();
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            Ok((key, (place, self.node(&path, value)?)))
        };
        table.into_iter().map(entry).collect()
    }

    fn node(&self, path: &str, value: Spanned<DeValue<'_>>) -> Result<Node, ConfigError> {
        let span = value.span();
        let origin = self.at(span.start);
        let value = match value.into_inner() {
            DeValue::Array(items) => {
                let item = |(index, item)| self.node(&format!("{path}[{index}]"), item);
                Value::Array(items.into_iter().enumerate().map(item).collect::<Result<_, _>>()?)
            }
            DeValue::Table(table) => Value::Table(self.table(path, table)?),
            // Dates and times keep the spelling of the file: `at = 02:00` needs no quotes.
            DeValue::Datetime(_) => Value::String(self.text.get(span).unwrap_or_default().to_owned()),
            scalar => without_places(scalar, &origin).map_err(|fault| fault.under(path).or_at(&origin).into_error(&self.file))?,
        };
        Ok(Node { value, origin })
    }
}

fn without_places(value: DeValue<'_>, origin: &Origin) -> Result<Value, Fault> {
    let node =
        |value: Spanned<DeValue<'_>>| Ok(Node { value: without_places(value.into_inner(), origin)?, origin: origin.clone() });
    Ok(match value {
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Integer(number) => Value::Integer(
            i64::from_str_radix(number.as_str(), number.radix()).map_err(|_| Fault::new("the number is out of range"))?,
        ),
        DeValue::Float(number) => Value::Float(number.as_str().parse().map_err(|_| Fault::new("the number cannot be read"))?),
        DeValue::Boolean(value) => Value::Boolean(value),
        DeValue::Datetime(value) => Value::String(value.to_string()),
        DeValue::Array(items) => Value::Array(items.into_iter().map(node).collect::<Result<_, Fault>>()?),
        DeValue::Table(table) => Value::Table(
            table
                .into_iter()
                .map(|(key, value)| Ok((key.into_inner().into_owned(), (origin.clone(), node(value)?))))
                .collect::<Result<_, Fault>>()?,
        ),
    })
}
