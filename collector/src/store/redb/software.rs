//! Installed software.

use super::{
    asset_rows, codec,
    fault::Fault,
    store::RedbStore,
    tables::{ASSETS, INSTALLS, SOFTWARE_LISTS, TITLE_NUMBERS, TITLES, date, day, folded},
    titles::{self, Titles},
};
use crate::store::{
    StoreError,
    ports::{InstallRow, InstallWish, SoftwareSight, SoftwareStore, SoftwareVisit},
    records::{InstallRecord, InstallsRecord, RemovalRecord, SoftwareListRecord, TitleRecord},
};
use async_trait::async_trait;
use muster_domain::{
    asset::InstallStatus,
    ids::AssetId,
    software::{Difference, Found, Install, Installs, Removal, Software},
};
use redb::{ReadTransaction, ReadableTable, WriteTransaction};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};
use uuid::Uuid;

#[async_trait]
impl SoftwareStore for RedbStore {
    async fn replace(&self, list: SoftwareListRecord, found: Vec<Found>) -> Result<Difference, StoreError> {
        self.write("software.replace", move |txn| replace(txn, &list, &found)).await
    }

    async fn lists(&self) -> Result<Vec<SoftwareListRecord>, StoreError> {
        self.read("software.lists", |txn| codec::all(&txn.open_table(SOFTWARE_LISTS)?)).await
    }

    async fn installs(
        &self,
        wish: InstallWish,
        after: Option<(AssetId, u64)>,
        limit: usize,
    ) -> Result<Vec<InstallRow>, StoreError> {
        self.read("software.installs", move |txn| installs(txn, &wish, after, limit)).await
    }

    async fn titles(&self, name: Option<&str>, after: Option<Software>, limit: usize) -> Result<Vec<TitleRecord>, StoreError> {
        let name = name.map(folded);
        self.read("software.titles", move |txn| {
            let (numbers, rows) = (txn.open_table(TITLE_NUMBERS)?, txn.open_table(TITLES)?);
            let after = after.as_ref().map(titles::key);
            let begin = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let mut found = Vec::new();
            for row in numbers.range::<&str>((begin, Bound::Unbounded))? {
                if found.len() >= limit {
                    break;
                }
                let (key, number) = row?;
                let (folded_name, _) = key.value().split_once('\0').unwrap_or_default();
                if name.as_deref().is_none_or(|name| folded_name.contains(name)) {
                    found.push(titles::find(&rows, number.value())?);
                }
            }
            Ok(found)
        })
        .await
    }

    async fn visit(&self, mut visit: SoftwareVisit) -> Result<(), StoreError> {
        self.read("software.visit", move |txn| {
            for row in txn.open_table(TITLES)?.iter()? {
                let (number, row) = row?;
                visit(SoftwareSight::Title(number.value(), codec::decode(row.value())?));
            }
            let mut numbers = Vec::new();
            for row in txn.open_table(INSTALLS)?.iter()? {
                let (asset, row) = row?;
                let InstallsRecord { present, removed: _, forgotten: _ } = codec::decode(row.value())?;
                numbers.clear();
                numbers.extend(present.iter().map(|install| install.title));
                visit(SoftwareSight::Asset(AssetId(Uuid::from_u128(asset.value())), &numbers));
            }
            Ok(())
        })
        .await
    }
}

fn replace(txn: &WriteTransaction, list: &SoftwareListRecord, found: &[Found]) -> Result<Difference, Fault> {
    let asset = list.asset.0.as_u128();
    if asset_rows::existing(txn, list.asset)?.agent() != Some(list.agent) {
        let text = format!("asset {} is not the one that agent {} reports", list.asset, list.agent);
        return Err(StoreError::Conflict(text).into());
    }
    let mut rows = txn.open_table(INSTALLS)?;
    let mut titles = Titles::open(txn)?;
    let before: InstallsRecord = codec::get(&rows, asset)?.unwrap_or_default();
    let mut numbers = BTreeMap::new();
    let mut installs = Installs::default();
    for InstallRecord { title, install_day, first_seen, updated_at } in before.present {
        let software = titles.software(title)?;
        numbers.insert(software.clone(), title);
        installs.present.push(Install { software, install_date: install_day.and_then(date), first_seen, updated_at });
    }
    installs.removed = before.removed.into_iter().map(removal).collect();
    installs.forgotten = before.forgotten;
    let difference = installs.observe(found, list.at);
    let mut after = InstallsRecord { forgotten: installs.forgotten, ..InstallsRecord::default() };
    for Install { software, install_date, first_seen, updated_at } in installs.present {
        let title = match numbers.remove(&software) {
            Some(title) => title,
            None => titles.add(&software)?,
        };
        after.present.push(InstallRecord { title, install_day: install_date.map(day), first_seen, updated_at });
    }
    // What is still here is installed no more.
    numbers.into_values().try_for_each(|number| titles.release(number))?;
    after.present.sort_unstable_by_key(|install| install.title);
    after.removed = installs
        .removed
        .into_iter()
        .map(|Removal { software, first_seen, removed_at }| RemovalRecord { software, first_seen, removed_at })
        .collect();
    codec::put(&mut rows, asset, &after)?;
    codec::put(&mut txn.open_table(SOFTWARE_LISTS)?, asset, list)?;
    Ok(difference)
}

