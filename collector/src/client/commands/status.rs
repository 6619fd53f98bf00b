//! `status`: everything at a glance.

use crate::{
    client::{
        error::ClientError,
        http::Api,
        show::{Column, Kind, Printer, aligned},
        time,
    },
    publish::{Facts, headline, uncounted},
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use std::fmt::Write as _;

/// Prints the status.
pub(super) async fn run(api: &Api, printer: Printer) -> Result<(), ClientError> {
    let status = api.get("/status", &[]).await?;
    printer.told(&status, status_text(&status).trim_end())
}

/// The date at the site of an instant in a document; the document names the zone.
fn site_date(document: &Value, path: &str) -> Option<NaiveDate> {
    let zone = text(document, "/time_zone").and_then(|zone| zone.parse::<Tz>().ok()).unwrap_or(Tz::UTC);
    let at = DateTime::parse_from_rfc3339(text(document, path)?).ok()?;
    Some(at.with_timezone(&zone).date_naive())
}

/// The sentence for a document with `state`, `reason`, `license` and `compliance`; a second one says how many assets the count
/// leaves out.
pub(super) fn sentence(document: &Value) -> String {
    let sentence = headline(&Facts {
        state: text(document, "/state").unwrap_or_default(),
        reason: text(document, "/reason"),
        asset_count: number(document, "/compliance/asset_count"),
        asset_limit: number(document, "/compliance/asset_limit"),
        over_by: number(document, "/compliance/over_by").unwrap_or_default(),
        users_over_by: number(document, "/compliance/users_over_by").unwrap_or_default(),
        grace_ends: site_date(document, "/compliance/grace_ends_at"),
        days_left: document.pointer("/compliance/days_left").and_then(Value::as_i64),
        expires: site_date(document, "/license/expires_at"),
    });
    match uncounted(number(document, "/compliance/uncounted_empty_state").unwrap_or_default()) {
        Some(left_out) => format!("{sentence}\n{left_out}"),
        None => sentence,
    }
}

fn status_text(status: &Value) -> String {
    let now = text(status, "/now").and_then(|at| DateTime::parse_from_rfc3339(at).ok()).map(|at| at.with_timezone(&Utc));
    let when = |path: &str| match (text(status, path), now) {
        (Some(at), Some(now)) => time::for_people(at, now),
        (Some(at), None) => at.to_owned(),
        (None, _) => "never".to_owned(),
    };
    let count = |path: &str| number(status, path).map_or_else(|| "-".to_owned(), |number| number.to_string());
    let mut page = format!("{}\n\n", sentence(status));
    let mut line = |name: &str, value: String| {
        let _ = writeln!(page, "{name:<16}{value}");
    };
    match text(status, "/license/customer") {
        Some(customer) => {
            line("Licence", format!("{customer}, serial {}", count("/license/serial")));
            let days = number(status, "/license/days_left")
                .map_or_else(String::new, |days| format!(" ({days} day{} left)", if days == 1 { "" } else { "s" }));
            let date = site_date(status, "/license/expires_at").map_or_else(|| "-".to_owned(), |date| date.to_string());
            line("Expires", format!("{date}{days}"));
        }
        None => line("Licence", "none; muster-collector license request > request.txt and send it to the vendor".to_owned()),
    }
    line("Machine key id", text(status, "/machine_key_id").unwrap_or_default().to_owned());
    let of = |used: &str, limit: &str| match number(status, limit) {
        Some(limit) => format!("{} of {limit}", count(used)),
        None => count(used),
    };
    line("Assets", of("/compliance/asset_count", "/compliance/asset_limit"));
    line("Users", of("/compliance/user_count", "/compliance/user_limit"));
    line("Counted", when("/compliance/counted_at"));
    line("Next run", when("/compliance/next_run_at"));
    if let Some(error) = text(status, "/compliance/last_error") {
        line("Last error", error.to_owned());
    }
    line(
        "Agents",
        format!(
            "{}, {} online, {} pending, {} quarantined",
            count("/agents/total"),
            count("/agents/online"),
            count("/agents/pending"),
            count("/agents/quarantined")
        ),
    );
    line("Sessions", count("/sessions/active"));
    if text(status, "/notifications/last_sent_at").is_some() || text(status, "/notifications/last_failed_at").is_some() {
        let failed = text(status, "/notifications/last_failed_at").is_some();
        let failed = if failed { format!(", last failed {}", when("/notifications/last_failed_at")) } else { String::new() };
        let waiting = number(status, "/notifications/waiting").filter(|waiting| *waiting > 0);
        let waiting = waiting.map_or_else(String::new, |waiting| format!(", {waiting} waiting"));
        line("Messages", format!("last sent {}{failed}{waiting}", when("/notifications/last_sent_at")));
    }
    let applications = status.get("applications").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !applications.is_empty() {
        page.push('\n');
        page.push_str(&applications_table(applications));
    }
    let alerts = status.get("alerts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for alert in alerts {
        let _ = write!(page, "\n{}: {}", text(alert, "/severity").unwrap_or("alert"), text(alert, "/text").unwrap_or_default());
    }
    page
}

fn applications_table(applications: &[Value]) -> String {
    const COLUMNS: [Column; 6] = [
        ("APPLICATION", "name", Kind::Text),
        ("NAMED", "", Kind::Number),
        ("FLOATING", "", Kind::Number),
        ("QUEUED", "", Kind::Number),
        ("PEAK TODAY", "", Kind::Number),
        ("DENIED TODAY", "", Kind::Number),
    ];
    let seats = |application: &Value, kind: &str| {
        let used = number(application, &format!("/{kind}_in_use")).unwrap_or_default();
        match number(application, &format!("/{kind}_limit")) {
            Some(limit) => format!("{used} of {limit}"),
            None => used.to_string(),
        }
    };
    let rows = applications
        .iter()
        .map(|application| {
            vec![
                text(application, "/name").unwrap_or_default().to_owned(),
                seats(application, "named"),
                seats(application, "floating"),
                number(application, "/queued").unwrap_or_default().to_string(),
                number(application, "/peak_today").unwrap_or_default().to_string(),
                number(application, "/denied_today").unwrap_or_default().to_string(),
            ]
        })
        .collect();
    aligned(&COLUMNS.map(|(header, _, _)| header), rows, &COLUMNS)
}

fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    value.pointer(path).and_then(Value::as_str)
}

