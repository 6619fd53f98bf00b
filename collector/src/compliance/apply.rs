//! Applying a licence key: opened, admitted, its query checked, counted and judged at once; any error keeps the key in force.

use super::{
    count::{self, CountError, Counted},
    effect::{self, KeyEffect, Side},
    facts::{self, state_name},
    granted::Granted,
    keys::{self, InForce},
    ledger::Ledger,
    run::Asked,
    service::{Compliance, Current, RunError},
};
use crate::{
    publish::LicenseFacts,
    store::{
        StoreError,
        records::{KeyRecord, RunKind, RunRecord},
    },
};
use muster_domain::{
    compliance::{Facts, apply_key, judge, key_issued},
    query::Context,
};
use muster_license::{AdmitError, InForce as Standing, KeyDigest, LicenseError, Opened, admit};
use std::sync::Arc;

/// What a key did, or would do.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The state with the new key.
    pub facts: LicenseFacts,
    /// The run that judged it.
    pub run: RunRecord,
    /// What it would change; only of a key that was not applied but checked.
    pub effect: Option<KeyEffect>,
}

/// Why a key was not applied. The one in force stays.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The key itself, with a stable code.
    #[error("{message}")]
    Invalid {
        /// `tampered`, `truncated`, `other-machine`, `expired`, `older-serial`, `invalid-query`...
        code: &'static str,
        /// What is wrong and what to do.
        message: String,
    },
    /// The store or the count.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl From<LicenseError> for ApplyError {
    fn from(error: LicenseError) -> Self {
        Self::Invalid { code: error.code(), message: error.to_string() }
    }
}

impl From<AdmitError> for ApplyError {
    fn from(error: AdmitError) -> Self {
        Self::Invalid { code: error.code(), message: error.to_string() }
    }
}

impl From<StoreError> for ApplyError {
    fn from(error: StoreError) -> Self {
        Self::Run(error.into())
    }
}

impl Compliance {
    /// Applies a key, or with `dry_run` says what it would do.
    ///
    /// # Errors
    /// Why it was not applied.
    pub async fn apply(&self, text: &str, actor: &str, dry_run: bool) -> Result<Applied, ApplyError> {
        let _judging = self.judging.lock().await;
        let parts = &self.parts;
        let opened = self.vendors.load().open(text, &parts.machine)?;
        let current = self.current.load_full();
        let mark = self.mark_with(&opened, &current);
        let now = mark.map_or_else(|| self.time(), |mark| mark.time);
        let today = parts.zone.site_date(now);
        let in_force = highest(&current, self.stored_serial().await?);
        admit(&opened.claims, &opened.digest, today, in_force.as_ref())?;
        let invalid = |message: String| ApplyError::Invalid { code: "invalid-query", message };
        let query = keys::effective_query(&opened.claims).map_err(&invalid)?;
        let table = opened.claims.table.clone();
        let values = parts.settings.values();
        let context = values.counting_context(now, parts.zone);
        let directory = parts.references.snapshot();
        count::compile(&query, &table, &context, &directory).map_err(|error| match error {
            CountError::Query(error) => {
                invalid(format!("the compliance query of the key cannot be used: {error}\n{}", error.render(&query)))
            }
            other => invalid(other.to_string()),
        })?;
        self.refresh_user_count().await?;
        let counted = count::count(&parts.stores, &query, &table, &context, directory, values.null_mode);
        let counted = counted.await.map_err(RunError::from)?;
        let record = KeyRecord {
            id: opened.claims.lic_id.to_string(),
            serial: opened.claims.serial,
            text: text.to_owned(),
            applied_at: now,
            applied_by: actor.to_owned(),
        };
        let issued_at = opened.claims.issued_at;
        let key = InForce::new(record, opened).map_err(invalid)?;
        let inputs = self.inputs(&current);
        let before = facts::standing(&inputs);
        let counts = Facts { count: counted.assets, user_count: inputs.user_count };
        // The key in force, applied again, is judged as in any run: it gives no second grace.
        let again = current.key.as_ref().is_some_and(|in_force| in_force.digest == key.digest);
        let after = if again && inputs.clock.frozen {
            // A frozen state neither starts nor ends anything, and this key says nothing new about the time.
            before
        } else if again {
            judge(&before, &key.terms(), counts, today).0
        } else {
            apply_key(&before, &key.terms(), counts, today)
                .map_err(|error| ApplyError::Invalid { code: "expired", message: error.to_string() })?
                .0
        };
        let mut ledger = Ledger { key_issued_at: current.ledger.key_issued_at.max(Some(issued_at)), ..current.ledger.clone() };
        ledger.mark = mark.unwrap_or(ledger.mark);
        ledger.change(after, now);
        if !again {
            // A new key judges anew: what the state was before no longer matters.
            (ledger.tampered_at, ledger.taken_over, ledger.copied_at, ledger.remade_at) = (None, None, None, None);
        }
        let with_key = Current {
            ledger: ledger.clone(),
            sealed: None,
            key: Some(Arc::new(key.clone())),
            problem: None,
            counted: None,
            night: current.night.clone(),
            last_error: None,
        };
        let null_mode = values.null_mode_name();
        let asked = Asked { kind: RunKind::Key, actor, night: None, started_at: now, query: &query, table: &table, null_mode };
        let run = self.record(&asked, Some(counted.clone()), &with_key, (&before, &after), None);
        if dry_run {
            let shown = Current { counted: Some(Arc::new(run.clone())), ..with_key };
            let effect = self.key_effect(&current, &shown, counted, &context).await;
            return Ok(Applied { facts: facts::facts(&self.inputs(&shown)), run, effect: Some(effect) });
        }
        let earlier = self.clock.state();
        if let Some(mark) = mark {
            self.clock.believe(mark);
        }
        let audit = self.entry(
            actor,
            "license.apply",
            &key.record.id,
            serde_json::json!({
                "serial": key.claims.serial, "customer": key.claims.customer, "expires": key.claims.expires,
                "asset_limit": key.claims.assets, "query": key.query, "count": run.asset_count,
                "before": state_name(&before), "after": state_name(&after),
            }),
        );
        let crossed = self.crossed(&mut ledger, &key, &after);
        // A key that is in force already is not stored a second time.
        let stored = self.commit(ledger, Some(key).filter(|_| !again), Some(run), [vec![audit], crossed].concat()).await;
        if stored.is_err() && mark.is_some() {
            self.clock.go_back(earlier);
        }
        let run = stored?.ok_or_else(|| RunError::Internal("the store kept no run".to_owned()))?;
        Ok(Applied { facts: self.facts(), run, effect: None })
    }

