//! A product's result as the store keeps it: positions one after the other, the rows behind each, what may go, what can be done.
//!
//! In: a result, which speaks of places, and the ids behind them. Out: records. It decides nothing.

use chrono::{DateTime, Utc};
use muster_domain::reconcile::run::{
    Candidate, Figures, Member, MetricResult, Model, ModelResult, Money, ProductResult, Remedy, Status,
};
use uuid::Uuid;

use super::{gather::MachineId, identity};
use crate::store::{
    ports::{MEMBERS_AT_ONCE, MemberChunk},
    records::{CandidateRecord, MemberRecord, PositionRecord, RemedyRecord, Tier},
};

/// The ids behind the places of an estate.
pub(super) struct Ids {
    pub(super) devices: Vec<Uuid>,
    pub(super) users: Vec<Uuid>,
    pub(super) models: Vec<Uuid>,
    /// What each model is called.
    pub(super) names: Vec<String>,
    pub(super) entitlements: Vec<Uuid>,
}

impl Ids {
    /// Of an estate's rows: devices, users, models, entitlements. A model that is not called anything is called by what it is.
    pub(super) fn of(
        (devices, users, models, entitlements): (Vec<MachineId>, Vec<Uuid>, Vec<Uuid>, Vec<Uuid>),
        estate: &[Model],
        called: impl Fn(Uuid) -> Option<String>,
    ) -> Self {
        let name = |(place, id): (usize, &Uuid)| {
            let known = called(*id).filter(|name| *name != id.to_string());
            known.or_else(|| estate.get(place).map(model_name)).unwrap_or_default()
        };
        let names = models.iter().enumerate().map(name).collect();
        let id = |device| match device {
            MachineId::Asset(asset) => asset.0,
            MachineId::Host(record) => record,
        };
        Self { devices: devices.into_iter().map(id).collect(), users, models, names, entitlements }
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
        let ProductResult { publisher, product, group, figures, status, models, warnings } = result;
        let of = Of { publisher: &publisher, product: &product, grouping: &group };
        let mut flat = Flat::default();
        let number = self.take();
        let place = flat.positions.len();
        flat.positions.push(PositionRecord {
            warnings: warnings.iter().map(ToString::to_string).collect(),
            why: product_sentence(&figures, models.len()),
            ..self.position(&of, number, None, (Tier::Product, status), figures)
        });
        for model in models {
            self.model(&of, number, model, &mut flat);
        }
        let all = flat.positions.iter().fold(0_u64, |sum, one| sum.saturating_add(one.members));
        let last = self.next.saturating_sub(1);
        if let Some(product) = flat.positions.get_mut(place) {
            (product.last, product.all_members) = (last, all);
        }
        flat
    }

    fn model(&mut self, of: &Of<'_>, parent: u32, result: ModelResult, flat: &mut Flat) {
        let ModelResult { model, figures, status, metrics, members, remedies, candidates, why } = result;
        let Some(id) = at(&self.ids.models, model) else { return };
        let name = at(&self.ids.names, model).unwrap_or_default();
        let number = self.take();
        let place = flat.positions.len();
        let own = self.members(number, &members, flat);
        flat.positions.push(PositionRecord {
            model: Some(id),
            model_name: Some(name.clone()),
            why,
            members: own,
            ..self.position(of, number, Some(parent), (Tier::Model, status), figures)
        });
        for metric in metrics {
            self.metric(of, number, (id, &name), metric, flat);
        }
        let all = flat.positions.iter().skip(place).fold(0_u64, |sum, one| sum.saturating_add(one.members));
        let last = self.next.saturating_sub(1);
        if let Some(model) = flat.positions.get_mut(place) {
            (model.last, model.all_members) = (last, all);
        }
        flat.candidates.extend(candidates.iter().filter_map(|one| self.candidate(of, one)));
        flat.remedies.extend(remedies.into_iter().map(|one| self.remedy(of, id, one)));
    }

    fn metric(&mut self, of: &Of<'_>, parent: u32, (model, name): (Uuid, &str), result: MetricResult, flat: &mut Flat) {
        let MetricResult {
            group,
            metric,
            maintenance,
            unlimited,
            figures,
            average_price,
            spend,
            status,
            why,
            members,
            entitlements,
        } = result;
        let number = self.take();
        let members = self.members(number, &members, flat);
        flat.positions.push(PositionRecord {
            model: Some(model),
            model_name: Some(name.to_owned()),
            metric_group: Some(group),
            metric: Some(metric),
            maintenance,
            unlimited,
            average_price,
            spend,
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
            model: at(&self.ids.models, model)?,
            disposition,
            entitlement: entitlement.and_then(|place| at(&self.ids.entitlements, place)),
            rights,
            count,
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
        let Remedy { kind, metric, maintenance, count, cost } = one;
        RemedyRecord {
            id: identity::remedy(model, of.grouping, kind, &metric, maintenance),
            revision: 1,
            model,
            publisher: of.publisher.to_owned(),
            product: of.product.to_owned(),
            grouping: of.grouping.to_vec(),
            kind,
            metric_group: metric.group,
            metric: metric.metric,
            maintenance,
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

fn product_sentence(figures: &Figures, models: usize) -> String {
    let models = if models == 1 { "its software model".to_owned() } else { format!("its {models} software models") };
    let mut text = format!(
        "The sums over {models}: {} rights owned, {} used, {} needed, {} installs, subscriptions and clients not licensed",
        figures.owned,
        figures.used(),
        figures.needed,
        figures.unlicensed
    );
    text.push_str(". Each model has its own sentence.");
    text
}

fn at<T: Clone>(list: &[T], place: u32) -> Option<T> {
    list.get(usize::try_from(place).ok()?).cloned()
}
