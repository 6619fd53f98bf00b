//! The page about messages to administrators: what was told, what of it arrived, who is told, and a test.
//!
//! In: what the notifications know. Out: a page with two forms: one that sends a test, one that tries a message again.

use super::{
    frame::{Frame, shown},
    note::Note,
    render::{When, page, who},
    webhooks::{Secret, WebhookForm},
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form, Query,
        api::notifications::{DeliveryView, NoticeView},
        auth::{Caller, Principal},
    },
    notify::Event,
    store::records::{NoticeRecord, WebhookRecord},
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use http::HeaderMap;
use serde::Deserialize;
use uuid::Uuid;

/// The page.
pub(super) const HERE: &str = "/notifications";
/// Where webhooks are changed.
const WEBHOOKS: &str = "/notifications/webhooks";
/// Settings about notifications.
const SETTINGS: [&str; 8] = [
    "notify_mail_to",
    "notify_events",
    "notify_digest",
    "notify_digest_hour",
    "notify_limit_percent",
    "notify_denials",
    "notify_silent_hours",
    "webhook_networks",
];
/// Events on a page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "notifications.html")]
struct NotificationsPage {
    frame: Frame,
    note: Option<Note>,
    may_change: bool,
    may_webhooks: bool,
    told: Told,
    events: String,
    settings: [&'static str; 8],
    addresses: Vec<String>,
    can_mail: bool,
    digest_hour: Option<u32>,
    webhooks: Vec<WebhookRow>,
    sent: Option<When>,
    failed: Option<When>,
    error: Option<String>,
    waiting: u64,
    rows: Vec<Row>,
    older: Option<u64>,
    newest: bool,
}

struct WebhookRow {
    id: Uuid,
    name: String,
    host: String,
    events: String,
    enabled: bool,
    by: String,
}

struct Row {
    number: u64,
    at: When,
    event: String,
    tone: &'static str,
    urgency: &'static str,
    title: String,
    text: String,
    advice: String,
    link: Option<String>,
    deliveries: Vec<DeliveryRow>,
}

struct DeliveryRow {
    id: Uuid,
    target: String,
    tone: &'static str,
    state: String,
    error: Option<String>,
    may_retry: bool,
}

/// Which page of events.
#[derive(Debug, Deserialize)]
pub struct Older {
    /// Only those before this one.
    before: Option<u64>,
}

/// What a form wants: a test, or that a message is tried again.
#[derive(Deserialize)]
pub struct NotificationsForm {
    #[serde(default)]
    retry: Option<Uuid>,
}

/// `GET /notifications`.
pub async fn notifications_page(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    headers: HeaderMap,
    Query(Older { before }): Query<Older>,
) -> Response {
    shown(show(&context, &caller, &headers, before, Told::default()).await)
}

/// `POST /notifications`: sends a test, or tries a message again.
pub async fn notifications(State(context): State<Ctx>, Caller(caller): Caller, Form(form): Form<NotificationsForm>) -> Response {
    shown(act(&context, &caller, form.retry).await)
}

async fn act(context: &AdminContext, caller: &Principal, retry: Option<Uuid>) -> Answer<Response> {
    let (text, warnings) = match retry {
        Some(id) => {
            context.notifications.retry(id, &caller.actor()).await?;
            ("The message is tried again now; load the page again to see what became of it.".to_owned(), Vec::new())
        }
        None => {
            let tested = context.notifications.test(&caller.actor()).await;
            match tested {
                Ok(tested) => test_told(NoticeView::of(tested, &context.notifications.webhooks().await?)),
                Err(crate::notify::NotifyError::Nobody) => {
                    ("Nothing was sent.".to_owned(), vec![crate::notify::NotifyError::Nobody.to_string()])
                }
                Err(error) => return Err(Failure::from(error)),
            }
        }
    };
    Ok(Note { at: HERE.to_owned(), text, warnings }.put(Redirect::to(HERE).into_response(), context.tls))
}

fn test_told(tested: NoticeView) -> (String, Vec<String>) {
    let all = tested.deliveries.len();
    let arrived = tested.deliveries.iter().filter(|delivery| delivery.state == "sent").count();
    let failed = tested.deliveries.into_iter().filter(|delivery| delivery.state != "sent");
    let why =
        |delivery: DeliveryView| format!("{}: {}", delivery.target, delivery.error.unwrap_or_else(|| "no answer yet".to_owned()));
    (format!("The test was sent: {arrived} of {all} arrived."), failed.map(why).collect())
}

/// What a form about webhooks brought.
#[derive(Default)]
pub(super) struct Told {
    pub(super) secret: Option<Secret>,
    /// Why nothing was made, and what was typed.
    pub(super) refused: Option<String>,
    pub(super) form: WebhookForm,
}

/// The page.
pub(super) async fn show(
    context: &AdminContext,
    caller: &Principal,
    headers: &HeaderMap,
    before: Option<u64>,
    told: Told,
) -> Answer<Response> {
    let (note, shown_once) = Note::take(headers, HERE, context.tls);
    let frame = Frame::of(context, caller, HERE);
    let may_change = frame.may_post(HERE);
    let (now, zone) = (context.now(), context.tz());
    let when = |at: Option<DateTime<Utc>>| at.map(|at| When::of(at, now, zone));
    let webhooks = context.notifications.webhooks().await?;
    let mut notices = context.notifications.list(before, ROWS + 1).await?;
    let more = notices.len() > ROWS;
    notices.truncate(ROWS);
    let older = notices.last().filter(|_| more).map(|(notice, _): &(NoticeRecord, _)| notice.number);
    let (status, wishes) = (context.notifications.status(), context.settings.values().notifying.clone());
    let response = page(&NotificationsPage {
        note,
        may_change,
        may_webhooks: frame.may_post(WEBHOOKS),
        told,
        events: Event::ALL.map(Event::word).join(", "),
        settings: SETTINGS,
        addresses: wishes.mail_to,
        can_mail: context.notifications.can_mail(),
        digest_hour: wishes.digest_hour,
        sent: when(status.last_sent_at),
        failed: when(status.last_failed_at),
        error: status.last_error,
        waiting: status.waiting,
        rows: notices.into_iter().map(|notice| row(NoticeView::of(notice, &webhooks), now, zone, may_change)).collect(),
        webhooks: webhooks.into_iter().map(webhook_row).collect(),
        older,
        newest: before.is_none(),
        frame,
    })?;
    Ok(shown_once.on(response))
}

fn webhook_row(webhook: WebhookRecord) -> WebhookRow {
    // The path of an address can be a secret of its receiver, and viewers see this page.
    let url = reqwest::Url::parse(&webhook.url).ok();
    let host = url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let events = if webhook.events.is_empty() { "all".to_owned() } else { webhook.events.join(", ") };
    WebhookRow { id: webhook.id, name: webhook.name, host, events, enabled: webhook.enabled, by: who(&webhook.created_by) }
}

fn row(notice: NoticeView, now: DateTime<Utc>, zone: Tz, may_change: bool) -> Row {
    let NoticeView { number, at, event, urgency, title, text, advice, page, facts: _, state: _, deliveries } = notice;
    let tone = match urgency {
        "critical" => "bad",
        "warning" => "warn",
        _ => "good",
    };
    Row {
        number,
        at: When::of(at, now, zone),
        event: event.replace('_', " "),
        tone,
        urgency,
        title,
        text,
        advice,
        link: (page != HERE).then_some(page),
        deliveries: deliveries.into_iter().map(|delivery| delivery_row(delivery, now, zone, may_change)).collect(),
    }
}

fn delivery_row(delivery: DeliveryView, now: DateTime<Utc>, zone: Tz, may_change: bool) -> DeliveryRow {
    let DeliveryView { id, channel: _, target, state, digest, next_at, attempts, tried_at, error } = delivery;
    let when = |at: Option<DateTime<Utc>>| at.map_or_else(String::new, |at| format!(" {}", When::of(at, now, zone).relative));
    let (tone, text) = match (state, attempts) {
        ("sent", _) => ("good", format!("sent{}", when(tried_at))),
        ("waiting", 0) if digest => ("calm", format!("in the daily mail{}", when(next_at))),
        ("waiting", 0) => ("calm", "waiting".to_owned()),
        ("waiting", attempts) => ("warn", format!("failed {attempts} ×, again{}", when(next_at))),
        (_, attempts) => ("bad", format!("given up after {attempts} ×{}", when(tried_at))),
    };
    DeliveryRow { id, target, tone, state: text, error, may_retry: may_change && state != "sent" && attempts > 0 }
}
