//! Puts what was served and what is missing under its product, group, model and metric.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::demand::Whom;
use super::owned::ConsumptionRule;
use super::result::{Disposition, Figures, Member};
use super::rights::Right;
use super::serve::{Row, Serving, Want};
use super::site::Site;

/// What makes metric results of their own (domain 6.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MetricKey {
    pub(super) group: String,
    pub(super) metric: String,
    /// Whether the rights have active maintenance.
    pub(super) maintenance: bool,
    /// Whether they are subscribed to.
    pub(super) subscription: bool,
    pub(super) unlimited: bool,
    /// Who may use them: active rules, sorted; shared, since every row asks for its key.
    pub(super) rules: Arc<[ConsumptionRule]>,
}

/// One metric of a model.
#[derive(Debug, Default)]
pub(super) struct MetricTally {
    pub(super) figures: Figures,
    /// Places of its rights.
    pub(super) rights: Vec<usize>,
    pub(super) channels: BTreeSet<usize>,
    /// What is behind it: places in the rows.
    pub(super) rows: Vec<usize>,
    pub(super) members: Vec<Member>,
    /// Rights that somebody has by name, as far as there are any.
    pub(super) allocated: u64,
    /// Rights that are allocated, whatever there is.
    pub(super) allocations: u64,
    /// Rights that are left and count towards what is missing.
    pub(super) set_by: u64,
    /// Rights that are left of packs and can license no other machine.
    pub(super) rest: u64,
    /// Who has rights in use, each once.
    pub(super) holders: u64,
    /// The last of them.
    last: u64,
    /// Whether some of them have rights of other results, too, or rights of other results count towards the same.
    pub(super) parted: bool,
    /// Who needs rights, or an allocation.
    pub(super) lacking: u64,
    /// Whether something is certainly not licensed by it, whatever is not known.
    pub(super) certain: bool,
}

/// One model.
#[derive(Debug, Default)]
pub(super) struct ModelTally {
    pub(super) metrics: BTreeMap<MetricKey, MetricTally>,
    /// What is licensed by a suite.
    pub(super) members: Vec<Member>,
    /// Uses that are not licensed.
    pub(super) open: Vec<usize>,
    /// Uses with more pluggable databases than any option allows.
    pub(super) crowded: Vec<usize>,
    /// Rights that are missing, by the channel that would license them.
    pub(super) wants: BTreeMap<Option<usize>, Missing>,
    /// Whether something is here of which nobody knows what it needs.
    pub(super) unsure: bool,
}

/// What is missing.
#[derive(Debug, Clone, Default)]
pub(super) struct Missing {
    pub(super) rights: u64,
    /// Who needs them, or an allocation.
    pub(super) holders: u64,
    /// Those of them of whom it is known how many.
    pub(super) known: u64,
    /// Where they are.
    pub(super) organisations: BTreeSet<u32>,
    /// Uses behind it.
    pub(super) uses: Vec<usize>,
    /// Clients behind it that are no uses.
    pub(super) members: Vec<Member>,
}

/// The values by which results are grouped.
pub(super) type GroupKey = Vec<String>;

/// Everything, by product, group and model.
pub(super) type Tallies = BTreeMap<(u32, GroupKey), BTreeMap<u32, ModelTally>>;

/// Puts everything in its place.
pub(super) fn tally(serving: &Serving<'_, '_>, products: &BTreeSet<u32>) -> Tallies {
    let by_user = by_user(serving);
    let rights =
        serving.channels.iter().enumerate().flat_map(|(channel, one)| one.rights.iter().map(move |right| (*right, channel)));
    let channel_of = rights.collect();
    let rules = serving.rights.iter().map(rules).collect();
    let mut sorting = Sorting { serving, products, by_user, channel_of, rules, tallies: Tallies::new() };
    sorting.rights();
    sorting.allocations();
    sorting.rows();
    sorting.uses();
    sorting.wants();
    sorting.warned();
    sorting.tallies
}

