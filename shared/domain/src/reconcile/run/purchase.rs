//! What is missing, as purchases: for each metric every price at which it can be had, and the cheapest way (domain 6.5).
//!
//! In: what a model lacks, by the channel that would license it, and its metric results. Out: offers, the chosen ones apart.

use std::collections::{BTreeMap, BTreeSet};

use super::channel::{Channel, Kind};
use super::model::{MetricName, Model};
use super::money::{self, Overrides, Price, Warnings};
use super::owned::ConsumptionRule;
use super::remedy::{Remedy, RemedyKind};
use super::result::Money;
use super::rights::Right;
use super::serve::Serving;
use super::tally::{MetricKey, MetricTally, Missing};
use super::warning::Warning;
use crate::currency::written;
use crate::decimal::Decimal;
use crate::metric::Amount;

/// A purchase that would do.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    pub(super) channel: Option<usize>,
    /// The metric result that it would add to, if the model has one of it.
    pub(super) key: Option<MetricKey>,
    maintenance: bool,
    subscription: bool,
    pub(super) needed: u64,
    /// Currency and cost of all of it.
    pub(super) price: Option<(String, Decimal)>,
    /// What a right costs, where an administrator set it.
    pub(super) set: Option<Decimal>,
}

/// Everything that could be bought.
#[derive(Debug, Default)]
pub(super) struct Offers {
    /// What is to be bought, all of it.
    pub(super) chosen: Vec<Offer>,
    /// The cheapest of each metric that could be bought instead.
    pub(super) instead: Vec<Offer>,
    /// The same metrics at a higher price.
    pub(super) dearer: Vec<Offer>,
}

/// The metric that is bought for the installs of a model, by its channel, if there is a choice to make.
pub(super) type Taken = Option<Option<usize>>;

/// What a model lacks by one channel, in all its groups.
#[derive(Debug, Clone, Default)]
pub(super) struct Lacks {
    pub(super) rights: u64,
    /// Its open uses that the channel would license.
    pub(super) uses: usize,
    /// Where those are who lack it.
    pub(super) organisations: BTreeSet<u32>,
}

/// What offers are made of.
pub(super) struct Buying<'a, 'b, 'c> {
    pub(super) serving: &'c Serving<'a, 'b>,
    pub(super) overrides: &'c Overrides,
    pub(super) model: u32,
    /// What the model is called in warnings.
    pub(super) name: &'c str,
}

impl<'a> Buying<'a, '_, '_> {
    /// Metrics by which the same installs could be licensed are choices, of which one is `taken`; what records of the product and
    /// subscriptions need comes on top.
    pub(super) fn offers(
        &self,
        wants: &BTreeMap<Option<usize>, Missing>,
        taken: Taken,
        metrics: &BTreeMap<MetricKey, MetricTally>,
        warnings: &mut Warnings,
    ) -> Offers {
        let mut offers = Offers::default();
        for (channel, missing) in wants.iter().filter(|(_, missing)| missing.rights > 0) {
            let known = channel.and_then(|channel| self.serving.channels.get(channel));
            let mut all = self.of_channel((*channel, known), missing, metrics, warnings);
            let best = self.cheapest(&mut all, warnings);
            let is_chosen = !self.is_choice(*channel) || taken == Some(*channel);
            for (place, one) in all.into_iter().enumerate() {
                match (Some(place) == best, is_chosen) {
                    (true, true) => offers.chosen.push(one),
                    (true, false) => offers.instead.push(one),
                    (false, _) => offers.dearer.push(one),
                }
            }
        }
        let currencies: BTreeSet<&str> =
            offers.best().filter(|one| self.is_choice(one.channel)).filter_map(Offer::currency).collect();
        if currencies.len() > 1 {
            warn_of(&currencies, self.name, warnings);
            let choices = offers.chosen.iter_mut().chain(&mut offers.instead);
            choices.filter(|one| self.is_choice(one.channel)).for_each(|one| one.price = None);
        }
        offers
    }

