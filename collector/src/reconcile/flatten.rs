//! A product's result as the store keeps it: positions one after the other, the rows behind each, what may go, what can be done.
//!
//! In: a result, which speaks of places, and the ids behind them. Out: records. It decides nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use muster_domain::reconcile::run::{
    Candidate, Disposition, Estate, Figures, Member, MetricResult, Model, ModelResult, Money, ProductResult, Remedy, Status,
    Warning,
};
use uuid::Uuid;

use super::{
    gather::{Correction, MachineId},
    identity,
};
use crate::store::{
    ports::{MEMBERS_AT_ONCE, MemberChunk},
    records::{CandidateRecord, CorrectionRecord, MemberRecord, PositionRecord, RemedyRecord, Tier},
};

/// The ids behind the places of an estate.
pub(super) struct Ids {
    pub(super) devices: Vec<Uuid>,
    pub(super) users: Vec<Uuid>,
    pub(super) models: Vec<Uuid>,
    /// What each model is called.
    pub(super) names: Vec<String>,
    pub(super) entitlements: Vec<Uuid>,
    /// What was corrected of each machine, also of the host that it runs on.
    pub(super) corrections: BTreeMap<u32, Vec<CorrectionRecord>>,
}

impl Ids {
    /// Of an estate's rows: devices, users, models, entitlements. A model that is not called anything is called by what it is.
    pub(super) fn of(
        (devices, users, models, entitlements): (Vec<MachineId>, Vec<Uuid>, Vec<Uuid>, Vec<Uuid>),
        estate: &Estate,
        corrections: Vec<Correction>,
        called: impl Fn(Uuid) -> Option<String>,
    ) -> Self {
        let name = |(place, id): (usize, &Uuid)| {
            let known = called(*id).filter(|name| *name != id.to_string());
            known.or_else(|| estate.models.get(place).map(model_name)).unwrap_or_default()
        };
        let names = models.iter().enumerate().map(name).collect();
        let id = |device| match device {
            MachineId::Asset(asset) => asset.0,
            MachineId::Host(record) => record,
        };
        let devices: Vec<Uuid> = devices.into_iter().map(id).collect();
        let corrections = corrected(estate, &devices, corrections);
        Self { devices, users, models, names, entitlements, corrections }
    }
}

/// A product as records.
#[derive(Debug, Default)]
pub(super) struct Flat {
    pub(super) positions: Vec<PositionRecord>,
    pub(super) members: Vec<MemberChunk>,
    pub(super) candidates: Vec<CandidateRecord>,
    pub(super) remedies: Vec<RemedyRecord>,
}

/// Makes records of results, product by product.
pub(super) struct Flattener<'a> {
    pub(super) ids: &'a Ids,
    pub(super) run: u64,
    pub(super) at: DateTime<Utc>,
    /// The number of the next position.
    pub(super) next: u32,
}

/// What the positions of one product share.
struct Of<'a> {
    publisher: &'a str,
    product: &'a str,
    grouping: &'a [String],
}

