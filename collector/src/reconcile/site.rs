//! The site as a run reads it: everything of one moment, by the believed clock.

use std::sync::Arc;

use async_trait::async_trait;

use super::factors::factors;
use super::gather::{Gathered, Sources, gather};
use super::service::Gather;
use crate::assets::ReferenceTables;
use crate::compliance::Compliance;
use crate::records::Records;
use crate::store::{StoreError, Stores};

/// The site.
pub struct Site {
    /// The store.
    pub stores: Stores,
    /// What reference fields point to.
    pub references: Arc<ReferenceTables>,
    /// Records of software asset management.
    pub records: Arc<Records>,
    /// The believed clock, the zone and the settings.
    pub compliance: Arc<Compliance>,
}

#[async_trait]
impl Gather for Site {
    async fn gather(&self) -> Result<Gathered, StoreError> {
        let now = self.compliance.time();
        let (factors, unused) = factors(self.stores.system.as_ref()).await?;
        let mut gathered = gather(Sources {
            stores: &self.stores,
            references: self.references.snapshot(),
            shelf: &self.records.snapshot(),
            settings: &self.compliance.settings().values(),
            context: &self.compliance.query_context(now),
            factors,
            today: self.compliance.zone().site_date(now),
        })
        .await?;
        gathered.notes.extend(unused);
        Ok(gathered)
    }
}