struct Sorting<'a, 'b, 'c> {
    serving: &'c Serving<'a, 'b>,
    products: &'c BTreeSet<u32>,
    /// Products that are counted by users: what is not licensed of them belongs to whom it is assigned to (domain 6.5).
    by_user: BTreeSet<u32>,
    /// The channel of each right.
    channel_of: BTreeMap<usize, usize>,
    /// The active rules of each right.
    rules: Vec<Arc<[ConsumptionRule]>>,
    tallies: Tallies,
}

fn by_user(serving: &Serving<'_, '_>) -> BTreeSet<u32> {
    let channels = serving.channels.iter().filter(|channel| channel.kind.is_of_users());
    channels.flat_map(|channel| channel.products.iter().copied()).collect()
}

fn rules(right: &Right<'_>) -> Arc<[ConsumptionRule]> {
    let mut rules: Vec<ConsumptionRule> = right.record.rules.iter().filter(|rule| rule.active).cloned().collect();
    rules.sort();
    rules.into()
}

/// The values of an organisation by which results are grouped.
pub(super) fn group_key(site: &Site<'_>, organisation: Option<&crate::reconcile::Organisation>) -> GroupKey {
    let settings = &site.estate.settings;
    let units = settings.grouping.into_iter().chain(settings.subgrouping.filter(|_| settings.grouping.is_some()));
    units.map(|unit| organisation.and_then(|one| one.get(unit)).unwrap_or_default().to_owned()).collect()
}

