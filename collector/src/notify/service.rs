//! Notifications as administrators see and change them: what was told, to whom, and the webhooks.

use super::{
    error::NotifyError,
    event::Event,
    gather::{self},
    occurrence::Occurrence,
    post::Post,
    routing::TRIED_FOR,
    site::Site,
    standing::Standing,
    target,
};
use crate::{
    publish::{Alerts, NotificationStatus},
    settings::{EVENTS, Settings},
    store::{
        StoreError, Stores,
        records::{AuditEntry, DeliveryRecord, NoticeRecord, WebhookRecord},
    },
};
use muster_runtime::clock::SharedClock;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::sync::{Notify, watch};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Deliveries from which it is read how channels stand.
const READ: usize = 500;
/// How long a test waits for its outcome.
const TESTED: Duration = Duration::from_secs(20);
/// Most webhooks.
const WEBHOOKS: usize = 50;
/// Longest name and address of a webhook, in characters.
const NAME: usize = 100;
const ADDRESS: usize = 2000;

/// What notifications work with.
pub struct Parts {
    /// The store.
    pub stores: Stores,
    /// What administrators set.
    pub settings: Arc<Settings>,
    /// The site.
    pub site: Arc<dyn Site>,
    /// The way of messages.
    pub post: Post,
    /// Where alerts go.
    pub alerts: Arc<Alerts>,
    /// The clock.
    pub clock: SharedClock,
    /// Tells this collector from others on the same store.
    pub holder: String,
}

/// The notifications.
pub struct Notifications {
    parts: Arc<Parts>,
    standing: Standing,
    wake: Notify,
    /// Held while a webhook is changed: two changes of one must not undo each other.
    changing: tokio::sync::Mutex<()>,
    /// Counts deliveries that were tried.
    tried: watch::Sender<u64>,
}

/// A webhook as it is wished. What is absent stays.
#[derive(Debug, Clone, Default)]
pub struct WebhookWish {
    /// What people call it.
    pub name: Option<String>,
    /// Where notices are posted.
    pub url: Option<String>,
    /// The events that it takes; all when empty.
    pub events: Option<Vec<String>>,
    /// Whether it takes any.
    pub enabled: Option<bool>,
    /// Whether its secret is replaced.
    pub new_secret: bool,
}

