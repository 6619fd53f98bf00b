//! Reading what runs found: the newest result of every product, one run, one position, the rows behind it.

use muster_domain::reconcile::run::{Disposition, Status};

use super::error::ReconcileError;
use super::service::Reconciliations;
use crate::store::StoreError;
use crate::store::ports::{MEMBERS_AT_ONCE, is_same_name};
use crate::store::records::{MemberRecord, PositionRecord, ReconciliationRecord, ReconciliationState, Tier};

/// Runs that are read at once.
const RUNS: usize = 100;

/// A run that the newest results are of.
#[derive(Debug, Clone)]
pub struct Source {
    /// The run.
    pub run: ReconciliationRecord,
    /// Publishers of which a newer run is.
    pub except: Vec<String>,
}

/// Which results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The newest of every publisher.
    Latest,
    /// Those of one run.
    Run(u64),
}

/// Which positions; nothing given means all of them. Names are compared without case.
#[derive(Debug, Clone, Default)]
pub struct PositionWish {
    /// Of this tier.
    pub tier: Option<Tier>,
    /// Of this publisher.
    pub publisher: Option<String>,
    /// Of this product.
    pub product: Option<String>,
    /// Of this status.
    pub status: Option<Status>,
}

/// A position, by the run and its number in it; written `12-0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PositionId {
    /// The run.
    pub run: u64,
    /// Its number.
    pub number: u32,
}

impl std::fmt::Display for PositionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.run, self.number)
    }
}

impl std::str::FromStr for PositionId {
    type Err = ReconcileError;

    fn from_str(text: &str) -> Result<Self, ReconcileError> {
        let parts = text.split_once('-').and_then(|(run, number)| Some((run.parse().ok()?, number.parse().ok()?)));
        let not_found = || ReconcileError::NotFound { what: "position", id: text.chars().take(64).collect() };
        parts.map(|(run, number)| Self { run, number }).ok_or_else(not_found)
    }
}

impl PositionWish {
    fn fits(&self, one: &PositionRecord) -> bool {
        let same = |wish: &Option<String>, has: &str| wish.as_deref().is_none_or(|wish| is_same_name(wish, has));
        self.tier.is_none_or(|tier| tier == one.tier)
            && same(&self.publisher, &one.publisher)
            && same(&self.product, &one.product)
            && self.status.is_none_or(|status| status == one.status)
    }
}

