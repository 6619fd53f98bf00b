//! The fields of an asset as its form has them: in parts, each with its help, its control, its text and what is wrong with it.

use super::{
    cells::text,
    states::{choices, chosen},
};
use crate::{
    admin::{AdminContext, Answer},
    console::{
        entry::{Choices, Control, FieldRow, Part, Texts, names_of},
        records::Cell,
    },
};
use chrono::NaiveDate;
use muster_domain::asset::{Asset, Directory, Field, Kind, class::CLASSES, reference::Table, sheet};

/// The parts of the form. The state has its substate with it.
const PARTS: [(&str, &[(Field, &str)]); 5] = [
    (
        "What it is",
        &[
            (Field::AssetTag, "The number on its sticker."),
            (Field::SerialNumber, "As the maker gave it."),
            (Field::ModelCategory, "Such as Computer: what the licence counts goes by it."),
            (Field::Model, "Maker and model."),
            (Field::SysClassName, "The table it belongs to; machines are alm_hardware."),
            (Field::Quantity, "More than 1 only without a tag and a serial number."),
            (Field::Ci, "The configuration item it is."),
            (Field::Parent, "The asset it belongs to: its id, asset tag or serial number."),
        ],
    ),
    (
        "State",
        &[
            (Field::InstallStatus, "Leaving In use for a state in which nobody uses it empties Assigned to."),
            (Field::ExcludedFromHam, "Whether it is left out of the hardware asset management count."),
        ],
    ),
    (
        "People and places",
        &[
            (Field::AssignedTo, "Who uses it."),
            (Field::ManagedBy, "Who manages it."),
            (Field::OwnedBy, "Who owns it."),
            (Field::SupportedBy, "Who supports it."),
            (Field::SupportGroup, "The group that supports it."),
            (Field::Location, "Where it is."),
            (Field::Stockroom, "Where it lies while it is in stock."),
            (Field::Company, "The company it belongs to."),
            (Field::Department, "The department it belongs to."),
            (Field::CostCenter, "Who pays for it."),
        ],
    ),
    (
        "Purchase",
        &[
            (Field::Vendor, "Who sold it."),
            (Field::AcquisitionMethod, "Such as purchase or lease."),
            (Field::Cost, "The price, as 1299.99."),
            (Field::SalvageValue, "What it is worth at the end."),
            (Field::OrderDate, "When it was ordered."),
            (Field::PurchaseDate, "When it was bought."),
            (Field::DeliveryDate, "When it came."),
            (Field::InstallDate, "When it was put to use."),
            (Field::WarrantyExpiration, "The last day of the warranty."),
            (Field::LeaseId, "The number of the contract."),
        ],
    ),
    ("Notes", &[(Field::Comments, "Whatever others should know.")]),
];

/// What the form is about.
pub(super) struct Filling<'a> {
    /// The asset; none of a new one.
    pub(super) asset: Option<&'a Asset>,
    pub(super) texts: &'a Texts,
    /// What is wrong, by field.
    pub(super) errors: &'a [(Field, String)],
    /// Fields that were ticked to be taken back.
    pub(super) back: &'a [Field],
    pub(super) lists: &'a [Choices],
    pub(super) directory: &'a dyn Directory,
}

/// Every field of the form, in its order.
pub(super) fn fields() -> impl Iterator<Item = Field> {
    PARTS.iter().flat_map(|(_, fields)| fields.iter().map(|(field, _)| *field))
}

