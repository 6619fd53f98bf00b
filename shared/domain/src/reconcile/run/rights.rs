//! Which entitlements give rights on a day, how many, and for what (domain 6.2).

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::channel::{Channel, Kind, below, rules};
use super::facts::is_dedicated;
use super::model::Downgrade;
use super::owned::{CustomMetric, Entitlement};
use super::site::Site;
use super::warning::Warning;
use crate::asset::InstallStatus;
use crate::entitlement::{LicenseType, may_be_downgraded};
use crate::metric::find;
use crate::reconcile::{Entitled, Organisation, Owned, Rule, in_force};

/// From when on Microsoft's rights need Software Assurance on dedicated hosts of large clouds (domain 5.8).
const DEDICATED_SINCE: NaiveDate = match NaiveDate::from_ymd_opt(2019, 10, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// Rights of one entitlement, with or without maintenance.
#[derive(Debug, Clone)]
pub(super) struct Right<'a> {
    /// The entitlement's rank.
    pub(super) entitlement: u32,
    pub(super) record: &'a Entitlement,
    /// Its model's rank.
    pub(super) model: u32,
    /// Active rights.
    pub(super) rights: u64,
    /// What is left of them.
    pub(super) left: u64,
    pub(super) maintenance: bool,
    /// Whether it is the first part of the entitlement, which has its cost.
    pub(super) first: bool,
    /// Its rules; their pools are what is left of them.
    rules: Vec<Rule>,
    /// Models that it may be used for besides its own: those that differ in nothing that its own names with 0, downgrades by their order.
    others: Vec<(u32, u32)>,
}

/// All rights, and how they are counted.
#[derive(Debug, Default)]
pub(super) struct Rights<'a> {
    pub(super) all: Vec<Right<'a>>,
    pub(super) channels: Vec<Channel<'a>>,
    /// What keeps them from being sure, with the product that it is about.
    pub(super) warnings: Vec<(u32, Warning)>,
    /// Products of which no right is counted, because their packs are off or their metrics unknown.
    pub(super) put_off: BTreeSet<u32>,
    /// Whether anything runs on dedicated hosts of a cloud.
    dedicated: bool,
    /// Maintenance entitlements with the right whose cost they add to.
    pub(super) maintenance: Vec<(u32, &'a Entitlement)>,
}

impl<'a> Rights<'a> {
    pub(super) fn new(site: &Site<'a>) -> Self {
        let mut found = Self { dedicated: site.estate.devices.iter().any(is_dedicated), ..Self::default() };
        let owned: Vec<Owned> =
            (0..site.entitlements.len()).filter_map(|rank| Some(owned(site, site.entitlement(rank)?))).collect();
        let below = below(site);
        let mut before = None;
        for (rank, entitled) in in_force(&owned) {
            let Ok(rank) = u32::try_from(rank) else { continue };
            let Some(record) = site.entitlement(rank) else { continue };
            let Some(model) = site.models.rank(record.model) else { continue };
            if !site.model(model).is_some_and(|model| model.managed) {
                found.not_managed(site.product_of(model));
                continue;
            }
            let right = Right {
                entitlement: rank,
                record,
                model,
                rights: entitled.rights,
                left: if entitled.unlimited { u64::MAX } else { entitled.rights },
                maintenance: entitled.maintenance,
                first: before != Some(rank),
                rules: rules(record, &below),
                others: others(site, model, record),
            };
            before = Some(rank);
            found.add(site, right);
        }
        found.check(site);
        found.join();
        found.channels.sort_by(|one, other| one.order().cmp(&other.order()));
        found.pair();
        found
    }

