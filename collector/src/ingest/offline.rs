//! What agents tell of programs that ran without a seat (contract 2.4, `offline`).

use super::{
    Ingest,
    checkouts::{asked, owner_of},
    entry::Entry,
    facts::ClockOffset,
    report::unavailable,
};
use crate::sessions::Unseated;
use chrono::{DateTime, Utc};
use muster_domain::ids::CheckoutId;
use muster_wire::{
    checkout::{CheckoutRequest, OfflineUse, OfflineUseReport, OfflineUseTaken},
    limits::OFFLINE_USES,
    problem::{Code, Problem},
};

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
        let clock = ClockOffset::measure(self.fleet().clock().now(), sent);
        let (agent, hostname) = (record.id, record.hostname.clone());
        let checked = uses.into_iter().filter_map(|used| match unseated(used, owner_of(agent), &hostname, clock) {
            Ok(used) => Some(used),
            Err(problem) => {
                tracing::warn!(%agent, reason = problem.detail, "a use that was told afterwards cannot be counted");
                None
            }
        });
        let stored = self.sessions().used_unseated(checked.collect()).await.map_err(|error| unavailable(&error))?;
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Ok(OfflineUseTaken { stored: count(stored), passed_over: count(all.saturating_sub(stored)) })
    }
}

fn unseated(used: OfflineUse, owner: String, hostname: &str, clock: ClockOffset) -> Result<Unseated, Problem> {
    let OfflineUse { id, application, user, client_ip, client, display, from, to } = used;
    let request = CheckoutRequest { id: Some(id), application, user, client_ip, client, display, ..CheckoutRequest::default() };
    let checkout = asked(request, owner, Some(hostname))?.checkout;
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
