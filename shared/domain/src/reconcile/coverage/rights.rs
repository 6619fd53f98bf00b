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

/// Active rights of each entitlement after upgrades moved them. What is not in use neither takes rights nor gives them away: an
/// upgrade that is still on order leaves its source as it is.
#[must_use]
pub fn after_upgrades(owned: &[Owned]) -> Vec<u64> {
    let active: Vec<u64> = owned.iter().map(|owned| owned.rights.rights).collect();
    let moves: Vec<Move> = owned
        .iter()
        .enumerate()
        .filter(|(_, owned)| in_use(owned))
        .flat_map(|(to, owned)| owned.upgrades.iter().map(move |(from, rights)| Move { from: *from, to, rights: *rights }))
        .filter(|step| owned.get(step.from).is_some_and(in_use))
        .collect();
    moved(&active, &moves)
}

/// Rights of the maintenance that is in use and belongs to the entitlement at a place.
#[must_use]
pub fn maintained(owned: &[Owned], place: usize) -> u64 {
    let maintaining =
        owned.iter().filter(|other| other.base == Some(place) && in_use(other) && !other.license_type.gives_rights());
    maintaining.fold(0, |sum, other| sum.saturating_add(other.rights.rights))
}

fn in_use(owned: &Owned) -> bool {
    owned.state == InstallStatus::InUse
}

/// The rights that count, each with the place of its entitlement: those in use, without maintenance that stands alone.
#[must_use]
pub fn in_force(owned: &[Owned]) -> Vec<(usize, Entitled)> {
    let active = after_upgrades(owned);
    let mut rights = Vec::new();
    for ((place, owned_one), active) in owned.iter().enumerate().zip(active) {
        if !in_use(owned_one) || !owned_one.license_type.gives_rights() {
            continue;
        }
        let maintained = maintained(owned, place);
        let part = |rights, maintenance| (place, Entitled { rights, maintenance, ..owned_one.rights.clone() });
        if owned_one.license_type.maintains() || owned_one.rights.unlimited {
            rights.push(part(active, owned_one.license_type.maintains() || maintained > 0));
        } else {
            rights.extend(split(active, active, maintained).into_iter().map(|share| part(share.active, share.maintenance)));
        }
    }
    rights
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(state: InstallStatus, rights: u64, upgrades: Vec<(usize, u64)>) -> Owned {
        let rights = Entitled { rights, ..Entitled::default() };
        Owned { license_type: LicenseType::Perpetual, state, base: None, upgrades, rights }
    }

    #[test]
    fn only_what_is_in_use_moves_rights() {
        let check = |source, target, expected: [u64; 2]| {
            assert_eq!(
                after_upgrades(&[one(source, 10, vec![]), one(target, 0, vec![(0, 6)])]),
                expected,
                "{source:?} {target:?}"
            );
        };
        check(InstallStatus::InUse, InstallStatus::InUse, [4, 6]);
        check(InstallStatus::InUse, InstallStatus::OnOrder, [10, 0]);
        check(InstallStatus::Retired, InstallStatus::InUse, [10, 0]);
        let maintenance = |state| {
            let mut owned = one(state, 4, vec![]);
            (owned.license_type, owned.base) = (LicenseType::Maintenance, Some(0));
            [one(InstallStatus::InUse, 10, vec![]), owned]
        };
        assert_eq!(maintained(&maintenance(InstallStatus::InUse), 0), 4);
        assert_eq!(maintained(&maintenance(InstallStatus::Build), 0), 0);
    }

    proptest! {
        #[test]
        fn what_is_not_in_use_changes_nothing(
            entitlements in prop::collection::vec((any::<bool>(), 0_u64..9, prop::collection::vec((0_usize..6, 0_u64..9), 0..3)), 1..6),
        ) {
            let state = |in_use| if in_use { InstallStatus::InUse } else { InstallStatus::Build };
            let all: Vec<Owned> = entitlements.iter().map(|(used, rights, moves)| one(state(*used), *rights, moves.clone())).collect();
            let mut emptied = all.clone();
            for owned in emptied.iter_mut().filter(|owned| owned.state != InstallStatus::InUse) {
                owned.upgrades.clear();
                owned.rights.rights = 0;
            }
            let found = in_force(&all);
            prop_assert_eq!(&found, &in_force(&emptied));
            let in_use = all.iter().filter(|owned| owned.state == InstallStatus::InUse);
            let sum: u64 = in_use.map(|owned| owned.rights.rights).sum();
            prop_assert_eq!(found.iter().map(|(_, rights)| rights.rights).sum::<u64>(), sum, "no right is lost or made");
        }
    }
}
