//! Gives rights to devices: allocations first, then whatever there is, round by round.

use std::collections::{BTreeMap, VecDeque};

use super::buckets::{Bucket, Use, buckets, classes, version_use};
use super::flow::Flow;
use super::input::{Demand, Entitled, devices};
use super::result::{Coverage, Served, conclude};
use crate::reconcile::{Organisation, Unit};

/// Who is licensed by what. `allocations` are devices with the number of rights that are allocated to them.
#[must_use]
pub fn cover(entitled: &[Entitled], installs: &[Demand], allocations: &[(String, u64)], grouping: Option<Unit>) -> Coverage {
    let demands = devices(installs);
    let buckets = buckets(entitled);
    let (classes, class_of) = classes(demands.iter().map(|demand| (&demand.organisation, &demand.version)), entitled, &buckets);
    let wanted = demands.iter().map(|demand| demand.count).collect();
    let flow = Flow::new(classes, class_of, wanted, buckets);
    let mut engine = Engine { entitled, demands: &demands, flow, fixed: Vec::new() };
    engine.allocate(allocations);
    engine.flow.serve(false);
    let Engine { flow, mut fixed, .. } = engine;
    for (class, bucket, count) in flow.given() {
        let (Some(class), Some(bucket)) = (flow.classes.get(class), flow.buckets.get(bucket)) else { continue };
        let by = entitled.get(bucket.entitled).and_then(|one| version_use(one, class.version.as_deref()));
        let downgrade = matches!(by, Some(Use::Downgrade(_)));
        fixed.push(Served { version: class.version.clone(), entitled: bucket.entitled, downgrade, devices: count });
    }
    conclude(entitled, &demands, &flow.licensed, &flow.buckets, &fixed, grouping)
}

/// Rights that a demand was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assigned {
    /// The place of the demand.
    pub demand: usize,
    /// The place of the rights.
    pub entitled: usize,
    /// The order of the downgrade right by which it has them; none of its own version.
    pub downgrade: Option<u32>,
    /// The place of the rule in whose pool they were; none where they were in no pool.
    pub pool: Option<usize>,
    /// How many.
    pub rights: u64,
}

/// Gives each demand what it wants, in their order; where they are served `whole`, all of it or nothing. A demand is the place of its
/// kind, an organisation and a version, and the rights that it wants. Sorted by demand.
#[must_use]
pub fn distribute(
    entitled: &[Entitled],
    kinds: &[(Organisation, Option<String>)],
    demands: &[(usize, u64)],
    whole: bool,
) -> Vec<Assigned> {
    let buckets = buckets(entitled);
    let (classes, class_of_kind) =
        classes(kinds.iter().map(|(organisation, version)| (organisation, version)), entitled, &buckets);
    let class_of = demands.iter().filter_map(|(kind, _)| class_of_kind.get(*kind).copied()).collect();
    let mut flow = Flow::new(classes, class_of, demands.iter().map(|(_, wanted)| *wanted).collect(), buckets);
    flow.serve(whole);
    let mut stocks: BTreeMap<usize, VecDeque<(usize, u64)>> = BTreeMap::new();
    for (class, bucket, count) in flow.given() {
        stocks.entry(class).or_default().push_back((bucket, count));
    }
    let mut found = Vec::new();
    for (place, (licensed, class)) in flow.licensed.iter().zip(&flow.class_of).enumerate() {
        let Some(stock) = stocks.get_mut(class) else { continue };
        let mut missing = *licensed;
        while missing > 0 {
            let Some((bucket, count)) = stock.front_mut() else { break };
            let rights = missing.min(*count);
            missing -= rights;
            *count -= rights;
            let by = flow.buckets.get(*bucket).zip(flow.classes.get(*class)).and_then(|(bucket, class)| {
                Some((bucket.entitled, bucket.rule, version_use(entitled.get(bucket.entitled)?, class.version.as_deref())?))
            });
            if let Some((entitled, pool, by)) = by {
                let downgrade = if let Use::Downgrade(order) = by { Some(order) } else { None };
                found.push(Assigned { demand: place, entitled, downgrade, pool, rights });
            }
            if *count == 0 {
                stock.pop_front();
            }
        }
    }
    found
}

struct Engine<'a> {
    entitled: &'a [Entitled],
    demands: &'a [Demand],
    flow: Flow,
    /// What allocations gave; it goes to nobody else.
    fixed: Vec<Served>,
}

impl Engine<'_> {
    /// Allocations are honoured before and beside every rule, as long as there are rights (domain 6.3).
    fn allocate(&mut self, allocations: &[(String, u64)]) {
        let places: BTreeMap<&str, usize> =
            self.demands.iter().enumerate().filter_map(|(place, demand)| Some((demand.device.as_deref()?, place))).collect();
        for (device, quantity) in allocations {
            let place = places.get(device.as_str()).copied();
            let mut first = None;
            let mut left = *quantity;
            while left > 0 {
                let Some((bucket, by)) = self.allocatable(place) else { break };
                let Some(bucket) = self.flow.buckets.get_mut(bucket) else { break };
                let taken = bucket.free().min(left);
                bucket.used = bucket.used.saturating_add(taken);
                left -= taken;
                first = first.or(Some((bucket.entitled, by)));
            }
            let demand = place.and_then(|place| Some((self.demands.get(place)?, self.flow.licensed.get_mut(place)?)));
            if let (Some((demand, licensed)), Some((entitled, by))) = (demand, first)
                && *licensed == 0
            {
                *licensed = 1;
                let downgrade = matches!(by, Some(Use::Downgrade(_)));
                self.fixed.push(Served { version: demand.version.clone(), entitled, downgrade, devices: 1 });
            }
        }
    }

    /// Rights for an allocation: of the version that is installed before others, and of an entitlement from the pool of the first
    /// rule that is about the device, then from what is shared, then from any pool.
    fn allocatable(&self, place: Option<usize>) -> Option<(usize, Option<Use>)> {
        let demand = place.and_then(|place| self.demands.get(place));
        let rank = |(place, bucket): (usize, &Bucket)| {
            let one = self.entitled.get(bucket.entitled).filter(|_| bucket.free() > 0)?;
            let by = version_use(one, demand.and_then(|demand| demand.version.as_deref()));
            let version = match by {
                Some(Use::Own) => 0,
                Some(Use::Downgrade(order)) => u64::from(order) + 1,
                None => u64::MAX,
            };
            let own_pool = bucket.rule.and_then(|rule| one.rules.get(rule)).zip(demand);
            let source = match (bucket.rule, own_pool.is_some_and(|(rule, demand)| rule.admits(&demand.organisation))) {
                (Some(_), true) => 0,
                (None, _) => 1,
                (Some(_), false) => 2,
            };
            Some((version, bucket.entitled, source, place, by))
        };
        let best = self
            .flow
            .buckets
            .iter()
            .enumerate()
            .filter_map(rank)
            .min_by_key(|(version, entitled, source, place, _)| (*version, *entitled, *source, *place));
        best.map(|(_, _, _, place, by)| (place, by))
    }
}
