//! JSON in which every name of an object stands once. Readers do not agree which of two values holds: what one program checked would
//! be another than what is stored here.

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use std::{borrow::Cow, collections::BTreeSet, fmt};

/// Reads JSON to its end and keeps nothing.
///
/// # Errors
/// When it is no JSON, or an object has a name twice, with the place.
pub(super) fn check(json: &[u8]) -> Result<(), serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    Once.deserialize(&mut reader)?;
    reader.end()
}

struct Once;

impl<'de> DeserializeSeed<'de> for Once {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut names = BTreeSet::new();
        while let Some(Name(name)) = members.next_key()? {
            if names.contains(&name) {
                let shown: String = name.chars().take(64).collect();
                members.next_value::<IgnoredAny>()?;
                return Err(A::Error::custom(format!("{shown:?} stands twice in one object")));
            }
            names.insert(name);
            members.next_value_seed(Self)?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_once_in_its_object() {
        let check = |json: &str, expected: Option<&str>| match (check(json.as_bytes()), expected) {
            (Ok(()), None) => {}
            (Err(error), Some(part)) if error.to_string().contains(part) => {}
            other => panic!("{json}: {other:?}"),
        };
        check("{}", None);
        check(r#"{"a": 1, "b": -1, "c": [1.5, "x", null, true, {"a": 1}], "d": {"a": 1}}"#, None);
        check(r#"{"a": 1, "a": 1}"#, Some("\"a\" stands twice in one object"));
        check(r#"{"a": 1, "\u0061": 2}"#, Some("\"a\" stands twice"));
        check(r#"{"a": [{"b": {"c": 1, "d": 2, "c": 3}}]}"#, Some("\"c\" stands twice in one object at line 1"));
        check(r#"{"a": 1"#, Some("EOF"));
        check("{} {}", Some("trailing"));
        check(&"[".repeat(10_000), Some("recursion limit"));
    }
}
