//! What administrators are told.

use super::fixtures::{at, entry};
use crate::store::{
    StoreError, Stores,
    ports::Found,
    records::{Channel, DeliveryRecord, DeliveryState, NewNotice, NoticeRecord, Urgency, WebhookRecord},
};
use uuid::Uuid;

pub(crate) fn notice(event: &str, minutes: i64) -> NoticeRecord {
    let facts = serde_json::json!({"over_by": 7});
    NoticeRecord {
        number: 0,
        at: at(minutes),
        event: event.to_owned(),
        urgency: Urgency::Warning,
        title: "7 assets over the limit".to_owned(),
        text: "507 assets were counted, the licence covers 500.".to_owned(),
        advice: "Retire what is not used.".to_owned(),
        page: "/status".to_owned(),
        facts: facts.as_object().cloned().unwrap_or_default(),
        deliveries: Vec::new(),
    }
}

pub(crate) fn delivery(id: u128, channel: Channel, minutes: i64) -> DeliveryRecord {
    DeliveryRecord {
        id: Uuid::from_u128(id),
        channel,
        notices: Vec::new(),
        digest: false,
        created_at: at(1),
        until: at(500),
        state: DeliveryState::Waiting,
        next_at: at(minutes),
        attempts: 0,
        tried_at: None,
        error: None,
    }
}

pub(crate) fn webhook(id: u128) -> WebhookRecord {
    WebhookRecord {
        id: Uuid::from_u128(id),
        name: "Chat".to_owned(),
        url: "https://chat.example.com/hook".to_owned(),
        events: vec!["disabled".to_owned()],
        enabled: true,
        generation: 1,
        created_by: "user:root".to_owned(),
        created_at: at(1),
    }
}

fn mail(name: &str) -> Channel {
    Channel::Mail(format!("{name}@example.com"))
}

fn new(minutes: i64, once: &[&str], deliveries: Vec<DeliveryRecord>) -> NewNotice {
    let once = once.iter().map(|key| (*key).to_owned()).collect();
    NewNotice { notice: notice("over_limit", minutes), once, deliveries, audit: None }
}

fn found(notices: Vec<NewNotice>) -> Found {
    Found { notices, ..Found::default() }
}

fn numbers(notices: &[NoticeRecord]) -> Vec<u64> {
    notices.iter().map(|notice| notice.number).collect()
}

pub(crate) async fn a_notice_is_told_once_and_read_once(stores: &Stores) {
    let store = &stores.notifications;
    assert_eq!(store.read_to().await.unwrap(), None);
    let first = Found {
        read: Some((None, 5)),
        ..found(vec![new(1, &[], vec![delivery(1, mail("a"), 5)]), new(2, &["x:1"], Vec::new())])
    };
    let kept = store.keep(first.clone(), at(2)).await.unwrap();
    assert_eq!((numbers(&kept), kept[0].deliveries.as_slice()), (vec![1, 2], [Uuid::from_u128(1)].as_slice()));
    assert_eq!(store.read_to().await.unwrap(), Some(5));
    let again = store.keep(first, at(3)).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    assert_eq!(numbers(&store.notices(None, 10).await.unwrap()), [2, 1], "a conflict keeps nothing");
    // A notice with a key that is new is told, one all of whose keys are known is not.
    let second =
        vec![new(4, &["x:1"], vec![delivery(9, mail("a"), 5)]), new(4, &["x:1", "x:2"], Vec::new()), new(5, &["y"], Vec::new())];
    assert_eq!(numbers(&store.keep(found(second), at(4)).await.unwrap()), [3, 4]);
    assert_eq!(store.deliveries(None, 10).await.unwrap().len(), 1, "no delivery without its notice");
    assert_eq!(store.told("x:").await.unwrap(), ["x:1", "x:2"]);
    let over = Found { over: vec!["x:1".to_owned(), "z".to_owned()], ..found(vec![new(6, &["x:1"], Vec::new())]) };
    assert_eq!(numbers(&store.keep(over, at(6)).await.unwrap()), [5], "what is over may be told again");
    assert_eq!(numbers(&store.notices(Some(3), 1).await.unwrap()), [2]);
    assert_eq!(numbers(&store.notices_of(&[1, 7, 4]).await.unwrap()), [1, 4]);
    let audited = NewNotice { audit: Some(entry("notification.test")), ..new(7, &[], Vec::new()) };
    store.keep(found(vec![audited]), at(7)).await.unwrap();
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(1));
}

