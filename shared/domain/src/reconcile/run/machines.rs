//! Metrics by the facts of machines: what each host, machine, partition or cluster needs.

use std::collections::{BTreeMap, BTreeSet};

use super::channel::{Channel, Kind};
use super::demand::{Demand, Demands, Told, Whom, attributes};
use super::facts::{Machines, Premises, Standing, premises, premises_of_server};
use super::machine_names::Names;
use super::missing::told;
use super::mix::most_for_a_right;
use super::site::Site;
use super::uses::{Use, Uses};
use super::warning::Warning;
use crate::metric::inputs::{AggregationLevel, Layer};
use crate::metric::vmware::VvepLimits;
use crate::metric::{Amount, Answer, Detail, Metric, MetricError, Object, Part};

/// What one metric asks of machines.
struct Counting<'a, 'b> {
    site: &'b Site<'a>,
    uses: &'b Uses,
    channel: &'b Channel<'a>,
    metric: &'static Metric,
    demands: Demands,
    /// Uses by device, of the edition that is looked at.
    here: BTreeMap<u32, Vec<usize>>,
    /// The newest model of them.
    newest: u32,
    standing: Standing,
    /// Devices whose facts are missing, and the first reason.
    unknown: (usize, Option<String>),
}

/// What machines need.
pub(super) fn machines<'a>(site: &Site<'a>, uses: &Uses, open: &[usize], channel: &Channel<'a>, standing: Standing) -> Demands {
    let Kind::Machines(metric) = channel.kind else { return Demands::default() };
    // What the rights may be used for is one whatever its edition, since it is counted as theirs.
    let is_theirs = |model: u32| channel.edition.is_some() && channel.licenses(model);
    let found = || open.iter().filter_map(|place| uses.all.get(*place).map(|one| (place, one)));
    let newest = newest(site, found().map(|(_, one)| one).filter(|one| is_theirs(one.model)));
    let mut lanes: BTreeMap<Option<u32>, BTreeMap<u32, Vec<usize>>> = BTreeMap::new();
    for (place, one) in found() {
        let lane = site.lane(one.model);
        // An older version goes with the newer one of the same edition on its device.
        let lane = Some(lane).filter(|_| !is_theirs(one.model) && !goes_along(site, &newest, one));
        lanes.entry(lane).or_default().entry(one.device).or_default().push(*place);
    }
    let (here, demands) = (BTreeMap::new(), Demands::default());
    let mut counting = Counting { site, uses, channel, metric, demands, here, newest: u32::MAX, standing, unknown: (0, None) };
    for (lane, here) in lanes {
        counting.here = here;
        counting.lane(channel.edition.filter(|_| lane.is_none()));
    }
    let Counting { mut demands, unknown: (devices, why), .. } = counting;
    if (channel.group, channel.metric) == ("Microsoft", "Per Core") {
        demands.list = most_for_a_right(demands.list, channel.assured);
    }
    if let Some(why) = why {
        demands.warn(Warning::MissingFacts { metric: channel.name(), devices, why });
    }
    demands.told = Told::of("hosts, machines or clusters with it", metric.formula);
    demands
}

/// The newest versions on devices, by device and edition, as far as the age of each goes.
pub(super) type Newest = BTreeMap<(u32, u32), u32>;

pub(super) fn newest<'u>(site: &Site<'_>, uses: impl Iterator<Item = &'u Use>) -> Newest {
    let mut newest = Newest::new();
    for one in uses {
        let known = newest.entry((one.device, site.lane(one.model))).or_default();
        *known = (*known).max(site.age(one.model));
    }
    newest
}

/// Whether a newer version of the same edition is on the same device.
pub(super) fn goes_along(site: &Site<'_>, newest: &Newest, one: &Use) -> bool {
    newest.get(&(one.device, site.lane(one.model))).is_some_and(|newest| site.age(one.model) < *newest)
}

