//! Facts that a metric misses, in words that say of which machine and where to enter them.

use super::site::Site;
use crate::metric::MetricError;

/// Facts as metrics call them, by a word of that, and the fields of a host's record that give them.
const FIELDS: [(&str, &str); 9] = [
    ("(cpus)", "sockets"),
    ("(cores_per_cpu)", "cores_per_socket"),
    ("(vcpus)", "vcpus"),
    ("(entitled_capacity)", "entitled_capacity"),
    ("(virtual_processors)", "partition_processors"),
    ("(cores)", "sockets and cores_per_socket"),
    ("(host)", "host"),
    ("processor", "processor"),
    ("potential_vm", "vcpus of the machines"),
];

/// Why a metric cannot be computed, with the machine by its name and what to do.
pub(super) fn told(site: &Site<'_>, error: &MetricError) -> String {
    match error {
        MetricError::MissingOf { field, object } => {
            let Some(device) = site.device_named(object).and_then(|rank| site.device(rank)) else { return error.to_string() };
            let name = if device.name.is_empty() { &device.id } else { &device.name };
            let fields = FIELDS.iter().find(|(word, _)| field.contains(word)).map_or("its facts", |(_, fields)| fields);
            let what = field.split(" (").next().unwrap_or(field).trim_end_matches(',');
            format!("{what} of {name:?} is missing; enter {fields} in the host record of {name:?}")
        }
        MetricError::Missing { field: "pool_cores" } => {
            "the cores of the pool are missing; enter pool_cores in the host record of one of its partitions".to_owned()
        }
        other => other.to_string(),
    }
}
