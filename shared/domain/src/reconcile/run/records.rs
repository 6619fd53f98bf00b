//! Metrics by records of a whole product: clients, measured values, peaks, documents, endpoints.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use super::channel::{Channel, Kind};
use super::demand::{Demand, Demands, Told, Whom};
use super::facts::{Machines, Premises, premises, premises_of_server};
use super::model::MetricName;
use super::named::names;
use super::record::{Clients, Quantity};
use super::site::Site;
use super::uses::Uses;
use super::warning::Warning;
use crate::asset::InstallStatus;
use crate::metric::ibm::{activated_cores, is_full_capacity};
use crate::metric::inputs::Layer;
use crate::metric::record::Purchase;
use crate::metric::{Amount, Answer, Audience, Checkout, DailyPeak, Detail, Input, Inputs, Metric, MetricError, Object, find};

/// What the records of a product ask for.
pub(super) fn records<'a>(site: &Site<'a>, uses: &Uses, open: &[usize], channel: &Channel<'a>) -> Demands {
    let Some(product) = channel.products.first().copied() else { return Demands::default() };
    let mut demands = Demands { without_rules: true, ..Demands::default() };
    let named = Some(&channel.models).filter(|_| channel.is_of_named_users());
    let read = Reading { site, uses, open, channel, product, named };
    let (answer, formula) = match channel.kind {
        Kind::Records(metric) => (read.metric(metric), metric.formula),
        _ => (read.custom(), "The units consumed of the resource value are the rights needed, one for one."),
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            demands.warn(Warning::MissingRecords { metric: channel.name(), why: error.to_string() });
            demands.told = Told::of("", &format!("What is needed is not known: {error}"));
            demands.is_unknown = true;
            return demands;
        }
    };
    demands.all_or_nothing = matches!(answer.detail, Detail::AllOrNothing { .. });
    if let Some(why) = &answer.denied {
        demands.warn(Warning::Denied { metric: channel.name(), why: why.to_string(), devices: open.len() });
    }
    let required = answer.required.map_or(0, Amount::ceil);
    demands.told = Told::of("", formula);
    // What is missing is missing of the newest version that there are rights for.
    let Some(model) = channel.own.iter().copied().max_by_key(|model| site.age(*model)) else { return demands };
    let lump = |rights| Demand {
        whom: Whom::Unnamed,
        model,
        any_version: true,
        organisation: 0,
        rights,
        uses: Vec::new(),
        clients: rights,
        beyond: 0,
        after: None,
    };
    let clients = read.clients(&answer, model);
    let units = read.units(&answer, lump);
    if let Some(units) = units {
        demands.unowned = units.iter().filter(|one| one.whom == Whom::Unnamed).fold(0, |sum, one| sum.saturating_add(one.rights));
        (demands.list, demands.without_rules, demands.in_units) = (units, false, true);
    } else if clients.is_empty() {
        demands.list.extend((required > 0).then(|| lump(required)));
    } else {
        demands.without_rules = false;
        demands.list = clients;
    }
    demands
}

/// Rights of Named User Plus that a version needs by itself; none where nobody knows.
pub(super) fn least<'a>(site: &Site<'a>, uses: &Uses, open: &[usize], channel: &Channel<'a>, model: u32) -> Option<u64> {
    let (Kind::Records(metric), named) = (channel.kind, BTreeSet::from([model])) else { return None };
    let read = Reading { site, uses, open, channel, product: site.product_of(model), named: Some(&named) };
    let answer = read.named_users(metric, &read.client_access()).ok()?;
    answer.required.map(Amount::ceil)
}

struct Reading<'a, 'b> {
    site: &'b Site<'a>,
    uses: &'b Uses,
    open: &'b [usize],
    channel: &'b Channel<'a>,
    product: u32,
    /// Models whose client access records count, where not those of the whole product do.
    named: Option<&'b BTreeSet<u32>>,
}

