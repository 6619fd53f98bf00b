//! What is not licensed, put behind the metric results that it is missing in.
//!
//! In: what a model lacks, its open uses, and what could be bought. Out: rows of the metric results, and their numbers. What counts
//! is with the chosen purchase; where another metric could license the same, its row counts nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::purchase::Offers;
use super::result::{Disposition, Member};
use super::serve::Serving;
use super::tally::{MetricKey, MetricTally, Missing, of_use};

/// What a model lacks.
pub(super) struct Lack<'c> {
    pub(super) wants: &'c BTreeMap<Option<usize>, Missing>,
    pub(super) open: &'c [usize],
    pub(super) offers: &'c Offers,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Lacking {
    /// Whether something is certainly not licensed, whatever is not known.
    pub(super) certain: bool,
}

/// Puts what is not licensed behind the metric results, and behind the model where there is none.
pub(super) fn attach(
    serving: &Serving<'_, '_>,
    lack: Lack<'_>,
    metrics: &mut BTreeMap<MetricKey, MetricTally>,
    members: &mut Vec<Member>,
) -> Lacking {
    let Lack { wants, open, offers } = lack;
    let here: BTreeSet<usize> = open.iter().copied().collect();
    let is_certain = |place: &usize| !serving.unknown.contains(place);
    let certain = open.iter().any(is_certain) || wants.values().any(|missing| !missing.members.is_empty());
    let mut seen = BTreeSet::new();
    let chosen = offers.chosen.iter().map(|offer| offer.channel);
    let mut order: Vec<Option<usize>> = chosen.collect();
    order.extend(wants.keys().filter(|channel| !offers.chosen.iter().any(|offer| offer.channel == **channel)));
    for channel in order {
        let Some(missing) = wants.get(&channel) else { continue };
        let offer = offers.best().find(|offer| offer.channel == channel);
        let key = offer.and_then(|offer| offer.key.clone()).or_else(|| of_channel(metrics, channel));
        let is_other = |one: &MetricKey, key: &MetricKey| one != key && (&one.group, &one.metric) == (&key.group, &key.metric);
        let helped = key.as_ref().is_some_and(|key| metrics.iter().any(|(one, other)| is_other(one, key) && other.set_by > 0));
        let Some(metric) = key.and_then(|key| metrics.get_mut(&key)) else {
            members.extend(missing.members.iter().copied());
            continue;
        };
        let named = channel.and_then(|channel| serving.channels.get(channel)).is_some_and(|one| one.kind.is_named());
        metric.parted |= helped;
        let figures = &mut metric.figures;
        figures.needed = figures.needed.saturating_add(missing.rights);
        if named {
            figures.allocations_needed = figures.allocations_needed.saturating_add(missing.holders);
        }
        metric.lacking = metric.lacking.saturating_add(missing.known);
        for place in missing.uses.iter().filter(|place| here.contains(place)) {
            let row = of_use(serving, *place, Disposition::Unlicensed, None);
            metric.lacks(row.map(|row| Member { count: u64::from(seen.insert(*place)), ..row }), 1, is_certain(place));
        }
        for row in &missing.members {
            metric.lacks(Some(*row), row.count, true);
        }
    }
    // What no metric asks rights for is behind the one that would license it if it could.
    let first = metrics.keys().find(|key| !key.unlimited).cloned();
    for place in open.iter().filter(|place| !seen.contains(place)) {
        let row = of_use(serving, *place, Disposition::Unlicensed, None);
        match first.as_ref().and_then(|key| metrics.get_mut(key)) {
            Some(metric) => metric.lacks(row, 1, is_certain(place)),
            None => members.extend(row),
        }
    }
    Lacking { certain }
}

/// The first metric result of a channel's.
fn of_channel(metrics: &BTreeMap<MetricKey, MetricTally>, channel: Option<usize>) -> Option<MetricKey> {
    let channel = channel?;
    metrics.iter().find(|(_, metric)| metric.channels.contains(&channel)).map(|(key, _)| key.clone())
}

impl MetricTally {
    fn lacks(&mut self, row: Option<Member>, count: u64, certain: bool) {
        self.certain |= certain;
        self.figures.unlicensed = self.figures.unlicensed.saturating_add(count);
        self.members.extend(row);
    }
}
