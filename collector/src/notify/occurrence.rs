//! Something that happened, in the words in which it is told.
//!
//! In: the numbers. Out: a title, sentences, what to do, and the page that shows it. Each sentence stands for itself: whoever gets the
//! message may not have seen the console for months.

use super::event::Event;
use crate::store::records::{NoticeRecord, Urgency};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};

/// An occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Occurrence {
    pub(super) event: Event,
    pub(super) urgency: Urgency,
    pub(super) at: DateTime<Utc>,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) advice: String,
    pub(super) page: &'static str,
    pub(super) facts: Map<String, Value>,
    /// Keys by which it is known that it was told.
    pub(super) once: Vec<String>,
}

impl Occurrence {
    /// One without words yet.
    pub(super) fn of(event: Event, at: DateTime<Utc>, facts: Value) -> Self {
        let facts = if let Value::Object(facts) = facts { facts } else { Map::new() };
        Self {
            event,
            urgency: event.urgency(),
            at,
            title: String::new(),
            text: String::new(),
            advice: String::new(),
            page: "/status",
            facts,
            once: Vec::new(),
        }
    }

    pub(super) fn says(self, title: String, text: String, advice: impl Into<String>) -> Self {
        Self { title, text, advice: advice.into(), ..self }
    }

    pub(super) fn on_page(self, page: &'static str) -> Self {
        Self { page, ..self }
    }

    pub(super) fn once(self, key: String) -> Self {
        Self { once: vec![key], ..self }
    }

    pub(super) fn urgent_if(self, critical: bool) -> Self {
        if critical { Self { urgency: Urgency::Critical, ..self } } else { self }
    }

    /// The notice that is kept of it.
    pub(super) fn notice(self) -> (NoticeRecord, Vec<String>) {
        let Self { event, urgency, at, title, text, advice, page, facts, once } = self;
        let (event, page) = (event.word().to_owned(), page.to_owned());
        (NoticeRecord { number: 0, at, event, urgency, title, text, advice, page, facts, deliveries: Vec::new() }, once)
    }
}

/// "1 asset", "2 assets".
pub(super) fn many(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// "on 2027-01-20 (41 days left)"; nothing where the date is not known.
pub(super) fn on_date(on: Option<NaiveDate>, days_left: Option<u64>) -> String {
    match (on, days_left) {
        (Some(on), Some(days)) => format!(" on {on} ({} left)", many(days, "day")),
        (Some(on), None) => format!(" on {on}"),
        (None, _) => String::new(),
    }
}

/// At most so many names, and how many more there are.
pub(super) fn listed(names: &[String], most: usize) -> String {
    let shown = names.iter().take(most).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists_read_well() {
        assert_eq!((many(1, "asset"), many(2, "asset")), ("1 asset".to_owned(), "2 assets".to_owned()));
        let day = NaiveDate::from_ymd_opt(2027, 1, 20);
        assert_eq!(on_date(day, Some(1)), " on 2027-01-20 (1 day left)");
        assert_eq!((on_date(day, None), on_date(None, Some(3))), (" on 2027-01-20".to_owned(), String::new()));
        let names = ["a", "b", "c"].map(str::to_owned);
        assert_eq!((listed(&names, 3), listed(&names, 2)), ("a, b, c".to_owned(), "a, b and 1 more".to_owned()));
    }
}
