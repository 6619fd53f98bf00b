//! Lists of installed software: which ones are known, and taking a new one.
//!
//! In: digests and lists of reports. Out: whether the list is wanted, and the list in the store. A list is durable before its digest is
//! known, so that a list that was lost is asked for again.

use super::facts;
use crate::store::{StoreError, ports::SoftwareStore, records::SoftwareListRecord};
use chrono::{DateTime, SubsecRound as _, Utc};
use muster_domain::{
    ids::{AgentId, AssetId},
    software::{Found, Software},
};
use muster_wire::software::Package;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The lists of all assets, by digest.
pub struct SoftwareLists {
    store: Arc<dyn SoftwareStore>,
    digests: Mutex<BTreeMap<AssetId, String>>,
}

impl SoftwareLists {
    /// The lists of the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(store: Arc<dyn SoftwareStore>) -> Result<Self, StoreError> {
        let digests = store.lists().await?.into_iter().map(|list| (list.asset, list.digest)).collect();
        Ok(Self { store, digests: Mutex::new(digests) })
    }

    /// Whether the list with this digest is the stored one of the asset.
    pub(super) fn knows(&self, asset: AssetId, digest: &str) -> bool {
        self.digests().get(&asset).is_some_and(|known| known == digest)
    }

    /// Takes a list, unless it is the stored one; false if it is.
    pub(super) async fn take(
        &self,
        asset: AssetId,
        agent: AgentId,
        digest: &str,
        packages: &[Package],
        at: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        if self.knows(asset, digest) {
            return Ok(false);
        }
        let list = SoftwareListRecord { asset, agent, digest: digest.to_owned(), at: at.trunc_subsecs(3) };
        let difference = self.store.replace(list, packages.iter().filter_map(found).collect()).await?;
        tracing::info!(
            %agent, installed = difference.installed, updated = difference.updated, removed = difference.removed,
            "a list of installed software was taken"
        );
        self.digests().insert(asset, digest.to_owned());
        Ok(true)
    }

    fn digests(&self) -> MutexGuard<'_, BTreeMap<AssetId, String>> {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A package as it is kept; nothing without a name.
fn found(package: &Package) -> Option<Found> {
    let Package { name, version, publisher, source, architecture, install_date } = package;
    let text = |value: &Option<String>| value.as_deref().map(facts::text).filter(|text| !text.is_empty());
    let name = facts::text(name);
    let source = facts::text(source).to_lowercase();
    let software =
        Software { name, version: text(version), publisher: text(publisher), source, architecture: text(architecture) };
    (!software.name.is_empty()).then_some(Found { software, install_date: *install_date })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_kept_as_plain_text() {
        for (json, expected) in [
            (r#"{"name":" bash\n","version":"5","source":"DPKG"}"#, Some(("bash", Some("5"), "dpkg"))),
            (r#"{"name":"bash","version":" ","source":"dpkg"}"#, Some(("bash", None, "dpkg"))),
            (r#"{"name":" \u0000 ","source":"dpkg"}"#, None),
            (r#"{"name":"","source":"dpkg"}"#, None),
        ] {
            let found = found(&serde_json::from_str(json).unwrap()).map(|found| found.software);
            let found = found.as_ref().map(|s| (s.name.as_str(), s.version.as_deref(), s.source.as_str()));
            assert_eq!(found, expected, "{json}");
        }
    }
}
