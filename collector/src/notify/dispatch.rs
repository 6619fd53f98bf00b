//! The job that tells: gathers what is new and sends what is due, until shutdown.
//!
//! In: the store and the clock. Out: messages, and deliveries as they were settled. A delivery is settled after its attempt: one that a kill
//! cuts off is sent again with the same id. Each channel has one attempt at a time, and a slow one keeps no other waiting.

use super::{
    backoff,
    error::SendError,
    gather::{Gatherer, claim, release},
    post::Surroundings,
    service::{Notifications, Parts},
};
use crate::store::{
    StoreError,
    records::{Channel, DeliveryRecord, DeliveryState},
};
use chrono::{DateTime, TimeDelta, Utc};
use muster_runtime::shutdown::Shutdown;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::task::JoinSet;

/// How often is looked without being woken.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Further ahead than this no attempt is planned: one that is was planned while the clock was wrong.
const FURTHEST: TimeDelta = TimeDelta::days(2);
/// How long attempts that are under way may take at shutdown.
const FINISH: Duration = Duration::from_secs(5);

/// The job.
pub struct Dispatcher {
    notifications: Arc<Notifications>,
    gatherer: Gatherer,
    busy: BTreeSet<Channel>,
    attempts: JoinSet<(Channel, Result<(), StoreError>)>,
}

impl Dispatcher {
    /// Of these notifications.
    #[must_use]
    pub fn new(notifications: Arc<Notifications>) -> Self {
        let gatherer = Gatherer::new(notifications.parts());
        Self { notifications, gatherer, busy: BTreeSet::new(), attempts: JoinSet::new() }
    }

    /// Tells until shutdown. `failed` is told of every error, and of every success.
    pub async fn run(mut self, shutdown: Shutdown, failed: impl Fn(Option<&StoreError>)) {
        loop {
            let outcome = self.round().await;
            failed(outcome.as_ref().err());
            if shutdown.run_until(self.pause()).await.is_none() {
                break;
            }
        }
        let finish = async {
            while let Some(done) = self.attempts.join_next().await {
                drop(done);
            }
        };
        // What is not settled is sent again after the next start.
        let _ = tokio::time::timeout(FINISH, finish).await;
        if let Err(error) = release(&self.notifications.parts()).await {
            tracing::warn!(%error, "the next collector tells only when this one's lease is over");
        }
    }

    /// Until there can be something to do.
    async fn pause(&mut self) {
        let notifications = Arc::clone(&self.notifications);
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = notifications.woken() => {}
            Some(done) = self.attempts.join_next() => self.ended(done),
        }
    }

    fn ended(&mut self, done: Result<(Channel, Result<(), StoreError>), tokio::task::JoinError>) {
        match done {
            Ok((channel, outcome)) => {
                self.busy.remove(&channel);
                if let Err(error) = outcome {
                    tracing::warn!(%error, "a delivery could not be settled; it is sent again");
                }
            }
            // Which channel it was is not known any more: each may have another attempt, at worst two at a time.
            Err(error) => {
                tracing::error!(%error, "an attempt to deliver ended early");
                self.busy.clear();
            }
        }
    }

    async fn round(&mut self) -> Result<(), StoreError> {
        while let Some(done) = self.attempts.try_join_next() {
            self.ended(done);
        }
        // What waits is sent although nothing new can be gathered.
        let gathered = self.gatherer.look().await;
        let sent = self.send().await;
        gathered.and(sent)
    }

    /// Begins an attempt for each channel that has something due and none under way.
    async fn send(&mut self) -> Result<(), StoreError> {
        let parts = self.notifications.parts();
        let now = parts.clock.now();
        let waiting = parts.stores.notifications.first_waiting().await?;
        let due: Vec<DeliveryRecord> = waiting.into_iter().filter(|delivery| is_due(delivery, now)).collect();
        self.notifications.show().await?;
        // The lease lasts as long as an attempt is under way.
        if (due.is_empty() && self.attempts.is_empty()) || !claim(&parts).await? {
            return Ok(());
        }
        for delivery in due {
            if self.busy.insert(delivery.channel.clone()) {
                let parts = Arc::clone(&parts);
                let notifications = Arc::clone(&self.notifications);
                self.attempts.spawn(async move {
                    let channel = delivery.channel.clone();
                    (channel, attempt(&notifications, &parts, delivery).await)
                });
            }
        }
        Ok(())
    }
}

