//! The weekly report: one for each Sunday, in the night, caught up once when nights were missed.

use super::{error::UnitsError, service::Units, site::Standing};
use crate::store::records::{UnitReportRecord, UnitRow};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::calendar::due_sunday;

impl Units {
    /// Makes the report that is due, if one is; tells whether it did. What a report says is the state of now, and the date is the
    /// Sunday that it is for.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn report_if_due(&self) -> Result<bool, UnitsError> {
        let compliance = &self.parts.compliance;
        let now = compliance.time();
        let Some(night) = compliance.zone().run_due(None, now, compliance.nightly_at()) else { return Ok(false) };
        let last = self.parts.stores.units.reports(None, 1).await?.pop().map(|report| report.site_date);
        let Some(sunday) = due_sunday(night, last) else { return Ok(false) };
        let standing = self.standing().await?;
        let record = record(&standing, sunday, now);
        // Another collector on the same store may have been first.
        Ok(self.parts.stores.units.keep_report(record).await?)
    }

    /// The last reports, newest first.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn reports(&self, limit: usize) -> Result<Vec<UnitReportRecord>, UnitsError> {
        Ok(self.parts.stores.units.reports(None, limit).await?)
    }
}

fn record(standing: &Standing, site_date: NaiveDate, at: DateTime<Utc>) -> UnitReportRecord {
    let Standing { site, report } = standing;
    let row = |row: &muster_domain::units::Row| UnitRow {
        category: site.licensing.catalogue().name(row.place).to_owned(),
        application: row.application.map(|application| application.code().to_owned()),
        ratio: row.quotient.ratio.get(),
        count: row.quotient.count,
        units: row.units,
    };
    UnitReportRecord {
        site_date,
        at,
        consumed: report.consumed,
        entitled: report.entitled,
        rounding: site.rounding.name().to_owned(),
        rows: report.rows.iter().filter(|row| row.in_force).map(row).collect(),
    }
}
