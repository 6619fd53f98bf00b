//! The values of a stored asset as bytes: entries of field, kind, length and payload, one behind the other.
//!
//! In: fields with values. Out: bytes, and back, also one single field without the others. The same values always give the same
//! bytes. A reader skips what it was not asked for, copies nothing, and refuses what is not whole; it never guesses.

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate};
use uuid::Uuid;

use super::field::Field;
use super::value::{Decimal, Value};
use crate::query::ValueRef;

/// A stored row that is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the asset's row is cut off or holds something that is no value")]
pub struct Damaged;

/// The field is explicitly without a value.
const EMPTIED: u8 = 0;
const INT: u8 = 1;
const FALSE: u8 = 2;
const TRUE: u8 = 3;
const TEXT: u8 = 4;
const DATE: u8 = 5;
const DATE_TIME: u8 = 6;
const DECIMAL: u8 = 7;
const REF: u8 = 8;

/// Appends a field with its value, or emptied.
pub(super) fn put(out: &mut Vec<u8>, field: Field, value: Option<&Value>) {
    let mut entry = |kind: u8, payload: &[u8]| {
        out.extend([field.index(), kind]);
        put_length(out, payload.len());
        out.extend_from_slice(payload);
    };
    match value {
        None => entry(EMPTIED, &[]),
        Some(Value::Int(number)) => entry(INT, &number.to_le_bytes()),
        Some(Value::Bool(false)) => entry(FALSE, &[]),
        Some(Value::Bool(true)) => entry(TRUE, &[]),
        Some(Value::Text(text)) => entry(TEXT, text.as_bytes()),
        Some(Value::Date(date)) => entry(DATE, &date.num_days_from_ce().to_le_bytes()),
        Some(Value::DateTime(millis)) => entry(DATE_TIME, &millis.to_le_bytes()),
        Some(Value::Decimal(decimal)) => entry(DECIMAL, &decimal.ten_thousandths().to_le_bytes()),
        Some(Value::Ref(id)) => entry(REF, id.as_bytes()),
    }
}

/// Appends a length: seven bits a byte, the lowest first, the eighth says that more follow.
pub(super) fn put_length(out: &mut Vec<u8>, mut length: usize) {
    while let Some(more) = std::num::NonZeroUsize::new(length >> 7) {
        out.push((length & 0x7f) as u8 | 0x80);
        length = more.get();
    }
    out.push(length as u8);
}

/// Splits a part off that follows its length.
pub(super) fn part(bytes: &[u8]) -> Result<(&[u8], &[u8]), Damaged> {
    let (first, mut rest) = bytes.split_first().ok_or(Damaged)?;
    let mut length = usize::from(first & 0x7f);
    let (mut more, mut shift) = (first & 0x80 != 0, 7);
    while more {
        let (next, after) = rest.split_first().ok_or(Damaged)?;
        // Four bytes of length are 256 MiB, more than any row.
        if shift > 21 {
            return Err(Damaged);
        }
        length |= usize::from(next & 0x7f) << shift;
        (more, shift, rest) = (next & 0x80 != 0, shift + 7, after);
    }
    rest.split_at_checked(length).ok_or(Damaged)
}

/// One entry as it lies.
struct Entry<'a> {
    field: u8,
    kind: u8,
    payload: &'a [u8],
}

fn first(entries: &[u8]) -> Result<Option<(Entry<'_>, &[u8])>, Damaged> {
    let Some((field, rest)) = entries.split_first() else { return Ok(None) };
    let (kind, rest) = rest.split_first().ok_or(Damaged)?;
    let (payload, rest) = part(rest)?;
    Ok(Some((Entry { field: *field, kind: *kind, payload }, rest)))
}

/// The value of one field among entries in the order of fields.
pub(super) fn find(mut entries: &[u8], field: Field) -> Result<Option<ValueRef<'_>>, Damaged> {
    let wanted = field.index();
    // Nearly all payloads before the wanted one are short, and their lengths one byte.
    while let [field, _, length @ ..0x80, rest @ ..] = entries {
        if *field >= wanted {
            break;
        }
        entries = rest.get(usize::from(*length)..).ok_or(Damaged)?;
    }
    while let Some((entry, rest)) = first(entries)? {
        if entry.field == wanted {
            return entry.value();
        }
        if entry.field > wanted {
            break;
        }
        entries = rest;
    }
    Ok(None)
}

/// Every entry.
pub(super) fn all(mut entries: &[u8]) -> Result<Vec<(Field, Option<Value>)>, Damaged> {
    let mut found = Vec::new();
    while let Some((entry, rest)) = first(entries)? {
        let field = Field::from_index(entry.field).ok_or(Damaged)?;
        found.push((field, entry.value()?.map(owned)));
        entries = rest;
    }
    Ok(found)
}

impl<'a> Entry<'a> {
    fn value(&self) -> Result<Option<ValueRef<'a>>, Damaged> {
        let number = || self.payload.try_into().map(i64::from_le_bytes).map_err(|_| Damaged);
        Ok(Some(match self.kind {
            EMPTIED => return Ok(None),
            INT => ValueRef::Int(number()?),
            FALSE => ValueRef::Bool(false),
            TRUE => ValueRef::Bool(true),
            TEXT => ValueRef::Text(Cow::Borrowed(std::str::from_utf8(self.payload).map_err(|_| Damaged)?)),
            DATE => {
                let days = self.payload.try_into().map(i32::from_le_bytes).map_err(|_| Damaged)?;
                ValueRef::Date(NaiveDate::from_num_days_from_ce_opt(days).ok_or(Damaged)?)
            }
            DATE_TIME => ValueRef::DateTime(number()?),
            DECIMAL => ValueRef::Decimal(Decimal::from_ten_thousandths(number()?)),
            REF => ValueRef::Ref(Uuid::from_slice(self.payload).map_err(|_| Damaged)?),
            _ => return Err(Damaged),
        }))
    }
}

fn owned(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Int(number) => Value::Int(number),
        ValueRef::Bool(truth) => Value::Bool(truth),
        ValueRef::Text(text) => Value::Text(text.into_owned()),
        ValueRef::Date(date) => Value::Date(date),
        ValueRef::DateTime(millis) => Value::DateTime(millis),
        ValueRef::Decimal(decimal) => Value::Decimal(decimal),
        ValueRef::Ref(id) => Value::Ref(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_lead_back() {
        for length in [0, 1, 127, 128, 129, 16_383, 16_384, 70_000] {
            let mut bytes = Vec::new();
            put_length(&mut bytes, length);
            bytes.extend(std::iter::repeat_n(7, length + 1));
            let (found, rest) = part(&bytes).unwrap();
            assert_eq!((found.len(), rest), (length, &[7][..]));
        }
        for cut in [&[][..], &[0x80], &[2, 0], &[0x80, 0x80, 0x80, 0x80, 0]] {
            assert_eq!(part(cut), Err(Damaged), "{cut:?}");
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        let field = Field::InstallStatus.index();
        for entry in [
            &[field][..],
            &[field, INT],
            &[field, INT, 4, 1, 2, 3, 4],
            &[field, 99, 0],
            &[field, TEXT, 1, 0xff],
            &[field, REF, 1, 0],
        ] {
            assert_eq!(find(entry, Field::InstallStatus), Err(Damaged), "{entry:?}");
            assert_eq!(all(entry), Err(Damaged), "{entry:?}");
        }
        assert_eq!(all(&[200, INT, 0]), Err(Damaged));
        assert_eq!(find(&[field, EMPTIED, 0], Field::InstallStatus), Ok(None));
    }
}
