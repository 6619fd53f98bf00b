//! Factor tables: as they are published, and as administrators changed them.
//!
//! In: the stored changes, and tables as JSON. Out: the factors that metrics are computed with, and each table with its source. A
//! table that cannot be used is never stored; one that no longer can be used is told, and the published one is in force.

use crate::store::{StoreError, ports::SystemStore, records::AuditEntry};
use muster_domain::metric::Factors;
use serde_json::Value;

/// What the names of stored tables begin with.
const PREFIX: &str = "factors.";

/// One table.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorTable {
    /// Its name: the publisher, a dot, and the table.
    pub name: String,
    /// Whether it differs from the published one.
    pub changed: bool,
    /// As it is in force: `rows` or `value`, `source` and `check`.
    pub table: Value,
    /// As it is published.
    pub published: Value,
}

/// Why a table is refused.
#[derive(Debug, thiserror::Error)]
pub enum FactorTableError {
    /// There is no such table.
    #[error("there is no factor table {0:?}; known are {names}", names = known().join(", "))]
    Unknown(String),
    /// It cannot be used.
    #[error("{table}: {reason}")]
    Invalid {
        /// Which.
        table: String,
        /// What is wrong.
        reason: String,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The factors that are in force, and what is stored and cannot be used.
///
/// # Errors
/// When the store cannot be read.
pub async fn factors(system: &dyn SystemStore) -> Result<(Factors, Vec<String>), StoreError> {
    Ok(changed_factors(stored(system).await?))
}

/// The published factors with these tables in their places, and what of them cannot be used.
#[must_use]
pub fn changed_factors(tables: Vec<(String, Value)>) -> (Factors, Vec<String>) {
    let (mut all, mut notes) = (published(), Vec::new());
    for (name, table) in tables {
        match put(&all, &name, table) {
            Ok(changed) => all = changed,
            Err(error) => notes.push(format!("a changed factor table is not used: {error}")),
        }
    }
    match read(all) {
        Ok(factors) => (factors, notes),
        Err(error) => {
            notes.push(format!("no changed factor table is used: {error}"));
            (Factors::default(), notes)
        }
    }
}

/// Every table, by name.
///
/// # Errors
/// When the store cannot be read.
pub async fn factor_tables(system: &dyn SystemStore) -> Result<Vec<FactorTable>, StoreError> {
    let changes = stored(system).await?;
    let published = published();
    let one = |name: String| {
        let original = at(&published, &name).cloned().unwrap_or_default();
        // What is stored and cannot be used is not in force.
        let change = changes
            .iter()
            .find(|(changed, _)| *changed == name)
            .filter(|(_, table)| put(&published, &name, table.clone()).is_ok());
        let table = change.map_or_else(|| original.clone(), |(_, table)| table.clone());
        FactorTable { changed: change.is_some(), name, table, published: original }
    };
    Ok(known().into_iter().map(one).collect())
}

/// Changes a table. `table` has `rows` or `value`, as the published one, and may have `source` and `check`.
///
/// # Errors
/// What is wrong with the table, and those of the store.
pub async fn set_factor_table(
    system: &dyn SystemStore,
    name: &str,
    table: Value,
    audit: impl FnOnce(Value) -> AuditEntry,
) -> Result<FactorTable, FactorTableError> {
    let before = find(system, name).await?;
    let Value::Object(mut members) = table else { return Err(invalid(name, "a table is an object with rows or value")) };
    let content = if before.published.get("rows").is_some() { "rows" } else { "value" };
    if let Some(strange) = members.keys().find(|key| ![content, "source", "check"].contains(&key.as_str())) {
        return Err(invalid(name, &format!("{strange:?} is not known; a table has {content}, source and check")));
    }
    if !members.contains_key(content) {
        return Err(invalid(name, &format!("give {content}, as muster-collector metric factors show {name} prints it")));
    }
    members.entry("source").or_insert_with(|| "entered by the site".into());
    members.entry("check").or_insert(Value::Bool(false));
    let table = Value::Object(members);
    let changed = put(&published(), name, table)?;
    // What is stored is what was understood, in its own spelling.
    let factors = read(changed)?;
    let table = serde_json::to_value(&factors).ok().and_then(|all| at(&all, name).cloned()).unwrap_or_default();
    let entry = audit(serde_json::json!({"before": before.table, "after": table}));
    let text = (table != before.published).then(|| table.to_string());
    system.set(&format!("{PREFIX}{name}"), text.as_deref(), entry).await?;
    Ok(FactorTable { changed: text.is_some(), table, ..before })
}

/// Goes back to the published table.
///
/// # Errors
/// When there is no such table, and those of the store.
pub async fn reset_factor_table(
    system: &dyn SystemStore,
    name: &str,
    audit: impl FnOnce(Value) -> AuditEntry,
) -> Result<FactorTable, FactorTableError> {
    let before = find(system, name).await?;
    let entry = audit(serde_json::json!({"before": before.table, "after": before.published}));
    system.set(&format!("{PREFIX}{name}"), None, entry).await?;
    Ok(FactorTable { changed: false, table: before.published.clone(), ..before })
}

/// One table.
///
/// # Errors
/// When there is no such table, and those of the store.
pub async fn find(system: &dyn SystemStore, name: &str) -> Result<FactorTable, FactorTableError> {
    let found = factor_tables(system).await?.into_iter().find(|table| table.name == name);
    found.ok_or_else(|| FactorTableError::Unknown(name.chars().take(64).collect()))
}

/// The stored changes, as JSON; what is none is left out by whoever reads it.
async fn stored(system: &dyn SystemStore) -> Result<Vec<(String, Value)>, StoreError> {
    let rows = system.settings().await?;
    let tables = rows.into_iter().filter_map(|(name, text)| Some((name.strip_prefix(PREFIX)?.to_owned(), text)));
    Ok(tables.map(|(name, text)| (name, serde_json::from_str(&text).unwrap_or_default())).collect())
}

fn published() -> Value {
    serde_json::to_value(Factors::default()).unwrap_or_default()
}

/// The names of all tables.
fn known() -> Vec<String> {
    let groups = published();
    let groups = groups.as_object().into_iter().flatten();
    groups
        .flat_map(|(group, tables)| tables.as_object().into_iter().flatten().map(move |(table, _)| format!("{group}.{table}")))
        .collect()
}

fn at<'a>(all: &'a Value, name: &str) -> Option<&'a Value> {
    let (group, table) = name.split_once('.')?;
    all.get(group)?.get(table)
}

