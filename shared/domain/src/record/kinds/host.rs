//! Servers, virtual machines and partitions: what a machine reports, corrected or told by an administrator.

use crate::asset::reference::Table;
use crate::record::{Field, Rules, Schema};

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
    rules: Rules::NONE,
};