    /// Finds the rights with Software Assurance that are beside others of the same metric.
    fn pair(&mut self) {
        // Software Assurance makes a difference of its own only to Microsoft's machines.
        let is_beside = |one: &Channel<'_>, other: &Channel<'_>| {
            !one.assured
                && other.assured
                && (one.group, one.metric, one.unlimited, one.bought_late)
                    == (other.group, other.metric, other.unlimited, other.bought_late)
                && one.is_of_edition(other)
                && !one.unlimited
                && one.products == other.products
        };
        let asks = |one: &Channel<'_>| one.group == "Microsoft" && matches!(one.kind, Kind::Machines(_));
        let beside = |one: &Channel<'a>| {
            let mut all = self.channels.iter();
            if asks(one) { all.position(|other| is_beside(one, other)) } else { None }
        };
        let found: Vec<Option<usize>> = self.channels.iter().map(beside).collect();
        for (channel, beside) in self.channels.iter_mut().zip(found) {
            channel.beside = beside;
        }
    }

    fn add(&mut self, site: &Site<'a>, right: Right<'a>) {
        let product = site.product_of(right.model);
        let (custom, name) = (custom(site, right.record), &right.record.metric);
        let (kind, group, metric) = match (custom, find(&name.group, &name.metric)) {
            (Some(custom), _) => (Kind::Custom, custom.name.group.as_str(), custom.name.metric.as_str()),
            (None, Ok(metric)) => {
                let group = crate::metric::GROUPS.iter().find(|group| group.name.eq_ignore_ascii_case(name.group.trim()));
                let Some(group) = group else { return };
                if let Some(pack) = group.pack.filter(|pack| !site.estate.packs.contains(*pack)) {
                    self.pack_off(product, group.name, pack);
                    return;
                }
                if right.record.unlimited && !metric.unlimited {
                    let (entitlement, metric) = (right.record.id.clone(), metric.name.to_owned());
                    self.warnings.push((product, Warning::NoUnlimited { entitlement, metric }));
                }
                (Kind::of(metric, group.name), group.name, metric.name)
            }
            (None, Err(why)) => {
                let warning = Warning::UnknownMetric { entitlement: right.record.id.clone(), why: why.to_string() };
                self.warnings.push((product, warning));
                self.put_off.insert(product);
                return;
            }
        };
        let channel = Channel {
            kind,
            group,
            metric,
            unlimited: right.record.unlimited,
            beside: None,
            assured: right.maintenance && group == "Microsoft" && matches!(kind, Kind::Machines(_)),
            bought_late: self.dedicated
                && group == "Microsoft"
                && matches!(kind, Kind::Machines(_))
                && right.record.purchased_on.is_none_or(|day| day >= DEDICATED_SINCE),
            user_type: right.record.user_type.as_deref().filter(|_| matches!(kind, Kind::TypedUsers)),
            edition: site.model(right.model).and_then(|model| kind.edition(group, model)),
            rank_allocated: custom.map_or(u32::MAX, |custom| custom.rank_allocated),
            rank: custom.map_or(u32::MAX, |custom| custom.rank_unallocated),
            price: right.record.unit_cost,
            rights: vec![self.all.len()],
            products: BTreeSet::from([product]),
            own: BTreeSet::from([right.model]),
            beyond: right.others.iter().map(|(model, _)| *model).filter(|model| site.product_of(*model) != product).collect(),
            models: right.others.iter().map(|(model, _)| *model).chain([right.model]).collect(),
        };
        self.all.push(right);
        let together = |known: &&mut Channel<'_>| {
            let whole_product = !kind.is_of_installs();
            known.group == channel.group
                && known.metric == channel.metric
                && known.unlimited == channel.unlimited
                && known.assured == channel.assured
                && known.bought_late == channel.bought_late
                && known.user_type == channel.user_type
                && known.is_of_edition(&channel)
                && (!known.is_of_named_users() || !known.models.is_disjoint(&channel.models))
                && (known.products == channel.products
                    || !whole_product
                        && (known.beyond.contains(&right_model(&channel, &self.all)) || touches(site, known, &channel)))
        };
        match self.channels.iter_mut().find(together) {
            Some(known) => known.absorb(channel),
            None => self.channels.push(channel),
        }
    }

    /// Joins channels of named users that a later right has brought together.
    fn join(&mut self) {
        let mut place = 0;
        while let Some(one) = self.channels.get(place) {
            let is_same = |other: &Channel<'_>| {
                one.is_of_named_users()
                    && other.is_of_named_users()
                    && (other.unlimited, &other.products) == (one.unlimited, &one.products)
                    && !other.models.is_disjoint(&one.models)
            };
            let next = place + 1;
            let more = self.channels.iter().skip(next).position(is_same).map(|more| self.channels.remove(next + more));
            match (self.channels.get_mut(place), more) {
                (Some(one), Some(more)) => one.absorb(more),
                _ => place = next,
            }
        }
    }

    fn not_managed(&mut self, product: u32) {
        for (of, warning) in &mut self.warnings {
            if let (Warning::NotManaged { entitlements }, true) = (warning, *of == product) {
                *entitlements += 1;
                return;
            }
        }
        self.warnings.push((product, Warning::NotManaged { entitlements: 1 }));
    }

    fn pack_off(&mut self, product: u32, group: &str, pack: &str) {
        self.put_off.insert(product);
        for (of, warning) in &mut self.warnings {
            if let Warning::PackOff { group: known, entitlements, .. } = warning
                && *of == product
                && known == group
            {
                *entitlements += 1;
                return;
            }
        }
        let warning = Warning::PackOff { group: group.to_owned(), pack: pack.to_owned(), entitlements: 1 };
        self.warnings.push((product, warning));
    }

    /// Warns of what may be counted twice or not at all, and finds the maintenance whose cost is counted with its base.
    fn check(&mut self, site: &Site<'a>) {
        for rank in 0..site.entitlements.len() {
            let Some(record) = site.entitlement(rank) else { continue };
            let Some(model) = site.models.rank(record.model) else { continue };
            if record.state != InstallStatus::InUse {
                continue;
            }
            let (product, place, entitlement) = (site.product_of(model), site.entitlements.place(rank), record.id.clone());
            let upgrades =
                matches!(record.license_type, LicenseType::StepUp | LicenseType::SubscriptionStepUp | LicenseType::Upgrade);
            if upgrades && record.upgrades.is_empty() {
                self.warnings.push((product, Warning::NoSource { entitlement, place }));
            } else if !record.license_type.gives_rights() {
                match maintains(site, record).first().copied() {
                    // Its cost is counted once, whatever else it maintains.
                    Some((base, _)) => self.maintenance.push((base, record)),
                    None => self.warnings.push((product, Warning::NoBase { entitlement, place })),
                }
            }
        }
    }
}