fn removal(record: RemovalRecord) -> Removal {
    let RemovalRecord { software, first_seen, removed_at } = record;
    Removal { software, first_seen, removed_at }
}

fn installs(
    txn: &ReadTransaction,
    wish: &InstallWish,
    after: Option<(AssetId, u64)>,
    limit: usize,
) -> Result<Vec<InstallRow>, Fault> {
    let name = wish.name.as_deref().map(folded);
    let named = match (&name, wish.removed) {
        (Some(name), false) => Some(numbers_of(txn, name)?),
        _ => None,
    };
    let first = after.map_or(0, |(asset, _)| asset.0.as_u128());
    let range = match wish.asset.map(|asset| asset.0.as_u128()) {
        // Behind the last row of the one asset there is nothing.
        Some(only) if only < first => return Ok(Vec::new()),
        Some(only) => only..=only,
        None => first..=u128::MAX,
    };
    let (lists, assets, titles) = (txn.open_table(SOFTWARE_LISTS)?, txn.open_table(ASSETS)?, txn.open_table(TITLES)?);
    let mut rows = Vec::new();
    for row in txn.open_table(INSTALLS)?.range(range)? {
        if rows.len() >= limit {
            break;
        }
        let (key, row) = row?;
        let Some(list) = codec::get::<_, SoftwareListRecord>(&lists, key.value())? else { continue };
        if !wish.retired && is_retired(&assets, list.asset)? {
            continue;
        }
        let behind = after.filter(|(asset, _)| *asset == list.asset).map(|(_, number)| number);
        let wanted =
            |number: u64, time| behind.is_none_or(|behind| number > behind) && wish.since.is_none_or(|since| time >= since);
        let room = limit.saturating_sub(rows.len());
        let InstallsRecord { present, removed, forgotten } = codec::decode(row.value())?;
        if wish.removed {
            let named = |gone: &RemovalRecord| name.as_deref().is_none_or(|name| folded(&gone.software.name).contains(name));
            let removed = (forgotten..).zip(removed).filter(|(number, gone)| wanted(*number, gone.removed_at) && named(gone));
            rows.extend(removed.take(room).map(|(number, gone)| gone_row(&list, number, gone)));
        } else {
            let named = |install: &InstallRecord| named.as_ref().is_none_or(|named| named.contains(&install.title));
            let present = present.into_iter().filter(|install| wanted(install.title, install.first_seen) && named(install));
            for install in present.take(room) {
                let software = titles::find(&titles, install.title)?.software;
                rows.push(present_row(&list, software, &install));
            }
        }
    }
    Ok(rows)
}

fn present_row(list: &SoftwareListRecord, software: Software, install: &InstallRecord) -> InstallRow {
    let InstallRecord { title, install_day, first_seen, updated_at } = *install;
    InstallRow {
        asset: list.asset,
        number: title,
        software,
        install_date: install_day.and_then(date),
        first_seen,
        updated_at,
        removed_at: None,
        reported_at: list.at,
    }
}

fn gone_row(list: &SoftwareListRecord, number: u64, gone: RemovalRecord) -> InstallRow {
    let RemovalRecord { software, first_seen, removed_at } = gone;
    InstallRow {
        asset: list.asset,
        number,
        software,
        install_date: None,
        first_seen,
        updated_at: None,
        removed_at: Some(removed_at),
        reported_at: list.at,
    }
}

/// The numbers of the software whose folded name contains this.
fn numbers_of(txn: &ReadTransaction, name: &str) -> Result<BTreeSet<u64>, Fault> {
    let mut numbers = BTreeSet::new();
    for row in txn.open_table(TITLE_NUMBERS)?.iter()? {
        let (key, number) = row?;
        if key.value().split_once('\0').is_some_and(|(folded, _)| folded.contains(name)) {
            numbers.insert(number.value());
        }
    }
    Ok(numbers)
}

fn is_retired(assets: &impl ReadableTable<u128, &'static [u8]>, id: AssetId) -> Result<bool, Fault> {
    Ok(asset_rows::get(assets, id)?.is_some_and(|asset| asset.status() == Some(InstallStatus::Retired)))
}
