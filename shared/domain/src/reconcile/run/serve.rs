//! Who gets which rights: unlimited ones, allocations, then metric after metric on what is left, each install once (domain 6.3).

use std::collections::{BTreeMap, BTreeSet};

use super::channel::{Channel, Kind};
use super::demand::{Demand, Demands, Told, Whom, subscribers, typed_users, units};
use super::machines::{goes_along, machines, newest};
use super::owned::Holder;
use super::records::records;
use super::result::Disposition;
use super::rights::{Right, key};
use super::site::Site;
use super::uses::Uses;
use super::warning::Warning;
use crate::reconcile::{Assigned, Entitled, Organisation, distribute};

/// Rights that somebody has.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// What the rights are for: rows of the same number license one thing together, and follow each other.
    pub(super) demand: u64,
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
    /// What is behind it: places in the list of all uses.
    pub(super) uses: Vec<usize>,
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
    /// Where the rows of rights begin and end: all of a family are together.
    pub(super) spans: BTreeMap<usize, (usize, usize)>,
    /// Things that have rows.
    pub(super) licensed: u64,
    pub(super) wants: Vec<Want>,
    pub(super) warnings: Vec<(u32, Warning)>,
    /// How each channel counts.
    pub(super) told: BTreeMap<usize, Told>,
    /// Rights, by their place, that are too few for anything that is open, and count towards what it needs.
    pub(super) set_by: BTreeMap<usize, u64>,
    /// Channels of which nobody knows what is needed.
    pub(super) unsure: BTreeSet<usize>,
    /// Uses of which nobody knows what they need.
    pub(super) unknown: BTreeSet<usize>,
    /// Subscriptions that have a right: their lane and user.
    pub(super) subscribed: BTreeSet<(u32, u32)>,
    /// Models whose users are named, so that their processors are not counted (Oracle).
    pub(super) named: BTreeSet<u32>,
    /// Databases that have more pluggable databases than they may, by their place in the list of all uses.
    pub(super) crowded: BTreeMap<usize, u64>,
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
            spans: BTreeMap::new(),
            licensed: 0,
            wants: Vec::new(),
            warnings: Vec::new(),
            told: BTreeMap::new(),
            set_by: BTreeMap::new(),
            unsure: BTreeSet::new(),
            unknown: BTreeSet::new(),
            subscribed: BTreeSet::new(),
            named: BTreeSet::new(),
            crowded: uses.crowded(site),
            allocations,
        }
    }

    /// Reconciles products whose rights may be used for each other, by the channels that are theirs.
    /// Tells which of them have a limit: what is missing of those can be asked for then.
    pub(super) fn family(&mut self, products: &BTreeSet<u32>, channels: &[usize]) -> Vec<usize> {
        let all = self.channels;
        let of = |place: usize| all.get(place);
        let begin = self.rows.len();
        let rights = || channels.iter().filter_map(|place| of(*place)).flat_map(|channel| channel.rights.iter().copied());
        self.spans.extend(rights().map(|right| (right, (begin, usize::MAX))));
        let aside = self.put_aside(products, channels);
        let counted: Vec<usize> = channels.iter().copied().filter(|place| !aside.contains(place)).collect();
        for place in counted.iter().copied().filter(|place| of(*place).is_some_and(|channel| channel.unlimited)) {
            self.allocate(place);
            self.serve(place, None);
            self.count_uses(place, channels, &[]);
        }
        let limited: Vec<usize> =
            counted.iter().copied().filter(|place| of(*place).is_some_and(|channel| !channel.unlimited)).collect();
        let mut by_allocation = limited.clone();
        by_allocation.sort_by(|one, other| of(*one).map(Channel::order_allocated).cmp(&of(*other).map(Channel::order_allocated)));
        for place in by_allocation {
            self.allocate(place);
        }
        let mut chosen = BTreeSet::new();
        for place in &limited {
            if !chosen.contains(place) {
                match self.choice(*place, &limited) {
                    Some(choice) => chosen.extend(self.serve_both(&choice)),
                    None => self.serve(*place, None),
                }
            }
            self.count_uses(*place, channels, &limited);
        }
        for place in &limited {
            self.serve_beside(*place);
        }
        let end = self.rows.len();
        self.spans.extend(rights().map(|right| (right, (begin, end))));
        limited
    }

    /// What a channel may license and nothing has licensed yet; with what it may be used for beyond its own products.
    pub(super) fn open(&self, channel: &Channel<'_>, beyond: bool) -> Vec<usize> {
        let mut open = self.open_of_products(channel, |model| channel.licenses(model));
        let may = |model: u32| channel.licenses(model) && self.counts(channel, model);
        for model in channel.beyond.iter().filter(|model| beyond && !channel.products.contains(&self.site.product_of(**model))) {
            let range = self.uses.of(&(*model..model.saturating_add(1)));
            open.extend(range.filter(|place| may(*model) && self.closed.get(*place) == Some(&false)));
        }
        if channel.edition.is_some() {
            open.extend(self.older(channel, &open));
        }
        open
    }

    /// Older versions on the same devices, which what licenses the newest there licenses with it.
    fn older(&self, channel: &Channel<'_>, open: &[usize]) -> Vec<usize> {
        let of = |place: &usize| self.uses.all.get(*place);
        let newest = newest(self.site, open.iter().filter_map(of));
        let mut others = self.open_of_products(channel, |model| !channel.licenses(model));
        others.retain(|place| of(place).is_some_and(|one| goes_along(self.site, &newest, one)));
        others
    }

    /// What nothing has licensed yet of some models of a channel's own products.
    pub(super) fn open_of_products(&self, channel: &Channel<'_>, of: impl Fn(u32) -> bool) -> Vec<usize> {
        let models = channel.products.iter().filter_map(|product| self.site.product(*product)).flat_map(|one| one.models.clone());
        let uses = models
            .filter(|model| of(*model) && self.counts(channel, *model))
            .flat_map(|model| self.uses.of(&(model..model.saturating_add(1))));
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
    /// `only` some of it, where that is given.
    pub(super) fn serve(&mut self, place: usize, only: Option<&BTreeSet<usize>>) {
        let Some(channel) = self.channels.get(place) else { return };
        let mut open = self.open(channel, true);
        open.retain(|one| only.is_none_or(|only| only.contains(one)));
        let mut demands = self.demands(channel, &open);
        for warning in std::mem::take(&mut demands.warnings) {
            self.warnings.extend(channel.products.iter().map(|product| (*product, warning.clone())));
        }
        let has_rules = || channel.rights.iter().any(|right| self.rights.get(*right).is_some_and(Right::has_rules));
        if demands.without_rules && !demands.list.is_empty() && !channel.kind.is_exempt_of_rules() && has_rules() {
            let warning = Warning::RulesNotApplied { metric: channel.name() };
            self.warnings.extend(channel.products.iter().map(|product| (*product, warning.clone())));
        }
        if demands.unowned > 0 && has_rules() {
            let warning = Warning::NoDevice { metric: channel.name(), units: demands.unowned };
            self.warnings.extend(channel.products.iter().map(|product| (*product, warning.clone())));
        }
        self.told.insert(place, std::mem::take(&mut demands.told));
        if demands.is_unknown && !channel.unlimited {
            self.unsure.insert(place);
        }
        if channel.kind.is_named() && !channel.unlimited {
            return;
        }
        self.without_allocated_clients(channel, &mut demands);
        self.hand_down(place, demands);
    }

    /// Hands out rights for demands; where the newest version cannot be licensed, for the next older one.
    pub(super) fn hand_down(&mut self, place: usize, mut demands: Demands) {
        let Some(channel) = self.channels.get(place) else { return };
        let beside = demands.beside;
        loop {
            let unserved = self.hand(place, &demands);
            if !channel.kind.is_of_installs() || matches!(channel.kind, Kind::Subscribers) {
                return;
            }
            let open = self.older_than(unserved.iter().filter_map(|number| demands.list.get(*number)));
            if open.is_empty() {
                return;
            }
            demands = self.demands(channel, &open);
            demands.beside = beside;
        }
    }

    /// What is there of older versions than the newest of some demands.
    pub(super) fn older_than<'d>(&self, demands: impl Iterator<Item = &'d Demand>) -> Vec<usize> {
        let age = |one: &usize| self.uses.all.get(*one).map(|one| self.site.age(one.model));
        let older = |demand: &'d Demand| {
            let newest = self.site.age(demand.model);
            demand.uses.iter().copied().filter(move |one| age(one).is_some_and(|age| age < newest))
        };
        demands.flat_map(older).collect()
    }

    /// Hands out rights for demands; the places of those that have none, or too few.
    fn hand(&mut self, place: usize, demands: &Demands) -> Vec<usize> {
        let Some(channel) = self.channels.get(place) else { return Vec::new() };
        let mut given: BTreeMap<(usize, usize), (Option<u32>, u64)> = BTreeMap::new();
        let mut whole = vec![0_u64; demands.list.len()];
        let found = self.distribute(channel, demands, true);
        for Assigned { demand, entitled: right, downgrade: order, rights, .. } in found.iter().copied() {
            if let Some(have) = whole.get_mut(demand) {
                *have = have.saturating_add(rights);
            }
            let known = given.entry((demand, right)).or_insert((order, 0));
            known.1 = known.1.saturating_add(rights);
        }
        for one in found {
            if let Some(right) = self.rights.get_mut(one.entitled) {
                right.take_from(one.pool, one.rights);
            }
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
                // What licenses nobody, since it is too few, is owned all the same.
                let short = if demands.all_or_nothing { self.set_aside(channel, missing) } else { missing };
                let (model, organisation, whom) = (demand.model, demand.organisation, demand.whom);
                let uses = demand.uses.clone();
                self.wants.push(Want { channel: Some(place), model, organisation, rights: short, clients, whom, uses });
            }
        }
        self.write_down(channel.unlimited, demands, given);
        unserved
    }

    /// Counts what is left of a channel's rights towards what is missing; what is missing beyond it.
    fn set_aside(&mut self, channel: &Channel<'_>, missing: u64) -> u64 {
        let mut missing = missing;
        for right in &channel.rights {
            let here = self.rights.get(*right).map_or(0, |right| right.left).min(missing);
            missing -= here;
            self.set_by.insert(*right, here);
        }
        missing
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
            // Where several entitlements license one thing, the first has what is behind it.
            let is_first = before != Some(number);
            before = Some(number);
            self.licensed = self.licensed.saturating_add(u64::from(is_first));
            self.rows.push(Row {
                demand: self.licensed,
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

    /// Rights for demands: each with the places of the right and of the demand. Whole ones are only for what has before it what it needs.
    pub(super) fn distribute(&self, channel: &Channel<'a>, demands: &Demands, whole: bool) -> Vec<Assigned> {
        let mut without = BTreeSet::new();
        let mut found = self.distribute_without(channel, demands, whole, &without);
        if !whole || demands.list.iter().all(|demand| demand.after.is_none()) {
            return found;
        }
        loop {
            let mut given = vec![0_u64; demands.list.len()];
            for one in &found {
                if let Some(given) = given.get_mut(one.demand) {
                    *given = given.saturating_add(one.rights);
                }
            }
            let is_whole =
                |place: usize| demands.list.get(place).zip(given.get(place)).is_some_and(|(one, given)| *given >= one.rights);
            let is_apart = |(place, demand): &(usize, &Demand)| {
                is_whole(*place) && demand.after.is_some_and(|after| !is_whole(after)) && !without.contains(place)
            };
            let apart: Vec<usize> = demands.list.iter().enumerate().filter(is_apart).map(|(place, _)| place).collect();
            if apart.is_empty() {
                return found;
            }
            without.extend(apart);
            found = self.distribute_without(channel, demands, whole, &without);
        }
    }

    fn distribute_without(
        &self,
        channel: &Channel<'a>,
        demands: &Demands,
        whole: bool,
        without: &BTreeSet<usize>,
    ) -> Vec<Assigned> {
        let left = channel.rights.iter().filter_map(|right| self.rights.get(*right)).map(|right| right.left);
        if demands.all_or_nothing && left.fold(0_u64, u64::saturating_add) < demands.sum() {
            return Vec::new();
        }
        let beside = channel.beside.filter(|_| demands.beside).and_then(|place| self.channels.get(place));
        let places = || channel.rights.iter().chain(beside.iter().flat_map(|other| &other.rights));
        let with_rules = !demands.without_rules && places().any(|right| self.rights.get(*right).is_some_and(Right::has_rules));
        let one = |place: &usize| Some((*place, self.rights.get(*place)?.entitled(self.site, with_rules)));
        let entitled = places().filter_map(one);
        let (places, entitled): (Vec<usize>, Vec<_>) = entitled.unzip();
        let mut numbers: BTreeMap<(u32, Option<u32>), usize> = BTreeMap::new();
        let mut by_sight: BTreeMap<(Organisation, Option<u32>), usize> = BTreeMap::new();
        let mut kinds: Vec<(Organisation, Option<String>)> = Vec::new();
        let mut wanted = Vec::with_capacity(demands.list.len());
        for (place, demand) in demands.list.iter().enumerate() {
            let organisation = if with_rules { demand.organisation } else { 0 };
            let model = (!demand.any_version).then_some(demand.model);
            let kind = *numbers.entry((organisation, model)).or_insert_with(|| {
                let organisation = self.organisation(organisation).map(|one| seen_by(one, &entitled)).unwrap_or_default();
                *by_sight.entry((organisation, model)).or_insert_with_key(|(organisation, model)| {
                    kinds.push((organisation.clone(), model.map(key)));
                    kinds.len() - 1
                })
            });
            wanted.push((kind, if without.contains(&place) { 0 } else { demand.rights }));
        }
        let found = distribute(&entitled, &kinds, &wanted, whole && !demands.without_rules && !demands.in_units);
        found.into_iter().filter_map(|one| Some(Assigned { entitled: *places.get(one.entitled)?, ..one })).collect()
    }
}

/// An organisation as the rules see it: fields and values that none of them names are the same to all.
fn seen_by(organisation: &Organisation, entitled: &[Entitled]) -> Organisation {
    let rules = || entitled.iter().flat_map(|one| &one.rules);
    let named = organisation.units().filter(|unit| rules().any(|rule| rule.unit == *unit && rule.admits(organisation)));
    named.fold(Organisation::default(), |seen, unit| seen.with(unit, organisation.get(unit).map(str::to_owned)))
}
