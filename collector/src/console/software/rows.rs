//! The rows of the pages about software, in the words that people read.

use crate::{
    admin::api::reconcile::{MemberView, Named, PositionView},
    console::render::number,
    store::records::PositionRecord,
};
use muster_domain::{
    currency::written,
    decimal::Decimal,
    reconcile::run::{Disposition, Status},
};
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

/// What something is called, and the page of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) link: Option<String>,
}

/// A row behind a number.
pub(super) struct MemberRow {
    pub(super) device: Cell,
    pub(super) user: Cell,
    pub(super) model: Cell,
    pub(super) how: String,
    pub(super) tone: &'static str,
    pub(super) entitlement: Cell,
    pub(super) rights: String,
    pub(super) count: String,
}

impl Headline {
    /// Of the newest results of all products.
    pub(super) fn of(products: &[PositionRecord]) -> Self {
        let count = |status| products.iter().filter(|one| one.status == status).count();
        let (bad, unknown) = (count(Status::NotCompliant), count(Status::NotReconciled));
        let (text, tone) = match (products.len(), bad, unknown) {
            (0, _, _) => ("No product is reconciled yet".to_owned(), "warn"),
            (_, 0, 0) => ("Compliant: no rights are missing".to_owned(), "good"),
            (_, 0, 1) => ("1 product could not be reconciled".to_owned(), "warn"),
            (_, 0, unknown) => (format!("{unknown} products could not be reconciled"), "warn"),
            (_, 1, _) => ("1 product is not compliant".to_owned(), "bad"),
            (_, bad, _) => (format!("{bad} products are not compliant"), "bad"),
        };
        let sum = |of_all: bool, of: fn(&PositionRecord) -> &BTreeMap<String, Decimal>| {
            let mut sum: BTreeMap<String, String> = BTreeMap::new();
            let mut known: BTreeMap<&str, Option<Decimal>> = BTreeMap::new();
            // What an agreement makes compliant need not be bought.
            let counted = products.iter().filter(|one| of_all || one.status != Status::Compliant);
            for (currency, amount) in counted.flat_map(of) {
                let place = known.entry(currency).or_insert_with(|| Some(Decimal::default()));
                *place = place.and_then(|place| place.plus(*amount));
            }
            let shown =
                |amount: Option<Decimal>| amount.map_or_else(|| "too much to say".to_owned(), |amount| amount.to_string());
            sum.extend(known.into_iter().map(|(currency, amount)| (currency.to_owned(), shown(amount))));
            money(&sum)
        };
        Self {
            text,
            tone,
            true_up: sum(false, |one| &one.figures.true_up),
            over_licensed: sum(true, |one| &one.figures.over_licensed),
        }
    }
}

impl PositionRow {
    pub(super) fn of(one: PositionView) -> Self {
        let (status, tone) = match one.status.as_str() {
            // Nothing but its agreement lets something be missing.
            "compliant" if one.needed.map_or(!one.mixed, |needed| needed > 0) || one.unlicensed > 0 => {
                ("always compliant", "good")
            }
            "compliant" => ("compliant", "good"),
            "not_compliant" => ("not compliant", "bad"),
            _ => ("not reconciled", "warn"),
        };
        let group = if one.grouping.is_empty() { String::new() } else { format!(" ({})", one.grouping.join(", ")) };
        let name = match (&one.metric, &one.model) {
            (Some(metric), _) => {
                let with = match (one.subscription, one.maintenance) {
                    (true, _) => ", subscribed to",
                    (false, true) => ", with maintenance",
                    (false, false) => "",
                };
                format!("{} / {metric}{with}", one.metric_group.as_deref().unwrap_or_default())
            }
            (None, Some(model)) => called(Some(model)),
            (None, None) => format!("{}{group}", one.product),
        };
        let unsure = one.true_up.is_none();
        Self {
            id: one.id,
            name,
            tier: one.tier,
            publisher: one.publisher,
            owned: if one.unlimited { "no limit".to_owned() } else { rights(one.owned, false) },
            used: rights(one.used, false),
            needed: rights(one.needed, unsure),
            surplus: rights(one.surplus, unsure),
            unlicensed: number(one.unlicensed),
            true_up: one.true_up.as_ref().map_or_else(|| NOT_KNOWN.to_owned(), money),
            over_licensed: one.over_licensed.as_ref().map_or_else(|| NOT_KNOWN.to_owned(), money),
            status,
            tone,
            why: one.why,
        }
    }
}

