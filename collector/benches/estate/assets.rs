//! An estate to measure with. In: how many assets. Out: a store full of them, like those of an office, and the names of the records that
//! they point to; the same for the same number.

use anyhow::Result;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use muster_collector::store::{Stores, records::AuditEntry};
use muster_domain::{
    asset::{Asset, Decimal, Field, Layer, Table, Value, category},
    ids::AssetId,
};
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

/// Users, models and locations that references point to.
const RECORDS: u64 = 2_000;
/// Assets that are on their way to the store at once.
const WRITES: usize = 2_048;

/// Stores so many assets.
///
/// # Errors
/// Those of the store.
#[expect(clippy::print_stdout, reason = "people wait for this for minutes")]
pub(crate) async fn fill(stores: &Stores, assets: u64) -> Result<()> {
    let stored = AtomicU64::new(0);
    let step = (assets / 10).max(1);
    let writes = stream::iter(0..assets).map(|number| {
        let stored = &stored;
        async move {
            stores.assets.create(asset(number), entry()).await?;
            let done = stored.fetch_add(1, Ordering::Relaxed) + 1;
            if done.is_multiple_of(step) {
                println!("{done} of {assets} assets are stored");
            }
            anyhow::Ok(())
        }
    });
    writes.buffer_unordered(WRITES).try_collect().await
}

/// What the audit log gets.
pub(crate) fn entry() -> AuditEntry {
    let (actor, action) = ("bench".to_owned(), "asset.create".to_owned());
    AuditEntry { at: start(), actor, action, subject: String::new(), detail: json!({}) }
}

/// When the newest of them was made.
pub(crate) fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

/// An asset like those of an office: most are machines in use, seen by an agent and given to somebody.
fn asset(number: u64) -> Asset {
    let draw = |what: u64, of: u64| mix(number.wrapping_mul(64).wrapping_add(what)) % of;
    let text = |text: String| Some(Value::Text(text));
    let record = |table: u64, what: u64| Some(Value::Ref(record(table, draw(what, RECORDS))));
    let created = start() - TimeDelta::minutes(draw(0, 2_000_000) as i64);
    // Ids in the order of their making, as the collector makes them.
    let id = AssetId(Uuid::from_u128(u128::from(number) << 64 | u128::from(mix(number))));
    let mut asset = Asset::new(id, None, created);
    let class = if draw(1, 20) == 0 { "alm_consumable" } else { "alm_hardware" };
    let category =
        category::SEEDED.get(draw(2, category::SEEDED.len() as u64) as usize).map(|category| Value::Ref(category.id.0));
    asset.observe(
        Layer::new()
            .with(Field::InstallStatus, (draw(3, 50) != 0).then_some(Value::Int(1)))
            .with(Field::SysClassName, text(class.to_owned()))
            .with(Field::ModelCategory, category)
            .with(Field::Quantity, Some(Value::Int(1)))
            .with(Field::SerialNumber, text(format!("SN{:012X}", mix(number))))
            .with(Field::Model, record(1, 4)),
        created,
    );
    let day = |what: u64| {
        NaiveDate::from_ymd_opt(2021, 1, 1)
            .and_then(|first| first.checked_add_days(chrono::Days::new(draw(what, 1_600))))
            .map(Value::Date)
    };
    let mut edits = vec![
        (Field::AssetTag, text(format!("P{number:07}"))),
        (Field::Location, record(3, 5)),
        (Field::Department, record(4, 6)),
        (Field::Company, record(5, 7)),
        (Field::CostCenter, record(6, 8)),
        (Field::PurchaseDate, day(9)),
        (Field::WarrantyExpiration, day(10)),
        (Field::Cost, Some(Value::Decimal(Decimal::from_ten_thousandths(draw(11, 40_000_000) as i64)))),
    ];
    match draw(12, 10) {
        0 => edits.extend([(Field::InstallStatus, Some(Value::Int(7))), (Field::Substatus, text("disposed".to_owned()))]),
        1 => edits.push((Field::InstallStatus, Some(Value::Int(6)))),
        _ => edits.push((Field::AssignedTo, record(2, 13))),
    }
    if draw(14, 4) == 0 {
        let what = ["Screen exchanged", "Returned by its user, to be wiped", "On loan until further notice"];
        edits.push((Field::Comments, what.get(draw(15, 3) as usize).map(|what| Value::Text((*what).to_owned()))));
    }
    if draw(16, 20) == 0 {
        let parent = draw(17, number + 1);
        edits.push((Field::Parent, Some(Value::Ref(Uuid::from_u128(u128::from(parent) << 64 | u128::from(mix(parent)))))));
    }
    // An edit that the rules refuse would leave the asset poorer than the others, not wrong.
    drop(asset.edit(&edits, created));
    asset
}

/// The records that assets point to: their table, id and display value.
pub(crate) fn names() -> impl Iterator<Item = (Table, Uuid, String)> {
    let tables = [
        (1, Table::Model, "Model"),
        (2, Table::User, "User"),
        (3, Table::Location, "Place"),
        (4, Table::Department, "Department"),
        (5, Table::Company, "Company"),
        (6, Table::CostCenter, "Cost centre"),
    ];
    tables.into_iter().flat_map(|(number, table, name)| {
        (0..RECORDS).map(move |place| (table, record(number, place), format!("{name} {place}")))
    })
}

fn record(table: u64, number: u64) -> Uuid {
    Uuid::from_u64_pair(mix(table << 32 | number), number)
}

/// The same number out of the same number, without a pattern (splitmix64).
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}
