//! Results of the tallies: sums, prices, status, sentences (domain 6.5).

use std::collections::{BTreeMap, BTreeSet};

use super::alike::is_mixed;
use super::candidates::{candidates, savings, too_many_databases};
use super::lack::{Lack, attach};
use super::money::{self, Overrides, Price, Warnings};
use super::purchase::{Buying, Lacks, Offers, Taken};
use super::remedy::{Remedy, RemedyKind, added_up, of_metric};
use super::result::{Disposition, Figures, Member, MetricResult, ModelResult, Money, ProductResult, Status};
use super::rights::Rights;
use super::serve::Serving;
use super::tally::{GroupKey, MetricKey, MetricTally, ModelTally, Tallies};
use super::warning::Warning;
use super::why::{self, Counted};
use crate::entitlement::{available, is_always_compliant};
use crate::reconcile::over_licensed;

/// Makes results.
pub(super) struct Conclusion<'a, 'b, 'c> {
    pub(super) serving: &'c Serving<'a, 'b>,
    pub(super) put_off: &'c BTreeSet<u32>,
    pub(super) overrides: Overrides,
    /// Maintenance by the rank of its base.
    pub(super) maintenance: BTreeMap<u32, Vec<&'a super::owned::Entitlement>>,
    /// Rights of agreements that keep what they may be used for compliant.
    always: Vec<usize>,
    /// Products of which rights are counted.
    counted: BTreeSet<u32>,
    /// What is bought for each model.
    taken: BTreeMap<u32, Taken>,
}

/// How far what is missing is certain.
#[derive(Clone, Copy)]
struct Standing {
    /// Something is missing, whatever is not known.
    short: bool,
    /// What is needed is not known.
    unsure: bool,
}

impl<'a, 'b, 'c> Conclusion<'a, 'b, 'c> {
    pub(super) fn new(serving: &'c Serving<'a, 'b>, rights: &'c Rights<'a>, tallies: &Tallies) -> Self {
        let mut maintenance: BTreeMap<u32, Vec<&'a super::owned::Entitlement>> = BTreeMap::new();
        for (base, record) in &rights.maintenance {
            maintenance.entry(*base).or_default().push(record);
        }
        let product = |right: &super::rights::Right<'_>| serving.site.product_of(right.model);
        let all = serving.rights.iter().enumerate();
        let overrides = money::overrides(serving);
        let take = |(model, wants): (u32, BTreeMap<Option<usize>, Lacks>)| {
            (model, Buying { serving, overrides: &overrides, model, name: "" }.take(&wants))
        };
        let taken = lacks(serving, tallies).into_iter().map(take).collect();
        Self {
            serving,
            put_off: &rights.put_off,
            overrides,
            maintenance,
            always: all.filter(|(_, right)| is_always_compliant(&right.record.agreement_type)).map(|(place, _)| place).collect(),
            counted: serving.rights.iter().map(product).collect(),
            taken,
        }
    }

    /// The result of one product and group.
    pub(super) fn product(&self, number: u32, group: GroupKey, models: BTreeMap<u32, ModelTally>) -> ProductResult {
        let mut warnings = Warnings::new();
        let models: Vec<ModelResult> = models.into_iter().map(|(model, tally)| self.model(number, model, tally)).collect();
        let mut figures = Figures::default();
        for model in &models {
            add(&mut figures, &model.figures, &mut warnings);
            warnings.extend(model.warnings.iter().cloned());
        }
        let members =
            models.iter().flat_map(|model| model.members.iter().chain(model.metrics.iter().flat_map(|one| &one.members)));
        figures.unlicensed_users = unlicensed_users(members);
        figures.mixed = is_mixed(&models);
        warnings.extend(self.warnings(number));
        let known = self.serving.site.product(number);
        ProductResult {
            publisher: known.map(|known| known.publisher.to_owned()).unwrap_or_default(),
            product: known.map(|known| known.name.to_owned()).unwrap_or_default(),
            group,
            status: self.of_models(number, &models),
            figures,
            models,
            members: Vec::new(),
            warnings: warnings.into_iter().collect(),
        }
    }

