//! Metrics of no publisher in particular (domain 5.3).

use super::answer::Answer;
use super::count::{DEVICE_CAL, PER_DEVICE, PER_USER, USER_CAL, users_and_devices};
use super::error::MetricError;
use super::factor::Factors;
use super::inputs::Inputs;
use super::named::{PER_NAMED_DEVICE, PER_NAMED_USER};
use super::processors::{PER_PROCESSOR, Whose, cores};
use super::registry::{Attribute, Group, Input, Metric};

/// Cores that a processor counts at least.
const MIN_CORES: u64 = 1;

/// The group.
pub const GROUP: Group = Group {
    name: "Common",
    pack: None,
    metrics: &[
        DEVICE_CAL,
        Metric::new(
            "Per Core",
            "One right for each core of the machines with the software.",
            "The processors of each machine, of a virtual one its own, times the cores of a processor.",
            &[Input::Hosts, Input::Vms, Input::Partitions],
            per_core,
        )
        .with(&[Attribute {
            name: "min_cores_per_processor",
            default: Some(MIN_CORES),
            description: "cores that each processor counts at least",
        }]),
        PER_DEVICE,
        PER_NAMED_DEVICE,
        PER_NAMED_USER,
        PER_PROCESSOR,
        PER_USER,
        Metric::new(
            "Resource Consumption",
            "One right for each unit that is consumed.",
            "The units consumed of the resource value are the licences required, one for one.",
            &[Input::ResourceValue],
            consumption,
        ),
        USER_CAL,
        Metric::new(
            "User/Device CAL",
            "One right for each user and each device that may access the server.",
            "Users and devices of all client access records, added.",
            &[Input::ClientAccess],
            users_and_devices,
        )
        .also(&["User/Device Client Access License"]),
    ],
};

fn per_core<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    cores(inputs, Whose::Own, MIN_CORES)
}

/// Units by the resource value, one for one.
pub(super) fn consumption<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    inputs.units_consumed.map(Answer::exact).ok_or(MetricError::Missing { field: "units_consumed" })
}
