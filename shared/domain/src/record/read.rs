//! Reads what a person or a file gives for a field.

use chrono::NaiveDate;
use uuid::Uuid;

use super::field::{Field, FieldKind};
use crate::asset::Value;
use crate::asset::reference::Table;
use crate::currency::is_currency;
use crate::decimal::Decimal;

/// Finds records by what people call them.
pub trait Names {
    /// The record of a reference table, or the asset, of a name or id.
    fn reference(&self, table: Table, text: &str) -> Option<Uuid>;

    /// The records of a kind that go by a name or id.
    fn linked(&self, kind: &'static str, text: &str) -> Vec<Uuid>;
}

/// What was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The value; none empties the field.
    pub value: Option<Value>,
    /// The currency that stood beside an amount, as in `EUR;200`.
    pub currency: Option<String>,
}

/// Why a text cannot stand in a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// It follows from other values.
    #[error("it follows from other values and cannot be entered")]
    Derived,
    /// It is not of the field's kind.
    #[error("{text:?} is not {expected}")]
    Wrong {
        /// The start of what was given.
        text: String,
        /// What it should be.
        expected: String,
    },
    /// It is too long.
    #[error("the text is longer than {0} characters")]
    TooLong(usize),
    /// It has characters that no text has.
    #[error("the text has control characters")]
    ControlCharacters,
    /// Nothing of this name is known.
    #[error("there is no {what} {text:?}; {hint}")]
    Unknown {
        /// What it should be.
        what: String,
        /// The start of what was given.
        text: String,
        /// What to do.
        hint: &'static str,
    },
    /// Several go by this name.
    #[error("{count} of {what} are called {text:?}; give an id")]
    Ambiguous {
        /// What it should be.
        what: String,
        /// The start of what was given.
        text: String,
        /// How many there are.
        count: usize,
    },
}

impl ReadError {
    /// Whether nothing of the name is known.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }
}

/// Reads the text of a field. An empty text empties it.
///
/// # Errors
/// When the text cannot stand in the field.
pub fn read_cell(field: &Field, text: &str, names: &dyn Names) -> Result<Entry, ReadError> {
    if field.derived {
        return Err(ReadError::Derived);
    }
    let text = text.trim();
    if text.is_empty() {
        return Ok(Entry { value: None, currency: None });
    }
    let mut currency = None;
    let value = match field.kind {
        FieldKind::Text(most) => Value::Text(read_text(text, most, false)?),
        FieldKind::Notes(most) => Value::Text(read_text(text, most, true)?),
        FieldKind::Whole(least, most) => Value::Int(read_whole(text, least, most)?),
        FieldKind::Decimal => Value::Decimal(read_decimal(text)?),
        FieldKind::Money(_) => {
            let (given, amount) = read_money(text)?;
            currency = given;
            Value::Decimal(amount)
        }
        FieldKind::Currency => Value::Text(
            read_currency(text).ok_or_else(|| wrong(text, "the three letters of a currency (ISO 4217), such as EUR"))?,
        ),
        FieldKind::Date => Value::Date(read_date(text)?),
        FieldKind::Boolean => Value::Bool(read_boolean(text)?),
        FieldKind::Choice(choices) => Value::Text(read_choice(text, choices)?),
        FieldKind::Reference(table) => Value::Ref(names.reference(table, text).ok_or_else(|| ReadError::Unknown {
            what: table.record().to_owned(),
            text: shown(text),
            hint: "give an id or a known display value",
        })?),
        FieldKind::Link(kind) => Value::Ref(read_link(kind, text, names)?),
    };
    Ok(Entry { value: Some(value), currency })
}

fn read_text(text: &str, most: usize, lines: bool) -> Result<String, ReadError> {
    if text.chars().count() > most {
        return Err(ReadError::TooLong(most));
    }
    if text.chars().any(|c| c.is_control() && !(lines && matches!(c, '\n' | '\r' | '\t'))) {
        return Err(ReadError::ControlCharacters);
    }
    Ok(text.to_owned())
}

fn read_whole(text: &str, least: i64, most: i64) -> Result<i64, ReadError> {
    let number = text.parse::<i64>().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| wrong(text, &format!("a whole number from {least} to {most}")))
}

fn read_decimal(text: &str) -> Result<Decimal, ReadError> {
    let number = text.parse::<Decimal>().ok().filter(|number| *number >= Decimal::default());
    number.ok_or_else(|| wrong(text, "a decimal number from 0 up with at most 4 places, such as 1299.99"))
}

/// An amount, perhaps with its currency before it: `200`, `EUR;200`, `EUR 200`.
fn read_money(text: &str) -> Result<(Option<String>, Decimal), ReadError> {
    let expected = "an amount such as 1299.99; its currency goes before it, by its three letters (ISO 4217): EUR;1299.99";
    match text.split_once([';', ' ']) {
        Some((currency, amount)) => {
            let currency = read_currency(currency).ok_or_else(|| wrong(text, expected))?;
            Ok((Some(currency), read_decimal(amount.trim()).map_err(|_| wrong(text, expected))?))
        }
        None => Ok((None, read_decimal(text).map_err(|_| wrong(text, expected))?)),
    }
}