    /// Warnings that are about a product.
    fn warnings(&self, product: u32) -> impl Iterator<Item = Warning> {
        self.serving.warnings.iter().filter(move |(of, _)| *of == product).map(|(_, warning)| warning.clone())
    }

    fn is_put_off(&self, product: u32) -> bool {
        self.put_off.contains(&product) && !self.counted.contains(&product)
    }

    /// What is certainly missing is told before what is not known.
    fn of_models(&self, product: u32, models: &[ModelResult]) -> Status {
        let any = |status| models.iter().any(|model| model.status == status);
        if self.is_put_off(product) || models.is_empty() {
            Status::NotReconciled
        } else if any(Status::NotCompliant) {
            Status::NotCompliant
        } else if any(Status::NotReconciled) {
            Status::NotReconciled
        } else {
            Status::Compliant
        }
    }

    /// An agreement keeps a model compliant that its rights may be used for, and no other one.
    fn status(&self, product: u32, model: u32, standing: Standing) -> Status {
        if self.is_put_off(product) {
            return Status::NotReconciled;
        }
        let mut agreements = self.always.iter().filter_map(|right| self.serving.rights.get(*right));
        if agreements.any(|right| right.order_for(model).is_some()) {
            return Status::Compliant;
        }
        match (standing.short, standing.unsure) {
            (true, _) => Status::NotCompliant,
            (false, true) => Status::NotReconciled,
            (false, false) => Status::Compliant,
        }
    }

    fn model(&self, product: u32, model: u32, tally: ModelTally) -> ModelResult {
        let site = self.serving.site;
        let known = site.model(model);
        let name = known.map(|model| model.id.clone()).unwrap_or_default();
        let restricted = known.is_some_and(|model| model.restricted);
        let mut warnings = Warnings::new();
        let ModelTally { mut metrics, mut members, open, crowded, wants, unsure } = tally;
        for metric in metrics.values_mut() {
            metric.figures.unsure = metric.channels.iter().any(|channel| self.serving.unsure.contains(channel));
        }
        let buying = Buying { serving: self.serving, overrides: &self.overrides, model, name: &name };
        // What nobody may use is not to be bought.
        let offers = buying.offers(&wants, self.taken.get(&model).copied().flatten(), &metrics, &mut warnings);
        let lack = attach(self.serving, Lack { wants: &wants, open: &open, offers: &offers }, &mut metrics, &mut members);
        let (needed, true_up) = offers.total(&name, &mut warnings);
        let mut remedies = if restricted { Vec::new() } else { offers.remedies(self.serving, model) };
        let results: Vec<MetricResult> = metrics
            .iter_mut()
            .map(|(key, metric)| self.metric((product, model), key, metric, if restricted { None } else { Some(&offers) }))
            .collect();
        let mut figures = Figures { unsure, ..Figures::default() };
        for (result, metric) in results.iter().zip(metrics.values()) {
            add(&mut figures, &result.figures, &mut warnings);
            remedies.extend(of_metric(self.serving, result, metric));
            warnings.extend(result.warnings.iter().cloned());
        }
        (figures.needed, figures.true_up) = (needed, if restricted { Money::new() } else { true_up });
        let all = || members.iter().chain(results.iter().flat_map(|result| &result.members));
        let unlicensed = all().filter(|member| member.disposition == Disposition::Unlicensed);
        figures.unlicensed = unlicensed.fold(0, |sum: u64, member| sum.saturating_add(member.count));
        figures.unlicensed_users = unlicensed_users(all());
        if figures.unsure {
            let is_why = |warning: &Warning| matches!(warning, Warning::MissingFacts { .. } | Warning::MissingRecords { .. });
            warnings.extend(self.warnings(product).filter(is_why));
        }
        if !open.is_empty() {
            remedies.push(Remedy {
                kind: RemedyKind::RemoveUnlicensedInstalls,
                metric: Default::default(),
                maintenance: false,
                subscription: false,
                count: open.len() as u64,
                cost: Money::new(),
            });
        }
        let mut found = candidates(self.serving, &metrics, &open, &crowded);
        warnings.extend(too_many_databases(self.serving, &crowded));
        found.sort();
        let short = needed > 0 || figures.allocations_needed > 0 || lack.certain;
        let status = self.status(product, model, Standing { short, unsure: figures.unsure });
        let why = why::model(&figures, &offers.words(self.serving, model), results.is_empty(), restricted);
        members.sort_unstable();
        ModelResult {
            model: site.models.place(model),
            figures,
            status,
            metrics: results,
            members,
            remedies: added_up(remedies),
            candidates: found,
            warnings: warnings.into_iter().collect(),
            why,
        }
    }