impl Sorting<'_, '_, '_> {
    /// The key of the metric result that rights belong to.
    fn key(&self, channel: usize, right: usize) -> Option<MetricKey> {
        let rules = self.rules.get(right).cloned().unwrap_or_default();
        let (channel, right) = (self.serving.channels.get(channel)?, self.serving.rights.get(right)?);
        Some(MetricKey {
            group: channel.group.to_owned(),
            metric: channel.metric.to_owned(),
            maintenance: right.maintenance,
            subscription: right.is_subscription(),
            unlimited: channel.unlimited,
            rules,
        })
    }

    fn group(&self, organisation: Option<&crate::reconcile::Organisation>) -> GroupKey {
        group_key(self.serving.site, organisation)
    }

    fn group_of(&self, organisation: u32) -> GroupKey {
        self.group(self.serving.site.organisation(organisation))
    }

    /// The group of what is not licensed: where it is installed, or whose it is where its product is counted by users.
    fn group_of_use(&self, place: usize) -> Option<GroupKey> {
        let (one, site) = (self.serving.uses.all.get(place)?, self.serving.site);
        let user = one.user.filter(|_| self.by_user.contains(&site.product_of(one.model)));
        Some(self.group_of(user.map_or_else(|| site.organisation_of_device(one.device), |user| site.organisation_of_user(user))))
    }

    fn model(&mut self, model: u32, group: GroupKey) -> Option<&mut ModelTally> {
        let product = self.serving.site.product_of(model);
        if !self.products.contains(&product) {
            return None;
        }
        Some(self.tallies.entry((product, group)).or_default().entry(model).or_default())
    }

    fn metric(&mut self, channel: usize, right: usize) -> Option<&mut MetricTally> {
        let one = self.serving.rights.get(right)?;
        let (model, group, key) = (one.model, self.group(Some(&one.record.owner)), self.key(channel, right)?);
        Some(self.model(model, group)?.metrics.entry(key).or_default())
    }

    /// Marks the results of rights that are for the same thing, where there are several.
    fn part(&mut self, rights: &[(usize, usize)]) {
        let place = |(channel, right): &(usize, usize)| {
            let one = self.serving.rights.get(*right)?;
            Some((one.model, self.group(Some(&one.record.owner)), self.key(*channel, *right)?))
        };
        let places: BTreeSet<_> = rights.iter().filter_map(place).collect();
        if places.len() > 1 {
            for (channel, right) in rights {
                if let Some(metric) = self.metric(*channel, *right) {
                    metric.parted = true;
                }
            }
        }
    }

    fn rights(&mut self) {
        for (channel, one) in self.serving.channels.iter().enumerate() {
            for right in &one.rights {
                let Some(known) = self.serving.rights.get(*right) else { continue };
                let owned = if one.unlimited { 0 } else { known.rights };
                if let Some(metric) = self.metric(channel, *right) {
                    metric.rights.push(*right);
                    metric.channels.insert(channel);
                    metric.figures.owned = metric.figures.owned.saturating_add(owned);
                }
            }
        }
        let rests = self.serving.rests();
        for (channel, one) in self.serving.channels.iter().enumerate() {
            let mut counted = Vec::new();
            for right in &one.rights {
                let left = self.serving.rights.get(*right).map_or(0, |right| right.left);
                let here = self.serving.set_by.get(right).copied().unwrap_or_default().min(left);
                if here > 0
                    && let Some(metric) = self.metric(channel, *right)
                {
                    metric.set_by = metric.set_by.saturating_add(here);
                    counted.push((channel, *right));
                    if !rests.contains_key(right) && one.is_in_packs_of_cores() {
                        metric.figures.nontransferable = metric.figures.nontransferable.saturating_add(here);
                    }
                }
                if let Some(here) = rests.get(right)
                    && let Some(metric) = self.metric(channel, *right)
                {
                    metric.rest = metric.rest.saturating_add(*here);
                    metric.figures.nontransferable = metric.figures.nontransferable.saturating_add(*here);
                }
            }
            self.part(&counted);
        }
    }

    /// What is allocated of each entitlement; of one with and without maintenance first the part that comes first, as far as it goes.
    fn allocations(&mut self) {
        let mut rest: BTreeMap<u32, (u64, (usize, usize))> = BTreeMap::new();
        for (channel, one) in self.serving.channels.iter().enumerate() {
            for right in &one.rights {
                let Some(known) = self.serving.rights.get(*right) else { continue };
                let all = self.serving.allocations.get(&known.entitlement);
                let sum = || all.into_iter().flatten().fold(0_u64, |sum, (_, quantity)| sum.saturating_add(*quantity));
                let (left, _) = rest.entry(known.entitlement).or_insert_with(|| (sum(), (channel, *right)));
                let here = (*left).min(known.rights);
                *left -= here;
                if let Some(metric) = self.metric(channel, *right) {
                    metric.allocations = metric.allocations.saturating_add(here);
                }
            }
        }
        for (left, (channel, right)) in rest.into_values() {
            if let Some(metric) = self.metric(channel, right) {
                metric.allocations = metric.allocations.saturating_add(left);
            }
        }
    }

    fn rows(&mut self) {
        let serving = self.serving;
        let mut together: (u64, Vec<(usize, usize)>) = Default::default();
        for (place, row) in serving.rows.iter().enumerate() {
            let Some(channel) = self.channel_of.get(&row.right).copied() else { continue };
            let members = members(serving, row);
            let Some(metric) = self.metric(channel, row.right) else { continue };
            let figures = &mut metric.figures;
            let rest = row.rights.saturating_sub(row.in_use);
            if row.allocated {
                figures.allocated_in_use = figures.allocated_in_use.saturating_add(row.in_use);
                figures.allocated_not_in_use = figures.allocated_not_in_use.saturating_add(rest);
                metric.allocated = metric.allocated.saturating_add(row.rights);
            } else {
                figures.not_allocated_in_use = figures.not_allocated_in_use.saturating_add(row.in_use);
            }
            if serving.channels.get(channel).is_some_and(|channel| channel.unlimited) {
                figures.without_limit = figures.without_limit.saturating_add(row.rights);
            }
            if row.in_use > 0 && metric.last != row.demand {
                metric.holders = metric.holders.saturating_add(1);
                metric.last = row.demand;
            }
            if together.0 != row.demand {
                together = (row.demand, Vec::new());
            }
            together.1.push((channel, row.right));
            metric.rows.push(place);
            metric.members.extend(members);
            if together.1.len() > 1 {
                self.part(&together.1);
            }
        }
        for (channel, place) in &serving.counted {
            let right = serving.channels.get(*channel).and_then(|channel| channel.rights.first().copied());
            let (Some(right), Some(member)) = (right, of_use(serving, *place, Disposition::Counted, None)) else { continue };
            if let Some(metric) = self.metric(*channel, right) {
                metric.members.push(member);
            }
        }
    }

    fn uses(&mut self) {
        let serving = self.serving;
        for product in self.products {
            let Some(product) = serving.site.product(*product) else { continue };
            for place in serving.uses.of(&product.models) {
                let (Some(one), Some(closed)) = (serving.uses.all.get(place), serving.closed.get(place)) else { continue };
                if serving.crowded.contains_key(&place)
                    && let Some(group) = self.group_of_use(place)
                    && let Some(model) = self.model(one.model, group)
                {
                    model.crowded.push(place);
                }
                let disposition = match (one.suite, closed) {
                    (Some(_), true) if !serving.reopened.contains(&place) => Disposition::Suite,
                    (_, false) => Disposition::Unlicensed,
                    _ => continue,
                };
                let Some(group) = self.group_of_use(place) else { continue };
                let member = of_use(serving, place, disposition, None);
                let Some(model) = self.model(one.model, group) else { continue };
                if disposition == Disposition::Unlicensed {
                    model.open.push(place);
                    model.unsure |= serving.unknown.contains(&place);
                } else {
                    model.members.extend(member);
                }
            }
        }
    }

    /// A product of which nothing is counted has a result all the same, which says why.
    fn warned(&mut self) {
        let nowhere = self.group(None);
        for (product, _) in self.serving.warnings.iter().filter(|(product, _)| self.products.contains(product)) {
            if !self.tallies.keys().any(|(known, _)| known == product) {
                self.tallies.insert((*product, nowhere.clone()), BTreeMap::new());
            }
        }
    }

    fn wants(&mut self) {
        let serving = self.serving;
        for want in &serving.wants {
            let Want { channel, model, organisation, rights, clients, whom, uses } = want;
            let group = uses.first().and_then(|place| self.group_of_use(*place)).unwrap_or_else(|| self.group_of(*organisation));
            let member = (*clients > 0).then(|| who(serving, *whom, *model, *clients));
            let Some(tally) = self.model(*model, group) else { continue };
            let missing = tally.wants.entry(*channel).or_default();
            missing.uses.extend(uses);
            missing.members.extend(member);
            missing.holders = missing.holders.saturating_add(1);
            missing.organisations.insert(*organisation);
            let named = channel.and_then(|channel| serving.channels.get(channel)).is_some_and(|one| one.kind.is_named());
            // Where one metric does not know what something needs, it may be licensed, whatever another one asks for.
            let is_known = !uses.iter().any(|place| serving.unknown.contains(place));
            if is_known {
                missing.rights = missing.rights.saturating_add(*rights);
            }
            missing.known = missing.known.saturating_add(u64::from(named || is_known && *rights > 0));
        }
    }
}

