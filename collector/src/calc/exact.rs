//! Numbers of cases by their digits: no binary fraction on the way in or out.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Number, Value};

/// A number, or a text that holds one, read by its digits. It is read from the text of a case, see [`super::cases::read_exactly`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Exact<T>(pub(super) T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Exact<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let text = if raw.starts_with('"') {
            serde_json::from_str(raw).map_err(D::Error::custom)?
        } else if raw.contains(['e', 'E']) {
            // Written with an exponent it is no exact number to begin with.
            serde_json::from_str::<Number>(raw).map_err(D::Error::custom)?.to_string()
        } else {
            raw.to_owned()
        };
        text.parse().map(Self).map_err(D::Error::custom)
    }
}

/// A number as JSON. Those that a reader with binary fractions would make another number of are given as texts, as they may be given
/// in a case.
pub(super) fn number(number: impl Display) -> Value {
    let text = number.to_string();
    let plain = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    match plain.parse::<Number>() {
        Ok(number) if number.to_string() == plain => Value::Number(number),
        _ => Value::String(text),
    }
}

#[cfg(test)]
mod tests {
    use muster_domain::decimal::Decimal;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_by_their_digits() {
        let check = |json: &str, expected: Option<&str>| {
            let found = serde_json::from_str::<Exact<Decimal>>(json).ok().map(|Exact(decimal)| decimal.to_string());
            assert_eq!(found.as_deref(), expected, "{json}");
        };
        check("922337203685477.5807", Some("922337203685477.5807"));
        check("99999999999999.9999", Some("99999999999999.9999"));
        check(" 0.1 ", Some("0.10"));
        check(r#""0.1""#, Some("0.10"));
        check(r#""\u0031""#, Some("1"));
        check("-5", Some("-5"));
        check("1e3", Some("1000"));
        check("922337203685477.5808", None);
        check("0.12345", None);
        check("true", None);
        check("[1]", None);
        check(r#""one""#, None);
    }

    #[test]
    fn no_number_becomes_another() {
        for (text, expected) in [
            ("0", "0"),
            ("-2.50", "-2.5"),
            ("0.0001", "0.0001"),
            ("18446744073709551615", "18446744073709551615"),
            ("99999999999.9999", "99999999999.9999"),
            ("922337203685477.5807", "\"922337203685477.5807\""),
            ("18446744073709551616", "\"18446744073709551616\""),
        ] {
            assert_eq!(number(text).to_string(), expected);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(units in (i64::MIN + 1)..i64::MAX) {
            let decimal = Decimal::from_ten_thousandths(units);
            let Exact(read) = serde_json::from_str::<Exact<Decimal>>(&number(decimal).to_string()).unwrap();
            prop_assert_eq!(read, decimal);
        }
    }
}
