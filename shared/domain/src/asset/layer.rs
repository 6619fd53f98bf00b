//! One source's view of an asset: the fields it says something about.
//!
//! A field may be absent (the source says nothing), set, or explicitly emptied. Kept sorted, so that a stored row is
//! compact and starts with the fields that are read most.

use serde::{Deserialize, Serialize};

use super::field::Field;
use super::value::Value;

/// Fields with values, or with `None` where the source emptied the field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Layer(Vec<(Field, Option<Value>)>);

impl Layer {
    /// A layer that says nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// What the layer says about a field: nothing, emptied (`Some(None)`), or a value.
    #[must_use]
    pub fn entry(&self, field: Field) -> Option<Option<&Value>> {
        let at = self.place(field).ok()?;
        self.0.get(at).map(|(_, value)| value.as_ref())
    }

    /// The value of a field, if the layer sets one.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&Value> {
        self.entry(field).flatten()
    }

    /// Sets a field, or empties it with `None`. An empty text empties it too.
    pub fn set(&mut self, field: Field, value: Option<Value>) {
        let value = value.filter(|value| value.as_text() != Some(""));
        match self.place(field) {
            Ok(at) => {
                if let Some(entry) = self.0.get_mut(at) {
                    entry.1 = value;
                }
            }
            Err(at) => self.0.insert(at, (field, value)),
        }
    }

    /// The same, to build a layer in one expression.
    #[must_use]
    pub fn with(mut self, field: Field, value: impl Into<Option<Value>>) -> Self {
        self.set(field, value.into());
        self
    }

    /// Makes the layer say nothing about a field.
    pub fn forget(&mut self, field: Field) {
        if let Ok(at) = self.place(field) {
            self.0.remove(at);
        }
    }

    /// Whether the layer says nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every field it says something about, in the order of a row.
    pub fn iter(&self) -> impl Iterator<Item = (Field, Option<&Value>)> {
        self.0.iter().map(|(field, value)| (*field, value.as_ref()))
    }

    fn place(&self, field: Field) -> Result<usize, usize> {
        self.0.binary_search_by_key(&field, |(field, _)| *field)
    }
}

impl FromIterator<(Field, Option<Value>)> for Layer {
    fn from_iter<I: IntoIterator<Item = (Field, Option<Value>)>>(entries: I) -> Self {
        let mut layer = Self::new();
        for (field, value) in entries {
            layer.set(field, value);
        }
        layer
    }
}

impl<'de> Deserialize<'de> for Layer {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Rebuilding keeps the order and the absence of duplicates true whatever the bytes say.
        Ok(Vec::<(Field, Option<Value>)>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_emptied_and_set_are_three_things() {
        let mut layer = Layer::new().with(Field::Comments, Value::Text("x".into())).with(Field::InstallStatus, Value::Int(1));
        layer.set(Field::AssignedTo, None);
        layer.set(Field::AssetTag, Some(Value::Text(String::new())));
        assert_eq!(layer.entry(Field::Cost), None);
        assert_eq!(layer.entry(Field::AssignedTo), Some(None));
        assert_eq!(layer.entry(Field::AssetTag), Some(None));
        assert_eq!(layer.get(Field::InstallStatus), Some(&Value::Int(1)));
        assert_eq!(
            layer.iter().map(|(field, _)| field).collect::<Vec<_>>(),
            [Field::InstallStatus, Field::AssetTag, Field::AssignedTo, Field::Comments]
        );
        layer.forget(Field::AssignedTo);
        assert_eq!(layer.entry(Field::AssignedTo), None);
    }

    #[test]
    fn reading_restores_the_order_and_drops_duplicates() {
        let json = r#"[["comments",{"Text":"a"}],["install_status",{"Int":1}],["comments",{"Text":"b"}]]"#;
        let layer: Layer = serde_json::from_str(json).unwrap();
        assert_eq!(layer, Layer::new().with(Field::InstallStatus, Value::Int(1)).with(Field::Comments, Value::Text("b".into())));
        assert_eq!(serde_json::from_str::<Layer>(&serde_json::to_string(&layer).unwrap()).unwrap(), layer);
    }
}
