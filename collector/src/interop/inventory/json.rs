//! The JSON dialect, of GLPI since 10.
//!
//! In: text. Out: the parts of a message. It is read level by level from the text itself, so that what is passed over takes no memory
//! and what is deep takes no stack. Yes and no become `1` and `0`, as XML writes them.

use super::{
    content::{Content, FIELDS, Row, kept},
    message::{MessageError, Parts},
};
use muster_wire::limits::REPORT_PACKAGES;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Most members of an object and of a list that are looked at.
const MEMBERS: usize = 512;
const ELEMENTS: usize = REPORT_PACKAGES;

/// Reads a message.
pub(super) fn read(text: &str) -> Result<Parts, MessageError> {
    let Members(members) = serde_json::from_str(text)?;
    let mut parts = Parts::default();
    for (name, value) in members {
        let raw = value.get();
        match name.to_ascii_lowercase().as_str() {
            "deviceid" => keep(&mut parts.device_id, raw),
            "action" | "query" => keep(&mut parts.query, raw),
            "itemtype" => keep(&mut parts.item_type, raw),
            "partial" => parts.partial = scalar(raw).is_some_and(|text| text == "1"),
            "name" => keep(&mut parts.name, raw),
            "version" => keep(&mut parts.version, raw),
            "tag" => keep(&mut parts.tag, raw),
            "content" => parts.content = parts.content.or_else(|| content(raw)),
            _ => {}
        }
    }
    Ok(parts)
}

fn keep(place: &mut Option<String>, raw: &str) {
    if place.is_none() {
        *place = scalar(raw).and_then(|text| kept(&text));
    }
}

fn content(raw: &str) -> Option<Content> {
    let Members(sections) = serde_json::from_str(raw).ok()?;
    let mut content = Content::default();
    for (name, value) in sections {
        section(&mut content, &name, value.get());
    }
    Some(content)
}

fn section(content: &mut Content, name: &str, raw: &str) {
    match raw.as_bytes().first() {
        _ if raw == "null" || !content.open(name) => {}
        Some(b'[') => {
            let Ok(Elements { elements, beyond }) = serde_json::from_str(raw) else { return };
            elements.into_iter().for_each(|element| content.add(name, row(element.get())));
            content.pass_over(name, beyond);
        }
        Some(b'{') => content.add(name, row(raw)),
        _ => content.say(name, &scalar(raw).unwrap_or_default()),
    }
}

fn row(raw: &str) -> Option<Row> {
    let Members(fields) = serde_json::from_str(raw).ok()?;
    let mut row = Row::default();
    for (name, value) in fields.into_iter().take(FIELDS) {
        match value.get().as_bytes().first() {
            Some(b'{') => {
                let Ok(Members(inner)) = serde_json::from_str(value.get()) else { continue };
                for (field, value) in inner.into_iter().take(FIELDS) {
                    row.put(Some(&name), &field, &scalar(value.get()).unwrap_or_default());
                }
            }
            Some(b'[') => {
                let Ok(Elements { elements, .. }) = serde_json::from_str(value.get()) else { continue };
                row.put(None, &name, &elements.first().and_then(|first| scalar(first.get())).unwrap_or_default());
            }
            _ => row.put(None, &name, &scalar(value.get()).unwrap_or_default()),
        }
    }
    Some(row)
}

/// A text, a number or an answer as text.
fn scalar(raw: &str) -> Option<String> {
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str(raw).ok(),
        b't' => Some("1".to_owned()),
        b'f' => Some("0".to_owned()),
        b'n' | b'[' | b'{' => None,
        _ => Some(raw.to_owned()),
    }
}

/// The members of an object, in their order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
                let mut kept = Vec::new();
                while kept.len() < MEMBERS {
                    let Some(member) = members.next_entry()? else { return Ok(Members(kept)) };
                    kept.push(member);
                }
                while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Members(kept))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// The elements of a list, and how many more there are than are looked at.
struct Elements<'a> {
    elements: Vec<&'a RawValue>,
    beyond: usize,
}

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Elements<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let (mut elements, mut beyond) = (Vec::new(), 0);
                while elements.len() < ELEMENTS {
                    let Some(element) = list.next_element()? else { return Ok(Elements { elements, beyond }) };
                    elements.push(element);
                }
                while list.next_element::<IgnoredAny>()?.is_some() {
                    beyond += 1;
                }
                Ok(Elements { elements, beyond })
            }
        }
        deserializer.deserialize_seq(List)
    }
}
