//! Installs that need no right of their own, because their product is licensed by something else that is counted.

use std::collections::BTreeMap;

use super::channel::{Channel, Kind};
use super::serve::Serving;
use super::warning::Warning;

impl Serving<'_, '_> {
    /// Installs of a product whose metric counts something else: they are licensed by it, unless nothing is licensed at all. What rights
    /// by installs are for, too, needs those: a client or a unit licenses no server (domain 6.3). Only what is checked out licenses
    /// whatever install it is used on; but no version that its rights are not for where other rights are. `family` is all channels of
    /// the products, `channels` those that are counted beside it.
    pub(super) fn count_uses(&mut self, place: usize, family: &[usize], channels: &[usize]) {
        let Some(channel) = self.channels.get(place).filter(|channel| !channel.kind.is_of_installs()) else { return };
        if channel.kind.is_access_only() {
            return;
        }
        let by_install = |other: &&Channel<'_>| other.kind.is_of_installs() && !other.products.is_disjoint(&channel.products);
        let of = |places: &[usize]| places.iter().filter_map(|other| self.channels.get(*other)).filter(by_install).collect();
        let (all, beside): (Vec<&Channel<'_>>, Vec<&Channel<'_>>) = (of(family), of(channels));
        // Named users are a choice in the place of processors, which are not counted there.
        let is_apart = channel.kind.is_checked_out() || channel.is_of_named_users() && self.has_named(channel);
        let is_counted = |model: u32| {
            let may = |others: &[&Channel<'_>]| others.iter().any(|other| other.models.contains(&model));
            if channel.models.contains(&model) {
                is_apart || !may(&beside)
            } else {
                !may(&all) && (is_apart || beside.is_empty())
            }
        };
        let mut open = self.open(channel, false);
        let mut known: BTreeMap<u32, bool> = BTreeMap::new();
        open.retain(|place| {
            let model = self.uses.all.get(*place).map_or(u32::MAX, |one| one.model);
            *known.entry(model).or_insert_with(|| is_counted(model))
        });
        let nothing = matches!(channel.kind, Kind::Records(metric) if metric.name.contains("Value Unit"))
            && self.wants.iter().any(|want| want.channel == Some(place));
        let failed = self.warnings.iter().any(|(product, warning)| {
            let about = match warning {
                Warning::MissingRecords { metric, .. } | Warning::Denied { metric, .. } => Some(metric),
                _ => None,
            };
            channel.products.contains(product) && about == Some(&channel.name())
        });
        if self.unsure.contains(&place) {
            self.unknown.extend(open.iter().copied());
        }
        if !nothing && !failed {
            self.close(&open);
            self.counted.extend(open.into_iter().map(|one| (place, one)));
        }
    }
}
