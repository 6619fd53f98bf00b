//! An agreement other than Generic brings the downgrade rights of the model; going back to Generic leaves them (domain 6.6).

use uuid::Uuid;

use crate::asset::Value;
use crate::record::kinds::rights::DOWNGRADE_RIGHTS;
use crate::record::{Draft, Follow, Library, Values};

/// Whether rights of a metric may be used for earlier versions (domain 6.6).
pub(in crate::record::kinds) fn has_downgrade_rights(values: &Values) -> bool {
    let metric = values.text("license_metric").unwrap_or_default();
    !match values.text("metric_group").unwrap_or_default() {
        "SAP" => matches!(metric, "Engine Measurement" | "Named User"),
        "Consumption" => metric == "SaaS Consumption",
        "Concurrent Licenses" => matches!(metric, "Floating" | "Token" | "Network"),
        _ => metric == "User Subscription",
    }
}

pub(super) fn follow(draft: &mut Draft<'_>, library: &dyn Library) {
    let changes = draft.changes("agreement_type") || draft.changes("software_model");
    let Some(model) = draft.values.id("software_model").filter(|_| changes) else { return };
    if draft.values.text("agreement_type").is_none_or(|agreement| agreement == "Generic") || !has_downgrade_rights(&draft.values)
    {
        return;
    }
    let own = library.pointing(DOWNGRADE_RIGHTS.path, "software_entitlement", draft.id);
    let own: Vec<Uuid> = own.filter_map(|(_, values)| values.id("software_model")).collect();
    for (_, right) in library.pointing(DOWNGRADE_RIGHTS.path, "from_model", model) {
        let is_new = right.id("software_model").is_some_and(|earlier| !own.contains(&earlier));
        if right.is("active") && is_new {
            let id = (draft.new_id)();
            draft.follows.push(Follow { kind: DOWNGRADE_RIGHTS.path, id, set: copy(right, draft.id) });
        }
    }
}

/// The downgrade right of a model as one of an entitlement.
pub(in crate::record::kinds) fn copy(right: &Values, entitlement: Uuid) -> Vec<(&'static str, Option<Value>)> {
    let taken = ["software_model", "order", "active", "start_date", "end_date"];
    let mut set: Vec<_> = taken.into_iter().map(|field| (field, right.get(field).cloned())).collect();
    set.push(("software_entitlement", Some(Value::Ref(entitlement))));
    set
}
