//! Rights that change their entitlement: upgrades take them from their source, maintenance parts them (domain 6.6).

/// Rights that one entitlement takes over from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// Place of the entitlement that loses them.
    pub from: usize,
    /// Place of the one that has them afterwards.
    pub to: usize,
    /// How many.
    pub rights: u64,
}

/// Part of an entitlement's rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Active rights of the part.
    pub active: u64,
    /// Purchased rights: the purchase stays with the first part.
    pub purchased: u64,
    /// Whether they have active maintenance.
    pub maintenance: bool,
}

/// Active rights after all moves. None moves more than its source has then, in the order of the moves.
#[must_use]
pub fn moved(active: &[u64], moves: &[Move]) -> Vec<u64> {
    let mut rights = active.to_vec();
    for step in moves {
        if step.from == step.to || step.to >= rights.len() {
            continue;
        }
        let Some(source) = rights.get_mut(step.from) else { continue };
        let taken = step.rights.min(*source);
        *source -= taken;
        if let Some(target) = rights.get_mut(step.to) {
            *target = target.saturating_add(taken);
        }
    }
    rights
}

/// Parts an entitlement's rights by how many have maintenance: the part that has it first, then the rest, if there is any.
#[must_use]
pub fn split(purchased: u64, active: u64, maintained: u64) -> Vec<Part> {
    let with = maintained.min(active);
    let parts =
        [Part { active: with, purchased, maintenance: true }, Part { active: active - with, purchased, maintenance: false }];
    let mut parts: Vec<Part> = parts.into_iter().filter(|part| part.active > 0).collect();
    for part in parts.iter_mut().skip(1) {
        part.purchased = 0;
    }
    if parts.is_empty() { vec![Part { active, purchased, maintenance: maintained > 0 }] } else { parts }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rights_move_and_are_parted() {
        let take = |from, to, rights| Move { from, to, rights };
        assert_eq!(moved(&[10, 0], &[take(0, 1, 6)]), [4, 6]);
        assert_eq!(moved(&[10, 0, 0], &[take(0, 1, 6), take(0, 2, 6)]), [0, 6, 4]);
        assert_eq!(moved(&[10], &[take(0, 0, 6), take(0, 7, 6), take(7, 0, 6)]), [10]);
        let part = |active, purchased, maintenance| Part { active, purchased, maintenance };
        assert_eq!(split(50, 50, 20), [part(20, 50, true), part(30, 0, false)]);
        assert_eq!(split(50, 50, 70), [part(50, 50, true)]);
        assert_eq!(split(50, 50, 0), [part(50, 50, false)]);
        assert_eq!(split(50, 0, 20), [part(0, 50, true)]);
    }

    proptest! {
        #[test]
        fn no_right_is_lost_or_made(active in prop::collection::vec(0_u64..50, 1..6),
                                    moves in prop::collection::vec((0_usize..7, 0_usize..7, 0_u64..60), 0..8)) {
            let moves: Vec<Move> = moves.into_iter().map(|(from, to, rights)| Move { from, to, rights }).collect();
            prop_assert_eq!(moved(&active, &moves).iter().sum::<u64>(), active.iter().sum::<u64>());
        }

        #[test]
        fn parts_are_the_whole(purchased in 0_u64..90, active in 0_u64..90, maintained in 0_u64..90) {
            let parts = split(purchased, active, maintained);
            prop_assert_eq!(parts.iter().map(|part| part.active).sum::<u64>(), active);
            prop_assert_eq!(parts.iter().map(|part| part.purchased).sum::<u64>(), purchased);
        }
    }
}
