//! The same purchase entered twice (domain 6.6).

use crate::record::kinds::entitlement::ENTITLEMENTS;
use crate::record::{Draft, Findings, Library, Values};

/// What says nothing about a purchase: its names, of which the site makes one where nobody enters it, where it stands by now, and what
/// people wrote about it.
const BESIDE: [&str; 6] = ["number", "asset_tag", "state", "substate", "allow_duplicate", "work_notes"];

/// What makes a purchase: two entitlements with all of these are one entered twice.
fn same() -> impl Iterator<Item = &'static str> {
    let fields = ENTITLEMENTS.fields.iter().filter(|field| !field.derived && !BESIDE.contains(&field.name));
    fields.map(|field| field.name)
}

/// The text of what makes a purchase; none without a model.
pub(in crate::record::kinds) fn likeness(values: &Values) -> Option<String> {
    values.id("software_model")?;
    let mut text = String::new();
    for field in same() {
        text.push_str(&values.get(field).map(ToString::to_string).unwrap_or_default());
        text.push('\u{1f}');
    }
    Some(text)
}

pub(super) fn check(draft: &Draft<'_>, library: &dyn Library, findings: &mut Findings) {
    let changes = same().any(|field| draft.changes(field)) || draft.changes("allow_duplicate");
    // Who gives it a name of its own says that it is another one; names are unique.
    let is_named = draft.before.is_none() && ["number", "asset_tag"].iter().any(|field| draft.enters(field));
    if draft.values.is("allow_duplicate") || is_named || !changes {
        return;
    }
    let twin = library.alike(ENTITLEMENTS.path, &draft.values).into_iter().find(|(id, _)| *id != draft.id);
    if let Some((id, twin)) = twin {
        let name = twin.text("number").map_or_else(|| id.to_string(), str::to_owned);
        findings.error(
            "allow_duplicate",
            format!(
                "entitlement {name} is the same purchase: everything that was entered is equal; change that one, enter what differs, such as \
                 the number or the invoice, or set allow_duplicate to true to create a duplicate entitlement"
            ),
        );
    }
}
