//! What may be entered into an asset, and the rules between its fields.
//!
//! In: a field with a text or a value. Out: a checked value, or an error that names the field and what is right.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::class;
use super::field::{Field, Kind};
use super::reference::{Directory, Table};
use super::state::InstallStatus;
use super::value::{Decimal, Value};

/// One change of an asset's effective values, for its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The field that changed.
    pub field: Field,
    /// Its value before.
    pub before: Option<Value>,
    /// Its value now.
    pub after: Option<Value>,
}

/// Why an edit is refused. Nothing of a refused edit is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// There is no such field.
    #[error("there is no asset field {0:?}")]
    UnknownField(String),
    /// The field follows from the record itself.
    #[error("{} cannot be set, it follows from the record itself", .0.name())]
    Derived(Field),
    /// The value is not of the field's kind.
    #[error("{}: {text:?} is not {}", .field.name(), .field.kind().name())]
    WrongKind {
        /// The field.
        field: Field,
        /// The start of what was given.
        text: String,
    },
    /// Nothing of this name is known in the table that the field refers to.
    #[error("{}: nothing is known by the name {text:?}; give an id or a known display value", .field.name())]
    UnknownReference {
        /// The field.
        field: Field,
        /// What was given.
        text: String,
    },
    /// The number is no asset state.
    #[error("install_status: {0} is not an asset state; known are 1, 2, 3, 6, 7, 8, 9, 10 and 11")]
    UnknownStatus(i64),
    /// The text is no label of an asset state.
    #[error("install_status: {0:?} is not an asset state; give its code or label: {states}", states = states())]
    UnknownState(String),
    /// The state is not offered for assets of this class.
    #[error("install_status: {} is not a state of {class} records", .status.label())]
    StatusOfOtherClass {
        /// The state.
        status: InstallStatus,
        /// The class of the record.
        class: String,
    },
    /// The substate does not belong to the state.
    #[error("substatus: {substatus:?} is not a substate of {}; known are: {}", .status.map_or("an empty state", InstallStatus::label), .status.map_or(String::new(), |status| status.substates().join(", ")))]
    UnknownSubstatus {
        /// What was given.
        substatus: String,
        /// The state of the record.
        status: Option<InstallStatus>,
    },
    /// The class is not an asset class.
    #[error("sys_class_name: {0:?} is not an asset class")]
    UnknownClass(String),
    /// A quantity must be at least 1.
    #[error("quantity: {0} is not allowed, the least is 1")]
    Quantity(i64),
    /// A record of several pieces has neither asset tag nor serial number.
    #[error("quantity: a record of {quantity} pieces has no {}; empty it, or make a record for each piece", .field.name())]
    QuantityWithIdentity {
        /// The quantity.
        quantity: i64,
        /// The field that must be empty.
        field: Field,
    },
    /// An asset cannot belong to itself.
    #[error("parent: an asset cannot belong to itself")]
    OwnParent,
    /// The text is too long.
    #[error("{}: the text is longer than {} characters", .0.name(), .0.max_chars())]
    TooLong(Field),
    /// The text has control characters.
    #[error("{}: the text has control characters", .0.name())]
    ControlCharacters(Field),
}

impl EditError {
    /// The field it is about; none for a name that is no field's.
    #[must_use]
    pub const fn field(&self) -> Option<Field> {
        match self {
            Self::UnknownField(_) => None,
            Self::Derived(field) | Self::TooLong(field) | Self::ControlCharacters(field) => Some(*field),
            Self::WrongKind { field, .. } | Self::UnknownReference { field, .. } => Some(*field),
            Self::UnknownStatus(_) | Self::UnknownState(_) | Self::StatusOfOtherClass { .. } => Some(Field::InstallStatus),
            Self::UnknownSubstatus { .. } => Some(Field::Substatus),
            Self::UnknownClass(_) => Some(Field::SysClassName),
            Self::OwnParent => Some(Field::Parent),
            Self::Quantity(_) | Self::QuantityWithIdentity { .. } => Some(Field::Quantity),
        }
    }
}

