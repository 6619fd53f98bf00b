//! What no single change tells: denials that add up, agents that stay silent, subscriptions that end.
//!
//! In: what the site says and what was told. Out: occurrences, each with the keys by which it is told once. Pure.

use super::{
    event::Event,
    log,
    occurrence::{Occurrence, listed, many},
    site::{Reporter, Term},
};
use crate::{publish::ApplicationStatus, store::records::DemandRecord};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use muster_domain::compliance::WARNING_DAYS;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What the keys of denials begin with.
const DENIALS: &str = "pool_denials:";
/// What the keys of silent agents begin with.
pub(super) const SILENT: &str = "agents_silent:";
/// What the keys of ends begin with.
pub(super) const ENDING: &str = "subscription_ending:";
/// Most names in a message.
const NAMES: usize = 20;
/// Most ids among the facts.
const IDS: usize = 100;

/// The days before an end on which the first warning is due.
pub(super) fn horizon() -> u64 {
    WARNING_DAYS.into_iter().max().unwrap_or_default()
}

/// Applications that denied at least so many requests on a day.
pub(super) fn denials(
    demand: &[DemandRecord],
    applications: &[ApplicationStatus],
    least: u64,
    now: DateTime<Utc>,
) -> Vec<Occurrence> {
    let many_denied = demand.iter().filter(|row| row.asked.denied >= least);
    let tell = |row: &DemandRecord| {
        let (name, date, denied) = (&row.application, row.date, row.asked.denied);
        let seats = applications.iter().find(|application| application.name.eq_ignore_ascii_case(name)).and_then(|application| {
            let (named, floating) = (application.named_limit, application.floating_limit);
            (named.is_some() || floating.is_some()).then(|| named.unwrap_or(0).saturating_add(floating.unwrap_or(0)))
        });
        let of = seats.map_or_else(String::new, |seats| format!(" of {seats}"));
        let facts = json!({"application": name, "date": date, "denied": denied, "seats": seats, "threshold": least});
        let text = format!(
            "On {date} {name} denied {} because no seat{of} was free. You are told from {least} on, once a day.",
            many(denied, "request")
        );
        let advice = format!(
            "See who held the seats, and how many would have been enough: muster-collector usage denials --application \"{name}\" and muster-collector usage size."
        );
        Occurrence::of(Event::PoolDenials, now, facts)
            .says(format!("{name}: {} denied", many(denied, "request")), text, advice)
            .once(format!("{}{}", denials_of(date), name.to_lowercase()))
    };
    many_denied.map(tell).collect()
}

/// What the keys of the denials of a day begin with.
pub(super) fn denials_of(date: impl std::fmt::Display) -> String {
    format!("{DENIALS}{date}:")
}

/// Agents that were not heard for so many hours, and those of whose silence was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Silence {
    /// Nobody was told of these yet.
    pub(super) fresh: Vec<Reporter>,
    /// Of these it was told before.
    known: usize,
    /// Keys of silences that are over.
    pub(super) over: Vec<String>,
}

/// Who is silent.
pub(super) fn silent(reporters: Vec<Reporter>, told: &[String], hours: i64, now: DateTime<Utc>) -> Silence {
    let is_silent = |agent: &Reporter| now.signed_duration_since(agent.heard_at) >= TimeDelta::hours(hours);
    let silent: BTreeMap<String, Reporter> =
        reporters.into_iter().filter(is_silent).map(|agent| (format!("{SILENT}{}", agent.id), agent)).collect();
    let over = told.iter().filter(|key| !silent.contains_key(*key)).cloned().collect();
    let told: BTreeSet<&String> = told.iter().collect();
    let all = silent.len();
    let fresh: Vec<Reporter> = silent.into_iter().filter(|(key, _)| !told.contains(key)).map(|(_, agent)| agent).collect();
    Silence { known: all - fresh.len(), fresh, over }
}

