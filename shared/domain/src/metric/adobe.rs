//! Adobe: devices, users, subscriptions against allocations (domain 5.1).

use std::collections::BTreeMap;

use super::answer::{Answer, Detail, Object};
use super::count::{PER_DEVICE, PER_USER, sum};
use super::error::MetricError;
use super::factor::Factors;
use super::inputs::Inputs;
use super::record::Holder;
use super::registry::{Group, Input, Metric};

/// The group.
pub const GROUP: Group = Group {
    name: "Adobe",
    pack: Some("Adobe"),
    metrics: &[
        PER_DEVICE,
        PER_USER,
        Metric::new(
            "User Subscription",
            "One right for each active subscription of a user.",
            "For each user the smaller of allocations and subscriptions is allocated and in use, the rest of either is not.",
            &[Input::Allocations, Input::Subscriptions],
            user_subscription,
        )
        .or_unlimited(),
    ],
};

fn user_subscription<'a>(inputs: &Inputs<'a>, _: &Factors) -> Result<Answer<'a>, MetricError> {
    let mut by_user = BTreeMap::<&'a str, (u64, u64)>::new();
    let mut not_to_users = 0_u64;
    for allocation in &inputs.allocations {
        let quantity = match allocation.to {
            Holder::User(user) | Holder::Any(user) => &mut by_user.entry(user).or_default().0,
            Holder::Device(_) => &mut not_to_users,
        };
        *quantity = quantity.saturating_add(allocation.quantity);
    }
    for subscription in inputs.subscriptions.iter().filter(|subscription| subscription.active) {
        let count = &mut by_user.entry(subscription.user).or_default().1;
        *count = count.saturating_add(1);
    }
    let users = || by_user.values();
    let detail = Detail::Allocated {
        allocated_in_use: sum(users().map(|(allocated, subscribed)| *allocated.min(subscribed))),
        allocated_not_in_use: sum(users().map(|(allocated, subscribed)| allocated.saturating_sub(*subscribed)))
            .saturating_add(not_to_users),
        not_allocated_in_use: sum(users().map(|(allocated, subscribed)| subscribed.saturating_sub(*allocated))),
    };
    let in_use = by_user.iter().filter(|(_, (_, subscribed))| *subscribed > 0);
    let parts = in_use.map(|(user, (_, subscribed))| (Object::User(user), *subscribed));
    Ok(Answer::of_parts(parts).with(detail))
}
