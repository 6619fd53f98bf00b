//! The request file a site sends to its vendor: who it is, what is in force, what it counted, and what it used.

use super::{
    count::CountError,
    past,
    service::{Compliance, RunError},
};
use crate::store::{
    StoreError,
    records::{AgentStatus, RunRecord, UsageRecord},
};
use chrono::{Days, Months, NaiveDate};
use muster_license::{claims, request::Facts};

/// Runs read at once.
const RUNS_READ: usize = 500;

impl Compliance {
    /// The request, signed and armoured.
    ///
    /// # Errors
    /// When the wished query cannot be used or the store cannot be read.
    pub async fn request(&self, wished_query: Option<&str>) -> Result<String, RunError> {
        let parts = &self.parts;
        let key = self.current.load().key.clone();
        let claims = key.as_deref().map(|key| &key.claims);
        let table = claims.map_or(claims::DEFAULT_TABLE, |claims| claims.table.as_str());
        let in_force = key.as_deref().map_or(claims::DEFAULT_QUERY, |key| key.query.as_str());
        let values = parts.settings.values();
        let wished_count = match wished_query {
            Some(query) => Some(self.count_as(query, table, &values).await?),
            None => None,
        };
        // A query that cannot be used any more is the reason to ask for another one.
        let count_in_force = match self.count_as(in_force, table, &values).await {
            Ok(count) => Some(count),
            Err(error @ (RunError::Store(_) | RunError::Count(CountError::Store(_)))) => return Err(error),
            Err(_) => None,
        };
        let today = parts.zone.site_date(self.time());
        let from = past::first_month(today);
        let runs = self.runs_since(from).await?;
        let (application_peaks, applications_left_out) = past::peaks(self.usage_by_month(from, today).await?);
        let agents = parts.stores.agents.all().await?;
        let facts = Facts {
            collector_id: parts.collector_id,
            created_at: self.time(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            license_in_force: claims.map(|claims| claims.lic_id),
            serial_in_force: claims.map(|claims| claims.serial),
            query_in_force: key.as_deref().map(|key| key.query.clone()),
            count_in_force,
            table: Some(table.to_owned()),
            wished_query: wished_query.map(str::to_owned),
            wished_count,
            counts: past::months(&runs, from, today, parts.zone),
            grace_periods: past::graces(runs.iter(), from, parts.zone),
            disabled_periods: past::disabled(&runs, from, parts.zone),
            application_peaks,
            applications_left_out,
            pending_devices: agents.iter().filter(|agent| agent.status == AgentStatus::Pending).map(|_| 1).sum(),
        };
        muster_license::request::sign(facts, &parts.machine).map_err(|error| RunError::Internal(error.to_string()))
    }

    /// The runs since a date, oldest first, with those that led to it.
    async fn runs_since(&self, from: NaiveDate) -> Result<Vec<RunRecord>, StoreError> {
        let (mut runs, mut before) = (Vec::new(), None);
        loop {
            let page = self.parts.stores.license.runs(before, RUNS_READ).await?;
            before = page.last().map(|run| run.id);
            let enough = page.len() < RUNS_READ || page.last().is_some_and(|run| run.site_date < from);
            runs.extend(page);
            if enough {
                runs.reverse();
                return Ok(runs);
            }
        }
    }

    /// Daily peaks, a month at a time, so that a site with many applications is never held in memory as a whole.
    async fn usage_by_month(&self, from: NaiveDate, today: NaiveDate) -> Result<Vec<past::MonthUse>, StoreError> {
        let (mut months, mut start) = (Vec::new(), from);
        while start <= today {
            let Some(next) = start.checked_add_months(Months::new(1)) else { break };
            let end = next.checked_sub_days(Days::new(1)).unwrap_or(next);
            let records: Vec<UsageRecord> = self.parts.stores.usage.peaks(None, start, end).await?;
            months.push(past::month_use(start, &records));
            start = next;
        }
        Ok(months)
    }
}
