//! Who gets which rights: unlimited ones, allocations, then metric after metric on what is left, each install once (domain 6.3).

use std::collections::{BTreeMap, BTreeSet};

use super::channel::{Channel, Kind};
use super::demand::{Demand, Demands, Whom, subscribers, typed_users, units};
use super::machines::machines;
use super::owned::Holder;
use super::records::records;
use super::result::Disposition;
use super::rights::{Right, key};
use super::site::Site;
use super::uses::Uses;
use super::warning::Warning;
use crate::reconcile::{Entitled, Organisation, distribute};

/// Rights that somebody has.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The place of the rights.
    pub(super) right: usize,
    pub(super) whom: Whom,
    pub(super) model: u32,
    /// Rights that are used up.
    pub(super) rights: u64,
    /// Those of them that are in use.
    pub(super) in_use: u64,
    pub(super) allocated: bool,
    pub(super) disposition: Disposition,
    pub(super) uses: Vec<usize>,
    pub(super) clients: u64,
}

/// Rights that are missing, if they are bought by one metric.
#[derive(Debug, Clone)]
pub(super) struct Want {
    pub(super) channel: Option<usize>,
    pub(super) model: u32,
    pub(super) organisation: u32,
    pub(super) rights: u64,
    /// Clients without a licence.
    pub(super) clients: u64,
    /// The first of them.
    pub(super) whom: Whom,
}

/// A run over the families of products.
pub(super) struct Serving<'a, 'b> {
    pub(super) site: &'b Site<'a>,
    pub(super) uses: &'b Uses,
    pub(super) channels: &'b [Channel<'a>],
    pub(super) rights: Vec<Right<'a>>,
    /// Uses that are licensed, or that no metric has to license.
    pub(super) closed: Vec<bool>,
    /// Parts of suites whose rights have run out: they are licensed by their own.
    pub(super) reopened: BTreeSet<usize>,
    /// Uses that records of the product license.
    pub(super) counted: Vec<(usize, usize)>,
    pub(super) rows: Vec<Row>,
    pub(super) wants: Vec<Want>,
    pub(super) warnings: Vec<(u32, Warning)>,
    /// How each channel came to its number.
    pub(super) sentences: BTreeMap<usize, String>,
    /// Rights of a channel that are taken by what is too large for them.
    pub(super) nontransferable: BTreeMap<usize, u64>,
    /// Subscriptions that have a right: their lane and user.
    pub(super) subscribed: BTreeSet<(u32, u32)>,
    /// Allocations of each entitlement, by its rank, in the order of their ids.
    pub(super) allocations: BTreeMap<u32, Vec<(&'a Holder, u64)>>,
}

