//! The same purchase entered twice (domain 6.6).

use crate::record::kinds::entitlement::ENTITLEMENTS;
use crate::record::{Draft, Findings, Library, Values};

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

/// The text of what makes a purchase; none without a model.
pub(in crate::record::kinds) fn likeness(values: &Values) -> Option<String> {
    values.id("software_model")?;
    let mut text = String::new();
    for field in SAME {
        text.push_str(&values.get(field).map(ToString::to_string).unwrap_or_default());
        text.push('\u{1f}');
    }
    Some(text)
}

pub(super) fn check(draft: &Draft<'_>, library: &dyn Library, findings: &mut Findings) {
    let changes = SAME.iter().any(|field| draft.changes(field)) || draft.changes("allow_duplicate");
    if draft.values.is("allow_duplicate") || !changes {
        return;
    }
    let twin = library.alike(ENTITLEMENTS.path, &draft.values).into_iter().find(|(id, _)| *id != draft.id);
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