    /// Which of the metrics that could license the same installs is the one to buy, over everything that a model lacks, whatever it is
    /// grouped by: of those that license most of it the one that needs nothing more, otherwise the cheapest.
    pub(super) fn take(&self, wants: &BTreeMap<Option<usize>, Lacks>) -> Taken {
        let none = BTreeMap::new();
        let choices = || wants.iter().filter(|(channel, _)| self.is_choice(**channel));
        let most = choices().map(|(_, lacks)| lacks.uses).max()?;
        let (mut best, mut unused) = (Vec::new(), Warnings::new());
        for (channel, lacks) in choices().filter(|(_, lacks)| lacks.uses == most) {
            if lacks.rights == 0 {
                return Some(*channel);
            }
            let known = channel.and_then(|channel| self.serving.channels.get(channel));
            let organisations = lacks.organisations.clone();
            let missing = Missing { rights: lacks.rights, organisations, ..Missing::default() };
            let mut all = self.of_channel((*channel, known), &missing, &none, &mut unused);
            best.extend(self.cheapest(&mut all, &mut unused).map(|place| all.swap_remove(place)));
        }
        let place = self.cheapest(&mut best, &mut unused)?;
        best.get(place).map(|one| one.channel)
    }

    fn is_choice(&self, channel: Option<usize>) -> bool {
        let known = channel.and_then(|channel| self.serving.channels.get(channel));
        known.is_none_or(|known| known.kind.is_of_installs() && !matches!(known.kind, Kind::Subscribers))
    }