/// The rows of those who have rights: one for each use, of which the first has the rights.
fn members(serving: &Serving<'_, '_>, row: &Row) -> Vec<Member> {
    let entitlement = serving.rights.get(row.right).map(|right| serving.site.entitlements.place(right.entitlement));
    if row.uses.is_empty() {
        let known = who(serving, row.whom, row.model, row.clients);
        return vec![Member { disposition: row.disposition, entitlement, rights: row.rights, ..known }];
    }
    let mut found: Vec<Member> =
        row.uses.iter().filter_map(|place| of_use(serving, *place, row.disposition, entitlement)).collect();
    if let Some(first) = found.first_mut() {
        first.rights = row.rights;
    }
    found
}

pub(super) fn of_use(
    serving: &Serving<'_, '_>,
    place: usize,
    disposition: Disposition,
    entitlement: Option<u32>,
) -> Option<Member> {
    let (one, site) = (serving.uses.all.get(place)?, serving.site);
    Some(Member {
        device: Some(site.devices.place(one.device)),
        user: one.user.map(|user| site.users.place(user)),
        model: Some(site.models.place(one.model)),
        disposition,
        entitlement,
        rights: 0,
        count: 1,
    })
}

fn who(serving: &Serving<'_, '_>, whom: Whom, model: u32, count: u64) -> Member {
    let site = serving.site;
    let (device, user) = match whom {
        Whom::Device(device) | Whom::Together(device) => (Some(site.devices.place(device)), None),
        Whom::User(user) => (None, Some(site.users.place(user))),
        Whom::Unnamed => (None, None),
    };
    Member {
        device,
        user,
        model: Some(site.models.place(model)),
        disposition: Disposition::Unlicensed,
        entitlement: None,
        rights: 0,
        count,
    }
}
