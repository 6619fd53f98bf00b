//! What is missing in the end: rights for what is still open, by each metric that could license it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::channel::{Channel, Kind};
use super::demand::{Demand, Whom};
use super::facts::Standing;
use super::owned::Holder;
use super::serve::{Row, Serving, Want};
use crate::reconcile::Assigned;

impl<'a> Serving<'a, '_> {
    /// What is missing of some products in the end; `limited` are those of their channels that have a limit and are counted.
    pub(super) fn want_family(
        &mut self,
        products: &BTreeSet<u32>,
        channels: &[usize],
        limited: &[usize],
        put_off: &BTreeSet<u32>,
    ) {
        // A subscription needs its right whatever else could license what is installed with it.
        let is_of_subscribers =
            |place: &&usize| self.channels.get(**place).is_some_and(|channel| matches!(channel.kind, Kind::Subscribers));
        let (first, others): (Vec<&usize>, Vec<&usize>) = limited.iter().partition(is_of_subscribers);
        let known = self.wants.len();
        for place in first {
            self.want(*place, limited, &BTreeSet::new());
        }
        let subscribed: BTreeSet<usize> = self.wants.iter().skip(known).flat_map(|want| want.uses.iter().copied()).collect();
        for place in others {
            self.want(*place, limited, &subscribed);
        }
        self.want_named(limited);
        self.want_by_device(products, channels, put_off);
    }

    /// What is missing in the end, if it is bought by this channel's metric: what is open without the rights that are left, `without` what
    /// needs another one anyway.
    fn want(&mut self, place: usize, channels: &[usize], without: &BTreeSet<usize>) {
        let Some(channel) = self.channels.get(place).filter(|channel| channel.kind.is_of_installs()) else { return };
        let others = || channels.iter().filter_map(|other| self.channels.get(*other));
        // What rights are for is wanted by their metrics. What none are for is wanted by every metric of the product; where that counts
        // editions, as the edition that it is.
        let of_products = |other: &Channel<'_>| -> Vec<u32> {
            let is_own = |model: &u32| other.products.contains(&self.site.product_of(*model));
            other.models.iter().copied().filter(is_own).collect()
        };
        let by_install = |other: &&Channel<'_>| other.kind.is_of_installs() && !matches!(other.kind, Kind::Subscribers);
        let served: BTreeSet<u32> = others().filter(by_install).flat_map(of_products).collect();
        let is_other = |other: &&Channel<'_>| (other.group, other.metric) == (channel.group, channel.metric) && !other.unlimited;
        let is_counted = |model: u32| channel.licenses(model) || !others().filter(is_other).any(|other| other.licenses(model));
        let mut open = self.open_of_products(channel, |model| match served.contains(&model) {
            true => channel.models.contains(&model),
            false => is_counted(model),
        });
        open.retain(|one| !without.contains(one));
        for open in self.wanted(place, channels, open) {
            self.want_for(place, channel, &open);
        }
    }

    /// What no right licenses of something that has its rights is there all the same, and nothing is to be bought for it.
    pub(super) fn leave(&mut self, place: usize, demand: &Demand) {
        if demand.beyond > 0 {
            let (model, organisation, whom) = (demand.model, demand.organisation, demand.whom);
            let uses = Vec::new();
            self.wants.push(Want { channel: Some(place), model, organisation, rights: 0, clients: demand.beyond, whom, uses });
        }
    }

    /// The rows of the family of a channel.
    fn rows_of(&self, channel: &Channel<'_>) -> &[Row] {
        let span = channel.rights.first().and_then(|right| self.spans.get(right));
        let (begin, end) = span.copied().unwrap_or((0, usize::MAX));
        self.rows.get(begin..end.min(self.rows.len())).unwrap_or_default()
    }

    /// How machines stand: whether whole hosts count (IBM), and hosts that have rights of a channel, where its product may be for so
    /// many hosts (VMware) or its rights for so many machines of a host only (Microsoft, without Software Assurance).
    pub(super) fn standing(&self, channel: &Channel<'_>, full_capacity: bool) -> Standing {
        let standing = Standing { full_capacity, ..Standing::default() };
        let in_use = || self.rows_of(channel).iter().filter(|row| row.in_use > 0);
        match (channel.group, channel.metric, channel.assured) {
            ("VMware", "Per Core", _) => {
                let rows = in_use().filter(|row| channel.rights.contains(&row.right));
                Standing { hosts_licensed: rows.map(|row| row.whom).collect::<BTreeSet<_>>().len(), ..standing }
            }
            ("Microsoft", "Per Core", false) => {
                let beside = channel.beside.and_then(|place| self.channels.get(place));
                let rights: BTreeSet<usize> =
                    channel.rights.iter().chain(beside.iter().flat_map(|other| &other.rights)).copied().collect();
                let server = |row: &Row| match row.whom {
                    Whom::Device(device) if self.site.host_of(device).is_none() => {
                        Some((device, self.site.product_of(row.model)))
                    }
                    _ => None,
                };
                let servers = in_use().filter(|row| rights.contains(&row.right)).filter_map(server).collect();
                let holders = self.allocations.values().flatten().filter_map(|(holder, _)| match holder {
                    Holder::Device(device) => self.site.devices.rank(*device),
                    _ => None,
                });
                Standing { servers: Arc::new(servers), named: Arc::new(holders.collect()), ..standing }
            }
            _ => standing,
        }
    }

    fn want_for(&mut self, place: usize, channel: &Channel<'a>, open: &[usize]) {
        let mut demands = self.demands(channel, open);
        demands.beside = channel.beside.is_some();
        if !demands.unknown.is_empty() {
            self.unsure.insert(place);
            self.unknown.extend(demands.unknown.iter().copied());
        }
        let mut missing: Vec<u64> = demands.list.iter().map(|demand| demand.rights).collect();
        for one in self.distribute(channel, &demands, false) {
            if let Some(missing) = missing.get_mut(one.demand) {
                *missing = missing.saturating_sub(one.rights);
            }
            self.set_by(channel, &one);
        }
        let short = demands.list.iter().zip(&missing).filter(|(_, missing)| **missing > 0).map(|(demand, _)| demand);
        self.bind_older(channel, short.collect());
        for (demand, rights) in demands.list.into_iter().zip(missing) {
            let clients = if demand.uses.is_empty() { demand.clients } else { 0 };
            let (model, organisation, whom) = (demand.model, demand.organisation, demand.whom);
            // There may be millions of these.
            let mut uses = demand.uses;
            uses.shrink_to_fit();
            self.wants.push(Want { channel: Some(place), model, organisation, rights, clients, whom, uses });
        }
    }

    /// Rights that are too few for an older version, where none are for the newest, are no more free than others that are too few.
    fn bind_older(&mut self, channel: &Channel<'a>, short: Vec<&Demand>) {
        if !matches!(channel.kind, Kind::Machines(_)) {
            return;
        }
        let mut open = self.older_than(short.into_iter());
        while !open.is_empty() {
            let demands = self.demands(channel, &open);
            for one in self.distribute(channel, &demands, false) {
                self.set_by(channel, &one);
            }
            open = self.older_than(demands.list.iter());
        }
    }

    fn set_by(&mut self, channel: &Channel<'_>, one: &Assigned) {
        if !channel.kind.is_named() {
            let known = self.set_by.entry(one.entitled).or_default();
            *known = known.saturating_add(one.rights);
        }
    }

    /// What no right was ever bought for needs one for each device.
    fn want_by_device(&mut self, products: &BTreeSet<u32>, channels: &[usize], put_off: &BTreeSet<u32>) {
        let bought: BTreeSet<u32> = channels
            .iter()
            .filter_map(|place| self.channels.get(*place))
            .filter(|channel| !channel.kind.is_access_only())
            .flat_map(|channel| channel.products.iter().copied())
            .collect();
        let channel = Channel {
            kind: Kind::Devices,
            group: "Common",
            metric: "Per Device",
            unlimited: false,
            assured: false,
            bought_late: false,
            beside: None,
            user_type: None,
            edition: None,
            rank_allocated: 0,
            rank: 0,
            price: None,
            rights: Vec::new(),
            products: products.difference(&bought).copied().collect(),
            own: BTreeSet::new(),
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
            let Demand { model, organisation, rights, whom, uses, .. } = demand;
            self.wants.push(Want { channel: None, model, organisation, rights, clients: 0, whom, uses });
        }
    }
}
