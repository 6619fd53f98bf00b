//! Results of the tallies: sums, prices, status, sentences (domain 6.5).

use std::collections::{BTreeMap, BTreeSet};

use super::candidates::{candidates, savings};
use super::model::MetricName;
use super::money::{self, Overrides, Price, Warnings};
use super::remedy::{Remedy, RemedyKind};
use super::result::{Disposition, Figures, MetricResult, ModelResult, Money, ProductResult, Status};
use super::rights::Rights;
use super::serve::Serving;
use super::tally::{GroupKey, MetricKey, MetricTally, Missing, ModelTally};
use super::warning::Warning;
use super::why;
use crate::entitlement::{available, is_always_compliant};
use crate::metric::Amount;
use crate::reconcile::over_licensed;

/// Makes results.
pub(super) struct Conclusion<'a, 'b, 'c> {
    pub(super) serving: &'c Serving<'a, 'b>,
    pub(super) put_off: &'c BTreeSet<u32>,
    pub(super) overrides: Overrides,
    /// Maintenance by the rank of its base.
    pub(super) maintenance: BTreeMap<u32, Vec<&'a super::owned::Entitlement>>,
    /// Products that an agreement keeps compliant.
    always: BTreeSet<u32>,
    /// Products of which rights are counted.
    counted: BTreeSet<u32>,
}

/// A purchase that would do.
struct Purchasable {
    channel: Option<usize>,
    needed: u64,
    price: Option<(String, crate::decimal::Decimal)>,
}

impl<'a, 'b, 'c> Conclusion<'a, 'b, 'c> {
    pub(super) fn new(serving: &'c Serving<'a, 'b>, rights: &'c Rights<'a>) -> Self {
        let mut maintenance: BTreeMap<u32, Vec<&'a super::owned::Entitlement>> = BTreeMap::new();
        for (base, record) in &rights.maintenance {
            maintenance.entry(*base).or_default().push(record);
        }
        let is_always = |right: &&super::rights::Right<'_>| is_always_compliant(&right.record.agreement_type);
        let product = |right: &super::rights::Right<'_>| serving.site.product_of(right.model);
        Self {
            serving,
            put_off: &rights.put_off,
            overrides: money::overrides(serving),
            maintenance,
            always: serving.rights.iter().filter(is_always).map(product).collect(),
            counted: serving.rights.iter().map(product).collect(),
        }
    }

    /// The result of one product and group.
    pub(super) fn product(&self, number: u32, group: GroupKey, models: BTreeMap<u32, ModelTally>) -> ProductResult {
        let mut warnings = Warnings::new();
        let models: Vec<ModelResult> =
            models.into_iter().map(|(model, tally)| self.model(number, model, tally, &mut warnings)).collect();
        let mut figures = Figures::default();
        for model in &models {
            add(&mut figures, &model.figures, &mut warnings);
        }
        let users: BTreeSet<u32> = models.iter().flat_map(|model| unlicensed_users(&model.members)).collect();
        figures.unlicensed_users = users.len() as u64;
        let about = self.serving.warnings.iter().filter(|(product, _)| *product == number).map(|(_, warning)| warning.clone());
        warnings.extend(about);
        let known = self.serving.site.product(number);
        ProductResult {
            publisher: known.map(|known| known.publisher.to_owned()).unwrap_or_default(),
            product: known.map(|known| known.name.to_owned()).unwrap_or_default(),
            group,
            status: self.worst(number, models.iter().map(|model| model.status)),
            figures,
            models,
            warnings: warnings.into_iter().collect(),
        }
    }

    fn worst(&self, product: u32, of: impl Iterator<Item = Status>) -> Status {
        let put_off = self.put_off.contains(&product) && !self.counted.contains(&product);
        if put_off { Status::NotReconciled } else { of.max().unwrap_or_default() }
    }

    fn status(&self, product: u32, figures: &Figures) -> Status {
        if self.put_off.contains(&product) && !self.counted.contains(&product) {
            return Status::NotReconciled;
        }
        let missing = figures.needed > 0 || figures.unlicensed > 0 || figures.allocations_needed > 0;
        if missing && !self.always.contains(&product) { Status::NotCompliant } else { Status::Compliant }
    }

