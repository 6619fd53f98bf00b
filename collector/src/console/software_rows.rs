//! The rows of the pages about software, in the words that people read.

use super::render::number;
use crate::{
    admin::api::reconcile::{CandidateView, MemberView, Named, PositionView, RemedyView},
    store::records::PositionRecord,
};
use muster_domain::{decimal::Decimal, reconcile::run::Status};
use std::collections::BTreeMap;

/// Everything in a few words.
pub(super) struct Headline {
    pub(super) text: String,
    pub(super) tone: &'static str,
    /// What the missing rights cost; empty where nothing is missing or no price is known.
    pub(super) true_up: String,
    pub(super) over_licensed: String,
}

/// A position.
pub(super) struct PositionRow {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) tier: String,
    pub(super) publisher: String,
    pub(super) owned: String,
    pub(super) used: String,
    pub(super) needed: String,
    pub(super) surplus: String,
    pub(super) unlicensed: String,
    pub(super) true_up: String,
    pub(super) over_licensed: String,
    pub(super) status: &'static str,
    pub(super) tone: &'static str,
    pub(super) why: String,
}

/// A row behind a number.
pub(super) struct MemberRow {
    pub(super) device: String,
    pub(super) user: String,
    pub(super) model: String,
    pub(super) how: String,
    pub(super) tone: &'static str,
    pub(super) entitlement: String,
    pub(super) rights: String,
    pub(super) count: String,
}

/// Something that can be done.
pub(super) struct RemedyRow {
    pub(super) what: String,
    pub(super) metric: String,
    pub(super) count: String,
    pub(super) cost: String,
    pub(super) state: String,
}

/// Something that may go.
pub(super) struct CandidateRow {
    pub(super) id: String,
    pub(super) device: String,
    pub(super) user: String,
    pub(super) why: String,
    pub(super) rights: String,
    pub(super) state: String,
}

impl Headline {
    /// Of the newest results of all products.
    pub(super) fn of(products: &[PositionRecord]) -> Self {
        let count = |status| products.iter().filter(|one| one.status == status).count();
        let (bad, unknown) = (count(Status::NotCompliant), count(Status::NotReconciled));
        let (text, tone) = match (products.len(), bad, unknown) {
            (0, _, _) => ("No product is reconciled yet".to_owned(), "warn"),
            (_, 0, 0) => ("Compliant: no rights are missing".to_owned(), "ok"),
            (_, 0, unknown) => (format!("{unknown} products could not be reconciled"), "warn"),
            (_, 1, _) => ("1 product is not compliant".to_owned(), "bad"),
            (_, bad, _) => (format!("{bad} products are not compliant"), "bad"),
        };
        let sum = |of: fn(&PositionRecord) -> &BTreeMap<String, Decimal>| {
            let mut sum: BTreeMap<String, String> = BTreeMap::new();
            let mut known: BTreeMap<&str, Option<Decimal>> = BTreeMap::new();
            for (currency, amount) in products.iter().flat_map(of) {
                let place = known.entry(currency).or_insert_with(|| Some(Decimal::default()));
                *place = place.and_then(|place| place.plus(*amount));
            }
            let shown =
                |amount: Option<Decimal>| amount.map_or_else(|| "too much to say".to_owned(), |amount| amount.to_string());
            sum.extend(known.into_iter().map(|(currency, amount)| (currency.to_owned(), shown(amount))));
            money(&sum)
        };
        Self { text, tone, true_up: sum(|one| &one.figures.true_up), over_licensed: sum(|one| &one.figures.over_licensed) }
    }
}

impl PositionRow {
    pub(super) fn of(one: PositionView) -> Self {
        let (status, tone) = match one.status.as_str() {
            "compliant" => ("compliant", "ok"),
            "not_compliant" => ("not compliant", "bad"),
            _ => ("not reconciled", "warn"),
        };
        let group = if one.grouping.is_empty() { String::new() } else { format!(" ({})", one.grouping.join(", ")) };
        let name = match (&one.metric, &one.model) {
            (Some(metric), _) => {
                let with = if one.maintenance { ", with maintenance" } else { "" };
                format!("{} / {metric}{with}", one.metric_group.as_deref().unwrap_or_default())
            }
            (None, Some(model)) => called(Some(model)),
            (None, None) => format!("{}{group}", one.product),
        };
        Self {
            id: one.id,
            name,
            tier: one.tier,
            publisher: one.publisher,
            owned: if one.unlimited { "no limit".to_owned() } else { number(one.owned) },
            used: number(one.used),
            needed: number(one.needed),
            surplus: number(one.surplus),
            unlicensed: number(one.unlicensed),
            true_up: money(&one.true_up),
            over_licensed: money(&one.over_licensed),
            status,
            tone,
            why: one.why,
        }
    }

