//! Who is told: from a notice and what administrators set to the deliveries that carry it. Pure, but for the ids.

use super::event::Event;
use crate::{
    settings::Notifying,
    store::records::{Channel, DeliveryRecord, DeliveryState, NoticeRecord, Urgency, WebhookRecord},
};
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use muster_domain::calendar::SiteZone;
use uuid::Uuid;

/// For how long a delivery is tried: longer than a weekend.
pub(super) const TRIED_FOR: TimeDelta = TimeDelta::days(3);

/// Who can be told.
pub(super) struct Routes<'a> {
    pub(super) wishes: &'a Notifying,
    /// Whether there is a mail server.
    pub(super) can_mail: bool,
    pub(super) webhooks: &'a [WebhookRecord],
    pub(super) zone: SiteZone,
    pub(super) now: DateTime<Utc>,
}

impl Routes<'_> {
    /// The deliveries of a notice. A test goes everywhere, at once.
    pub(super) fn deliveries(&self, notice: &NoticeRecord) -> Vec<DeliveryRecord> {
        let test = notice.event == Event::Test.word();
        let mailed = self.can_mail && (test || self.wishes.events.contains(&notice.event));
        let digest = self.wishes.digest_hour.filter(|_| !test && notice.urgency < Urgency::Critical);
        let mails = self.wishes.mail_to.iter().filter(|_| mailed).map(|address| {
            let channel = Channel::Mail(address.clone());
            match digest {
                Some(hour) => {
                    let at = next_digest(self.zone, hour, self.now);
                    DeliveryRecord { digest: true, next_at: at, until: at + TRIED_FOR, ..self.delivery(channel) }
                }
                None => self.delivery(channel),
            }
        });
        let wanted = |webhook: &&WebhookRecord| {
            webhook.enabled && (test || webhook.events.is_empty() || webhook.events.contains(&notice.event))
        };
        let webhooks = self.webhooks.iter().filter(wanted).map(|webhook| self.delivery(Channel::Webhook(webhook.id)));
        mails.chain(webhooks).collect()
    }

    fn delivery(&self, channel: Channel) -> DeliveryRecord {
        DeliveryRecord {
            id: Uuid::now_v7(),
            channel,
            notices: Vec::new(),
            digest: false,
            created_at: self.now,
            until: self.now + TRIED_FOR,
            state: DeliveryState::Waiting,
            next_at: self.now,
            attempts: 0,
            tried_at: None,
            error: None,
        }
    }
}

/// The next time that it is so late at the site. Where that hour does not exist on a day, the time after it.
fn next_digest(zone: SiteZone, hour: u32, now: DateTime<Utc>) -> DateTime<Utc> {
    let time = NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN);
    zone.next_run(now, time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::{notice, webhook};

    #[test]
    fn each_notice_finds_whoever_wants_it() {
        let now: DateTime<Utc> = "2026-11-22T12:00:00Z".parse().unwrap();
        let wishes = |to: &[&str], events: &[&str], digest_hour: Option<u32>| {
            let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
            Notifying {
                mail_to: texts(to),
                events: texts(events).into_iter().collect(),
                digest_hour,
                ..crate::settings::Values::default().notifying
            }
        };
        let zone: SiteZone = "Europe/Berlin".parse().unwrap();
        let hook = |id: u128, events: &[&str], enabled: bool| WebhookRecord {
            events: events.iter().map(|event| (*event).to_owned()).collect(),
            enabled,
            ..webhook(id)
        };
        let hooks = [hook(1, &[], true), hook(2, &["disabled"], true), hook(3, &[], false)];
        let check = |event: &str, urgency: Urgency, wishes: &Notifying, can_mail: bool, expected: &[(&str, Option<&str>)]| {
            let notice = NoticeRecord { urgency, ..notice(event, 1) };
            let routes = Routes { wishes, can_mail, webhooks: &hooks, zone, now };
            let found: Vec<(String, Option<String>)> = routes
                .deliveries(&notice)
                .into_iter()
                .map(|found| {
                    let channel = match found.channel {
                        Channel::Mail(address) => address,
                        Channel::Webhook(id) => format!("hook {}", id.as_u128()),
                    };
                    (channel, found.digest.then(|| found.next_at.to_rfc3339()))
                })
                .collect();
            let expected: Vec<(String, Option<String>)> =
                expected.iter().map(|(channel, at)| ((*channel).to_owned(), at.map(str::to_owned))).collect();
            assert_eq!(found, expected, "{event}");
        };
        let (warning, critical) = (Urgency::Warning, Urgency::Critical);
        let to = wishes(&["a@x.y", "b@x.y"], &["over_limit", "disabled"], None);
        check("over_limit", warning, &to, true, &[("a@x.y", None), ("b@x.y", None), ("hook 1", None)]);
        check("over_limit", warning, &to, false, &[("hook 1", None)]);
        check("clone_found", critical, &to, true, &[("hook 1", None)]);
        check("disabled", critical, &to, true, &[("a@x.y", None), ("b@x.y", None), ("hook 1", None), ("hook 2", None)]);
        let daily = wishes(&["a@x.y"], &["over_limit", "disabled"], Some(7));
        check("over_limit", warning, &daily, true, &[("a@x.y", Some("2026-11-23T06:00:00+00:00")), ("hook 1", None)]);
        check("disabled", critical, &daily, true, &[("a@x.y", None), ("hook 1", None), ("hook 2", None)]);
        check("test", Urgency::Info, &daily, true, &[("a@x.y", None), ("hook 1", None), ("hook 2", None)]);
    }

    #[test]
    fn a_digest_is_due_at_the_next_such_hour() {
        let check = |hour: u32, now: &str, expected: &str| {
            let zone: SiteZone = "Europe/Berlin".parse().unwrap();
            assert_eq!(next_digest(zone, hour, now.parse().unwrap()), expected.parse::<DateTime<Utc>>().unwrap(), "{now}");
        };
        check(7, "2026-11-22T05:59:59Z", "2026-11-22T06:00:00Z");
        check(7, "2026-11-22T06:00:00Z", "2026-11-23T06:00:00Z");
        check(0, "2026-11-22T12:00:00Z", "2026-11-22T23:00:00Z");
    }
}
