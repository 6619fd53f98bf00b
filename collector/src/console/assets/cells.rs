//! Values of assets in the words that people read.

use crate::admin::{AdminContext, api::assets::machine_name};
use muster_domain::asset::{Asset, Directory, Field, InstallStatus, Kind, Value};

/// What stands for an asset: the name of its machine, its tag, serial number, or at last its id.
pub(super) fn title(asset: &Asset, directory: &dyn Directory, context: &AdminContext) -> String {
    let of = |field| asset.value(field, directory).map(|value| text(field, &value, directory)).filter(|text| !text.is_empty());
    let names = [Field::DisplayName, Field::AssetTag, Field::Ci, Field::SerialNumber];
    let named = machine_name(asset, context).or_else(|| names.into_iter().find_map(of));
    named.unwrap_or_else(|| asset.id().to_string())
}

/// A value of a field.
pub(super) fn text(field: Field, value: &Value, directory: &dyn Directory) -> String {
    match (value, field.kind()) {
        (Value::Int(code), _) if field == Field::InstallStatus => {
            InstallStatus::from_code(*code).map_or_else(|| code.to_string(), |status| status.label().to_owned())
        }
        (Value::Bool(truth), _) => if *truth { "yes" } else { "no" }.to_owned(),
        (Value::Ref(id), Kind::Reference(table)) => directory.display(table, *id).map_or_else(|| id.to_string(), str::to_owned),
        (other, _) => other.to_string(),
    }
}

/// The value that an asset has; empty without one.
pub(super) fn cell(asset: &Asset, field: Field, directory: &dyn Directory) -> String {
    asset.value(field, directory).map(|value| text(field, &value, directory)).unwrap_or_default()
}