    /// Every figure of a position with what it is called; those without a value are left out.
    pub(super) fn figures(one: &PositionView) -> Vec<(&'static str, String)> {
        let signed = |value: i64| if value < 0 { value.to_string() } else { number(value.unsigned_abs()) };
        let mut all = vec![
            ("Rights owned", if one.unlimited { "no limit".to_owned() } else { number(one.owned) }),
            ("Rights used", number(one.used)),
            ("Used, in use only", number(one.used_in_report)),
            ("Allocated and in use", number(one.allocated_in_use)),
            ("Allocated, not in use", number(one.allocated_not_in_use)),
            ("In use, not allocated", number(one.not_allocated_in_use)),
            ("Rights available", number(one.surplus)),
            ("Rights not allocated", signed(one.not_allocated)),
            ("Allocations needed", number(one.allocations_needed)),
            ("Rights needed", number(one.needed)),
            ("Nontransferable rights", number(one.nontransferable)),
            ("Not licensed", number(one.unlicensed)),
            ("Users without a licence", number(one.unlicensed_users)),
        ];
        let amounts = [
            ("Average price of a right", &one.average_price),
            ("True-up cost", &one.true_up),
            ("Over-licensed amount", &one.over_licensed),
            ("Potential savings", &one.potential_savings),
            ("Total cost", &one.total_cost),
            ("Spend of this period", &one.spend),
        ];
        all.extend(amounts.into_iter().filter(|(_, amount)| !amount.is_empty()).map(|(name, amount)| (name, money(amount))));
        all
    }
}

impl MemberRow {
    pub(super) fn of(row: MemberView) -> Self {
        Self {
            device: called(row.device.as_ref()),
            user: called(row.user.as_ref()),
            model: called(Some(&row.model)),
            tone: if row.disposition == "unlicensed" { "bad" } else { "ok" },
            how: words(&row.disposition),
            entitlement: called(row.entitlement.as_ref()),
            rights: number(row.rights),
            count: number(row.count),
        }
    }
}

impl RemedyRow {
    pub(super) fn of(one: RemedyView) -> Self {
        let metric = format!("{} / {}", one.metric_group, one.metric);
        Self {
            what: one.name.to_owned(),
            metric: if one.metric.is_empty() { String::new() } else { metric },
            count: number(one.count),
            cost: money(&one.cost),
            state: words(&one.state),
        }
    }
}

impl CandidateRow {
    pub(super) fn of(one: CandidateView) -> Self {
        Self {
            id: one.id.to_string(),
            device: called(one.device.as_ref()),
            user: called(one.user.as_ref()),
            why: words(&one.justification),
            rights: number(one.rights),
            state: words(&one.state),
        }
    }
}

/// What something is called; its id where it is gone.
fn called(one: Option<&Named>) -> String {
    one.map(|one| one.display.clone().unwrap_or_else(|| one.id.to_string())).unwrap_or_default()
}

/// A word of the API as people write it.
fn words(text: &str) -> String {
    text.replace('_', " ")
}

/// Amounts by currency to the cent, the digits before the point in groups. Files and the API have them exact.
fn money(amounts: &BTreeMap<String, String>) -> String {
    let one = |(currency, amount): (&String, &String)| {
        let amount = amount.parse::<Decimal>().map_or_else(|_| amount.clone(), |amount| amount.to_cent().to_string());
        let (whole, places) = amount.split_once('.').unwrap_or((&amount, ""));
        let grouped = whole.parse().map_or_else(|_| whole.to_owned(), number);
        let point = if places.is_empty() { "" } else { "." };
        format!("{grouped}{point}{places} {currency}").trim_end().to_owned()
    };
    amounts.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{conformance::position, records::Tier};

    #[test]
    fn the_headline_says_the_worst_first() {
        let product = |status| PositionRecord { status, ..position(1, 0, Tier::Product, "Visio") };
        let check = |products: &[PositionRecord], text: &str, tone: &str| {
            let headline = Headline::of(products);
            assert_eq!((headline.text.as_str(), headline.tone), (text, tone));
        };
        check(&[], "No product is reconciled yet", "warn");
        check(&[product(Status::Compliant)], "Compliant: no rights are missing", "ok");
        check(&[product(Status::Compliant), product(Status::NotReconciled)], "1 products could not be reconciled", "warn");
        let bad = [product(Status::NotCompliant), product(Status::NotReconciled), product(Status::NotCompliant)];
        check(&bad, "2 products are not compliant", "bad");
        assert_eq!(Headline::of(&bad).true_up, "31.50 EUR");
    }

    #[test]
    fn amounts_read_well() {
        let amounts = BTreeMap::from([("EUR".to_owned(), "1299.50".to_owned()), ("USD".to_owned(), "3".to_owned())]);
        assert_eq!(money(&amounts), "1\u{202f}299.50 EUR, 3 USD");
        assert_eq!(money(&BTreeMap::from([("EUR".to_owned(), "5015.2476".to_owned())])), "5\u{202f}015.25 EUR");
    }
}
