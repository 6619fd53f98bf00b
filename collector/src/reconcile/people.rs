//! What people do about results: the states of removal candidates and remedies.

use muster_domain::reconcile::run::{CandidateState, RemedyState};
use serde_json::json;
use uuid::Uuid;

use super::error::ReconcileError;
use super::service::Reconciliations;
use crate::store::StoreError;
use crate::store::ports::CandidateWish;
use crate::store::records::{AuditEntry, CandidateRecord, PositionRecord, RemedyRecord, StepRecord};

impl Reconciliations {
    /// At most `limit` removal candidates with ids above `after`, by id.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn candidates(
        &self,
        wish: CandidateWish,
        after: Option<Uuid>,
        limit: usize,
    ) -> Result<Vec<CandidateRecord>, StoreError> {
        self.parts.stores.reconcile.candidates(wish, after, limit).await
    }

    /// One removal candidate.
    ///
    /// # Errors
    /// When there is none.
    pub async fn candidate(&self, id: Uuid) -> Result<CandidateRecord, ReconcileError> {
        let known = self.parts.stores.reconcile.known_candidates(vec![id]).await?.pop();
        known.ok_or_else(|| ReconcileError::NotFound { what: "removal candidate", id: id.to_string() })
    }

    /// Moves a removal candidate on.
    ///
    /// # Errors
    /// When there is none, or its state does not become that one.
    pub async fn move_candidate(&self, id: Uuid, to: CandidateState, actor: &str) -> Result<CandidateRecord, ReconcileError> {
        let mut one = self.candidate(id).await?;
        let (before, at) = (one.state, self.parts.compliance.time());
        one.state = before.step(to)?;
        one.revision = one.revision.saturating_add(1);
        one.steps.push(StepRecord { at, by: actor.to_owned(), to });
        let audit = self.step_entry(actor, "removal_candidate.edit", id, json!({ "before": before, "after": to }));
        self.parts.stores.reconcile.put_candidates(vec![one.clone()], Some(audit)).await?;
        Ok(one)
    }

    /// What can be done about a position, by kind.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn remedies(&self, position: &PositionRecord) -> Result<Vec<RemedyRecord>, ReconcileError> {
        let mut found = self.parts.stores.reconcile.remedies().await?;
        let same = |one: &str, other: &str| crate::store::ports::is_same_name(one, other);
        found.retain(|one| {
            !one.gone
                && same(&one.publisher, &position.publisher)
                && same(&one.product, &position.product)
                && one.grouping == position.grouping
                && position.model.is_none_or(|model| model == one.model)
                && position.metric_group.as_deref().is_none_or(|group| same(group, &one.metric_group))
                && position.metric.as_deref().is_none_or(|metric| same(metric, &one.metric))
        });
        found.sort_by(|one, other| (one.model, one.kind, &one.metric).cmp(&(other.model, other.kind, &other.metric)));
        Ok(found)
    }

    /// Moves a remedy on. Choosing one voids those that it makes needless.
    ///
    /// # Errors
    /// When there is none, or its state does not become that one.
    pub async fn move_remedy(&self, id: Uuid, to: RemedyState, actor: &str) -> Result<RemedyRecord, ReconcileError> {
        let all = self.parts.stores.reconcile.remedies().await?;
        let not_found = || ReconcileError::NotFound { what: "remedy", id: id.to_string() };
        let mut one = all.iter().find(|one| one.id == id).cloned().ok_or_else(not_found)?;
        let (before, at) = (one.state, self.parts.compliance.time());
        let moved = |one: &mut RemedyRecord, to| {
            one.state = to;
            one.revision = one.revision.saturating_add(1);
            one.steps.push(StepRecord { at, by: actor.to_owned(), to });
        };
        moved(&mut one, before.step(to)?);
        let mut changed = vec![one.clone()];
        if to == RemedyState::InProgress {
            let is_void = |other: &&RemedyRecord| {
                other.id != one.id
                    && other.model == one.model
                    && other.grouping == one.grouping
                    && one.kind.voids(other.kind)
                    && other.state.may_become(RemedyState::Void)
                    && !other.gone
            };
            for mut other in all.iter().filter(is_void).cloned() {
                moved(&mut other, RemedyState::Void);
                changed.push(other);
            }
        }
        let void: Vec<Uuid> = changed.iter().skip(1).map(|one| one.id).collect();
        let audit = self.step_entry(actor, "remedy.edit", id, json!({ "before": before, "after": to, "void": void }));
        self.parts.stores.reconcile.put_remedies(changed, Some(audit)).await?;
        Ok(one)
    }

    fn step_entry(&self, actor: &str, action: &str, subject: Uuid, detail: serde_json::Value) -> AuditEntry {
        AuditEntry {
            at: self.parts.compliance.time(),
            actor: actor.to_owned(),
            action: action.to_owned(),
            subject: subject.to_string(),
            detail,
        }
    }
}
