//! Software of single machines as administrators say it: what no agent can see, such as an edition, a hypervisor, an option in use.

use chrono::NaiveDate;

use crate::asset::reference::Table;
use crate::record::{Draft, Field, Findings, Library, Rules, Schema};

/// What is known of software on one machine beyond what its agent reports.
pub const MACHINE_SOFTWARE: Schema = Schema {
    path: "machine-software",
    one: "software of a machine",
    help: "What administrators know of a product on one machine: its version or edition where its packages do not tell them, the pluggable \
           databases of an Oracle database. It stands over what the agent reports of the product there; a product that no agent reports, such \
           as a hypervisor, counts as installed.",
    fields: &[
        Field::reference("device", "Device", Table::Asset, "The machine, where it is an asset."),
        Field::link("host", "Host", "hosts", "The machine, where only the record of a host is known."),
        Field::text("publisher", "Publisher", "The publisher, as normalisation names it.").required(),
        Field::text("product", "Product", "The product, as normalisation names it.").required(),
        Field::text("version", "Version", "The version it is there; empty is as reported."),
        Field::text("edition", "Edition", "The edition it is there, such as Standard; empty is as reported."),
        Field::count(
            "pluggable_databases",
            "Pluggable databases",
            "An Oracle database: the most pluggable databases of users that one instance has; they tell whether the Multitenant option is needed.",
        ),
        Field::notes("comments", "Comments", "How this is known."),
    ],
    name: "",
    unique: &[&["device", "publisher", "product"], &["host", "publisher", "product"]],
    columns: &["device", "host", "publisher", "product", "version", "edition"],
    rules: Rules { check, ..Rules::NONE },
};

fn check(draft: &mut Draft<'_>, library: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    match (draft.values.get("device"), draft.values.get("host")) {
        (None, None) => findings.error("device", "say on which machine it is: a device, or the record of a host"),
        (Some(_), Some(_)) => findings.error("host", "the device says on which machine it is; empty one of the two"),
        _ => {}
    }
    if let Some(device) =
        draft.values.id("host").and_then(|host| library.record("hosts", host)).and_then(|host| host.id("device"))
    {
        findings.error("host", format!("this host is the asset {device}; say that device instead, so that it is told once"));
    }
    if draft.values.get("pluggable_databases").is_some() {
        let is = |field: &str, name: &str| draft.values.text(field).is_some_and(|text| text.trim().eq_ignore_ascii_case(name));
        if !is("publisher", "Oracle") || !is("product", "Database") {
            findings.error("pluggable_databases", "only the product Database of Oracle has them; leave it empty");
        }
    }
}
