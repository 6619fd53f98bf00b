//! Hygiene: the facts of every asset, put before the rules of the domain.
//!
//! In: the assets of the store, when each agent was heard last, the query that counts. Out: what is wrong, and which assets
//! would bring the site under its limit. It changes nothing.

use crate::store::{StoreError, Stores};
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{
        Asset, AssetRow, Directory as _, Field, References, StoredAsset, Table, Value, class,
        hygiene::{Candidate, Class, Finding, findings, proposal},
    },
    ids::{AgentId, AssetId},
    query::{Checked, NullMode},
};
use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
};

/// What is known of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// When it was heard last; when it enrolled, if never.
    pub heard: DateTime<Utc>,
    /// Its host name.
    pub hostname: String,
}

/// What is wrong with a site's assets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hygiene {
    /// Everything that is wrong, surest first.
    pub findings: Vec<Finding>,
    /// The counted assets that would bring the site under its limit.
    pub proposal: Vec<Finding>,
    /// The facts that were looked at, by asset.
    pub candidates: BTreeMap<AssetId, Candidate>,
}

impl Hygiene {
    /// How many assets each class has.
    #[must_use]
    pub fn sums(&self) -> BTreeMap<Class, u64> {
        let mut sums = BTreeMap::new();
        for finding in &self.findings {
            *sums.entry(finding.class).or_default() += 1;
        }
        sums
    }
}

/// Looks at every asset. `counts` is the query that counts with its table and null mode, none without a licence.
///
/// # Errors
/// When the store cannot be read.
pub async fn look(
    stores: &Stores,
    contacts: BTreeMap<AgentId, Contact>,
    counts: Option<(Checked, String, NullMode)>,
    over_by: u64,
    directory: Arc<References>,
    now: DateTime<Utc>,
) -> Result<Hygiene, StoreError> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let result = Arc::clone(&seen);
    let visit = move |asset: &StoredAsset<'_>| {
        // A row that does not unpack is damaged: the scan itself says so.
        let Ok(asset) = asset.unpack() else { return ControlFlow::Break(()) };
        let asset = &asset;
        let mut candidate = candidate(asset, &contacts, &directory);
        candidate.counted = counts.as_ref().is_some_and(|(query, table, mode)| {
            class::extends(asset.class(), table) && query.matches(&AssetRow::new(asset, directory.as_ref()), *mode)
        });
        result.lock().unwrap_or_else(PoisonError::into_inner).push(candidate);
        ControlFlow::Continue(())
    };
    stores.assets.scan(None, Box::new(visit)).await?;
    let candidates = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    let findings = findings(&candidates, now);
    let proposal = proposal(&candidates, &findings, over_by);
    let candidates = candidates.into_iter().map(|candidate| (candidate.id, candidate)).collect();
    Ok(Hygiene { findings, proposal, candidates })
}

fn candidate(asset: &Asset, contacts: &BTreeMap<AgentId, Contact>, directory: &References) -> Candidate {
    let text = |field| asset.get(field).and_then(Value::as_text).map(str::to_owned);
    let contact = asset.agent().and_then(|agent| contacts.get(&agent));
    let model = asset.get(Field::Model).and_then(Value::as_ref_id).and_then(|id| directory.display(Table::Model, id));
    Candidate {
        id: asset.id(),
        status: asset.status(),
        tag: text(Field::AssetTag),
        serial: text(Field::SerialNumber),
        host: model.zip(contact).map(|(model, contact)| (model.to_owned(), contact.hostname.clone())),
        heard: contact.map(|contact| contact.heard),
        created: asset.created_on(),
        // Somebody who was named and taken out again leaves an entry that says so.
        was_assigned: asset.edited().entry(Field::AssignedTo).is_some() || asset.get(Field::AssignedTo).is_some(),
        counted: false,
    }
}