    fn model(&self, product: u32, model: u32, tally: ModelTally, warnings: &mut Warnings) -> ModelResult {
        let site = self.serving.site;
        let name = site.model(model).map(|model| model.id.clone()).unwrap_or_default();
        let ModelTally { mut metrics, members, open, wants } = tally;
        let mut figures = Figures::default();
        let mut placed = BTreeSet::new();
        for (channel, missing) in &wants {
            let first = channel.and_then(|channel| metrics.iter_mut().find(|(_, metric)| metric.channels.contains(&channel)));
            if let Some((key, metric)) = first {
                metric.figures.needed = metric.figures.needed.saturating_add(missing.rights);
                let named = channel.and_then(|channel| self.serving.channels.get(channel)).is_some_and(|one| one.kind.is_named());
                if named {
                    metric.figures.allocations_needed = metric.figures.allocations_needed.saturating_add(missing.holders);
                }
                placed.insert((*channel, key.clone()));
            }
        }
        let chosen = self.cheapest(model, &wants, &metrics, &name, warnings);
        let mut remedies = self.purchases(model, &chosen, &metrics);
        let (needed, true_up) = total(&chosen.needed, &name, warnings);
        let results: Vec<MetricResult> =
            metrics.iter().map(|(key, metric)| self.metric(product, model, key, metric, &chosen, warnings)).collect();
        for result in &results {
            add(&mut figures, &result.figures, warnings);
            remedies.extend(of_allocations(result));
        }
        (figures.needed, figures.true_up) = (needed, true_up);
        let unlicensed = members.iter().filter(|member| member.disposition == Disposition::Unlicensed);
        figures.unlicensed = unlicensed.fold(0, |sum: u64, member| sum.saturating_add(member.count));
        figures.unlicensed_users = unlicensed_users(&members).len() as u64;
        if !open.is_empty() {
            remedies.push(Remedy {
                kind: RemedyKind::RemoveUnlicensedInstalls,
                metric: MetricName::default(),
                maintenance: false,
                count: open.len() as u64,
                cost: Money::new(),
            });
        }
        let mut found = candidates(self.serving, &metrics, &open);
        found.sort();
        let status = self.status(product, &figures);
        let why = why::model(&figures, &chosen_words(self.serving, &chosen), results.is_empty());
        let mut members = members;
        members.sort_unstable();
        ModelResult {
            model: site.models.place(model),
            figures,
            status,
            metrics: results,
            members,
            remedies,
            candidates: found,
            why,
        }
    }

    /// Metrics by which the same installs could be licensed are choices, of which the cheapest counts; what records of the product
    /// need comes on top.
    fn cheapest(
        &self,
        model: u32,
        wants: &BTreeMap<Option<usize>, Missing>,
        metrics: &BTreeMap<MetricKey, MetricTally>,
        name: &str,
        warnings: &mut Warnings,
    ) -> Chosen {
        let (mut choices, mut needed) = (Vec::new(), Vec::new());
        for (channel, missing) in wants.iter().filter(|(_, missing)| missing.rights > 0) {
            let known = channel.and_then(|channel| self.serving.channels.get(channel));
            let price = known.and_then(|known| {
                let own: Vec<usize> = known.rights.iter().copied().filter(|right| self.is_of(*right, model)).collect();
                let average =
                    money::price(self.serving, if own.is_empty() { &known.rights } else { &own }, &known.name(), warnings);
                // Another edition is bought at its own price.
                let other = known.rights.first().filter(|_| own.is_empty() && known.choice().is_some());
                let sold = other.and_then(|right| self.serving.rights.get(*right)).map_or(model, |right| right.model);
                let key = (sold, known.group.to_lowercase(), known.metric.to_lowercase());
                let maintenance =
                    metrics.iter().any(|(key, metric)| key.2 && metric.channels.iter().any(|one| Some(*one) == *channel));
                money::purchase(missing.rights, self.overrides.get(&key), maintenance, &average, name, warnings)
            });
            let one = Purchasable { channel: *channel, needed: missing.rights, price };
            let of_installs = known.is_none_or(|known| known.kind.is_of_installs());
            if of_installs { choices.push(one) } else { needed.push(one) }
        }
        let currencies: BTreeSet<&str> = choices.iter().filter_map(|one| Some(one.price.as_ref()?.0.as_str())).collect();
        if currencies.len() > 1 {
            let currencies = currencies.into_iter().collect::<Vec<_>>().join(", ");
            warnings.insert(Warning::SeveralCurrencies { what: name.to_owned(), currencies });
            for one in &mut choices {
                one.price = None;
            }
        }
        // Without prices the publishers' own say which of two editions costs less.
        let compared = |one: &Purchasable| {
            let channel = one.channel.and_then(|channel| self.serving.channels.get(channel))?;
            let (choice, by_server) = channel.choice()?;
            choice.cost(by_server, channel.assured, one.needed, &self.serving.site.estate.factors)
        };
        let mut relative: Vec<Option<Amount>> = choices.iter().map(compared).collect();
        if relative.contains(&None) {
            relative.clear();
        }
        let best = (0..choices.len()).min_by_key(|place| {
            let price = choices.get(*place).and_then(|one| Some(one.price.as_ref()?.1));
            (price.is_none(), price, relative.get(*place).copied().flatten(), *place)
        });
        let mut others = Vec::new();
        for (place, one) in choices.into_iter().enumerate() {
            if Some(place) == best { needed.push(one) } else { others.push(one) }
        }
        Chosen { needed, others }
    }

