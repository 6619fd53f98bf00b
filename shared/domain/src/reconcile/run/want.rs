//! What is missing in the end: rights for what is still open, by each metric that could license it.

use std::collections::BTreeSet;

use super::channel::{Channel, Kind};
use super::demand::Demand;
use super::facts::Standing;
use super::serve::{Serving, Want};

impl<'a> Serving<'a, '_> {
    /// What is missing in the end, if it is bought by this channel's metric: what is open without the rights that are left.
    pub(super) fn want(&mut self, place: usize, channels: &[usize]) {
        let Some(channel) = self.channels.get(place).filter(|channel| channel.kind.is_of_installs()) else { return };
        // What no edition that is owned may be used for is wanted by the metric all the same, as the edition that it is.
        let is_other = |other: &&Channel<'_>| (other.group, other.metric) == (channel.group, channel.metric) && !other.unlimited;
        let others: Vec<&Channel<'_>> = channels.iter().filter_map(|other| self.channels.get(*other)).filter(is_other).collect();
        let open =
            self.open_of_products(channel, |model| channel.licenses(model) || !others.iter().any(|other| other.licenses(model)));
        for open in self.wanted(place, channels, open) {
            self.want_for(place, channel, &open);
        }
    }

    /// What no right licenses of something that has its rights is there all the same, and nothing is to be bought for it.
    pub(super) fn leave(&mut self, place: usize, demand: &Demand) {
        if demand.beyond > 0 {
            let (model, organisation, whom) = (demand.model, demand.organisation, demand.whom);
            self.wants.push(Want { channel: Some(place), model, organisation, rights: 0, clients: demand.beyond, whom });
        }
    }

    /// How machines stand: whether whole hosts count (IBM), and hosts that have rights of a channel, where its product may be for so
    /// many hosts only (VMware).
    pub(super) fn standing(&self, channel: &Channel<'_>, full_capacity: bool) -> Standing {
        if (channel.group, channel.metric) != ("VMware", "Per Core") {
            return Standing { full_capacity, hosts_licensed: 0 };
        }
        let rows = self.rows.iter().filter(|row| row.in_use > 0 && channel.rights.contains(&row.right));
        Standing { full_capacity, hosts_licensed: rows.map(|row| row.whom).collect::<BTreeSet<_>>().len() }
    }

    fn want_for(&mut self, place: usize, channel: &Channel<'a>, open: &[usize]) {
        let demands = self.demands(channel, open);
        let mut missing: Vec<u64> = demands.list.iter().map(|demand| demand.rights).collect();
        for (_, demand, _, rights) in self.distribute(channel, &demands, false) {
            if let Some(missing) = missing.get_mut(demand) {
                *missing = missing.saturating_sub(rights);
            }
        }
        for (demand, rights) in demands.list.iter().zip(missing) {
            let clients = if demand.uses.is_empty() { demand.clients } else { 0 };
            if rights > 0 || channel.kind.is_named() {
                let (model, organisation, whom) = (demand.model, demand.organisation, demand.whom);
                self.wants.push(Want { channel: Some(place), model, organisation, rights, clients, whom });
            }
        }
    }

    /// What no right was ever bought for needs one for each device.
    pub(super) fn want_by_device(&mut self, products: &BTreeSet<u32>, channels: &[usize], put_off: &BTreeSet<u32>) {
        let bought: BTreeSet<u32> = channels
            .iter()
            .filter_map(|place| self.channels.get(*place))
            .flat_map(|channel| channel.products.iter().copied())
            .collect();
        let channel = Channel {
            kind: Kind::Devices,
            group: "Common",
            metric: "Per Device",
            unlimited: false,
            assured: false,
            user_type: None,
            edition: None,
            rank_allocated: 0,
            rank: 0,
            price: None,
            rights: Vec::new(),
            products: products.difference(&bought).copied().collect(),
            beyond: BTreeSet::new(),
            models: BTreeSet::new(),
        };
        let open = self.open(&channel, false);
        // Of a product whose metrics are switched off nobody knows what is needed.
        let is_off =
            |place: &usize| self.uses.all.get(*place).is_some_and(|one| put_off.contains(&self.site.product_of(one.model)));
        let (off, open): (Vec<usize>, Vec<usize>) = open.into_iter().partition(is_off);
        self.close(&off);
        for demand in self.demands(&channel, &open).list {
            let Demand { model, organisation, rights, whom, .. } = demand;
            self.wants.push(Want { channel: None, model, organisation, rights, clients: 0, whom });
        }
    }
}