    /// `offers` what can be bought, if anything may.
    fn metric(
        &self,
        (product, model): (u32, u32),
        key: &MetricKey,
        tally: &mut MetricTally,
        offers: Option<&Offers>,
    ) -> MetricResult {
        let MetricKey { group, metric, maintenance, subscription, unlimited, rules: _ } = key.clone();
        let what = format!("{group} / {metric}");
        let mut warnings = Warnings::new();
        let mut figures = tally.figures.clone();
        figures.not_allocated = if unlimited { 0 } else { available(figures.owned, tally.allocations) };
        let price: Price = money::price(self.serving, &tally.rights, &what, &mut warnings);
        let own = offers.into_iter().flat_map(Offers::best).filter(|offer| offer.key.as_ref() == Some(key));
        let mut set = None;
        for offer in own {
            set = set.or(offer.set);
            if let Some((currency, cost)) = &offer.price {
                money::add(&mut figures.true_up, &money::of(currency, *cost), &what, &mut warnings);
            }
        }
        self.costs(tally, &what, &mut figures, &mut warnings);
        let spend = if metric == "SaaS Consumption" { self.spend(tally, &what, &mut warnings) } else { Money::new() };
        if !figures.unsure {
            // What counts towards what is missing is not too much, nor is what can license no other machine.
            let unused = figures.available().saturating_sub(tally.set_by.max(tally.rest));
            if let Some((currency, average)) = &price {
                match over_licensed(Some(*average), i64::try_from(unused).unwrap_or(i64::MAX), currency) {
                    Ok(amount) => figures.over_licensed = money::of(currency, amount.unwrap_or_default()),
                    Err(_) => _ = warnings.insert(Warning::TooLarge { what: what.clone() }),
                }
            }
            figures.potential_savings = money::cost(&price, savings(self.serving, tally), &what, &mut warnings);
        }
        let rights = || tally.rights.iter().filter_map(|right| self.serving.rights.get(*right));
        let ranks: BTreeSet<u32> = rights().map(|right| right.entitlement).collect();
        let ids: BTreeSet<&str> =
            ranks.iter().filter_map(|rank| self.serving.site.entitlement(*rank)).map(|one| one.id.as_str()).collect();
        let is_aside = self.serving.named.contains(&model);
        let is_here = |warning: &Warning| is_aside || !matches!(warning, Warning::PutAside { .. });
        let about = |warning: &Warning| is_here(warning) && warning.is_about(&what, |id| ids.contains(id));
        warnings.extend(self.warnings(product).filter(about));
        let mut members = std::mem::take(&mut tally.members);
        members.sort_unstable();
        let short = figures.needed > 0 || figures.allocations_needed > 0 || tally.certain || tally.set_by > 0;
        let why = why::metric(&Counted {
            told: tally.channels.iter().filter_map(|channel| self.serving.told.get(channel)).collect(),
            holders: tally.holders.saturating_add(tally.lacking),
            figures: &figures,
            unlimited,
            price: &price,
            set,
            set_by: tally.set_by,
            rest: tally.rest,
            parted: tally.parted,
            restricted: offers.is_none(),
        });
        MetricResult {
            status: self.status(product, model, Standing { short, unsure: figures.unsure }),
            group,
            metric,
            maintenance,
            subscription,
            unlimited,
            average_price: price.and_then(|(currency, average)| Some((currency, average.price().ok()?))),
            spend,
            warnings: warnings.into_iter().collect(),
            why,
            members,
            entitlements: ranks.into_iter().map(|rank| self.serving.site.entitlements.place(rank)).collect(),
            reserved: rights().fold(0, |sum, right| sum.saturating_add(right.reserved())),
            figures,
        }
    }

