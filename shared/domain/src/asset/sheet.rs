//! Assets as lines of a table: what a column's header means, and cells that a spreadsheet does not take for formulas.
//!
//! In: headers and cells as people write them. Out: columns and values, and the way back: what is written here is read
//! again unchanged.

use std::borrow::Cow;

use super::field::{Field, Kind};
use super::record::Asset;
use super::reference::Directory;
use super::value::Value;

/// What a column of a table of assets holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The id of the record that the line is about (`id`, `sys_id`).
    Id,
    /// A field.
    Field(Field),
    /// Something that an export or a list of refused lines says about a record and nobody can enter.
    Ignored,
}

impl Column {
    /// The column of a header: a field's name or label, without regard to case.
    #[must_use]
    pub fn of(header: &str) -> Option<Self> {
        let name = header.trim().to_lowercase();
        match name.as_str() {
            "id" | "sys_id" => return Some(Self::Id),
            "agent" | "line" | "reason" => return Some(Self::Ignored),
            _ => {}
        }
        let field = Field::ALL.iter().find(|field| field.name() == name || label(**field).to_lowercase() == name)?;
        Some(match field {
            Field::SysId => Self::Id,
            field if field.is_derived() => Self::Ignored,
            field => Self::Field(*field),
        })
    }
}

/// The label of a field, as forms and lists show it.
#[must_use]
pub const fn label(field: Field) -> &'static str {
    match field {
        Field::InstallStatus => "State",
        Field::Substatus => "Substate",
        Field::SysClassName => "Class",
        Field::ModelCategory => "Model category",
        Field::ExcludedFromHam => "Excluded from HAM",
        Field::Quantity => "Quantity",
        Field::SysId => "Sys ID",
        Field::AssetTag => "Asset tag",
        Field::SerialNumber => "Serial number",
        Field::DisplayName => "Display name",
        Field::Model => "Model",
        Field::Ci => "Configuration item",
        Field::AssignedTo => "Assigned to",
        Field::ManagedBy => "Managed by",
        Field::OwnedBy => "Owned by",
        Field::Location => "Location",
        Field::Stockroom => "Stockroom",
        Field::Company => "Company",
        Field::Department => "Department",
        Field::CostCenter => "Cost center",
        Field::Cost => "Cost",
        Field::SalvageValue => "Salvage value",
        Field::AcquisitionMethod => "Acquisition method",
        Field::Vendor => "Vendor",
        Field::PurchaseDate => "Purchased",
        Field::OrderDate => "Ordered",
        Field::DeliveryDate => "Delivered",
        Field::InstallDate => "Installed",
        Field::WarrantyExpiration => "Warranty expiration",
        Field::LeaseId => "Lease contract",
        Field::SupportGroup => "Support group",
        Field::SupportedBy => "Supported by",
        Field::Parent => "Parent",
        Field::Comments => "Comments",
        Field::SysCreatedOn => "Created",
        Field::SysUpdatedOn => "Updated",
    }
}

/// A value as it can be entered again: a reference by its display value where that leads back to it, by its id otherwise.
#[must_use]
pub fn entry(field: Field, value: &Value, directory: &dyn Directory) -> String {
    match (value, field.kind()) {
        (Value::Ref(id), Kind::Reference(table)) => match directory.display(table, *id) {
            Some(display) if !display.trim().is_empty() && directory.find(table, display) == Some(*id) => display.to_owned(),
            _ => id.to_string(),
        },
        (other, _) => other.to_string(),
    }
}

/// The cell of a value: its entry, where that is a text, disarmed.
#[must_use]
pub fn cell(field: Field, value: &Value, directory: &dyn Directory) -> String {
    let entry = entry(field, value, directory);
    if matches!(value, Value::Text(_) | Value::Ref(_)) { disarmed(&entry).into_owned() } else { entry }
}

/// A text that no spreadsheet takes for a formula: one that would be gets an apostrophe in front. [`armed`] takes it away.
#[must_use]
pub fn disarmed(text: &str) -> Cow<'_, str> {
    if is_formula(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text of a cell without the apostrophe that [`disarmed`] put in front.
#[must_use]
pub fn armed(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_formula(text) => text,
        _ => cell,
    }
}

/// What makes a spreadsheet take a cell for a formula when it comes first; the wide forms do so in some languages.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
/// What may be dropped from a cell's beginning before it is looked at. The apostrophe is among them, so that one more in front
/// changes nothing and can be taken away again.
const PASSED_BY: [char; 4] = ['\'', '\u{feff}', '\u{200b}', '\u{2060}'];

fn is_formula(text: &str) -> bool {
    text.trim_start_matches(PASSED_BY).starts_with(FORMULA)
}

