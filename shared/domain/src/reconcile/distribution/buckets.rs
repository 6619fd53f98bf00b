//! Rights as they can be given: the pool of each rule, and the rest. And which devices may have which.

use std::collections::BTreeMap;

use super::input::Entitled;
use crate::reconcile::Organisation;

/// Rights of one entitlement that are given by the same rule.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) entitled: usize,
    /// The rule whose pool it is; the rest without one.
    pub(super) rule: Option<usize>,
    /// Rights; `None` without a limit.
    pub(super) rights: Option<u64>,
    pub(super) used: u64,
}

impl Bucket {
    pub(super) fn free(&self) -> u64 {
        self.rights.map_or(u64::MAX, |rights| rights.saturating_sub(self.used))
    }
}

/// How a right may be used for a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Use {
    /// Its own version.
    Own,
    /// An earlier version, by the order of the downgrade right.
    Downgrade(u32),
}

/// A way from devices to rights: the lower is taken first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Way {
    /// Unlimited rights come first.
    limited: bool,
    pub(super) by: Use,
    /// The pool of their own, then what is for them, then what is for anybody, then what is left to others.
    nearness: u8,
    pub(super) bucket: usize,
}

impl Way {
    /// From which round on it is open: own versions come before downgrade rights, and unlimited rights before anything.
    pub(super) fn round(&self) -> Use {
        if self.limited { self.by } else { Use::Own }
    }
}

/// Devices that are the same to every right.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) version: Option<String>,
    /// What they may have, the best first.
    pub(super) ways: Vec<Way>,
}

/// The buckets of entitlements. Pools have what the rights before them left.
pub(super) fn buckets(entitled: &[Entitled]) -> Vec<Bucket> {
    let mut buckets = Vec::new();
    for (place, one) in entitled.iter().enumerate() {
        let mut bucket = |rule, rights| buckets.push(Bucket { entitled: place, rule, rights, used: 0 });
        if one.unlimited {
            bucket(None, None);
            continue;
        }
        let mut rest = one.rights;
        for (rule, pool) in one.rules.iter().enumerate().filter_map(|(rule, this)| Some((rule, this.pool?))) {
            let kept = pool.min(rest);
            rest -= kept;
            bucket(Some(rule), Some(kept));
        }
        bucket(None, Some(rest));
    }
    buckets
}

/// The classes of devices by where they belong and which version they have, and the class of each.
pub(super) fn classes<'a>(
    kinds: impl Iterator<Item = (&'a Organisation, &'a Option<String>)>,
    entitled: &[Entitled],
    buckets: &[Bucket],
) -> (Vec<Class>, Vec<usize>) {
    let mut known: BTreeMap<(&Organisation, &Option<String>), usize> = BTreeMap::new();
    let mut classes = Vec::new();
    let of = kinds
        .map(|(organisation, version)| {
            *known.entry((organisation, version)).or_insert_with(|| {
                let way = |(place, bucket): (usize, &Bucket)| {
                    let one = entitled.get(bucket.entitled)?;
                    let by = version_use(one, version.as_deref())?;
                    let nearness = nearness(one, bucket, organisation)?;
                    Some(Way { limited: !one.unlimited, by, nearness, bucket: place })
                };
                let mut ways: Vec<Way> = buckets.iter().enumerate().filter_map(way).collect();
                ways.sort_unstable();
                classes.push(Class { version: version.clone(), ways });
                classes.len() - 1
            })
        })
        .collect();
    (classes, of)
}

/// How rights may be used for a version; `None` where they may not.
pub(super) fn version_use(entitled: &Entitled, version: Option<&str>) -> Option<Use> {
    let (Some(own), Some(version)) = (entitled.version.as_deref(), version) else { return Some(Use::Own) };
    if own == version {
        return Some(Use::Own);
    }
    entitled.downgrades.iter().filter(|(_, earlier)| earlier == version).map(|(order, _)| Use::Downgrade(*order)).min()
}

/// How near a bucket is to an organisation; `None` where its devices may not have it.
fn nearness(entitled: &Entitled, bucket: &Bucket, organisation: &Organisation) -> Option<u8> {
    match bucket.rule {
        Some(rule) => entitled.rules.get(rule)?.admits(organisation).then_some(0),
        // What is for some goes before what anybody may have.
        None if entitled.rules.iter().any(|rule| rule.admits(organisation)) => Some(1),
        None if entitled.rules.is_empty() => Some(2),
        None => entitled.unrestricted.then_some(3),
    }
}