    fn is_of(&self, right: usize, model: u32) -> bool {
        self.serving.rights.get(right).is_some_and(|right| right.model == model)
    }

    fn purchases(&self, model: u32, chosen: &Chosen, metrics: &BTreeMap<MetricKey, MetricTally>) -> Vec<Remedy> {
        let channel_of = |purchase: &Purchasable| purchase.channel.and_then(|channel| self.serving.channels.get(channel));
        let is_of_another = |known: &super::channel::Channel<'_>| !known.rights.iter().any(|right| self.is_of(*right, model));
        let one = |purchase: &Purchasable| {
            let known = channel_of(purchase);
            let name = |known: &super::channel::Channel<'_>| MetricName {
                group: known.group.to_owned(),
                // What is bought for another model's rights is told apart from what is bought for its own.
                metric: known
                    .edition
                    .filter(|_| known.choice().is_some() && is_of_another(known))
                    .map_or_else(|| known.metric.to_owned(), |edition| format!("{}, {edition}", known.metric)),
            };
            let channel = |metric: &MetricTally| metric.channels.iter().any(|one| Some(*one) == purchase.channel);
            Remedy {
                kind: RemedyKind::PurchaseRights,
                metric: known
                    .map(name)
                    .unwrap_or_else(|| MetricName { group: "Common".to_owned(), metric: "Per Device".to_owned() }),
                maintenance: metrics.iter().any(|(key, metric)| key.2 && channel(metric)),
                count: purchase.needed,
                cost: purchase.price.as_ref().map(|(currency, cost)| money::of(currency, *cost)).unwrap_or_default(),
            }
        };
        chosen.needed.iter().chain(&chosen.others).map(one).collect()
    }

    fn metric(
        &self,
        product: u32,
        model: u32,
        key: &MetricKey,
        tally: &MetricTally,
        chosen: &Chosen,
        warnings: &mut Warnings,
    ) -> MetricResult {
        let (group, metric, maintenance, unlimited) = key.clone();
        let what = format!("{group} / {metric}");
        let mut figures = tally.figures.clone();
        figures.not_allocated = if unlimited { 0 } else { available(figures.owned, tally.allocated) };
        let price: Price = money::price(self.serving, &tally.rights, &what, warnings);
        if let Some((currency, average)) = &price {
            let unused = i64::try_from(figures.available()).unwrap_or(i64::MAX);
            match over_licensed(Some(*average), unused) {
                Ok(amount) => figures.over_licensed = money::of(currency, amount.unwrap_or_default()),
                Err(_) => _ = warnings.insert(Warning::TooLarge { what: what.clone() }),
            }
        }
        let all = chosen.needed.iter().chain(&chosen.others);
        let own = all
            .filter(|one| one.needed == figures.needed && one.channel.is_some_and(|channel| tally.channels.contains(&channel)));
        for (currency, cost) in own.filter_map(|one| one.price.as_ref()) {
            figures.true_up = money::of(currency, *cost);
        }
        let mut spend = Money::new();
        for right in tally.rights.iter().filter_map(|right| self.serving.rights.get(*right)).filter(|right| right.first) {
            let today = self.serving.site.estate.today;
            let (total, now) = money::entitlement_cost(right.record, today, warnings);
            money::add(&mut figures.total_cost, &total, &what, warnings);
            if metric == "SaaS Consumption" {
                money::add(&mut spend, &now, &what, warnings);
            }
            for record in self.maintenance.get(&right.entitlement).into_iter().flatten() {
                let (total, _) = money::entitlement_cost(record, today, warnings);
                money::add(&mut figures.total_cost, &total, &what, warnings);
            }
        }
        let freed = savings(self.serving, model, tally);
        figures.potential_savings = money::cost(&price, freed, &what, warnings);
        let entitlements: BTreeSet<u32> =
            tally.rights.iter().filter_map(|right| self.serving.rights.get(*right)).map(|right| right.entitlement).collect();
        let mut members = tally.members.clone();
        members.sort_unstable();
        let status = self.status(product, &figures);
        let sentences: Vec<&str> =
            tally.channels.iter().filter_map(|channel| self.serving.sentences.get(channel)).map(String::as_str).collect();
        let why = why::metric(&sentences, &figures, unlimited, price.as_ref());
        MetricResult {
            group,
            metric,
            maintenance,
            unlimited,
            average_price: price.and_then(|(currency, average)| Some((currency, average.price().ok()?))),
            spend,
            status,
            why,
            members,
            entitlements: entitlements.into_iter().map(|rank| self.serving.site.entitlements.place(rank)).collect(),
            figures,
        }
    }
}