impl Flattener<'_> {
    pub(super) fn product(&mut self, result: ProductResult) -> Flat {
        let ProductResult { publisher, product, group, figures, status, models, members, warnings } = result;
        let of = Of { publisher: &publisher, product: &product, grouping: &group };
        let mut flat = Flat::default();
        let number = self.take();
        let place = flat.positions.len();
        let own = self.members(number, &members, &mut flat);
        flat.positions.push(PositionRecord {
            warnings: texts(&warnings),
            why: product_sentence(&figures, models.len(), !members.is_empty()),
            members: own,
            ..self.position(&of, number, None, (Tier::Product, status), figures)
        });
        let mut all = own;
        for model in models {
            all = all.saturating_add(self.model(&of, number, model, &mut flat));
        }
        let last = self.next.saturating_sub(1);
        if let Some(product) = flat.positions.get_mut(place) {
            (product.last, product.all_members) = (last, all);
        }
        flat
    }

    /// A model; returns how many rows are behind it. One that several metrics could license is one.
    fn model(&mut self, of: &Of<'_>, parent: u32, result: ModelResult, flat: &mut Flat) -> u64 {
        let ModelResult { model, figures, status, metrics, members, remedies, candidates, warnings, why } = result;
        let Some(id) = at(&self.ids.models, model) else { return 0 };
        let name = at(&self.ids.names, model).unwrap_or_default();
        let number = self.take();
        let place = flat.positions.len();
        let own = self.members(number, &members, flat);
        flat.positions.push(PositionRecord {
            model: Some(id),
            model_name: Some(name.clone()),
            warnings: texts(&warnings),
            why,
            members: own,
            ..self.position(of, number, Some(parent), (Tier::Model, status), figures)
        });
        let metric_rows = metrics.iter().flat_map(|metric| &metric.members);
        let again = metric_rows.filter(|row| row.count == 0 && row.disposition == Disposition::Unlicensed).count() as u64;
        for metric in metrics {
            self.metric(of, number, (id, &name), metric, flat);
        }
        let all = flat.positions.iter().skip(place).fold(0_u64, |sum, one| sum.saturating_add(one.members)).saturating_sub(again);
        let last = self.next.saturating_sub(1);
        if let Some(model) = flat.positions.get_mut(place) {
            (model.last, model.all_members) = (last, all);
        }
        flat.candidates.extend(candidates.iter().filter_map(|one| self.candidate(of, one)));
        flat.remedies.extend(remedies.into_iter().map(|one| self.remedy(of, id, one)));
        all
    }

    fn metric(&mut self, of: &Of<'_>, parent: u32, (model, name): (Uuid, &str), result: MetricResult, flat: &mut Flat) {
        let MetricResult {
            group,
            metric,
            maintenance,
            subscription,
            unlimited,
            figures,
            average_price,
            spend,
            status,
            warnings,
            why,
            members,
            entitlements,
            reserved: _,
        } = result;
        let number = self.take();
        let members = self.members(number, &members, flat);
        flat.positions.push(PositionRecord {
            model: Some(model),
            model_name: Some(name.to_owned()),
            metric_group: Some(group),
            metric: Some(metric),
            maintenance,
            subscription,
            unlimited,
            average_price,
            spend,
            warnings: texts(&warnings),
            why,
            entitlements: entitlements.iter().filter_map(|place| at(&self.ids.entitlements, *place)).collect(),
            members,
            all_members: members,
            ..self.position(of, number, Some(parent), (Tier::Metric, status), figures)
        });
    }

    /// Adds the rows behind a position; returns how many there are.
    fn members(&self, position: u32, members: &[Member], flat: &mut Flat) -> u64 {
        let rows: Vec<MemberRecord> = members.iter().filter_map(|member| self.member(member)).collect();
        for (chunk, rows) in (0_u32..).zip(rows.chunks(MEMBERS_AT_ONCE)) {
            flat.members.push(MemberChunk { position, chunk, rows: rows.to_vec() });
        }
        rows.len() as u64
    }

    fn member(&self, member: &Member) -> Option<MemberRecord> {
        let Member { device, user, model, disposition, entitlement, rights, count } = *member;
        Some(MemberRecord {
            device: device.and_then(|place| at(&self.ids.devices, place)),
            user: user.and_then(|place| at(&self.ids.users, place)),
            model: model.and_then(|model| at(&self.ids.models, model)),
            disposition,
            entitlement: entitlement.and_then(|place| at(&self.ids.entitlements, place)),
            rights,
            count,
            corrections: device.and_then(|place| self.ids.corrections.get(&place).cloned()).unwrap_or_default(),
        })
    }

    fn candidate(&self, of: &Of<'_>, one: &Candidate) -> Option<CandidateRecord> {
        let Candidate { device, user, model, justification, state, rights } = *one;
        let id = at(&self.ids.models, model)?;
        let device = device.and_then(|place| at(&self.ids.devices, place));
        let user = user.and_then(|place| at(&self.ids.users, place));
        Some(CandidateRecord {
            id: identity::candidate(id, device, user, justification),
            revision: 1,
            device,
            user,
            model: id,
            model_name: at(&self.ids.names, model).unwrap_or_default(),
            publisher: of.publisher.to_owned(),
            product: of.product.to_owned(),
            justification,
            rights,
            state,
            run: self.run,
            gone: false,
            found_at: self.at,
            steps: Vec::new(),
        })
    }

    fn remedy(&self, of: &Of<'_>, model: Uuid, one: Remedy) -> RemedyRecord {
        let id = identity::remedy(model, of.grouping, &one);
        let Remedy { kind, metric, maintenance, subscription, count, cost } = one;
        RemedyRecord {
            id,
            revision: 1,
            model,
            publisher: of.publisher.to_owned(),
            product: of.product.to_owned(),
            grouping: of.grouping.to_vec(),
            kind,
            metric_group: metric.group,
            metric: metric.metric,
            maintenance,
            subscription,
            count,
            cost,
            state: Default::default(),
            run: self.run,
            gone: false,
            steps: Vec::new(),
        }
    }

    fn position(
        &self,
        of: &Of<'_>,
        number: u32,
        parent: Option<u32>,
        (tier, status): (Tier, Status),
        figures: Figures,
    ) -> PositionRecord {
        PositionRecord {
            run: self.run,
            number,
            parent,
            last: number,
            at: self.at,
            tier,
            publisher: of.publisher.to_owned(),
            product: of.product.to_owned(),
            grouping: of.grouping.to_vec(),
            model: None,
            model_name: None,
            metric_group: None,
            metric: None,
            maintenance: false,
            subscription: false,
            unlimited: false,
            status,
            figures,
            average_price: None,
            spend: Money::new(),
            why: String::new(),
            warnings: Vec::new(),
            entitlements: Vec::new(),
            members: 0,
            all_members: 0,
        }
    }

    fn take(&mut self) -> u32 {
        let number = self.next;
        self.next = number.saturating_add(1);
        number
    }
}

