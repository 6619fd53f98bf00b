//! The settings of notifications: who is told what, from when on, and where webhooks may lie. The mail server and its password belong
//! to the machine and are configuration (`[mail]`).

use super::{catalogue::Definition, kind, kind::Kind, network::Network};
use std::collections::BTreeSet;

/// The words of the events that administrators can choose from.
pub const EVENTS: &[&str] = &[
    "over_limit",
    "within_limit",
    "near_limit",
    "grace_ending",
    "disabled",
    "enabled",
    "license_ending",
    "subscription_ending",
    "pool_denials",
    "clone_found",
    "run_failed",
    "agents_silent",
    "integrity",
];
/// All of [`EVENTS`], as they are stored.
const ALL_EVENTS: &str = "over_limit,within_limit,near_limit,grace_ending,disabled,enabled,license_ending,subscription_ending,\
                          pool_denials,clone_found,run_failed,agents_silent,integrity";

const MAIL_TO: &str = "notify_mail_to";
const EVENTS_WANTED: &str = "notify_events";
const DIGEST: &str = "notify_digest";
const DIGEST_HOUR: &str = "notify_digest_hour";
const LIMIT_PERCENT: &str = "notify_limit_percent";
const DENIALS: &str = "notify_denials";
const SILENT_HOURS: &str = "notify_silent_hours";
const NETWORKS: &str = "webhook_networks";
const RETENTION_DAYS: &str = "notification_retention_days";

pub(super) const DEFINITIONS: [Definition; 9] = [
    row(
        MAIL_TO,
        Kind::Addresses,
        "",
        "The mail addresses that are told what happens, such as it@example.com,boss@example.com. The mail server is configuration: \
         section [mail] of collector.toml. notify test sends a message to each.",
    ),
    row(
        EVENTS_WANTED,
        Kind::Some(EVENTS),
        ALL_EVENTS,
        "The events that are mailed. Webhooks choose their own. Every event is listed by notify list, also one that nobody is told.",
    ),
    row(
        DIGEST,
        Kind::Choice(&["off", "daily"]),
        "off",
        "off: each event is mailed at once. daily: events are gathered and mailed once a day; critical ones (disabled, a grace in its \
         last week, a copied agent...) at once all the same. Webhooks always get each event at once.",
    ),
    row(DIGEST_HOUR, Kind::Whole(0, 23), "7", "The hour of the site's day at which the daily mail is sent."),
    row(
        LIMIT_PERCENT,
        Kind::Whole(1, 100),
        "90",
        "The part of the asset limit in percent from which near_limit is told. It is told again only after the count was below it.",
    ),
    row(
        DENIALS,
        Kind::Whole(1, 1_000_000),
        "10",
        "The denials of an application on one day from which pool_denials is told, once for each application and day.",
    ),
    row(
        SILENT_HOURS,
        Kind::Whole(1, 8760),
        "72",
        "The hours without a report after which agents_silent tells of an agent, once for each silence. A long weekend is 72 hours.",
    ),
    row(
        NETWORKS,
        Kind::Networks,
        "",
        "The networks in which webhooks may lie although they are not public, such as 10.1.2.0/24,127.0.0.1. Without them a webhook that \
         leads to a private, loopback or link-local address is refused; plain http:// is possible only within them.",
    ),
    row(RETENTION_DAYS, Kind::Whole(1, 36_500), "400", "Days for which notices and their deliveries are kept."),
];

const fn row(name: &'static str, kind: Kind, default: &'static str, what: &'static str) -> Definition {
    Definition { name, kind, default, what, source: "contract 2.2", counts: false, units: false }
}

/// The settings of notifications, typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notifying {
    /// The mail addresses.
    pub mail_to: Vec<String>,
    /// The words of the events that are mailed.
    pub events: BTreeSet<String>,
    /// The hour of the daily mail; none while each event is mailed at once.
    pub digest_hour: Option<u32>,
    /// The part of the asset limit from which is told, in percent.
    pub limit_percent: u64,
    /// The denials of a day from which is told.
    pub denials: u64,
    /// The hours of silence from which is told.
    pub silent_hours: i64,
    /// The networks in which webhooks may lie although they are not public.
    pub networks: Vec<Network>,
    /// Days for which notices are kept.
    pub retention_days: i64,
}

impl Notifying {
    /// From texts that were checked.
    pub(super) fn read(of: &impl Fn(&str) -> String) -> Self {
        let number = |name: &str| of(name).parse::<u32>().unwrap_or_default();
        Self {
            mail_to: kind::list(&of(MAIL_TO)),
            events: kind::list(&of(EVENTS_WANTED)).into_iter().collect(),
            digest_hour: (of(DIGEST) == "daily").then(|| number(DIGEST_HOUR)),
            limit_percent: number(LIMIT_PERCENT).into(),
            denials: number(DENIALS).into(),
            silent_hours: number(SILENT_HOURS).into(),
            networks: kind::list(&of(NETWORKS)).iter().filter_map(|network| network.parse().ok()).collect(),
            retention_days: number(RETENTION_DAYS).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_mailed_unless_somebody_chooses() {
        assert_eq!(ALL_EVENTS.split(',').collect::<Vec<_>>(), EVENTS);
        let of =
            |name: &str| DEFINITIONS.iter().find(|row| row.name == name).map(|row| row.default.to_owned()).unwrap_or_default();
        let defaults = Notifying::read(&of);
        assert_eq!((defaults.events.len(), defaults.digest_hour, defaults.denials), (EVENTS.len(), None, 10));
        let chosen = |name: &str| match name {
            DIGEST => "daily".to_owned(),
            NETWORKS => "10.0.0.0/8,::1/128".to_owned(),
            other => of(other),
        };
        let read = Notifying::read(&chosen);
        assert_eq!((read.digest_hour, read.networks.len()), (Some(7), 2));
    }
}
