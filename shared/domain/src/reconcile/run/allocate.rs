//! Rights that are given by name: they go to their holders before and beside every rule (domain 6.3 and 6.6).

use std::collections::{BTreeMap, BTreeSet};

use super::channel::{Channel, Kind};
use super::demand::{Demand, Demands, Whom};
use super::device::DeviceKind;
use super::facts::Standing;
use super::machines::machines;
use super::owned::Holder;
use super::result::Disposition;
use super::serve::{Row, Serving};
use super::warning::Warning;
use crate::metric::inputs::Layer;
use crate::reconcile::Target;

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
        for (entitlement, rights) in self.by_entitlement(place, channel) {
            let mut allocations = self.allocations.get(&entitlement).cloned().unwrap_or_default();
            if by_machine {
                // A host goes before the machines on it.
                allocations.sort_by_key(|(holder, _)| self.is_on_host(holder));
            }
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
                let mut usable = rights.clone();
                let found = match whom {
                    Some(Whom::Device(device)) if by_machine => {
                        let uses = by_machine_of.get(&device);
                        let mut found = self.machine(channel, device, full_capacity, uses);
                        // A machine by itself is licensed only by rights with Software Assurance.
                        let beside = channel.beside.and_then(|place| self.channels.get(place)).filter(|_| found.is_empty());
                        if let Some(beside) = beside {
                            usable.retain(|right| beside.rights.contains(right));
                            found = self.machine(beside, device, full_capacity, uses);
                        }
                        found
                    }
                    Some(whom) => by_whom.get_mut(&whom).map(std::mem::take).unwrap_or_default(),
                    None => Vec::new(),
                };
                let rest = self.allocate_one(place, (&rights, &usable), whom, quantity, found);
                if let Some(whom) = whom.filter(|_| !by_machine) {
                    by_whom.insert(whom, rest);
                }
            }
        }
    }

    fn is_on_host(&self, holder: &Holder) -> bool {
        let Holder::Device(device) = holder else { return false };
        self.site.devices.rank(*device).is_some_and(|device| self.site.host_of(device).is_some())
    }

    /// The rights of a channel by entitlement. Those of one whose rights have Software Assurance in part are together, in the channel of
    /// those without it.
    fn by_entitlement(&self, place: usize, channel: &Channel<'_>) -> BTreeMap<u32, Vec<usize>> {
        let of = |right: &usize| self.rights.get(*right).map(|right| right.entitlement);
        let all = |channel: &Channel<'_>| -> BTreeSet<u32> { channel.rights.iter().filter_map(of).collect() };
        let elsewhere: BTreeSet<u32> = self.channels.iter().filter(|other| other.beside == Some(place)).flat_map(all).collect();
        let own: BTreeSet<u32> = all(channel).difference(&elsewhere).copied().collect();
        let mut found: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for right in self.rights_beside(place) {
            if let Some(entitlement) = of(&right).filter(|entitlement| own.contains(entitlement)) {
                found.entry(entitlement).or_default().push(right);
            }
        }
        found
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
        let is_host = self.site.device(device).is_some_and(|one| one.kind == DeviceKind::Physical && !one.cloud);
        let on_host = self.site.host_of(device).is_some();
        if Target::of(channel.group, if on_host { "vm" } else { "host" }) != Some(Target::Machine) {
            return Vec::new();
        }
        let open: Vec<usize> = uses.into_iter().flatten().copied().filter(|one| self.closed.get(*one) == Some(&false)).collect();
        // What is allocated says what is licensed: the host, or the machine (domain 5.8).
        let only = Some(if is_host { Layer::Physical } else { Layer::Virtual });
        machines(self.site, self.uses, &open, channel, Standing { only, ..self.standing(channel, full_capacity) }).list
    }

    /// Gives allocated rights, those that may be used there, to the first demand of their holder that they may be used for; what is left
    /// over is not in use.
    fn allocate_one(
        &mut self,
        place: usize,
        (rights, usable): (&[usize], &[usize]),
        whom: Option<Whom>,
        quantity: u64,
        found: Vec<Demand>,
    ) -> Vec<Demand> {
        let mut left = quantity;
        let mut rest = Vec::new();
        for demand in found {
            let left_of = |right: &usize| self.rights.get(*right).map_or(0, |one| one.left);
            let fits = |right: &usize| {
                self.rights.get(*right).is_some_and(|one| demand.any_version || one.order_for(demand.model).is_some())
            };
            let free: Vec<usize> = usable.iter().copied().filter(|right| fits(right) && left_of(right) > 0).collect();
            let enough = free.iter().map(left_of).fold(0_u64, u64::saturating_add) >= demand.rights.max(1);
            // What is beyond what a host allows is nothing without it.
            let is_apart = demand.after.is_some() && rest.iter().any(|other: &Demand| other.after.is_none());
            if left == 0 || !enough || is_apart {
                rest.push(demand);
                continue;
            }
            // Fewer than a machine needs count as what it needs (domain 6.6).
            let (mut taken, after) = Target::Machine.given(demand.rights, left);
            left = after;
            let mut parts = Vec::new();
            for right in free {
                let here = taken.min(left_of(&right));
                taken -= here;
                if here > 0 || parts.is_empty() {
                    parts.push((right, here));
                }
            }
            self.hand_out(place, &parts, demand);
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
            self.licensed = self.licensed.saturating_add(1);
            self.rows.push(Row {
                demand: self.licensed,
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

    fn hand_out(&mut self, place: usize, parts: &[(usize, u64)], demand: Demand) {
        self.leave(place, &demand);
        let organisation = self.organisation(demand.organisation);
        if let Some(subscription) = self.subscription(&demand) {
            self.subscribed.insert(subscription);
        }
        self.close(&demand.uses);
        let (mut uses, mut clients) = (demand.uses, demand.clients);
        self.licensed = self.licensed.saturating_add(1);
        for (right, taken) in parts.iter().copied() {
            if let Some(one) = self.rights.get_mut(right) {
                one.take(organisation, taken);
            }
            self.rows.push(Row {
                demand: self.licensed,
                right,
                whom: demand.whom,
                model: demand.model,
                rights: taken,
                in_use: taken,
                allocated: true,
                disposition: Disposition::Allocated,
                // Where several rights license one thing, the first has what is behind it.
                uses: std::mem::take(&mut uses),
                clients: std::mem::take(&mut clients),
            });
        }
    }
}
