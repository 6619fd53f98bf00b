//! What agents tell of programs that ran without a seat (contract 2.4, `offline`).
//!
//! In: uses as agents tell them. Out: check-outs that are over; what can count nowhere is kept with the reason, for an administrator.

use super::{
    Ingest,
    checkouts::{asked, owner_of},
    entry::Entry,
    facts::{self, ClockOffset},
    report::unavailable,
};
use crate::{
    sessions::Unseated,
    store::records::{AgentRecord, CountableUse, UncountedUse},
};
use chrono::{DateTime, Utc};
use muster_domain::ids::CheckoutId;
use muster_wire::{
    checkout::{CheckoutRequest, OfflineUse, OfflineUseReport, OfflineUseTaken},
    limits::OFFLINE_USES,
    problem::{Code, Problem},
};
use std::collections::BTreeMap;
use uuid::Uuid;

impl Ingest {
    /// Takes in what was used offline; it is durable when this returns. `sent` is the agent's clock when it sent it.
    ///
    /// # Errors
    /// 413 for too many at once, 503 while the store cannot be written.
    pub async fn used_offline(
        &self,
        entry: &Entry,
        report: OfflineUseReport,
        sent: Option<DateTime<Utc>>,
    ) -> Result<OfflineUseTaken, Problem> {
        let OfflineUseReport { uses } = report;
        let all = uses.len();
        if all > OFFLINE_USES {
            return Err(Problem::new(Code::TooLarge, format!("at most {OFFLINE_USES} uses are told at once, not {all}")));
        }
        let record = entry.record();
        let now = self.fleet().clock().now();
        let clock = ClockOffset::measure(now, sent);
        let mut told: BTreeMap<CheckoutId, UncountedUse> = BTreeMap::new();
        let (mut good, mut uncounted) = (Vec::new(), Vec::new());
        for used in uses {
            let row = as_told(&used, &record, clock, now);
            match unseated(used, owner_of(record.id), &record.hostname, clock) {
                Ok(used) => {
                    let countable = CountableUse { claimant: used.claimant.clone(), facts: used.facts.clone() };
                    told.insert(used.id, UncountedUse { countable: Some(countable), ..row });
                    good.push(used);
                }
                Err(problem) => uncounted.push(UncountedUse { reason: problem.detail, ..row }),
            }
        }
        let strangers = self.sessions().used_unseated(good).await.map_err(|error| unavailable(&error))?;
        let strangers = strangers.iter().filter_map(|id| told.remove(id));
        uncounted.extend(
            strangers.map(|row| UncountedUse { reason: "there is no such application that is tracked".to_owned(), ..row }),
        );
        let passed_over = uncounted.len();
        if passed_over > 0 {
            tracing::warn!(agent = %record.id, uses = passed_over, "uses that were told afterwards count nowhere; they are kept");
        }
        self.sessions().keep_uncounted(uncounted).await.map_err(|error| unavailable(&error))?;
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Ok(OfflineUseTaken { stored: count(all.saturating_sub(passed_over)), passed_over: count(passed_over) })
    }
}

fn unseated(used: OfflineUse, owner: String, hostname: &str, clock: ClockOffset) -> Result<Unseated, Problem> {
    let OfflineUse { id, application, user, client_ip, client, display, from, to } = used;
    let request = CheckoutRequest { id: Some(id), application, user, client_ip, client, display, ..CheckoutRequest::default() };
    let checkout = asked(request, owner, Some(hostname))?.checkout;
    // Times beyond reason are brought to the edge of it; which of the two came first is beyond repair.
    if from > to {
        return Err(Problem::new(Code::InvalidValue, "it ends before it begins"));
    }
    let (from, to) = (clock.ours(from), clock.ours(to));
    Ok(Unseated {
        id: CheckoutId(id),
        application: checkout.application,
        claimant: checkout.claimant,
        facts: checkout.facts,
        from,
        to,
    })
}

/// A use as its agent told it, with texts that can be shown.
fn as_told(used: &OfflineUse, agent: &AgentRecord, clock: ClockOffset, now: DateTime<Utc>) -> UncountedUse {
    let OfflineUse { id, application, user, client_ip, client, display: _, from, to } = used;
    UncountedUse {
        // Uses without an id of their own are still several.
        id: CheckoutId(if id.is_nil() { Uuid::new_v4() } else { *id }),
        agent: agent.id,
        host: agent.hostname.clone(),
        told_at: now,
        application: facts::text(application),
        user: facts::text(user),
        client_ip: facts::text(client_ip),
        client: facts::text(client),
        from: clock.ours(*from),
        to: clock.ours(*to),
        reason: String::new(),
        countable: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn what_cannot_count_is_refused_with_the_reason() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let good = OfflineUse {
            id: Uuid::from_u128(1),
            application: "CAD".to_owned(),
            user: "alice".to_owned(),
            client_ip: "10.0.0.1".to_owned(),
            client: "exec".to_owned(),
            display: None,
            from: now - TimeDelta::hours(2),
            to: now - TimeDelta::hours(1),
        };
        let clock = ClockOffset::measure(now, Some(now));
        let check = |change: fn(&mut OfflineUse), expected: Option<&str>| {
            let mut used = good.clone();
            change(&mut used);
            let refused = unseated(used, "agent:x".to_owned(), "ws-1", clock).err().map(|problem| problem.detail);
            match expected {
                None => assert_eq!(refused, None),
                Some(part) => assert!(refused.as_ref().is_some_and(|text| text.contains(part)), "{refused:?}: {part}"),
            }
        };
        check(|_| {}, None);
        check(|used| used.to = used.from, None);
        check(|used| used.user = String::new(), Some("user is empty"));
        check(|used| used.application = "C\u{7}AD".to_owned(), Some("control characters"));
        check(|used| used.id = Uuid::nil(), Some("nil UUID"));
        check(|used| used.to = used.from - TimeDelta::seconds(1), Some("before it begins"));
        check(|used| used.to = DateTime::<Utc>::MAX_UTC, None);
    }
}
