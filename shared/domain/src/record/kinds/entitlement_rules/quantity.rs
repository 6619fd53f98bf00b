//! How many rights an entitlement has, how many are left to allocate, and what they cost.

use chrono::NaiveDate;
use uuid::Uuid;

use super::state::state_on;
use super::terms::license_type;
use crate::asset::{InstallStatus, Value};
use crate::currency::to_minor_unit;
use crate::decimal::Decimal;
use crate::entitlement::{self, LicenseType, Purchase, SubscriptionPeriod};
use crate::record::kinds::allocation::ALLOCATIONS;
use crate::record::kinds::checks::no_place_for;
use crate::record::kinds::contract::CONTRACTS;
use crate::record::kinds::entitlement::ENTITLEMENTS;
use crate::record::kinds::rights::UPGRADED_ENTITLEMENTS;
use crate::record::{Draft, Findings, Library, MOST, Values};

/// Whether rights come in packs (seed 004).
pub(super) fn has_packs(values: &Values) -> bool {
    values.text("metric_group") == Some("Microsoft")
        && matches!(values.text("license_metric"), Some("Per Core" | "Per Core (with CAL)"))
}

/// Active rights on a date: what was entered, otherwise what was purchased; without those that moved to another entitlement, and with
/// those that moved here where it has none of its own. None of a retired one. An enterprise contract hides them and does not change
/// them (domain 6.6).
#[must_use]
pub fn active_rights(id: Uuid, values: &Values, library: &dyn Library, today: NaiveDate) -> u64 {
    if state_on(values, today) == Some(InstallStatus::Retired) {
        return 0;
    }
    let gone = upgrades(library, "from_entitlement", id).filter(|(other, _)| {
        let target = other.id("software_entitlement").and_then(|id| library.record(ENTITLEMENTS.path, id));
        // Until the newer entitlement is published the rights stay where they are.
        target.is_some_and(|target| target.text("state") != Some(InstallStatus::Build.label()))
    });
    let gone = gone.fold(0, |sum: u64, (_, rights)| sum.saturating_add(rights));
    rights_before_upgrades(id, values, library).saturating_sub(gone)
}

/// The rights that an entitlement has before any of them move away.
pub(in crate::record::kinds) fn rights_before_upgrades(id: Uuid, values: &Values, library: &dyn Library) -> u64 {
    let own = values.count("active_rights").or_else(|| values.count("purchased_rights")).unwrap_or_default();
    let taken = upgrades(library, "software_entitlement", id).fold(0, |sum: u64, (_, rights)| sum.saturating_add(rights));
    own.max(taken)
}

/// Rights that are allocated.
#[must_use]
pub fn allocated(id: Uuid, library: &dyn Library) -> u64 {
    let allocations = library.pointing(ALLOCATIONS.path, "software_entitlement", id);
    allocations.fold(0, |sum, (_, values)| sum.saturating_add(values.count("quantity").unwrap_or_default()))
}

