//! The live sessions: who is logged in, which seats that takes, and the highest use of each day.
//!
//! In: what reports changed, after it is durable. Out: lists, seats in use, daily peaks for the store. The counting rules are the
//! domain's; this stage only keeps what they need in memory.

mod compare;
mod connected;
mod ending;
mod hours;
mod idle;
mod keeper;
mod lists;
mod peaks;
mod policy;
mod pools;
mod portions;
mod registry;
mod seats;
mod state;
#[cfg(test)]
mod tests;

pub use compare::{Difference, Seen};
pub use connected::Connected;
pub use keeper::{Keeper, KeptFrom, Reporters, Retention};
pub use lists::{Hold, SessionView};
pub use pools::{
    CheckOut, CheckoutError, CheckoutView, Got, GroupView, HolderView, IdleHolder, IdleHolders, Noted, PoolKeeper, Refused,
    SizeError, SizeView, SizeWish, Unseated,
};
pub use registry::{HostOf, OpenSince, Parts, SeatCaps, Sessions};
pub use state::Liveliness;
