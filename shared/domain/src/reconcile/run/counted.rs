//! Installs that need no right of their own, because their product is licensed by something else that is counted.

use super::channel::{Channel, Kind};
use super::serve::Serving;
use super::warning::Warning;

impl Serving<'_, '_> {
    /// Installs of a product whose metric counts something else: they are licensed by it, unless nothing is licensed at all. Where rights
    /// of the product are counted by its installs, too, those need them: a client or a unit licenses no server (domain 6.3). Only what
    /// is checked out licenses whatever install it is used on.
    pub(super) fn count_uses(&mut self, place: usize, channels: &[usize]) {
        let Some(channel) = self.channels.get(place).filter(|channel| !channel.kind.is_of_installs()) else { return };
        let by_install = |other: &Channel<'_>| other.kind.is_of_installs() && !other.products.is_disjoint(&channel.products);
        let mut others = channels.iter().filter_map(|other| self.channels.get(*other));
        // Named users are a choice in the place of processors, which are not counted there.
        let is_choice = (channel.group, channel.metric) == ("Oracle", "Named User Plus")
            && channel.products.iter().any(|product| self.has_named(*product));
        let is_apart = channel.kind.is_checked_out() || is_choice;
        if channel.kind.is_access_only() || !is_apart && others.any(by_install) {
            return;
        }
        let open = self.open(channel, false);
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
