//! Gives rights to demands: own versions first, then downgrade rights, round by round.

use std::collections::{BTreeMap, VecDeque};

use super::buckets::{Use, buckets, classes, version_use};
use super::flow::Flow;
use super::input::Entitled;
use crate::reconcile::Organisation;

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
    // The best is taken first: what is given beyond what is licensed is left.
    for (class, stock) in &mut stocks {
        let ways = flow.classes.get(*class).map(|class| class.ways.as_slice()).unwrap_or_default();
        stock.make_contiguous().sort_by_key(|(bucket, _)| ways.iter().position(|way| way.bucket == *bucket));
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