/// Names of the models of an estate, where a record is not there any more: what the estate calls it.
pub(super) fn model_name(model: &Model) -> String {
    let parts = [Some(model.publisher.as_str()), Some(&model.product), model.version.as_deref(), model.edition.as_deref()];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn texts(warnings: &[Warning]) -> Vec<String> {
    warnings.iter().map(ToString::to_string).collect()
}

fn product_sentence(figures: &Figures, models: usize, without_model: bool) -> String {
    if models == 0 && without_model {
        return format!("{} devices have it, no software model is about it, and no rights are owned.", figures.unlicensed);
    }
    if models == 0 {
        return "Nothing is counted: the warnings say why.".to_owned();
    }
    let models = if models == 1 { "its software model".to_owned() } else { format!("its {models} software models") };
    let rights = if figures.mixed {
        "rights of its metrics are for unlike things and not added".to_owned()
    } else {
        format!(
            "{} rights owned, {} used, {} needed",
            figures.owned,
            figures.used(),
            figures.sure(figures.needed).map_or_else(|| "nobody knows how many".to_owned(), |needed| needed.to_string()),
        )
    };
    let mut text =
        format!("The sums over {models}: {rights}, {} installs, subscriptions and clients not licensed", figures.unlicensed);
    if without_model {
        text.push_str("; also what no software model is about");
    }
    text.push_str(". Each model has its own sentence.");
    text
}

fn at<T: Clone>(list: &[T], place: u32) -> Option<T> {
    list.get(usize::try_from(place).ok()?).cloned()
}

/// What was corrected, by the machines that it matters for: the machine itself, and those that run on it.
fn corrected(estate: &Estate, ids: &[Uuid], corrections: Vec<Correction>) -> BTreeMap<u32, Vec<CorrectionRecord>> {
    let mut found: BTreeMap<u32, Vec<CorrectionRecord>> = BTreeMap::new();
    for Correction { device, field, reported, entered, reason } in corrections {
        let Some(machine) = ids.get(device as usize).copied() else { continue };
        found.entry(device).or_default().push(CorrectionRecord { machine, field: field.to_owned(), reported, entered, reason });
    }
    let on_hosts = (0_u32..).zip(&estate.devices).filter_map(|(place, device)| Some((place, device.host?)));
    let of_hosts: Vec<(u32, Vec<CorrectionRecord>)> =
        on_hosts.filter_map(|(place, host)| Some((place, found.get(&host).filter(|_| host != place)?.clone()))).collect();
    for (place, more) in of_hosts {
        let own = found.entry(place).or_default();
        own.extend(more.into_iter().filter(|one| ids.get(place as usize) != Some(&one.machine)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_domain::reconcile::run::Device;

    #[test]
    fn what_was_corrected_of_a_host_matters_for_what_runs_on_it() {
        let device = |host| Device { host, ..Device::default() };
        let estate = Estate { devices: vec![device(None), device(Some(0)), device(None), device(Some(3))], ..Estate::default() };
        let ids: Vec<Uuid> = (0..4).map(Uuid::from_u128).collect();
        let of = |device, field| Correction {
            device,
            field,
            reported: "2".to_owned(),
            entered: "4".to_owned(),
            reason: Some("two are off".to_owned()),
        };
        let found = corrected(&estate, &ids, vec![of(0, "sockets"), of(1, "threads_per_core")]);
        let told = |place: u32| -> Vec<(u128, &str)> {
            found.get(&place).into_iter().flatten().map(|one| (one.machine.as_u128(), one.field.as_str())).collect()
        };
        assert_eq!(told(0), [(0, "sockets")]);
        assert_eq!(told(1), [(1, "threads_per_core"), (0, "sockets")]);
        assert!(told(2).is_empty() && told(3).is_empty());
        let one = &found[&0][0];
        assert_eq!((one.reported.as_str(), one.entered.as_str(), one.reason.as_deref()), ("2", "4", Some("two are off")));
    }
}