impl<'a> Reading<'a, '_> {
    fn is_of_product(&self, model: u32) -> bool {
        self.site.models.rank(model).is_some_and(|rank| self.site.product_of(rank) == self.product)
    }

    /// Clients that are all named, one for one.
    fn clients(&self, answer: &Answer<'a>, model: u32) -> Vec<Demand> {
        let one = |object: Object<'_>, rights: Amount| {
            let (whom, organisation) = match object {
                Object::User(name) => {
                    let rank = self.site.user_named(name)?;
                    (Whom::User(rank), self.site.organisation_of_user(rank))
                }
                Object::Device(name) => {
                    let rank = self.site.device_named(name)?;
                    (Whom::Device(rank), self.site.organisation_of_device(rank))
                }
                _ => return None,
            };
            let rights = rights.ceil();
            Some(Demand {
                whom,
                model,
                any_version: true,
                organisation,
                rights,
                uses: Vec::new(),
                clients: 1,
                beyond: 0,
                after: None,
            })
        };
        let all: Option<Vec<Demand>> = answer.parts.iter().map(|part| one(part.object, part.rights)).collect();
        all.unwrap_or_default()
    }

    /// Units that are charged one for one, by the device that consumes them; none where nobody says which that is, or where they are
    /// charged in another way. Their rights are rounded up as they add up, so that they are the whole together.
    fn units(&self, answer: &Answer<'a>, lump: impl Fn(u64) -> Demand) -> Option<Vec<Demand>> {
        let site = self.site;
        let mut by_device: BTreeMap<Option<u32>, Vec<&super::record::ResourceValue>> = BTreeMap::new();
        for one in self.values(Quantity::Units).into_values() {
            by_device.entry(one.device.and_then(|device| site.devices.rank(device))).or_default().push(one);
        }
        if self.channel.kind.is_exempt_of_rules() || by_device.keys().all(Option::is_none) {
            return None;
        }
        let (mut list, mut sum) = (Vec::new(), Amount::ZERO);
        for (device, values) in by_device.into_iter().rev() {
            let before = sum.ceil();
            for value in values {
                sum = sum.plus(units_of(value).ok()?)?;
            }
            let demand = lump(sum.ceil().saturating_sub(before));
            let owned = device.map(|device| (Whom::Device(device), site.organisation_of_device(device)));
            let (whom, organisation) = owned.unwrap_or((Whom::Unnamed, 0));
            list.push(Demand { whom, organisation, ..demand });
        }
        list.retain(|one| one.rights > 0);
        (answer.required == Some(sum)).then_some(list)
    }

    fn custom(&self) -> Result<Answer<'a>, MetricError> {
        let units = self.value(Quantity::Units)?.ok_or(MetricError::Missing { field: "the resource value (units_consumed)" })?;
        Ok(Answer::rounded_up(units))
    }

    fn metric(&self, metric: &'static Metric) -> Result<Answer<'a>, MetricError> {
        let inputs = self.inputs(metric)?;
        self.look_for(metric, &inputs)?;
        if metric.inputs.contains(&Input::Hosts) {
            return self.named_users(metric, &inputs.client_access);
        }
        metric.evaluate(&inputs, &self.site.estate.factors)
    }

    /// Named User Plus: the machines set a minimum, wherever they are, each edition its own.
    fn named_users(
        &self,
        metric: &'static Metric,
        access: &[crate::metric::ClientAccess<'a>],
    ) -> Result<Answer<'a>, MetricError> {
        let mut by_place: BTreeMap<(u32, Premises<'a>), BTreeSet<u32>> = BTreeMap::new();
        let mut newest: BTreeMap<u32, u32> = BTreeMap::new();
        for one in self.open.iter().filter_map(|place| self.uses.all.get(*place)) {
            let lane = self.site.lane(one.model);
            by_place.entry((lane, premises(self.site, one.device))).or_default().insert(one.device);
            let known = newest.entry(lane).or_insert(one.model);
            *known = if self.site.age(one.model) > self.site.age(*known) { one.model } else { *known };
        }
        let mut least = 0_u64;
        for ((lane, place), devices) in by_place {
            let model = newest.get(&lane).and_then(|model| self.site.model(*model));
            let machines = Machines {
                devices,
                edition: model.and_then(|model| model.edition.as_deref()),
                family: model.and_then(|model| model.family.as_deref()),
                ..Machines::default()
            };
            let inputs = machines.inputs(self.site, self.channel, place, Layer::Physical);
            let answer = metric.evaluate(&inputs, &self.site.estate.factors)?;
            if answer.denied.is_some() {
                return Ok(answer);
            }
            least = least.saturating_add(answer.required.map_or(0, Amount::ceil));
        }
        let users = size(access.iter().map(|one| &one.users));
        let devices = size(access.iter().map(|one| &one.devices));
        Ok(Answer::whole(users.saturating_add(devices).max(least)))
    }

    /// A metric without any of the records that it counts says so: nothing recorded is not nothing used.
    fn look_for(&self, metric: &Metric, inputs: &Inputs<'_>) -> Result<(), MetricError> {
        let missing = |input: &Input| match input {
            Input::ClientAccess if inputs.client_access.is_empty() => Some("the client access record"),
            Input::DailyPeaks if inputs.daily_peaks.is_empty() && inputs.peak_user_count.is_none() => Some("the use day by day"),
            Input::Checkouts if inputs.checkouts.is_empty() => Some("the record of tokens taken out"),
            Input::Documents if inputs.document_counts.is_empty() => Some("the number of documents"),
            Input::NamedUsers if inputs.user_counts.is_empty() => Some("the use type of the users"),
            _ => None,
        };
        metric.inputs.iter().find_map(missing).map_or(Ok(()), |field| Err(MetricError::Missing { field }))
    }

    fn inputs(&self, metric: &Metric) -> Result<Inputs<'a>, MetricError> {
        let (site, estate) = (self.site, self.site.estate);
        // Lists of a whole site are looked through only for a metric that asks.
        let takes = |input| metric.inputs.contains(&input);
        // Citrix takes its peak as one figure.
        let asks_for_peaks = takes(Input::DailyPeaks) || self.channel.group == "Citrix";
        let settings = &estate.settings;
        let peaks: Vec<DailyPeak> = estate
            .peaks
            .iter()
            .filter(|one| asks_for_peaks && self.is_of_product(one.model))
            .map(|one| DailyPeak { date: one.date, peak: one.peak })
            .collect();
        let back = estate.today.checked_sub_days(Days::new(settings.citrix_days.into()));
        let recent = |peak: &&DailyPeak| peak.date <= estate.today && back.is_none_or(|back| peak.date > back);
        let endpoints =
            estate.endpoints.iter().filter(|one| self.is_of_product(one.model)).min_by_key(|one| site.models.rank(one.model));
        let client_access = self.client_access();
        let access = size(client_access.iter().map(|one| &one.users));
        let whole = |value: Option<Amount>| value.map(Amount::ceil);
        Ok(Inputs {
            user_counts: if takes(Input::NamedUsers) { self.user_counts() } else { Vec::new() },
            document_counts: self.documents(),
            peak_user_count: peaks.iter().filter(recent).map(|peak| peak.peak).max(),
            daily_peaks: peaks,
            today: Some(estate.today),
            period_days: Some(settings.peak_days),
            checkouts: self.checkouts(),
            hourly_counts: endpoints.map(|one| one.hourly.clone()).unwrap_or_default(),
            weekly_counts: endpoints.map(|one| one.weekly.clone()).unwrap_or_default(),
            purchase: Some(Purchase::default()),
            user_count: whole(self.value(Quantity::Users)?).or((!client_access.is_empty()).then_some(access)),
            employee_count: whole(self.value(Quantity::Employees)?),
            activated_core_count: whole(self.value(Quantity::ActivatedCores)?).or_else(|| self.cores()),
            units_consumed: self.value(Quantity::Units)?,
            client_access,
            ..Inputs::default()
        })
    }

    fn is_named(&self, model: u32) -> bool {
        let site = self.site;
        let by = |models: &BTreeSet<u32>, record| models.iter().any(|model| names(site, models, record, *model));
        self.named.is_none_or(|models| site.models.rank(model).is_some_and(|record| by(models, record)))
    }

    fn client_access(&self) -> Vec<crate::metric::ClientAccess<'a>> {
        let estate = self.site.estate;
        let records: BTreeMap<&str, _> = estate
            .client_access
            .iter()
            .rev()
            .filter(|one| self.is_of_product(one.model) && self.is_named(one.model))
            .map(|one| (one.id.as_str(), one))
            .collect();
        let user = |place: &u32| estate.users.get(*place as usize).map(|one| one.id.as_str());
        let device = |place: &u32| estate.devices.get(*place as usize).map(|one| one.id.as_str());
        let one = |record: &'a super::record::ClientAccess| crate::metric::ClientAccess {
            users: audience(&record.users, user),
            devices: audience(&record.devices, device),
        };
        records.into_values().map(one).collect()
    }

    fn checkouts(&self) -> Vec<Checkout> {
        let of_product = self.site.estate.checkouts.iter().filter(|one| self.is_of_product(one.model));
        let by_id: BTreeMap<&str, Checkout> =
            of_product.map(|one| (one.id.as_str(), Checkout { tokens: one.tokens, start: one.start, end: one.end })).collect();
        by_id.into_values().collect()
    }

    fn documents(&self) -> Vec<(&'a str, u64)> {
        let of_product = self.site.estate.documents.iter().filter(|one| self.is_of_product(one.model));
        let by_id: BTreeMap<&str, (&str, u64)> =
            of_product.map(|one| (one.id.as_str(), (one.kind.as_str(), one.count))).collect();
        by_id.into_values().collect()
    }

    fn user_counts(&self) -> Vec<(&'a str, u64)> {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for user in (0..self.site.users.len()).filter_map(|rank| self.site.user(rank)) {
            if let Some(kind) = &user.use_type {
                *counts.entry(kind).or_default() += 1;
            }
        }
        counts.into_iter().collect()
    }

    fn is_meant(&self, one: &super::record::ResourceValue, quantity: Quantity) -> bool {
        let today = self.site.estate.today;
        let same = |one: &str, other: &str| one.trim().eq_ignore_ascii_case(other.trim());
        let metric = one.metric.as_ref();
        one.quantity == quantity
            && self.is_of_product(one.model)
            && metric.is_none_or(|name| same(&name.group, self.channel.group) && same(&name.metric, self.channel.metric))
            && one.start.is_none_or(|start: NaiveDate| start <= today)
            && one.end.is_none_or(|end| today <= end)
    }

    /// The resource values that are for today, by their ids.
    fn values(&self, quantity: Quantity) -> BTreeMap<&'a str, &'a super::record::ResourceValue> {
        let all = self.site.estate.resource_values.iter().filter(|one| self.is_meant(one, quantity));
        all.map(|one| (one.id.as_str(), one)).collect()
    }

    /// The sum of the resource values that are for today; none without any.
    fn value(&self, quantity: Quantity) -> Result<Option<Amount>, MetricError> {
        let by_id = self.values(quantity);
        let unnamed = || by_id.values().find(|one| one.metric.is_none());
        if !by_id.is_empty()
            && let Some(record) = unnamed()
            && self.is_one_of_several()
        {
            return Err(MetricError::Wrong(format!(
                "the resource value {} names no metric, and several metrics of the product take one; enter its metric_group and \
                 license_metric",
                record.id
            )));
        }
        let mut sum = None;
        for value in by_id.values() {
            sum = Some(sum.unwrap_or(Amount::ZERO).plus(units_of(value)?).ok_or(MetricError::TooLarge)?);
        }
        Ok(sum)
    }

    /// Activated cores by the machines with the product, where nobody measured them; none where a fact is missing.
    fn cores(&self) -> Option<u64> {
        let mut by_place: BTreeMap<Premises<'a>, BTreeSet<u32>> = BTreeMap::new();
        let place = if is_full_capacity(self.channel.metric) { premises_of_server } else { premises };
        for one in self.open.iter().filter_map(|place| self.uses.all.get(*place)) {
            by_place.entry(place(self.site, one.device)).or_default().insert(one.device);
        }
        let one = |(place, devices)| {
            let inputs = Machines { devices, ..Machines::default() }.inputs(self.site, self.channel, place, Layer::Physical);
            activated_cores(&inputs, self.channel.metric).ok()
        };
        by_place.into_iter().map(one).try_fold(0_u64, |sum, cores| Some(sum.saturating_add(cores?)))
    }

    /// Other metrics of the product's entitlements that take resource values: a value that names no metric cannot be of each.
    fn is_one_of_several(&self) -> bool {
        let estate = self.site.estate;
        let same = |one: &str, other: &str| one.trim().eq_ignore_ascii_case(other.trim());
        let takes = |name: &MetricName| {
            let custom = estate
                .custom_metrics
                .iter()
                .any(|one| same(&one.name.group, &name.group) && same(&one.name.metric, &name.metric));
            let metric = find(&name.group, &name.metric).ok();
            let is_own = metric.map_or_else(
                || same(&name.group, self.channel.group) && same(&name.metric, self.channel.metric),
                |known| known.name == self.channel.metric && same(&name.group, self.channel.group),
            );
            !is_own && (custom || metric.is_some_and(|known| known.inputs.contains(&Input::ResourceValue)))
        };
        let of_product = estate.entitlements.iter().filter(|one| self.is_of_product(one.model));
        of_product.filter(|one| one.state == InstallStatus::InUse).any(|one| takes(&one.metric))
    }
}

/// The units of a resource value.
fn units_of(value: &super::record::ResourceValue) -> Result<Amount, MetricError> {
    let units = u64::try_from(value.units.ten_thousandths())
        .map_err(|_| MetricError::Wrong(format!("the resource value {} is below zero", value.id)))?;
    Ok(Amount::ratio(units, std::num::NonZeroU64::MIN.saturating_add(9_999)))
}

/// Numbers are added; each name counts once.
fn size<'a: 'b, 'b>(records: impl Iterator<Item = &'b Audience<'a>>) -> u64 {
    let (mut unnamed, mut names) = (0_u64, BTreeSet::new());
    for record in records {
        match record {
            Audience::Count(count) => unnamed = unnamed.saturating_add(*count),
            Audience::Names(some) => names.extend(some.iter().copied()),
        }
    }
    unnamed.saturating_add(names.len() as u64)
}

fn audience<'a, T>(clients: &Clients<T>, name: impl Fn(&T) -> Option<&'a str>) -> Audience<'a> {
    match clients {
        Clients::Count(count) => Audience::Count(*count),
        Clients::Named(names) => Audience::Names(names.iter().filter_map(name).collect()),
    }
}
