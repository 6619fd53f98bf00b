//! Agents: enrolment, status, certificates.

use super::{
    asset_rows, assets, audit, codec,
    fault::Fault,
    history,
    store::RedbStore,
    tables::{AGENTS, ENROLLED, TOKENS},
};
use crate::store::{
    StoreError,
    ports::{AgentStore, Enrollment, Issued, StatusChange, TokenRefusal},
    records::{AgentRecord, AgentStatus, Approval, Cause, TokenRecord},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use muster_domain::{
    asset::{InstallStatus, layer::Layer, record::Asset},
    ids::{AgentId, AssetId},
};
use redb::{ReadableTable, WriteTransaction};
use subtle::ConstantTimeEq;

#[async_trait]
impl AgentStore for RedbStore {
    async fn enroll(&self, enrollment: Enrollment) -> Result<Issued, StoreError> {
        let asset = assets::new_id(enrollment.now);
        self.write("agents.enroll", move |txn| enroll(txn, &enrollment, asset)).await
    }

    async fn all(&self) -> Result<Vec<AgentRecord>, StoreError> {
        self.read("agents.all", |txn| codec::all(&txn.open_table(AGENTS)?)).await
    }

    async fn get(&self, id: AgentId) -> Result<Option<AgentRecord>, StoreError> {
        self.read("agents.get", move |txn| codec::get(&txn.open_table(AGENTS)?, id.0.as_u128())).await
    }

    async fn set_status(&self, change: StatusChange) -> Result<AgentRecord, StoreError> {
        let asset = assets::new_id(change.audit.at);
        self.write("agents.set_status", move |txn| set_status(txn, &change, asset)).await
    }

    async fn renewed(&self, id: AgentId, certificate: String, until: DateTime<Utc>) -> Result<(), StoreError> {
        self.write("agents.renewed", move |txn| {
            let mut agent = existing(txn, id)?;
            agent.certificate.clone_from(&certificate);
            agent.certificate_until = until;
            put(txn, &agent)
        })
        .await
    }
}

fn set_status(txn: &WriteTransaction, change: &StatusChange, asset: AssetId) -> Result<AgentRecord, Fault> {
    let StatusChange { agent: id, from, to, supersedes, audit } = change;
    let mut agent = existing(txn, *id)?;
    if !from.contains(&agent.status) {
        return Err(StoreError::Conflict(format!("agent {id} is {:?}, which cannot become {to:?} this way", agent.status)).into());
    }
    if *to == AgentStatus::Active {
        if let Some(successor) = agent.superseded_by {
            return Err(StoreError::Conflict(format!(
                "agent {id} was replaced by agent {successor} on the same machine; enrol it anew instead"
            ))
            .into());
        }
        if agent.asset.is_none() {
            agent.asset = Some(asset_for(txn, *supersedes, &agent, asset, audit.at)?);
        }
    }
    agent.status = *to;
    put(txn, &agent)?;
    audit::append_in(txn, audit)?;
    Ok(agent)
}

/// The whole enrolment. Somebody who does not know the secret learns nothing about the token, and the right secret with the
/// same key gives the same answer for ever, so that a lost reply costs no second use.
fn enroll(txn: &WriteTransaction, enrollment: &Enrollment, asset: AssetId) -> Result<Issued, Fault> {
    let mut tokens = txn.open_table(TOKENS)?;
    let stored = codec::get::<_, TokenRecord>(&tokens, enrollment.token_id.as_str())?;
    // An unknown token is compared, too, so that its absence does not show in the time.
    let secret_hash = stored.as_ref().map_or([0; 32], |token| token.secret_hash);
    let right = bool::from(secret_hash.ct_eq(&enrollment.secret_hash));
    let Some(mut token) = stored.filter(|_| right) else { return Ok(Issued::Refused(TokenRefusal::Unknown)) };

    let key = (token.id.as_str(), &enrollment.agent.key_hash);
    let earlier = txn.open_table(ENROLLED)?.get(key)?.map(|row| row.value());
    if let Some(earlier) = earlier {
        let agent = codec::get(&txn.open_table(AGENTS)?, earlier)?;
        return match agent {
            Some(agent) => Ok(Issued::Repeated(agent)),
            None => Err(StoreError::Corrupt { table: "enrolled", reason: "its agent is missing".to_owned() }.into()),
        };
    }
    if let Some(refusal) = refusal(&token, enrollment.now) {
        return Ok(Issued::Refused(refusal));
    }
    let id = enrollment.agent.id;
    if txn.open_table(AGENTS)?.get(id.0.as_u128())?.is_some() {
        return Err(StoreError::Conflict(format!("there is an agent {id} already")).into());
    }

    let pending = enrollment.hold || token.approval == Approval::Manual;
    let mut agent = AgentRecord {
        status: if pending { AgentStatus::Pending } else { AgentStatus::Active },
        asset: None,
        token: Some(token.id.clone()),
        group: token.group.clone(),
        superseded_by: None,
        ..enrollment.agent.clone()
    };
    if !pending {
        agent.asset = Some(asset_for(txn, enrollment.supersedes, &agent, asset, enrollment.now)?);
    }
    txn.open_table(ENROLLED)?.insert(key, id.0.as_u128())?;
    token.used_by.push(agent.key_hash);
    codec::put(&mut tokens, enrollment.token_id.as_str(), &token)?;
    put(txn, &agent)?;
    audit::append_in(txn, &enrollment.audit)?;
    Ok(Issued::New(agent))
}

fn refusal(token: &TokenRecord, now: DateTime<Utc>) -> Option<TokenRefusal> {
    if token.revoked {
        Some(TokenRefusal::Revoked)
    } else if now >= token.expires_at {
        Some(TokenRefusal::Expired)
    } else if u32::try_from(token.used_by.len()).is_ok_and(|used| used < token.max_uses) {
        None
    } else {
        Some(TokenRefusal::UsedUp)
    }
}

/// The asset of an agent that is let in: that of the one it supersedes, or a new one with this id.
pub(super) fn asset_for(
    txn: &WriteTransaction,
    supersedes: Option<AgentId>,
    agent: &AgentRecord,
    id: AssetId,
    now: DateTime<Utc>,
) -> Result<AssetId, Fault> {
    let inherited = match supersedes {
        Some(old) => take_over(txn, old, agent, now)?,
        None => None,
    };
    match inherited {
        Some(inherited) => Ok(inherited),
        None => new_asset(txn, id, agent.id, agent.observed.clone(), now),
    }
}

/// Moves the asset of `old` to its successor; none if `old` had none.
fn take_over(
    txn: &WriteTransaction,
    old: AgentId,
    successor: &AgentRecord,
    now: DateTime<Utc>,
) -> Result<Option<AssetId>, Fault> {
    let mut old = existing(txn, old)?;
    if let Some(other) = old.superseded_by {
        return Err(StoreError::Conflict(format!("agent {} was already replaced by agent {other}", old.id)).into());
    }
    let was_revoked = old.status == AgentStatus::Revoked;
    old.status = AgentStatus::Revoked;
    old.superseded_by = Some(successor.id);
    // One asset is reported by one agent: the way from the old one to it leads over its successor.
    let inherited = old.asset.take();
    put(txn, &old)?;
    if let Some(id) = inherited {
        let mut asset = asset_rows::existing(txn, id)?;
        if was_revoked && asset.status() == Some(InstallStatus::Retired) {
            // It was taken back and retired, as after a theft: what comes after that counts with an asset of its own.
            return Ok(None);
        }
        asset.bind(Some(successor.id));
        let changes = asset.observe(successor.observed.clone(), now);
        assets::reported(txn, id, successor.id, now, changes)?;
        asset_rows::put(txn, &asset)?;
    }
    Ok(inherited)
}

fn new_asset(txn: &WriteTransaction, id: AssetId, agent: AgentId, observed: Layer, now: DateTime<Utc>) -> Result<AssetId, Fault> {
    let mut asset = Asset::new(id, Some(agent), now);
    let changes = asset.observe(observed, now);
    let by = format!("agent:{agent}");
    history::append_in(txn, id, &history::Origin { by: &by, cause: Cause::Created, at: now }, changes)?;
    asset_rows::put(txn, &asset)?;
    Ok(id)
}

fn existing(txn: &WriteTransaction, id: AgentId) -> Result<AgentRecord, Fault> {
    codec::get(&txn.open_table(AGENTS)?, id.0.as_u128())?
        .ok_or_else(|| StoreError::NotFound { what: "agent", id: id.to_string() }.into())
}

pub(super) fn put(txn: &WriteTransaction, agent: &AgentRecord) -> Result<(), Fault> {
    codec::put(&mut txn.open_table(AGENTS)?, agent.id.0.as_u128(), agent)
}
