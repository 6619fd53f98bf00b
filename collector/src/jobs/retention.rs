//! How long the history of use is kept: as many days as the settings say, by the nights of the compliance runs.

use crate::{
    compliance::Compliance,
    sessions::{KeptFrom, Retention},
    settings::Settings,
    store::StoreError,
};
use async_trait::async_trait;
use chrono::NaiveDate;
use std::sync::Arc;

/// The retention of sessions, and of the figures of days and hours.
pub struct UsageRetention {
    compliance: Arc<Compliance>,
    settings: Arc<Settings>,
}

impl UsageRetention {
    /// By these settings.
    #[must_use]
    pub fn new(compliance: Arc<Compliance>, settings: Arc<Settings>) -> Self {
        Self { compliance, settings }
    }
}

#[async_trait]
impl Retention for UsageRetention {
    async fn kept_from(&self) -> Result<KeptFrom, StoreError> {
        let values = self.settings.values();
        let start = |date: Option<NaiveDate>| date.map(|date| self.compliance.zone().day_start(date));
        Ok(KeptFrom {
            sessions: start(self.compliance.kept_from(values.session_retention_days).await?),
            days: self.compliance.kept_from(values.usage_retention_days).await?,
            hours: start(self.compliance.kept_from(values.hour_retention_days).await?),
        })
    }
}
