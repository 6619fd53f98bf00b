//! From the tree to the program's struct, through serde.
//!
//! Comes in: the merged tree. Goes out: the struct, or a fault with the place and the key. Text from environment and
//! flags becomes what the struct asks for, so `8080` fits a number as well as a name.

use serde::Deserializer;
use serde::de::value::{MapAccessDeserializer, StrDeserializer, StringDeserializer};
use serde::de::{self, DeserializeSeed, Error as _, IntoDeserializer, Unexpected, Visitor};

use super::error::{Fault, Origin};
use super::tree::{Node, Table, Value, parse_value};

impl<'de> Deserializer<'de> for Node {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let Self { value, origin } = self;
        match value {
            Value::String(text) => visitor.visit_string(text),
            Value::Text(text) => match infer(&text, &origin) {
                Value::Text(text) => visitor.visit_string(text),
                value => return Self { value, origin }.deserialize_any(visitor),
            },
            Value::Integer(number) => visitor.visit_i64(number),
            Value::Float(number) => visitor.visit_f64(number),
            Value::Boolean(value) => visitor.visit_bool(value),
            Value::Array(items) => visitor.visit_seq(Items { items: items.into_iter(), index: 0 }),
            Value::Table(table) => visitor.visit_map(Entries::new(table)),
        }
        .map_err(|fault: Fault| fault.or_at(&origin))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text_as(visitor, |text| text.parse().ok().map(Value::Boolean))
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text_as(visitor, |text| text.parse().ok().map(Value::Integer))
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text_as(visitor, |text| text.parse().ok().map(Value::Float))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text_as(visitor, |text| Some(Value::String(text.to_owned())))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let Self { value: Value::Text(text), origin } = self else { return self.deserialize_any(visitor) };
        let value = if text.trim_start().starts_with('[') {
            parse_value(&text, &origin).map_err(|fault| fault.or_at(&origin))?
        } else if text.is_empty() {
            Value::Array(Vec::new())
        } else {
            // The simple case needs no brackets and quotes: one element.
            Value::Array(vec![Self { value: Value::Text(text), origin: origin.clone() }])
        };
        Self { value, origin }.deserialize_any(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Self { value: Value::Text(text), origin } if text.trim_start().starts_with('{') => {
                let value = parse_value(&text, &origin).map_err(|fault| fault.or_at(&origin))?;
                Self { value, origin }.deserialize_any(visitor)
            }
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        let origin = self.origin.clone();
        visitor.visit_newtype_struct(self).map_err(|fault| fault.or_at(&origin))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let Self { value, origin } = self;
        match value {
            Value::String(text) | Value::Text(text) => {
                let variant: StringDeserializer<Fault> = text.into_deserializer();
                variant.deserialize_enum(name, variants, visitor)
            }
            Value::Table(table) => MapAccessDeserializer::new(Entries::new(table)).deserialize_enum(name, variants, visitor),
            _ => Err(Fault::new(format!("expected one of: {}", variants.join(", ")))),
        }
        .map_err(|fault| fault.or_at(&origin))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_i16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_i64(visitor)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_string(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_string(visitor)
    }

    serde::forward_to_deserialize_any! { bytes byte_buf unit unit_struct identifier ignored_any }
}

impl Node {
    /// A text from outside a file read as the type the target asks for; everything else as it is.
    fn text_as<'de, V: Visitor<'de>>(self, visitor: V, read: impl Fn(&str) -> Option<Value>) -> Result<V::Value, Fault> {
        let Self { value: Value::Text(text), origin } = self else { return self.deserialize_any(visitor) };
        match read(&text) {
            Some(value) => Self { value, origin }.deserialize_any(visitor),
            None => Err(Fault::invalid_type(Unexpected::Str(&text), &visitor).or_at(&origin)),
        }
    }
}

/// What a text from outside a file means when the target takes anything.
fn infer(text: &str, origin: &Origin) -> Value {
    let (boolean, number) = (text.parse().map(Value::Boolean), text.parse().map(Value::Integer));
    let compound = || text.trim_start().starts_with(['[', '{']).then(|| parse_value(text, origin).ok()).flatten();
    boolean.or(number).ok().or_else(compound).unwrap_or_else(|| Value::Text(text.to_owned()))
}

struct Items {
    items: std::vec::IntoIter<Node>,
    index: usize,
}

impl<'de> de::SeqAccess<'de> for Items {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        let origin = item.origin.clone();
        seed.deserialize(item).map(Some).map_err(|fault| fault.or_at(&origin).under(&format!("[{index}]")))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Entries {
    entries: std::collections::btree_map::IntoIter<String, (Origin, Node)>,
    value: Option<(String, Node)>,
}

impl Entries {
    fn new(table: Table) -> Self {
        Self { entries: table.into_iter(), value: None }
    }
}

impl<'de> de::MapAccess<'de> for Entries {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some((key, (origin, node))) = self.entries.next() else { return Ok(None) };
        let deserializer: StrDeserializer<'_, Fault> = key.as_str().into_deserializer();
        let read = seed.deserialize(deserializer).map(Some).map_err(|fault| fault.or_at(&origin).under(&key));
        self.value = Some((key, node));
        read
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((key, node)) = self.value.take() else { return Err(Fault::new("a value was asked for before its key")) };
        let origin = node.origin.clone();
        seed.deserialize(node).map_err(|fault| fault.or_at(&origin).under(&key))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}
