//! The forms about webhooks on the page of notifications: one is made, switched, given a new secret or deleted here, by the rules of the
//! API. A secret is shown once, on the page that answers the form.

use super::{
    frame::{beside_form, once, shown},
    note::Note,
    notifications::{HERE, Told, show},
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure, Form,
        auth::{Caller, Principal},
    },
    notify::WebhookWish,
};
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use serde::Deserialize;
use uuid::Uuid;

/// The form, as it was filled in.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct WebhookForm {
    /// What is done with the webhook of this id; with none, one is made.
    act: String,
    id: String,
    pub(super) url: String,
    pub(super) name: String,
    /// With commas between them; all when empty.
    pub(super) events: String,
}

/// A secret that was made now, and whose it is.
pub(super) struct Secret {
    pub(super) name: String,
    pub(super) secret: String,
}

/// `POST /notifications/webhooks`.
pub async fn change_webhooks(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    headers: HeaderMap,
    Form(form): Form<WebhookForm>,
) -> Response {
    shown(changed(&context, &caller, &headers, form).await)
}

async fn changed(context: &AdminContext, caller: &Principal, headers: &HeaderMap, form: WebhookForm) -> Answer<Response> {
    let (by, known) = (caller.actor(), &context.notifications);
    let id = || Uuid::try_parse(&form.id).map_err(|_| Failure::not_found("webhook", &form.id));
    let done = match form.act.as_str() {
        "" => known.create_webhook(form.wish(), &by).await.map(|(webhook, secret)| (webhook, Some(secret))),
        "delete" => {
            known.delete_webhook(id()?, &by).await?;
            return Ok(back(context, "The webhook was deleted. Messages that waited for it are given up.".to_owned()));
        }
        act => {
            let enabled = match act {
                "enable" => Some(true),
                "disable" => Some(false),
                _ => None,
            };
            let wish = WebhookWish { name: None, url: None, events: None, enabled, new_secret: act == "secret" };
            known.change_webhook(id()?, wish, &by).await
        }
    };
    match done.map_err(Failure::from) {
        Ok((webhook, Some(secret))) => {
            let secret = Some(Secret { name: webhook.name, secret: secret.to_string() });
            Ok(once(show(context, caller, headers, None, Told { secret, ..Told::default() }).await?))
        }
        Ok((webhook, None)) => {
            let so = if webhook.enabled { "takes messages" } else { "takes no messages" };
            Ok(back(context, format!("The webhook {} {so} now.", webhook.name)))
        }
        Err(failure) => {
            let (status, refused) = beside_form(failure)?;
            let told = Told { refused: Some(refused), form, ..Told::default() };
            Ok((status, show(context, caller, headers, None, told).await?).into_response())
        }
    }
}

fn back(context: &AdminContext, text: String) -> Response {
    Note { at: HERE.to_owned(), text, warnings: Vec::new() }.put(Redirect::to(HERE).into_response(), context.tls)
}

impl WebhookForm {
    fn wish(&self) -> WebhookWish {
        let name = Some(self.name.trim().to_owned()).filter(|name| !name.is_empty());
        let events = self.events.split(',').map(str::trim).filter(|event| !event.is_empty()).map(str::to_owned);
        WebhookWish {
            name,
            url: Some(self.url.trim().to_owned()),
            events: Some(events.collect()),
            enabled: None,
            new_secret: false,
        }
    }
}
