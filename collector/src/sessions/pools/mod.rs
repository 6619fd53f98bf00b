//! The pools of the applications: one order of decisions for sessions and check-outs, each answered when it is durable.

mod book;
mod demand;
mod desk;
mod follow;
mod groups;
mod heard;
mod history;
mod hours;
mod idleness;
mod keeper;
mod meters;
mod offline;
mod pending;
mod refusals;
mod room;
mod sizing;
mod view;

pub(in crate::sessions) use book::{Book, Gate};
pub(in crate::sessions) use follow::Endings;
pub use groups::GroupView;
pub use idleness::{IdleHolder, IdleHolders};
pub use keeper::PoolKeeper;
pub(in crate::sessions) use meters::Risen;
pub use offline::Unseated;
pub use sizing::{Noted, Refused, SizeError, SizeView, SizeWish};
pub use view::{CheckOut, CheckoutError, CheckoutView, Got, HolderView};