    /// What the step from one key to the other changes. That the old query cannot count any more keeps no new key out.
    async fn key_effect(&self, before: &Current, after: &Current, counted: Counted, context: &Context) -> KeyEffect {
        let granted = |side: &Current| side.key.as_ref().map(|key| Granted::of(&key.claims, keys::vendor_of(&key.record.text)));
        let counted_before = match &before.key {
            Some(key) => {
                let (directory, null_mode) = (self.parts.references.snapshot(), self.parts.settings.values().null_mode);
                let claims = &key.claims;
                count::count(&self.parts.stores, &key.query, &claims.table, context, directory, null_mode).await.ok()
            }
            None => None,
        };
        let (inputs, granted_before, granted_after) = (self.inputs(after), granted(before), granted(after));
        let (facts_before, facts_after) = (facts::facts(&self.inputs(before)), facts::facts(&inputs));
        let before = Side { granted: granted_before.as_ref(), counted: counted_before.as_ref(), facts: &facts_before };
        let after = Side { granted: granted_after.as_ref(), counted: Some(&counted), facts: &facts_after };
        effect::effect(&before, &after, &facts::warnings(&inputs))
    }

    /// A key that was issued after the last one tells the time, within bounds: the clock may have been wrong until now.
    fn mark_with(&self, opened: &Opened, current: &Current) -> Option<muster_domain::compliance::Mark> {
        let issued_at = opened.claims.issued_at;
        let newer = current.ledger.key_issued_at.is_none_or(|last| issued_at > last);
        let found = self.clock.assess();
        let ends_at = self.parts.zone.day_start(opened.claims.expires);
        (newer && found.anomaly.is_some()).then(|| key_issued(issued_at, ends_at, self.clock.wall(), &found))
    }

    async fn stored_serial(&self) -> Result<Option<Standing>, StoreError> {
        // Also a key that no longer opens keeps older ones out.
        let keys = self.parts.stores.license.keys().await?;
        Ok(keys.iter().max_by_key(|key| key.serial).and_then(|key| {
            let digest = muster_license::LicenseKey::read(&key.text).map(|key| key.digest()).ok()?;
            Some(Standing { serial: key.serial, digest })
        }))
    }
}

fn highest(current: &Current, stored: Option<Standing>) -> Option<Standing> {
    let in_force: Option<(u64, KeyDigest)> = current.key.as_ref().map(|key| (key.claims.serial, key.digest));
    match (in_force, stored) {
        (Some((serial, digest)), Some(stored)) if serial >= stored.serial => Some(Standing { serial, digest }),
        (_, Some(stored)) => Some(stored),
        (Some((serial, digest)), None) => Some(Standing { serial, digest }),
        (None, None) => None,
    }
}
