//! Tests of what only the embedded store promises, and the conformance suite over it.

mod copying;
mod damage;
mod faults;
mod fresh;
mod golden;
mod groups;
mod opening;

use crate::store::conformance::conformance_tests;

conformance_tests!(fresh::stores);
