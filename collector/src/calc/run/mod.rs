//! `ask:"run"`: whole exports of a site, reconciled as the site itself would reconcile them.
//!
//! In: the lists that the API gives, by their names. Out: the positions, remedies and removal candidates of a run. The rows take the
//! way of a run through `reconcile`; here they are only read.

mod answer;
mod exports;
mod inventory;
mod others;
mod rows;

pub(super) use answer::{answer, metrics};
pub(super) use others::{compliance, sessions, units};
