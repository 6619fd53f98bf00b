//! Tests of what only the embedded store promises, and the conformance suite over it.

mod fresh;

use crate::store::conformance::conformance_tests;

conformance_tests!(fresh::stores);