pub(crate) async fn notices_of_a_digest_share_a_delivery(stores: &Stores) {
    let store = &stores.notifications;
    let digest = |id: u128, name: &str, minutes: i64| DeliveryRecord { digest: true, ..delivery(id, mail(name), minutes) };
    let tell = async |deliveries: Vec<DeliveryRecord>| {
        store.keep(found(vec![new(1, &[], deliveries)]), at(1)).await.unwrap();
    };
    tell(vec![digest(1, "a", 60), digest(2, "b", 60)]).await;
    tell(vec![digest(3, "a", 60), delivery(4, mail("b"), 60)]).await;
    tell(vec![digest(5, "a", 90)]).await;
    let carried = async || {
        let all = store.deliveries(None, 10).await.unwrap();
        all.iter().rev().map(|found| (found.id.as_u128(), found.notices.clone())).collect::<Vec<_>>()
    };
    assert_eq!(carried().await, [(1, vec![1, 2]), (2, vec![1]), (4, vec![2]), (5, vec![3])]);
    assert_eq!(store.notices(None, 10).await.unwrap()[1].deliveries, [Uuid::from_u128(1), Uuid::from_u128(4)]);
    // One that was tried takes no more: what it carried would not be what was sent.
    let tried = DeliveryRecord { attempts: 1, next_at: at(60), error: Some("451".to_owned()), ..digest(1, "a", 60) };
    assert!(store.settle(tried, 0).await.unwrap());
    tell(vec![digest(6, "a", 60)]).await;
    assert_eq!(carried().await.last(), Some(&(6, vec![4])));
    assert_eq!(store.deliveries_of(&[Uuid::from_u128(1)]).await.unwrap()[0].notices, [1, 2]);
    // Who joined while it was sent was not sent, and a wish of meanwhile holds.
    tell(vec![digest(7, "a", 60)]).await;
    let read = store.deliveries_of(&[Uuid::from_u128(6)]).await.unwrap().remove(0);
    let early = DeliveryRecord { notices: vec![4], attempts: 1, state: DeliveryState::Sent, until: at(0), ..read.clone() };
    assert!(store.settle(early, 0).await.unwrap());
    let stored = store.deliveries_of(&[Uuid::from_u128(6)]).await.unwrap().remove(0);
    assert_eq!((stored.state, stored.notices, stored.until), (DeliveryState::Waiting, vec![4, 5], read.until));
}