/// What to tell of those whose machines are in service; none where that is nobody.
pub(super) fn silence(silence: &Silence, in_service: &BTreeSet<Uuid>, hours: i64, now: DateTime<Utc>) -> Option<Occurrence> {
    let mut fresh: Vec<&Reporter> = silence.fresh.iter().filter(|agent| in_service.contains(&agent.id)).collect();
    let all = silence.known + fresh.len();
    fresh.sort_by(|a, b| a.hostname.cmp(&b.hostname).then(a.id.cmp(&b.id)));
    let count = u64::try_from(fresh.len()).ok().filter(|count| *count > 0)?;
    let names: Vec<String> = fresh
        .iter()
        .map(|agent| format!("{} (last heard {} UTC)", agent.hostname, agent.heard_at.format("%Y-%m-%d %H:%M")))
        .collect();
    let ids: Vec<Uuid> = fresh.iter().take(IDS).map(|agent| agent.id).collect();
    let facts = json!({"agents": ids, "count": count, "silent_in_all": all, "hours": hours});
    let earlier = match silence.known {
        0 => String::new(),
        known => format!(" You were told of {known} more before."),
    };
    let text = format!(
        "Not heard for {} or more: {}.{earlier} A machine counts as before until its asset is retired.",
        many(hours.unsigned_abs(), "hour"),
        listed(&names, NAMES)
    );
    let advice = "Look whether the machines are in use and reach the collector. Retire the assets of those that are gone (muster-collector asset action retire), and revoke their agents (muster-collector agent revoke ID).";
    let title = match (count, fresh.first()) {
        (1, Some(agent)) => format!("{} is silent", agent.hostname),
        _ => format!("{count} agents are silent"),
    };
    let once = fresh.iter().map(|agent| format!("{SILENT}{}", agent.id)).collect();
    Some(Occurrence { once, ..Occurrence::of(Event::AgentsSilent, now, facts).says(title, text, advice) })
}

