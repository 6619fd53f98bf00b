//! Times for people: how long ago or how far ahead, and when exactly.

use chrono::{DateTime, Utc};

/// "3 min ago (2026-11-21 20:00 UTC)"; what is no time comes back as it is.
pub(super) fn for_people(text: &str, now: DateTime<Utc>) -> String {
    match DateTime::parse_from_rfc3339(text) {
        Ok(at) => {
            let at = at.with_timezone(&Utc);
            format!("{} ({})", relative(at, now), at.format("%Y-%m-%d %H:%M UTC"))
        }
        Err(_) => text.to_owned(),
    }
}

/// "2026-11-21 20:00 UTC"; what is no time comes back as it is.
pub(super) fn exact(text: &str) -> String {
    let shown = |at: DateTime<chrono::FixedOffset>| at.with_timezone(&Utc).format("%Y-%m-%d %H:%M UTC").to_string();
    DateTime::parse_from_rfc3339(text).map_or_else(|_| text.to_owned(), shown)
}

/// "3 min ago", or the date when that is more than two days away; what is no time comes back as it is.
pub(super) fn short(text: &str, now: DateTime<Utc>) -> String {
    let Ok(at) = DateTime::parse_from_rfc3339(text) else { return text.to_owned() };
    let at = at.with_timezone(&Utc);
    let near = at.signed_duration_since(now).num_seconds().unsigned_abs() < 172_800;
    if near { relative(at, now) } else { at.format("%Y-%m-%d").to_string() }
}

/// "3 min ago", "in 2 d", "now".
pub(crate) fn relative(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let seconds = at.signed_duration_since(now).num_seconds();
    if seconds.unsigned_abs() < 5 {
        return "now".to_owned();
    }
    let span = span(seconds.unsigned_abs());
    if seconds < 0 { format!("{span} ago") } else { format!("in {span}") }
}

/// "30 s", "14 min", "3 d".
pub(super) fn span(seconds: u64) -> String {
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn spans_are_short() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(100);
        let cases = [
            (0, "now"),
            (-30, "30 s ago"),
            (-90, "1 min ago"),
            (-7199, "119 min ago"),
            (-7200, "2 h ago"),
            (-86_400 * 3, "3 d ago"),
            (3600, "in 60 min"),
            (86_400 * 41, "in 41 d"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(relative(now + TimeDelta::seconds(seconds), now), expected);
        }
        assert_eq!(for_people("1970-04-11T00:00:00Z", now), "now (1970-04-11 00:00 UTC)");
        assert_eq!(for_people("soon", now), "soon");
        for (text, expected) in [
            ("1970-04-10T23:00:00Z", "60 min ago"),
            ("1970-04-08T23:00:00Z", "1970-04-08"),
            ("1971-04-08T23:00:00Z", "1971-04-08"),
            ("soon", "soon"),
        ] {
            assert_eq!(short(text, now), expected);
        }
    }
}
