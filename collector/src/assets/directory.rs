//! The reference tables in memory.
//!
//! In: records, at the start and after each commit that changed some. Out: snapshots; an operation takes one and uses it to its
//! end, so that a query is checked and evaluated against the same names. It must not write to the store.

use arc_swap::ArcSwap;
use muster_domain::asset::References;
use std::sync::Arc;

/// The reference tables in memory.
pub struct ReferenceTables {
    published: ArcSwap<References>,
}

impl ReferenceTables {
    /// Tables that hold these records.
    #[must_use]
    pub fn new(references: References) -> Self {
        Self { published: ArcSwap::from_pointee(references) }
    }

    /// The tables as they are now. What changes later does not show in it.
    #[must_use]
    pub fn snapshot(&self) -> Arc<References> {
        self.published.load_full()
    }
}

impl std::fmt::Debug for ReferenceTables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReferenceTables")
    }
}
