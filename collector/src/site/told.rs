//! The site as notifications see it: the stages' facts under one roof.

use crate::{
    compliance::Compliance,
    ingest::Fleet,
    notify::{Reporter, Site, Term},
    publish::{ApplicationStatus, LicenseFacts},
    records::Records,
    sessions::Sessions,
    store::records::AgentStatus,
};
use chrono::NaiveDate;
use muster_domain::{
    calendar::SiteZone,
    ids::AgentId,
    record::{
        Schema,
        kinds::{contract::CONTRACTS, entitlement::ENTITLEMENTS},
    },
};
use muster_runtime::clock::SharedClock;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// The site.
pub struct ToldSite {
    /// The licence.
    pub compliance: Arc<Compliance>,
    /// Applications.
    pub sessions: Arc<Sessions>,
    /// Agents.
    pub fleet: Arc<Fleet>,
    /// Entitlements and contracts.
    pub records: Arc<Records>,
    /// The clock.
    pub clock: SharedClock,
    /// Boot time from which on every agent could have been heard.
    pub heard_from: Duration,
}

impl Site for ToldSite {
    fn license(&self) -> LicenseFacts {
        self.compliance.facts()
    }

    fn applications(&self) -> Vec<ApplicationStatus> {
        self.sessions.applications()
    }

    fn reporters(&self) -> Option<Vec<Reporter>> {
        if self.clock.boottime() < self.heard_from {
            return None;
        }
        let active = self.fleet.list().into_iter().filter(|agent| agent.record.status == AgentStatus::Active);
        let now = self.clock.now();
        // Who is online is not silent, whatever was stored last, nor is anybody while nobody could be heard.
        let reporter = |agent: crate::ingest::AgentView| Reporter {
            id: agent.record.id.0,
            hostname: agent.record.hostname.clone(),
            asset: agent.record.asset,
            heard_at: if agent.online { now } else { agent.last_seen.unwrap_or(agent.record.enrolled_at) },
        };
        Some(active.map(reporter).collect())
    }

    fn hostname(&self, agent: Uuid) -> Option<String> {
        self.fleet.get(AgentId(agent)).map(|agent| agent.record.hostname.clone())
    }

    fn terms(&self, from: NaiveDate, to: NaiveDate) -> Vec<Term> {
        let of = |schema: &'static Schema, kind: &'static str, field: &str| {
            let ends = |values: &muster_domain::record::Values| values.date(field).filter(|day| (from..=to).contains(day));
            // What was retired or has not begun ends no right.
            let runs = |values: &muster_domain::record::Values| {
                !matches!(values.text("state"), Some("Retired" | "Build" | "Draft" | "Expired" | "Cancelled"))
            };
            let found = self.records.list(schema, |seen| runs(&seen.values) && ends(&seen.values).is_some());
            let term = |seen: crate::records::Seen| {
                let last_day = ends(&seen.values)?;
                let number = schema.name_of(&seen.values).map_or_else(|| seen.id.to_string(), str::to_owned);
                let called = ["display_name", "short_description"].into_iter().find_map(|field| seen.values.text(field));
                let name = called
                    .filter(|called| *called != number)
                    .map_or_else(|| number.clone(), |called| format!("{number} ({called})"));
                Some(Term { id: seen.id, kind, name, last_day })
            };
            found.into_iter().filter_map(term).collect::<Vec<_>>()
        };
        [of(&ENTITLEMENTS, "Entitlement", "end_date"), of(&CONTRACTS, "Contract", "ends")].concat()
    }

    fn zone(&self) -> SiteZone {
        self.compliance.zone()
    }
}
