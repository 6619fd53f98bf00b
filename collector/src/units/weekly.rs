//! The weekly report: one for each Sunday, in the night, caught up once when nights were missed.

use super::{error::UnitsError, service::Units, site::Standing};
use crate::store::records::{UnitReportRecord, UnitRow};
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};

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
        let Some(sunday) = due(night, last) else { return Ok(false) };
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

/// The Sunday that a report is due for: the last one up to the night, if it has none. A site without a report begins on a Sunday,
/// and not with one that it did not see.
fn due(night: NaiveDate, last: Option<NaiveDate>) -> Option<NaiveDate> {
    let sunday = night.checked_sub_days(Days::new(night.weekday().num_days_from_sunday().into()))?;
    match last {
        Some(last) => (last < sunday).then_some(sunday),
        None => (night.weekday() == Weekday::Sun).then_some(sunday),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_due_once_a_week() {
        let date = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let check = |night, last: Option<u32>, expected: Option<u32>| {
            assert_eq!(due(date(night), last.map(date)), expected.map(date), "{night} {last:?}");
        };
        check(22, None, Some(22));
        check(23, None, None);
        check(22, Some(15), Some(22));
        check(22, Some(22), None);
        check(24, Some(22), None);
        check(24, Some(15), Some(22));
        check(28, Some(1), Some(22));
        check(21, Some(22), None);
    }
}
