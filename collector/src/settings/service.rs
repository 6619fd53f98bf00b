//! The settings at work: read at the start, changed as one unit of work with their audit entries, then published.

use super::{
    catalogue::{self, Definition, definitions},
    kind::ValueError,
    values::Values,
};
use crate::store::{StoreError, ports::SystemStore, records::AuditEntry};
use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::Mutex;

/// The settings.
pub struct Settings {
    system: Arc<dyn SystemStore>,
    current: ArcSwap<Current>,
    /// Held during a change.
    changing: Mutex<()>,
}

struct Current {
    /// What differs from its default.
    stored: BTreeMap<&'static str, String>,
    values: Arc<Values>,
}

/// One setting with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: Value,
    /// Its default.
    pub default: Value,
    /// Whether it differs from its default.
    pub changed: bool,
    /// Its type.
    pub kind: String,
    /// What it does.
    pub what: &'static str,
    /// Where the rule comes from.
    pub source: &'static str,
}

/// A change that was checked and not made yet.
#[derive(Debug, Clone)]
pub struct Change {
    /// The settings that change: name, before, after.
    pub changes: Vec<(&'static str, Value, Value)>,
    /// What would be in force.
    pub values: Arc<Values>,
    /// Whether the compliance count depends on one of them.
    pub counts: bool,
    /// Whether subscription units depend on one of them.
    pub units: bool,
    stored: BTreeMap<&'static str, String>,
}

/// Why a change is refused. Nothing is changed then.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// There is no such setting.
    #[error("there is no setting {0:?}; look at muster-collector settings list")]
    Unknown(String),
    /// The value is not one of its type.
    #[error("{name}: {error}")]
    Value {
        /// The setting.
        name: &'static str,
        /// What is wrong.
        error: ValueError,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Settings {
    /// What the store holds. A stored value that cannot be used any more is logged, and its default is in force.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(system: Arc<dyn SystemStore>) -> Result<Self, StoreError> {
        let rows = system.settings().await?;
        let mut stored = BTreeMap::new();
        for definition in definitions() {
            let Some(text) = rows.get(definition.name) else { continue };
            match definition.kind.canonical(&Value::String(text.clone())) {
                Ok(text) => {
                    stored.insert(definition.name, text);
                }
                Err(error) => tracing::error!(setting = definition.name, %error, "a stored setting cannot be used"),
            }
        }
        let current = ArcSwap::from_pointee(Current { values: read(&stored), stored });
        Ok(Self { system, current, changing: Mutex::new(()) })
    }

    /// The values in force.
    #[must_use]
    pub fn values(&self) -> Arc<Values> {
        Arc::clone(&self.current.load().values)
    }

    /// Every setting with its value, in the order of the list.
    #[must_use]
    pub fn list(&self) -> Vec<Setting> {
        let current = self.current.load();
        definitions()
            .map(|definition| Setting {
                name: definition.name,
                value: definition.kind.json(text(&current.stored, definition)),
                default: definition.kind.json(definition.default),
                changed: current.stored.contains_key(definition.name),
                kind: definition.kind.name(),
                what: definition.what,
                source: definition.source,
            })
            .collect()
    }

    /// Checks a change; a null goes back to the default.
    ///
    /// # Errors
    /// For an unknown name or a value that is none of its type.
    pub fn check(&self, wanted: &Map<String, Value>) -> Result<Change, SettingsError> {
        let current = self.current.load();
        let mut stored = current.stored.clone();
        let (mut changes, mut counts, mut units) = (Vec::new(), false, false);
        for (name, value) in wanted {
            let definition = catalogue::find(name).ok_or_else(|| SettingsError::Unknown(name.chars().take(64).collect()))?;
            let wanted = match value {
                Value::Null => definition.default.to_owned(),
                value => {
                    let canonical = definition.kind.canonical(value);
                    canonical.map_err(|error| SettingsError::Value { name: definition.name, error })?
                }
            };
            let before = text(&current.stored, definition);
            if before == wanted {
                continue;
            }
            counts |= definition.counts;
            units |= definition.units;
            changes.push((definition.name, definition.kind.json(before), definition.kind.json(&wanted)));
            if wanted == definition.default {
                stored.remove(definition.name);
            } else {
                stored.insert(definition.name, wanted);
            }
        }
        Ok(Change { changes, values: read(&stored), counts, units, stored })
    }

    /// Makes a change: all of it with its audit entries, or nothing. From then on the new values are in force.
    ///
    /// # Errors
    /// As [`Settings::check`], and when it cannot be stored.
    pub async fn change(&self, wanted: &Map<String, Value>, actor: &str, now: DateTime<Utc>) -> Result<Change, SettingsError> {
        let _changing = self.changing.lock().await;
        let change = self.check(wanted)?;
        if change.changes.is_empty() {
            return Ok(change);
        }
        let rows = change.changes.iter().map(|(name, ..)| ((*name).to_owned(), change.stored.get(name).cloned())).collect();
        let audit = change.changes.iter().map(|(name, before, after)| AuditEntry {
            at: now,
            actor: actor.to_owned(),
            action: "settings.set".to_owned(),
            subject: (*name).to_owned(),
            detail: serde_json::json!({"before": before, "after": after}),
        });
        self.system.change_settings(rows, audit.collect()).await?;
        self.current.store(Arc::new(Current { stored: change.stored.clone(), values: Arc::clone(&change.values) }));
        Ok(change)
    }
}

/// The values of a list of settings by name; what it does not name has its default.
///
/// # Errors
/// For an unknown name or a value that is none of its type.
pub fn values_of(wanted: &Map<String, Value>) -> Result<Arc<Values>, SettingsError> {
    let mut stored = BTreeMap::new();
    for (name, value) in wanted.iter().filter(|(_, value)| !value.is_null()) {
        let definition = catalogue::find(name).ok_or_else(|| SettingsError::Unknown(name.chars().take(64).collect()))?;
        let canonical = definition.kind.canonical(value);
        let text = canonical.map_err(|error| SettingsError::Value { name: definition.name, error })?;
        stored.insert(definition.name, text);
    }
    Ok(read(&stored))
}

fn text<'a>(stored: &'a BTreeMap<&'static str, String>, definition: &Definition) -> &'a str {
    stored.get(definition.name).map_or(definition.default, String::as_str)
}

fn read(stored: &BTreeMap<&'static str, String>) -> Arc<Values> {
    Arc::new(Values::read(|name| catalogue::find(name).map(|definition| text(stored, definition).to_owned()).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store;
    use muster_domain::query::{Invalid, NullMode};
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[tokio::test]
    async fn a_change_is_in_force_at_once_and_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("muster.redb");
        store::redb::create(&path).unwrap();
        let stores = store::redb::open(&path).await.unwrap();
        let load = || async { Settings::load(Arc::clone(&stores.system)).await.unwrap() };
        let settings = load().await;
        let now = DateTime::UNIX_EPOCH;
        let both = object(json!({"null_mode": "inclusive", "query_invalid": "none", "run_retention_days": 1100}));
        let change = settings.change(&both, "user:anna", now).await.unwrap();
        assert_eq!(change.changes.len(), 2, "what stays as it is, is no change");
        for settings in [&settings, &load().await] {
            assert_eq!((settings.values().null_mode, settings.values().invalid), (NullMode::Inclusive, Invalid::None));
            assert_eq!(settings.list().iter().filter(|setting| setting.changed).count(), 2);
        }
        for wrong in [json!({"null_mode": "sql", "query_invalid": "x"}), json!({"null_mode": "sql", "colour": "red"})] {
            assert!(settings.change(&object(wrong), "user:anna", now).await.is_err());
            assert_eq!(settings.values().null_mode, NullMode::Inclusive, "nothing is half done");
        }
        settings.change(&object(json!({"null_mode": null})), "user:anna", now).await.unwrap();
        assert_eq!(load().await.values().null_mode, NullMode::Sql);
        let audit = stores.audit.page(None, 10).await.unwrap();
        let said: Vec<_> = audit.iter().map(|record| (record.entry.subject.as_str(), &record.entry.detail["after"])).collect();
        assert_eq!(said, [("null_mode", &json!("sql")), ("query_invalid", &json!("none")), ("null_mode", &json!("inclusive"))]);
    }

    #[tokio::test]
    async fn a_row_that_cannot_be_used_leaves_the_default() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("muster.redb");
        store::redb::create(&path).unwrap();
        let stores = store::redb::open(&path).await.unwrap();
        let rows =
            vec![("null_mode".to_owned(), Some("nonsense".to_owned())), ("collector.names".to_owned(), Some("a".to_owned()))];
        stores.system.change_settings(rows, Vec::new()).await.unwrap();
        let settings = Settings::load(stores.system).await.unwrap();
        assert_eq!(*settings.values(), Values::default());
    }
}
