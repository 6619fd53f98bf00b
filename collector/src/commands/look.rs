//! Looking through the store and the keys of a collector that does not run: what `verify` and `restore` have in common.

use crate::{
    backup::{BackupError, machine_key_id},
    compliance::{Ledger, TrustedVendors},
    store::{self, StoreError, ports::Contents},
    trust::{Authority, keys::KeyFiles, sealed::Sealer},
};
use muster_license::MachineKey;
use std::{os::unix::fs::MetadataExt as _, path::Path};
use uuid::Uuid;

/// What was found, and nothing is wrong with it but what `findings` say.
pub(super) struct Found {
    /// Whose it is.
    pub collector_id: Uuid,
    /// Whose keys they are.
    pub machine_key_id: String,
    /// What the store holds.
    pub contents: Contents,
    /// What the collector would serve with all the same, and somebody should look at.
    pub findings: Vec<String>,
}

/// Looks through the store at `path` with these keys.
///
/// # Errors
/// When the collector could not serve with them.
pub(super) async fn look(path: &Path, keys: &KeyFiles) -> Result<Found, BackupError> {
    let machine = keys.read("machine.key")?;
    let machine_key_id = machine_key_id(&machine).map_err(|reason| keys.invalid("machine.key", reason))?;
    let (store, ending) = (path.to_owned(), |_| BackupError::Refused("the program is ending".to_owned()));
    let contents = tokio::task::spawn_blocking(move || store::redb::check(&store)).await.map_err(ending)??;
    let Some(collector_id) = contents.collector_id else {
        return Err(BackupError::Refused(format!("{}: init did not finish; the store belongs to no collector", path.display())));
    };
    Authority::load(keys, collector_id).map_err(|error| BackupError::Refused(error.to_string()))?;
    TrustedVendors::load(keys).map_err(|error| BackupError::Refused(error.to_string()))?;
    let mut findings = Vec::new();
    if std::fs::read_to_string(keys.ca_path()).ok() != Some(keys.read("root.pem")?) {
        findings.push(
            "ca.pem is not the certificate of the authority: clients that trust it will not trust the collector".to_owned(),
        );
    }
    if let Some(entry) = contents.audit_broken_at {
        findings.push(format!("entry {entry} of the audit log does not fit the one before: it was changed, moved or left out"));
    }
    if !is_genuine(path, &machine, keys).await? {
        findings.push("the licence state was changed by somebody else than the collector".to_owned());
    }
    Ok(Found { collector_id, machine_key_id, contents, findings })
}

/// Whether there are the keys of a collector.
///
/// # Errors
/// When that cannot be seen.
pub(super) fn has_keys(keys: &KeyFiles) -> Result<bool, BackupError> {
    let path = keys.path("machine.key");
    path.try_exists().map_err(BackupError::at(&path))
}

/// Refuses to work as root in a directory of somebody else: what is made there would lock the service out, and who owns the directory
/// can change what a path in it leads to.
///
/// # Errors
/// Then, with how to do it instead.
pub(super) fn owned(dir: &Path, command: &str) -> Result<(), BackupError> {
    let owner = dir.metadata().map_err(BackupError::at(dir))?.uid();
    if !rustix::process::geteuid().is_root() || owner == 0 {
        return Ok(());
    }
    Err(BackupError::Refused(format!(
        "{} belongs to user {owner}, not to root; run this as that user, who must be able to read what it needs: setpriv --reuid={owner} \
         --clear-groups muster-collector {command} ...",
        dir.display()
    )))
}

/// Whether the licence state is as the collector wrote it.
async fn is_genuine(path: &Path, machine: &str, keys: &KeyFiles) -> Result<bool, BackupError> {
    let machine = MachineKey::from_pem(machine).map_err(|error| keys.invalid("machine.key", error))?;
    let stores = store::redb::open(path).await?;
    let ledger = stores.license.ledger().await?;
    stores.system.close().await?;
    let Some(row) = ledger else { return Ok(true) };
    let unreadable = |error: serde_json::Error| StoreError::Corrupt { table: "license_ledger", reason: error.to_string() };
    let (_, genuine) = Ledger::open(&row, &Sealer::new(&machine.secret_for_hkdf())).map_err(unreadable)?;
    Ok(genuine)
}

/// The tables that people ask for, with their rows.
pub(super) fn told(contents: &Contents) -> String {
    let rows = |table: &str| contents.rows.get(table).copied().unwrap_or_default();
    let all: u64 = contents.rows.values().sum();
    format!(
        "agents {}, assets {}, licence keys {}, audit entries {}; {all} rows in {} tables",
        rows("agents"),
        rows("assets"),
        rows("license_keys"),
        rows("audit"),
        contents.rows.len()
    )
}