fn right_model(channel: &Channel<'_>, all: &[Right<'_>]) -> u32 {
    channel.rights.first().and_then(|place| all.get(*place)).map_or(u32::MAX, |right| right.model)
}

/// Whether a right of the one may be used for the product of the other.
fn touches(site: &Site<'_>, one: &Channel<'_>, other: &Channel<'_>) -> bool {
    let into =
        |from: &Channel<'_>, to: &Channel<'_>| from.beyond.iter().any(|model| to.products.contains(&site.product_of(*model)));
    into(one, other) || into(other, one)
}

/// An entitlement as it counts on the day: what has not begun or has ended gives no rights, or no maintenance.
fn owned(site: &Site<'_>, record: &Entitlement) -> Owned {
    let today = site.estate.today;
    let runs = record.start.is_none_or(|start| start <= today) && record.end.is_none_or(|end| today <= end);
    let runs = runs || !record.license_type.has_dates();
    let (license_type, ends) = match record.license_type {
        LicenseType::PerpetualSoftwareAssurance | LicenseType::PerpetualMaintenance if !runs => (LicenseType::Perpetual, false),
        LicenseType::StepUp => (LicenseType::StepUp, false),
        other => (other, !runs),
    };
    let rank = |place: u32| site.entitlements.rank(place).map(|rank| rank as usize);
    Owned {
        license_type,
        state: if ends { InstallStatus::Retired } else { record.state },
        maintains: maintains(site, record).into_iter().map(|(base, rights)| (base as usize, rights)).collect(),
        upgrades: record.upgrades.iter().filter_map(|(from, rights)| Some((rank(*from)?, *rights))).collect(),
        rights: Entitled { rights: record.rights, unlimited: record.unlimited, ..Entitled::default() },
    }
}

/// What an entitlement maintains, in an order that does not depend on how it was entered.
fn maintains(site: &Site<'_>, record: &Entitlement) -> Vec<(u32, u64)> {
    let ranked = record.maintains.iter().filter_map(|(base, rights)| Some((site.entitlements.rank(*base)?, *rights)));
    let mut ranked: Vec<(u32, u64)> = ranked.collect();
    ranked.sort_unstable();
    ranked
}

fn custom<'a>(site: &Site<'a>, record: &Entitlement) -> Option<&'a CustomMetric> {
    let same = |one: &str, other: &str| one.trim().eq_ignore_ascii_case(other.trim());
    let named =
        |known: &&CustomMetric| same(&known.name.group, &record.metric.group) && same(&known.name.metric, &record.metric.metric);
    site.estate.custom_metrics.iter().filter(named).min()
}

/// Models that rights for a model may be used for besides: 0 where they differ in nothing that it names, then downgrade rights.
fn others(site: &Site<'_>, own: u32, record: &Entitlement) -> Vec<(u32, u32)> {
    let (Some(model), Some(product)) = (site.model(own), site.product(site.product_of(own))) else { return Vec::new() };
    let mut found: BTreeMap<u32, u32> = BTreeMap::new();
    // A model that names no version takes what no other names: that is not the version that the rights are for.
    let agree = |own: &Option<String>, other: &Option<String>| own.is_none() || own == other;
    for rank in product.models.clone().filter(|rank| *rank != own) {
        let same_edition = model.edition.is_none() || site.lane(own) == site.lane(rank);
        if site.model(rank).is_some_and(|other| same_edition && agree(&model.version, &other.version)) {
            found.insert(rank, 0);
        }
    }
    let may = may_be_downgraded(&record.metric.group, &record.metric.metric);
    let open = |downgrade: &&Downgrade| may && downgrade.is_open(site.estate.today);
    for downgrade in model.downgrades.iter().chain(&record.downgrades).filter(open) {
        if let Some(target) = site.models.rank(downgrade.target).filter(|target| *target != own) {
            let order = found.entry(target).or_insert(u32::MAX);
            *order = (*order).min(downgrade.order.saturating_add(1));
        }
    }
    found.into_iter().collect()
}

