//! Assets as rows of a query: the catalogue of columns, and one asset's values by column.
//!
//! A column's key is the field's place and the walk from it, so that a store can answer from its own columns without names.

use std::borrow::Cow;

use uuid::Uuid;

use super::class;
use super::field::{Field, Kind};
use super::record::Asset;
use super::reference::{Directory, MAX_DEPTH};
use super::value::Value;
use crate::query::{Catalogue, Column, Path, Row, ValueKind, ValueRef};

/// What a path reads of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walk {
    /// The field itself.
    Own,
    /// The id of the record it refers to (`model_category.sys_id`).
    Id,
    /// The display value of the record it refers to (`model_category.name`).
    Display,
    /// The id of the record so many steps above it (`model_category.parent`), 1 or more.
    Above(u8),
    /// The display value of that record (`model_category.parent.name`).
    AboveDisplay(u8),
}

impl Walk {
    /// Whether it reads another record than the row itself.
    #[must_use]
    pub const fn leaves_the_row(self) -> bool {
        match self {
            Self::Own | Self::Id => false,
            Self::Display | Self::Above(_) | Self::AboveDisplay(_) => true,
        }
    }
}

/// The columns of assets.
#[derive(Clone, Copy)]
pub struct AssetCatalogue<'a> {
    pub(super) directory: &'a dyn Directory,
}

impl std::fmt::Debug for AssetCatalogue<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AssetCatalogue")
    }
}

impl<'a> AssetCatalogue<'a> {
    /// The catalogue; the directory tells which references are known.
    #[must_use]
    pub const fn new(directory: &'a dyn Directory) -> Self {
        Self { directory }
    }
}

/// The key of a column.
#[must_use]
pub const fn column_key(field: Field, walk: Walk) -> u32 {
    let (walk, steps) = match walk {
        Walk::Own => (0, 0),
        Walk::Id => (1, 0),
        Walk::Display => (2, 0),
        Walk::Above(steps) => (3, steps),
        Walk::AboveDisplay(steps) => (4, steps),
    };
    u32::from_le_bytes([field.index(), walk, steps, 0])
}

/// The field and walk of a column's key.
#[must_use]
pub fn column_of(key: u32) -> Option<(Field, Walk)> {
    let [field, walk, steps, 0] = key.to_le_bytes() else { return None };
    let walk = match (walk, steps) {
        (0, 0) => Walk::Own,
        (1, 0) => Walk::Id,
        (2, 0) => Walk::Display,
        (3, 1..=MAX_DEPTH) => Walk::Above(steps),
        (4, 1..=MAX_DEPTH) => Walk::AboveDisplay(steps),
        _ => return None,
    };
    Some((Field::from_index(field)?, walk))
}

/// The kind of a field's values in queries.
#[must_use]
pub const fn value_kind(field: Field) -> ValueKind {
    match field.kind() {
        Kind::Integer => ValueKind::Integer,
        Kind::Text => ValueKind::Text,
        Kind::Boolean => ValueKind::Boolean,
        Kind::Decimal => ValueKind::Decimal,
        Kind::Date => ValueKind::Date,
        Kind::DateTime => ValueKind::DateTime,
        Kind::Reference(_) => ValueKind::Reference,
    }
}

/// The field and walk of a path's names.
fn walked(names: &[&str]) -> Option<(Field, Walk)> {
    let (name, rest) = names.split_first()?;
    let field = Field::from_name(name)?;
    if rest.is_empty() {
        return Some((field, Walk::Own));
    }
    let Kind::Reference(table) = field.kind() else { return None };
    let (steps, last) = match rest.split_last()? {
        (&"parent", _) => (rest, None),
        (last, steps) => (steps, Some(*last)),
    };
    if !steps.iter().all(|step| *step == "parent" && table.has_parents()) {
        return None;
    }
    let steps = u8::try_from(steps.len()).ok().filter(|steps| *steps <= MAX_DEPTH)?;
    let walk = match (last, steps) {
        (Some("sys_id"), 0) => Walk::Id,
        (None | Some("sys_id"), steps) => Walk::Above(steps),
        (Some(other), steps) if other == table.display_field() => match steps {
            0 => Walk::Display,
            steps => Walk::AboveDisplay(steps),
        },
        (Some(_), _) => return None,
    };
    Some((field, walk))
}