impl Notifications {
    /// With what the store knows of earlier deliveries.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(parts: Parts) -> Result<Self, StoreError> {
        let store = &parts.stores.notifications;
        let standing =
            Standing::of(Arc::clone(&parts.alerts), &store.deliveries(None, READ).await?, store.count_waiting().await?);
        Ok(Self {
            parts: Arc::new(parts),
            standing,
            wake: Notify::new(),
            changing: tokio::sync::Mutex::default(),
            tried: watch::Sender::new(0),
        })
    }

    pub(super) fn parts(&self) -> Arc<Parts> {
        Arc::clone(&self.parts)
    }

    /// When a message was last taken, when one last failed, how many wait.
    #[must_use]
    pub fn status(&self) -> NotificationStatus {
        self.standing.status()
    }

    /// Whether there is a mail server.
    #[must_use]
    pub fn can_mail(&self) -> bool {
        self.parts.post.can_mail()
    }

    /// At most `limit` notices with numbers below `before`, newest first, with their deliveries.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn list(&self, before: Option<u64>, limit: usize) -> Result<Vec<(NoticeRecord, Vec<DeliveryRecord>)>, StoreError> {
        let store = &self.parts.stores.notifications;
        let notices = store.notices(before, limit).await?;
        let ids: Vec<Uuid> = notices.iter().flat_map(|notice| notice.deliveries.iter().copied()).collect();
        let deliveries = store.deliveries_of(&ids).await?;
        let of = |notice: &NoticeRecord| {
            notice.deliveries.iter().filter_map(|id| deliveries.iter().find(|found| found.id == *id).cloned()).collect()
        };
        Ok(notices.into_iter().map(|notice| (notice.clone(), of(&notice))).collect())
    }

    /// Every webhook.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn webhooks(&self) -> Result<Vec<WebhookRecord>, StoreError> {
        self.parts.stores.notifications.webhooks().await
    }

    /// Sends a test to every address and webhook, and waits a while for the outcome.
    ///
    /// # Errors
    /// When nobody would be told, or the store refuses.
    pub async fn test(&self, actor: &str) -> Result<(NoticeRecord, Vec<DeliveryRecord>), NotifyError> {
        let now = self.parts.clock.now();
        let occurrence = Occurrence::of(Event::Test, now, json!({"asked_by": actor})).on_page("/notifications").says(
            "This is a test".to_owned(),
            format!(
                "{} asked for it. What happens at this site is told the same way.",
                actor.strip_prefix("user:").unwrap_or(actor)
            ),
            "",
        );
        let mut tried = self.tried.subscribe();
        let wishes = self.parts.settings.values();
        let webhooks = self.webhooks().await?.iter().any(|webhook| webhook.enabled);
        if !webhooks && (wishes.notifying.mail_to.is_empty() || !self.can_mail()) {
            return Err(NotifyError::Nobody);
        }
        let audit = self.entry(actor, "notification.test", "all", serde_json::Value::Null);
        let notice = gather::tell(&self.parts, occurrence, audit).await?;
        let notice = notice.ok_or_else(|| NotifyError::NotFound { what: "notice", id: "of this test".to_owned() })?;
        self.wake.notify_one();
        let outcome = async {
            loop {
                let deliveries = self.parts.stores.notifications.deliveries_of(&notice.deliveries).await?;
                if deliveries.iter().all(|delivery| delivery.attempts > 0) || tried.changed().await.is_err() {
                    return Ok::<_, StoreError>(deliveries);
                }
            }
        };
        let deliveries = match tokio::time::timeout(TESTED, outcome).await {
            Ok(deliveries) => deliveries?,
            // What is under way is shown as it is.
            Err(_) => self.parts.stores.notifications.deliveries_of(&notice.deliveries).await?,
        };
        Ok((notice, deliveries))
    }

    /// Tries a delivery again at once.
    ///
    /// # Errors
    /// When there is none, it was taken, or the store refuses.
    pub async fn retry(&self, id: Uuid, actor: &str) -> Result<DeliveryRecord, NotifyError> {
        let audit = self.entry(actor, "delivery.retry", &id.to_string(), serde_json::Value::Null);
        let until = audit.at + TRIED_FOR;
        let found = self.parts.stores.notifications.retry(id, until, audit).await?;
        self.wake.notify_one();
        found.ok_or_else(|| NotifyError::NotFound { what: "delivery", id: id.to_string() })
    }

    /// Makes a webhook; gives it with its secret, which is shown once.
    ///
    /// # Errors
    /// For a field that cannot be taken; when the store refuses.
    pub async fn create_webhook(
        &self,
        wish: WebhookWish,
        actor: &str,
    ) -> Result<(WebhookRecord, Zeroizing<String>), NotifyError> {
        let wrong = |field: &'static str, reason: &str| NotifyError::Webhook { field, reason: reason.to_owned() };
        let _changing = self.changing.lock().await;
        if self.webhooks().await?.len() >= WEBHOOKS {
            return Err(wrong("name", &format!("there are {WEBHOOKS} webhooks already; delete one")));
        }
        let url = wish.url.clone().ok_or_else(|| wrong("url", "it is missing"))?;
        let name = match &wish.name {
            Some(name) => name.clone(),
            None => self.address(&url)?.host_str().unwrap_or_default().to_owned(),
        };
        let fresh = WebhookRecord {
            id: Uuid::now_v7(),
            name,
            url,
            events: Vec::new(),
            enabled: true,
            generation: 1,
            created_by: actor.to_owned(),
            created_at: self.parts.clock.now(),
        };
        let webhook = self.wished(fresh, WebhookWish { new_secret: false, ..wish })?;
        self.keep_webhook(&webhook, "webhook.create", actor).await?;
        let secret = self.parts.post.signer().shown(webhook.id, webhook.generation);
        Ok((webhook, secret))
    }

    /// Changes a webhook; gives it, with its new secret where one was wished.
    ///
    /// # Errors
    /// When there is none; for a field that cannot be taken; when the store refuses.
    pub async fn change_webhook(
        &self,
        id: Uuid,
        wish: WebhookWish,
        actor: &str,
    ) -> Result<(WebhookRecord, Option<Zeroizing<String>>), NotifyError> {
        let _changing = self.changing.lock().await;
        let before = self.webhooks().await?.into_iter().find(|webhook| webhook.id == id);
        let before = before.ok_or_else(|| NotifyError::NotFound { what: "webhook", id: id.to_string() })?;
        let new_secret = wish.new_secret;
        let webhook = self.wished(before, wish)?;
        self.keep_webhook(&webhook, "webhook.set", actor).await?;
        let secret = new_secret.then(|| self.parts.post.signer().shown(webhook.id, webhook.generation));
        Ok((webhook, secret))
    }

    /// Deletes a webhook. What waits for it is given up.
    ///
    /// # Errors
    /// When there is none, or the store refuses.
    pub async fn delete_webhook(&self, id: Uuid, actor: &str) -> Result<(), NotifyError> {
        let _changing = self.changing.lock().await;
        let audit = self.entry(actor, "webhook.delete", &id.to_string(), serde_json::Value::Null);
        if !self.parts.stores.notifications.remove_webhook(id, audit).await? {
            return Err(NotifyError::NotFound { what: "webhook", id: id.to_string() });
        }
        self.standing.gone(id);
        self.wake.notify_one();
        Ok(())
    }

    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    pub(super) fn tried(&self, delivery: &DeliveryRecord, waiting: u64) {
        self.standing.tried(delivery, waiting);
        self.tried.send_modify(|tried| *tried = tried.wrapping_add(1));
    }

    /// Shows in the alerts and the status how deliveries stand.
    pub(super) async fn show(&self) -> Result<(), StoreError> {
        let store = &self.parts.stores.notifications;
        self.standing.waiting(store.count_waiting().await?);
        let values = self.parts.settings.values();
        self.standing.show(&values.notifying.mail_to, &store.webhooks().await?, self.parts.clock.now());
        Ok(())
    }

    fn address(&self, url: &str) -> Result<reqwest::Url, NotifyError> {
        let wrong = |reason: String| NotifyError::Webhook { field: "url", reason };
        if url.chars().count() > ADDRESS {
            return Err(wrong(format!("it is longer than {ADDRESS} characters")));
        }
        target::read(url, &self.parts.settings.values().notifying.networks).map_err(|error| wrong(error.to_string()))
    }

    fn wished(&self, before: WebhookRecord, wish: WebhookWish) -> Result<WebhookRecord, NotifyError> {
        let WebhookWish { name, url, events, enabled, new_secret } = wish;
        let name = name.map_or(before.name, |name| name.trim().to_owned());
        if name.is_empty() || name.chars().count() > NAME || name.chars().any(char::is_control) {
            let reason = format!("it must have 1 to {NAME} characters, without control characters");
            return Err(NotifyError::Webhook { field: "name", reason });
        }
        let events = events.unwrap_or(before.events);
        if let Some(unknown) = events.iter().find(|event| !EVENTS.contains(&event.as_str())) {
            let reason = format!("{unknown:?} is not one of {}", EVENTS.join(", "));
            return Err(NotifyError::Webhook { field: "events", reason });
        }
        let url = url.unwrap_or(before.url);
        self.address(&url)?;
        Ok(WebhookRecord {
            name,
            url,
            events,
            enabled: enabled.unwrap_or(before.enabled),
            generation: before.generation.saturating_add(u32::from(new_secret)),
            ..before
        })
    }

    async fn keep_webhook(&self, webhook: &WebhookRecord, action: &str, actor: &str) -> Result<(), StoreError> {
        // The path of an address can be a secret of its receiver: the log is read by more people.
        let host = reqwest::Url::parse(&webhook.url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let detail = json!({"name": webhook.name, "host": host, "events": webhook.events, "enabled": webhook.enabled,
                            "generation": webhook.generation});
        let audit = self.entry(actor, action, &webhook.id.to_string(), detail);
        self.parts.stores.notifications.put_webhook(webhook.clone(), audit).await
    }

    fn entry(&self, actor: &str, action: &str, subject: &str, detail: serde_json::Value) -> AuditEntry {
        AuditEntry {
            at: self.parts.clock.now(),
            actor: actor.to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail,
        }
    }
}

impl std::fmt::Debug for Notifications {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notifications")
    }
}
