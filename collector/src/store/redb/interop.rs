//! Credentials of agents of another make.

use super::{
    agents::{asset_for, put},
    assets, audit, codec,
    fault::Fault,
    store::RedbStore,
    tables::{AGENTS, ENROLLED, INTEROP_CREDENTIALS},
};
use crate::store::{
    StoreError,
    ports::{Admission, Admitted, InteropStore},
    records::{AgentRecord, AgentStatus, AuditEntry, InteropCredentialRecord},
};
use async_trait::async_trait;
use chrono::TimeDelta;
use muster_domain::ids::AssetId;
use redb::{ReadableTable, ReadableTableMetadata as _, WriteTransaction};

#[async_trait]
impl InteropStore for RedbStore {
    async fn create(&self, credential: InteropCredentialRecord, most: usize, audit: AuditEntry) -> Result<(), StoreError> {
        self.write("interop.create", move |txn| create(txn, &credential, most, &audit)).await
    }

    async fn all(&self) -> Result<Vec<InteropCredentialRecord>, StoreError> {
        self.read("interop.all", |txn| newest_first(&txn.open_table(INTEROP_CREDENTIALS)?)).await
    }

    async fn admit(&self, admission: Admission) -> Result<Admitted, StoreError> {
        let asset = assets::new_id(admission.now);
        self.write("interop.admit", move |txn| admit(txn, &admission, asset)).await
    }

    async fn revoke(&self, id: &str, audit: AuditEntry) -> Result<InteropCredentialRecord, StoreError> {
        let id = id.to_owned();
        self.write("interop.revoke", move |txn| {
            let mut table = txn.open_table(INTEROP_CREDENTIALS)?;
            let Some(mut credential) = codec::get::<_, InteropCredentialRecord>(&table, id.as_str())? else {
                return Err(StoreError::NotFound { what: "interop credential", id: id.clone() }.into());
            };
            credential.revoked = true;
            codec::put(&mut table, id.as_str(), &credential)?;
            audit::append_in(txn, &audit)?;
            Ok(credential)
        })
        .await
    }
}

/// What stands in [`ENROLLED`] for the token of a device: it is who it says, whichever credential it came with.
const DEVICE: &str = "interop device";

fn admit(txn: &WriteTransaction, admission: &Admission, asset: AssetId) -> Result<Admitted, Fault> {
    let Admission { credential, now, agent, supersedes, hold, audit } = admission;
    let mut credentials = txn.open_table(INTEROP_CREDENTIALS)?;
    let stored = codec::get::<_, InteropCredentialRecord>(&credentials, credential.as_str())?;
    let Some(mut stored) = stored.filter(|stored| !stored.revoked) else { return Ok(Admitted::Refused) };
    let key = (DEVICE, &agent.key_hash);
    let earlier = txn.open_table(ENROLLED)?.get(key)?.map(|row| row.value());
    if let Some(earlier) = earlier {
        let known = codec::get(&txn.open_table(AGENTS)?, earlier)?;
        let missing = || StoreError::Corrupt { table: "enrolled", reason: "its agent is missing".to_owned() };
        return Ok(Admitted::Known(known.ok_or_else(missing)?));
    }
    // Those that seem to come later were let in while the clock was wrong.
    let hour = (*now - TimeDelta::hours(1)).timestamp_millis() + 1..=now.timestamp_millis();
    stored.let_in.retain(|at| hour.contains(at));
    let is_full = u32::try_from(stored.let_in.len()).map_or(true, |let_in| let_in >= stored.max_new_per_hour);
    let pending = *hold || is_full;
    let mut agent = AgentRecord {
        status: if pending { AgentStatus::Pending } else { AgentStatus::Active },
        asset: None,
        group: stored.group.clone(),
        superseded_by: None,
        ..agent.clone()
    };
    if !pending {
        agent.asset = Some(asset_for(txn, *supersedes, &agent, asset, *now)?);
        stored.let_in.push(now.timestamp_millis());
        codec::put(&mut credentials, credential.as_str(), &stored)?;
    }
    txn.open_table(ENROLLED)?.insert(key, agent.id.0.as_u128())?;
    put(txn, &agent)?;
    let mut audit = audit.clone();
    if let Some(detail) = audit.detail.as_object_mut() {
        detail.insert("status".to_owned(), serde_json::json!(agent.status));
        detail.insert("beyond_the_hour".to_owned(), is_full.into());
    }
    audit::append_in(txn, &audit)?;
    Ok(Admitted::New(agent))
}

fn create(txn: &WriteTransaction, credential: &InteropCredentialRecord, most: usize, audit: &AuditEntry) -> Result<(), Fault> {
    let mut table = txn.open_table(INTEROP_CREDENTIALS)?;
    if table.get(credential.id.as_str())?.is_some() {
        return Err(StoreError::Conflict(format!("there is an interop credential {} already", credential.id)).into());
    }
    while usize::try_from(table.len()?).is_ok_and(|stored| stored >= most) {
        let oldest = newest_first(&table)?.into_iter().rfind(|other| other.revoked);
        let Some(oldest) = oldest else {
            let text = format!("there are {most} interop credentials in force; take back those that nobody uses");
            return Err(StoreError::Conflict(text).into());
        };
        table.remove(oldest.id.as_str())?;
    }
    codec::put(&mut table, credential.id.as_str(), credential)?;
    audit::append_in(txn, audit)
}

fn newest_first(table: &impl ReadableTable<&'static str, &'static [u8]>) -> Result<Vec<InteropCredentialRecord>, Fault> {
    let mut credentials: Vec<InteropCredentialRecord> = codec::all(table)?;
    credentials.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| a.id.cmp(&b.id)));
    Ok(credentials)
}
