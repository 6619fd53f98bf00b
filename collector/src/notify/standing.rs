//! How deliveries stand: when one was last taken, when one last failed, and which channels fail. In memory, from what the store keeps.
//!
//! In: deliveries as they were settled. Out: the numbers of the status, and an alert for each channel that fails.

use crate::{
    publish::{Alerts, NotificationStatus, Severity},
    store::records::{Channel, DeliveryRecord, DeliveryState, WebhookRecord},
};
use chrono::{DateTime, Utc};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Key of the alert about mail.
const MAIL: &str = "notify-mail";

/// How deliveries stand.
pub(super) struct Standing {
    alerts: Arc<Alerts>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    status: NotificationStatus,
    /// Channels whose last attempt failed, with the reason.
    failing: BTreeMap<Channel, String>,
}

impl Standing {
    /// From the newest deliveries, newest first.
    pub(super) fn of(alerts: Arc<Alerts>, newest: &[DeliveryRecord], waiting: u64) -> Self {
        let mut state = State::default();
        let mut tried: Vec<&DeliveryRecord> = newest.iter().filter(|delivery| delivery.tried_at.is_some()).collect();
        tried.sort_by_key(|delivery| delivery.tried_at);
        for delivery in tried {
            state.take(delivery);
        }
        state.status.waiting = waiting;
        Self { alerts, state: Mutex::new(state) }
    }

    /// The numbers of the status.
    pub(super) fn status(&self) -> NotificationStatus {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).status.clone()
    }

    /// Takes a delivery that was tried.
    pub(super) fn tried(&self, delivery: &DeliveryRecord, waiting: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.take(delivery);
        state.status.waiting = waiting;
    }

    /// How many wait now.
    pub(super) fn waiting(&self, waiting: u64) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).status.waiting = waiting;
    }

    /// Raises an alert for what fails, and ends the others. What nobody can be told by any more fails no longer.
    pub(super) fn show(&self, mail_to: &[String], webhooks: &[WebhookRecord], now: DateTime<Utc>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.failing.retain(|channel, _| match channel {
            Channel::Mail(address) => mail_to.contains(address),
            Channel::Webhook(id) => webhooks.iter().any(|webhook| webhook.id == *id && webhook.enabled),
        });
        let mails: Vec<&str> = state
            .failing
            .iter()
            .filter_map(|(channel, error)| if matches!(channel, Channel::Mail(_)) { Some(error.as_str()) } else { None })
            .collect();
        match mails.first() {
            None => self.alerts.clear(MAIL),
            // Alerts are logged: an address in one would be a name in the log.
            Some(error) => {
                let (failing, all) = (mails.len(), mail_to.len());
                let text = format!(
                    "mail to {failing} of {all} addresses cannot be sent: {error}. It is tried again for three days; see \
                     muster-collector notify list, and try with muster-collector notify test"
                );
                self.alerts.raise(MAIL, Severity::Warning, text, now);
            }
        }
        for webhook in webhooks {
            let key = format!("notify-webhook:{}", webhook.id);
            match state.failing.get(&Channel::Webhook(webhook.id)) {
                Some(error) => {
                    let text = format!(
                        "the webhook {} does not take messages: {error}. They are tried again for three days; try with muster-collector notify test",
                        webhook.name
                    );
                    self.alerts.raise(&key, Severity::Warning, text, now);
                }
                None => self.alerts.clear(&key),
            }
        }
    }

    /// A webhook is gone, and its alert with it.
    pub(super) fn gone(&self, webhook: uuid::Uuid) {
        self.alerts.clear(&format!("notify-webhook:{webhook}"));
    }
}

impl State {
    fn take(&mut self, delivery: &DeliveryRecord) {
        match (delivery.state, &delivery.error) {
            (DeliveryState::Sent, _) => {
                self.status.last_sent_at = self.status.last_sent_at.max(delivery.tried_at);
                self.failing.remove(&delivery.channel);
            }
            // What nobody was there for was given up without an attempt.
            (DeliveryState::GivenUp, _) if delivery.tried_at.is_none() => {}
            (_, Some(error)) => {
                if self.status.last_failed_at <= delivery.tried_at {
                    self.status.last_failed_at = delivery.tried_at;
                    self.status.last_error = Some(error.clone());
                }
                self.failing.insert(delivery.channel.clone(), error.clone());
            }
            (_, None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::{delivery, webhook};
    use chrono::TimeDelta;
    use uuid::Uuid;

    fn tried(id: u128, channel: Channel, state: DeliveryState, minutes: i64, error: Option<&str>) -> DeliveryRecord {
        let at = DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        DeliveryRecord { state, tried_at: Some(at), error: error.map(str::to_owned), ..delivery(id, channel, 1) }
    }

    #[test]
    fn what_fails_is_an_alert_until_it_works_or_is_gone() {
        let alerts = Arc::new(Alerts::default());
        let (mail, hook) = (Channel::Mail("it@x.y".to_owned()), Channel::Webhook(Uuid::from_u128(3)));
        let (sent, waiting) = (DeliveryState::Sent, DeliveryState::Waiting);
        let newest = [tried(2, mail.clone(), sent, 9, None), tried(1, mail.clone(), waiting, 5, Some("refused"))];
        let standing = Standing::of(Arc::clone(&alerts), &newest, 1);
        let status = standing.status();
        let minute = |minutes| Some(DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes));
        assert_eq!((status.last_sent_at, status.last_failed_at, status.waiting), (minute(9), minute(5), 1));
        let to = ["it@x.y".to_owned()];
        let hooks = [webhook(3)];
        let shown = || {
            standing.show(&to, &hooks, DateTime::UNIX_EPOCH);
            alerts.list().into_iter().map(|alert| alert.text).collect::<Vec<_>>()
        };
        assert_eq!(shown(), Vec::<String>::new(), "the newest attempt counts");
        standing.tried(&tried(3, mail.clone(), waiting, 10, Some("550 no")), 2);
        standing.tried(&tried(4, hook.clone(), waiting, 11, Some("the receiver answered 500")), 3);
        let texts = shown();
        assert!(
            texts.len() == 2 && texts.iter().any(|text| text.starts_with("mail to 1 of 1 addresses cannot be sent: 550 no")),
            "{texts:?}"
        );
        assert_eq!(standing.status().last_error.as_deref(), Some("the receiver answered 500"));
        standing.tried(&tried(3, mail, sent, 12, None), 1);
        assert_eq!(shown().len(), 1);
        standing.show(&[], &[WebhookRecord { enabled: false, ..webhook(3) }], DateTime::UNIX_EPOCH);
        assert_eq!(alerts.list(), []);
    }
}
