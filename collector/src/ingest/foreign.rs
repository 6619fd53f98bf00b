//! Devices of another make: they have no certificate and no sequence, and are who they say under a credential.
//!
//! In: inventories with the credential that brought them. Out: an agent like every other, and what it reported. No sessions are taken:
//! an inventory is a day old and does not know where people sit.

use super::{
    Ingest,
    enroll::{Standing, standing},
    entry::Entry,
    facts::{self, ClockOffset},
    report::unavailable,
};
use crate::{
    publish::Gate,
    store::{
        ports::{Admission, Admitted},
        records::{AgentRecord, AgentStatus, AuditEntry, ForeignDevice, InteropCredentialRecord, ReportMark},
    },
};
use muster_domain::{asset::identity::same_uuid, ids::AgentId};
use muster_wire::{
    hardware::Hardware,
    problem::{Code, Problem},
    report::Report,
    software::PackageList,
};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use uuid::Uuid;

/// Most devices of a credential that wait for an administrator.
const MOST_WAITING: usize = 1000;

/// A device as it introduces itself.
#[derive(Debug, Clone)]
pub struct Device {
    /// What it calls itself.
    pub id: String,
    /// The machine's own UUID, as it says: copies of one installation call themselves the same.
    pub uuid: Option<String>,
    /// Its program, as it says.
    pub program: String,
    /// The program's version.
    pub version: String,
}

/// What a device tells of itself.
pub struct Inventory {
    /// Whose it is.
    pub device: Device,
    /// The whole hardware, from what is known of it and what the device tells now.
    pub hardware: Box<dyn FnOnce(Hardware) -> Hardware + Send>,
    /// What is installed; none when that is as it was.
    pub software: Option<PackageList>,
    /// Of the bytes as they came.
    pub digest: [u8; 32],
}

impl Ingest {
    /// Takes an inventory: what it changed is durable when this returns. `in_force` says whether a credential is.
    ///
    /// # Errors
    /// 403 for a device that was revoked, waits, or is another credential's, and for a new one while the product is disabled; 429 when
    /// too many wait; 503 while the store cannot be written.
    pub async fn inventory(
        &self,
        credential: &InteropCredentialRecord,
        in_force: impl Fn(&str) -> bool + Send,
        inventory: Inventory,
    ) -> Result<(), Problem> {
        let Inventory { device, hardware, software, digest } = inventory;
        // A new one has nothing to add to; a known one adds to what its asset shows.
        let (entry, hardware) = match self.parts.fleet.device(&self.key_of(&device)) {
            Some(entry) => (entry, Told::Later(hardware)),
            None => {
                let _alone = self.admitting.lock().await;
                // Looked for again: it, or a copy of it, may have come in the meantime.
                let key_hash = self.key_of(&device);
                match self.parts.fleet.device(&key_hash) {
                    Some(entry) => (entry, Told::Later(hardware)),
                    None => {
                        let whole = hardware(Hardware::default());
                        (self.admit(credential, &device, key_hash, &whole).await?, Told::Whole(Box::new(whole)))
                    }
                }
            }
        };
        let record = entry.record();
        let brought_by = record.foreign.as_ref().map(|foreign| foreign.credential.as_str());
        if brought_by.is_some_and(|other| other != credential.id && in_force(other)) {
            return Err(Problem::new(Code::Forbidden, "this device came with another credential, which is in force"));
        }
        let mut progress = entry.progress.lock().await;
        // Read again: it may have been decided in the meantime.
        let record = entry.record();
        match record.status {
            AgentStatus::Active | AgentStatus::Quarantined => {}
            AgentStatus::Pending => {
                entry.knocked(self.parts.fleet.ready());
                return Err(Problem::new(Code::AgentPending, "this device waits until an administrator approves it"));
            }
            AgentStatus::Revoked => {
                return Err(Problem::new(
                    Code::AgentRevoked,
                    "this device was revoked, or another agent took its place on the machine",
                ));
            }
        }
        let hardware = match hardware {
            Told::Whole(hardware) => *hardware,
            Told::Later(merge) => merge(self.hardware_of(&record).await?),
        };
        let received = self.parts.fleet.clock().now();
        let mut kept = [0; 16];
        kept.copy_from_slice(digest.split_at(16).0);
        let mark = ReportMark { epoch: progress.epoch, seq: progress.seq.saturating_add(1), digest: kept };
        let report = Report {
            protocol: muster_wire::PROTOCOL,
            boot_id: Uuid::nil(),
            epoch: mark.epoch,
            seq: mark.seq,
            collected_at: received,
            hardware_digest: sha256(&serde_json::to_vec(&hardware).unwrap_or_default()),
            hardware: Some(hardware),
            software_digest: software.as_ref().map(|list| sha256(&serde_json::to_vec(&list.packages).unwrap_or_default())),
            software,
            sessions: Vec::new(),
            ended: Vec::new(),
            dropped: 0,
            receipt: None,
            incomplete: Vec::new(),
            agent_version: device.version,
        };
        self.take(&entry, &mut progress, mark, report, ClockOffset::measure(received, None), received).await.map(|_| ())
    }