    /// Rights with and without maintenance, bought for good or subscribed to, as far as there are any, are offers of their own. What
    /// adds to a metric result is bought at the price of its rights.
    fn of_channel(
        &self,
        (channel, known): (Option<usize>, Option<&Channel<'a>>),
        missing: &Missing,
        metrics: &BTreeMap<MetricKey, MetricTally>,
        warnings: &mut Warnings,
    ) -> Vec<Offer> {
        let (maintenance, subscription, needed) = (false, false, missing.rights);
        let nothing = Offer { channel, key: None, maintenance, subscription, needed, price: None, set: None };
        let Some(known) = known else { return vec![nothing] };
        let of_model = |right: &usize| self.serving.rights.get(*right).is_some_and(|right| right.model == self.model);
        let own: Vec<usize> = known.rights.iter().copied().filter(of_model).collect();
        // Another edition is bought at its own price.
        let may = known.choice().is_some() && known.models.contains(&self.model);
        let other = known.rights.first().filter(|_| own.is_empty() && may);
        let sold = other.and_then(|right| self.serving.rights.get(*right)).map_or(self.model, |right| right.model);
        let set = self.overrides.get(&(sold, known.group.to_lowercase(), known.metric.to_lowercase()));
        let mut kinds: BTreeMap<(bool, bool), Vec<usize>> = BTreeMap::new();
        let priced = if own.is_empty() { self.of_edition(known, set.is_some(), warnings) } else { own };
        for right in &priced {
            if let Some(one) = self.serving.rights.get(*right) {
                kinds.entry((one.maintenance, one.is_subscription())).or_default().push(*right);
            }
        }
        // A price that was set needs no purchase before it.
        if kinds.is_empty() && set.is_some() {
            kinds.insert((false, false), Vec::new());
        }
        let is_it = |key: &&MetricKey, (maintenance, subscription): (bool, bool)| {
            (key.maintenance, key.subscription) == (maintenance, subscription)
                && metrics.get(*key).is_some_and(|metric| metric.channels.iter().any(|one| Some(*one) == channel))
        };
        let offer = |((maintenance, subscription), rights): ((bool, bool), Vec<usize>)| {
            let key = self.admitting(missing, metrics.keys().filter(|key| is_it(key, (maintenance, subscription))), metrics);
            let of_result = key.and_then(|key| metrics.get(key)).map(|metric| metric.rights.as_slice());
            let what = known.name();
            let own: Price = of_result.and_then(|rights| money::price(self.serving, rights, &what, warnings));
            let average = own.or_else(|| money::price(self.serving, &self.by_rules(missing, &rights), &what, warnings));
            let purchase = money::purchase(needed, set, maintenance, &average, self.name, warnings);
            let key = key.cloned();
            let set = money::set_cost(set, maintenance);
            Offer { maintenance, subscription, key, set, price: purchase, ..nothing.clone() }
        };
        let offers: Vec<Offer> = kinds.into_iter().map(offer).collect();
        if offers.is_empty() { vec![nothing] } else { offers }
    }

    /// The metric result whose rights most of those who lack some may use; the first of equals.
    fn admitting<'k>(
        &self,
        missing: &Missing,
        keys: impl Iterator<Item = &'k MetricKey>,
        metrics: &BTreeMap<MetricKey, MetricTally>,
    ) -> Option<&'k MetricKey> {
        let admits = |right: &Right<'_>| {
            let organisations = missing.organisations.iter();
            organisations.filter(|one| right.admits(self.serving.site.organisation(**one))).count()
        };
        let of = |key: &MetricKey| {
            let rights = metrics.get(key).into_iter().flat_map(|metric| &metric.rights);
            rights.filter_map(|right| self.serving.rights.get(*right)).map(admits).max()
        };
        keys.min_by_key(|key| std::cmp::Reverse(of(key)))
    }

    /// Of some rights those with the same rules that most of those who lack some may use, where no metric result here has any.
    fn by_rules(&self, missing: &Missing, rights: &[usize]) -> Vec<usize> {
        let mut parts: BTreeMap<Vec<&ConsumptionRule>, Vec<usize>> = BTreeMap::new();
        for (place, right) in rights.iter().filter_map(|place| Some((*place, self.serving.rights.get(*place)?))) {
            let mut rules: Vec<&ConsumptionRule> = right.record.rules.iter().filter(|rule| rule.active).collect();
            rules.sort();
            parts.entry(rules).or_default().push(place);
        }
        let admitted = |rights: &Vec<usize>| {
            let right = rights.first().and_then(|right| self.serving.rights.get(*right));
            let organisations = missing.organisations.iter();
            right.map_or(0, |right| organisations.filter(|one| right.admits(self.serving.site.organisation(**one))).count())
        };
        parts.into_values().min_by_key(|rights| std::cmp::Reverse(admitted(rights))).unwrap_or_default()
    }

    /// Rights for other versions of a model that has none of its own. Another edition has another price, or is another product: what
    /// it costs says nothing.
    fn of_edition(&self, known: &Channel<'a>, is_set: bool, warnings: &mut Warnings) -> Vec<usize> {
        let site = self.serving.site;
        let is_any = |model: u32| site.model(model).is_some_and(|model| model.edition.is_none());
        let is_same = |right: &usize| {
            let other = self.serving.rights.get(*right).map(|right| right.model);
            other.is_some_and(|other| {
                site.product_of(other) == site.product_of(self.model)
                    && (is_any(self.model) || is_any(other) || site.lane(other) == site.lane(self.model))
            })
        };
        if known.choice().is_some() && known.models.contains(&self.model) {
            return known.rights.clone();
        }
        let rights: Vec<usize> = known.rights.iter().copied().filter(is_same).collect();
        if rights.is_empty() && !known.rights.is_empty() && !is_set {
            let what = site.model(self.model).map(Model::called).unwrap_or_default();
            warnings.insert(Warning::NoPurchase { what, metric: known.name() });
        }
        rights
    }

    /// The cheapest of several. Where their currencies differ no price is compared, and none is said.
    fn cheapest(&self, offers: &mut [Offer], warnings: &mut Warnings) -> Option<usize> {
        let currencies: BTreeSet<&str> = offers.iter().filter_map(|one| Some(one.price.as_ref()?.0.as_str())).collect();
        if currencies.len() > 1 {
            warn_of(&currencies, self.name, warnings);
            for one in offers.iter_mut() {
                one.price = None;
            }
        }
        // Without prices the publishers' own say which of two editions costs less.
        let compared = |one: &Offer| {
            let channel = one.channel.and_then(|channel| self.serving.channels.get(channel))?;
            let (choice, by_server) = channel.choice()?;
            choice.cost(by_server, channel.assured, one.needed, &self.serving.site.estate.factors)
        };
        let mut relative: Vec<Option<Amount>> = offers.iter().map(compared).collect();
        if relative.contains(&None) {
            relative.clear();
        }
        (0..offers.len()).min_by_key(|place| {
            let price = offers.get(*place).and_then(|one| Some(one.price.as_ref()?.1));
            let needed = offers.get(*place).map(|one| one.needed);
            (price.is_none(), price, relative.get(*place).copied().flatten(), needed, *place)
        })
    }
}

