//! JSON as it may stand in signed texts: no key twice in an object at any depth, no fractions; unknown members are ignored.
//!
//! In: the exact bytes that were signed. Out: a value, or which rule they break. Bytes are never written again to be
//! verified.

use std::{cell::RefCell, collections::BTreeSet, fmt};

use serde::{
    de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor},
    ser::Serialize,
};

/// Why bytes are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// A key stands twice in one object, so that two readers could see two values.
    #[error("the key \"{0}\" stands twice in one object")]
    DuplicateKey(String),
    /// A number is no integer of 64 bits.
    #[error("the number {0} is no whole number of 64 bits")]
    NotAnInteger(String),
    /// Not JSON, or not the members that are expected.
    #[error("{0}")]
    Value(String),
}

/// Reads a value.
///
/// # Errors
/// When a key is duplicated, a number is no integer, the bytes are no JSON or a member is missing or of another type.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    let found = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let checked = Strict(&found).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    if let Some(violation) = found.into_inner() {
        return Err(violation);
    }
    checked.and_then(|()| serde_json::from_slice(bytes)).map_err(|error| JsonError::Value(error.to_string()))
}

/// Writes a value.
///
/// # Errors
/// When the value cannot be JSON.
pub fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, JsonError> {
    serde_json::to_vec(value).map_err(|error| JsonError::Value(error.to_string()))
}

/// Walks through any JSON and keeps the first violation, because serde's errors carry only text.
struct Strict<'a>(&'a RefCell<Option<JsonError>>);

impl Strict<'_> {
    fn fail<E: serde::de::Error>(&self, violation: JsonError) -> E {
        let error = E::custom(&violation);
        self.0.replace(Some(violation));
        error
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        Err(self.fail(JsonError::NotAnInteger(number.to_string())))
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Strict(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = members.next_key::<String>()? {
            members.next_value_seed(Strict(self.0))?;
            if !keys.insert(key.clone()) {
                return Err(self.fail(JsonError::DuplicateKey(key.escape_debug().take(40).collect())));
            }
        }
        match keys.len() {
            0..=1024 => Ok(()),
            _ => Err(A::Error::custom("an object has more than 1024 members")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Sample {
        a: u64,
    }

    #[test]
    fn takes_the_known_and_ignores_the_unknown() {
        for text in [r#"{"a":1}"#, r#"{"b":{"a":2,"c":[1,null,true,"x",-3]},"a":1}"#, " {\"a\" : 1} "] {
            assert_eq!(read(text.as_bytes()), Ok(Sample { a: 1 }), "{text}");
        }
    }

    #[test]
    fn refuses_what_two_readers_could_read_differently() {
        let duplicate = JsonError::DuplicateKey("a".into());
        for (text, error) in [
            (r#"{"a":1,"a":1}"#, duplicate.clone()),
            (r#"{"a":1,"x":{"a":1,"a":2}}"#, duplicate.clone()),
            (r#"{"a":1,"x":[{"a":1,"\u0061":2}]}"#, duplicate),
            (r#"{"a":1.5}"#, JsonError::NotAnInteger("1.5".into())),
            (r#"{"a":1,"x":1e3}"#, JsonError::NotAnInteger("1000".into())),
            (r#"{"a":1,"x":18446744073709551616}"#, JsonError::NotAnInteger("18446744073709552000".into())),
        ] {
            assert_eq!(read::<Sample>(text.as_bytes()), Err(error), "{text}");
        }
        for text in ["", "{", r#"{"a":1} x"#, r#"{"a":"1"}"#, "{}", r#"{"a":-1}"#, "{\"a\":1,\"\u{0}\":1}", &"[".repeat(5000)] {
            assert!(matches!(read::<Sample>(text.as_bytes()), Err(JsonError::Value(_))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>) {
            let _ = read::<Sample>(&bytes);
        }
    }
}
