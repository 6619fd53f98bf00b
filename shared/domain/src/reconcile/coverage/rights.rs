//! Which entitlements give rights, and how many: upgrades move them, maintenance parts them (domain 6.2 and 6.6).

use super::input::Entitled;
use crate::asset::InstallStatus;
use crate::entitlement::{LicenseType, Move, moved, split};

/// An entitlement as it is recorded.
#[derive(Debug, Clone)]
pub struct Owned {
    /// Its license type.
    pub license_type: LicenseType,
    /// Its state.
    pub state: InstallStatus,
    /// Place of the entitlement that it maintains.
    pub base: Option<usize>,
    /// Rights it takes over: the place of their source, and how many.
    pub upgrades: Vec<(usize, u64)>,
    /// Its active rights before any move, and everything else about them.
    pub rights: Entitled,
}

/// The rights that count, each with the place of its entitlement: those in use, without maintenance that stands alone.
#[must_use]
pub fn in_force(owned: &[Owned]) -> Vec<(usize, Entitled)> {
    let active: Vec<u64> = owned.iter().map(|owned| owned.rights.rights).collect();
    let moves: Vec<Move> = owned
        .iter()
        .enumerate()
        .flat_map(|(to, owned)| owned.upgrades.iter().map(move |(from, rights)| Move { from: *from, to, rights: *rights }))
        .collect();
    let active = moved(&active, &moves);
    let in_use = |owned: &Owned| owned.state == InstallStatus::InUse;
    let mut rights = Vec::new();
    for ((place, owned_one), active) in owned.iter().enumerate().zip(active) {
        if !in_use(owned_one) || !owned_one.license_type.gives_rights() {
            continue;
        }
        let maintaining =
            owned.iter().filter(|other| other.base == Some(place) && in_use(other) && !other.license_type.gives_rights());
        let maintained = maintaining.fold(0_u64, |sum, other| sum.saturating_add(other.rights.rights));
        let part = |rights, maintenance| (place, Entitled { rights, maintenance, ..owned_one.rights.clone() });
        if owned_one.license_type.maintains() || owned_one.rights.unlimited {
            rights.push(part(active, owned_one.license_type.maintains() || maintained > 0));
        } else {
            rights.extend(split(active, active, maintained).into_iter().map(|share| part(share.active, share.maintenance)));
        }
    }
    rights
}
