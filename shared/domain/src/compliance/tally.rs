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

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::asset::{Asset, AssetCatalogue, AssetRow, Field, References, Value};
    use crate::ids::AssetId;
    use crate::query::{Context, compile};

    #[test]
    fn rows_without_a_state_are_reported_where_the_query_drops_them() {
        let directory = References::seeded();
        let check = |query: &str, mode: NullMode, expected: (u64, u64)| {
            let query = compile(query, &AssetCatalogue::new(&directory), &Context::for_tests()).unwrap();
            let mut tally = Tally::default();
            for state in [Some(1), Some(7), None, None] {
                let mut asset = Asset::new(AssetId(Uuid::nil()), None, DateTime::UNIX_EPOCH);
                asset.edit(&[(Field::InstallStatus, state.map(Value::Int))], DateTime::UNIX_EPOCH).unwrap();
                tally.add(&query, &AssetRow::new(&asset, &directory), asset.status().is_some(), mode);
            }
            assert_eq!((tally.count, tally.uncounted_empty_state), expected);
        };
        check("install_statusNOT IN2,7,10", NullMode::Sql, (1, 2));
        check("install_statusNOT IN2,7,10", NullMode::Inclusive, (3, 0));
        check("install_status=7", NullMode::Sql, (1, 2));
        check("", NullMode::Sql, (4, 0));
    }
}