/// All tables with this one, if it can be used.
fn put(all: &Value, name: &str, table: Value) -> Result<Value, FactorTableError> {
    let mut changed = all.clone();
    let place = name.split_once('.').and_then(|(group, table)| changed.get_mut(group)?.as_object_mut()?.get_mut(table));
    let Some(place) = place else { return Err(FactorTableError::Unknown(name.chars().take(64).collect())) };
    *place = table;
    read(changed.clone()).map(|_| changed).map_err(|error| match error {
        FactorTableError::Invalid { reason, .. } => invalid(name, &reason),
        other => other,
    })
}

fn read(all: Value) -> Result<Factors, FactorTableError> {
    let factors: Factors = serde_json::from_value(all).map_err(|error| invalid("factors", &error.to_string()))?;
    factors.check().map_err(|(table, error)| invalid(table, &error.to_string()))?;
    Ok(factors)
}

fn invalid(table: &str, reason: &str) -> FactorTableError {
    FactorTableError::Invalid { table: table.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{self, Stores, conformance::fixtures::entry};
    use serde_json::json;

    async fn stores() -> (Stores, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("muster.redb");
        store::redb::create(&path).unwrap();
        (store::redb::open(&path).await.unwrap(), directory)
    }

    fn audit(detail: Value) -> AuditEntry {
        AuditEntry { detail, ..entry("factor.set") }
    }

    #[tokio::test]
    async fn a_changed_table_is_in_force_until_it_is_reset() {
        let (stores, _directory) = stores().await;
        let system = stores.system.as_ref();
        assert_eq!(factors(system).await.unwrap(), (Factors::default(), Vec::new()));
        let table = json!({"rows": [{"words": ["xeon"], "max_sockets": null, "each": "0.75"}]});
        let set = set_factor_table(system, "oracle.core", table, audit).await.unwrap();
        assert_eq!((set.changed, set.table["source"].as_str()), (true, Some("entered by the site")));
        let (now, notes) = factors(system).await.unwrap();
        assert_eq!((now.oracle.core.rows.len(), now.oracle.core.check, notes), (1, false, Vec::new()));
        assert_eq!(now.ibm, Factors::default().ibm);
        assert_eq!(factor_tables(system).await.unwrap().iter().filter(|table| table.changed).count(), 1);
        let logged = &stores.audit.page(None, 1).await.unwrap()[0].entry.detail;
        assert_eq!((logged["before"]["rows"].as_array().unwrap().len() > 1, logged["after"] == set.table), (true, true));
        assert!(!reset_factor_table(system, "oracle.core", audit).await.unwrap().changed);
        assert_eq!(factors(system).await.unwrap().0, Factors::default());
    }

    #[tokio::test]
    async fn what_cannot_be_used_is_refused() {
        let (stores, _directory) = stores().await;
        let system = stores.system.as_ref();
        for (name, table, expected) in [
            ("oracle.cores", json!({"rows": []}), "known are"),
            ("oracle.core", json!([]), "rows or value"),
            ("oracle.core", json!({"value": 1}), "\"value\" is not known"),
            ("oracle.core", json!({}), "give rows"),
            ("oracle.core", json!({"rows": []}), "no rows"),
            ("oracle.core", json!({"rows": [{"words": [], "max_sockets": null, "each": "x"}]}), "0.24375"),
            ("ibm.rvu", json!({"rows": [{"up_to": null, "each": "1"}, {"up_to": 5, "each": "1"}]}), "tiers"),
            ("red_hat.density_threshold", json!({"value": "0"}), "above 0"),
        ] {
            let error = set_factor_table(system, name, table, audit).await.unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert_eq!(stores.audit.page(None, 1).await.unwrap(), []);
        system.set("factors.ibm.rvu", Some("nonsense"), entry("settings.set")).await.unwrap();
        let (now, notes) = factors(system).await.unwrap();
        assert_eq!((now, notes.len()), (Factors::default(), 1));
        assert!(factor_tables(system).await.unwrap().iter().all(|table| !table.changed));
    }
}
