//! Rights that count only where they are given by name: Per Named User, Per Named Device.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Answer, Detail, Object};
use super::count::sum;
use super::error::MetricError;
use super::factor::Factors;
use super::inputs::Inputs;
use super::record::{Holder, Install};
use super::registry::{Input, Metric};

pub(super) const PER_NAMED_USER: Metric = Metric::new(
    "Per Named User",
    "Only users with an allocation are licensed.",
    "The quantities of all allocations; whoever uses the software without one needs an allocation.",
    &[Input::Installs, Input::Allocations],
    per_named_user,
)
.or_unlimited();

pub(super) const PER_NAMED_DEVICE: Metric = Metric::new(
    "Per Named Device",
    "Only devices with an allocation are licensed.",
    "The quantities of all allocations; a device with the software and without one needs an allocation.",
    &[Input::Installs, Input::Allocations],
    per_named_device,
)
.or_unlimited();

fn per_named_user<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    Ok(named(inputs, |install| install.user.map(Object::User).or(install.device.map(Object::Device))))
}

fn per_named_device<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    Ok(named(inputs, |install| install.device.map(Object::Device)))
}

fn named<'a>(inputs: &Inputs<'a>, object: impl Fn(&Install<'a>) -> Option<Object<'a>>) -> Answer<'a> {
    let (mut using, mut nowhere) = (BTreeSet::new(), 0_u64);
    for install in inputs.installs.iter().filter(|install| install.count > 0) {
        match object(install) {
            Some(object) => _ = using.insert(object),
            None => nowhere = nowhere.saturating_add(install.count),
        }
    }
    let mut allocated = BTreeMap::<Object<'a>, u64>::new();
    for allocation in &inputs.allocations {
        let to = match allocation.to {
            Holder::User(user) => Object::User(user),
            Holder::Device(device) => Object::Device(device),
            // Rights given to a bare name are of the kind that is licensed.
            Holder::Any(name) if using.contains(&Object::User(name)) => Object::User(name),
            Holder::Any(name) => Object::Device(name),
        };
        let quantity = allocated.entry(to).or_default();
        *quantity = quantity.saturating_add(allocation.quantity);
    }
    allocated.retain(|_, quantity| *quantity > 0);
    let missing: Vec<Object<'a>> = using.iter().filter(|object| !allocated.contains_key(object)).copied().collect();
    // One right is in use by its holder; what the same holder has beyond it is not.
    let in_use = sum(using.iter().filter(|object| allocated.contains_key(object)).map(|_| 1));
    let quantity = sum(allocated.values().copied());
    let users = |object: &Object<'a>| if let Object::User(user) = *object { Some(user) } else { None };
    let devices = |object: &Object<'a>| if let Object::Device(device) = *object { Some(device) } else { None };
    let detail = Detail::Named {
        allocated_in_use: in_use,
        allocated_not_in_use: quantity - in_use,
        allocations_needed: sum(missing.iter().map(|_| 1)).saturating_add(nowhere),
        unlicensed_users: missing.iter().filter_map(users).collect(),
        unlicensed_devices: missing.iter().filter_map(devices).collect(),
    };
    Answer::of_parts(allocated).with(detail)
}