fn number(value: &Value, path: &str) -> Option<u64> {
    value.pointer(path).and_then(Value::as_u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_line_says_it_all() {
        let status = json!({
            "now": "2026-12-10T12:00:00Z", "time_zone": "Europe/Berlin", "state": "grace", "reason": "over_limit",
            "machine_key_id": "abc", "license": {"customer": "ACME", "serial": 3, "expires_at": "2027-12-31T23:00:00Z"},
            "compliance": {"asset_count": 507, "asset_limit": 500, "over_by": 7, "user_count": 3, "user_limit": null,
                "uncounted_empty_state": 2, "grace_ends_at": "2027-01-19T23:00:00Z", "days_left": 41, "counted_at": "2026-12-10T01:00:00Z"},
            "agents": {"total": 2, "online": 1, "pending": 0, "quarantined": 0}, "sessions": {"active": 4},
            "applications": [{"name": "Incident Management", "named_in_use": 4, "named_limit": 10, "floating_in_use": 18,
                "floating_limit": null, "queued": 17, "peak_today": 22, "denied_today": 0}],
            "alerts": [{"severity": "warning", "text": "look here"}]
        });
        let page = status_text(&status);
        let first =
            "Over the limit by 7: grace ends 2027-01-20, 41 days left\n2 assets have an empty state and are not counted.\n";
        assert!(page.starts_with(first), "{page}");
        for part in [
            "ACME, serial 3",
            "11 h ago",
            "4 of 10",
            "Incident Management",
            "warning: look here",
            "507 of 500",
            "QUEUED",
            "     17 ",
        ] {
            assert!(page.contains(part), "{part} is missing in\n{page}");
        }
    }
}
