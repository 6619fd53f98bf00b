//! Installed software.

use crate::store::{
    StoreError,
    records::{SoftwareListRecord, TitleRecord},
};
use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::{
    ids::AssetId,
    software::{Difference, Found, Software},
};

/// Which installs are asked for.
#[derive(Debug, Clone, Default)]
pub struct InstallWish {
    /// Only of this asset.
    pub asset: Option<AssetId>,
    /// Only software whose name contains this, without regard to case.
    pub name: Option<String>,
    /// Not what is installed, but what was removed.
    pub removed: bool,
    /// Only what was first seen (or removed) at or after this instant.
    pub since: Option<DateTime<Utc>>,
    /// Also those of retired assets.
    pub retired: bool,
}

/// An install, or a removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallRow {
    /// On which asset.
    pub asset: AssetId,
    /// Orders the rows of an asset; the same for as long as the row is there.
    pub number: u64,
    /// What.
    pub software: Software,
    /// When it was installed, as the machine says.
    pub install_date: Option<NaiveDate>,
    /// When it was first reported.
    pub first_seen: DateTime<Utc>,
    /// When it was first reported in this version, if that is not its first.
    pub updated_at: Option<DateTime<Utc>>,
    /// When it was reported no more; none while it is installed.
    pub removed_at: Option<DateTime<Utc>>,
    /// When the list it stands on arrived.
    pub reported_at: DateTime<Utc>,
}

/// What a visit of all installs shows: first every title by number, then what each asset has, ordered by asset.
#[derive(Debug)]
pub enum SoftwareSight<'a> {
    /// Software that is installed anywhere. Its number is the same for the whole visit and means nothing after it.
    Title(u64, TitleRecord),
    /// The numbers of what is installed on an asset, each once. Retired assets are shown, too.
    Asset(AssetId, &'a [u64]),
}

/// Looks at installs where they lie. (Named, because the trait's macro would bind the reference to the whole call.)
pub type SoftwareVisit = Box<dyn FnMut(SoftwareSight<'_>) + Send>;

/// Installed software.
#[async_trait]
pub trait SoftwareStore: Send + Sync {
    /// Replaces what is installed on an asset by a newly reported list, under the rules of the domain. A list of an agent that does
    /// not report this asset is a conflict.
    async fn replace(&self, list: SoftwareListRecord, found: Vec<Found>) -> Result<Difference, StoreError>;
    /// Which list is stored of each asset, ordered by asset.
    async fn lists(&self) -> Result<Vec<SoftwareListRecord>, StoreError>;
    /// Up to `limit` installs or removals behind the row of `after`, ordered by asset and number.
    async fn installs(
        &self,
        wish: InstallWish,
        after: Option<(AssetId, u64)>,
        limit: usize,
    ) -> Result<Vec<InstallRow>, StoreError>;
    /// Up to `limit` different software with a name that contains `name`, without regard to case, behind `after`; ordered by name
    /// without regard to case, then as [`Software`] orders.
    async fn titles(&self, name: Option<&str>, after: Option<Software>, limit: usize) -> Result<Vec<TitleRecord>, StoreError>;
    /// Shows every install there is, from one consistent view, on a blocking thread: without names and dates, since there are millions.
    async fn visit(&self, visit: SoftwareVisit) -> Result<(), StoreError>;
}
