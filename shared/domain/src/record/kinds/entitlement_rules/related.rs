//! What an entitlement takes from records around it: maintenance, upgrades, and consumption rules.

use chrono::NaiveDate;
use uuid::Uuid;

use super::catalogue::publisher_of;
use super::state::state_on;
use super::terms::license_type;
use crate::asset::InstallStatus;
use crate::entitlement::LicenseType;
use crate::record::kinds::consumption::ENTITLEMENT_CONSUMPTION_RULES;
use crate::record::kinds::entitlement::ENTITLEMENTS;
use crate::record::kinds::rights::{RELATED_ENTITLEMENTS, UPGRADED_ENTITLEMENTS};
use crate::record::{Draft, Findings, Library, Values};

/// Metrics of which too few rights license nobody, and Oracle's employees: nothing of them can be kept for some entities (seed 004).
const WHOLE_METRICS: [&str; 7] = [
    "Resource Value Unit (RVU)",
    "Resource Value Unit (RVU) Full Capacity",
    "Resource Value Unit (RVU) Sub-capacity",
    "Authorized User Value Unit",
    "Employee User Value Unit",
    "External User Value Unit",
    "Employee",
];

/// Why an entitlement can have no consumption rules; none where it can.
pub(in crate::record::kinds) fn has_consumption_rules(values: &Values, publisher: Option<&str>) -> Result<(), String> {
    let metric = values.text("license_metric").unwrap_or_default();
    if WHOLE_METRICS.contains(&metric) && matches!(values.text("metric_group"), Some("IBM" | "Oracle")) {
        return Err(format!("consumption rules do not apply to the metric {metric}"));
    }
    if publisher.is_some_and(|publisher| publisher.to_lowercase().starts_with("workday")) {
        return Err("consumption rules do not apply to the publisher Workday".to_owned());
    }
    Ok(())
}

/// Whether subscription, Software Assurance or maintenance is active: its own, or one that is linked to it.
pub(super) fn is_maintained(id: Uuid, values: &Values, library: &dyn Library, today: NaiveDate) -> bool {
    let linked = library.pointing(RELATED_ENTITLEMENTS.path, "software_entitlement", id);
    let others = linked.filter_map(|(_, link)| library.record(ENTITLEMENTS.path, link.id("related_entitlement")?));
    let is_alive = state_on(values, today).is_some_and(|state| state != InstallStatus::Retired);
    is_alive && std::iter::once(values).chain(others).any(|values| runs(values, today))
}

fn runs(values: &Values, today: NaiveDate) -> bool {
    license_type(values).is_some_and(LicenseType::maintains)
        && state_on(values, today).is_some_and(|state| state != InstallStatus::Retired)
        && values.date("start_date").is_none_or(|start| start <= today)
        && values.date("end_date").is_none_or(|end| today <= end)
}

pub(super) fn settle(draft: &Draft<'_>, library: &dyn Library, findings: &mut Findings) {
    rules(draft, library, findings);
    let none = |kind: &str, field: &str| library.pointing(kind, field, draft.id).next().is_none();
    match license_type(&draft.values) {
        Some(kind @ (LicenseType::StepUp | LicenseType::SubscriptionStepUp | LicenseType::Upgrade))
            if none(UPGRADED_ENTITLEMENTS.path, "software_entitlement") =>
        {
            findings.warn(format!(
                "No upgraded entitlement says where the rights of this {} come from: they count twice until one does.",
                kind.name()
            ));
        }
        Some(kind @ (LicenseType::SoftwareAssurance | LicenseType::Maintenance))
            if none(RELATED_ENTITLEMENTS.path, "related_entitlement") =>
        {
            findings.warn(format!(
                "{} gives no rights of its own: link it to the perpetual entitlement that it maintains, as a related entitlement.",
                kind.name()
            ));
        }
        _ => {}
    }
}

fn rules(draft: &Draft<'_>, library: &dyn Library, findings: &mut Findings) {
    let rules: Vec<&Values> = library
        .pointing(ENTITLEMENT_CONSUMPTION_RULES.path, "software_entitlement", draft.id)
        .map(|(_, values)| values)
        .collect();
    let without = rules.iter().filter(|rule| rule.get("license_pool").is_none()).count();
    if draft.values.is("unrestricted_consumption") && without > 0 {
        findings.error(
            "unrestricted_consumption",
            format!(
                "{without} of the {} consumption rules of the entitlement have no license pool; give each a pool first, or set it to false",
                rules.len()
            ),
        );
    }
    let pooled = rules.iter().fold(0, |sum: u64, rule| sum.saturating_add(rule.count("license_pool").unwrap_or_default()));
    let rights = draft.values.count("active_rights").or_else(|| draft.values.count("purchased_rights")).unwrap_or_default();
    if pooled > rights && !draft.values.is("unlimited_license") {
        findings.warn(format!("The license pools hold more rights than there are: {pooled} of {rights}."));
    }
    if let Err(why) = has_consumption_rules(&draft.values, publisher_of(draft, library).as_deref()) {
        if !rules.is_empty() {
            let text = format!("{why}; remove its {} consumption rules first", rules.len());
            findings.error("license_metric", text);
        }
        if draft.values.is("unrestricted_consumption") {
            findings.error("unrestricted_consumption", format!("{why}; set it to false"));
        }
    }
}