fn upgrades<'a>(library: &'a dyn Library, field: &str, id: Uuid) -> impl Iterator<Item = (&'a Values, u64)> + use<'a> {
    let moved = library.pointing(UPGRADED_ENTITLEMENTS.path, field, id);
    moved.map(|(_, values)| (values, values.count("number_of_rights").unwrap_or_default()))
}

/// What all rights cost; none without a price, or where it is more than money can be.
pub(in crate::record::kinds) fn total_cost(values: &Values) -> Option<Decimal> {
    let (unit, currency) = (values.decimal("unit_cost")?, values.text("currency").unwrap_or_default());
    if values.is("unlimited_license") {
        return Some(to_minor_unit(unit, currency));
    }
    let period = values.text("subscription_period").and_then(SubscriptionPeriod::from_name);
    let periods = period.map_or(Ok(1), |period| period.count(values.date("start_date"), values.date("end_date"))).ok()?;
    entitlement::total_cost(values.count("purchased_rights").unwrap_or_default(), unit, periods, currency)
}

pub(super) fn settle(draft: &mut Draft<'_>, library: &dyn Library, today: NaiveDate, findings: &mut Findings) {
    if draft.values.is("unlimited_license") {
        for field in ["rights_per_pack", "number_of_packs", "purchased_rights", "active_rights"] {
            if draft.enters(field) {
                findings.warn(format!("{field} was emptied: an unlimited license has no number of rights."));
            }
            draft.values.set(field, None);
        }
    } else {
        packs(draft, findings);
        units(draft, findings);
        rights(draft, library, today, findings);
    }
    if draft.values.get("unit_cost").is_some() && total_cost(&draft.values).is_none() && !dates_are_wrong(&draft.values) {
        findings.error(
            "unit_cost",
            "the total cost, purchased rights times unit cost times periods, is more than 922337203685477; enter a lower number of rights, \
             unit cost or number of periods",
        );
    }
}

/// Whether a period lacks a date or has its dates in the wrong order, which is said elsewhere.
fn dates_are_wrong(values: &Values) -> bool {
    let period = values.text("subscription_period").and_then(SubscriptionPeriod::from_name);
    period.is_some_and(|period| period.count(values.date("start_date"), values.date("end_date")).is_err())
}

fn packs(draft: &mut Draft<'_>, findings: &mut Findings) {
    if !has_packs(&draft.values) {
        for field in ["rights_per_pack", "number_of_packs"] {
            no_place_for(draft, field, "only Microsoft's metrics Per Core and Per Core (with CAL) are bought in packs", findings);
        }
        return;
    }
    let (rights, packs) = (draft.values.count("rights_per_pack"), draft.values.count("number_of_packs"));
    if rights == Some(0) {
        findings.error("rights_per_pack", "a pack has at least one right; enter 1 or more, such as 2");
    }
    let (Some(rights), Some(packs)) = (rights, packs) else {
        if packs.is_some() {
            findings.error("rights_per_pack", "say how many rights a pack has, such as 2, or empty the number of packs");
        }
        return;
    };
    let purchased = Purchase { rights: None, rights_per_pack: Some(rights), packs: Some(packs) }.rights();
    let Some(purchased) = i64::try_from(purchased).ok().filter(|purchased| *purchased <= MOST) else {
        return findings.error("number_of_packs", format!("{packs} packs of {rights} rights are more than {MOST}; enter fewer"));
    };
    let purchased = Value::Int(purchased);
    if draft.enters("purchased_rights") && draft.values.get("purchased_rights") != Some(&purchased) {
        let text =
            format!("they follow from {packs} packs of {rights} rights: {purchased}; change the number of packs, or empty it");
        return findings.error("purchased_rights", text);
    }
    draft.values.set("purchased_rights", Some(purchased));
}

/// Units that were bought are the rights, where no other number of rights was entered: consumption is counted by the unit (seed 004,
/// domain 6.6). What is less than a whole unit gives no right.
fn units(draft: &mut Draft<'_>, findings: &mut Findings) {
    let rights = |values: &Values| values.decimal("total_units").and_then(|units| units.ten_thousandths().checked_div(10_000));
    let now = rights(&draft.values);
    if draft.values.get("purchased_rights").is_none() || (draft.changes("total_units") && followed(draft, rights)) {
        if let Some(units) = now.filter(|units| *units > MOST) {
            return findings.error("total_units", format!("{units} units are more than {MOST}; enter fewer"));
        }
        draft.values.set("purchased_rights", now.map(Value::Int));
    }
    if let (Some(units), Some(purchased)) = (now, draft.values.whole("purchased_rights"))
        && units != purchased
    {
        findings.warn(format!(
            "The total units and the purchased rights differ: {units} and {purchased}. The purchased rights count; empty them to have them \
             follow from the units."
        ));
    }
}

/// Whether the purchased rights are those of the units that there were, and nobody entered others.
fn followed(draft: &Draft<'_>, rights: impl Fn(&Values) -> Option<i64>) -> bool {
    let before = draft.before.and_then(|before| rights(before).zip(before.whole("purchased_rights")));
    !draft.enters("purchased_rights") && before.is_some_and(|(units, purchased)| units == purchased)
}

fn rights(draft: &Draft<'_>, library: &dyn Library, today: NaiveDate, findings: &mut Findings) {
    let active = active_rights(draft.id, &draft.values, library, today);
    let allocated = allocated(draft.id, library);
    if allocated > active {
        findings.warn(format!("More rights are allocated than are active: {allocated} of {active}."));
    }
    let gone = upgrades(library, "from_entitlement", draft.id).fold(0, |sum: u64, (_, rights)| sum.saturating_add(rights));
    let all = rights_before_upgrades(draft.id, &draft.values, library);
    if gone > all && license_type(&draft.values).is_some_and(LicenseType::gives_rights) {
        findings.warn(format!("More rights moved to other entitlements than there were: {gone} of {all}."));
    }
}

pub(super) fn derive(id: Uuid, values: &Values, library: &dyn Library, today: NaiveDate) -> Vec<(&'static str, Option<Value>)> {
    let mut all = vec![("total_cost", total_cost(values).map(Value::Decimal))];
    if values.is("unlimited_license") {
        all.extend([("active_rights", None), ("allocations_available", None)]);
        return all;
    }
    // Maintenance gives no rights of its own: those that it maintains are its base's (domain 6.2 and 6.6).
    let is_own = license_type(values).is_none_or(LicenseType::gives_rights);
    let active = if is_own { active_rights(id, values, library, today) } else { 0 };
    let contract = values.id("contract").and_then(|id| library.record(CONTRACTS.path, id));
    let is_hidden = contract.is_some_and(|contract| contract.is("enterprise"));
    let shown = i64::try_from(active).ok().filter(|_| !is_hidden).map(Value::Int);
    all.push(("active_rights", shown));
    all.push(("allocations_available", Some(Value::Int(entitlement::available(active, allocated(id, library))))));
    all
}
