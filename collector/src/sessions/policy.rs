//! What agents are told of the applications: which processes use them, and what holds while no collector can be asked.
//!
//! In: the applications. Out: a document whose version is a hash of its content, so that agents ask for it only when it says
//! something new, whichever collector of the site they speak to.

use super::registry::Sessions;
use muster_domain::session::{Application, Offline};
use muster_wire::{
    policy::{ApplicationPolicy, PolicyDocument},
    verdict::Decision,
};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// Every JSON reader can tell numbers apart up to here.
const VERSION_BITS: u32 = 53;

impl Sessions {
    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> Arc<PolicyDocument> {
        Arc::clone(&self.lock().policy)
    }
}

/// The policy of these applications; those that are not tracked are left out.
pub(super) fn of(applications: &[Application]) -> Arc<PolicyDocument> {
    let tracked = applications.iter().filter(|application| application.tracking);
    let mut applications: Vec<ApplicationPolicy> = tracked
        .map(|application| ApplicationPolicy {
            name: application.name.clone(),
            processes: application.used_by.processes.clone(),
            offline: match application.offline {
                Offline::Allow => Decision::Allow,
                Offline::Deny => Decision::Deny,
            },
            lease_seconds: application.lease_seconds,
        })
        .collect();
    applications.sort_by(|a, b| a.name.cmp(&b.name));
    let digest = Sha256::digest(serde_json::to_vec(&applications).unwrap_or_default());
    let number = digest.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    // 0 is no policy at all.
    let version = (number >> (u64::BITS - VERSION_BITS)).max(1);
    Arc::new(PolicyDocument { version, applications })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_content_s() {
        let mut cad = Application::new("CAD").unwrap();
        cad.used_by.processes = vec!["path:/opt/cad/**".to_owned()];
        let login = Application::workstation_login();
        let hidden = Application { tracking: false, ..Application::new("Hidden").unwrap() };
        let first = of(&[cad.clone(), login.clone()]);
        assert_eq!(first.applications.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(), ["CAD", "Workstation login"]);
        assert!(first.version > 0 && first.version < 1 << VERSION_BITS);
        assert_eq!(of(&[login.clone(), cad.clone(), hidden]).version, first.version, "neither order nor what is left out counts");
        cad.offline = Offline::Deny;
        let second = of(&[cad.clone(), login.clone()]);
        assert_ne!(second.version, first.version);
        cad.floating_limit = Some(3);
        assert_eq!(of(&[cad, login]).version, second.version, "agents know of no limits");
        assert!(of(&[]).version > 0);
    }
}
