//! Whether a feature works for an asset: the one check before models are normalised and before asset actions (domain 3.2, 3.3).
//!
//! A change of a field, the state among them, is no such feature and never comes here.

use super::catalogue::Place;
use super::choice::{Choice, ChoiceError, check_available};
use super::counted::{AssetFacts, DISPOSED};
use super::licensing::{Licensing, Refused, Verdict};
use crate::asset::action::Action;
use crate::asset::field::Field;
use crate::asset::record::Asset;
use crate::asset::state::InstallStatus;
use crate::asset::value::Value;
use crate::ids::CategoryId;

/// Why a feature does not work for an asset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Its resource category is not opted in.
    #[error(
        "its model category is licensed under {0}, which is not opted in; opt in first, for example with: units opt-in \"{0}\""
    )]
    NotOptedIn(String),
    /// Its resource category is opted in, and what that needs is missing.
    #[error("its model category cannot be used: {0}")]
    Unavailable(ChoiceError),
    /// Nothing decides for a category below one that needs no licence.
    #[error(
        "its model category lies below one that needs no licence yet, and this version of Hardware Asset Management keeps it out"
    )]
    BelowUnlicensed,
    /// Nothing above it is licensed.
    #[error("no model category above its own belongs to a resource category; give its model category a parent that does")]
    NothingAbove,
    /// No model category.
    #[error("it has no model category that could be opted in; set model_category first")]
    NoCategory,
    /// It was left out.
    #[error("it is excluded from hardware asset management; set excluded_from_ham to false first")]
    Excluded,
}

impl Licensing {
    /// Whether features work for the models and assets of a model category: the check before a model is normalised.
    ///
    /// # Errors
    /// Why not.
    pub fn check_category(&self, category: Option<CategoryId>) -> Result<(), Denied> {
        let Verdict::Refused(refused) = self.verdict(category) else { return Ok(()) };
        Err(match refused {
            Refused::NotInForce(place) => self.not_in_force(place),
            Refused::BelowUnlicensed => Denied::BelowUnlicensed,
            Refused::NothingAbove => Denied::NothingAbove,
            Refused::NoCategory => Denied::NoCategory,
        })
    }

    /// Whether an action may be done with an asset.
    ///
    /// An exclusion keeps an asset out of lending, disposal, refresh and audit. It is ignored where an asset is retired, which is
    /// none of these, and where a disposal that began with that comes to its end. Software entitlements are no hardware.
    ///
    /// # Errors
    /// Why not.
    pub fn check_action(&self, asset: &Asset, action: &Action) -> Result<(), Denied> {
        let facts = AssetFacts::of(asset);
        if !facts.physical {
            return Ok(());
        }
        self.check_category(facts.category)?;
        let ignored = match action {
            Action::Retire { .. } => true,
            Action::Dispose => is_leaving(asset),
            Action::Loan { .. } | Action::Refresh | Action::Audit => false,
        };
        if facts.excluded && !ignored { Err(Denied::Excluded) } else { Ok(()) }
    }

    fn not_in_force(&self, place: Place) -> Denied {
        let unavailable = check_available(self.catalogue(), self.terms(), place).err();
        match unavailable.filter(|_| self.choices().get(place) == Some(Choice::OptedIn)) {
            Some(error) => Denied::Unavailable(error),
            None => Denied::NotOptedIn(self.catalogue().name(place).to_owned()),
        }
    }
}

/// Whether an asset is retired and not yet gone.
fn is_leaving(asset: &Asset) -> bool {
    let substatus = asset.get(Field::Substatus).and_then(Value::as_text);
    asset.status() == Some(InstallStatus::Retired) && substatus != Some(DISPOSED)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::super::testing::{category, licensing};
    use super::*;
    use crate::ids::AssetId;

    fn asset(model_category: Option<&str>, status: i64, substatus: Option<&str>, excluded: bool, class: &str) -> Asset {
        let mut asset = Asset::new(AssetId(Uuid::nil()), None, DateTime::UNIX_EPOCH);
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        asset
            .edit(
                &[
                    (Field::SysClassName, text(class)),
                    (Field::ModelCategory, model_category.map(|name| Value::Ref(category(name).0))),
                    (Field::InstallStatus, Some(Value::Int(status))),
                    (Field::Substatus, substatus.and_then(text)),
                    (Field::ExcludedFromHam, Some(Value::Bool(excluded))),
                ],
                DateTime::UNIX_EPOCH,
            )
            .unwrap();
        asset
    }

    fn actions() -> [Action; 5] {
        [Action::Retire { substatus: None }, Action::Dispose, Action::Loan { to: Uuid::nil() }, Action::Refresh, Action::Audit]
    }

    #[test]
    fn nothing_is_done_with_what_is_not_opted_in() {
        let check = |model_category: Option<&str>, opted_in: &[&str], part: Option<&str>| {
            let licensing = licensing("10.1.0", "5.0", opted_in, &[]);
            for action in actions() {
                let asset = asset(model_category, 1, None, false, "alm_hardware");
                let denied = licensing.check_action(&asset, &action).err().map(|denied| denied.to_string());
                match (part, denied) {
                    (None, None) => {}
                    (Some(part), Some(denied)) if denied.contains(part) => {}
                    (part, denied) => panic!("{model_category:?} {opted_in:?} {action:?}: {denied:?}, not {part:?}"),
                }
            }
        };
        check(Some("Computer"), &["End User Computers"], None);
        check(Some("Computer"), &["Servers"], Some("units opt-in \"End User Computers\""));
        check(Some("Consumables"), &[], None);
        check(None, &["End User Computers"], Some("set model_category"));
        check(Some("Telco equipment"), &[], Some("Telecom Network Inventory, which is not opted in"));
    }

    #[test]
    fn an_exclusion_is_ignored_for_retiring_and_for_what_began_before() {
        let licensing = licensing("10.1.0", "5.0", &["End User Computers"], &[]);
        let check = |status: i64, substatus: Option<&str>, class: &str, expected: [bool; 5]| {
            let asset = asset(Some("Computer"), status, substatus, true, class);
            let allowed = actions().map(|action| licensing.check_action(&asset, &action).is_ok());
            assert_eq!(allowed, expected, "{status} {substatus:?} {class}");
        };
        check(1, None, "alm_hardware", [true, false, false, false, false]);
        check(7, Some("pending_disposal"), "alm_hardware", [true, true, false, false, false]);
        check(7, Some("disposed"), "alm_hardware", [true, false, false, false, false]);
        check(6, None, "alm_consumable", [true, false, false, false, false]);
        check(1, None, "alm_asset", [true; 5]);
        check(1, None, "alm_license", [true; 5]);
    }
}