pub(crate) async fn a_delivery_is_settled_by_whoever_tried_it(stores: &Stores) {
    let store = &stores.notifications;
    let (one, other) = (delivery(1, mail("a"), 9), delivery(2, Channel::Webhook(Uuid::from_u128(7)), 3));
    store.keep(found(vec![new(1, &[], vec![one.clone(), other.clone()])]), at(1)).await.unwrap();
    let ids = async || {
        let waiting = store.first_waiting().await.unwrap();
        waiting.iter().map(|found| found.id.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!((ids().await, store.count_waiting().await.unwrap()), (vec![2, 1], 2), "the next to try first");
    // However many wait for one channel, those of the others are found.
    let more = (10..40).map(|id| delivery(id, other.channel.clone(), 4)).collect();
    store.keep(found(vec![new(1, &[], more)]), at(1)).await.unwrap();
    assert_eq!(ids().await, [2, 1]);
    for id in 10..40 {
        let sent = DeliveryRecord { state: DeliveryState::Sent, notices: vec![2], ..delivery(id, other.channel.clone(), 4) };
        assert!(store.settle(sent, 0).await.unwrap());
    }
    let (one, other) = (DeliveryRecord { notices: vec![1], ..one }, DeliveryRecord { notices: vec![1], ..other });
    let failed =
        DeliveryRecord { attempts: 1, next_at: at(20), tried_at: Some(at(4)), error: Some("503".to_owned()), ..other.clone() };
    assert!(store.settle(failed.clone(), 0).await.unwrap());
    assert!(!store.settle(failed.clone(), 0).await.unwrap(), "somebody else was first");
    assert_eq!(ids().await, [1, 2]);
    let gave_up = DeliveryRecord { attempts: 2, state: DeliveryState::GivenUp, ..failed };
    assert!(store.settle(gave_up.clone(), 1).await.unwrap());
    assert!(store.settle(DeliveryRecord { attempts: 1, state: DeliveryState::Sent, ..one.clone() }, 0).await.unwrap());
    assert_eq!((ids().await, store.count_waiting().await.unwrap()), (Vec::new(), 0));
    let again = store.retry(other.id, at(900), entry("delivery.retry")).await.unwrap().unwrap();
    assert_eq!((again.state, again.attempts, again.until), (DeliveryState::Waiting, 2, at(900)));
    assert_eq!(ids().await, [2]);
    assert!(matches!(store.retry(one.id, at(900), entry("delivery.retry")).await, Err(StoreError::Conflict(_))), "it was taken");
    assert_eq!(store.retry(Uuid::from_u128(3), at(900), entry("delivery.retry")).await.unwrap(), None);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(1));
}

pub(crate) async fn old_notices_are_forgotten_but_what_waits(stores: &Stores) {
    let store = &stores.notifications;
    let sent = DeliveryRecord { state: DeliveryState::Sent, ..delivery(1, mail("a"), 9) };
    let notices = vec![
        new(1, &["k:1"], vec![sent]),
        new(2, &[], vec![delivery(2, mail("a"), 9)]),
        new(3, &["k:3"], Vec::new()),
        new(4, &[], Vec::new()),
    ];
    store.keep(found(notices), at(5)).await.unwrap();
    assert_eq!(store.forget(at(1), at(5), 10).await.unwrap(), 0);
    assert_eq!(store.told("k:").await.unwrap().len(), 2);
    assert_eq!(store.forget(at(100), at(6), 10).await.unwrap(), 2);
    assert_eq!(numbers(&store.notices(None, 10).await.unwrap()), [4, 2], "what waits, and the newest, stay");
    assert_eq!(store.deliveries(None, 10).await.unwrap().len(), 1);
    assert_eq!(store.told("k:").await.unwrap(), Vec::<String>::new());
    assert_eq!(numbers(&store.keep(found(vec![new(9, &[], Vec::new())]), at(9)).await.unwrap()), [5]);
    // A delivery stays as long as one of its notices.
    let digest = |id: u128| DeliveryRecord { digest: true, ..delivery(id, mail("b"), 200) };
    store.keep(found(vec![new(10, &[], vec![digest(5)]), new(150, &[], vec![digest(6)])]), at(10)).await.unwrap();
    let sent = DeliveryRecord { state: DeliveryState::Sent, notices: vec![6, 7], ..digest(5) };
    assert!(store.settle(sent, 0).await.unwrap());
    store.forget(at(100), at(6), 10).await.unwrap();
    assert_eq!(numbers(&store.notices(None, 10).await.unwrap()), [7, 2]);
    assert_eq!(store.deliveries_of(&[Uuid::from_u128(5)]).await.unwrap().len(), 1);
}

pub(crate) async fn webhooks_are_replaced_whole(stores: &Stores) {
    let store = &stores.notifications;
    for id in [2, 1] {
        store.put_webhook(webhook(id), entry("webhook.create")).await.unwrap();
    }
    let changed = WebhookRecord { enabled: false, generation: 2, ..webhook(1) };
    store.put_webhook(changed.clone(), entry("webhook.set")).await.unwrap();
    assert_eq!(store.webhooks().await.unwrap(), [changed, webhook(2)]);
    assert!(store.remove_webhook(Uuid::from_u128(1), entry("webhook.delete")).await.unwrap());
    assert!(!store.remove_webhook(Uuid::from_u128(1), entry("webhook.delete")).await.unwrap());
    assert_eq!(store.webhooks().await.unwrap(), [webhook(2)]);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(4), "what is not there is no change");
}
