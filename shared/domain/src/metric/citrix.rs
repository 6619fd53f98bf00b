//! Citrix: concurrent users, devices, processors, users and devices with access (domain 5.2).

use super::answer::Answer;
use super::count::{PER_DEVICE, users, users_and_devices};
use super::error::MetricError;
use super::factor::Factors;
use super::inputs::Inputs;
use super::processors::PER_PROCESSOR;
use super::registry::{Group, Input, Metric};

/// The group.
pub const GROUP: Group = Group {
    name: "Citrix",
    pack: Some("Citrix"),
    metrics: &[
        Metric::new(
            "Concurrent User",
            "One right for each user who is connected at the same time.",
            "The most licences that the licence server had given out at the same time.",
            &[Input::ResourceValue],
            concurrent_user,
        ),
        PER_DEVICE,
        PER_PROCESSOR,
        Metric::new(
            "Per User",
            "One right for each user who may access the servers or their published applications.",
            "The users of all client access records: numbers are added, each name counts once.",
            &[Input::ClientAccess],
            users,
        )
        .or_unlimited(),
        Metric::new(
            "Per User/Device",
            "One right for each user and each shared device with access.",
            "Distinct users and distinct devices of all client access records, added.",
            &[Input::ClientAccess],
            users_and_devices,
        ),
    ],
};

fn concurrent_user<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    inputs.peak_user_count.map(Answer::whole).ok_or(MetricError::Missing { field: "peak_user_count" })
}
