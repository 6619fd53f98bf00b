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
        self.keep_what_has_no_rights();
        for place in &self.reopened {
            if let Some(closed) = self.closed.get_mut(*place) {
                *closed = false;
            }
        }
    }

    /// A part of which nobody ever had rights has nothing to fall back on: its suite is what is missing, with all of its parts there.
    fn keep_what_has_no_rights(&mut self) {
        let owned: BTreeSet<u32> = self.channels.iter().flat_map(|channel| channel.models.iter().copied()).collect();
        let of = |place: &usize| self.uses.all.get(*place);
        let without: BTreeSet<(Option<u32>, u32)> = (self.reopened.iter().filter_map(of))
            .filter(|one| !owned.contains(&one.model))
            .map(|one| (one.suite, one.device))
            .collect();
        let uses = &self.uses.all;
        self.reopened.retain(|place| uses.get(*place).is_some_and(|one| !without.contains(&(one.suite, one.device))));
    }

    /// What is missing where suites have run out is missing once. A suite of which some parts have fallen back on rights of their own
    /// needs no right: the other parts do. Otherwise the suite is what is missing, and its parts are licensed with it.
    pub(super) fn settle(&mut self) {
        let mut parts: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
        for place in &self.reopened {
            if let Some((one, suite)) = self.uses.all.get(*place).and_then(|one| Some((one, one.suite?))) {
                parts.entry((suite, one.device)).or_default().push(*place);
            }
        }
        let all = self.uses.all.iter().enumerate();
        let suites: BTreeMap<(u32, u32), usize> =
            all.map(|(place, one)| ((one.model, one.device), place)).filter(|(known, _)| parts.contains_key(known)).collect();
        let is_licensed = |place: &usize| self.closed.get(*place) == Some(&true);
        let (mut settled, mut with_suite) = (Vec::new(), Vec::new());
        for (known, places) in &parts {
            match suites.get(known).filter(|_| places.iter().any(is_licensed)) {
                Some(suite) => settled.push(*suite),
                None => with_suite.extend(places.iter().copied().filter(|place| !is_licensed(place))),
            }
        }
        self.close(&settled);
        self.close(&with_suite);
        for place in with_suite {
            self.reopened.remove(&place);
        }
    }
}
