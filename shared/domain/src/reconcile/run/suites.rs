//! Suites: which installs are parts of one, so that its rights license them and not their own (domain 6.3 and 6.4).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::owned::Holder;
use super::site::Site;
use super::uses::{Use, Uses};
use crate::reconcile::{Component, Inference, is_inferred};

/// A suite that a model is a part of.
#[derive(Debug, Clone, Copy)]
struct PartOf {
    suite: u32,
    component: usize,
    /// 0 for the component itself, else the order of the downgrade right by which the model stands for it.
    order: u32,
}

/// The suites of a site.
struct Suites {
    /// By suite: its components, named by their places.
    components: BTreeMap<u32, Vec<Component>>,
    inferences: BTreeMap<u32, Option<Inference>>,
    /// Suites that are subscribed to.
    subscribed: BTreeSet<u32>,
    parts: BTreeMap<u32, Vec<PartOf>>,
    /// Installs that have rights of their own by name.
    allocated: BTreeSet<(u32, Allocated)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Allocated {
    Device(u32),
    User(u32),
}

/// A suite on one device: what of it is there.
struct Found {
    suite: u32,
    installed: bool,
    components: BTreeMap<usize, u32>,
}

/// Marks the installs that are parts of suites, and adds a use of each suite of which only the components are there.
pub(super) fn find_suites(site: &Site<'_>, uses: &mut Uses) {
    let suites = Suites::new(site);
    if suites.parts.is_empty() {
        return;
    }
    let mut by_device: Vec<(u32, usize)> = Vec::new();
    for (place, one) in uses.all.iter().enumerate() {
        if suites.parts.contains_key(&one.model) || suites.components.contains_key(&one.model) {
            by_device.push((one.device, place));
        }
    }
    by_device.sort_unstable();
    let mut added = Vec::new();
    let mut rest = by_device.as_slice();
    while let Some((device, _)) = rest.first() {
        let end = rest.partition_point(|(other, _)| other == device);
        let (here, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        suites.on_device(uses, here, &mut added);
        rest = after;
    }
    if !added.is_empty() {
        uses.all.extend(added);
        uses.sort();
    }
}

impl Suites {
    fn new(site: &Site<'_>) -> Self {
        let (mut components, mut inferences): (BTreeMap<u32, Vec<Component>>, BTreeMap<u32, Option<Inference>>) =
            Default::default();
        let mut subscribed = BTreeSet::new();
        let mut parts: BTreeMap<u32, Vec<PartOf>> = BTreeMap::new();
        for suite in 0..site.models.len() {
            let Some(model) = site.model(suite).filter(|model| model.managed && model.is_suite()) else { continue };
            let named = |(place, part): (usize, &super::model::SuiteComponent)| Component {
                name: place.to_string(),
                mandatory: part.mandatory,
            };
            inferences.insert(suite, model.inference);
            subscribed.extend(model.subscription_suite.then_some(suite));
            components.insert(suite, model.components.iter().enumerate().map(named).collect());
            for (component, part) in model.components.iter().enumerate() {
                let Some(own) = site.models.rank(part.model) else { continue };
                parts.entry(own).or_default().push(PartOf { suite, component, order: 0 });
                let downgrades = site.model(own).map(|model| model.downgrades.as_slice()).unwrap_or_default();
                for downgrade in downgrades.iter().filter(|downgrade| downgrade.is_open(site.estate.today)) {
                    if let Some(earlier) = site.models.rank(downgrade.target) {
                        let order = downgrade.order.saturating_add(1);
                        parts.entry(earlier).or_default().push(PartOf { suite, component, order });
                    }
                }
            }
        }
        let mut allocated = BTreeSet::new();
        if !parts.is_empty() {
            for allocation in site.estate.allocations.iter().filter(|one| one.meets_conditions && one.quantity > 0) {
                let record = site.entitlements.rank(allocation.entitlement).and_then(|rank| site.entitlement(rank));
                let Some(model) = record.and_then(|record| site.models.rank(record.model)) else { continue };
                let holder = match &allocation.holder {
                    Holder::User(user) => site.users.rank(*user).map(Allocated::User),
                    Holder::Device(device) => site.devices.rank(*device).map(Allocated::Device),
                    Holder::Cluster(_) => None,
                };
                allocated.extend(holder.map(|holder| (model, holder)));
            }
        }
        Self { components, inferences, subscribed, parts, allocated }
    }

    /// Rights of its own that are allocated to an install go before the suite.
    fn has_its_own(&self, one: &Use) -> bool {
        self.allocated.contains(&(one.model, Allocated::Device(one.device)))
            || one.user.is_some_and(|user| self.allocated.contains(&(one.model, Allocated::User(user))))
    }

    fn on_device(&self, uses: &mut Uses, here: &[(u32, usize)], added: &mut Vec<Use>) {
        self.of_subscriptions(uses, here);
        let mut open: BTreeSet<usize> = here.iter().map(|(_, place)| *place).collect();
        open.retain(|place| uses.all.get(*place).is_some_and(|one| one.suite.is_none()));
        // One suite after the other, the best first: what is part of one is not counted for the next.
        let mut done = BTreeSet::new();
        while let Some(best) = self.best(uses, &open, &done) {
            done.insert(best.suite);
            let mut of_parts: Option<Use> = None;
            for place in open.clone() {
                let Some(one) = uses.all.get_mut(place) else { continue };
                if one.model == best.suite || !self.is_part(one.model, best.suite) {
                    continue;
                }
                open.remove(&place);
                if self.has_its_own(one) {
                    continue;
                }
                let known = of_parts.get_or_insert(Use { model: best.suite, installs: 1, suite: None, inferred: true, ..*one });
                known.last_used = known.last_used.max(one.last_used);
                known.user = known.user.or(one.user);
                one.suite = Some(best.suite);
            }
            if !best.installed {
                added.extend(of_parts);
            }
        }
    }

    fn is_part(&self, model: u32, suite: u32) -> bool {
        self.parts.get(&model).is_some_and(|parts| parts.iter().any(|part| part.suite == suite))
    }

    /// A subscription to a suite licenses its parts wherever its user has them, before any suite that is installed.
    fn of_subscriptions(&self, uses: &mut Uses, here: &[(u32, usize)]) {
        let Uses { all, subscribed } = uses;
        for (_, place) in here {
            let Some(one) = all.get_mut(*place) else { continue };
            let Some(user) = one.user.filter(|_| !self.has_its_own(one)) else { continue };
            let has = |suite: u32| subscribed.binary_search_by_key(&(suite, user), |known| (known.model, known.user)).is_ok();
            let parts = self.parts.get(&one.model).map(Vec::as_slice).unwrap_or_default();
            one.suite = parts.iter().map(|part| part.suite).filter(|suite| has(*suite)).min();
        }
    }

    /// The best suite on a device: one that is subscribed to before others, then installed itself, then most components, then the least downgraded, then the largest part of it.
    fn best(&self, uses: &Uses, open: &BTreeSet<usize>, done: &BTreeSet<u32>) -> Option<Found> {
        let mut found: BTreeMap<u32, Found> = BTreeMap::new();
        fn entry(found: &mut BTreeMap<u32, Found>, suite: u32) -> &mut Found {
            found.entry(suite).or_insert_with(|| Found { suite, installed: false, components: BTreeMap::new() })
        }
        for one in open.iter().filter_map(|place| uses.all.get(*place)) {
            if self.components.contains_key(&one.model) && !done.contains(&one.model) {
                entry(&mut found, one.model).installed = true;
            }
            for part in self.parts.get(&one.model).into_iter().flatten().filter(|part| !done.contains(&part.suite)) {
                let order = entry(&mut found, part.suite).components.entry(part.component).or_insert(part.order);
                *order = (*order).min(part.order);
            }
        }
        let inferred = |found: &Found| {
            let names: Vec<String> = found.components.keys().map(ToString::to_string).collect();
            let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
            let known = self.components.get(&found.suite).map(Vec::as_slice).unwrap_or_default();
            found.installed || is_inferred(known, self.inferences.get(&found.suite).copied().flatten(), &names)
        };
        let rank = |found: &Found| {
            let there = found.components.len();
            let order = found.components.values().fold(0_u64, |sum, order| sum.saturating_add(u64::from(*order)));
            let all = self.components.get(&found.suite).map_or(1, Vec::len);
            let on_premise = !self.subscribed.contains(&found.suite);
            (on_premise, !found.installed, Reverse(there), order, Reverse(there.saturating_mul(10_000) / all.max(1)), found.suite)
        };
        found.into_values().filter(inferred).min_by_key(rank)
    }
}