impl<'a, 'b> Serving<'a, 'b> {
    pub(super) fn new(site: &'b Site<'a>, uses: &'b Uses, channels: &'b [Channel<'a>], rights: Vec<Right<'a>>) -> Self {
        let mut by_id: BTreeMap<&str, &super::owned::Allocation> = BTreeMap::new();
        for allocation in site.estate.allocations.iter().filter(|one| one.meets_conditions && one.quantity > 0) {
            by_id.entry(&allocation.id).or_insert(allocation);
        }
        let mut allocations: BTreeMap<u32, Vec<(&Holder, u64)>> = BTreeMap::new();
        for allocation in by_id.into_values() {
            if let Some(entitlement) = site.entitlements.rank(allocation.entitlement) {
                allocations.entry(entitlement).or_default().push((&allocation.holder, allocation.quantity));
            }
        }
        Self {
            site,
            uses,
            channels,
            rights,
            closed: uses.all.iter().map(|one| one.suite.is_some()).collect(),
            reopened: BTreeSet::new(),
            counted: Vec::new(),
            rows: Vec::new(),
            wants: Vec::new(),
            warnings: Vec::new(),
            sentences: BTreeMap::new(),
            nontransferable: BTreeMap::new(),
            subscribed: BTreeSet::new(),
            allocations,
        }
    }

    /// Reconciles products whose rights may be used for each other, by the channels that are theirs.
    pub(super) fn family(&mut self, products: &BTreeSet<u32>, channels: &[usize], put_off: &BTreeSet<u32>) {
        let all = self.channels;
        let of = |place: usize| all.get(place);
        let aside = self.put_aside(products, channels);
        let counted: Vec<usize> = channels.iter().copied().filter(|place| !aside.contains(place)).collect();
        for place in counted.iter().copied().filter(|place| of(*place).is_some_and(|channel| channel.unlimited)) {
            self.allocate(place);
            self.serve(place, None);
        }
        let limited: Vec<usize> =
            counted.iter().copied().filter(|place| of(*place).is_some_and(|channel| !channel.unlimited)).collect();
        let mut by_allocation = limited.clone();
        by_allocation.sort_by(|one, other| of(*one).map(Channel::order_allocated).cmp(&of(*other).map(Channel::order_allocated)));
        for place in by_allocation {
            self.allocate(place);
        }
        let installs = limited.iter().any(|place| of(*place).is_some_and(|channel| channel.kind.is_of_installs()));
        let mut chosen = BTreeSet::new();
        for place in &limited {
            if !chosen.contains(place) {
                match self.choice(*place, &limited) {
                    Some(choice) => chosen.extend(self.serve_both(&choice)),
                    None => _ = self.serve(*place, None),
                }
            }
            let Some(channel) = of(*place).filter(|channel| !channel.kind.is_of_installs()) else { continue };
            if !(channel.kind.is_access_only() && installs) {
                self.count_uses(*place);
            }
        }
        for place in &limited {
            self.want(*place, &limited);
        }
        self.want_by_device(products, channels, put_off);
    }

    /// What a channel may license and nothing has licensed yet; with what it may be used for beyond its own products.
    pub(super) fn open(&self, channel: &Channel<'_>, beyond: bool) -> Vec<usize> {
        let mut open = self.open_of_products(channel, |model| channel.licenses(model));
        for model in channel.beyond.iter().filter(|model| beyond && !channel.products.contains(&self.site.product_of(**model))) {
            let range = self.uses.of(&(*model..model.saturating_add(1)));
            open.extend(range.filter(|place| channel.licenses(*model) && self.closed.get(*place) == Some(&false)));
        }
        open
    }

    /// What nothing has licensed yet of some models of a channel's own products.
    pub(super) fn open_of_products(&self, channel: &Channel<'_>, of: impl Fn(u32) -> bool) -> Vec<usize> {
        let models = channel.products.iter().filter_map(|product| self.site.product(*product)).flat_map(|one| one.models.clone());
        let uses = models.filter(|model| of(*model)).flat_map(|model| self.uses.of(&(model..model.saturating_add(1))));
        uses.filter(|place| self.closed.get(*place) == Some(&false)).collect()
    }

    pub(super) fn demands(&self, channel: &Channel<'a>, open: &[usize]) -> Demands {
        match channel.kind {
            Kind::Devices | Kind::Users | Kind::NamedDevices | Kind::NamedUsers => units(self.site, self.uses, open, channel),
            Kind::Subscribers => {
                let mut demands = subscribers(self.site, self.uses, open, channel);
                demands.list.retain(|demand| self.subscription(demand).is_none_or(|one| !self.subscribed.contains(&one)));
                demands
            }
            Kind::TypedUsers => typed_users(self.site, channel),
            Kind::Machines(_) => machines(self.site, self.uses, open, channel, self.standing(channel, false)),
            Kind::Records(_) | Kind::Custom => records(self.site, self.uses, open, channel),
        }
    }

    pub(super) fn subscription(&self, demand: &Demand) -> Option<(u32, u32)> {
        if let Whom::User(user) = demand.whom { Some((self.site.lane(demand.model), user)) } else { None }
    }

    pub(super) fn organisation(&self, number: u32) -> Option<&'a Organisation> {
        self.site.organisation(number)
    }

    pub(super) fn close(&mut self, uses: &[usize]) {
        for one in uses {
            if let Some(closed) = self.closed.get_mut(*one) {
                *closed = true;
            }
        }
    }