/// What of a line differs from the record. A value that the record has already is left out, so that a line that says what
/// the agent saw does not become an administrator's entry. A new state brings the line's substate and user with it.
#[must_use]
pub fn differing(asset: &Asset, line: &[(Field, Option<Value>)]) -> Vec<(Field, Option<Value>)> {
    let same = |field: Field, value: Option<&Value>| match (asset.get(field), value) {
        (Some(Value::Text(kept)), Some(Value::Text(given))) => kept.trim() == given.trim(),
        (kept, given) => kept == given,
    };
    let new_state = line.iter().any(|(field, value)| *field == Field::InstallStatus && !same(*field, value.as_ref()));
    let goes_along = |field: Field| new_state && matches!(field, Field::Substatus | Field::AssignedTo);
    line.iter().filter(|(field, value)| goes_along(*field) || !same(*field, value.as_ref())).cloned().collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::asset::edit::read_value;
    use crate::asset::{Layer, References, Table};
    use crate::ids::AssetId;

    #[test]
    fn headers_are_names_or_labels() {
        let check = |header: &str, expected: Option<Column>| assert_eq!(Column::of(header), expected, "{header}");
        check("asset_tag", Some(Column::Field(Field::AssetTag)));
        check(" Asset Tag ", Some(Column::Field(Field::AssetTag)));
        check("STATE", Some(Column::Field(Field::InstallStatus)));
        check("sys_id", Some(Column::Id));
        check("Sys ID", Some(Column::Id));
        check("id", Some(Column::Id));
        check("Created", Some(Column::Ignored));
        check("display_name", Some(Column::Ignored));
        check("reason", Some(Column::Ignored));
        check("colour", None);
        check("", None);
        for field in Field::ALL {
            assert_eq!(Column::of(field.name()), Column::of(label(*field)), "{}", field.name());
        }
    }

    #[test]
    fn formulas_are_disarmed_and_armed_again() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("'=1", "''=1"),
            ("'quoted", "'quoted"),
            ("plain", "plain"),
            ("@x", "'@x"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("\u{feff}\u{200b}=1", "'\u{feff}\u{200b}=1"),
            ("\u{feff}'=1", "'\u{feff}'=1"),
            ("\u{feff}plain", "\u{feff}plain"),
        ] {
            assert_eq!(disarmed(text), cell);
            assert_eq!(armed(cell), text);
        }
        assert_eq!(armed("=1+1"), "=1+1");
    }

    #[test]
    fn references_are_written_by_what_leads_back() {
        let mut directory = References::new();
        let ids: Vec<Uuid> = (1..=3).map(Uuid::from_u128).collect();
        for (id, name) in ids.iter().zip(["Abel", "abel", "=Bea"]) {
            directory.insert(Table::User, *id, name);
        }
        for (id, expected) in
            [(1, "Abel"), (2, "00000000-0000-0000-0000-000000000002"), (3, "'=Bea"), (4, "00000000-0000-0000-0000-000000000004")]
        {
            assert_eq!(cell(Field::AssignedTo, &Value::Ref(Uuid::from_u128(id)), &directory), expected);
        }
    }

    #[test]
    fn only_what_differs_is_entered() {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        let mut asset = Asset::new(AssetId(Uuid::from_u128(1)), None, DateTime::UNIX_EPOCH);
        let seen = Layer::new().with(Field::InstallStatus, Value::Int(1)).with(Field::SerialNumber, text(" S1 "));
        asset.observe(seen, DateTime::UNIX_EPOCH);
        let user = (Field::AssignedTo, Some(Value::Ref(Uuid::from_u128(5))));
        asset.edit(std::slice::from_ref(&user), DateTime::UNIX_EPOCH).unwrap();
        let same = [(Field::InstallStatus, Some(Value::Int(1))), (Field::SerialNumber, text("S1")), user.clone()];
        assert_eq!(differing(&asset, &same), []);
        let other = [(Field::InstallStatus, Some(Value::Int(6))), (Field::SerialNumber, text("S1")), user.clone()];
        assert_eq!(differing(&asset, &other), [(Field::InstallStatus, Some(Value::Int(6))), user]);
    }

    proptest! {
        #[test]
        fn cells_are_read_again_unchanged(text in "['=+@\\-\t\n\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}\u{feff}\u{200b}\u{2060}]{0,4}[a-zä \"';,\n]{0,12}") {
            let written = disarmed(&text);
            prop_assert_eq!(armed(&written), text.as_str());
            let directory = References::seeded();
            if let Ok(Some(value)) = read_value(Field::Comments, &text, &directory) {
                let written = cell(Field::Comments, &value, &directory);
                prop_assert_eq!(read_value(Field::Comments, armed(&written), &directory), Ok(Some(value)));
            }
        }
    }
}
