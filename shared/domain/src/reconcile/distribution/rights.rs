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
    /// Places of the entitlements that it maintains, and how many rights of each.
    pub maintains: Vec<(usize, u64)>,
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
    let maintaining = owned.iter().filter(|other| in_use(other) && !other.license_type.gives_rights());
    maintaining.fold(0, |sum, other| sum.saturating_add(granted(other, place)))
}

/// Rights of an entitlement that a maintenance has for it: those of its links, in their order as long as it has rights left. Unlimited
/// maintenance is for all of them.
fn granted(maintenance: &Owned, place: usize) -> u64 {
    let (mut left, mut granted) = (maintenance.rights.rights, 0_u64);
    for (base, rights) in &maintenance.maintains {
        let given = if maintenance.rights.unlimited { u64::MAX } else { (*rights).min(left) };
        left = left.saturating_sub(given);
        granted = granted.saturating_add(if *base == place { given } else { 0 });
    }
    granted
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
        Owned { license_type: LicenseType::Perpetual, state, maintains: Vec::new(), upgrades, rights }
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
    }

    #[test]
    fn maintenance_is_for_as_many_rights_as_its_links_say() {
        let check = |state, links: [&[(usize, u64)]; 2], expected: [u64; 2]| {
            let perpetual = || one(InstallStatus::InUse, 10, vec![]);
            let maintenance = |links: &[(usize, u64)]| {
                let owned = one(state, 4, vec![]);
                Owned { license_type: LicenseType::Maintenance, maintains: links.to_vec(), ..owned }
            };
            let owned = [perpetual(), perpetual(), maintenance(links[0]), maintenance(links[1])];
            assert_eq!([maintained(&owned, 0), maintained(&owned, 1)], expected, "{state:?} {links:?}");
        };
        let all = u64::MAX;
        check(InstallStatus::InUse, [&[(0, all)], &[]], [4, 0]);
        check(InstallStatus::Build, [&[(0, all)], &[]], [0, 0]);
        check(InstallStatus::InUse, [&[(0, 2)], &[]], [2, 0]);
        check(InstallStatus::InUse, [&[(0, 2)], &[(0, 3)]], [5, 0]);
        check(InstallStatus::InUse, [&[(0, 1), (1, 2)], &[]], [1, 2]);
        // No more than the maintenance has, whatever its links say.
        check(InstallStatus::InUse, [&[(0, 3), (1, 3)], &[(1, 9)]], [3, 5]);
        let mut unlimited = one(InstallStatus::InUse, 0, vec![]);
        (unlimited.license_type, unlimited.maintains) = (LicenseType::SoftwareAssurance, vec![(0, 0)]);
        unlimited.rights.unlimited = true;
        let mut base = one(InstallStatus::InUse, 0, vec![]);
        base.rights.unlimited = true;
        assert!(in_force(&[base, unlimited])[0].1.maintenance);
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
