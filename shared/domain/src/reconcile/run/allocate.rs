//! Rights that are given by name: they go to their holders before and beside every rule (domain 6.3 and 6.6).

use std::collections::BTreeMap;

use super::channel::{Channel, Kind};
use super::demand::{Demand, Demands, Whom};
use super::machines::machines;
use super::owned::Holder;
use super::result::Disposition;
use super::serve::{Row, Serving};
use super::warning::Warning;

impl<'a> Serving<'a, '_> {
    /// Rights go to those that they are allocated to, outside every rule.
    pub(super) fn allocate(&mut self, place: usize) {
        let Some(channel) = self.channels.get(place) else { return };
        let has = |right: &usize| self.rights.get(*right).is_some_and(|right| self.allocations.contains_key(&right.entitlement));
        if !channel.rights.iter().any(has) {
            return;
        }
        let open = self.open(channel, true);
        // What a metric takes from machines depends on what is licensed together: what is allocated is counted on its own.
        let by_machine = matches!(channel.kind, Kind::Machines(_));
        let demands = if by_machine { Demands::default() } else { self.demands(channel, &open) };
        let mut by_whom: BTreeMap<Whom, Vec<Demand>> = BTreeMap::new();
        for demand in demands.list {
            by_whom.entry(demand.whom).or_default().push(demand);
        }
        let mut by_machine_of: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for one in open.iter().filter(|_| by_machine) {
            if let Some(found) = self.uses.all.get(*one) {
                by_machine_of.entry(found.device).or_default().push(*one);
                if let Some(host) = self.site.host_of(found.device) {
                    by_machine_of.entry(host).or_default().push(*one);
                }
            }
        }
        let mut seen: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for right in &channel.rights {
            if let Some(known) = self.rights.get(*right) {
                seen.entry(known.entitlement).or_default().push(*right);
            }
        }
        for (entitlement, rights) in seen {
            let allocations = self.allocations.get(&entitlement).cloned().unwrap_or_default();
            let allocated = allocations.iter().fold(0_u64, |sum, (_, quantity)| sum.saturating_add(*quantity));
            self.check_allocated(&rights, allocated);
            let first = rights.first().and_then(|right| self.rights.get(*right));
            let full_capacity = first.is_some_and(|right| right.record.full_capacity);
            for (holder, quantity) in allocations {
                let whom = match holder {
                    Holder::User(user) => self.site.users.rank(*user).map(Whom::User),
                    Holder::Device(device) => self.site.devices.rank(*device).map(Whom::Device),
                    Holder::Cluster(_) => None,
                };
                let found = match whom {
                    Some(Whom::Device(device)) if by_machine => {
                        self.machine(channel, device, full_capacity, by_machine_of.get(&device))
                    }
                    Some(whom) => by_whom.get_mut(&whom).map(std::mem::take).unwrap_or_default(),
                    None => Vec::new(),
                };
                let rest = self.allocate_one(place, &rights, whom, quantity, found);
                if let Some(whom) = whom.filter(|_| !by_machine) {
                    by_whom.insert(whom, rest);
                }
            }
        }
    }

    fn check_allocated(&mut self, rights: &[usize], allocated: u64) {
        let Some(first) = rights.first().and_then(|right| self.rights.get(*right)) else { return };
        let (id, product) = (first.record.id.clone(), self.site.product_of(first.model));
        let owned =
            rights.iter().filter_map(|right| self.rights.get(*right)).fold(0_u64, |sum, right| sum.saturating_add(right.rights));
        if !first.record.unlimited && allocated > owned {
            self.warnings.push((product, Warning::OverAllocated { entitlement: id, allocated, rights: owned }));
        }
    }

    /// What a machine needs by itself, for the rights that are allocated to it. Oracle's rights are for hosts (domain 6.6); IBM's count
    /// whole hosts only where rights of full capacity are allocated (domain 5.7).
    fn machine(&self, channel: &Channel<'a>, device: u32, full_capacity: bool, uses: Option<&Vec<usize>>) -> Vec<Demand> {
        if channel.group == "Oracle" && self.site.host_of(device).is_some() {
            return Vec::new();
        }
        let open: Vec<usize> = uses.into_iter().flatten().copied().filter(|one| self.closed.get(*one) == Some(&false)).collect();
        machines(self.site, self.uses, &open, channel, self.standing(channel, full_capacity)).list
    }

    /// Gives allocated rights to the first demand of their holder that they may be used for; what is left over is not in use.
    fn allocate_one(
        &mut self,
        place: usize,
        rights: &[usize],
        whom: Option<Whom>,
        quantity: u64,
        found: Vec<Demand>,
    ) -> Vec<Demand> {
        let mut left = quantity;
        let mut rest = Vec::new();
        for demand in found {
            let free = |right: &&usize| {
                self.rights.get(**right).is_some_and(|one| {
                    let fits = demand.any_version || one.order_for(demand.model).is_some();
                    fits && (one.record.unlimited || one.left >= demand.rights.max(1))
                })
            };
            let Some(right) = rights.iter().find(free).copied().filter(|_| left > 0) else {
                rest.push(demand);
                continue;
            };
            // Fewer than a machine needs count as what it needs (domain 6.6).
            let taken = demand.rights;
            left = left.saturating_sub(taken.max(1));
            self.hand_out(place, right, taken, demand);
        }
        for right in rights.iter().copied() {
            let Some(one) = self.rights.get_mut(right).filter(|_| left > 0) else { continue };
            let taken = left.min(one.left);
            if taken == 0 {
                continue;
            }
            left -= taken;
            let model = one.model;
            let organisation = match whom {
                Some(Whom::Device(device)) => self.site.organisation(self.site.organisation_of_device(device)),
                Some(Whom::User(user)) => self.site.organisation(self.site.organisation_of_user(user)),
                _ => None,
            };
            one.take(organisation, taken);
            self.rows.push(Row {
                right,
                whom: whom.unwrap_or(Whom::Unnamed),
                model,
                rights: taken,
                in_use: 0,
                allocated: true,
                disposition: Disposition::AllocatedNotInUse,
                uses: Vec::new(),
                clients: 1,
            });
        }
        rest
    }

    fn hand_out(&mut self, place: usize, right: usize, taken: u64, demand: Demand) {
        self.leave(place, &demand);
        let organisation = self.organisation(demand.organisation);
        if let Some(subscription) = self.subscription(&demand) {
            self.subscribed.insert(subscription);
        }
        if let Some(one) = self.rights.get_mut(right) {
            one.take(organisation, taken);
        }
        self.close(&demand.uses);
        self.rows.push(Row {
            right,
            whom: demand.whom,
            model: demand.model,
            rights: taken,
            in_use: taken,
            allocated: true,
            disposition: Disposition::Allocated,
            uses: demand.uses,
            clients: demand.clients,
        });
    }
}
