//! How an entitlement is licensed: metric, licence type, dates, and whether there is a limit.

use crate::entitlement::{LicenseType, SubscriptionPeriod};
use crate::record::kinds::checks::{dates_in_order, no_place_for, text};
use crate::record::kinds::metric_names;
use crate::record::{Draft, Findings, Library, Values};

use super::catalogue::publisher_of;

/// The licence type of an entitlement.
pub(in crate::record::kinds) fn license_type(values: &Values) -> Option<LicenseType> {
    values.text("license_type").and_then(LicenseType::from_name)
}

/// Settles metric, licence type, periods and dates.
pub(super) fn settle(draft: &mut Draft<'_>, library: &dyn Library, findings: &mut Findings) {
    metric(draft, library, findings);
    force_type(draft, findings);
    periods(draft, findings);
    unlimited(draft, findings);
}

/// Where nothing was entered the group is that of the model's publisher, and the metric the only one that its group has.
fn metric(draft: &mut Draft<'_>, library: &dyn Library, findings: &mut Findings) {
    if draft.values.get("metric_group").is_none()
        && let Some(publisher) = publisher_of(draft, library)
    {
        let folded = publisher.to_lowercase();
        let is_its = |name: &str| {
            folded.strip_prefix(&name.to_lowercase()).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ',']))
        };
        let own = crate::metric::registry::GROUPS.into_iter().find(|group| is_its(group.name));
        let own = own.filter(|group| group.pack.is_none_or(|pack| !metric_names::is_off(library, pack)));
        draft.values.set("metric_group", text(own.map_or("Common", |group| group.name)));
    }
    if draft.values.get("license_metric").is_none()
        && let Some(group) = draft.values.text("metric_group").and_then(metric_names::group)
        && let [only] = group.metrics
    {
        draft.values.set("license_metric", text(only.name));
    }
    metric_names::settle(draft, library, findings);
}

fn force_type(draft: &mut Draft<'_>, findings: &mut Findings) {
    let group = draft.values.text("metric_group").unwrap_or_default().to_owned();
    let subscription = LicenseType::Subscription.name();
    if !matches!(group.as_str(), "Consumption" | "Subscription") || draft.values.text("license_type") == Some(subscription) {
        return;
    }
    if draft.enters("license_type") {
        let entered = draft.values.text("license_type").unwrap_or_default();
        findings.warn(format!("The license type is Subscription, not {entered}: the metric group {group} has no other."));
    }
    draft.values.set("license_type", text(subscription));
}

fn periods(draft: &mut Draft<'_>, findings: &mut Findings) {
    let Some(kind) = license_type(&draft.values) else { return };
    if !kind.has_periods() {
        let why = "only the license types Subscription and Subscription Step-up have a subscription period";
        no_place_for(draft, "subscription_period", why, findings);
    }
    if !kind.has_dates() {
        let why = format!("the license type {} has no start and no end", kind.name());
        for field in ["start_date", "end_date"] {
            no_place_for(draft, field, &why, findings);
        }
    }
    let period = draft.values.text("subscription_period").and_then(SubscriptionPeriod::from_name);
    let needed: &[&str] = match period {
        None => &[],
        Some(SubscriptionPeriod::Entire) => &["start_date"],
        Some(_) => &["start_date", "end_date"],
    };
    for field in needed.iter().filter(|field| draft.values.get(field).is_none()) {
        let period = period.map_or("", SubscriptionPeriod::name);
        findings.error(field, format!("the subscription period {period} needs it; enter a date (yyyy-MM-dd)"));
    }
    dates_in_order(draft, ("start_date", "end_date"), findings);
    if draft.values.text("metric_group") != Some("Consumption") {
        no_place_for(draft, "total_units", "only the metric group Consumption has units", findings);
    }
}

/// Unlimited licences are there of some metrics and some types (domain 5.14).
fn unlimited(draft: &mut Draft<'_>, findings: &mut Findings) {
    if !draft.values.is("unlimited_license") {
        return;
    }
    if let Some(name) = draft.values.text("license_metric")
        && !metric_names::of(&draft.values).is_some_and(|metric| metric.unlimited)
    {
        findings.error(
            "unlimited_license",
            format!(
                "there is no unlimited license of the metric {name}; set it to false, or choose Per User, Per Device, Per Named User, \
                 Per Named Device, User Subscription, Named User Plus or Per Processor"
            ),
        );
    }
    let kind = license_type(&draft.values);
    if let Some(kind @ (LicenseType::StepUp | LicenseType::SubscriptionStepUp | LicenseType::Upgrade | LicenseType::AddOn)) = kind
    {
        findings.error(
            "unlimited_license",
            format!("the license type {} has no unlimited license; set it to false, or choose another license type", kind.name()),
        );
    }
}
