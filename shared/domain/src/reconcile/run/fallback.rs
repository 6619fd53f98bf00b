//! Suites that have run out: their parts fall back on rights of their own (domain 6.4).

use std::collections::{BTreeMap, BTreeSet};

use super::serve::Serving;

impl Serving<'_, '_> {
    /// Lets the parts of suites that are not licensed fall back on their own rights.
    pub(super) fn reopen(&mut self) {
        let unlicensed: BTreeSet<(u32, u32)> = (self.uses.all.iter().zip(&self.closed))
            .filter(|(_, closed)| !**closed)
            .map(|(one, _)| (one.model, one.device))
            .collect();
        for (place, one) in self.uses.all.iter().enumerate() {
            let Some(suite) = one.suite else { continue };
            let subscription = one.user.map(|user| (suite, user));
            let subscribes =
                |known: &(u32, u32)| self.uses.subscribed.binary_search_by_key(known, |one| (one.model, one.user)).is_ok();
            let is_lacking = match subscription.filter(subscribes) {
                Some((suite, user)) => !self.subscribed.contains(&(self.site.lane(suite), user)),
                None => unlicensed.contains(&(suite, one.device)),
            };
            if is_lacking && self.closed.get(place) == Some(&true) {
                self.reopened.insert(place);
            }
        }
        for place in &self.reopened {
            if let Some(closed) = self.closed.get_mut(*place) {
                *closed = false;
            }
        }
    }

    /// A suite of which only the parts are there needs no right where its parts have all fallen back on rights of their own.
    pub(super) fn settle(&mut self) {
        let mut parts: BTreeMap<(u32, u32), bool> = BTreeMap::new();
        for place in &self.reopened {
            let (Some(one), Some(closed)) = (self.uses.all.get(*place), self.closed.get(*place)) else { continue };
            if let Some(suite) = one.suite {
                *parts.entry((suite, one.device)).or_insert(true) &= *closed;
            }
        }
        let is_settled = |one: &super::uses::Use| one.inferred && parts.get(&(one.model, one.device)) == Some(&true);
        let settled = self.uses.all.iter().enumerate().filter(|(_, one)| is_settled(one)).map(|(place, _)| place);
        let settled: Vec<usize> = settled.collect();
        self.close(&settled);
    }
}
