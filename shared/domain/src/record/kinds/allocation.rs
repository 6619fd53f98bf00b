//! Allocations: rights given to somebody by name.

use chrono::NaiveDate;
use uuid::Uuid;

use super::checks::called;
use super::entitlement::{ENTITLEMENTS, LICENSE_KEYS};
use super::entitlement_rules::{active_rights, state_on};
use crate::asset::reference::Table;
use crate::asset::{InstallStatus, Value};
use crate::record::{Draft, Field, Findings, Library, Rules, Schema, Values};

/// Allocations to users, devices and hosts.
pub const ALLOCATIONS: Schema = Schema {
    path: "allocations",
    one: "allocation",
    help: "Rights that are allocated to a user, a device, a host or a cluster. They are honoured before anything else.",
    fields: &[
        Field::link(
            "software_entitlement",
            "Software entitlement",
            "entitlements",
            "The entitlement whose rights are allocated.",
        )
        .required(),
        Field::reference("assigned_to_user", "Assigned to (user)", Table::User, "User that the rights are allocated to.")
            .also(&["Assigned to"]),
        Field::reference("assigned_to_device", "Assigned to (device)", Table::Asset, "Device that the rights are allocated to.")
            .also(&["Assigned to"]),
        Field::link(
            "assigned_to_host",
            "Assigned to (host)",
            "hosts",
            "Server, virtual machine or partition that rights by cores are allocated to.",
        ),
        Field::text(
            "assigned_to_cluster",
            "Assigned to (cluster)",
            "Cluster that rights are allocated to; nothing there counts as in use by it.",
        ),
        Field::count("quantity", "Quantity", "Number of rights.").required().or("1"),
        Field::link("license_key", "License key", "license-keys", "License key of the entitlement that is allocated with them.")
            .within("software_entitlement"),
        Field::notes("comments", "Comments", "Anything worth knowing."),
    ],
    name: "",
    unique: &[
        &["software_entitlement", "assigned_to_user"],
        &["software_entitlement", "assigned_to_device"],
        &["software_entitlement", "assigned_to_host"],
        &["software_entitlement", "assigned_to_cluster"],
        &["license_key"],
    ],
    columns: &["software_entitlement", "assigned_to_user", "assigned_to_device", "quantity", "license_key"],
    rules: Rules { check, ..Rules::NONE },
};

const TARGETS: [&str; 4] = ["assigned_to_user", "assigned_to_device", "assigned_to_host", "assigned_to_cluster"];

/// To whom rights of a metric are allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    User,
    Device,
    Either,
}

/// Users hold rights that are counted by users, devices those that are counted by devices, servers and processors; what is counted by
/// both, by use or by units is for either.
fn holder(values: &Values) -> Holder {
    let metric = values.text("license_metric").unwrap_or_default();
    match values.text("metric_group").unwrap_or_default() {
        "Concurrent Licenses" | "Consumption" => Holder::Either,
        "Oracle" if metric != "Per Processor" => Holder::Either,
        _ => match (metric.contains("User"), metric.contains("Device")) {
            (true, false) if !metric.contains("Concurrent") && !metric.contains("Floating") => Holder::User,
            (false, true) => Holder::Device,
            _ if ["Per Core", "Per Processor", "Per OSI", "Per Socket", "Server (", "Processor Value", "Virtual Processor"]
                .iter()
                .any(|start| metric.starts_with(start)) =>
            {
                Holder::Device
            }
            _ => Holder::Either,
        },
    }
}

fn check(draft: &mut Draft<'_>, library: &dyn Library, today: NaiveDate, findings: &mut Findings) {
    let targets: Vec<&str> = TARGETS.into_iter().filter(|field| draft.values.get(field).is_some()).collect();
    match targets.as_slice() {
        [_] => {}
        [] => findings.error("assigned_to_user", "enter a user, a device, a host or a cluster to which the rights are allocated"),
        [_, second, ..] => findings.error(second, "rights are allocated to one only; enter a second allocation for the other"),
    }
    if draft.values.whole("quantity") == Some(0) {
        findings.error("quantity", "at least one right is allocated; enter 1 or more");
    }
    let Some(id) = draft.values.id("software_entitlement") else { return };
    key(draft, id, library, findings);
    let Some(entitlement) = library.record(ENTITLEMENTS.path, id) else { return };
    let name = called(library, ENTITLEMENTS.path, id);
    let metric = entitlement.text("license_metric").unwrap_or_default();
    let to_user = draft.values.get("assigned_to_user").is_some();
    match holder(entitlement) {
        Holder::User if !targets.is_empty() && !to_user => {
            findings.warn(format!("Rights of the metric {metric} are allocated to users; this allocation is not counted."));
        }
        Holder::Device if to_user => {
            findings.warn(format!("Rights of the metric {metric} are allocated to devices; this allocation is not counted."));
        }
        _ => {}
    }
    if let Some(state) = state_on(entitlement, today).filter(|state| *state != InstallStatus::InUse) {
        findings
            .warn(format!("The entitlement {name} is {}; allocations of it give no rights until it is In use.", state.label()));
    }
    if !entitlement.is("unlimited_license") {
        let others = library.pointing(ALLOCATIONS.path, "software_entitlement", id).filter(|(other, _)| *other != draft.id);
        let quantity = |values: &Values| values.count("quantity").unwrap_or_default();
        let all = others.fold(quantity(&draft.values), |sum, (_, values)| sum.saturating_add(quantity(values)));
        let active = active_rights(id, entitlement, library, today);
        if all > active {
            findings.warn(format!("More rights of the entitlement {name} are allocated than are active: {all} of {active}."));
        }
    }
}

/// A licence key goes with one right of its own entitlement.
fn key(draft: &Draft<'_>, entitlement: Uuid, library: &dyn Library, findings: &mut Findings) {
    let Some(key) = draft.values.id("license_key").and_then(|key| library.record(LICENSE_KEYS.path, key)) else { return };
    if key.id("software_entitlement") != Some(entitlement) {
        findings.error("license_key", "the key is of another entitlement; choose one of this entitlement, or leave it empty");
    }
    if draft.values.get("quantity").is_some_and(|quantity| *quantity != Value::Int(1)) {
        findings.error("quantity", "a license key is allocated with one right; enter 1, or leave the key empty");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_says_to_whom_its_rights_go() {
        let check = |group: &str, metric: &str, expected: Holder| {
            let text = |text: &str| Value::Text(text.to_owned());
            let values = Values::new().with("metric_group", text(group)).with("license_metric", text(metric));
            assert_eq!(holder(&values), expected, "{group} {metric}");
        };
        check("Common", "Per User", Holder::User);
        check("Microsoft", "User CAL", Holder::User);
        check("IBM", "Authorized User", Holder::User);
        check("IBM", "Floating User", Holder::Either);
        check("Citrix", "Per User/Device", Holder::Either);
        check("Citrix", "Concurrent User", Holder::Either);
        check("Oracle", "Named User Plus", Holder::Either);
        check("Oracle", "Per Processor", Holder::Device);
        check("Common", "Per Named Device", Holder::Device);
        check("Microsoft", "Server (Per Server)", Holder::Device);
        check("IBM", "Processor Value Unit (PVU)", Holder::Device);
        check("Concurrent Licenses", "Floating", Holder::Either);
        check("SAP", "Engine Measurement", Holder::Either);
    }
}
