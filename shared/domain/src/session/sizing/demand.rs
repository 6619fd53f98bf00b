//! What was wanted in a run whose events are known: the demand that other sizes are measured by.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::replay::Demand;
use crate::ids::{CheckoutId, SessionId};
use crate::session::pool::{ClaimId, Entry, Event, Finish, Pool, Standing};

/// A claim that held a seat, and when and how it ended.
type Held<'a> = (&'a Entry, Option<(DateTime<Utc>, Finish)>);

/// The seats that were held in a run, from its log and from what is still held, in the order in which they were taken. Each has a
/// number of its own: one claim may come again.
#[must_use]
pub fn wanted(log: &[(DateTime<Utc>, Event)], pool: &Pool) -> Vec<Demand> {
    let over = log.iter().filter_map(|(at, event)| match event {
        Event::Finished { entry, how } => Some((entry, Some((*at, *how)))),
        _ => None,
    });
    let held = pool.entries().filter(|entry| matches!(entry.standing, Standing::Held { .. })).map(|entry| (entry, None));
    let mut seats: Vec<Held<'_>> = over.chain(held).collect();
    seats.sort_by_key(|(entry, _)| (entry.since, entry.number));
    let demand = |((entry, end), number): (Held<'_>, u128)| Demand {
        id: match entry.id {
            ClaimId::Session(_) => ClaimId::Session(SessionId(number)),
            ClaimId::Checkout(_) => ClaimId::Checkout(CheckoutId(Uuid::from_u128(number))),
        },
        claimant: entry.claimant.clone(),
        at: entry.since,
        held: end.map(|(at, _)| at - entry.since),
        finish: end.map_or(Finish::Ended, |(_, how)| how),
    };
    seats.into_iter().zip(0..).map(demand).collect()
}
