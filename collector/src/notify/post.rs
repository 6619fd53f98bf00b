//! The way of one delivery: a mail to its address, or a signed request to its webhook.
//!
//! In: a delivery and its notices. Out: whether it was taken. Nothing is stored here.

use super::{
    error::SendError,
    event::urgency_word,
    letter::{Sender, letter},
    mail::{self, Mailer, chain},
    signing::Signer,
    target,
};
use crate::{
    config::MailConfig,
    settings::Network,
    store::records::{Channel, DeliveryRecord, NoticeRecord, WebhookRecord},
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use reqwest::{Certificate, header, redirect};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{path::PathBuf, time::Duration};
use uuid::Uuid;

/// The longest exchange with a webhook.
const EXCHANGE: Duration = Duration::from_secs(15);

/// Sends deliveries.
pub struct Post {
    mailer: Option<Mailer>,
    webhooks_ca: Option<PathBuf>,
    signer: Signer,
    /// The address of the console in messages, without a slash at the end.
    console: String,
    collector_id: Uuid,
    zone: Tz,
}

/// What a webhook is posted.
#[derive(Debug, Serialize)]
struct Body<'a> {
    /// Of the delivery: the same with every attempt.
    id: Uuid,
    #[serde(rename = "type")]
    event: &'a str,
    number: u64,
    timestamp: DateTime<Utc>,
    collector_id: Uuid,
    urgency: &'static str,
    title: &'a str,
    text: &'a str,
    advice: &'a str,
    url: String,
    data: &'a Map<String, Value>,
}

/// What is known beside the delivery.
pub(super) struct Surroundings<'a> {
    pub(super) webhooks: &'a [WebhookRecord],
    /// Addresses that are told.
    pub(super) mail_to: &'a [String],
    pub(super) networks: &'a [Network],
    /// Whose licence it is.
    pub(super) customer: Option<&'a str>,
    pub(super) now: DateTime<Utc>,
}

impl Post {
    /// By the configuration; `console` is the address of the console, `site` the collector's id and the zone in which times are told.
    #[must_use]
    pub fn new(
        mail: Option<MailConfig>,
        webhooks_ca: Option<PathBuf>,
        signer: Signer,
        console: String,
        site: (Uuid, Tz),
    ) -> Self {
        Self { mailer: mail.map(Mailer::new), webhooks_ca, signer, console, collector_id: site.0, zone: site.1 }
    }

    /// Whether there is a mail server.
    #[must_use]
    pub const fn can_mail(&self) -> bool {
        self.mailer.is_some()
    }

    /// The secrets of webhooks.
    #[must_use]
    pub const fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Sends a delivery with these notices.
    pub(super) async fn send(
        &self,
        delivery: &DeliveryRecord,
        notices: &[NoticeRecord],
        around: &Surroundings<'_>,
    ) -> Result<(), SendError> {
        let Some(first) = notices.first() else { return Err(SendError::Gone("its notices were forgotten")) };
        match &delivery.channel {
            Channel::Mail(to) => {
                if !around.mail_to.iter().any(|known| known == to) {
                    return Err(SendError::Gone("the address is not told any more (setting notify_mail_to)"));
                }
                let Some(mailer) = &self.mailer else {
                    return Err(SendError::Message(
                        "there is no mail server any more (section [mail] of collector.toml)".to_owned(),
                    ));
                };
                let sender = Sender { console: &self.console, customer: around.customer, zone: self.zone };
                let letter = letter(notices, sender).map_err(|error| SendError::Message(error.to_string()))?;
                mailer.send(letter, to, delivery.id, around.now).await
            }
            Channel::Webhook(id) => {
                let webhook = around.webhooks.iter().find(|webhook| webhook.id == *id && webhook.enabled);
                let webhook = webhook.ok_or(SendError::Gone("the webhook was deleted or switched off"))?;
                self.post(webhook, delivery.id, first, around).await
            }
        }
    }

    async fn post(
        &self,
        webhook: &WebhookRecord,
        id: Uuid,
        notice: &NoticeRecord,
        around: &Surroundings<'_>,
    ) -> Result<(), SendError> {
        let url = target::read(&webhook.url, around.networks)?;
        let (name, addresses) = target::resolve(&url, around.networks).await?;
        let body = Body {
            id,
            event: &notice.event,
            number: notice.number,
            timestamp: notice.at,
            collector_id: self.collector_id,
            urgency: urgency_word(notice.urgency),
            title: &notice.title,
            text: &notice.text,
            advice: &notice.advice,
            url: format!("{}{}", self.console, notice.page),
            data: &notice.facts,
        };
        let body = serde_json::to_vec(&body).map_err(|error| SendError::Message(error.to_string()))?;
        let timestamp = around.now.timestamp();
        let signature = self.signer.sign((webhook.id, webhook.generation), id, timestamp, &body);
        // A client of its own for each: it connects to the addresses that were judged and to no others.
        let mut client = reqwest::Client::builder()
            .resolve_to_addrs(&name, &addresses)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(EXCHANGE)
            .user_agent(concat!("muster-collector/", env!("CARGO_PKG_VERSION")));
        if let Some(file) = &self.webhooks_ca {
            let pem = mail::read("the CA file", file).await?;
            let certificates = Certificate::from_pem_bundle(pem.as_bytes()).map_err(|error| SendError::Message(chain(&error)))?;
            client = client.tls_certs_merge(certificates);
        }
        let client = client.build().map_err(|error| SendError::Message(chain(&error)))?;
        let request = client
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", id.to_string())
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", signature)
            .body(body);
        // The path of an address can be a secret of its receiver: it is in no error.
        let answer = request.send().await.map_err(|error| SendError::NoAnswer(chain(&error.without_url())))?;
        if answer.status().is_success() {
            return Ok(());
        }
        let retry_after = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        Err(SendError::Answered { status: answer.status().as_u16(), retry_after })
    }
}
