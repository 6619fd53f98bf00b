//! Templates to responses, and how values look on a page.

use crate::admin::{Answer, Failure};
use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// A rendered page.
pub(super) fn page(template: &impl Template) -> Answer<Response> {
    template.render().map(|text| Html(text).into_response()).map_err(Failure::internal)
}

/// A time with how far it is from now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct When {
    /// Site date and time.
    pub(super) exact: String,
    /// "3 min ago".
    pub(super) relative: String,
    /// For programs.
    pub(super) machine: String,
}

impl When {
    /// A time in the site's zone.
    pub(super) fn of(at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> Self {
        Self {
            exact: at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string(),
            relative: relative(at.signed_duration_since(now)),
            machine: at.to_rfc3339(),
        }
    }
}

fn relative(span: TimeDelta) -> String {
    let seconds = span.num_seconds();
    let text = match seconds.unsigned_abs() {
        0..=4 => return "now".to_owned(),
        seconds @ 5..=59 => format!("{seconds} s"),
        seconds @ 60..=7199 => format!("{} min", seconds / 60),
        seconds @ 7200..=172_799 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    };
    if seconds < 0 { format!("{text} ago") } else { format!("in {text}") }
}

/// Who did something, as people read it: the audit log writes `user:anna`.
pub(super) fn who(actor: &str) -> String {
    match actor.split_once(':') {
        Some(("user", name)) => name.to_owned(),
        Some(("token", id)) => format!("API token {id}"),
        _ => actor.to_owned(),
    }
}

/// A piece of a text: words, or what stands between backticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) text: &'a str,
    pub(super) code: bool,
}

/// The pieces of a text with backticks; one without its partner is a character like any other.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, (code, after))) =
        rest.split_once('`').and_then(|(before, more)| more.split_once('`').map(|found| (before, found)))
    {
        pieces.extend([Piece { text: before, code: false }, Piece { text: code, code: true }]);
        rest = after;
    }
    pieces.push(Piece { text: rest, code: false });
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

/// A clause as a sentence: with a capital, unless it begins with what may be a name or an address, and with a full stop.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    let word = text.split([' ', ',', ';', ':']).next().unwrap_or_default();
    let plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
    let mut chars = text.chars();
    let mut said = match chars.next().filter(|_| plain) {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => text.to_owned(),
    };
    if !said.is_empty() && !said.ends_with(['.', '!', '?']) {
        said.push('.');
    }
    said
}

/// A number with thin groups of three digits.
pub(super) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_well() {
        for (value, expected) in [(0, "0"), (999, "999"), (1000, "1\u{202f}000"), (1_234_567, "1\u{202f}234\u{202f}567")] {
            assert_eq!(number(value), expected);
        }
        for (actor, expected) in [("user:anna", "anna"), ("token:x1", "API token x1"), ("collector", "collector")] {
            assert_eq!(who(actor), expected);
        }
        for (text, expected) in [
            ("there is no run 9", "There is no run 9."),
            ("app_x is gone", "app_x is gone."),
            ("choose a state", "Choose a state."),
            ("Done.", "Done."),
            ("/x knows only GET", "/x knows only GET."),
            ("", ""),
        ] {
            assert_eq!(sentence(text), expected);
        }
        for (text, expected) in [
            ("plain", vec![("plain", false)]),
            ("run `a b`, then `c`", vec![("run ", false), ("a b", true), (", then ", false), ("c", true)]),
            ("one ` only", vec![("one ` only", false)]),
            ("`x` and ` rest", vec![("x", true), (" and ` rest", false)]),
        ] {
            assert_eq!(pieces(text).iter().map(|piece| (piece.text, piece.code)).collect::<Vec<_>>(), expected, "{text}");
        }
        let now = DateTime::UNIX_EPOCH;
        let when = When::of(now - TimeDelta::minutes(3), now, chrono_tz::Europe::Berlin);
        assert_eq!((when.exact.as_str(), when.relative.as_str()), ("1970-01-01 00:57", "3 min ago"));
    }
}
