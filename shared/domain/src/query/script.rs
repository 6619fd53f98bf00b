//! The `javascript:` values a query may hold: a white list of date calls and the id of who asks. No script is ever run.
//!
//! In: the text of a value and the context. Out: an instant, a user, or nothing where the text is not one of these calls.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::context::Context;
use super::period::{MAX_SHIFT, Part, Unit};

const MARK: &str = "javascript:";

/// What a call says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scripted {
    /// An instant.
    Instant(DateTime<Utc>),
    /// Whoever asks.
    User,
}

/// Whether a value is written as a script.
pub(super) fn is_script(text: &str) -> bool {
    text.trim_start().starts_with(MARK)
}

/// Whether a value is one script that is not on the white list.
pub(super) fn is_refused(text: &str, context: &Context) -> bool {
    is_script(text) && !text.contains('@') && evaluate(text, context).is_none()
}

/// The value of a call; `None` where it is not on the white list.
pub(super) fn evaluate(text: &str, context: &Context) -> Option<Scripted> {
    let (name, arguments) = call(text)?;
    match (name, arguments.as_slice()) {
        ("getUserID", []) => Some(Scripted::User),
        ("dateGenerate", [date, at]) => generated(date, at, context).map(Scripted::Instant),
        (name, []) => named(name, context).map(Scripted::Instant),
        (name, [n]) => ago(name, n.parse().ok()?, context).map(Scripted::Instant),
        _ => None,
    }
}

/// The three arguments of `gs.datePart('part','value','OP')`: the part, its number, and the operator's name.
pub(super) fn date_part(text: &str) -> Option<(Part, i64, &str)> {
    let (name, arguments) = call(text)?;
    match (name, arguments.as_slice()) {
        ("datePart", [part, value, operator]) => {
            let part = Part::read(part)?;
            Some((part, part.value(value)?, operator))
        }
        _ => None,
    }
}

/// `javascript:gs.name(a,'b',"c")`, taken apart.
fn call(text: &str) -> Option<(&str, Vec<&str>)> {
    let call = text.trim().strip_prefix(MARK)?.trim();
    let call = call.strip_suffix(';').unwrap_or(call).trim_end();
    let (name, arguments) = call.strip_prefix("gs.")?.strip_suffix(')')?.split_once('(')?;
    if arguments.trim().is_empty() {
        return Some((name, Vec::new()));
    }
    let arguments: Option<Vec<&str>> = arguments.split(',').map(|argument| unquoted(argument.trim())).collect();
    Some((name, arguments?))
}

fn unquoted(argument: &str) -> Option<&str> {
    let quoted = ['\'', '"'].into_iter().find_map(|quote| argument.strip_prefix(quote)?.strip_suffix(quote));
    let inner = quoted.unwrap_or(argument);
    if inner.contains(['\'', '"', '(', ')']) { None } else { Some(inner) }
}

/// `daysAgo(n)`, `daysAgoStart(n)`, `daysAgoEnd(n)` and the same of other units; a negative number lies ahead.
fn ago(name: &str, n: i64, context: &Context) -> Option<DateTime<Utc>> {
    const UNITS: [(&str, Unit); 6] = [
        ("minutesAgo", Unit::Minute),
        ("hoursAgo", Unit::Hour),
        ("daysAgo", Unit::Day),
        ("monthsAgo", Unit::Month),
        ("quartersAgo", Unit::Quarter),
        ("yearsAgo", Unit::Year),
    ];
    if !(-MAX_SHIFT..=MAX_SHIFT).contains(&n) {
        return None;
    }
    let (unit, edge) = UNITS.iter().find_map(|(prefix, unit)| Some((*unit, name.strip_prefix(prefix)?)))?;
    let instant = context.shifted(unit, -n);
    match edge {
        "" => Some(instant),
        "Start" if unit != Unit::Year => Some(context.period(unit, instant).0),
        "End" if unit != Unit::Year => Some(context.period(unit, instant).1),
        _ => None,
    }
}

