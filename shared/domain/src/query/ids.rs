//! A set of ids that is made once and asked for every row of a scan.
//!
//! Ids are random in most of their bits, so a few of them say where one lies; a plain table with free places between is asked
//! with one look in most cases.

use uuid::Uuid;

/// Ids.
#[derive(Debug, Clone, Default)]
pub struct IdSet {
    /// A power of two of places, at least half of them free; none in the empty set.
    places: Vec<Option<Uuid>>,
}

impl IdSet {
    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether an id is in it.
    #[must_use]
    pub fn contains(&self, id: Uuid) -> bool {
        let mut at = place(id);
        while let Some(Some(kept)) = self.places.get(at & self.places.len().wrapping_sub(1)) {
            if *kept == id {
                return true;
            }
            at = at.wrapping_add(1);
        }
        false
    }
}

impl FromIterator<Uuid> for IdSet {
    fn from_iter<I: IntoIterator<Item = Uuid>>(ids: I) -> Self {
        let ids: Vec<Uuid> = ids.into_iter().collect();
        if ids.is_empty() {
            return Self::default();
        }
        let mut places = vec![None; (ids.len() * 2).next_power_of_two()];
        let mask = places.len() - 1;
        for id in ids {
            let mut at = place(id);
            while let Some(kept) = places.get_mut(at & mask) {
                if kept.is_none_or(|kept| kept == id) {
                    *kept = Some(id);
                    break;
                }
                at = at.wrapping_add(1);
            }
        }
        Self { places }
    }
}

/// The upper bits of a product depend on every bit of the id.
const fn place(id: Uuid) -> usize {
    let (high, low) = id.as_u64_pair();
    ((high.rotate_left(32) ^ low).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_was_put_in(ids in proptest::collection::vec(prop_oneof![0_u128..30, any::<u128>()], 0..40), other in 0_u128..30) {
            let set: IdSet = ids.iter().copied().map(Uuid::from_u128).collect();
            let expected: BTreeSet<u128> = ids.into_iter().collect();
            prop_assert_eq!(set.is_empty(), expected.is_empty());
            for id in expected.iter().copied().chain(0..30).chain([other]) {
                prop_assert_eq!(set.contains(Uuid::from_u128(id)), expected.contains(&id));
            }
        }
    }
}