impl Catalogue for AssetCatalogue<'_> {
    fn column(&self, names: &[&str]) -> Option<Column> {
        let (field, walk) = walked(names)?;
        let kind = match walk {
            Walk::Own => value_kind(field),
            Walk::Id | Walk::Above(_) => ValueKind::Reference,
            Walk::Display | Walk::AboveDisplay(_) => ValueKind::Text,
        };
        Some(Column { kind, key: column_key(field, walk) })
    }

    fn knows_reference(&self, column: Column, value: &str) -> bool {
        let Some((field, _)) = column_of(column.key) else { return true };
        let Kind::Reference(table) = field.kind() else { return true };
        Uuid::try_parse(value).is_ok_and(|id| self.directory.display(table, id).is_some())
    }

    fn knows_display(&self, column: Column, value: &str) -> bool {
        match column_of(column.key) {
            Some((field, Walk::Display | Walk::AboveDisplay(_))) => match field.kind() {
                Kind::Reference(table) => self.directory.find(table, value).is_some(),
                _ => true,
            },
            _ => true,
        }
    }

    fn display(&self, names: &[&str]) -> Option<String> {
        match walked(names)? {
            (field, Walk::Own | Walk::Above(_)) => match field.kind() {
                Kind::Reference(table) => Some(table.display_field().to_owned()),
                _ => None,
            },
            _ => None,
        }
    }

    fn text_fields(&self) -> Vec<String> {
        Field::ALL.iter().filter(|field| field.kind() == Kind::Text).map(|field| field.name().to_owned()).collect()
    }

    fn classes(&self, class: &str) -> Vec<String> {
        class::CLASSES.iter().filter(|(name, _)| class::extends(name, class)).map(|(name, _)| (*name).to_owned()).collect()
    }

    fn has_table(&self, table: &str) -> bool {
        class::is_known(table)
    }
}

/// One asset as a row.
#[derive(Clone, Copy)]
pub struct AssetRow<'a> {
    asset: &'a Asset,
    directory: &'a dyn Directory,
}

impl std::fmt::Debug for AssetRow<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("AssetRow").field(&self.asset.id()).finish()
    }
}

impl<'a> AssetRow<'a> {
    /// The row of an asset; the directory answers walks through references.
    #[must_use]
    pub const fn new(asset: &'a Asset, directory: &'a dyn Directory) -> Self {
        Self { asset, directory }
    }
}

impl Row for AssetRow<'_> {
    fn get(&self, path: &Path) -> Option<ValueRef<'_>> {
        let (field, walk) = column_of(path.key())?;
        if walk.leaves_the_row() {
            let id = self.asset.get(field).and_then(Value::as_ref_id)?;
            return followed(self.directory, field, walk, id);
        }
        if field == Field::SysClassName {
            return Some(ValueRef::Text(Cow::Borrowed(self.asset.class())));
        }
        if field.is_derived() {
            return self.asset.value(field, self.directory).and_then(owned);
        }
        self.asset.get(field).map(borrowed)
    }

    fn id(&self) -> Option<ValueRef<'_>> {
        Some(ValueRef::Ref(self.asset.id().0))
    }

    fn is_of(&self, table: &str) -> bool {
        class::extends(self.asset.class(), table)
    }
}

/// What a walk from a reference with this id reads; `None` where it leads nowhere.
#[must_use]
pub fn followed(directory: &dyn Directory, field: Field, walk: Walk, id: Uuid) -> Option<ValueRef<'_>> {
    let Kind::Reference(table) = field.kind() else { return None };
    let above = |steps: u8| (0..steps).try_fold(id, |id, _| directory.parent(table, id));
    let named = |id: Uuid| directory.display(table, id).map(|display| ValueRef::Text(Cow::Borrowed(display)));
    match walk {
        Walk::Own | Walk::Id => Some(ValueRef::Ref(id)),
        Walk::Display => named(id),
        Walk::Above(steps) => above(steps).map(ValueRef::Ref),
        Walk::AboveDisplay(steps) => above(steps).and_then(named),
    }
}

/// A value as queries see it.
#[must_use]
pub fn borrowed(value: &Value) -> ValueRef<'_> {
    match value {
        Value::Int(number) => ValueRef::Int(*number),
        Value::Bool(truth) => ValueRef::Bool(*truth),
        Value::Text(text) => ValueRef::Text(Cow::Borrowed(text)),
        Value::Date(date) => ValueRef::Date(*date),
        Value::DateTime(millis) => ValueRef::DateTime(*millis),
        Value::Decimal(decimal) => ValueRef::Decimal(*decimal),
        Value::Ref(id) => ValueRef::Ref(*id),
    }
}