/// `beginningOfThisMonth()` and its like.
fn named(name: &str, context: &Context) -> Option<DateTime<Utc>> {
    let (end, period) = match name.strip_prefix("beginningOf") {
        Some(period) => (false, period),
        None => (true, name.strip_prefix("endOf")?),
    };
    let (unit, n) = match period {
        "Today" => (Unit::Day, 0),
        "Yesterday" => (Unit::Day, -1),
        "Tomorrow" => (Unit::Day, 1),
        "ThisWeek" => (Unit::Week, 0),
        "LastWeek" => (Unit::Week, -1),
        "NextWeek" => (Unit::Week, 1),
        "ThisMonth" => (Unit::Month, 0),
        "LastMonth" => (Unit::Month, -1),
        "NextMonth" => (Unit::Month, 1),
        "ThisQuarter" => (Unit::Quarter, 0),
        "ThisYear" => (Unit::Year, 0),
        "LastYear" => (Unit::Year, -1),
        "NextYear" => (Unit::Year, 1),
        _ => return None,
    };
    let (first, last) = context.period(unit, context.shifted(unit, n));
    Some(if end { last } else { first })
}

fn generated(date: &str, at: &str, context: &Context) -> Option<DateTime<Utc>> {
    let date: NaiveDate = super::literal::read_date(date.trim())?;
    let midnight = date.and_time(NaiveTime::MIN);
    match at.trim() {
        "start" => Some(context.zone.first_instant(midnight)),
        "end" => Some(context.period(Unit::Day, context.zone.first_instant(midnight + TimeDelta::hours(12))).1),
        time => {
            let local: NaiveDateTime = date.and_time(NaiveTime::parse_from_str(time, "%H:%M:%S").ok()?);
            Some(context.zone.first_instant(local))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(now: &str, zone: &str) -> Context {
        Context::new(now.parse().unwrap(), zone.parse().unwrap())
    }

    #[test]
    fn calls_on_the_white_list() {
        let check = |call: &str, expected: &str| {
            let context = context("2026-06-17T12:34:56Z", "UTC");
            let expected = Scripted::Instant(format!("{}Z", expected.replace(' ', "T")).parse().unwrap());
            assert_eq!(evaluate(&format!("javascript:gs.{call}"), &context), Some(expected), "{call}");
        };
        check("daysAgo(1)", "2026-06-16 12:34:56");
        check("daysAgo(-1)", "2026-06-18 12:34:56");
        check("daysAgoStart(1)", "2026-06-16 00:00:00");
        check("daysAgoEnd(1)", "2026-06-16 23:59:59");
        check("hoursAgo(1)", "2026-06-17 11:34:56");
        check("hoursAgoStart(1)", "2026-06-17 11:00:00");
        check("hoursAgoEnd(1)", "2026-06-17 11:59:59");
        check("minutesAgo(5)", "2026-06-17 12:29:56");
        check("minutesAgoStart(5)", "2026-06-17 12:29:00");
        check("minutesAgoEnd(5)", "2026-06-17 12:29:59");
        check("monthsAgo(4)", "2026-02-17 12:34:56");
        check("monthsAgoStart(4)", "2026-02-01 00:00:00");
        check("monthsAgoEnd(4)", "2026-02-28 23:59:59");
        check("quartersAgo(1)", "2026-03-17 12:34:56");
        check("quartersAgoStart(1)", "2026-01-01 00:00:00");
        check("quartersAgoEnd(1)", "2026-03-31 23:59:59");
        check("yearsAgo(2)", "2024-06-17 12:34:56");
        check("beginningOfToday()", "2026-06-17 00:00:00");
        check("endOfToday()", "2026-06-17 23:59:59");
        check("beginningOfYesterday()", "2026-06-16 00:00:00");
        check("endOfTomorrow()", "2026-06-18 23:59:59");
        check("beginningOfThisWeek()", "2026-06-15 00:00:00");
        check("endOfThisWeek()", "2026-06-21 23:59:59");
        check("beginningOfLastWeek()", "2026-06-08 00:00:00");
        check("beginningOfNextWeek()", "2026-06-22 00:00:00");
        check("beginningOfThisMonth()", "2026-06-01 00:00:00");
        check("endOfLastMonth()", "2026-05-31 23:59:59");
        check("endOfNextMonth()", "2026-07-31 23:59:59");
        check("beginningOfThisQuarter()", "2026-04-01 00:00:00");
        check("endOfThisQuarter()", "2026-06-30 23:59:59");
        check("beginningOfThisYear()", "2026-01-01 00:00:00");
        check("endOfLastYear()", "2025-12-31 23:59:59");
        check("beginningOfNextYear()", "2027-01-01 00:00:00");
        check("dateGenerate('2025-03-10','start')", "2025-03-10 00:00:00");
        check("dateGenerate(\"2025-03-10\",\"end\")", "2025-03-10 23:59:59");
        check("dateGenerate('2025-03-10', '08:30:00');", "2025-03-10 08:30:00");
    }

    #[test]
    fn everything_else_is_refused() {
        let context = context("2026-06-17T12:34:56Z", "UTC");
        for script in [
            "gs.daysAgo(1)",
            "javascript:",
            "javascript:daysAgo(1)",
            "javascript:gs.daysAgo()",
            "javascript:gs.daysAgo(1,2)",
            "javascript:gs.daysAgo(x)",
            "javascript:gs.daysAgo(9999999)",
            "javascript:gs.daysAgo(1)+1",
            "javascript:gs.daysAgo(gs.daysAgo(1))",
            "javascript:gs.yearsAgoStart(1)",
            "javascript:gs.beginningOfTime()",
            "javascript:gs.getProperty('x')",
            "javascript:gs.dateGenerate('2025-13-10','start')",
            "javascript:gs.dateGenerate('2025-03-10','noon')",
            "javascript:new GlideRecord('x')",
        ] {
            assert_eq!(evaluate(script, &context), None, "{script}");
        }
        assert_eq!(evaluate("javascript:gs.getUserID()", &context), Some(Scripted::User));
    }

    #[test]
    fn days_begin_in_the_zone() {
        let check = |now: &str, zone: &str, call: &str, expected: &str| {
            let found = evaluate(&format!("javascript:gs.{call}"), &context(now, zone));
            assert_eq!(found, Some(Scripted::Instant(expected.parse().unwrap())), "{zone} {call}");
        };
        // The documentation's own sample.
        check("2021-10-20T15:00:00Z", "America/Los_Angeles", "monthsAgoStart(3)", "2021-07-01T07:00:00Z");
        // The night into daylight saving has 23 hours, the one out of it 25.
        check("2026-03-29T12:00:00Z", "Europe/Berlin", "beginningOfToday()", "2026-03-28T23:00:00Z");
        check("2026-03-29T12:00:00Z", "Europe/Berlin", "endOfToday()", "2026-03-29T21:59:59Z");
        check("2026-10-25T12:00:00Z", "Europe/Berlin", "daysAgoStart(0)", "2026-10-24T22:00:00Z");
        check("2026-10-25T12:00:00Z", "Europe/Berlin", "daysAgoEnd(0)", "2026-10-25T22:59:59Z");
        check("2026-10-25T12:00:00Z", "Europe/Berlin", "daysAgo(1)", "2026-10-24T11:00:00Z");
        check("2026-10-25T01:30:00Z", "Europe/Berlin", "hoursAgoStart(0)", "2026-10-25T01:00:00Z");
        // Midnight itself may be left out.
        check("2018-11-04T12:00:00Z", "America/Sao_Paulo", "beginningOfToday()", "2018-11-04T03:00:00Z");
        check("2018-11-04T12:00:00Z", "America/Sao_Paulo", "dateGenerate('2018-11-04','end')", "2018-11-05T01:59:59Z");
    }

    #[test]
    fn parts() {
        assert_eq!(date_part("javascript:gs.datePart('month','jan','EE')"), Some((Part::Month, 1, "EE")));
        assert_eq!(date_part("javascript:gs.datePart('month','jan')"), None);
        assert_eq!(date_part("javascript:gs.datePart('century','1','EE')"), None);
    }
}
