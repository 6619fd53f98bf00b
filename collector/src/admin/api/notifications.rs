//! `/api/v1/notifications`: what administrators were told, how far each message is, and a test.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::Caller,
        context::Ctx,
        extract::{Id, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    notify::{NotifyError, urgency_word},
    store::records::{Channel, DeliveryRecord, DeliveryState, NoticeRecord, WebhookRecord},
};
use axum::{Json, extract::State, response::Response};
use chrono::{DateTime, Utc};
use muster_wire::problem::Code;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// What administrators were told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NoticeView {
    /// Its number, ascending.
    pub number: u64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What kind of event it is, such as `over_limit`.
    pub event: String,
    /// `info`, `warning` or `critical`.
    pub urgency: &'static str,
    /// What happened, in a line.
    pub title: String,
    /// What happened, in sentences.
    pub text: String,
    /// What to do; empty where there is nothing.
    pub advice: String,
    /// The page of the console that shows it.
    pub page: String,
    /// The numbers behind the sentences.
    #[schema(value_type = Object)]
    pub facts: Map<String, Value>,
    /// `sent` when every message was taken, `waiting` while one is tried, `given_up` when one never arrived, `nobody` where nobody is told.
    pub state: &'static str,
    /// Its messages.
    pub deliveries: Vec<DeliveryView>,
}

/// One message.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeliveryView {
    /// Its id: receivers tell duplicates by it.
    pub id: Uuid,
    /// `mail` or `webhook`.
    pub channel: &'static str,
    /// The mail address, or the name of the webhook.
    pub target: String,
    /// `waiting`, `sent` or `given_up`.
    pub state: &'static str,
    /// Whether it gathers what happened on a day.
    pub digest: bool,
    /// When it is tried next, while it waits.
    pub next_at: Option<DateTime<Utc>>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was last tried.
    pub tried_at: Option<DateTime<Utc>>,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

impl NoticeView {
    /// Of a notice with its deliveries.
    pub(crate) fn of((notice, deliveries): (NoticeRecord, Vec<DeliveryRecord>), webhooks: &[WebhookRecord]) -> Self {
        let NoticeRecord { number, at, event, urgency, title, text, advice, page, facts, deliveries: _ } = notice;
        let has = |state: DeliveryState| deliveries.iter().any(|delivery| delivery.state == state);
        let state = if deliveries.is_empty() {
            "nobody"
        } else if has(DeliveryState::Waiting) {
            "waiting"
        } else if has(DeliveryState::GivenUp) {
            "given_up"
        } else {
            "sent"
        };
        let deliveries = deliveries.into_iter().map(|delivery| DeliveryView::of(delivery, webhooks)).collect();
        Self { number, at, event, urgency: urgency_word(urgency), title, text, advice, page, facts, state, deliveries }
    }
}

impl DeliveryView {
    /// Of a delivery; `webhooks` name its target.
    pub(crate) fn of(delivery: DeliveryRecord, webhooks: &[WebhookRecord]) -> Self {
        let DeliveryRecord {
            id,
            channel,
            notices: _,
            digest,
            created_at: _,
            until: _,
            state,
            next_at,
            attempts,
            tried_at,
            error,
        } = delivery;
        let (channel, target) = match channel {
            Channel::Mail(address) => ("mail", address),
            Channel::Webhook(id) => {
                let found = webhooks.iter().find(|webhook| webhook.id == id);
                ("webhook", found.map_or_else(|| id.to_string(), |webhook| webhook.name.clone()))
            }
        };
        let next_at = (state == DeliveryState::Waiting).then_some(next_at);
        let state = match state {
            DeliveryState::Waiting => "waiting",
            DeliveryState::Sent => "sent",
            DeliveryState::GivenUp => "given_up",
        };
        Self { id, channel, target, state, digest, next_at, attempts, tried_at, error }
    }
}

impl From<NotifyError> for Failure {
    fn from(error: NotifyError) -> Self {
        match error {
            NotifyError::Store(error) => error.into(),
            NotifyError::Nobody => Self::new(Code::Conflict, error.to_string()),
            NotifyError::Webhook { .. } => Self::invalid(error.to_string()),
            NotifyError::NotFound { what, id } => Self::not_found(what, &id),
        }
    }
}

/// What administrators were told, newest first, with every message and how far it is. Events that nobody is told are listed, too.
#[utoipa::path(get, path = "/api/v1/notifications", tag = "notifications", params(Paging),
    responses((status = 200, description = "notices", body = Page<NoticeView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let limit = paging.limit()?;
    let notices = context.notifications.list(paging.after::<u64>()?, limit + 1).await?;
    let webhooks = context.notifications.webhooks().await?;
    let page = Page::cut(notices, limit, |(notice, _)| notice.number.to_string()).map(|notice| NoticeView::of(notice, &webhooks));
    Ok(page.answer(&listing, &["number", "at", "event", "urgency", "title", "text", "advice", "state"]))
}

/// Sends a test to every mail address and webhook, and answers with the outcome as soon as each was tried, after 20 seconds at the latest.
#[utoipa::path(post, path = "/api/v1/notifications/test", tag = "notifications",
    responses((status = 200, description = "the test with its messages", body = NoticeView),
        (status = 409, description = "nobody would be told", body = super::openapi::ProblemDocument, content_type = "application/problem+json"),
        Problems))]
pub async fn test(State(context): State<Ctx>, Caller(caller): Caller) -> Answer<Json<NoticeView>> {
    let tested = context.notifications.test(&caller.actor()).await?;
    let webhooks = context.notifications.webhooks().await?;
    Ok(Json(NoticeView::of(tested, &webhooks)))
}

/// Tries a message again at once, also one that was given up.
#[utoipa::path(post, path = "/api/v1/notifications/deliveries/{id}/retry", tag = "notifications",
    params(("id" = String, Path, description = "the message")),
    responses((status = 200, description = "the message", body = DeliveryView), Problems))]
pub async fn retry(State(context): State<Ctx>, Caller(caller): Caller, Id(id): Id<Uuid>) -> Answer<Json<DeliveryView>> {
    let delivery = context.notifications.retry(id, &caller.actor()).await?;
    let webhooks = context.notifications.webhooks().await?;
    Ok(Json(DeliveryView::of(delivery, &webhooks)))
}
