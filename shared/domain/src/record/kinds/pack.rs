//! Publisher packs: which metric groups are switched on.

use chrono::NaiveDate;
use uuid::Uuid;

use super::metric_names::entitlements_of;
use crate::asset::Value;
use crate::metric::registry::GROUPS;
use crate::record::{Draft, Field, Findings, Library, Rules, Schema, Values};

/// The packs there are (seed 003): what each switches on says the metric registry.
pub const NAMES: [&str; 9] =
    ["Adobe", "Citrix", "Engineering Applications", "IBM", "Microsoft", "Oracle", "SaaS License Management", "SAP", "VMware"];

/// The packs as they are until somebody changes one: on. Their ids never change.
pub fn built_in() -> impl Iterator<Item = (Uuid, Values)> {
    const FIRST: u128 = 0x6d75_7374_6572_8070_8061_636b_0000_0001;
    let pack = |name: &str| Values::new().with("name", Value::Text(name.to_owned())).with("active", Value::Bool(true));
    (FIRST..).map(Uuid::from_u128).zip(NAMES.map(pack))
}

/// Publisher packs.
pub const PACKS: Schema = Schema {
    path: "packs",
    one: "pack",
    help: "Publisher packs that are switched on or off. The metric groups of a pack that is off are neither offered nor reconciled; a pack \
           that nobody changed is on.",
    fields: &[
        Field::choice("name", "Pack", &NAMES, "The pack. IBM brings Red Hat's metrics, too; SaaS License Management brings Consumption, Subscription and CrowdStrike; \
             Engineering Applications brings Concurrent Licenses.").required(),
        Field::boolean("active", "Active", "Whether its metric groups are on.").required().or("true"),
    ],
    name: "name",
    unique: &[&["name"]],
    columns: &["name", "active"],
    rules: Rules { check, ..Rules::NONE },
};

fn check(draft: &mut Draft<'_>, library: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    let Some(name) = draft.values.text("name") else { return };
    if draft.values.is("active") || !(draft.changes("active") || draft.changes("name")) {
        return;
    }
    for group in GROUPS.into_iter().filter(|group| group.pack == Some(name)) {
        let count = entitlements_of(library, group.name, None);
        if count > 0 {
            findings
                .warn(format!("{count} entitlements are counted by metrics of {}; they are no longer reconciled.", group.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pack_brings_metrics_and_every_group_has_its_pack() {
        for group in GROUPS {
            assert!(group.pack.is_none_or(|pack| NAMES.contains(&pack)), "{}", group.name);
        }
        for name in NAMES {
            assert!(GROUPS.iter().any(|group| group.pack == Some(name)), "{name}");
        }
    }
}