/// Subscriptions, maintenance and contracts whose end came nearer, by the thresholds of the licence's own end.
pub(super) fn ending(terms: &[Term], told: &[String], today: NaiveDate, now: DateTime<Utc>) -> Option<Occurrence> {
    let told: BTreeSet<&str> = told.iter().map(String::as_str).collect();
    let mut due: Vec<(u64, &Term, String)> = terms
        .iter()
        .filter_map(|term| {
            let days = u64::try_from(term.last_day.signed_duration_since(today).num_days()).ok()?;
            let threshold = WARNING_DAYS.into_iter().rev().find(|threshold| days <= *threshold)?;
            let key = format!("{ENDING}{}:{}:{threshold}", term.id, term.last_day);
            (!told.contains(key.as_str())).then_some((days, term, key))
        })
        .collect();
    due.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.name.cmp(&b.1.name)));
    let (nearest, first, _) = due.first()?;
    let names: Vec<String> = due
        .iter()
        .map(|(days, term, _)| format!("{} {} on {} ({} left)", term.kind, term.name, term.last_day, many(*days, "day")))
        .collect();
    let title = match due.len() {
        1 => format!("{} {} ends in {}", first.kind, first.name, many(*nearest, "day")),
        more => format!("{more} subscriptions and contracts end soon"),
    };
    let listed_facts: Vec<_> = due.iter().take(IDS).map(|(days, term, _)| json!({"kind": term.kind, "id": term.id, "name": term.name, "last_day": term.last_day, "days_left": days})).collect();
    let text = format!(
        "Last days that come nearer: {}. Rights end with them, and the reconciliation then shows what is missing.",
        listed(&names, NAMES)
    );
    let advice = "Renew what is needed, and enter the new end; removal candidates name what need not be renewed (muster-collector removal-candidates list).";
    let critical = *nearest <= log::CRITICAL_DAYS;
    let occurrence = Occurrence::of(Event::SubscriptionEnding, now, json!({"count": due.len(), "ends": listed_facts}));
    let occurrence = occurrence.says(title, text, advice).on_page("/records").urgent_if(critical);
    Some(Occurrence { once: due.into_iter().map(|(_, _, key)| key).collect(), ..occurrence })
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_domain::session::Asked;

    fn now() -> DateTime<Utc> {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn denials_are_told_from_the_threshold_on_and_by_day() {
        let row = |date: &str, application: &str, denied: u64| DemandRecord {
            date: date.parse().unwrap(),
            application: application.to_owned(),
            asked: Asked { denied, ..Asked::default() },
        };
        let demand = [row("2026-11-21", "CAD", 12), row("2026-11-22", "CAD", 10), row("2026-11-22", "Office", 9)];
        let told = denials(&demand, &[], 10, now());
        let keys: Vec<&str> = told.iter().flat_map(|occurrence| occurrence.once.iter().map(String::as_str)).collect();
        assert_eq!(keys, ["pool_denials:2026-11-21:cad", "pool_denials:2026-11-22:cad"]);
        assert!(told[1].text.starts_with("On 2026-11-22 CAD denied 10 requests because no seat was free."), "{}", told[1].text);
    }

    #[test]
    fn a_silence_is_told_once() {
        let agent = |id: u128, hours: i64| Reporter {
            id: Uuid::from_u128(id),
            hostname: format!("ws-{id}"),
            asset: None,
            heard_at: now() - TimeDelta::hours(hours),
        };
        let in_service: BTreeSet<Uuid> = (1..9).filter(|id| *id != 4).map(Uuid::from_u128).collect();
        let look = |agents: &[Reporter], told: &[String], at: DateTime<Utc>| {
            let found = silent(agents.to_vec(), told, 72, at);
            (silence(&found, &in_service, 72, at), found.over)
        };
        let agents = [agent(3, 72), agent(1, 100), agent(2, 71)];
        let (first, over) = look(&agents, &[], now());
        let first = first.unwrap();
        assert_eq!((first.title.as_str(), first.once.len(), over.len()), ("2 agents are silent", 2, 0));
        let expected = "Not heard for 72 hours or more: ws-1 (last heard 2026-11-18 08:00 UTC), ws-3 (last heard 2026-11-19 12:00 UTC). \
                        A machine counts as before until its asset is retired.";
        assert_eq!(first.text, expected);
        assert_eq!(look(&agents, &first.once, now()), (None, Vec::new()));
        let later = look(&agents, &first.once, now() + TimeDelta::hours(1)).0.unwrap();
        assert_eq!((later.title.as_str(), later.once.len()), ("ws-2 is silent", 1));
        assert!(later.text.contains("You were told of 2 more before."), "{}", later.text);
        // Heard again: the silence is over, and the next one is another.
        let (none, over) = look(&[agent(1, 0), agent(3, 72)], &first.once, now());
        assert_eq!((none, over), (None, vec![format!("{SILENT}{}", Uuid::from_u128(1))]));
        // The machine is out of service: there is nothing to do about it. What was told stays told.
        assert_eq!(look(&[agent(4, 500)], &[], now()), (None, Vec::new()));
        assert_eq!(look(&[agent(4, 500)], &[format!("{SILENT}{}", Uuid::from_u128(4))], now()), (None, Vec::new()));
    }

    #[test]
    fn each_threshold_of_an_end_is_told_once() {
        let term = |id: u128, day: &str| Term {
            id: Uuid::from_u128(id),
            kind: "Contract",
            name: format!("C-{id}"),
            last_day: day.parse().unwrap(),
        };
        let terms = [term(1, "2026-12-22"), term(2, "2026-11-25"), term(3, "2027-03-01"), term(4, "2026-11-21")];
        let today = |day: &str| day.parse::<NaiveDate>().unwrap();
        let first = ending(&terms, &[], today("2026-11-22"), now()).unwrap();
        assert_eq!((first.title.as_str(), first.once.len()), ("2 subscriptions and contracts end soon", 2));
        assert!(first.text.contains("Contract C-2 on 2026-11-25 (3 days left), Contract C-1"), "{}", first.text);
        assert_eq!(first.urgency, crate::store::records::Urgency::Critical);
        assert_eq!(ending(&terms, &first.once, today("2026-11-23"), now()), None);
        let told: Vec<String> = first.once;
        let later = ending(&terms, &told, today("2026-11-24"), now()).unwrap();
        assert_eq!(later.title, "Contract C-2 ends in 1 day");
    }
}
