//! Alerts: what somebody should act on, since when, once each.

use chrono::{DateTime, Utc};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// How urgent an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Act soon.
    Warning,
    /// Act now.
    Critical,
}

/// One alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Alert {
    /// When it began.
    pub since: DateTime<Utc>,
    /// How urgent it is.
    pub severity: Severity,
    /// What is wrong, where, and what to do.
    pub text: String,
}

/// The alerts that stand, by a key of the stage that raises them.
#[derive(Debug, Default)]
pub struct Alerts {
    standing: Mutex<BTreeMap<String, Alert>>,
}

impl Alerts {
    /// Raises an alert, or changes the text of one that stands; its `since` stays.
    pub fn raise(&self, key: &str, severity: Severity, text: impl Into<String>, now: DateTime<Utc>) {
        let text = text.into();
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        match standing.get_mut(key) {
            Some(alert) => {
                alert.severity = severity;
                alert.text = text;
            }
            None => {
                tracing::warn!(alert = key, text, "alert raised");
                standing.insert(key.to_owned(), Alert { since: now, severity, text });
            }
        }
    }

    /// Ends an alert.
    pub fn clear(&self, key: &str) {
        if self.standing.lock().unwrap_or_else(PoisonError::into_inner).remove(key).is_some() {
            tracing::info!(alert = key, "alert cleared");
        }
    }

    /// Every alert that stands, the most urgent first.
    #[must_use]
    pub fn list(&self) -> Vec<Alert> {
        self.standing().into_iter().map(|(_, alert)| alert).collect()
    }

    /// The same with the keys of the stages that raised them, by which a page knows where the rows are.
    #[must_use]
    pub fn standing(&self) -> Vec<(String, Alert)> {
        let standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<(String, Alert)> = standing.iter().map(|(key, alert)| (key.clone(), alert.clone())).collect();
        drop(standing);
        list.sort_by(|(_, a), (_, b)| b.severity.cmp(&a.severity).then(a.since.cmp(&b.since)).then_with(|| a.text.cmp(&b.text)));
        list
    }
}
