//! The same purchase entered twice (domain 6.6).

use crate::record::kinds::entitlement::ENTITLEMENTS;
use crate::record::{Draft, Findings, Library};

/// What makes a purchase: two entitlements with all of these are one entered twice. Numbers and asset tags are made up by whoever
/// enters it and say nothing.
const SAME: [&str; 10] = [
    "software_model",
    "license_type",
    "metric_group",
    "license_metric",
    "publisher_part_number",
    "purchased",
    "start_date",
    "purchased_rights",
    "active_rights",
    "contract",
];

pub(super) fn check(draft: &Draft<'_>, library: &dyn Library, findings: &mut Findings) {
    let Some(model) = draft.values.id("software_model") else { return };
    let changes = SAME.iter().any(|field| draft.changes(field)) || draft.changes("allow_duplicate");
    if draft.values.is("allow_duplicate") || !changes {
        return;
    }
    let mut others = library.pointing(ENTITLEMENTS.path, "software_model", model).filter(|(id, _)| *id != draft.id);
    let twin = others.find(|(_, other)| SAME.iter().all(|field| other.get(field) == draft.values.get(field)));
    if let Some((id, twin)) = twin {
        let name = twin.text("number").map_or_else(|| id.to_string(), str::to_owned);
        findings.error(
            "allow_duplicate",
            format!(
                "entitlement {name} is the same purchase: model, metric, part number, purchased date, rights and contract are equal; change \
                 that one, enter what differs, or set allow_duplicate to true to create a duplicate entitlement"
            ),
        );
    }
}