    /// What the entitlements of a metric cost over all their periods, with their maintenance.
    fn costs(&self, tally: &MetricTally, what: &str, figures: &mut Figures, warnings: &mut Warnings) {
        let today = self.serving.site.estate.today;
        for right in tally.rights.iter().filter_map(|right| self.serving.rights.get(*right)).filter(|right| right.first) {
            let maintenance = self.maintenance.get(&right.entitlement).into_iter().flatten().copied();
            for record in std::iter::once(right.record).chain(maintenance) {
                let (total, _) = money::entitlement_cost(record, today, warnings);
                money::add(&mut figures.total_cost, &total, what, warnings);
            }
        }
    }

    /// What they cost in this period.
    fn spend(&self, tally: &MetricTally, what: &str, warnings: &mut Warnings) -> Money {
        let mut spend = Money::new();
        for right in tally.rights.iter().filter_map(|right| self.serving.rights.get(*right)).filter(|right| right.first) {
            let (_, now) = money::entitlement_cost(right.record, self.serving.site.estate.today, warnings);
            money::add(&mut spend, &now, what, warnings);
        }
        spend
    }
}

/// What each model lacks by each channel, in all groups together.
fn lacks(serving: &Serving<'_, '_>, tallies: &Tallies) -> BTreeMap<u32, BTreeMap<Option<usize>, Lacks>> {
    let mut found: BTreeMap<u32, BTreeMap<Option<usize>, Lacks>> = BTreeMap::new();
    for (model, tally) in tallies.values().flatten() {
        let of_model = |place: &&usize| serving.uses.all.get(**place).is_some_and(|one| one.model == *model);
        for (channel, missing) in &tally.wants {
            let known = found.entry(*model).or_default().entry(*channel).or_default();
            known.rights = known.rights.saturating_add(missing.rights);
            known.organisations.extend(&missing.organisations);
            known.uses = known.uses.saturating_add(missing.uses.iter().filter(of_model).count());
        }
    }
    found
}

fn unlicensed_users<'m>(members: impl Iterator<Item = &'m Member>) -> u64 {
    let users: BTreeSet<u32> =
        members.filter(|member| member.disposition == Disposition::Unlicensed).filter_map(|member| member.user).collect();
    users.len() as u64
}

fn add(sum: &mut Figures, more: &Figures, warnings: &mut Warnings) {
    let numbers = [
        (&mut sum.owned, more.owned),
        (&mut sum.allocated_in_use, more.allocated_in_use),
        (&mut sum.allocated_not_in_use, more.allocated_not_in_use),
        (&mut sum.not_allocated_in_use, more.not_allocated_in_use),
        (&mut sum.without_limit, more.without_limit),
        (&mut sum.allocations_needed, more.allocations_needed),
        (&mut sum.needed, more.needed),
        (&mut sum.nontransferable, more.nontransferable),
        (&mut sum.unlicensed, more.unlicensed),
        (&mut sum.unlicensed_users, more.unlicensed_users),
    ];
    for (sum, more) in numbers {
        *sum = sum.saturating_add(more);
    }
    sum.unsure |= more.unsure;
    sum.not_allocated = sum.not_allocated.saturating_add(more.not_allocated);
    money::add(&mut sum.true_up, &more.true_up, "the true-up cost", warnings);
    money::add(&mut sum.over_licensed, &more.over_licensed, "the over-licensed amount", warnings);
    money::add(&mut sum.potential_savings, &more.potential_savings, "the potential savings", warnings);
    money::add(&mut sum.total_cost, &more.total_cost, "the total cost", warnings);
}
