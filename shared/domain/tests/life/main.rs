//! A licence's life, simulated: 400 days of a site under counts that go up and down, keys, expiry, restarts and clocks that lie, in
//! three zones with daylight saving. The rules run beside a reference model that shares no code with them.
//!
//! In: seeds, each of which is one life. Out: a failure that names its seed. `MUSTER_LIVES` says how many (1,000 without it),
//! `MUSTER_LIFE` repeats a single one and tells what happened in it, step by step. Only standard output and these variables are used.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "whoever repeats a seed wants to see its life")]

mod life;
mod model;
mod operations;
mod random;
mod site;

use life::Life;

/// The tests run beside each other, each with its share of the seeds.
const SHARES: u64 = 4;

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text:?}")))
}

fn live(share: u64) {
    if let Some(seed) = variable("MUSTER_LIFE") {
        if share == 0 {
            Life::new(seed, true).live();
        }
        return;
    }
    let from = variable("MUSTER_LIFE_FROM").unwrap_or(0);
    let mut disabled = 0;
    let mut frozen = 0;
    for seed in (from..from + variable("MUSTER_LIVES").unwrap_or(1_000)).filter(|seed| seed % SHARES == share) {
        let lived = std::panic::catch_unwind(|| Life::new(seed, false).live());
        let seen = lived.unwrap_or_else(|_| {
            panic!(
                "seed {seed} fails; repeat it: MUSTER_LIFE={seed} cargo nextest run --workspace --no-capture -E 'binary(life)'"
            )
        });
        disabled += seen.disablements;
        frozen += seen.freezes;
    }
    println!("{disabled} disablements by grace, {frozen} frozen clocks");
    // A simulation in which nothing ever happens would prove nothing.
    assert!(disabled > 0 && frozen > 0, "{disabled} disablements, {frozen} freezes");
}

#[test]
fn four_hundred_days_first_share() {
    live(0);
}

#[test]
fn four_hundred_days_second_share() {
    live(1);
}

#[test]
fn four_hundred_days_third_share() {
    live(2);
}

#[test]
fn four_hundred_days_fourth_share() {
    live(3);
}