/// The parts of the form.
pub(super) fn parts(filling: &Filling<'_>) -> Vec<Part> {
    let part = |(title, fields): &(&str, &[(Field, &'static str)])| Part {
        title: (*title).to_owned(),
        fields: fields.iter().map(|(field, help)| row(filling, *field, help)).collect(),
    };
    PARTS.iter().map(part).collect()
}

/// The texts that the form shows before anything is entered: those of the asset, or what a new one has.
pub(super) fn texts(asset: Option<&Asset>, directory: &dyn Directory) -> Texts {
    let of = |field: Field| match (asset, field) {
        (Some(asset), Field::InstallStatus) => chosen(asset),
        (Some(asset), field) => asset.get(field).map(|value| sheet::entry(field, value, directory)).unwrap_or_default(),
        (None, Field::SysClassName) => muster_domain::asset::class::HARDWARE.to_owned(),
        (None, Field::Quantity) => "1".to_owned(),
        (None, _) => String::new(),
    };
    fields().map(|field| (field.name().to_owned(), of(field))).collect()
}

/// The lists of names that the form offers, each once.
pub(super) async fn lists(context: &AdminContext) -> Answer<Vec<Choices>> {
    let mut all: Vec<Choices> = Vec::new();
    for field in fields() {
        let Kind::Reference(table) = field.kind() else { continue };
        let id = list_id(table);
        if all.iter().any(|known| known.id == id) {
            continue;
        }
        if let Some(names) = names_of(context, table).await? {
            all.push(Choices { id, names });
        }
    }
    Ok(all)
}

/// The fields that a part of the form stands for: the state is entered with its substate.
pub(super) const fn stands_for(field: Field) -> &'static [Field] {
    match field {
        Field::InstallStatus => &[Field::InstallStatus, Field::Substatus],
        _ => &[],
    }
}

fn list_id(table: Table) -> String {
    format!("names-{}", table.name())
}

fn row(filling: &Filling<'_>, field: Field, help: &'static str) -> FieldRow {
    let entered = filling.texts.get(field.name()).cloned().unwrap_or_default();
    let list = match field.kind() {
        Kind::Reference(table) => Some(list_id(table)).filter(|id| filling.lists.iter().any(|list| list.id == *id)),
        _ => None,
    };
    FieldRow {
        name: field.name(),
        label: sheet::label(field),
        help,
        required: false,
        errors: filling.errors.iter().filter(|(wrong, _)| *wrong == field).map(|(_, text)| text.clone()).collect(),
        control: control(field, &entered),
        text: entered,
        list,
        cell: Cell::default(),
        metric: None,
        metrics: Vec::new(),
        reported: filling
            .asset
            .and_then(|asset| reported(asset, field, filling.directory))
            .map(|seen| (seen, filling.back.contains(&field))),
    }
}

/// What the agent sees, where an administrator entered something instead.
fn reported(asset: &Asset, field: Field, directory: &dyn Directory) -> Option<String> {
    asset.agent()?;
    let with = [field];
    let all = if stands_for(field).is_empty() { &with } else { stands_for(field) };
    if all.iter().all(|field| asset.edited().entry(*field).is_none()) {
        return None;
    }
    let seen: Vec<String> =
        all.iter().filter_map(|field| asset.observed().get(*field).map(|value| text(*field, value, directory))).collect();
    Some(if seen.is_empty() { "nothing".to_owned() } else { seen.join(", ") })
}

fn control(field: Field, text: &str) -> Control {
    let line = |mode: &'static str, most: usize| Control::Line { kind: "text", mode, most };
    let named = |value: &str, shown: &str| (value.to_owned(), shown.to_owned());
    match (field, field.kind()) {
        (Field::InstallStatus, _) => Control::select(choices().into_iter().flat_map(|state| state.choices), text, true),
        (Field::SysClassName, _) => Control::select(CLASSES.iter().map(|(class, _)| named(class, class)), text, true),
        (Field::Comments, _) => Control::Lines { most: Field::Comments.max_chars() },
        (_, Kind::Boolean) => Control::select([named("true", "yes"), named("false", "no")], text, true),
        (_, Kind::Integer) => line("numeric", 40),
        (_, Kind::Decimal) => line("decimal", 60),
        // A browser shows nothing in a date field for what is no date; what was entered is kept instead.
        (_, Kind::Date) if text.is_empty() || text.parse::<NaiveDate>().is_ok() => {
            Control::Line { kind: "date", mode: "", most: 10 }
        }
        (_, Kind::Date | Kind::DateTime) => line("", 40),
        (field, Kind::Text) => line("", field.max_chars()),
        (_, Kind::Reference(_)) => line("", 400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_has_every_field_that_can_be_entered_once() {
        let mut on_form: Vec<Field> = fields()
            .flat_map(|field| if stands_for(field).is_empty() { vec![field] } else { stands_for(field).to_vec() })
            .collect();
        on_form.sort();
        let can_be: Vec<Field> = Field::ALL.iter().copied().filter(|field| !field.is_derived()).collect();
        assert_eq!(on_form, can_be);
    }
}
