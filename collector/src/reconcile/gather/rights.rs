//! Who has rights, who may use them, and what else they are good for.
//!
//! In: allocations, consumption rules, downgrade rights, upgrades and related entitlements. Out: the same on the entitlements of the
//! estate. An allocation whose entitlement has a condition counts only where the condition is met.

use super::{
    conditions::{Conditions, Wanted},
    organisation::Organisations,
    places::{Book, Places, small, text},
};
use muster_domain::{
    reconcile::{
        Organisation, Unit,
        run::{Allocation, ConsumptionRule, Downgrade, Entitlement, Holder},
    },
    record::{
        Library as _, Values,
        kinds::{
            allocation::ALLOCATIONS,
            consumption::{CONSUMPTION_RULES, ENTITLEMENT_CONSUMPTION_RULES},
            entitlement::ENTITLEMENTS,
            rights::{DOWNGRADE_RIGHTS, RELATED_ENTITLEMENTS, UPGRADED_ENTITLEMENTS},
        },
    },
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The agreement type that brings no downgrade rights of the model (domain 6.6).
const GENERIC: &str = "Generic";

/// The places of what allocations name.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) users: &'a Places,
    pub(super) devices: &'a Places,
    pub(super) hosts: &'a Places,
    pub(super) models: &'a Places,
    pub(super) entitlements: &'a Places,
}

/// Wants the conditions of entitlements of whoever has an allocation of them.
pub(super) fn want(book: Book<'_>, wanted: &mut Wanted) {
    for (_, values) in book.stored(&ALLOCATIONS) {
        let (of_users, of_devices) = conditions(book, values);
        if let (Some(condition), Some(user)) = (of_users, values.id("assigned_to_user")) {
            wanted.of_user(&condition, user);
        }
        if let (Some(condition), Some(asset)) = (of_devices, asset_of(book, values)) {
            wanted.of_asset(&condition, asset);
        }
    }
}

/// The assigned and the allocated condition of the entitlement of an allocation.
fn conditions(book: Book<'_>, allocation: &Values) -> (Option<String>, Option<String>) {
    let entitlement = allocation.id("software_entitlement").and_then(|id| book.shelf.record(ENTITLEMENTS.path, id));
    let of = |field: &str| entitlement.and_then(|values| text(values, field));
    (of("assigned_condition"), of("allocated_condition"))
}

/// The asset that rights are allocated to, itself or by its host.
fn asset_of(book: Book<'_>, allocation: &Values) -> Option<Uuid> {
    let host = || book.shelf.record("hosts", allocation.id("assigned_to_host")?)?.id("device");
    allocation.id("assigned_to_device").or_else(host)
}

pub(super) fn allocations(
    book: Book<'_>,
    known: Known<'_>,
    conditions_met: &Conditions,
    notes: &mut Vec<String>,
) -> Vec<Allocation> {
    let mut allocations = Vec::new();
    for (id, values) in book.all(&ALLOCATIONS) {
        let Some(entitlement) = known.entitlements.of(&values, "software_entitlement") else { continue };
        let cluster = || text(&values, "assigned_to_cluster").map(Holder::Cluster);
        let user = known.users.of(&values, "assigned_to_user").map(Holder::User);
        let device = known.devices.of(&values, "assigned_to_device").or_else(|| known.hosts.of(&values, "assigned_to_host"));
        let Some(holder) = user.or(device.map(Holder::Device)).or_else(cluster) else {
            notes.push(format!("the allocation {id} is to nobody who is here: a retired device, or a host or user that is gone"));
            continue;
        };
        let (of_users, of_devices) = conditions(book, &values);
        let meets = match &holder {
            Holder::User(_) => of_users.is_none_or(|condition| {
                values.id("assigned_to_user").is_some_and(|user| conditions_met.user_meets(&condition, user))
            }),
            Holder::Device(_) | Holder::Cluster(_) => of_devices.is_none_or(|condition| {
                asset_of(book, &values).is_some_and(|asset| conditions_met.asset_meets(&condition, asset))
            }),
        };
        let quantity = values.count("quantity").unwrap_or(1);
        allocations.push(Allocation { id: id.to_string(), entitlement, holder, quantity, meets_conditions: meets });
    }
    allocations
}