/// What is to be bought, and what could be bought instead.
struct Chosen {
    needed: Vec<Purchasable>,
    others: Vec<Purchasable>,
}

fn total(needed: &[Purchasable], name: &str, warnings: &mut Warnings) -> (u64, Money) {
    let (mut sum, mut cost) = (0_u64, Money::new());
    for one in needed {
        sum = sum.saturating_add(one.needed);
        if let Some((currency, amount)) = &one.price {
            money::add(&mut cost, &money::of(currency, *amount), name, warnings);
        }
    }
    (sum, cost)
}

fn chosen_words(serving: &Serving<'_, '_>, chosen: &Chosen) -> Vec<String> {
    let one = |purchase: &Purchasable| {
        let channel = purchase.channel.and_then(|channel| serving.channels.get(channel));
        let name = channel.map_or_else(|| "Common / Per Device".to_owned(), super::channel::Channel::name_with_edition);
        let price = purchase
            .price
            .as_ref()
            .map_or_else(|| "no price is known".to_owned(), |(currency, cost)| format!("{cost} {currency}"));
        format!("{} of {name} ({})", purchase.needed, price.trim_end())
    };
    chosen.needed.iter().map(one).collect()
}

fn of_allocations(result: &MetricResult) -> Vec<Remedy> {
    let access = result.metric.ends_with("CAL");
    let one = |kind, count| Remedy {
        kind,
        metric: MetricName { group: result.group.clone(), metric: result.metric.clone() },
        maintenance: result.maintenance,
        count,
        cost: Money::new(),
    };
    let mut found = Vec::new();
    if result.figures.allocated_not_in_use > 0 {
        found.push(one(RemedyKind::RemoveAllocations, result.figures.allocated_not_in_use));
    }
    let unallocated = result.figures.not_allocated_in_use.saturating_sub(result.figures.nontransferable);
    if unallocated > 0 && !access {
        found.push(one(RemedyKind::CreateAllocations, unallocated));
        found.push(one(RemedyKind::RemoveUnallocatedInstalls, unallocated));
    }
    found
}

fn unlicensed_users(members: &[super::result::Member]) -> BTreeSet<u32> {
    members.iter().filter(|member| member.disposition == Disposition::Unlicensed).filter_map(|member| member.user).collect()
}

fn add(sum: &mut Figures, more: &Figures, warnings: &mut Warnings) {
    let numbers = [
        (&mut sum.owned, more.owned),
        (&mut sum.allocated_in_use, more.allocated_in_use),
        (&mut sum.allocated_not_in_use, more.allocated_not_in_use),
        (&mut sum.not_allocated_in_use, more.not_allocated_in_use),
        (&mut sum.allocations_needed, more.allocations_needed),
        (&mut sum.needed, more.needed),
        (&mut sum.nontransferable, more.nontransferable),
        (&mut sum.unlicensed, more.unlicensed),
        (&mut sum.unlicensed_users, more.unlicensed_users),
    ];
    for (sum, more) in numbers {
        *sum = sum.saturating_add(more);
    }
    sum.not_allocated = sum.not_allocated.saturating_add(more.not_allocated);
    money::add(&mut sum.true_up, &more.true_up, "the true-up cost", warnings);
    money::add(&mut sum.over_licensed, &more.over_licensed, "the over-licensed amount", warnings);
    money::add(&mut sum.potential_savings, &more.potential_savings, "the potential savings", warnings);
    money::add(&mut sum.total_cost, &more.total_cost, "the total cost", warnings);
}
