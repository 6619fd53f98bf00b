//! Subscriptions of users (domain 5.12).

use std::collections::BTreeSet;

use super::answer::{Answer, Detail, Object};
use super::error::MetricError;
use super::factor::Factors;
use super::inputs::Inputs;
use super::registry::{Group, Input, Metric};

/// The group.
pub const GROUP: Group = Group { name: "Subscription", pack: Some("SaaS License Management"), metrics: &[USER_SUBSCRIPTION] };

pub(super) const USER_SUBSCRIPTION: Metric = Metric::new(
    "User Subscription",
    "One right for each user with a subscription.",
    "Each distinct user with an active subscription needs one right; an install of a user without one is unlicensed and needs none.",
    &[Input::Subscriptions, Input::Installs],
    user_subscription,
)
.or_unlimited();

fn user_subscription<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    let active = inputs.subscriptions.iter().filter(|subscription| subscription.active);
    let users: BTreeSet<&str> = active.map(|subscription| subscription.user).collect();
    let installs = inputs.installs.iter().filter(|install| install.count > 0);
    let without: BTreeSet<&str> = installs.filter_map(|install| install.user).filter(|user| !users.contains(user)).collect();
    let detail = Detail::Unsubscribed { unlicensed_users: without.into_iter().collect() };
    Ok(Answer::of_parts(users.into_iter().map(|user| (Object::User(user), 1))).with(detail))
}
