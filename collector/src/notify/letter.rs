//! Notices as a message that a person reads: subject, plain text and HTML of the same content.
//!
//! In: notices, oldest first. Out: texts. Whatever a machine, a user or an administrator named is text in it, never markup, and no line of
//! a header.

use super::event::urgency_word;
use crate::store::records::{NoticeRecord, Urgency};
use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// Longest subject, in characters.
const SUBJECT: usize = 150;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

/// What every message says beside the notices.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender<'a> {
    /// The address of the console, without a slash at the end.
    pub(super) console: &'a str,
    /// Whose licence it is, where it is known.
    pub(super) customer: Option<&'a str>,
    pub(super) zone: Tz,
}

struct Item<'a> {
    urgency: &'static str,
    title: &'a str,
    text: &'a str,
    advice: &'a str,
    link: String,
    at: String,
    event: &'a str,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    subject: &'a str,
    items: &'a [Item<'a>],
    several: bool,
    sender: Sender<'a>,
}

#[derive(Template)]
#[template(path = "mail.txt", escape = "none")]
struct Plain<'a> {
    items: &'a [Item<'a>],
    several: bool,
    sender: Sender<'a>,
}

/// The message of one notice, or of several.
///
/// # Errors
/// When a template cannot be rendered.
pub(super) fn letter(notices: &[NoticeRecord], sender: Sender<'_>) -> Result<Letter, askama::Error> {
    let items: Vec<Item<'_>> = notices
        .iter()
        .map(|notice| Item {
            urgency: urgency_word(notice.urgency),
            title: &notice.title,
            text: &notice.text,
            advice: &notice.advice,
            link: format!("{}{}", sender.console, notice.page),
            at: time(notice.at, sender.zone),
            event: &notice.event,
        })
        .collect();
    let several = items.len() > 1;
    let subject = subject(notices);
    let html = Html { subject: &subject, items: &items, several, sender }.render()?;
    let text = Plain { items: &items, several, sender }.render()?;
    Ok(Letter { subject, text, html })
}

fn subject(notices: &[NoticeRecord]) -> String {
    let critical = notices.iter().any(|notice| notice.urgency == Urgency::Critical);
    let what = match notices {
        [one] => one.title.clone(),
        many => {
            format!("{} events: {}", many.len(), many.iter().map(|notice| notice.title.as_str()).collect::<Vec<_>>().join("; "))
        }
    };
    let line = format!("[muster] {}{what}", if critical { "CRITICAL: " } else { "" });
    let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() <= SUBJECT { line } else { line.chars().take(SUBJECT - 1).chain(['…']).collect() }
}

fn time(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::notice;

    const SENDER: Sender<'static> =
        Sender { console: "https://muster.example.com:8444", customer: Some("Acme & Co"), zone: Tz::Europe__Berlin };

    #[test]
    fn a_message_says_what_when_what_to_do_and_where() {
        let found = letter(&[notice("over_limit", 1)], SENDER).unwrap();
        assert_eq!(found.subject, "[muster] 7 assets over the limit");
        for part in [
            "7 assets over the limit",
            "the licence covers 500",
            "Retire what is not used.",
            "https://muster.example.com:8444/status",
        ] {
            assert!(
                found.text.contains(part) && found.html.contains(part),
                "{part:?} is missing in\n{}\n{}",
                found.text,
                found.html
            );
        }
        assert!(found.text.contains("Acme & Co") && found.html.contains("Acme &#38; Co"), "{}", found.html);
        assert!(!found.text.contains("\n\n\n"), "{}", found.text);
    }

    #[test]
    fn what_others_named_is_text_and_breaks_no_line() {
        let evil = NoticeRecord {
            title: "<script>x</script>\r\nBcc: a@b".to_owned(),
            urgency: Urgency::Critical,
            ..notice("clone_found", 1)
        };
        let found = letter(&[evil], SENDER).unwrap();
        assert!(
            found.subject.starts_with("[muster] CRITICAL: <script>x</script>  Bcc: a@b") && !found.subject.contains('\n'),
            "{}",
            found.subject
        );
        assert!(!found.html.contains("<script"), "{}", found.html);
        let long = NoticeRecord { title: "ä".repeat(500), ..notice("x", 1) };
        assert_eq!(subject(&[long]).chars().count(), SUBJECT);
    }

    #[test]
    fn several_are_one_message_in_their_order() {
        let other = NoticeRecord { title: "ws-17 is silent".to_owned(), advice: String::new(), ..notice("agents_silent", 2) };
        let found = letter(&[notice("over_limit", 1), other], SENDER).unwrap();
        assert_eq!(found.subject, "[muster] 2 events: 7 assets over the limit; ws-17 is silent");
        let place = |part: &str| found.text.rfind(part).unwrap();
        assert!(place("Retire what is not used.") < place("ws-17 is silent"));
    }
}