/// Puts rules, downgrades, upgrades and maintenance on entitlements.
pub(super) fn complete(book: Book<'_>, known: Known<'_>, organisations: &Organisations<'_>, entitlements: &mut [Entitlement]) {
    rules(book, known, organisations, entitlements);
    downgrades(book, known, entitlements);
    for (_, values) in book.all(&UPGRADED_ENTITLEMENTS) {
        let of = |field: &str| known.entitlements.of(&values, field);
        if let (Some(to), Some(from)) = (of("software_entitlement"), of("from_entitlement"))
            && let Some(entitlement) = entitlements.get_mut(to as usize)
        {
            entitlement.upgrades.push((from, values.count("number_of_rights").unwrap_or_default()));
        }
    }
    for (_, values) in book.all(&RELATED_ENTITLEMENTS) {
        let of = |field: &str| known.entitlements.of(&values, field);
        let (Some(maintenance), Some(base)) = (of("related_entitlement"), of("software_entitlement")) else { continue };
        if let Some(entitlement) = entitlements.get_mut(maintenance as usize) {
            entitlement.maintains.push((base, values.count("active_rights").unwrap_or_default()));
        }
    }
}

fn rules(book: Book<'_>, known: Known<'_>, organisations: &Organisations<'_>, entitlements: &mut [Entitlement]) {
    let rules: BTreeMap<Uuid, Values> = book.all(&CONSUMPTION_RULES).collect();
    for (_, values) in book.all(&ENTITLEMENT_CONSUMPTION_RULES) {
        let Some(place) = known.entitlements.of(&values, "software_entitlement") else { continue };
        let rule = values.id("consumption_rule").and_then(|id| rules.get(&id));
        let rule = rule.and_then(|rule| consumption_rule(rule, &organisations.of_record(rule), values.count("license_pool")));
        if let (Some(entitlement), Some(rule)) = (entitlements.get_mut(place as usize), rule) {
            entitlement.rules.push(rule);
        }
    }
}

/// A rule of several fields holds where all of them do. One without any field is no rule.
fn consumption_rule(values: &Values, organisation: &Organisation, pool: Option<u64>) -> Option<ConsumptionRule> {
    let children = |unit: Unit| match unit {
        Unit::Company => values.is("include_child_companies"),
        Unit::Department => values.is("include_child_departments"),
        Unit::CostCenter => values.is("include_child_cost_centers"),
        Unit::Country | Unit::Region => false,
    };
    let one = |unit: Unit| {
        Some(ConsumptionRule {
            unit,
            value: organisation.get(unit)?.to_owned(),
            include_children: children(unit),
            pool,
            active: values.is("active"),
            and: Vec::new(),
        })
    };
    let mut parts = Unit::ALL.into_iter().filter_map(one);
    let first = parts.next()?;
    Some(ConsumptionRule { and: parts.collect(), ..first })
}

/// Downgrade rights of each entitlement: its own, and those of its model where its agreement brings them and it has none for that
/// target.
fn downgrades(book: Book<'_>, known: Known<'_>, entitlements: &mut [Entitlement]) {
    let mut of_models: BTreeMap<u32, Vec<Downgrade>> = BTreeMap::new();
    for (_, values) in book.all(&DOWNGRADE_RIGHTS) {
        let Some(target) = known.models.of(&values, "software_model") else { continue };
        let downgrade = Downgrade {
            target,
            order: small(&values, "order").unwrap_or(1),
            active: values.is("active"),
            start: values.date("start_date"),
            end: values.date("end_date"),
        };
        match (values.id("software_entitlement"), known.models.of(&values, "from_model")) {
            (Some(entitlement), _) => {
                let entitlement = known.entitlements.get(entitlement).and_then(|place| entitlements.get_mut(place as usize));
                if let Some(entitlement) = entitlement {
                    entitlement.downgrades.push(downgrade);
                }
            }
            (None, Some(model)) => of_models.entry(model).or_default().push(downgrade),
            (None, None) => {}
        }
    }
    for entitlement in entitlements.iter_mut().filter(|entitlement| entitlement.agreement_type != GENERIC) {
        let own: Vec<u32> = entitlement.downgrades.iter().map(|downgrade| downgrade.target).collect();
        let of_model = of_models.get(&entitlement.model).into_iter().flatten();
        entitlement.downgrades.extend(of_model.filter(|downgrade| !own.contains(&downgrade.target)).cloned());
    }
}
