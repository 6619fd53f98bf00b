//! One asset as people enter it: making it, changing it, and taking back what was entered.
//!
//! In: fields with checked values. Out: the record as it is stored, with its history and an entry of the audit log.

use crate::store::{StoreError, Stores, ports::AssetChange, records::AuditEntry};
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{
        Asset, Field, Value, class,
        edit::{Change, EditError},
    },
    ids::AssetId,
};
use uuid::Uuid;

/// A new asset with these fields, not yet stored. Without them it is of class `alm_hardware` and of quantity 1.
///
/// # Errors
/// When a value does not fit its field, or the values do not fit each other.
pub fn new_asset(mut fields: Vec<(Field, Option<Value>)>, now: DateTime<Utc>) -> Result<(Asset, Vec<Change>), EditError> {
    for (field, value) in [(Field::SysClassName, Value::Text(class::HARDWARE.to_owned())), (Field::Quantity, Value::Int(1))] {
        if !fields.iter().any(|(given, _)| *given == field) {
            fields.push((field, Some(value)));
        }
    }
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    let time = uuid::Timestamp::from_unix(uuid::NoContext, seconds, now.timestamp_subsec_nanos());
    let mut asset = Asset::new(AssetId(Uuid::new_v7(time)), None, now);
    let changes = asset.edit(&fields, now)?;
    Ok((asset, changes))
}

/// Stores a new asset.
///
/// # Errors
/// Those of the store.
pub async fn store_new(stores: &Stores, (asset, changes): (Asset, Vec<Change>), by: &str) -> Result<AssetId, StoreError> {
    let id = asset.id();
    let audit = AuditEntry {
        at: asset.created_on(),
        actor: by.to_owned(),
        action: "asset.create".to_owned(),
        subject: id.to_string(),
        detail: serde_json::json!({ "changes": changes }),
    };
    stores.assets.create(asset, audit).await?;
    Ok(id)
}

/// Changes an asset under the rules of the domain.
///
/// # Errors
/// Those of the store: [`StoreError::Rule`] for what the rules refuse, [`StoreError::Conflict`] when it is not as it was expected.
pub async fn change_one(stores: &Stores, change: AssetChange, by: &str) -> Result<Asset, StoreError> {
    let action = if change.set.is_empty() { "asset.take_back" } else { "asset.edit" };
    let audit = AuditEntry {
        at: change.at,
        actor: by.to_owned(),
        action: action.to_owned(),
        subject: change.asset.to_string(),
        detail: match change.back.as_slice() {
            [] => serde_json::Value::Null,
            back => serde_json::json!({ "taken_back": back }),
        },
    };
    stores.assets.edit(change, audit).await
}
