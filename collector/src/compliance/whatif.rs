//! Counting without judging: what another query, or other settings, would count now.

use super::{
    count::count,
    service::{Compliance, RunError},
};
use crate::settings::Values;

/// What a change of settings does to the count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// What the query in force counts now.
    pub before: u64,
    /// What it would count.
    pub after: u64,
    /// The limit.
    pub limit: Option<u64>,
}

impl Compliance {
    /// What a query counts now by these settings.
    ///
    /// # Errors
    /// When the query cannot be used or the store cannot be read.
    pub(super) async fn count_as(&self, query: &str, table: &str, values: &Values) -> Result<u64, RunError> {
        let context = values.counting_context(self.time(), self.parts.zone);
        let directory = self.parts.references.snapshot();
        Ok(count(&self.parts.stores, query, table, &context, directory, values.null_mode).await?.assets)
    }

    /// What the query in force would count with other settings. Nothing is stored.
    ///
    /// # Errors
    /// When the query cannot be used with them, or the store cannot be read.
    pub async fn effect(&self, values: &Values) -> Result<Effect, RunError> {
        let current = self.current.load_full();
        let (query, table) = current.query();
        Ok(Effect {
            before: self.count_as(query, table, &self.parts.settings.values()).await?,
            after: self.count_as(query, table, values).await?,
            limit: current.key.as_ref().map(|key| key.claims.assets),
        })
    }
}