/// Reads what a person or a file gives for a field of that name. An empty text empties the field.
///
/// # Errors
/// When there is no such field, it cannot be set, or the text is not of its kind.
pub fn read(name: &str, text: &str, directory: &dyn Directory) -> Result<(Field, Option<Value>), EditError> {
    let field = Field::from_name(name).ok_or_else(|| EditError::UnknownField(shorten(name)))?;
    Ok((field, read_value(field, text, directory)?))
}

/// Reads the text of a field's value. An empty text empties the field; a state may be given by its label, a reference by its
/// display value.
///
/// # Errors
/// When the field cannot be set or the text is not of its kind.
pub fn read_value(field: Field, text: &str, directory: &dyn Directory) -> Result<Option<Value>, EditError> {
    if field.is_derived() {
        return Err(EditError::Derived(field));
    }
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(None);
    }
    let wrong = || EditError::WrongKind { field, text: shorten(trimmed) };
    let value = match field.kind() {
        Kind::Integer => Value::Int(match trimmed.parse() {
            Ok(number) => number,
            Err(_) if field == Field::InstallStatus => state_of(trimmed)?.code(),
            Err(_) => return Err(wrong()),
        }),
        Kind::Text => Value::Text(if field == Field::Substatus { snake_case(trimmed) } else { trimmed.to_owned() }),
        Kind::Boolean => Value::Bool(match trimmed.to_ascii_lowercase().as_str() {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => return Err(wrong()),
        }),
        Kind::Decimal => Value::Decimal(trimmed.parse::<Decimal>().map_err(|_| wrong())?),
        Kind::Date => Value::Date(read_date(trimmed).ok_or_else(wrong)?),
        Kind::DateTime => Value::DateTime(read_instant(trimmed).ok_or_else(wrong)?),
        Kind::Reference(table) => Value::Ref(read_reference(field, table, trimmed, directory)?),
    };
    check_value(field, &value)?;
    Ok(Some(value))
}

/// Checks a value by itself: its kind, its length, and the known codes.
///
/// # Errors
/// When the field cannot hold the value.
pub fn check_value(field: Field, value: &Value) -> Result<(), EditError> {
    let right_kind = matches!(
        (field.kind(), value),
        (Kind::Integer, Value::Int(_))
            | (Kind::Text, Value::Text(_))
            | (Kind::Boolean, Value::Bool(_))
            | (Kind::Decimal, Value::Decimal(_))
            | (Kind::Date, Value::Date(_))
            | (Kind::DateTime, Value::DateTime(_))
            | (Kind::Reference(_), Value::Ref(_))
    );
    if !right_kind {
        return Err(EditError::WrongKind { field, text: shorten(&value.to_string()) });
    }
    match (field, value) {
        (Field::InstallStatus, Value::Int(code)) if InstallStatus::from_code(*code).is_none() => {
            Err(EditError::UnknownStatus(*code))
        }
        (Field::Quantity, Value::Int(quantity)) if *quantity < 1 => Err(EditError::Quantity(*quantity)),
        (Field::SysClassName, Value::Text(name)) if !class::is_known(name) => Err(EditError::UnknownClass(shorten(name))),
        (_, Value::Text(text)) if text.chars().count() > field.max_chars() => Err(EditError::TooLong(field)),
        (_, Value::Text(text)) if has_control_characters(field, text) => Err(EditError::ControlCharacters(field)),
        _ => Ok(()),
    }
}

fn state_of(label: &str) -> Result<InstallStatus, EditError> {
    InstallStatus::from_label(label).ok_or_else(|| EditError::UnknownState(shorten(label)))
}

fn states() -> String {
    InstallStatus::ALL.map(|status| format!("{} {}", status.code(), status.label())).join(", ")
}

