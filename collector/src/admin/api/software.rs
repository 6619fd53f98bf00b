//! `/api/v1/software`: what is installed, over all assets and on each.

use super::openapi::Problems;
use crate::{
    admin::{
        context::{AdminContext, Ctx},
        extract::Query,
        page::{Listing, Page, Paging, strange_cursor},
        problem::{Answer, Failure},
    },
    store::{
        StoreError,
        ports::{InstallRow, InstallWish},
        records::TitleRecord,
    },
};
use axum::{extract::State, response::Response};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::{ids::AssetId, software::Software};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, btree_map::Entry};
use utoipa::{IntoParams, ToSchema};

/// Software that is on at least one asset.
#[derive(Debug, Serialize, ToSchema)]
pub struct SoftwareView {
    /// Its name, as its source spells it.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Who publishes or maintains it, as it says itself.
    pub publisher: Option<String>,
    /// What installed it: `dpkg`, `rpm`, `flatpak`, `snap`...
    pub source: String,
    /// The architecture it was built for.
    pub architecture: Option<String>,
    /// On how many assets it is, retired ones among them.
    pub installs: u64,
}

impl From<TitleRecord> for SoftwareView {
    fn from(title: TitleRecord) -> Self {
        let TitleRecord { software, installs } = title;
        let Software { name, version, publisher, source, architecture } = software;
        Self { name, version, publisher, source, architecture, installs }
    }
}

/// Software on an asset.
#[derive(Debug, Serialize, ToSchema)]
pub struct InstallView {
    /// The asset's id.
    pub asset: String,
    /// What the asset is called.
    pub asset_name: Option<String>,
    /// The machine's name, as its agent gave it.
    pub host: Option<String>,
    /// Its name, as its source spells it.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Who publishes or maintains it, as it says itself.
    pub publisher: Option<String>,
    /// What installed it.
    pub source: String,
    /// The architecture it was built for.
    pub architecture: Option<String>,
    /// When this version was installed, as the machine says.
    pub install_date: Option<NaiveDate>,
    /// When it was first reported, in whatever version.
    pub first_seen: DateTime<Utc>,
    /// When it was first reported in this version; null while it has its first.
    pub updated_at: Option<DateTime<Utc>>,
    /// When it was reported no more; null while it is installed.
    pub removed_at: Option<DateTime<Utc>>,
    /// When the asset's list last changed.
    pub reported_at: DateTime<Utc>,
}

/// What an asset and its machine are called.
type Names = (Option<String>, Option<String>);

impl InstallView {
    fn of(row: InstallRow, (asset_name, host): Names) -> Self {
        let InstallRow { asset, number: _, software, install_date, first_seen, updated_at, removed_at, reported_at } = row;
        let Software { name, version, publisher, source, architecture } = software;
        Self {
            asset: asset.to_string(),
            asset_name,
            host,
            name,
            version,
            publisher,
            source,
            architecture,
            install_date,
            first_seen,
            updated_at,
            removed_at,
            reported_at,
        }
    }
}

/// Which software.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhichSoftware {
    /// Only software whose name contains this, without regard to case.
    name: Option<String>,
    /// Most items of the page, 1 to 1000; 100 when absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Which installs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhichInstalls {
    /// Only of the asset with this id.
    asset: Option<String>,
    /// Only software whose name contains this, without regard to case.
    name: Option<String>,
    /// What was removed, instead of what is installed: the newest 500 removals of each asset are kept.
    removed: Option<bool>,
    /// Only what was first reported (or removed) at or after this instant.
    since: Option<DateTime<Utc>>,
    /// Also that of retired assets, as it was last reported.
    retired: Option<bool>,
    /// Most items of the page, 1 to 1000; 100 when absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Different software that is installed anywhere, ordered by name, with the number of assets that have it. Each version is an item of
/// its own. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/software", tag = "software", params(WhichSoftware),
    responses((status = 200, description = "software", body = Page<SoftwareView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(which): Query<WhichSoftware>, listing: Listing) -> Answer<Response> {
    let WhichSoftware { name, limit, cursor } = which;
    let paging = Paging { limit, cursor };
    let limit = paging.limit()?;
    let after = paging.after::<String>()?.map(|key| serde_json::from_str(&key).map_err(|_| strange_cursor())).transpose()?;
    let titles = context.stores.software.titles(name.as_deref(), after, limit + 1).await?;
    let key = |title: &TitleRecord| serde_json::to_string(&title.software).unwrap_or_default();
    let page = Page::cut(titles, limit, key).map(SoftwareView::from);
    let columns = ["name", "version", "publisher", "source", "architecture", "installs"];
    Ok(page.answer(&listing, &columns))
}

/// What is installed on which asset, or was removed from it, ordered by asset. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/software/installs", tag = "software", params(WhichInstalls),
    responses((status = 200, description = "installs", body = Page<InstallView>), Problems))]
pub async fn installs(State(context): State<Ctx>, Query(which): Query<WhichInstalls>, listing: Listing) -> Answer<Response> {
    let WhichInstalls { asset, name, removed, since, retired, limit, cursor } = which;
    let paging = Paging { limit, cursor };
    let limit = paging.limit()?;
    let after = paging.after::<String>()?.map(|key| behind(&key)).transpose()?;
    let asset = match asset {
        Some(text) => Some(existing(&context, &text).await?),
        None => None,
    };
    // Whoever asks for one asset knows which.
    let retired = retired.unwrap_or_default() || asset.is_some();
    let wish = InstallWish { asset, name, removed: removed.unwrap_or_default(), since, retired };
    let rows = context.stores.software.installs(wish, after, limit + 1).await?;
    let names = names(&context, &rows).await?;
    let key = |row: &InstallRow| format!("{} {}", row.asset, row.number);
    let page = Page::cut(rows, limit, key).map(|row| {
        let name = names.get(&row.asset).cloned().unwrap_or_default();
        InstallView::of(row, name)
    });
    let columns = [
        "asset",
        "asset_name",
        "host",
        "name",
        "version",
        "publisher",
        "source",
        "architecture",
        "install_date",
        "first_seen",
        "updated_at",
        "removed_at",
        "reported_at",
    ];
    Ok(page.answer(&listing, &columns))
}

async fn existing(context: &AdminContext, text: &str) -> Answer<AssetId> {
    let missing = || Failure::not_found("asset", text);
    let id: AssetId = text.parse().map_err(|_| missing())?;
    context.stores.assets.get(id).await?.map(|_| id).ok_or_else(missing)
}

/// What the assets of these rows are called.
async fn names(context: &AdminContext, rows: &[InstallRow]) -> Result<BTreeMap<AssetId, Names>, StoreError> {
    let mut names = BTreeMap::new();
    let directory = context.references.snapshot();
    for row in rows {
        if let Entry::Vacant(place) = names.entry(row.asset) {
            let asset = context.stores.assets.get(row.asset).await?;
            let asset = asset.as_ref();
            let agent = asset.and_then(|asset| context.fleet.get(asset.agent()?));
            let host = agent.map(|agent| agent.record.hostname.clone());
            place.insert((asset.and_then(|asset| asset.display_name(directory.as_ref())), host));
        }
    }
    Ok(names)
}

fn behind(key: &str) -> Answer<(AssetId, u64)> {
    let (asset, number) = key.split_once(' ').unwrap_or_default();
    asset.parse().ok().zip(number.parse().ok()).ok_or_else(strange_cursor)
}