impl Reconciliations {
    /// At most `limit` runs with ids below `before`, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn runs(&self, before: Option<u64>, limit: usize) -> Result<Vec<ReconciliationRecord>, StoreError> {
        self.parts.stores.reconcile.runs(before, limit).await
    }

    /// One run.
    ///
    /// # Errors
    /// When there is none.
    pub async fn run(&self, id: u64) -> Result<ReconciliationRecord, ReconcileError> {
        let run = self.parts.stores.reconcile.run(id).await?;
        run.ok_or_else(|| ReconcileError::NotFound { what: "reconciliation", id: id.to_string() })
    }

    /// The runs that the newest results are of: the last one of the whole site, and those of single publishers after it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn latest(&self) -> Result<Vec<Source>, StoreError> {
        let (mut sources, mut before) = (Vec::new(), None);
        let mut seen: Vec<String> = Vec::new();
        loop {
            let runs = self.runs(before, RUNS).await?;
            let Some(last) = runs.last().map(|run| run.id) else { return Ok(sources) };
            for run in runs.into_iter().filter(|run| run.state == ReconciliationState::Done) {
                match run.publisher.clone() {
                    None => {
                        sources.push(Source { run, except: seen });
                        return Ok(sources);
                    }
                    Some(publisher) if !seen.iter().any(|seen| is_same_name(seen, &publisher)) => {
                        seen.push(publisher);
                        sources.push(Source { run, except: Vec::new() });
                    }
                    Some(_) => {}
                }
            }
            before = Some(last);
        }
    }

    /// Positions, by publisher, product, and their order in the run.
    ///
    /// # Errors
    /// When there is no such run.
    pub async fn positions(&self, which: Which, wish: &PositionWish) -> Result<Vec<PositionRecord>, ReconcileError> {
        let sources = match which {
            Which::Latest => self.latest().await?,
            Which::Run(id) => vec![Source { run: self.run(id).await?, except: Vec::new() }],
        };
        let mut found = Vec::new();
        for Source { run, except } in sources.iter().filter(|source| source.run.state == ReconciliationState::Done) {
            let mut positions = self.parts.stores.reconcile.positions(run.id, 0, u32::MAX).await?;
            positions.retain(|one| wish.fits(one) && !except.iter().any(|publisher| is_same_name(publisher, &one.publisher)));
            found.append(&mut positions);
        }
        if sources.len() > 1 {
            found.sort_by_cached_key(|one| (one.publisher.to_lowercase(), one.run, one.number));
        }
        Ok(found)
    }

    /// One position.
    ///
    /// # Errors
    /// When there is none.
    pub async fn position(&self, id: PositionId) -> Result<PositionRecord, ReconcileError> {
        let not_found = || ReconcileError::NotFound { what: "position", id: id.to_string() };
        let run = self.parts.stores.reconcile.run(id.run).await?.ok_or_else(not_found)?;
        if run.state != ReconciliationState::Done {
            return Err(not_found());
        }
        self.parts.stores.reconcile.position(id.run, id.number).await?.ok_or_else(not_found)
    }

    /// The positions that a position is the sum of, itself first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn parts_of(&self, position: &PositionRecord) -> Result<Vec<PositionRecord>, ReconcileError> {
        Ok(self.parts.stores.reconcile.positions(position.run, position.number, position.last).await?)
    }

    /// At most `limit` rows behind a position and its parts that are licensed in this way, from the one with this place on; each with
    /// its place.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn members(
        &self,
        position: &PositionRecord,
        only: Option<Disposition>,
        from: u64,
        limit: usize,
    ) -> Result<Vec<(u64, MemberRecord)>, ReconcileError> {
        let (mut found, mut begin) = (Vec::new(), 0_u64);
        for part in self.parts_of(position).await? {
            let end = begin.saturating_add(part.members);
            let mut at = from.max(begin);
            while at < end && found.len() < limit {
                let rows =
                    self.parts.stores.reconcile.members(part.run, part.number, at.saturating_sub(begin), MEMBERS_AT_ONCE).await?;
                if rows.is_empty() {
                    break;
                }
                for row in rows {
                    // What several metrics could license has a row at each, of which one counts.
                    let again = part.number != position.number && row.count == 0 && row.disposition == Disposition::Unlicensed;
                    if found.len() < limit && !again && only.is_none_or(|only| only == row.disposition) {
                        found.push((at, row));
                    }
                    at = at.saturating_add(1);
                }
            }
            begin = end;
        }
        Ok(found)
    }

    /// Whether the rows behind a position are still there: they are kept of the last runs of each publisher.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn has_rows(&self, position: &PositionRecord) -> Result<bool, ReconcileError> {
        let parts = self.parts_of(position).await?;
        let Some(part) = parts.iter().find(|part| part.members > 0) else { return Ok(true) };
        Ok(!self.parts.stores.reconcile.members(part.run, part.number, 0, 1).await?.is_empty())
    }

    /// The results of a product over all runs that are kept, oldest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn history(&self, publisher: Option<&str>, product: &str) -> Result<Vec<PositionRecord>, ReconcileError> {
        let mut found = self.parts.stores.reconcile.product_history(product).await?;
        found.retain(|one| publisher.is_none_or(|publisher| is_same_name(publisher, &one.publisher)));
        // What a run stored that goes on, or broke off, is nobody's result.
        let newest = self.runs(None, usize::MAX).await?;
        let is_done = |id: u64| newest.iter().any(|run| run.id == id && run.state == ReconciliationState::Done);
        found.retain(|one| is_done(one.run));
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_has_one_name() {
        let id: PositionId = "12-345".parse().unwrap();
        assert_eq!((id.run, id.number, id.to_string().as_str()), (12, 345, "12-345"));
        for wrong in ["", "12", "-1", "12-", "a-b", "12-345-6", "99999999999999999999-1"] {
            assert!(wrong.parse::<PositionId>().is_err(), "{wrong}");
        }
    }
}
