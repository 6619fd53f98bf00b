//! The past of a site as a request tells it, in tables for people.
//!
//! In: the facts of a request. Out: text. Texts of a customer are cleaned by the table itself.

use chrono::NaiveDate;
use muster_license::request::Facts;
use muster_runtime::output;

/// Appends the tables of months, graces, disablements and peaks to the fields of a request.
pub(super) fn tables(fields: &str, facts: &Facts) -> String {
    let mut text = fields.to_owned();
    let mut table = |title: &str, headers: &[&str], rows: Vec<Vec<String>>| {
        if !rows.is_empty() {
            text.push_str(&format!("\n{title}\n{}", output::table(headers, &rows)));
        }
    };
    let counts = facts.counts.iter().map(|month| {
        vec![
            month.month.clone(),
            month.peak.to_string(),
            date(month.peak_on),
            month.last.to_string(),
            date(month.last_on),
            month.days_in_grace.to_string(),
            month.days_disabled.to_string(),
        ]
    });
    table(
        "Assets counted, by month",
        &["MONTH", "HIGHEST", "ON", "LAST", "ON", "DAYS IN GRACE", "DAYS DISABLED"],
        counts.collect(),
    );
    let graces = facts.grace_periods.iter();
    let graces = graces.map(|grace| vec![grace.started.to_string(), date(grace.ended), grace.peak_over_by.to_string()]);
    table("Graces", &["FROM", "UNTIL", "MOST OVER THE LIMIT"], graces.collect());
    let disabled = facts.disabled_periods.iter();
    let disabled = disabled.map(|period| vec![period.started.to_string(), date(period.ended), period.reason.clone()]);
    table("Disabled", &["FROM", "UNTIL", "REASON"], disabled.collect());
    let peaks = facts.application_peaks.iter().flat_map(|peaks| {
        peaks.months.iter().map(|month| {
            vec![
                peaks.application.clone(),
                month.month.clone(),
                month.total.to_string(),
                date(month.on),
                month.named.to_string(),
                month.floating.to_string(),
            ]
        })
    });
    table("Peaks of applications", &["APPLICATION", "MONTH", "PEAK", "ON", "NAMED", "FLOATING"], peaks.collect());
    text
}

fn date(date: Option<NaiveDate>) -> String {
    date.map_or_else(|| "-".to_owned(), |date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn facts(more: &serde_json::Value) -> Facts {
        let mut all = json!({
            "collector_id": "0193a1b2-0000-7000-8000-000000000001", "created_at": "2026-11-20T08:30:00Z", "version": "0.1.0",
        });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn each_part_of_the_past_has_its_table_and_an_empty_one_has_none() {
        assert_eq!(tables("fields\n", &facts(&json!({}))), "fields\n");
        let text = tables(
            "fields\n",
            &facts(&json!({
                "counts": [{"month": "2026-10", "peak": 507, "peak_on": "2026-10-05", "last": 499, "days_in_grace": 6}],
                "grace_periods": [{"started": "2026-10-03", "peak_over_by": 7}],
                "disabled_periods": [{"started": "2026-09-01", "ended": "2026-09-02", "reason": "expired"}],
                "application_peaks": [{"application": "Incident\u{1b}[2J", "months": [
                    {"month": "2026-10", "total": 31, "on": "2026-10-12", "named": 9, "floating": 25}]}],
            })),
        );
        for part in
            ["Assets counted, by month", "2026-10  507      2026-10-05  499   -", "Graces", "2026-10-03  -", "expired", "31"]
        {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}