impl Right<'_> {
    /// How near a model is: 0 its own or the same by what it names, else one more than the order of the downgrade right; none where it
    /// may not be used for it.
    pub(super) fn order_for(&self, model: u32) -> Option<u32> {
        if model == self.model {
            return Some(0);
        }
        self.others.iter().find(|(other, _)| *other == model).map(|(_, order)| *order)
    }

    /// Whether its rules let somebody use it.
    pub(super) fn admits(&self, organisation: Option<&Organisation>) -> bool {
        self.rules.is_empty()
            || self.record.unrestricted
            || organisation.is_some_and(|organisation| self.rules.iter().any(|rule| rule.admits(organisation)))
    }

    /// Every model that it may be used for.
    pub(super) fn models(&self) -> impl Iterator<Item = u32> + '_ {
        self.others.iter().map(|(model, _)| *model).chain([self.model])
    }

    /// Whether it is subscribed to, not bought for good.
    pub(super) const fn is_subscription(&self) -> bool {
        matches!(self.record.license_type, LicenseType::Subscription | LicenseType::SubscriptionStepUp)
    }

    pub(super) fn has_rules(&self) -> bool {
        !self.rules.is_empty()
    }

    /// What is left, as the engine takes it. The version is the model's rank, none is every model of the product.
    pub(super) fn entitled(&self, site: &Site<'_>, with_rules: bool) -> Entitled {
        let managed = |model: &u32| site.model(*model).is_some_and(|model| model.managed);
        Entitled {
            rights: self.left,
            unlimited: self.record.unlimited,
            version: Some(key(self.model)),
            rules: if with_rules { self.rules.clone() } else { Vec::new() },
            unrestricted: self.record.unrestricted,
            downgrades: self
                .others
                .iter()
                .filter(|(model, _)| managed(model))
                .map(|(model, order)| (*order, key(*model)))
                .collect(),
            ..Entitled::default()
        }
    }

    /// Rights that are kept in pools, and that nobody of those that they are kept for has taken.
    pub(super) fn reserved(&self) -> u64 {
        if self.record.unlimited {
            return 0;
        }
        self.rules.iter().filter_map(|rule| rule.pool).fold(0_u64, u64::saturating_add).min(self.left)
    }

    /// Takes rights out of the pool of a rule, or out of none.
    pub(super) fn take_from(&mut self, rule: Option<usize>, rights: u64) {
        if self.record.unlimited {
            return;
        }
        self.left = self.left.saturating_sub(rights);
        if let Some(pool) = rule.and_then(|rule| self.rules.get_mut(rule)).and_then(|rule| rule.pool.as_mut()) {
            *pool = pool.saturating_sub(rights);
        }
    }

    /// Takes rights for somebody: from the pool of the first rule that is about them, then from what is in no pool, then from any
    /// pool.
    pub(super) fn take(&mut self, organisation: Option<&Organisation>, rights: u64) {
        if self.record.unlimited {
            return;
        }
        let rights = rights.min(self.left);
        let pooled = self.rules.iter().filter_map(|rule| rule.pool).fold(0_u64, u64::saturating_add);
        let mut shared = self.left.saturating_sub(pooled);
        self.left -= rights;
        let mut missing = rights;
        let admits = |rule: &Rule| organisation.is_some_and(|organisation| rule.admits(organisation));
        if let Some(pool) =
            self.rules.iter_mut().find(|rule| rule.pool.is_some() && admits(rule)).and_then(|rule| rule.pool.as_mut())
        {
            let taken = missing.min(*pool);
            *pool -= taken;
            missing -= taken;
        }
        let taken = missing.min(shared);
        shared -= taken;
        missing -= taken;
        debug_assert!(missing == 0 || shared == 0, "pools are touched last");
        for pool in self.rules.iter_mut().filter_map(|rule| rule.pool.as_mut()) {
            let taken = missing.min(*pool);
            *pool -= taken;
            missing -= taken;
        }
    }
}

/// A model's rank as the engine's version.
pub(super) fn key(model: u32) -> String {
    model.to_string()
}
