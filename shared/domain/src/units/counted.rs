//! Which asset records count for subscription units (domain 3.2).
//!
//! Every physical record counts that is not retired or disposed of, assigned or not; a record counts once, whatever its quantity.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::asset::field::Field;
use crate::asset::record::Asset;
use crate::asset::state::InstallStatus;
use crate::asset::stored::Head;
use crate::asset::value::Value;
use crate::ids::CategoryId;
use crate::query::ValueRef;

/// The substate of an asset that is gone; usually one of Retired, but it is gone in any state.
pub const DISPOSED: &str = "disposed";
/// Software entitlements are records, but nothing one can touch.
const NOT_PHYSICAL: &str = "alm_license";
/// The classes on which an exclusion means something: features exist for their assets only.
const EXCLUDABLE: [&str; 2] = ["alm_hardware", "alm_consumable"];

/// What the rules ask about one asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AssetFacts {
    /// Its model category.
    pub category: Option<CategoryId>,
    /// Whether it is a thing and not an entitlement.
    pub physical: bool,
    /// Whether it is neither retired nor disposed of.
    pub active: bool,
    /// Whether an administrator left it out, and may.
    pub excluded: bool,
}

impl AssetFacts {
    /// From the values of a record's fields; `class` is its class. A record without a state is not retired.
    #[must_use]
    pub fn new(category: Option<CategoryId>, class: &str, status: Option<i64>, substatus: Option<&str>, excluded: bool) -> Self {
        let retired = status == Some(InstallStatus::Retired.code());
        Self {
            category,
            physical: class != NOT_PHYSICAL,
            active: !retired && substatus != Some(DISPOSED),
            excluded: excluded && EXCLUDABLE.contains(&class),
        }
    }

    /// Those of an asset.
    #[must_use]
    pub fn of(asset: &Asset) -> Self {
        Self::new(
            asset.get(Field::ModelCategory).and_then(Value::as_ref_id).map(CategoryId),
            asset.class(),
            asset.get(Field::InstallStatus).and_then(Value::as_int),
            asset.get(Field::Substatus).and_then(Value::as_text),
            asset.get(Field::ExcludedFromHam) == Some(&Value::Bool(true)),
        )
    }

    /// Those of every asset with this head.
    #[must_use]
    pub fn of_head(head: &Head) -> Self {
        let text = |field| match head.get(field) {
            Some(ValueRef::Text(text)) => Some(text),
            _ => None,
        };
        let category = match head.get(Field::ModelCategory) {
            Some(ValueRef::Ref(id)) => Some(CategoryId(id)),
            _ => None,
        };
        let status = match head.get(Field::InstallStatus) {
            Some(ValueRef::Int(code)) => Some(code),
            _ => None,
        };
        let substatus: Option<Cow<'_, str>> = text(Field::Substatus);
        let excluded = matches!(head.get(Field::ExcludedFromHam), Some(ValueRef::Bool(true)));
        Self::new(category, &head.class(), status, substatus.as_deref(), excluded)
    }

    /// Whether it counts where its model category is licensed.
    #[must_use]
    pub const fn counts(&self) -> bool {
        self.physical && self.active && !self.excluded
    }
}

/// Numbers of assets of one model category.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CategoryCount {
    /// Those that count where the category is licensed.
    pub counting: u64,
    /// Active ones that an administrator left out.
    pub excluded: u64,
    /// Retired and disposed ones.
    pub inactive: u64,
}

/// The assets of a site by model category: everything that reports need, whatever is opted in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    by_category: BTreeMap<Option<CategoryId>, CategoryCount>,
}

impl Census {
    /// Takes so many assets with these facts in.
    pub fn add(&mut self, facts: &AssetFacts, assets: u64) {
        if !facts.physical {
            return;
        }
        let count = self.by_category.entry(facts.category).or_default();
        let number = if !facts.active {
            &mut count.inactive
        } else if facts.excluded {
            &mut count.excluded
        } else {
            &mut count.counting
        };
        *number += assets;
    }

    /// Every model category that has assets.
    pub fn categories(&self) -> impl Iterator<Item = (Option<CategoryId>, CategoryCount)> {
        self.by_category.iter().map(|(category, count)| (*category, *count))
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::asset::stored::{StoredAsset, pack};
    use crate::ids::AssetId;

    #[test]
    fn physical_records_count_until_they_are_retired() {
        let check = |class: &str, status: Option<i64>, substatus: Option<&str>, excluded: bool, expected: bool| {
            let mut asset = Asset::new(AssetId(Uuid::nil()), None, DateTime::UNIX_EPOCH);
            let text = |text: &str| Some(Value::Text(text.to_owned()));
            let layer = crate::asset::Layer::new()
                .with(Field::SysClassName, text(class))
                .with(Field::InstallStatus, status.map(Value::Int))
                .with(Field::Substatus, substatus.and_then(text))
                .with(Field::ModelCategory, Some(Value::Ref(Uuid::from_u128(7))))
                .with(Field::ExcludedFromHam, excluded.then_some(Value::Bool(true)));
            asset.observe(layer, DateTime::UNIX_EPOCH);
            let facts = AssetFacts::of(&asset);
            assert_eq!(facts.counts(), expected, "{class} {status:?} {substatus:?} {excluded}");
            assert_eq!(facts.category, Some(CategoryId(Uuid::from_u128(7))));
            let row = pack(&asset);
            let head = Head::new(StoredAsset::new(&row).unwrap().head()).unwrap();
            assert_eq!(AssetFacts::of_head(&head), facts);
            let mut census = Census::default();
            census.add(&facts, 3);
            assert_eq!(census.categories().map(|(_, count)| count.counting).sum::<u64>(), if expected { 3 } else { 0 });
        };
        for status in [1, 2, 3, 6, 8, 9, 10] {
            check("alm_hardware", Some(status), None, false, true);
        }
        check("alm_hardware", None, None, false, true);
        check("alm_hardware", Some(7), None, false, false);
        check("alm_hardware", Some(7), Some("disposed"), false, false);
        check("alm_hardware", Some(7), Some("pending_disposal"), false, false);
        check("alm_hardware", Some(6), Some("disposed"), false, false);
        check("alm_hardware", Some(6), Some("pending_disposal"), false, true);
        check("alm_hardware", Some(1), None, true, false);
        check("alm_consumable", Some(10), None, false, true);
        check("alm_consumable", Some(1), None, true, false);
        check("alm_license", Some(1), None, false, false);
        check("alm_asset", Some(1), None, false, true);
        check("alm_asset", Some(1), None, true, true);
        check("alm_facility", Some(1), None, true, true);
    }
}