    /// A device that is not known.
    async fn admit(
        &self,
        credential: &InteropCredentialRecord,
        device: &Device,
        key_hash: [u8; 32],
        hardware: &Hardware,
    ) -> Result<Arc<Entry>, Problem> {
        if let Gate::Closed { reason } = self.parts.board.gate() {
            let text = format!(
                "no device is let in while the product is disabled ({reason}); an administrator must apply a licence key"
            );
            return Err(Problem::new(Code::LicenseDisabled, text).with("reason", reason));
        }
        let fleet = &self.parts.fleet;
        if fleet.waiting_of(&credential.id) >= MOST_WAITING {
            let text = format!("{MOST_WAITING} devices of this credential wait for an administrator; no more can");
            return Err(Problem::new(Code::TooMany, text));
        }
        let (now, id, machine) = (fleet.clock().now(), AgentId(Uuid::now_v7()), facts::facets(hardware));
        let standing = standing(fleet, &machine, &key_hash, true);
        let hostname = hardware.hostname.as_deref().map(facts::text).filter(|name| !name.is_empty());
        let foreign = ForeignDevice {
            credential: credential.id.clone(),
            device_id: facts::text(&device.id),
            program: facts::text(&device.program),
        };
        let record = AgentRecord {
            id,
            status: AgentStatus::Active,
            key_hash,
            asset: None,
            token: None,
            group: None,
            hostname: hostname.unwrap_or_else(|| foreign.device_id.clone()),
            agent_version: facts::text(&device.version),
            facets: machine,
            observed: facts::observed(hardware),
            enrolled_at: now,
            certificate_until: now,
            certificate: String::new(),
            superseded_by: None,
            foreign: Some(foreign),
        };
        let audit = AuditEntry {
            at: now,
            actor: format!("agent:{id}"),
            action: "agent.enroll".to_owned(),
            subject: id.to_string(),
            detail: serde_json::json!({
                "interop_credential": credential.id,
                "device_id": device.id,
                "program": device.program,
                "hostname": record.hostname,
                "supersedes": standing.supersedes().map(|old| old.to_string()),
                "held": standing == Standing::Busy,
            }),
        };
        let admission = Admission {
            credential: credential.id.clone(),
            now,
            agent: record,
            supersedes: standing.supersedes(),
            hold: standing == Standing::Busy,
            audit,
        };
        let agent = match self.stores().interop.admit(admission).await.map_err(|error| unavailable(&error))? {
            Admitted::New(agent) => {
                tracing::info!(agent = %agent.id, status = ?agent.status, "device of another make let in");
                self.in_place_of(standing, &agent).await;
                agent
            }
            Admitted::Known(agent) => agent,
            Admitted::Refused => return Err(Problem::new(Code::Forbidden, "the credential was taken back")),
        };
        Ok(fleet.insert(agent))
    }

    /// What stands for a device. Where its id is that of a machine with another UUID, it is a copy, and a device of its own.
    fn key_of(&self, device: &Device) -> [u8; 32] {
        let plain = key_hash(&device.id, None);
        let first = self.parts.fleet.device(&plain).and_then(|entry| entry.record().facets.product_uuid.clone());
        match (first.as_deref(), device.uuid.as_deref()) {
            (Some(first), Some(uuid)) if !same_uuid(Some(first), Some(uuid)) => key_hash(&device.id, Some(uuid)),
            _ => plain,
        }
    }

    /// The hardware that is known of an agent.
    async fn hardware_of(&self, record: &AgentRecord) -> Result<Hardware, Problem> {
        let Some(asset) = record.asset else { return Ok(Hardware::default()) };
        let stored = self.stores().assets.hardware(asset).await.map_err(|error| unavailable(&error))?;
        Ok(stored.and_then(|stored| serde_json::from_slice(&stored).ok()).unwrap_or_default())
    }
}

/// What a device tells of its hardware.
enum Told {
    Whole(Box<Hardware>),
    Later(Box<dyn FnOnce(Hardware) -> Hardware + Send>),
}

/// What stands for a device where our own agents have a key.
fn key_hash(device_id: &str, uuid: Option<&str>) -> [u8; 32] {
    let digest = Sha256::new().chain_update(b"muster interop device\0").chain_update(device_id.as_bytes());
    match uuid {
        Some(uuid) => digest.chain_update(b"\0").chain_update(uuid.as_bytes()).finalize().into(),
        None => digest.finalize().into(),
    }
}

fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", data_encoding::HEXLOWER.encode(&Sha256::digest(bytes)))
}
