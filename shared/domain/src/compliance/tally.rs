//! The count of a compliance run: rows that the query matches, and rows that it drops for an empty state.

use serde::{Deserialize, Serialize};

use crate::query::{Checked, NullMode, Row};

/// What a run counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Rows that the query matches.
    pub count: u64,
    /// Rows with an empty `install_status` that the query leaves out: a negative test silently drops them, so they are reported.
    pub uncounted_empty_state: u64,
}

impl Tally {
    /// Takes one row of the licence's table in.
    pub fn add(&mut self, query: &Checked, row: &dyn Row, has_state: bool, mode: NullMode) {
        if query.matches(row, mode) {
            self.count += 1;
        } else if !has_state {
            self.uncounted_empty_state += 1;
        }
    }
}
