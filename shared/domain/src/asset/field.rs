//! The catalogue of asset fields: names and kinds (contract 2.2, the asset tables' own field names).
//!
//! The order is the order in a stored row: what counts and queries read most comes first.

use serde::{Deserialize, Serialize};

use super::reference::Table;

/// What kind of value a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number, or a choice by its stored code.
    Integer,
    /// Text.
    Text,
    /// True or false.
    Boolean,
    /// An exact decimal number.
    Decimal,
    /// A calendar date.
    Date,
    /// An instant.
    DateTime,
    /// The id of a record of that table.
    Reference(Table),
}

impl Kind {
    /// The name people read in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Integer => "a whole number",
            Self::Text => "text",
            Self::Boolean => "true or false",
            Self::Decimal => "a decimal number",
            Self::Date => "a date (yyyy-MM-dd)",
            Self::DateTime => "a date and time (yyyy-MM-dd HH:mm:ss, UTC)",
            Self::Reference(_) => "a reference (an id or a display value)",
        }
    }
}

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident $name:literal $kind:expr;)*) => {
        /// A field of an asset.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[repr(u8)]
        pub enum Field {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Field {
            /// Every field, in the order of a stored row.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name of the column.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The kind of its values.
            #[must_use]
            pub const fn kind(self) -> Kind {
                match self { $(Self::$variant => $kind,)* }
            }

            /// The field of a column name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

// New fields go to the end: a stored row names a field by its place in this list.
fields! {
    /// State, by its code.
    InstallStatus "install_status" Kind::Integer;
    /// Substate of the state.
    Substatus "substatus" Kind::Text;
    /// Class of the record.
    SysClassName "sys_class_name" Kind::Text;
    /// Model category.
    ModelCategory "model_category" Kind::Reference(Table::ModelCategory);
    /// Left out of the hardware asset management count.
    ExcludedFromHam "excluded_from_ham" Kind::Boolean;
    /// How many the record stands for.
    Quantity "quantity" Kind::Integer;
    /// The record's own id.
    SysId "sys_id" Kind::Text;
    /// Asset tag.
    AssetTag "asset_tag" Kind::Text;
    /// Serial number.
    SerialNumber "serial_number" Kind::Text;
    /// Asset tag, a dash and the model.
    DisplayName "display_name" Kind::Text;
    /// Product model.
    Model "model" Kind::Reference(Table::Model);
    /// Configuration item.
    Ci "ci" Kind::Reference(Table::ConfigurationItem);
    /// Who uses it.
    AssignedTo "assigned_to" Kind::Reference(Table::User);
    /// Who manages it.
    ManagedBy "managed_by" Kind::Reference(Table::User);
    /// Who owns it.
    OwnedBy "owned_by" Kind::Reference(Table::User);
    /// Where it is.
    Location "location" Kind::Reference(Table::Location);
    /// Stockroom it lies in.
    Stockroom "stockroom" Kind::Reference(Table::Stockroom);
    /// Company it belongs to.
    Company "company" Kind::Reference(Table::Company);
    /// Department it belongs to.
    Department "department" Kind::Reference(Table::Department);
    /// Cost centre that pays for it.
    CostCenter "cost_center" Kind::Reference(Table::CostCenter);
    /// Price.
    Cost "cost" Kind::Decimal;
    /// Rest value.
    SalvageValue "salvage_value" Kind::Decimal;
    /// How it was acquired.
    AcquisitionMethod "acquisition_method" Kind::Text;
    /// Who sold it.
    Vendor "vendor" Kind::Reference(Table::Company);
    /// When it was bought.
    PurchaseDate "purchase_date" Kind::Date;
    /// When it was ordered.
    OrderDate "order_date" Kind::Date;
    /// When it was delivered.
    DeliveryDate "delivery_date" Kind::Date;
    /// When it was installed.
    InstallDate "install_date" Kind::Date;
    /// Until when the warranty lasts.
    WarrantyExpiration "warranty_expiration" Kind::Date;
    /// Lease contract.
    LeaseId "lease_id" Kind::Text;
    /// Group that supports it.
    SupportGroup "support_group" Kind::Reference(Table::Group);
    /// Who supports it.
    SupportedBy "supported_by" Kind::Reference(Table::User);
    /// Asset it belongs to.
    Parent "parent" Kind::Reference(Table::Asset);
    /// Free text.
    Comments "comments" Kind::Text;
    /// When the record was made.
    SysCreatedOn "sys_created_on" Kind::DateTime;
    /// When the record last changed.
    SysUpdatedOn "sys_updated_on" Kind::DateTime;
}

impl Field {
    /// The field at a place of [`Field::ALL`].
    #[must_use]
    pub fn from_index(index: u8) -> Option<Self> {
        Self::ALL.get(usize::from(index)).copied()
    }

    /// Its place in [`Field::ALL`], which a stored row uses.
    #[must_use]
    pub const fn index(self) -> u8 {
        self as u8
    }

    /// Whether nobody can set it: it follows from the record itself.
    #[must_use]
    pub const fn is_derived(self) -> bool {
        matches!(self, Self::SysId | Self::DisplayName | Self::SysCreatedOn | Self::SysUpdatedOn)
    }

    /// The longest text it takes, in characters.
    #[must_use]
    pub const fn max_chars(self) -> usize {
        if matches!(self, Self::Comments) { 4000 } else { 255 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_places_lead_back() {
        for field in Field::ALL {
            assert_eq!(Field::from_name(field.name()), Some(*field));
            assert_eq!(Field::from_index(field.index()), Some(*field));
            assert_eq!(serde_json::to_string(field).unwrap(), format!("\"{}\"", field.name()));
        }
        assert_eq!(Field::from_name("no_such_field"), None);
        assert_eq!(Field::from_index(u8::MAX), None);
    }

    #[test]
    fn the_head_of_a_row_is_what_counts_read() {
        let head: Vec<&str> = Field::ALL.iter().take(6).map(|field| field.name()).collect();
        assert_eq!(head, ["install_status", "substatus", "sys_class_name", "model_category", "excluded_from_ham", "quantity"]);
        assert_eq!(Field::ALL.len(), 36);
    }
}
