//! Gives rights to devices: allocations first, then own versions, then downgrade rights by their order. A device that has a right
//! never loses it to another; it may get another one, so that both have one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::buckets::{Bucket, Class, Use, Way, buckets, classes, version_use};
use super::input::{Demand, Entitled, devices};
use super::result::{Coverage, Served, conclude};
use crate::reconcile::Unit;

/// Who is licensed by what. `allocations` are devices with the number of rights that are allocated to them.
#[must_use]
pub fn cover(entitled: &[Entitled], installs: &[Demand], allocations: &[(String, u64)], grouping: Option<Unit>) -> Coverage {
    let demands = devices(installs);
    let buckets = buckets(entitled);
    let (classes, class_of) = classes(&demands, entitled, &buckets);
    let licensed = vec![0; demands.len()];
    let mut engine =
        Engine { entitled, demands: &demands, class_of, classes, buckets, given: BTreeMap::new(), licensed, fixed: Vec::new() };
    engine.allocate(allocations);
    engine.serve();
    let Engine { classes, buckets, given, licensed, mut fixed, .. } = engine;
    for ((class, bucket), count) in given {
        let (Some(class), Some(bucket)) = (classes.get(class), buckets.get(bucket)) else { continue };
        let by = entitled.get(bucket.entitled).and_then(|one| version_use(one, class.version.as_deref()));
        let downgrade = matches!(by, Some(Use::Downgrade(_)));
        fixed.push(Served { version: class.version.clone(), entitled: bucket.entitled, downgrade, devices: count });
    }
    conclude(entitled, &demands, &licensed, &buckets, &fixed, grouping)
}

struct Engine<'a> {
    entitled: &'a [Entitled],
    demands: &'a [Demand],
    class_of: Vec<usize>,
    classes: Vec<Class>,
    buckets: Vec<Bucket>,
    /// Devices of a class that have rights of a bucket.
    given: BTreeMap<(usize, usize), u64>,
    /// Of each demand.
    licensed: Vec<u64>,
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
                let Some(bucket) = self.buckets.get_mut(bucket) else { break };
                let taken = bucket.free().min(left);
                bucket.used = bucket.used.saturating_add(taken);
                left -= taken;
                first = first.or(Some((bucket.entitled, by)));
            }
            let demand = place.and_then(|place| Some((self.demands.get(place)?, self.licensed.get_mut(place)?)));
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
            .buckets
            .iter()
            .enumerate()
            .filter_map(rank)
            .min_by_key(|(version, entitled, source, place, _)| (*version, *entitled, *source, *place));
        best.map(|(_, _, _, place, by)| (place, by))
    }

    fn serve(&mut self) {
        let mut rounds: BTreeSet<Use> = self.classes.iter().flat_map(|class| &class.ways).map(Way::round).collect();
        rounds.insert(Use::Own);
        for round in rounds {
            // Where no way was found from a class once, none opens before the next round.
            let mut shut = BTreeSet::new();
            for place in 0..self.demands.len() {
                let Some(class) = self.class_of.get(place).copied() else { continue };
                while let Some(missing) = self.missing(place).filter(|_| !shut.contains(&class)) {
                    match self.give(class, missing, round) {
                        0 => drop(shut.insert(class)),
                        given => {
                            if let Some(licensed) = self.licensed.get_mut(place) {
                                *licensed = licensed.saturating_add(given);
                            }
                        }
                    }
                }
            }
        }
    }

    fn missing(&self, place: usize) -> Option<u64> {
        let missing = self.demands.get(place)?.count.saturating_sub(*self.licensed.get(place)?);
        (missing > 0).then_some(missing)
    }

    fn open(&self, class: usize, round: Use) -> impl Iterator<Item = Way> + '_ {
        let ways = self.classes.get(class).map(|class| class.ways.as_slice()).unwrap_or_default();
        ways.iter().filter(move |way| way.round() <= round).copied()
    }

    fn free(&self, bucket: usize) -> u64 {
        self.buckets.get(bucket).map_or(0, Bucket::free)
    }

    /// Gives rights to so many devices of a class, or to as many as one way has room for.
    fn give(&mut self, class: usize, wanted: u64, round: Use) -> u64 {
        let direct = self.open(class, round).map(|way| way.bucket).find(|bucket| self.free(*bucket) > 0);
        let path = direct.map(|bucket| vec![(class, bucket)]).or_else(|| self.detour(class, round));
        let Some(path) = path else { return 0 };
        let last = path.last().map_or(0, |(_, bucket)| self.free(*bucket));
        // Each class but the first leaves the bucket that the one before takes.
        let leaving = |pair: &[(usize, usize)]| match pair {
            [(_, taken), (leaver, _)] => Some((*leaver, *taken)),
            _ => None,
        };
        let moves: Vec<(usize, usize)> = path.windows(2).filter_map(leaving).collect();
        let room = moves.iter().map(|step| self.given.get(step).copied().unwrap_or_default()).min().unwrap_or(u64::MAX);
        let amount = wanted.min(last).min(room);
        if amount == 0 {
            return 0;
        }
        for step in moves {
            if let Some(given) = self.given.get_mut(&step) {
                *given -= amount;
                if *given == 0 {
                    self.given.remove(&step);
                }
            }
        }
        for (class, bucket) in &path {
            let given = self.given.entry((*class, *bucket)).or_default();
            *given = given.saturating_add(amount);
        }
        if let Some(bucket) = path.last().and_then(|(_, bucket)| self.buckets.get_mut(*bucket)) {
            bucket.used = bucket.used.saturating_add(amount);
        }
        amount
    }

    /// A way over rights that others have and can exchange for free ones: the shortest.
    fn detour(&self, class: usize, round: Use) -> Option<Vec<(usize, usize)>> {
        let mut came: BTreeMap<usize, (usize, Option<usize>)> = BTreeMap::new();
        let mut next = VecDeque::from([(class, None)]);
        let mut seen = BTreeSet::from([class]);
        while let Some((class, from)) = next.pop_front() {
            for way in self.open(class, round) {
                if came.contains_key(&way.bucket) {
                    continue;
                }
                came.insert(way.bucket, (class, from));
                if self.free(way.bucket) > 0 {
                    return Some(path(&came, way.bucket));
                }
                let holders = self.given.keys().filter(|(_, bucket)| *bucket == way.bucket).map(|(holder, _)| *holder);
                for holder in holders {
                    if seen.insert(holder) {
                        next.push_back((holder, Some(way.bucket)));
                    }
                }
            }
        }
        None
    }
}

fn path(came: &BTreeMap<usize, (usize, Option<usize>)>, end: usize) -> Vec<(usize, usize)> {
    let (mut path, mut at) = (Vec::new(), Some(end));
    while let Some(bucket) = at {
        let Some((class, from)) = came.get(&bucket).copied() else { break };
        path.push((class, bucket));
        at = from;
    }
    path.reverse();
    path
}