    /// Serves what is open with what is left of a channel's rights. A device or user counts once, with the newest version there; where
    /// that cannot be licensed, the next older one is looked at, so that no right is idle beside what it is for.
    /// `only` some of it, where that is given. Tells whether anything needed rights.
    pub(super) fn serve(&mut self, place: usize, only: Option<&BTreeSet<usize>>) -> bool {
        let Some(channel) = self.channels.get(place) else { return false };
        let mut open = self.open(channel, true);
        open.retain(|one| only.is_none_or(|only| only.contains(one)));
        let mut demands = self.demands(channel, &open);
        let any = !demands.list.is_empty();
        let product = channel.products.first().copied().unwrap_or(u32::MAX);
        self.warnings.extend(std::mem::take(&mut demands.warnings).into_iter().map(|warning| (product, warning)));
        self.sentences.insert(place, std::mem::take(&mut demands.sentence));
        if channel.kind.is_named() && !channel.unlimited {
            return any;
        }
        self.without_allocated_clients(channel, &mut demands);
        loop {
            let unserved = self.hand(place, &demands);
            if !channel.kind.is_of_installs() || matches!(channel.kind, Kind::Subscribers) {
                return any;
            }
            let age = |one: &usize| self.uses.all.get(*one).map(|one| self.site.age(one.model));
            open = unserved
                .iter()
                .filter_map(|number| demands.list.get(*number))
                .flat_map(|demand| {
                    let newest = self.site.age(demand.model);
                    demand.uses.iter().copied().filter(move |one| age(one).is_some_and(|age| age < newest))
                })
                .collect();
            if open.is_empty() {
                return any;
            }
            demands = self.demands(channel, &open);
        }
    }

    /// Hands out rights for demands; the places of those that have none, or too few.
    fn hand(&mut self, place: usize, demands: &Demands) -> Vec<usize> {
        let Some(channel) = self.channels.get(place) else { return Vec::new() };
        let mut given: BTreeMap<(usize, usize), (Option<u32>, u64)> = BTreeMap::new();
        let (mut whole, mut sum) = (vec![0_u64; demands.list.len()], 0_u64);
        for (right, demand, order, rights) in self.distribute(channel, demands, true) {
            sum = sum.saturating_add(rights);
            if let Some(have) = whole.get_mut(demand) {
                *have = have.saturating_add(rights);
            }
            let known = given.entry((demand, right)).or_insert((order, 0));
            known.1 = known.1.saturating_add(rights);
        }
        let any_large = demands.list.iter().any(|demand| demand.rights > 1) && !demands.all_or_nothing;
        if any_large {
            let parts =
                self.distribute(channel, demands, false).iter().fold(0_u64, |sum, (_, _, _, rights)| sum.saturating_add(*rights));
            let stuck = self.nontransferable.entry(place).or_default();
            *stuck = stuck.saturating_add(parts.saturating_sub(sum));
        }
        let mut unserved = Vec::new();
        for ((number, demand), have) in demands.list.iter().enumerate().zip(&whole) {
            let missing = demand.rights.saturating_sub(*have);
            if missing == 0 {
                self.close(&demand.uses);
                self.leave(place, demand);
                if let Some(subscription) = self.subscription(demand).filter(|_| matches!(channel.kind, Kind::Subscribers)) {
                    self.subscribed.insert(subscription);
                }
                continue;
            }
            unserved.push(number);
            if !channel.kind.is_of_installs() {
                let clients = demand.clients.min(missing);
                let (model, organisation, whom) = (demand.model, demand.organisation, demand.whom);
                self.wants.push(Want { channel: Some(place), model, organisation, rights: missing, clients, whom });
            }
        }
        self.write_down(channel.unlimited, demands, given);
        unserved
    }

    fn write_down(&mut self, unlimited: bool, demands: &Demands, given: BTreeMap<(usize, usize), (Option<u32>, u64)>) {
        let mut before = None;
        for ((number, right), (order, rights)) in given {
            let Some(demand) = demands.list.get(number) else { continue };
            let disposition = match (unlimited, order) {
                (true, _) => Disposition::Unlimited,
                (false, Some(1..)) => Disposition::Downgrade,
                (false, _) => Disposition::Own,
            };
            if let Some(one) = self.rights.get_mut(right).filter(|_| !unlimited) {
                one.left = one.left.saturating_sub(rights);
            }
            // Where several entitlements license one thing, the first has what is behind it.
            let is_first = before != Some(number);
            before = Some(number);
            self.rows.push(Row {
                right,
                whom: demand.whom,
                model: demand.model,
                rights,
                in_use: rights,
                allocated: false,
                disposition,
                uses: if is_first { demand.uses.clone() } else { Vec::new() },
                clients: if is_first { demand.clients } else { 0 },
            });
        }
    }

