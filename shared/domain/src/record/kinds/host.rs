//! Servers, virtual machines and partitions: what a machine reports, corrected or told by an administrator.

use chrono::NaiveDate;

use super::checks::{called, leads_to};
use crate::asset::reference::Table;
use crate::record::{Draft, Field, Findings, Library, Rules, Schema};

/// Hosts.
pub const HOSTS: Schema = Schema {
    path: "hosts",
    one: "host",
    help: "Physical servers, virtual machines and partitions with what capacity metrics count. What is empty is taken from the hardware that \
           the agent reports; what is entered here stands over it.",
    fields: &[
        Field::text("name", "Name", "The name of the machine.").required(),
        Field::reference("device", "Device", Table::Asset, "The asset it is."),
        Field::choice("kind", "Kind", &["Physical", "Virtual", "Partition"], "What kind of machine it is; empty is as reported."),
        Field::link("host", "Host", "hosts", "The physical server that a virtual machine or a partition runs on."),
        Field::text("cluster", "Cluster", "The cluster of the server."),
        Field::text("vcenter", "vCenter", "The vCenter of the server."),
        Field::text(
            "hypervisor",
            "Hypervisor",
            "What runs the machines of the server, as its maker names it, such as VMware ESXi 8.0; it counts as installed there.",
        ),
        Field::text("hypervisor_edition", "Hypervisor edition", "The edition of the hypervisor, such as Enterprise Plus."),
        Field::boolean(
            "moves",
            "Machines may move",
            "Whether virtual machines of the cluster move between its servers (vMotion, DRS).",
        ),
        Field::whole("sockets", "Sockets", (1, 1024), "Occupied sockets."),
        Field::whole("max_sockets", "Most sockets", (1, 1024), "Sockets that the hardware model can have."),
        Field::whole("cores_per_socket", "Cores per socket", (1, 1024), "Cores of a processor."),
        Field::whole("threads_per_core", "Threads per core", (1, 64), "Threads of a core."),
        Field::whole("vcpus", "Virtual processors", (1, 16_384), "Virtual processors of a virtual machine."),
        Field::text("processor", "Processor", "Name of the processor, by which factors are found."),
        Field::choice(
            "cloud",
            "Cloud",
            &["None", "AWS", "Azure", "Google Cloud", "Oracle Cloud", "Other"],
            "The public cloud it runs in.",
        ),
        Field::boolean("dedicated_host", "Dedicated host", "Whether a cloud gives a server of its own."),
        Field::boolean("hyper_threading", "Hyper-threading", "Whether two virtual processors of the cloud are one core."),
        Field::boolean(
            "passive_replica",
            "Passive replica",
            "Whether what runs on it only stands by for a failover: with Software Assurance SQL Server is free there.",
        ),
        Field::boolean("multi_az", "Several zones", "Whether a second copy stands by in another zone of the cloud."),
        Field::text(
            "kept_on",
            "Kept on",
            "Names of the servers that a virtual machine is kept on, with commas between them; empty is any server (host affinity).",
        ),
        Field::choice("partition", "Partition", &["Dedicated", "Capped", "Uncapped"], "What kind of hardware partition it is.")
            .on("Partition"),
        Field::decimal("entitled_capacity", "Entitled capacity", "Capacity that a partition is entitled to, in cores.")
            .on("Partition"),
        Field::whole(
            "partition_processors",
            "Virtual processors of the partition",
            (1, 16_384),
            "Virtual processors of an uncapped partition.",
        )
        .on("Partition"),
        Field::text(
            "pool",
            "Pool",
            "Name of the pool that uncapped partitions share; without one a partition is alone in its pool.",
        )
        .on("Partition"),
        Field::whole("pool_cores", "Cores of the pool", (1, 16_384), "Cores of the pool that uncapped partitions share.")
            .on("Partition"),
        Field::whole(
            "operating_systems",
            "Operating system environments",
            (1, 16_384),
            "Operating system environments that run on the server; empty is the machines that are known.",
        ),
        Field::notes("correction_reason", "Reason of the correction", "Why this stands over what the agent reports."),
    ],
    name: "name",
    unique: &[&["name"], &["device"]],
    columns: &["name", "kind", "host", "cluster", "sockets", "cores_per_socket", "vcpus", "cloud"],
    rules: Rules { check, ..Rules::NONE },
};

