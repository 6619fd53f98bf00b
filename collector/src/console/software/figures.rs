//! The figures of a position: what each is called, what it counts, and where the rows behind it are.

use super::rows::{NOT_KNOWN, money, rights};
use crate::admin::api::reconcile::PositionView;
use crate::console::render::number;
use std::collections::BTreeMap;

/// A figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) value: String,
    /// What it counts.
    pub(super) help: &'static str,
    /// Where what is behind it stands.
    pub(super) link: Option<String>,
}

/// Every figure of a position, those of rights first; amounts without a value are left out.
pub(super) fn figures(one: &PositionView) -> Vec<Figure> {
    let signed = |value: i64| match value {
        ..0 => format!("−{}", number(value.unsigned_abs())),
        _ => number(value.unsigned_abs()),
    };
    let at = |place: &str| Some(format!("/software/positions/{}{place}", one.id));
    let rows = |how: &str| at(&format!("?how={how}#rows"));
    let entry = |name, value: String, help, link: Option<String>| {
        let link = link.filter(|_| value != "0");
        Figure { name, value, help, link }
    };
    let owned = if one.unlimited { "no limit".to_owned() } else { rights(one.owned, false) };
    let unsure = one.true_up.is_none();
    let mut all = vec![
        entry("Rights owned", owned, "Active rights of the entitlements that are counted.", at("#entitlements")),
        entry("Rights used", rights(one.used, false), "Rights that installs and allocations take up.", at("#rows")),
        entry(
            "Used, in use only",
            rights(one.used_in_report, false),
            "The same without what is allocated and not in use.",
            at("#rows"),
        ),
        entry("Rights available", rights(one.surplus, unsure), "Rights owned that nothing takes up.", None),
        entry("Rights needed", rights(one.needed, unsure), "Rights that have to be bought to license everything.", at("#todo")),
        entry(
            "Not licensed",
            number(one.unlicensed),
            "Installs, subscriptions and clients that no right is left for.",
            rows("unlicensed"),
        ),
        entry(
            "Users without a licence",
            number(one.unlicensed_users),
            "Different users among those who are not licensed.",
            rows("unlicensed"),
        ),
        entry(
            "Allocated and in use",
            rights(one.allocated_in_use, false),
            "Allocated to a user or device that uses it.",
            rows("allocated"),
        ),
        entry(
            "Allocated, not in use",
            rights(one.allocated_not_in_use, false),
            "Allocated to a user or device that does not use it.",
            rows("allocated_not_in_use"),
        ),
        entry("In use, not allocated", rights(one.not_allocated_in_use, false), "Used without an allocation.", at("#rows")),
        entry(
            "Rights not allocated",
            one.not_allocated.map_or_else(|| "–".to_owned(), signed),
            "Rights owned less those allocated; below zero where more are allocated than there are.",
            at("#entitlements"),
        ),
        entry("Allocations needed", number(one.allocations_needed), "Users and devices that need an allocation.", at("#todo")),
        entry(
            "Nontransferable rights",
            number(one.nontransferable),
            "Rights left of a pack, too few for anything that they could license.",
            None,
        ),
    ];
    let amounts = [
        ("Average price of a right", Some(&one.average_price), "Of the entitlements that are counted.", "#entitlements"),
        ("True-up cost", one.true_up.as_ref(), "What the missing rights cost by the cheapest way.", "#todo"),
        ("Over-licensed amount", one.over_licensed.as_ref(), "What the unused rights cost.", "#entitlements"),
        ("Potential savings", one.potential_savings.as_ref(), "What removing the candidates would save.", "#candidates"),
        ("Total cost", Some(&one.total_cost), "What the entitlements cost over all their periods.", "#entitlements"),
        ("Spend of this period", Some(&one.spend), "What is spent in the current subscription period.", "#entitlements"),
    ];
    let amounts = amounts.into_iter().filter(|(_, amount, ..)| amount.is_none_or(|amount| !amount.is_empty()));
    let shown = |amount: Option<&BTreeMap<String, String>>| amount.map_or_else(|| NOT_KNOWN.to_owned(), money);
    all.extend(amounts.map(|(name, amount, help, place)| Figure { name, value: shown(amount), help, link: at(place) }));
    all
}
