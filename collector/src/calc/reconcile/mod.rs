//! `calc reconcile`: entitlements, allocations, coverage, prices.

mod answer;
mod coverage;
mod entitlement;
mod estate;
mod inputs;
mod prices;

pub(super) use answer::answer;
