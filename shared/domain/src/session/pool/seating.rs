//! Which seat is free for a key: the named one of its user, a reserved one of a group, a general one.
//!
//! Seats kept for a group are the floating seats that only its members may take. A member takes one of them first, as in the
//! options files of FlexNet, so that the general seats stay for those who have no other; when one becomes free, the
//! member who came first among those on general seats has it.

use super::rules::PoolRules;

/// The floating seats in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Floating {
    /// On seats that everybody may take.
    general: u64,
    /// On reserved seats, in the order of the reservations.
    reserved: Vec<u64>,
}

impl Floating {
    /// Of holders in the order in which they came, each with whether it is a member of a group.
    pub(super) fn of<'a>(
        rules: &PoolRules,
        count: u64,
        holders: impl Iterator<Item = &'a std::collections::BTreeSet<String>>,
    ) -> Self {
        let mut seats = Self { general: 0, reserved: vec![0; rules.reservations.len()] };
        if rules.reservations.is_empty() {
            seats.general = count;
        } else {
            holders.for_each(|groups| seats.sit(rules, groups));
        }
        seats
    }

    /// Whether there is a seat within the limits.
    pub(super) fn free(&self, rules: &PoolRules, groups: &std::collections::BTreeSet<String>) -> bool {
        let Some(limit) = rules.floating else { return true };
        let total = self.reserved.iter().fold(self.general, |sum, seats| sum.saturating_add(*seats));
        if total >= limit {
            return false;
        }
        let kept = rules.reservations.iter().fold(0_u64, |sum, (_, seats)| sum.saturating_add(*seats));
        self.own(rules, groups).is_some() || self.general < limit.saturating_sub(kept)
    }

    /// One more has a seat.
    pub(super) fn sit(&mut self, rules: &PoolRules, groups: &std::collections::BTreeSet<String>) {
        let own = self.own(rules, groups);
        match own.and_then(|place| self.reserved.get_mut(place)) {
            Some(seats) => *seats += 1,
            None => self.general += 1,
        }
    }

    /// The first reservation with a free seat for a member of these groups.
    fn own(&self, rules: &PoolRules, groups: &std::collections::BTreeSet<String>) -> Option<usize> {
        if groups.is_empty() {
            return None;
        }
        let mut places = rules.reservations.iter().zip(&self.reserved);
        places.position(|((group, seats), used)| used < seats && groups.contains(group))
    }
}