fn read_currency(text: &str) -> Option<String> {
    let code = text.trim().to_ascii_uppercase();
    is_currency(&code).then_some(code)
}

fn read_date(text: &str) -> Result<NaiveDate, ReadError> {
    let date = if text.len() == 10 { NaiveDate::parse_from_str(text, "%Y-%m-%d").ok() } else { None };
    date.ok_or_else(|| wrong(text, "a date (yyyy-MM-dd)"))
}

fn read_boolean(text: &str) -> Result<bool, ReadError> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err(wrong(text, "true or false")),
    }
}

fn read_choice(text: &str, choices: &'static [&'static str]) -> Result<String, ReadError> {
    let found = choices.iter().find(|choice| choice.eq_ignore_ascii_case(text));
    found.map(|choice| (*choice).to_owned()).ok_or_else(|| wrong(text, &format!("one of {}", choices.join(", "))))
}

fn read_link(kind: &'static str, text: &str, names: &dyn Names) -> Result<Uuid, ReadError> {
    let what = || super::kinds::find(kind).map_or(kind, |schema| schema.one).to_owned();
    match names.linked(kind, text).as_slice() {
        [one] => Ok(*one),
        [] => Err(ReadError::Unknown { what: what(), text: shown(text), hint: "give the id or name of one that is there" }),
        many => Err(ReadError::Ambiguous { what: kind.to_owned(), text: shown(text), count: many.len() }),
    }
}

fn wrong(text: &str, expected: &str) -> ReadError {
    ReadError::Wrong { text: shown(text), expected: expected.to_owned() }
}

fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody;

    impl Names for Nobody {
        fn reference(&self, _: Table, text: &str) -> Option<Uuid> {
            (text == "Acme").then(|| Uuid::from_u128(1))
        }

        fn linked(&self, _: &'static str, text: &str) -> Vec<Uuid> {
            match text {
                "one" => vec![Uuid::from_u128(1)],
                "two" => vec![Uuid::from_u128(1), Uuid::from_u128(2)],
                _ => Vec::new(),
            }
        }
    }

    #[test]
    fn cells_are_read_by_their_field() {
        let check = |field: Field, text: &str, expected: Result<&str, &str>| {
            let found = read_cell(&field, text, &Nobody);
            let found = found.map(|entry| {
                let value = entry.value.map(|value| value.to_string()).unwrap_or_default();
                entry.currency.map_or(value.clone(), |currency| format!("{currency} {value}"))
            });
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{text}"),
                (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        };
        let money = Field::money("unit_cost", "Unit cost", "");
        check(money, "200", Ok("200"));
        check(money, "EUR;200", Ok("EUR 200"));
        check(money, "usd 12.50", Ok("USD 12.50"));
        check(money, "EURO;200", Err("EUR;1299.99"));
        check(money, "XXQ;200", Err("ISO 4217"));
        check(money, "200 EUR", Err("goes before it"));
        check(money, "\u{20ac}200", Err("goes before it"));
        check(Field::currency(), "chf", Ok("CHF"));
        check(Field::currency(), "XXQ", Err("ISO 4217"));
        check(money, "-1", Err("an amount"));
        check(money, "1,5", Err("an amount"));
        check(Field::count("n", "N", ""), "007", Ok("7"));
        check(Field::count("n", "N", ""), "-7", Err("from 0 to"));
        check(Field::date("d", "D", ""), "2026-02-30", Err("yyyy-MM-dd"));
        check(Field::date("d", "D", ""), " 2026-02-28 ", Ok("2026-02-28"));
        check(Field::boolean("b", "B", ""), "Yes", Ok("true"));
        check(Field::choice("c", "C", &["In use"], ""), "in USE", Ok("In use"));
        check(Field::choice("c", "C", &["In use"], ""), "used", Err("one of In use"));
        check(Field::text("t", "T", ""), "a\u{0}b", Err("control"));
        check(Field::notes("t", "T", ""), "a\nb", Ok("a\nb"));
        check(Field::text("t", "T", ""), &"x".repeat(256), Err("255"));
        check(Field::reference("r", "R", Table::Company, ""), "Acme", Ok("00000000-0000-0000-0000-000000000001"));
        check(Field::reference("r", "R", Table::Company, ""), "Acne", Err("no company \"Acne\""));
        check(Field::link("l", "L", "contracts", ""), "one", Ok("00000000-0000-0000-0000-000000000001"));
        check(Field::link("l", "L", "contracts", ""), "none", Err("no contract \"none\""));
        check(Field::link("l", "L", "contracts", ""), "two", Err("2 of contracts"));
        check(Field::text("t", "T", "").derived(), "x", Err("cannot be entered"));
        check(Field::text("t", "T", ""), "  ", Ok(""));
    }
}
