//! An agreement other than Generic brings the downgrade rights of the model; going back to Generic leaves them (domain 6.6). Another
//! model or a metric without them switches those off that do not belong to it.

use uuid::Uuid;

use crate::asset::Value;
use crate::record::kinds::model::MODELS;
use crate::record::kinds::rights::DOWNGRADE_RIGHTS;
use crate::record::{Draft, Findings, Follow, Library, Values};

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

pub(super) fn follow(draft: &mut Draft<'_>, library: &dyn Library, findings: &mut Findings) {
    let changes = draft.changes("agreement_type") || draft.changes("software_model");
    let Some(model) = draft.values.id("software_model") else { return };
    let of_model: Vec<(Uuid, &Values)> = library
        .pointing(DOWNGRADE_RIGHTS.path, "from_model", model)
        .filter(|(_, right)| right.is("active"))
        .filter_map(|(_, right)| Some((right.id("software_model")?, right)))
        .collect();
    let own: Vec<(Uuid, &Values)> = library.pointing(DOWNGRADE_RIGHTS.path, "software_entitlement", draft.id).collect();
    let moves = draft.before.is_some() && draft.changes("software_model");
    let has_rights = has_downgrade_rights(&draft.values);
    let is_brought = |right: &Values| of_model.iter().any(|(earlier, _)| right.id("software_model") == Some(*earlier));
    let stale = |right: &Values| right.is("active") && (!has_rights || (moves && !is_brought(right)));
    let stale: Vec<(Uuid, &Values)> = own.iter().copied().filter(|(_, right)| stale(right)).collect();
    switch(draft, library, &stale, false, findings);
    let brings = draft.values.text("agreement_type").is_some_and(|agreement| agreement != "Generic");
    if !changes || !brings || !has_rights {
        return;
    }
    if moves {
        let again: Vec<_> = own.iter().copied().filter(|(_, right)| !right.is("active") && is_brought(right)).collect();
        switch(draft, library, &again, true, findings);
    }
    for (earlier, right) in of_model {
        if own.iter().all(|(_, known)| known.id("software_model") != Some(earlier)) {
            let id = (draft.new_id)();
            draft.follows.push(Follow { kind: DOWNGRADE_RIGHTS.path, id, set: copy(right, draft.id) });
        }
    }
}

/// Switches downgrade rights of the entitlement on or off, which keeps them, and says so.
fn switch(draft: &mut Draft<'_>, library: &dyn Library, rights: &[(Uuid, &Values)], on: bool, findings: &mut Findings) {
    let Some((_, first)) = rights.first() else { return };
    let earlier = |right: &Values| right.id("software_model").map_or_else(String::new, |id| model_name(library, id));
    let (count, name) = (rights.len(), earlier(first));
    let which = if count == 1 {
        format!("The downgrade right for {name}")
    } else {
        format!("{count} downgrade rights, such as for {name},")
    };
    let verb = if count == 1 { "is" } else { "are" };
    findings.warn(match (on, has_downgrade_rights(&draft.values)) {
        (true, _) => format!("{which} {verb} active again: the new software model has the same."),
        (false, true) => {
            format!("{which} {verb} no longer active: the new software model has none such. Set active to true where it holds all the same.")
        }
        (false, false) => {
            let metric = draft.values.text("license_metric").unwrap_or_default();
            format!("{which} {verb} no longer active: rights of the metric {metric} have no downgrade rights.")
        }
    });
    for (id, _) in rights {
        let set = vec![("active", Some(Value::Bool(on)))];
        draft.follows.push(Follow { kind: DOWNGRADE_RIGHTS.path, id: *id, set });
    }
}

fn model_name(library: &dyn Library, id: Uuid) -> String {
    let name = library.record(MODELS.path, id).and_then(|model| model.text("display_name"));
    name.map_or_else(|| id.to_string(), str::to_owned)
}

/// The downgrade right of a model as one of an entitlement.
pub(in crate::record::kinds) fn copy(right: &Values, entitlement: Uuid) -> Vec<(&'static str, Option<Value>)> {
    let taken = ["software_model", "order", "active", "start_date", "end_date"];
    let mut set: Vec<_> = taken.into_iter().map(|field| (field, right.get(field).cloned())).collect();
    set.push(("software_entitlement", Some(Value::Ref(entitlement))));
    set
}
