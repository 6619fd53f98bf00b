//! Numbers of a case, exactly: whole ones, and decimals as numbers or as texts.

use std::fmt::Display;
use std::str::FromStr;

use muster_domain::decimal::Decimal;
use muster_domain::metric::Amount;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::super::cases::{CaseError, whole};

/// A whole number from 0 up.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Whole(#[serde(deserialize_with = "whole")] pub(super) u64);

/// A number, or a text that holds one, read by its digits: no binary fraction on the way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exact<T>(pub(super) T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Exact<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(serde_json::Number),
            Text(String),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Number(number) => number.to_string(),
            Written::Text(text) => text,
        };
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

/// A number with four places, a half up.
pub(super) fn amount(amount: Amount) -> Result<Value, CaseError> {
    money(amount.decimal())
}

/// A decimal as a JSON number.
pub(super) fn money(decimal: Decimal) -> Result<Value, CaseError> {
    let number: serde_json::Number = decimal.to_string().parse().map_err(|_| CaseError::Member("a number"))?;
    Ok(Value::Number(number))
}