fn warn_of(currencies: &BTreeSet<&str>, what: &str, warnings: &mut Warnings) {
    let currencies = currencies.iter().copied().collect::<Vec<_>>().join(", ");
    warnings.insert(Warning::SeveralCurrencies { what: what.to_owned(), currencies });
}

impl Offer {
    fn currency(&self) -> Option<&str> {
        self.price.as_ref().map(|(currency, _)| currency.as_str())
    }
}

impl Offers {
    /// What each metric result would have to buy: of each metric the cheapest.
    pub(super) fn best(&self) -> impl Iterator<Item = &Offer> {
        self.chosen.iter().chain(&self.instead)
    }

    /// Rights to buy and what they cost.
    pub(super) fn total(&self, name: &str, warnings: &mut Warnings) -> (u64, Money) {
        let (mut sum, mut cost) = (0_u64, Money::new());
        for one in &self.chosen {
            sum = sum.saturating_add(one.needed);
            if let Some((currency, amount)) = &one.price {
                money::add(&mut cost, &money::of(currency, *amount), name, warnings);
            }
        }
        (sum, cost)
    }

    pub(super) fn remedies(&self, serving: &Serving<'_, '_>, model: u32) -> Vec<Remedy> {
        let channel_of = |offer: &Offer| offer.channel.and_then(|channel| serving.channels.get(channel));
        let is_of_another = |known: &Channel<'_>| {
            let mut rights = known.rights.iter().filter_map(|right| serving.rights.get(*right));
            !rights.any(|right| right.model == model)
        };
        let name = |known: &Channel<'_>| MetricName {
            group: known.group.to_owned(),
            // What is bought for another model's rights is told apart from what is bought for its own.
            metric: known
                .edition
                .filter(|_| known.choice().is_some() && known.models.contains(&model) && is_of_another(known))
                .map_or_else(|| known.metric.to_owned(), |edition| format!("{}, {edition}", known.metric)),
        };
        let by_device = || MetricName { group: "Common".to_owned(), metric: "Per Device".to_owned() };
        let one = |offer: &Offer| Remedy {
            kind: RemedyKind::PurchaseRights,
            metric: channel_of(offer).map_or_else(by_device, name),
            maintenance: offer.maintenance,
            subscription: offer.subscription,
            count: offer.needed,
            cost: offer.price.as_ref().map(|(currency, cost)| money::of(currency, *cost)).unwrap_or_default(),
        };
        self.best().chain(&self.dearer).map(one).collect()
    }

    /// What is to be bought, in words.
    pub(super) fn words(&self, serving: &Serving<'_, '_>, model: u32) -> Vec<String> {
        let one = |offer: &Offer| {
            let channel = offer.channel.and_then(|channel| serving.channels.get(channel));
            let name = match channel {
                Some(channel) if channel.models.contains(&model) => channel.name_with_edition(),
                Some(channel) => channel.name(),
                None => "Common / Per Device".to_owned(),
            };
            let kind = match (offer.subscription, offer.maintenance) {
                (true, _) => ", subscribed to",
                (false, true) => ", with maintenance",
                (false, false) => "",
            };
            let price = offer.price.as_ref();
            let price = price.map_or_else(
                || "no price is known".to_owned(),
                |(currency, cost)| format!("{} {currency}", written(*cost, currency)),
            );
            format!("{} of {name}{kind} ({})", offer.needed, price.trim_end())
        };
        self.chosen.iter().map(one).collect()
    }
}