fn is_due(delivery: &DeliveryRecord, now: DateTime<Utc>) -> bool {
    delivery.next_at <= now || delivery.next_at - now > FURTHEST
}

/// Sends a delivery once and settles it.
async fn attempt(notifications: &Notifications, parts: &Parts, delivery: DeliveryRecord) -> Result<(), StoreError> {
    let store = &parts.stores.notifications;
    let notices = store.notices_of(&delivery.notices).await?;
    let webhooks = store.webhooks().await?;
    let values = parts.settings.values();
    let license = parts.site.license().license;
    let around = Surroundings {
        webhooks: &webhooks,
        mail_to: &values.notifying.mail_to,
        networks: &values.notifying.networks,
        customer: license.as_ref().map(|license| license.customer.as_str()),
        now: parts.clock.now(),
    };
    let outcome = parts.post.send(&delivery, &notices, &around).await;
    let before = delivery.attempts;
    let after = settled(delivery, outcome.err(), parts.clock.now());
    match after.state {
        DeliveryState::Sent => tracing::info!(delivery = %after.id, attempts = after.attempts, "delivered"),
        _ => tracing::warn!(delivery = %after.id, attempts = after.attempts, error = after.error, "not delivered"),
    }
    store.settle(after.clone(), before).await?;
    notifications.tried(&after, store.count_waiting().await?);
    Ok(())
}

/// The delivery after an attempt.
fn settled(delivery: DeliveryRecord, error: Option<SendError>, now: DateTime<Utc>) -> DeliveryRecord {
    if let Some(error @ SendError::Gone(_)) = &error {
        // Nothing was tried, and nothing failed: there is nobody to tell.
        return DeliveryRecord { state: DeliveryState::GivenUp, error: Some(error.to_string()), ..delivery };
    }
    let attempts = delivery.attempts.saturating_add(1);
    let Some(error) = error else {
        return DeliveryRecord { state: DeliveryState::Sent, attempts, tried_at: Some(now), error: None, ..delivery };
    };
    let asked = if let SendError::Answered { retry_after, .. } = &error { *retry_after } else { None };
    let wait = TimeDelta::from_std(backoff::delay(attempts, asked)).unwrap_or(FURTHEST);
    DeliveryRecord {
        state: if now >= delivery.until { DeliveryState::GivenUp } else { DeliveryState::Waiting },
        next_at: now + wait,
        attempts,
        tried_at: Some(now),
        error: Some(error.to_string()),
        ..delivery
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::delivery;

    #[test]
    fn a_delivery_is_tried_again_until_its_time_is_over_or_its_target_is_gone() {
        let now: DateTime<Utc> = "2026-11-22T12:00:00Z".parse().unwrap();
        let check = |until: i64, error: Option<SendError>, state: DeliveryState, waits: i64| {
            let before = DeliveryRecord {
                until: now + TimeDelta::hours(until),
                next_at: now,
                ..delivery(1, Channel::Mail("a@b.c".to_owned()), 1)
            };
            let (failed, gone) = (error.is_some(), matches!(error, Some(SendError::Gone(_))));
            let after = settled(before, error, now);
            let tried = if gone { (0, None) } else { (1, Some(now)) };
            assert_eq!((after.state, (after.attempts, after.tried_at), after.error.is_some()), (state, tried, failed));
            assert!(after.next_at >= now + TimeDelta::seconds(waits), "{after:?}");
        };
        let answered = |retry_after| Some(SendError::Answered { status: 503, retry_after });
        check(1, None, DeliveryState::Sent, 0);
        check(1, answered(None), DeliveryState::Waiting, 2);
        check(1, answered(Some(90)), DeliveryState::Waiting, 90);
        check(-1, answered(None), DeliveryState::GivenUp, 0);
        check(1, Some(SendError::Gone("gone")), DeliveryState::GivenUp, 0);
    }

    #[test]
    fn what_was_planned_under_a_wrong_clock_is_due() {
        let now: DateTime<Utc> = "2026-11-22T12:00:00Z".parse().unwrap();
        for (days, due) in [(-1, true), (0, true), (1, false), (2, false), (3, true), (3650, true)] {
            let planned =
                DeliveryRecord { next_at: now + TimeDelta::days(days), ..delivery(1, Channel::Mail("a@b.c".to_owned()), 1) };
            assert_eq!(is_due(&planned, now), due, "{days}");
        }
    }
}