impl MemberRow {
    pub(super) fn of(row: MemberView) -> Self {
        Self {
            device: device(row.device.as_ref()),
            user: Cell { text: called(row.user.as_ref()), link: None },
            model: Cell::record("models", row.model.as_ref()),
            tone: if row.disposition == "unlicensed" { "bad" } else { "good" },
            how: words(&row.disposition),
            entitlement: Cell::record("entitlements", row.entitlement.as_ref()),
            rights: number(row.rights),
            count: number(row.count),
        }
    }
}

/// A device, with a link to what is installed on it.
pub(super) fn device(one: Option<&Named>) -> Cell {
    let link = one.map(|one| format!("/software/installs?asset={}", one.id));
    Cell { text: called(one), link }
}

impl Cell {
    /// A record with a link to it; without one where it is gone.
    pub(super) fn record(kind: &str, one: Option<&Named>) -> Self {
        let link = one.filter(|one| one.display.is_some()).map(|one| format!("/records/{kind}/{}", one.id));
        Self { text: called(one), link }
    }
}

/// The ways of being licensed, and the words of the API for them.
pub(super) fn disposition_words() -> Vec<(Disposition, String)> {
    let all = [
        Disposition::Own,
        Disposition::Downgrade,
        Disposition::Suite,
        Disposition::Allocated,
        Disposition::Unlimited,
        Disposition::Counted,
        Disposition::AllocatedNotInUse,
        Disposition::Unlicensed,
    ];
    let word = |how: Disposition| serde_json::to_value(how).ok().and_then(|word| word.as_str().map(str::to_owned));
    all.into_iter().filter_map(|how| Some((how, word(how)?))).collect()
}

/// What stands where nobody knows the number.
pub(super) const NOT_KNOWN: &str = "not known";

/// A number of rights: none is not known, or of unlike things that are not added.
pub(super) fn rights(value: Option<u64>, unsure: bool) -> String {
    value.map_or_else(|| if unsure { NOT_KNOWN } else { "–" }.to_owned(), number)
}

/// What something is called; its id where it is gone.
pub(super) fn called(one: Option<&Named>) -> String {
    one.map(|one| one.display.clone().unwrap_or_else(|| one.id.to_string())).unwrap_or_default()
}

/// A word of the API as people write it.
pub(super) fn words(text: &str) -> String {
    text.replace('_', " ")
}

/// Amounts by currency in its smallest unit, the digits before the point in groups. Prices of one right, which have more places, are
/// exact in files and the API.
pub(super) fn money(amounts: &BTreeMap<String, String>) -> String {
    let one = |(currency, amount): (&String, &String)| {
        let amount = amount.parse::<Decimal>().map_or_else(|_| amount.clone(), |amount| written(amount, currency));
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
        check(&[product(Status::Compliant)], "Compliant: no rights are missing", "good");
        check(&[product(Status::Compliant), product(Status::NotReconciled)], "1 product could not be reconciled", "warn");
        let bad = [product(Status::NotCompliant), product(Status::NotReconciled), product(Status::NotCompliant)];
        check(&bad, "2 products are not compliant", "bad");
        assert_eq!(Headline::of(&bad).true_up, "31.50 EUR");
    }

    #[test]
    fn amounts_read_well() {
        let amounts = BTreeMap::from([("EUR".to_owned(), "1299.50".to_owned()), ("USD".to_owned(), "3".to_owned())]);
        assert_eq!(money(&amounts), "1\u{202f}299.50 EUR, 3.00 USD");
        assert_eq!(money(&BTreeMap::from([("EUR".to_owned(), "5015.2476".to_owned())])), "5\u{202f}015.25 EUR");
    }
}
