//! Oracle's two metrics of the same machines: where users are named, processors are not counted (domain 5.9).
//!
//! In: rights, client access records and what is open. Out: which models are counted by named users, which channels are left with nothing
//! to count, and what is missing of versions that no right is for. Rights of one version say nothing of another that they may not be
//! used for.

use std::collections::BTreeSet;

use super::channel::Channel;
use super::model::Model;
use super::records::least;
use super::serve::{Serving, Want};
use super::site::Site;
use super::warning::Warning;

/// Whether a client access record for one model is about the users of another, where rights for some models are counted together: the
/// record is for one of those, or for every version; and for the same edition or for every one.
pub(super) fn names(site: &Site<'_>, together: &BTreeSet<u32>, record: u32, model: u32) -> bool {
    let Some(named) = site.model(record) else { return false };
    site.product_of(record) == site.product_of(model)
        && (named.edition.is_none() || site.lane(record) == site.lane(model))
        && (together.contains(&record) || named.version.is_none())
}

impl Serving<'_, '_> {
    /// Finds the models that are counted by named users: those that such rights may be used for, with a client access record, and what
    /// else they may be used for that no rights by processors are for. Tells the channels of processors of which nothing is left.
    pub(super) fn put_aside(&mut self, products: &BTreeSet<u32>, channels: &[usize]) -> BTreeSet<usize> {
        let all: Vec<(usize, &Channel<'_>)> =
            channels.iter().filter_map(|place| Some((*place, self.channels.get(*place)?))).collect();
        let by_processor = || all.iter().filter(|(_, channel)| channel.is_of_oracle("Per Processor"));
        let processors: BTreeSet<u32> = by_processor().flat_map(|(_, channel)| channel.models.iter().copied()).collect();
        let records: Vec<u32> =
            self.site.estate.client_access.iter().filter_map(|one| self.site.models.rank(one.model)).collect();
        let mut named: BTreeSet<u32> = BTreeSet::new();
        for (_, channel) in all.iter().filter(|(_, channel)| channel.is_of_named_users()) {
            let is_named = |model: &u32| records.iter().any(|record| names(self.site, &channel.models, *record, *model));
            let of_record: BTreeSet<u32> = channel.models.iter().copied().filter(is_named).collect();
            if !of_record.is_empty() {
                named.extend(channel.models.iter().filter(|model| !processors.contains(model)));
                named.extend(of_record);
            }
        }
        let touched = || by_processor().filter(|(_, channel)| !channel.models.is_disjoint(&named));
        let aside: BTreeSet<usize> =
            touched().filter(|(_, channel)| channel.models.is_subset(&named)).map(|(place, _)| *place).collect();
        let names: Vec<String> = touched().map(|(_, channel)| channel.name()).collect();
        let called: BTreeSet<String> =
            named.iter().filter_map(|model| self.site.model(*model)).map(Model::edition_called).collect();
        let models = called.into_iter().collect::<Vec<_>>().join(", ");
        self.named.extend(named);
        if let Some(product) = products.first() {
            self.warnings
                .extend(names.into_iter().map(|metric| (*product, Warning::PutAside { metric, models: models.clone() })));
        }
        aside
    }

    /// Whether a metric counts a model where users are named.
    pub(super) fn counts(&self, channel: &Channel<'_>, model: u32) -> bool {
        if channel.is_of_named_users() {
            channel.models.contains(&model) && (self.named.contains(&model) || !self.has_named(channel))
        } else {
            !channel.is_of_oracle("Per Processor") || !self.named.contains(&model)
        }
    }

    /// Whether users of anything are named that a channel's rights may be used for.
    pub(super) fn has_named(&self, channel: &Channel<'_>) -> bool {
        !channel.models.is_disjoint(&self.named)
    }

    /// What is missing of versions that no right is for, where a product has nothing but rights for named users.
    pub(super) fn want_named(&mut self, channels: &[usize]) {
        let all: Vec<(usize, &Channel<'_>)> =
            channels.iter().filter_map(|place| Some((*place, self.channels.get(*place)?))).collect();
        let Some((place, channel)) = all.iter().copied().find(|(_, channel)| channel.is_of_named_users()) else { return };
        if all.iter().any(|(_, other)| other.kind.is_of_installs()) {
            return;
        }
        let is_for = |model: u32| all.iter().any(|(_, other)| other.models.contains(&model));
        let products = channel.products.iter().filter_map(|product| self.site.product(*product));
        for model in products.flat_map(|product| product.models.clone()).filter(|model| !is_for(*model)) {
            let range = self.uses.of(&(model..model.saturating_add(1)));
            let uses: Vec<usize> = range.filter(|place| self.closed.get(*place) == Some(&false)).collect();
            let Some(first) = uses.first().and_then(|place| self.uses.all.get(*place)) else { continue };
            let organisation = self.site.organisation_of_device(first.device);
            let whom = super::demand::Whom::Device(first.device);
            match least(self.site, self.uses, &uses, channel, model) {
                Some(rights) => {
                    self.wants.push(Want { channel: Some(place), model, organisation, rights, clients: 0, whom, uses })
                }
                None => self.unknown.extend(uses),
            }
        }
    }
}
