//! Entitlements as they are on the day.
//!
//! In: the records of entitlements with what follows from them. Out: entitlements of the estate. Active rights are those before
//! upgrades move them, since the domain moves them itself: of two entitlements that an upgrade joins, both in one run.

use super::{
    models::{Models, metric_name, model_of},
    organisation::Organisations,
    places::{Book, Places, text},
};
use muster_domain::{
    asset::InstallStatus,
    entitlement::{LicenseType, SubscriptionPeriod},
    reconcile::run::Entitlement,
    record::{
        Library as _, Values,
        kinds::{entitlement::ENTITLEMENTS, rights::UPGRADED_ENTITLEMENTS},
    },
};
use uuid::Uuid;

pub(super) fn entitlements(
    book: Book<'_>,
    models: &Models,
    organisations: &Organisations<'_>,
    notes: &mut Vec<String>,
) -> (Vec<Entitlement>, Places) {
    let (mut entitlements, mut places) = (Vec::new(), Places::default());
    for (id, values) in book.all(&ENTITLEMENTS) {
        let Some(model) = model_of(&models.places, &values) else {
            notes.push(format!("the entitlement {} has no software model; it gives no rights", called(id, &values)));
            continue;
        };
        places.push(id);
        let entitlement = Entitlement {
            id: id.to_string(),
            model,
            state: values.text("state").and_then(InstallStatus::from_label).unwrap_or(InstallStatus::Build),
            license_type: values.text("license_type").and_then(LicenseType::from_name).unwrap_or_default(),
            agreement_type: text(&values, "agreement_type").unwrap_or_default(),
            metric: metric_name(&values),
            unlimited: values.is("unlimited_license"),
            rights: rights(book, id),
            purchased: values.count("purchased_rights").unwrap_or_default(),
            purchased_on: values.date("purchased"),
            rights_per_pack: values.count("rights_per_pack"),
            start: values.date("start_date"),
            end: values.date("end_date"),
            period: values.text("subscription_period").and_then(SubscriptionPeriod::from_name),
            owner: organisations.of_record(&values),
            unrestricted: values.is("unrestricted_consumption"),
            unit_cost: values.decimal("unit_cost"),
            currency: text(&values, "currency").unwrap_or_default(),
            user_type: models.user_types.get(&model).cloned(),
            full_capacity: values.is("full_capacity"),
            ..Entitlement::default()
        };
        entitlements.push(entitlement);
    }
    (entitlements, places)
}

/// Rights before any move: what was entered, otherwise what was purchased, without those that come from other entitlements (domain
/// 6.6). Rights that come from others are among the entered ones or are all there are.
fn rights(book: Book<'_>, id: Uuid) -> u64 {
    let stored = book.shelf.record(ENTITLEMENTS.path, id);
    let entered = stored.and_then(|values| values.count("active_rights").or_else(|| values.count("purchased_rights")));
    let comes = book.shelf.pointing(UPGRADED_ENTITLEMENTS.path, "software_entitlement", id);
    let comes = comes.fold(0, |sum: u64, (_, values)| sum.saturating_add(values.count("number_of_rights").unwrap_or_default()));
    entered.unwrap_or_default().saturating_sub(comes)
}

/// What an entitlement is called in notes.
pub(super) fn called(id: Uuid, values: &Values) -> String {
    text(values, "number").unwrap_or_else(|| id.to_string())
}
