//! The rest of packs of cores that license a machine and can license no other one (domain 5.8 and 6.5): neither used nor too many.
//!
//! In: what is left of rights after everybody was served. Out: how much of it is too few for the smallest machine that there could be. What
//! is short somewhere is not looked at: what is left counts towards it.

use std::collections::BTreeMap;

use super::channel::Channel;
use super::demand::attributes;
use super::serve::Serving;

impl Serving<'_, '_> {
    /// Rights that are left and cannot license another machine, by their place.
    pub(super) fn rests(&self) -> BTreeMap<usize, u64> {
        let mut found = BTreeMap::new();
        for channel in self.channels.iter().filter(|channel| channel.is_in_packs_of_cores() && !channel.unlimited) {
            if self.is_rest(channel) {
                let left = channel.rights.iter().filter_map(|right| Some((*right, self.rights.get(*right)?.left)));
                found.extend(left.filter(|(_, left)| *left > 0));
            }
        }
        found
    }

    /// Whether a channel's rights are in use, and those that are left are too few, also together with others that license a host beside
    /// them.
    fn is_rest(&self, channel: &Channel<'_>) -> bool {
        let is_beside = |other: &&Channel<'_>| {
            let pairs = |one: &Channel<'_>, other: &Channel<'_>| {
                one.beside.and_then(|place| self.channels.get(place)).is_some_and(|beside| beside.rights == other.rights)
            };
            pairs(channel, other) || pairs(other, channel)
        };
        let (left, used) = self.left_of(channel);
        let beside = self.channels.iter().filter(is_beside).map(|other| self.left_of(other).0);
        let together = beside.fold(left, u64::saturating_add);
        used && left < self.smallest(channel, channel.assured) && together < self.smallest(channel, false)
    }

    fn left_of(&self, channel: &Channel<'_>) -> (u64, bool) {
        let rights = || channel.rights.iter().filter_map(|right| self.rights.get(*right));
        (rights().fold(0, |sum, right| sum.saturating_add(right.left)), rights().any(|right| right.left < right.rights))
    }

    /// The fewest rights that a machine needs: a host, or a virtual machine where that may be licensed by itself.
    fn smallest(&self, channel: &Channel<'_>, by_machine: bool) -> u64 {
        let minimums = self.site.estate.factors.microsoft.minimums.value;
        let set = channel.own.iter().filter_map(|model| attributes(self.site, *model, channel).min_cores_per_processor).min();
        match (channel.metric, by_machine) {
            ("Per Core", _) => set.unwrap_or(minimums.cores),
            (_, true) => set.unwrap_or(minimums.cores_with_cal),
            (_, false) => minimums.server_cores,
        }
    }
}
