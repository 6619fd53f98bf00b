//! `/api/v1/webhooks`: receivers of notices over HTTP.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::Caller,
        context::Ctx,
        extract::{Id, Json, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    notify::WebhookWish,
    store::records::WebhookRecord,
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A webhook.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookView {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// Where notices are posted.
    pub url: String,
    /// The events that it takes; all when empty.
    pub events: Vec<String>,
    /// Whether it takes any.
    pub enabled: bool,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A webhook with its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookWithSecret {
    /// The webhook.
    #[serde(flatten)]
    pub webhook: WebhookView,
    /// The secret by which its receiver verifies messages, shown once: `whsec_` and base64 of 32 bytes. A message has the headers
    /// `webhook-id`, `webhook-timestamp` and `webhook-signature`, which is `v1,` and base64 of HMAC-SHA256 over
    /// `ID.TIMESTAMP.BODY` (standardwebhooks.com). Absent where the secret was not changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// A wish for a webhook.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// Where notices are posted: `https://`, or an address within the networks of the setting `webhook_networks`.
    url: String,
    /// What people call it; the host of the address when absent.
    name: Option<String>,
    /// The events that it takes, such as `over_limit`; all when absent or empty.
    #[serde(default)]
    events: Vec<String>,
}

/// A change of a webhook: what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookChange {
    /// Where notices are posted.
    url: Option<String>,
    /// What people call it.
    name: Option<String>,
    /// The events that it takes; all when empty.
    events: Option<Vec<String>>,
    /// Whether it takes any.
    enabled: Option<bool>,
    /// Whether it gets a new secret; the old one is no longer used from then on.
    #[serde(default)]
    new_secret: bool,
}

impl From<WebhookRecord> for WebhookView {
    fn from(record: WebhookRecord) -> Self {
        let WebhookRecord { id, name, url, events, enabled, generation: _, created_by, created_at } = record;
        Self { id, name, url, events, enabled, created_by, created_at }
    }
}

/// Webhooks, in the order in which they were made.
#[utoipa::path(get, path = "/api/v1/webhooks", tag = "notifications", params(Paging),
    responses((status = 200, description = "webhooks", body = Page<WebhookView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let webhooks = context.notifications.webhooks().await?.into_iter().map(WebhookView::from).collect();
    let page = Page::of(webhooks, &paging, |webhook: &WebhookView| webhook.id.to_string())?;
    Ok(page.answer(&listing, &["id", "name", "url", "events", "enabled", "created_by", "created_at"]))
}

/// Makes a webhook. Its secret is shown once.
#[utoipa::path(post, path = "/api/v1/webhooks", tag = "notifications", request_body = NewWebhook,
    responses((status = 201, description = "the webhook with its secret", body = WebhookWithSecret), Problems))]
pub async fn create(State(context): State<Ctx>, Caller(caller): Caller, Json(new): Json<NewWebhook>) -> Answer<Response> {
    let NewWebhook { url, name, events } = new;
    let wish = WebhookWish { name, url: Some(url), events: Some(events), enabled: None, new_secret: false };
    let (webhook, secret) = context.notifications.create_webhook(wish, &caller.actor()).await?;
    let created = WebhookWithSecret { webhook: webhook.into(), secret: Some(secret.to_string()) };
    Ok((StatusCode::CREATED, axum::Json(created)).into_response())
}

/// Changes a webhook, or gives it a new secret, which is shown once.
#[utoipa::path(patch, path = "/api/v1/webhooks/{id}", tag = "notifications", params(("id" = String, Path, description = "the webhook")),
    request_body = WebhookChange,
    responses((status = 200, description = "the webhook", body = WebhookWithSecret), Problems))]
pub async fn change(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Id(id): Id<Uuid>,
    change: Result<Json<WebhookChange>, Failure>,
) -> Answer<axum::Json<WebhookWithSecret>> {
    let Json(WebhookChange { url, name, events, enabled, new_secret }) = change?;
    let wish = WebhookWish { name, url, events, enabled, new_secret };
    let (webhook, secret) = context.notifications.change_webhook(id, wish, &caller.actor()).await?;
    Ok(axum::Json(WebhookWithSecret { webhook: webhook.into(), secret: secret.map(|secret| secret.to_string()) }))
}

/// Deletes a webhook. Messages that wait for it are given up.
#[utoipa::path(delete, path = "/api/v1/webhooks/{id}", tag = "notifications", params(("id" = String, Path, description = "the webhook")),
    responses((status = 204, description = "deleted"), Problems))]
pub async fn delete(State(context): State<Ctx>, Caller(caller): Caller, Id(id): Id<Uuid>) -> Answer<StatusCode> {
    context.notifications.delete_webhook(id, &caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}