fn owned(value: Value) -> Option<ValueRef<'static>> {
    match value {
        Value::Text(text) => Some(ValueRef::Text(Cow::Owned(text))),
        Value::DateTime(millis) => Some(ValueRef::DateTime(millis)),
        Value::Int(_) | Value::Bool(_) | Value::Date(_) | Value::Decimal(_) | Value::Ref(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::asset::{References, Table, category};
    use crate::ids::AssetId;
    use crate::query::{Context, NullMode, compile};

    #[test]
    fn assets_answer_queries() {
        let mut directory = References::seeded();
        let model = Uuid::from_u128(7);
        directory.insert(Table::Model, model, "ThinkPad T14");
        let computer = category::by_name("Computer").unwrap().id.0;
        let (hardware, laptop) = (category::by_name("Hardware").unwrap().id.0, Uuid::from_u128(8));
        directory.put(Table::ModelCategory, laptop, "Laptop", Some(computer));
        directory.put(Table::ModelCategory, computer, "Computer", Some(hardware));
        let mut asset = Asset::new(AssetId(Uuid::from_u128(3)), None, DateTime::UNIX_EPOCH);
        asset
            .edit(
                &[
                    (Field::InstallStatus, Some(Value::Int(1))),
                    (Field::ModelCategory, Some(Value::Ref(computer))),
                    (Field::Model, Some(Value::Ref(model))),
                    (Field::AssetTag, Some(Value::Text("P1".into()))),
                ],
                DateTime::UNIX_EPOCH,
            )
            .unwrap();
        let check = |query: &str, expected: bool| {
            let checked = compile(query, &AssetCatalogue::new(&directory), &Context::for_tests())
                .unwrap_or_else(|error| panic!("{query}: {error}"));
            assert_eq!(checked.matches(&AssetRow::new(&asset, &directory), NullMode::Sql), expected, "{query}");
        };
        check("install_statusNOT IN2,7,10", true);
        check("model_category.name=computer", true);
        check(&format!("model_category={computer}"), true);
        check(&format!("model_category={}", computer.simple()), true);
        check(&format!("model_category.sys_id={computer}"), true);
        check("model_category.name!=Computer", false);
        check("model.display_name=thinkpad t14", true);
        check("display_name=P1 - ThinkPad T14", true);
        check("sys_id=00000000-0000-0000-0000-000000000003", true);
        check("sys_created_on=1970-01-01 00:00:00", true);
        check("modelLIKEpad t", true);
        check("model_categorySTARTSWITHcomp", true);
        check("123TEXTQUERY321=t14 p1", true);
        check("123TEXTQUERY321=think", false);
        check("sys_class_nameINSTANCEOFalm_asset", true);
        check("sys_class_nameINSTANCEOFalm_license", false);
        check("assigned_to.name=Abel", false);
        check("assigned_to.nameISEMPTY", true);
        check("model_category.parent.name=hardware", true);
        check("model_category.parent.name=computer", false);
        check(&format!("model_category.parent={hardware}"), true);
        check(&format!("model_category.parent.sys_id={hardware}"), true);
        check("model_category.parentLIKEhard", true);
        check("model_category.parent.parent.nameISEMPTY", true);
        check("model_category.parentISNOTEMPTY", true);
        asset.edit(&[(Field::ModelCategory, Some(Value::Ref(laptop)))], DateTime::UNIX_EPOCH).unwrap();
        let check = |query: &str, expected: bool| {
            let checked = compile(query, &AssetCatalogue::new(&directory), &Context::for_tests()).unwrap();
            assert_eq!(checked.matches(&AssetRow::new(&asset, &directory), NullMode::Sql), expected, "{query}");
        };
        check("model_category.parent.name=Computer", true);
        check("model_category.parent.parent.name=Hardware", true);
        check("location.parent.name=Berlin", false);
        for unknown in [
            "model.name=x",
            "install_status.name=x",
            "model_category.name.name=x",
            "colour=red",
            "model.parent=x",
            "model_category.sys_id.parent=x",
            "parent.parent=x",
            "model_category.parent.parent.display_name=x",
        ] {
            assert!(compile(unknown, &AssetCatalogue::new(&directory), &Context::for_tests()).is_err(), "{unknown}");
        }
        for unknown in [
            "model_category=mc_gone",
            "model_category.name=Toaster",
            "model_category.name!=Toaster",
            "location.parent.nameINBerlin",
            "model_category.parent=mc_gone",
        ] {
            let checked = compile(unknown, &AssetCatalogue::new(&directory), &Context::for_tests()).unwrap();
            assert_eq!(checked.warnings().len(), 1, "{unknown}");
        }
        for known in ["model_category.name=LAPTOP", "location.nameLIKEber", "asset_tag=P1"] {
            let checked = compile(known, &AssetCatalogue::new(&directory), &Context::for_tests()).unwrap();
            assert_eq!(checked.warnings(), [], "{known}");
        }
    }

    #[test]
    fn keys_lead_back_to_columns() {
        for field in Field::ALL {
            for walk in [Walk::Own, Walk::Id, Walk::Display, Walk::Above(1), Walk::AboveDisplay(MAX_DEPTH)] {
                assert_eq!(column_of(column_key(*field, walk)), Some((*field, walk)));
            }
        }
        assert_eq!(column_of(u32::MAX), None);
    }
}
