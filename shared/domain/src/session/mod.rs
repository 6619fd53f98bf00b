//! Licence consumption by sessions: who counts as one, who takes which seat, and the highest use of each day.
//!
//! Service Manager's counting rules: a licence is held by a login user at a client address; several sessions of one key share it;
//! a named user's first key takes the named seat, every other key a floating one.

mod application;
mod asked;
mod hours;
mod key;
mod network;
mod normalise;
mod peak;
mod pool;
mod seats;
mod sizing;

pub use application::{
    Access, AccessList, Application, ApplicationError, ApplicationPatch, ApplicationSet, AtLimit, IdleTimeout, Import, Offline,
    Reservation, SERVICE_MANAGER, Share, UsedBy, WORKSTATION_LOGIN,
};
pub use asked::Asked;
pub use hours::{HourFigures, HourMeter, InUse, Limits};
pub use key::{CountKey, KeyRules, Origin, fold_user};
pub use network::{Network, NetworkError};
pub use normalise::{MAX_CLIENT_CHARS, MAX_USER_CHARS, client, is_loopback, user};
pub use peak::{DayMeter, DayPeak, Interval, day_peak};
pub use pool::{
    Ask, Asker, ClaimId, Claimant, Denial, Entry, Event, Finish, Granted, HeldSeat, Outcome, Pool, PoolRules, Standing,
};
pub use seats::{Grant, NamedUsers, SeatKind, Seats};
pub use sizing::{Demand, Figures, MOST_WAITING, Refusal, Replay, Run, SizeRow, Sizing, Step, Window, replay, wanted};