fn read_date(text: &str) -> Option<NaiveDate> {
    if text.len() != 10 {
        return None;
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

fn read_instant(text: &str) -> Option<i64> {
    let instant = DateTime::parse_from_rfc3339(text).map(|instant| instant.with_timezone(&Utc)).ok();
    let instant = instant.or_else(|| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok().map(|local| local.and_utc()));
    instant.map(|instant| instant.timestamp_millis())
}

fn read_reference(field: Field, table: Table, text: &str, directory: &dyn Directory) -> Result<Uuid, EditError> {
    let unknown = || EditError::UnknownReference { field, text: shorten(text) };
    // A name that happens to look like an id is still found by its name.
    if let Some(id) = directory.find(table, text) {
        return Ok(id);
    }
    let id = Uuid::try_parse(text).map_err(|_| unknown())?;
    // Assets are too many for a directory: whoever stores the value says whether there is such a one.
    if table == Table::Asset {
        return Ok(id);
    }
    if directory.display(table, id).is_some() { Ok(id) } else { Err(unknown()) }
}

fn has_control_characters(field: Field, text: &str) -> bool {
    let lines_allowed = field == Field::Comments;
    text.chars().any(|character| character.is_control() && !(lines_allowed && matches!(character, '\n' | '\r' | '\t')))
}

fn snake_case(text: &str) -> String {
    text.to_lowercase().split([' ', '-', '_']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

fn shorten(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asset::reference::References;

    #[test]
    fn a_text_becomes_a_value_of_its_fields_kind() {
        let directory = References::seeded();
        let check = |name: &str, text: &str, expected: Result<Option<&str>, &str>| {
            let actual = read(name, text, &directory).map(|(_, value)| value.map(|value| value.to_string()));
            match (actual, expected) {
                (Ok(actual), Ok(expected)) => assert_eq!(actual.as_deref(), expected, "{name}={text}"),
                (Err(error), Err(part)) => {
                    assert!(error.to_string().contains(part), "{name}={text}: {error}");
                    assert_eq!(error.field(), Field::from_name(name), "{error}");
                }
                (actual, expected) => panic!("{name}={text}: {actual:?}, expected {expected:?}"),
            }
        };
        check("install_status", "7", Ok(Some("7")));
        check("install_status", "in stock", Ok(Some("6")));
        check("install_status", "4", Err("4 is not an asset state"));
        check("install_status", "Gone", Err("\"Gone\" is not an asset state; give its code or label: 1 In use, 2 On order"));
        check("substatus", "Pending disposal", Ok(Some("pending_disposal")));
        check("quantity", "0", Err("the least is 1"));
        check("quantity", "3", Ok(Some("3")));
        check("model_category", "computer", Ok(Some("1dc9d1b2-1ed5-5197-9db8-3ecbd0518373")));
        check("model_category", "1dc9d1b21ed551979db83ecbd0518373", Ok(Some("1dc9d1b2-1ed5-5197-9db8-3ecbd0518373")));
        check("model_category", "Toaster", Err("nothing is known by the name \"Toaster\""));
        check("model_category", "00000000-0000-0000-0000-000000000001", Err("nothing is known"));
        check("parent", "00000000-0000-0000-0000-000000000001", Ok(Some("00000000-0000-0000-0000-000000000001")));
        check("parent", "Rack 1", Err("nothing is known by the name \"Rack 1\""));
        check("cost", "1299.99", Ok(Some("1299.99")));
        check("cost", "1,299", Err("decimal"));
        check("purchase_date", "2025-03-10", Ok(Some("2025-03-10")));
        check("purchase_date", "10.03.2025", Err("yyyy-MM-dd"));
        check("purchase_date", "2025-02-30", Err("yyyy-MM-dd"));
        check("excluded_from_ham", "TRUE", Ok(Some("true")));
        check("excluded_from_ham", "yes", Err("true or false"));
        check("comments", "line\nline", Ok(Some("line\nline")));
        check("asset_tag", "line\nline", Err("control characters"));
        check("asset_tag", &"x".repeat(256), Err("longer than 255"));
        check("asset_tag", "  ", Ok(None));
        check("sys_class_name", "cmdb_ci", Err("not an asset class"));
        check("sys_id", "x", Err("cannot be set"));
        check("display_name", "x", Err("cannot be set"));
        check("colour", "red", Err("no asset field \"colour\""));
    }
}