    /// Clients that have an allocated right already are not counted again.
    fn without_allocated_clients(&self, channel: &Channel<'_>, demands: &mut Demands) {
        if channel.kind.is_of_installs() {
            return;
        }
        let has = |row: &&Row| row.allocated && row.in_use > 0 && channel.rights.contains(&row.right);
        let served: Vec<&Row> = self.rows.iter().filter(has).collect();
        let named: BTreeSet<Whom> = served.iter().map(|row| row.whom).collect();
        demands.list.retain(|demand| demand.whom == Whom::Unnamed || !named.contains(&demand.whom));
    }

    /// Rights for demands: the right, the place of the demand, the order of a downgrade right, and how many.
    pub(super) fn distribute(
        &self,
        channel: &Channel<'a>,
        demands: &Demands,
        whole: bool,
    ) -> Vec<(usize, usize, Option<u32>, u64)> {
        let with_rules =
            !demands.without_rules && channel.rights.iter().any(|right| self.rights.get(*right).is_some_and(Right::has_rules));
        let entitled = channel.entitled(self.site, &self.rights, with_rules);
        let (places, entitled): (Vec<usize>, Vec<_>) = entitled.into_iter().unzip();
        let mut numbers: BTreeMap<(u32, Option<u32>), usize> = BTreeMap::new();
        let mut by_sight: BTreeMap<(Organisation, Option<u32>), usize> = BTreeMap::new();
        let mut kinds: Vec<(Organisation, Option<String>)> = Vec::new();
        let mut wanted = Vec::with_capacity(demands.list.len());
        for demand in &demands.list {
            let organisation = if with_rules { demand.organisation } else { 0 };
            let model = (!demand.any_version).then_some(demand.model);
            let kind = *numbers.entry((organisation, model)).or_insert_with(|| {
                let organisation = self.organisation(organisation).map(|one| seen_by(one, &entitled)).unwrap_or_default();
                *by_sight.entry((organisation, model)).or_insert_with_key(|(organisation, model)| {
                    kinds.push((organisation.clone(), model.map(key)));
                    kinds.len() - 1
                })
            });
            wanted.push((kind, demand.rights));
        }
        let sum = entitled.iter().fold(0_u64, |sum, one| sum.saturating_add(if one.unlimited { u64::MAX } else { one.rights }));
        if demands.all_or_nothing && sum < demands.sum() {
            return Vec::new();
        }
        let found = distribute(&entitled, &kinds, &wanted, whole && !demands.without_rules);
        found.into_iter().filter_map(|one| Some((*places.get(one.entitled)?, one.demand, one.downgrade, one.rights))).collect()
    }

    /// Lets the parts of suites that are not licensed fall back on their own rights.
    pub(super) fn reopen(&mut self) {
        let unlicensed: BTreeSet<(u32, u32)> = (self.uses.all.iter().zip(&self.closed))
            .filter(|(_, closed)| !**closed)
            .map(|(one, _)| (one.model, one.device))
            .collect();
        for (place, one) in self.uses.all.iter().enumerate() {
            let Some(suite) = one.suite else { continue };
            let subscription = one.user.map(|user| (suite, user));
            let subscribes =
                |known: &(u32, u32)| self.uses.subscribed.binary_search_by_key(known, |one| (one.model, one.user)).is_ok();
            let is_lacking = match subscription.filter(subscribes) {
                Some((suite, user)) => !self.subscribed.contains(&(self.site.lane(suite), user)),
                None => unlicensed.contains(&(suite, one.device)),
            };
            if is_lacking && self.closed.get(place) == Some(&true) {
                self.reopened.insert(place);
            }
        }
        for place in &self.reopened {
            if let Some(closed) = self.closed.get_mut(*place) {
                *closed = false;
            }
        }
    }

    /// Installs of a product whose metric counts something else: they are licensed by it, unless nothing is licensed at all.
    fn count_uses(&mut self, place: usize) {
        let Some(channel) = self.channels.get(place) else { return };
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
        if !nothing && !failed {
            self.close(&open);
            self.counted.extend(open.into_iter().map(|one| (place, one)));
        }
    }
}

/// An organisation as the rules see it: fields and values that none of them names are the same to all.
fn seen_by(organisation: &Organisation, entitled: &[Entitled]) -> Organisation {
    let rules = || entitled.iter().flat_map(|one| &one.rules);
    let named = organisation.units().filter(|unit| rules().any(|rule| rule.unit == *unit && rule.admits(organisation)));
    named.fold(Organisation::default(), |seen, unit| seen.with(unit, organisation.get(unit).map(str::to_owned)))
}
