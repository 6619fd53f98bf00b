//! Counting that several metric groups share: devices, users, environments, access records.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;

use super::answer::{Answer, Object};
use super::error::MetricError;
use super::factor::Factors;
use super::inputs::Inputs;
use super::record::{Audience, Install};
use super::registry::{Attribute, Input, Metric};

pub(super) const MAX_INSTALLS: Attribute = Attribute {
    name: "max_installs_per_right",
    default: None,
    description: "installs that one right covers; no limit unless set",
};

pub(super) const PER_DEVICE: Metric = Metric::new(
    "Per Device",
    "One right for each device with the software.",
    "Each distinct device needs one right, or its installs divided by the installs that a right covers, rounded up.",
    &[Input::Installs],
    per_device,
)
.with(&[MAX_INSTALLS])
.or_unlimited();

pub(super) const PER_USER: Metric = Metric::new(
    "Per User",
    "One right for each user of a device with the software.",
    "Each distinct user of a device with it needs one right; a device without a user needs one as well.",
    &[Input::Installs],
    per_user,
)
.with(&[MAX_INSTALLS])
.or_unlimited();

pub(super) const USER_CAL: Metric = Metric::new(
    "User CAL",
    "One right for each user who may access the server.",
    "The users of all client access records: numbers are added, each name counts once.",
    &[Input::ClientAccess],
    users,
);

pub(super) const DEVICE_CAL: Metric = Metric::new(
    "Device CAL",
    "One right for each device that may access the server.",
    "The devices of all client access records: numbers are added, each name counts once.",
    &[Input::ClientAccess],
    devices,
);

pub(super) fn per_device<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    Ok(distinct(&inputs.installs, inputs.attributes.max_installs_per_right, |install| install.device.map(Object::Device)))
}

fn per_user<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    Ok(distinct(&inputs.installs, inputs.attributes.max_installs_per_right, |install| {
        install.user.map(Object::User).or(install.device.map(Object::Device))
    }))
}

/// The environment of an install; the device where nothing else is known.
pub(super) fn environment<'a>(install: &Install<'a>) -> Option<Object<'a>> {
    install.ose.map(Object::Ose).or(install.device.map(Object::Device))
}

/// One right for each thing that `object` finds, or more where one covers only so many installs. What is found nowhere in particular
/// is a thing of its own.
pub(super) fn distinct<'a>(
    installs: &[Install<'a>],
    most: Option<NonZeroU64>,
    object: impl Fn(&Install<'a>) -> Option<Object<'a>>,
) -> Answer<'a> {
    let mut counts = BTreeMap::<Object<'a>, u64>::new();
    for install in installs.iter().filter(|install| install.count > 0) {
        let count = counts.entry(object(install).unwrap_or(Object::Unnamed)).or_default();
        *count = count.saturating_add(install.count);
    }
    Answer::of_parts(counts.into_iter().map(|(object, count)| {
        let rights = match (object, most) {
            (Object::Unnamed, _) => count,
            (_, Some(most)) => count.div_ceil(most.get()),
            (_, None) => 1,
        };
        (object, rights)
    }))
}

pub(super) fn users<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    Ok(Answer::of_parts(audience(inputs.client_access.iter().map(|record| &record.users), Object::User)))
}

fn devices<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    Ok(Answer::of_parts(audience(inputs.client_access.iter().map(|record| &record.devices), Object::Device)))
}

pub(super) fn users_and_devices<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    let users = audience(inputs.client_access.iter().map(|record| &record.users), Object::User);
    let devices = audience(inputs.client_access.iter().map(|record| &record.devices), Object::Device);
    Ok(Answer::of_parts(users.into_iter().chain(devices)))
}

/// Numbers are added, since nobody knows whether two records mean the same people (domain 8, 36); each name counts once.
fn audience<'a: 'b, 'b>(
    records: impl Iterator<Item = &'b Audience<'a>>,
    object: fn(&'a str) -> Object<'a>,
) -> Vec<(Object<'a>, u64)> {
    let (mut unnamed, mut names) = (0_u64, BTreeSet::new());
    for record in records {
        match record {
            Audience::Count(count) => unnamed = unnamed.saturating_add(*count),
            Audience::Names(some) => names.extend(some.iter().copied()),
        }
    }
    let named = names.into_iter().map(|name| (object(name), 1));
    named.chain((unnamed > 0).then_some((Object::Unnamed, unnamed))).collect()
}

/// A sum that is refused where it does not fit.
pub(super) fn checked_sum(counts: impl IntoIterator<Item = Option<u64>>) -> Result<u64, MetricError> {
    let sum = counts.into_iter().try_fold(0_u64, |sum, count| sum.checked_add(count?));
    sum.ok_or(MetricError::TooLarge)
}

pub(super) fn sum(counts: impl IntoIterator<Item = u64>) -> u64 {
    counts.into_iter().fold(0, u64::saturating_add)
}
