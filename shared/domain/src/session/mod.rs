//! Licence consumption by sessions: who counts as one, who takes which seat, and the highest use of each day.
//!
//! Service Manager's counting rules: a licence is held by a login user at a client address; several sessions of one key share it;
//! a named user's first key takes the named seat, every other key a floating one.

mod application;
mod key;
mod normalise;
mod peak;
mod seats;

pub use application::{
    Application, ApplicationError, ApplicationPatch, AtLimit, Offline, Reservation, Share, UsedBy, WORKSTATION_LOGIN,
};
pub use key::{CountKey, KeyRules};
pub use normalise::{MAX_CLIENT_CHARS, MAX_USER_CHARS, client, is_loopback, user};
pub use peak::{DayMeter, DayPeak, Interval, day_peak};
pub use seats::{Grant, NamedUsers, SeatKind, Seats};
