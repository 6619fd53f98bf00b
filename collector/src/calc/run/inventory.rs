//! Exports as an inventory: what the store shows a run, they show it, too.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::NaiveDate;
use muster_domain::asset::{Asset, StoredAsset, pack};
use muster_domain::ids::AssetId;
use muster_domain::software::Software;
use uuid::Uuid;

use crate::reconcile::Inventory;
use crate::store::StoreError;
use crate::store::ports::{HardwareVisit, SoftwareSight, SoftwareVisit, Visit};
use crate::store::records::{TitleRecord, UsageRecord};

/// Rows of exports.
#[derive(Default)]
pub(super) struct Exported {
    assets: BTreeMap<Uuid, Vec<u8>>,
    titles: BTreeMap<Software, (u64, u64)>,
    installs: BTreeMap<Uuid, BTreeSet<u64>>,
    pub(super) hardware: BTreeMap<Uuid, Vec<u8>>,
    pub(super) applications: BTreeSet<String>,
    pub(super) usage: Vec<UsageRecord>,
}

impl Exported {
    pub(super) fn put_asset(&mut self, asset: &Asset) {
        self.assets.insert(asset.id().0, pack(asset));
    }

    pub(super) fn put_install(&mut self, asset: Uuid, software: Software) {
        let next = self.titles.len() as u64;
        let (number, installs) = self.titles.entry(software).or_insert((next, 0));
        if self.installs.entry(asset).or_default().insert(*number) {
            *installs = installs.saturating_add(1);
        }
    }
}

#[async_trait]
impl Inventory for Exported {
    async fn assets(&self, mut visit: Visit) -> Result<(), StoreError> {
        for row in self.assets.values() {
            let damaged = |_| StoreError::Corrupt { table: "assets", reason: "a packed asset cannot be read".to_owned() };
            if visit(&StoredAsset::new(row).map_err(damaged)?).is_break() {
                break;
            }
        }
        Ok(())
    }

    async fn hardware(&self, mut visit: HardwareVisit) -> Result<(), StoreError> {
        self.hardware.iter().for_each(|(asset, json)| visit(AssetId(*asset), json));
        Ok(())
    }

    async fn software(&self, mut visit: SoftwareVisit) -> Result<(), StoreError> {
        let mut titles: Vec<_> = self.titles.iter().collect();
        titles.sort_by_key(|(_, (number, _))| *number);
        for (software, (number, installs)) in titles {
            visit(SoftwareSight::Title(*number, TitleRecord { software: software.clone(), installs: *installs }));
        }
        for (asset, numbers) in &self.installs {
            let numbers: Vec<u64> = numbers.iter().copied().collect();
            visit(SoftwareSight::Asset(AssetId(*asset), &numbers));
        }
        Ok(())
    }

    async fn applications(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.applications.iter().cloned().collect())
    }

    async fn peaks(&self, application: &str, from: NaiveDate, to: NaiveDate) -> Result<Vec<UsageRecord>, StoreError> {
        let fits = |one: &&UsageRecord| one.application == application && (from..=to).contains(&one.date);
        Ok(self.usage.iter().filter(fits).cloned().collect())
    }
}
