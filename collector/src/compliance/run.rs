//! One compliance run: counted, judged and stored with what it found. An error keeps the state.
//!
//! In: who asks, or which night is due; the assets of the store. Out: a stored run, and the state it led to.

use super::{
    count::{self, Counted},
    facts::{self, reason, state_name},
    service::{Compliance, Current, RunError},
};
use crate::store::records::{RunDifference, RunKind, RunRecord};
use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::compliance::{Facts, Standing, judge};
use std::sync::atomic::Ordering;

/// What a run was asked to do.
pub(super) struct Asked<'a> {
    pub(super) kind: RunKind,
    pub(super) actor: &'a str,
    /// The night that it is; the date on which it started otherwise.
    pub(super) night: Option<NaiveDate>,
    pub(super) started_at: DateTime<Utc>,
    pub(super) query: &'a str,
    pub(super) table: &'a str,
    pub(super) null_mode: &'static str,
}

impl Compliance {
    /// Counts and judges. An error keeps the state, is stored with the run and raises an alert.
    ///
    /// # Errors
    /// When the run cannot be stored; a nightly run of a site date that has one is a conflict.
    pub async fn run(&self, kind: RunKind, actor: &str) -> Result<RunRecord, RunError> {
        self.counted(kind, actor, None).await
    }

    /// The nightly run of a site date. It judges by the date of now, and is the one run of its own date: a night that is caught up
    /// after midnight does not use up the coming one.
    ///
    /// # Errors
    /// As of [`Compliance::run`].
    pub async fn night(&self, date: NaiveDate) -> Result<RunRecord, RunError> {
        self.counted(RunKind::Nightly, "collector", Some(date)).await
    }

    async fn counted(&self, kind: RunKind, actor: &str, night: Option<NaiveDate>) -> Result<RunRecord, RunError> {
        let _judging = self.judging.lock().await;
        let current = self.current.load_full();
        let started_at = self.time();
        self.refresh_user_count().await?;
        let (query, table) = current.query();
        let values = self.parts.settings.values();
        let context = values.counting_context(started_at, self.parts.zone);
        let directory = self.parts.references.snapshot();
        let counted = count::count(&self.parts.stores, query, table, &context, directory, values.null_mode).await;
        let inputs = self.inputs(&current);
        let before = facts::standing(&inputs);
        let frozen = inputs.clock.frozen;
        let error = match &counted {
            Err(error) => Some(error.to_string()),
            Ok(_) if frozen => Some("the clock is far ahead of what it was; the state was kept until it is confirmed".to_owned()),
            Ok(_) => None,
        };
        let after = match (&counted, &current.key, &error) {
            (Ok(counted), Some(key), None) => {
                let facts = Facts { count: counted.assets, user_count: inputs.user_count };
                judge(&before, &key.terms(), facts, self.parts.zone.site_date(inputs.clock.licence_time)).0
            }
            _ => before,
        };
        let asked = Asked { kind, actor, night, started_at, query, table, null_mode: values.null_mode_name() };
        let run = self.record(&asked, counted.ok(), &current, (&before, &after), error);
        let mut ledger = current.ledger.clone();
        ledger.mark = self.clock.tick();
        current.take(&mut ledger, after, self.time());
        let audit = self.entry(
            actor,
            "compliance.run",
            &format!("{kind:?}").to_lowercase(),
            serde_json::json!({
                "count": run.asset_count, "limit": run.asset_limit, "before": run.state_before, "after": run.state_after,
                "reason": run.reason_after, "error": run.error, "null_mode": run.null_mode,
            }),
        );
        // With the run, so that a grace is told of from its first date on.
        let crossed = current.key.as_ref().map_or_else(Vec::new, |key| self.crossed(&mut ledger, key, &after));
        let stored = self.commit(ledger, None, Some(run), [vec![audit], crossed].concat()).await?;
        stored.ok_or_else(|| RunError::Internal("the store kept no run".to_owned()))
    }

    pub(super) fn record(
        &self,
        asked: &Asked<'_>,
        counted: Option<Counted>,
        current: &Current,
        (before, after): (&Standing, &Standing),
        error: Option<String>,
    ) -> RunRecord {
        let finished_at = self.time();
        let none = counted.is_none();
        let Counted { assets, uncounted_empty_state, by_state, by_category } = counted.unwrap_or_default();
        let night = current.night.as_ref().filter(|_| !none);
        RunRecord {
            id: 0,
            kind: asked.kind,
            site_date: asked.night.unwrap_or_else(|| self.parts.zone.site_date(asked.started_at)),
            started_at: asked.started_at,
            finished_at,
            by: asked.actor.to_owned(),
            license_serial: current.key.as_ref().map(|key| key.claims.serial),
            query: Some(asked.query.to_owned()),
            table: asked.table.to_owned(),
            null_mode: asked.null_mode.to_owned(),
            asset_count: (!none).then_some(assets),
            asset_limit: current.key.as_ref().map(|key| key.claims.assets),
            uncounted_empty_state,
            user_count: self.user_count.load(Ordering::Relaxed),
            since: night.and_then(|night| RunDifference::between(night, assets, &by_state, &by_category)),
            by_state,
            by_category,
            state_before: state_name(before).to_owned(),
            state_after: state_name(after).to_owned(),
            reason_after: reason(after).map(str::to_owned),
            error,
        }
    }
}
