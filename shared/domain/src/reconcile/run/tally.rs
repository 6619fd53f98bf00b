//! Puts what was served and what is missing under its product, group, model and metric.

use std::collections::{BTreeMap, BTreeSet};

use super::demand::Whom;
use super::owned::ConsumptionRule;
use super::result::{Disposition, Figures, Member};
use super::serve::{Row, Serving, Want};

/// What makes metric results of their own: group, metric, maintenance, no limit, and who may use the rights.
pub(super) type MetricKey = (String, String, bool, bool, Vec<ConsumptionRule>);

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
    pub(super) allocated: u64,
}

/// One model.
#[derive(Debug, Default)]
pub(super) struct ModelTally {
    pub(super) metrics: BTreeMap<MetricKey, MetricTally>,
    /// What is not licensed, or by a suite.
    pub(super) members: Vec<Member>,
    /// Uses that are not licensed.
    pub(super) open: Vec<usize>,
    /// Rights that are missing, by the channel that would license them: how many, clients without, and who needs an allocation.
    pub(super) wants: BTreeMap<Option<usize>, Missing>,
}

/// What is missing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Missing {
    pub(super) rights: u64,
    pub(super) clients: u64,
    pub(super) holders: u64,
}

/// The values by which results are grouped.
pub(super) type GroupKey = Vec<String>;

/// Everything, by product, group and model.
pub(super) type Tallies = BTreeMap<(u32, GroupKey), BTreeMap<u32, ModelTally>>;

/// Puts everything in its place.
pub(super) fn tally(serving: &Serving<'_, '_>, products: &BTreeSet<u32>) -> Tallies {
    let rights =
        serving.channels.iter().enumerate().flat_map(|(channel, one)| one.rights.iter().map(move |right| (*right, channel)));
    let channel_of = rights.collect();
    let mut sorting = Sorting { serving, products, channel_of, stuck: BTreeMap::new(), tallies: Tallies::new() };
    sorting.rights();
    sorting.rows();
    sorting.uses();
    sorting.wants();
    sorting.warned();
    sorting.tallies
}

struct Sorting<'a, 'b, 'c> {
    serving: &'c Serving<'a, 'b>,
    products: &'c BTreeSet<u32>,
    /// The channel of each right.
    channel_of: BTreeMap<usize, usize>,
    /// What of each right is stuck already.
    stuck: BTreeMap<usize, u64>,
    tallies: Tallies,
}

/// The key of the metric result that rights belong to.
pub(super) fn metric_key(serving: &Serving<'_, '_>, channel: usize, right: usize) -> Option<MetricKey> {
    let (channel, right) = (serving.channels.get(channel)?, serving.rights.get(right)?);
    let mut rules: Vec<ConsumptionRule> = right.record.rules.iter().filter(|rule| rule.active).cloned().collect();
    rules.sort();
    Some((channel.group.to_owned(), channel.metric.to_owned(), right.maintenance, channel.unlimited, rules))
}

impl Sorting<'_, '_, '_> {
    fn group(&self, organisation: Option<&crate::reconcile::Organisation>) -> GroupKey {
        let settings = &self.serving.site.estate.settings;
        let units = settings.grouping.into_iter().chain(settings.subgrouping.filter(|_| settings.grouping.is_some()));
        units.map(|unit| organisation.and_then(|one| one.get(unit)).unwrap_or_default().to_owned()).collect()
    }

    fn group_of(&self, organisation: u32) -> GroupKey {
        self.group(self.serving.site.organisation(organisation))
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
        let (model, group, key) = (one.model, self.group(Some(&one.record.owner)), metric_key(self.serving, channel, right)?);
        Some(self.model(model, group)?.metrics.entry(key).or_default())
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
        for (channel, stuck) in &self.serving.nontransferable {
            self.stuck(*channel, *stuck);
        }
    }

    /// Rights that nothing else can use are those that are left, in the order of the entitlements.
    fn stuck(&mut self, channel: usize, stuck: u64) {
        let mut stuck = stuck;
        for right in self.serving.rights_beside(channel) {
            let known = self.stuck.entry(right).or_default();
            let left = self.serving.rights.get(right).map_or(0, |right| right.left).saturating_sub(*known);
            let here = stuck.min(left);
            *known = known.saturating_add(here);
            stuck -= here;
            let own = self.channel_of.get(&right).copied().unwrap_or(channel);
            if here > 0
                && let Some(metric) = self.metric(own, right)
            {
                metric.figures.nontransferable = metric.figures.nontransferable.saturating_add(here);
                metric.figures.not_allocated_in_use = metric.figures.not_allocated_in_use.saturating_add(here);
            }
        }
    }

    fn rows(&mut self) {
        let serving = self.serving;
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
            metric.rows.push(place);
            metric.members.extend(members);
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
                let disposition = match (one.suite, closed) {
                    (Some(_), true) if !serving.reopened.contains(&place) => Disposition::Suite,
                    (_, false) => Disposition::Unlicensed,
                    _ => continue,
                };
                let group = self.group_of(serving.site.organisation_of_device(one.device));
                let member = of_use(serving, place, disposition, None);
                if let Some(model) = self.model(one.model, group) {
                    model.members.extend(member);
                    if disposition == Disposition::Unlicensed {
                        model.open.push(place);
                    }
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
            let Want { channel, model, organisation, rights, clients, whom } = *want;
            let group = self.group_of(organisation);
            let member = (clients > 0).then(|| who(serving, whom, model, clients));
            let Some(tally) = self.model(model, group) else { continue };
            let missing = tally.wants.entry(channel).or_default();
            missing.rights = missing.rights.saturating_add(rights);
            missing.clients = missing.clients.saturating_add(clients);
            missing.holders = missing.holders.saturating_add(1);
            tally.members.extend(member);
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

fn of_use(serving: &Serving<'_, '_>, place: usize, disposition: Disposition, entitlement: Option<u32>) -> Option<Member> {
    let (one, site) = (serving.uses.all.get(place)?, serving.site);
    Some(Member {
        device: Some(site.devices.place(one.device)),
        user: one.user.map(|user| site.users.place(user)),
        model: site.models.place(one.model),
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
        model: site.models.place(model),
        disposition: Disposition::Unlicensed,
        entitlement: None,
        rights: 0,
        count,
    }
}