impl<'a> Counting<'a, '_> {
    /// Counts what is there, as an edition where the rights are for one.
    fn lane(&mut self, edition: Option<&'a str>) {
        let newest = self.here.values().flatten().filter_map(|place| self.uses.all.get(*place)).map(|one| one.model);
        let Some(newest) = newest.max_by_key(|model| self.site.age(*model)) else { return };
        self.newest = newest;
        let model = self.site.model(newest);
        let all = Machines {
            devices: BTreeSet::new(),
            version: None,
            edition: edition.or_else(|| model.and_then(|model| model.edition.as_deref())),
            family: edition.or_else(|| model.and_then(|model| model.family.as_deref())),
            attributes: attributes(self.site, newest, self.channel),
            standing: self.standing.clone(),
        };
        let mut by_place: BTreeMap<Premises<'a>, BTreeSet<u32>> = BTreeMap::new();
        for device in self.here.keys() {
            let place = if self.standing.full_capacity { premises_of_server } else { premises };
            by_place.entry(place(self.site, *device)).or_default().insert(*device);
        }
        for (premises, devices) in by_place {
            let cores = matches!(self.channel.metric, "Per Core" | "Per Core (with CAL)");
            if self.channel.group == "Microsoft" && cores {
                for devices in self.by_host(&devices) {
                    let version = self.version(&devices);
                    self.layers(&Machines { version, ..all.of(devices) }, premises);
                }
            } else {
                self.count(&all.of(devices), premises, true);
            }
        }
    }

    /// The newest version on devices, by which older ones are counted, too.
    fn version(&self, devices: &BTreeSet<u32>) -> Option<&'a str> {
        let uses = devices.iter().filter_map(|device| self.here.get(device)).flatten();
        let models = uses.filter_map(|place| self.uses.all.get(*place)).map(|one| one.model);
        let newest = models.max_by_key(|model| self.site.age(*model))?;
        self.site.model(newest)?.version.as_deref()
    }

    /// Devices by the host that they are or run on; those whose host is not known stand alone.
    fn by_host(&self, devices: &BTreeSet<u32>) -> Vec<BTreeSet<u32>> {
        let mut hosts: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for device in devices {
            hosts.entry(self.site.host_of(*device).unwrap_or(*device)).or_default().insert(*device);
        }
        hosts.into_values().collect()
    }

    fn evaluate(&self, machines: &Machines<'a>, premises: Premises<'a>, layer: Layer) -> Result<Answer<'a>, MetricError> {
        let inputs = machines.inputs(self.site, self.channel, premises, layer);
        self.metric.evaluate(&inputs, &self.site.estate.factors)
    }

    /// Microsoft's cores: a host is licensed as a whole or machine by machine, whichever needs fewer rights. Where it may not be
    /// licensed as a whole, what runs on it directly is licensed by the cores of the host, and each machine by itself.
    fn layers(&mut self, machines: &Machines<'a>, premises: Premises<'a>) {
        let only = self.standing.only;
        let server = machines.devices.first().map(|device| self.site.host_of(*device).unwrap_or(*device));
        // A host that has its rights is not licensed again: what is left there is beyond what it allows.
        if server.is_some_and(|server| self.standing.servers.contains(&(server, self.site.product_of(self.newest)))) {
            machines.devices.iter().for_each(|machine| self.further(*machine, None));
            return;
        }
        let alone = machines.devices.iter().all(|device| self.site.host_of(*device).is_none());
        let is_machine = |device: &u32| {
            self.site.device(*device).is_some_and(|one| one.kind != super::device::DeviceKind::Physical || one.cloud)
        };
        let virtual_only = machines.devices.iter().all(is_machine);
        let by_host = (!virtual_only || !alone) && only != Some(Layer::Virtual);
        let physical = by_host.then(|| self.evaluate(machines, premises, Layer::Physical));
        let by_machine = virtual_only && only != Some(Layer::Physical);
        let virtually = by_machine.then(|| self.evaluate(machines, premises, Layer::Virtual));
        if !virtual_only && matches!(&physical, Some(Ok(answer)) if answer.denied.is_some()) {
            let (on_it, itself): (BTreeSet<u32>, BTreeSet<u32>) = machines.devices.iter().copied().partition(is_machine);
            if !on_it.is_empty() && !itself.is_empty() {
                self.layers(&machines.of(itself), premises);
                if only.is_none() {
                    self.layers(&machines.of(on_it), premises);
                }
                return;
            }
        }
        // What may not be licensed machine by machine may be on a host that has its rights: as long as nobody knows, that is not known.
        if alone && premises == Premises::Own && matches!(&virtually, Some(Ok(answer)) if answer.denied.is_some()) {
            let first = machines.devices.first().and_then(|device| self.site.device(*device));
            let object = first.map(|device| device.id.clone()).unwrap_or_default();
            self.lack(&machines.devices, &MetricError::MissingOf { field: "the host (host)", object });
            return;
        }
        let cost = |answer: &Option<Result<Answer<'a>, MetricError>>| match answer {
            Some(Ok(answer)) if answer.denied.is_none() => answer.required.map(Amount::ceil),
            _ => None,
        };
        let chosen = match (cost(&physical), cost(&virtually)) {
            (Some(host), Some(machine)) => {
                if host <= machine {
                    physical
                } else {
                    virtually
                }
            }
            (Some(_), None) => physical,
            (None, Some(_)) => virtually,
            // What may not be licensed says why before what is not known.
            (None, None) => match (physical, virtually) {
                (Some(Err(error)), Some(Ok(_))) | (Some(Err(error)), None) => Some(Err(error)),
                (physical, virtually) => virtually.or(physical),
            },
        };
        match chosen {
            Some(Ok(answer)) => self.take(machines, &answer),
            Some(Err(error)) => self.lack(&machines.devices, &error),
            None => {}
        }
    }

    /// Counts machines together; where a fact is missing, without those that it is missing of.
    fn count(&mut self, machines: &Machines<'a>, premises: Premises<'a>, again: bool) {
        match self.evaluate(machines, premises, Layer::Physical) {
            Ok(answer) => self.take(machines, &answer),
            Err(error) => {
                let mut good = BTreeSet::new();
                for devices in self.by_host(&machines.devices) {
                    match self.evaluate(&machines.of(devices.clone()), premises, Layer::Physical) {
                        Ok(_) if again => good.extend(devices),
                        Ok(_) => self.lack(&devices, &error),
                        Err(error) => self.lack(&devices, &error),
                    }
                }
                if !good.is_empty() {
                    self.count(&machines.of(good), premises, false);
                }
            }
        }
    }

    fn places(&self, devices: &BTreeSet<u32>) -> Vec<usize> {
        devices.iter().filter_map(|device| self.here.get(device)).flatten().copied().collect()
    }

    fn lack(&mut self, devices: &BTreeSet<u32>, error: &MetricError) {
        self.unknown.0 += devices.len();
        let uses = self.places(devices);
        self.demands.unknown.extend(uses);
        let why = told(self.site, error);
        self.unknown.1.get_or_insert(why);
    }

    /// Makes demands of the parts of an answer. Their rights are rounded up as they add up, so that they are the whole together.
    fn take(&mut self, machines: &Machines<'a>, answer: &Answer<'a>) {
        if let Some(why) = &answer.denied {
            let (metric, devices) = (self.channel.name(), machines.devices.len());
            self.demands.warn(Warning::Denied { metric, why: why.to_string(), devices });
            return;
        }
        let mut left = machines.devices.clone();
        let further: BTreeMap<&str, u64> = answer.parts.iter().filter_map(further).collect();
        let (mut sum, mut before) = (Amount::ZERO, 0_u64);
        let mut names = Names::new(self.site, &left);
        let mut parts: Vec<(BTreeSet<u32>, Amount)> = Vec::new();
        let mut beside: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        for hosts in self.together(answer, &names) {
            let mut one = (BTreeSet::new(), Amount::ZERO);
            for part in hosts {
                one.0.extend(names.take(part.object, &mut left));
                let Some(rights) = one.1.plus(part.rights) else {
                    self.lack(&machines.devices, &MetricError::TooLarge);
                    return;
                };
                one.1 = rights;
                if let Object::Host(name) = part.object
                    && let Some(count) = further.get(name)
                {
                    beside.insert(parts.len(), self.last_machines(&mut one.0, *count));
                }
            }
            parts.push(one);
        }
        // What a metric counts as a whole, and names no machine of, is behind the first part that names none.
        let unnamed = parts.iter_mut().find(|(devices, rights)| devices.is_empty() && *rights > Amount::ZERO);
        if let Some((devices, _)) = unnamed {
            devices.append(&mut left);
        }
        if answer.parts.is_empty() && answer.required.is_some_and(|required| required > Amount::ZERO) {
            parts.push((std::mem::take(&mut left), answer.required.unwrap_or(Amount::ZERO)));
        }
        for (place, (devices, rights)) in parts.into_iter().enumerate() {
            let Some(added) = sum.plus(rights) else {
                self.lack(&devices, &MetricError::TooLarge);
                continue;
            };
            sum = added;
            let rights = sum.ceil().saturating_sub(before);
            before = sum.ceil();
            self.demand(&devices, rights);
            let after = self.demands.list.len().checked_sub(1);
            for machine in beside.remove(&place).into_iter().flatten() {
                self.further(machine, after);
            }
        }
        self.beyond(answer, &mut left);
        if !left.is_empty() {
            let first = left.first().copied();
            let is_lost = first.is_some_and(|device| self.site.host_of(device).is_none());
            let field = if is_lost { "the host (host)" } else { "the host, or what the metric counts of it," };
            let object = first.and_then(|device| self.site.device(device)).map(|device| device.id.clone()).unwrap_or_default();
            self.lack(&left, &MetricError::MissingOf { field, object });
        }
    }

    /// Takes so many machines out of those on a host, the last ones.
    fn last_machines(&self, devices: &mut BTreeSet<u32>, count: u64) -> Vec<u32> {
        let mut on_it: Vec<u32> = devices.iter().copied().filter(|device| self.site.host_of(*device).is_some()).collect();
        // What has rights of its own by name needs none of the host's.
        on_it.sort_by_key(|device| self.standing.named.contains(device));
        let kept = on_it.len().saturating_sub(usize::try_from(count).unwrap_or(usize::MAX));
        let last: Vec<u32> = on_it.into_iter().skip(kept).collect();
        last.iter().for_each(|device| _ = devices.remove(device));
        last
    }

    /// A machine that needs a right beside those of its host.
    fn further(&mut self, machine: u32, after: Option<usize>) {
        self.demand(&BTreeSet::from([machine]), 1);
        if let Some(demand) = self.demands.list.last_mut() {
            demand.after = after;
        }
    }

    /// Marks what a product is not for; a host that it is not for at all stays open.
    fn beyond(&mut self, answer: &Answer<'a>, left: &mut BTreeSet<u32>) {
        let Detail::Cores { unlicensed: cores, beyond, .. } = &answer.detail else { return };
        if beyond.is_empty() {
            return;
        }
        let VvepLimits { hosts, processors, cores: each } = self.site.estate.factors.vmware.vvep.value;
        let limits = format!("{hosts} hosts, {processors} processors, {each} cores each");
        self.demands.warn(Warning::BeyondLimits { metric: self.channel.name(), cores: *cores, hosts: beyond.len(), limits });
        for (name, cores) in beyond {
            let Some(host) = self.site.device_named(name) else { continue };
            if !left.remove(&host)
                && let Some(demand) = self.demands.list.iter_mut().find(|demand| demand.whom == Whom::Device(host))
            {
                demand.beyond = *cores;
            }
        }
    }

    /// The parts of an answer, those together that cannot be licensed one without the other: hosts without the product, to which
    /// machines may move, with the hosts that these are on.
    fn together<'d>(&self, answer: &'d Answer<'a>, names: &Names<'a>) -> Vec<Vec<&'d Part<'a>>> {
        let site = self.site;
        let place = |part: &Part<'a>| {
            let Object::Host(name) = part.object else { return None };
            let host = site.device_named(name).and_then(|rank| site.device(rank))?;
            let by_vcenter = self.channel.group == "Oracle" && site.estate.settings.oracle_level == AggregationLevel::VCenter;
            Some(if by_vcenter { host.vcenter.as_deref().unwrap_or_default() } else { host.cluster.as_deref()? })
        };
        let is_empty = |part: &Part<'a>| matches!(part.object, Object::Host(name) if !names.hosts.contains_key(name));
        let wide: BTreeSet<&str> = answer.parts.iter().filter(|part| is_empty(part)).filter_map(place).collect();
        let mut found: Vec<Vec<&Part<'a>>> = Vec::new();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        for part in answer.parts.iter().filter(|part| further(part).is_none()) {
            let Some(name) = place(part).filter(|name| wide.contains(name)) else {
                found.push(vec![part]);
                continue;
            };
            let known = *places.entry(name).or_insert_with(|| {
                found.push(Vec::new());
                found.len() - 1
            });
            if let Some(parts) = found.get_mut(known) {
                parts.push(part);
            }
        }
        found
    }

    fn demand(&mut self, devices: &BTreeSet<u32>, rights: u64) {
        let uses = self.places(devices);
        let models = uses.iter().filter_map(|place| self.uses.all.get(*place)).map(|one| one.model);
        let newest = models.max_by_key(|model| self.site.age(*model));
        // A part of a right that an earlier machine has begun is that machine's.
        if rights == 0
            && newest.is_some()
            && let Some(last) = self.demands.list.last_mut()
        {
            last.uses.extend(uses);
            return;
        }
        let first = devices.first().copied();
        let host = first.map(|device| self.site.host_of(device).unwrap_or(device));
        let whom = match (devices.len(), first, host) {
            (1, Some(device), _) => Whom::Device(device),
            (_, Some(first), Some(host)) if devices.iter().all(|one| self.site.host_of(*one).unwrap_or(*one) == host) => {
                let _ = first;
                Whom::Device(host)
            }
            (_, Some(first), _) => Whom::Together(first),
            _ => Whom::Unnamed,
        };
        let lane = self.here.values().flatten().filter_map(|place| self.uses.all.get(*place)).map(|one| one.model);
        let Some(model) = newest.or_else(|| lane.max_by_key(|model| self.site.age(*model))) else { return };
        let organisation = first.map_or(0, |device| self.site.organisation_of_device(host.unwrap_or(device)));
        self.demands.list.push(Demand {
            whom,
            model,
            any_version: false,
            organisation,
            rights,
            uses,
            clients: 0,
            beyond: 0,
            after: None,
        });
    }
}

/// What a host's machines need beyond those that it allows, by its name.
fn further<'a>(part: &Part<'a>) -> Option<(&'a str, u64)> {
    if let Object::Further(name) = part.object { Some((name, part.rights.ceil())) } else { None }
}