/// What an agent reports and an administrator may correct.
const HARDWARE: [&str; 5] = ["sockets", "cores_per_socket", "threads_per_core", "vcpus", "processor"];

fn check(draft: &mut Draft<'_>, library: &dyn Library, _: NaiveDate, findings: &mut Findings) {
    place(draft, library, findings);
    partition(draft, findings);
    let values = &draft.values;
    if let (Some(sockets), Some(most)) = (values.whole("sockets"), values.whole("max_sockets"))
        && sockets > most
    {
        findings
            .error("sockets", format!("the server can have {most} sockets; enter at most {most}, or more of the most sockets"));
    }
    if values.is("dedicated_host") && values.text("cloud").is_none_or(|cloud| cloud == "None") {
        findings.error("dedicated_host", "only a public cloud gives dedicated hosts; choose the cloud, or set it to false");
    }
    if values.get("hypervisor_edition").is_some() && values.get("hypervisor").is_none() {
        findings
            .error("hypervisor", "say which hypervisor has the edition, such as VMware ESXi 8.0, or empty hypervisor_edition");
    }
    if values.get("hypervisor").is_some() && matches!(values.text("kind"), Some("Virtual" | "Partition")) {
        findings.error("hypervisor", "it runs on a physical server; enter it in the record of that server");
    }
    if values.is("moves") && values.get("cluster").is_none() {
        findings.warn("Machines move within a cluster, and no cluster was entered: nothing can move.");
    }
    let corrected = HARDWARE.iter().any(|field| draft.changes(field) && values.get(field).is_some());
    if corrected && values.get("device").is_some() && values.get("correction_reason").is_none() {
        findings.warn("This stands over what the agent reports: say why as the reason of the correction.");
    }
}

/// Where it runs: on a physical server, and a physical server on nothing.
fn place(draft: &Draft<'_>, library: &dyn Library, findings: &mut Findings) {
    let kind = draft.values.text("kind");
    let guests = library.pointing(HOSTS.path, "host", draft.id).count();
    if guests > 0 && matches!(kind, Some("Virtual" | "Partition")) {
        findings.error("kind", format!("{guests} machines run on it, so it is Physical; give them another host first"));
    }
    let Some(host) = draft.values.id("host") else { return };
    if kind == Some("Physical") {
        findings.error("host", "a physical server runs on no other; leave it empty, or choose the kind Virtual or Partition");
    }
    if leads_to(library, (HOSTS.path, "host"), host, draft.id) {
        findings.error("host", "it would run on itself; choose another host");
        return;
    }
    let Some(server) = library.record(HOSTS.path, host) else { return };
    if server.get("host").is_some() || matches!(server.text("kind"), Some("Virtual" | "Partition")) {
        let name = called(library, HOSTS.path, host);
        findings.error("host", format!("{name} is no physical server; choose the server that it runs on"));
    }
}

fn partition(draft: &Draft<'_>, findings: &mut Findings) {
    let values = &draft.values;
    let is = |field: &str| values.get(field).is_some();
    if is("partition") && matches!(values.text("kind"), Some("Physical" | "Virtual")) {
        findings.error("partition", "only a partition has it; leave it empty, or choose the kind Partition");
    }
    for field in ["entitled_capacity", "partition_processors", "pool_cores"] {
        if is(field) && !is("partition") {
            findings.error(field, "only a partition has it; say what kind of partition it is, or leave it empty");
        }
    }
    let (needed, what): (&[&str], &str) = match values.text("partition") {
        Some("Capped") => (&["entitled_capacity"], "a capped"),
        Some("Uncapped") => (&["partition_processors", "pool_cores"], "an uncapped"),
        _ => (&[], ""),
    };
    for field in needed.iter().filter(|field| !is(field)) {
        findings.warn(format!("{field} is not known, by which {what} partition is counted."));
    }
}
