//! How long sessions that are over are kept: as many days as the settings say, by the nights of the compliance runs.

use crate::{compliance::Compliance, sessions::Retention, settings::Settings, store::StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// The retention of sessions.
pub struct SessionRetention {
    compliance: Arc<Compliance>,
    settings: Arc<Settings>,
}

impl SessionRetention {
    /// By these settings.
    #[must_use]
    pub fn new(compliance: Arc<Compliance>, settings: Arc<Settings>) -> Self {
        Self { compliance, settings }
    }
}

#[async_trait]
impl Retention for SessionRetention {
    async fn kept_from(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let from = self.compliance.kept_from(self.settings.values().session_retention_days).await?;
        Ok(from.map(|date| self.compliance.zone().day_start(date)))
    }
}
