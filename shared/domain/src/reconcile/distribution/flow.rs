//! Rights going round among classes of demands: own versions first, then downgrade rights by their order. Whoever has a right never
//! loses it to another; it may get another one, so that both have one.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::buckets::{Bucket, Class, Use, Way};

/// Who wants how much, and who has what.
pub(super) struct Flow {
    pub(super) classes: Vec<Class>,
    /// The class of each demand.
    pub(super) class_of: Vec<usize>,
    /// What each demand wants.
    pub(super) wanted: Vec<u64>,
    /// What each demand has.
    pub(super) licensed: Vec<u64>,
    pub(super) buckets: Vec<Bucket>,
    /// What a class has of a bucket; by bucket first, since its holders are looked for.
    given: BTreeMap<(usize, usize), u64>,
    /// What was given since a demand was begun: it is taken back where all that the demand wants cannot be given.
    steps: Vec<Step>,
}

#[derive(Clone, Copy)]
enum Step {
    More((usize, usize), u64),
    Less((usize, usize), u64),
    Used(usize, u64),
}

impl Flow {
    pub(super) fn new(classes: Vec<Class>, class_of: Vec<usize>, wanted: Vec<u64>, buckets: Vec<Bucket>) -> Self {
        let licensed = vec![0; wanted.len()];
        Self { classes, class_of, wanted, licensed, buckets, given: BTreeMap::new(), steps: Vec::new() }
    }

    /// Gives each demand as much as there is, in the order of the demands; where they are served `whole`, all it wants or nothing.
    pub(super) fn serve(&mut self, whole: bool) {
        let mut rounds: BTreeSet<Use> = self.classes.iter().flat_map(|class| &class.ways).map(Way::round).collect();
        rounds.insert(Use::Own);
        for round in rounds {
            // What a class could not have once, it cannot have before the next round: so much, and everything above it.
            let mut shut: BTreeMap<usize, u64> = BTreeMap::new();
            for place in 0..self.wanted.len() {
                let Some(class) = self.class_of.get(place).copied() else { continue };
                let Some(missing) = self.missing(place) else { continue };
                if shut.get(&class).is_some_and(|most| missing >= *most) {
                    continue;
                }
                let given = self.give_all(class, missing, round);
                if given < missing {
                    shut.insert(class, if whole { missing } else { 0 });
                }
                if whole && given < missing {
                    self.take_back();
                } else if let Some(licensed) = self.licensed.get_mut(place) {
                    *licensed = licensed.saturating_add(given);
                }
            }
        }
        if whole {
            self.leave_together();
        }
    }

    /// Moves rights so that what is too little for any whole demand is left where the demands that lack it may use it.
    fn leave_together(&mut self) {
        let Some(last) = self.classes.iter().flat_map(|class| &class.ways).map(Way::round).max() else { return };
        // What a class could not have once, it cannot have any more.
        let mut shut: BTreeSet<usize> = BTreeSet::new();
        for place in 0..self.wanted.len() {
            let Some(class) = self.class_of.get(place).copied().filter(|class| !shut.contains(class)) else { continue };
            if let Some(missing) = self.missing(place)
                && self.give_all(class, missing, last) < missing
            {
                shut.insert(class);
            }
        }
    }

    /// What each class has of each bucket.
    pub(super) fn given(&self) -> impl Iterator<Item = (usize, usize, u64)> + '_ {
        self.given.iter().map(|((bucket, class), count)| (*class, *bucket, *count))
    }

    fn missing(&self, place: usize) -> Option<u64> {
        let missing = self.wanted.get(place)?.saturating_sub(*self.licensed.get(place)?);
        (missing > 0).then_some(missing)
    }

    fn give_all(&mut self, class: usize, wanted: u64, round: Use) -> u64 {
        self.steps.clear();
        let mut sum = 0_u64;
        while sum < wanted {
            match self.give(class, wanted - sum, round) {
                0 => break,
                given => sum = sum.saturating_add(given),
            }
        }
        sum
    }

    fn take_back(&mut self) {
        while let Some(step) = self.steps.pop() {
            match step {
                Step::More(key, amount) => self.less(key, amount),
                Step::Less(key, amount) => self.more(key, amount),
                Step::Used(bucket, amount) => {
                    if let Some(bucket) = self.buckets.get_mut(bucket) {
                        bucket.used = bucket.used.saturating_sub(amount);
                    }
                }
            }
        }
    }

    fn more(&mut self, (class, bucket): (usize, usize), amount: u64) {
        let given = self.given.entry((bucket, class)).or_default();
        *given = given.saturating_add(amount);
    }

    fn less(&mut self, (class, bucket): (usize, usize), amount: u64) {
        let key = (bucket, class);
        if let Some(given) = self.given.get_mut(&key) {
            *given = given.saturating_sub(amount);
            if *given == 0 {
                self.given.remove(&key);
            }
        }
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
        let room =
            moves.iter().map(|step| self.given.get(&(step.1, step.0)).copied().unwrap_or_default()).min().unwrap_or(u64::MAX);
        let amount = wanted.min(last).min(room);
        if amount == 0 {
            return 0;
        }
        for step in moves {
            self.less(step, amount);
            self.steps.push(Step::Less(step, amount));
        }
        for step in &path {
            self.more(*step, amount);
            self.steps.push(Step::More(*step, amount));
        }
        if let Some((_, place)) = path.last()
            && let Some(bucket) = self.buckets.get_mut(*place)
        {
            bucket.used = bucket.used.saturating_add(amount);
            self.steps.push(Step::Used(*place, amount));
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
                let holders = self.given.range((way.bucket, 0)..=(way.bucket, usize::MAX)).map(|((_, holder), _)| *holder);
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
