//! Questions about prices: what is missing, what is unused.

use muster_domain::entitlement::{available, priced};
use muster_domain::reconcile::{self, Average, Purchase, TooLarge, average, cheapest};
use serde::Deserialize;
use serde_json::{Value, json};

use super::inputs::Money;
use crate::calc::cases::{CaseError, whole};
use crate::calc::exact::number;

#[derive(Deserialize)]
pub(super) struct TrueUp {
    options: Vec<PurchaseOption>,
}

#[derive(Deserialize)]
struct PurchaseOption {
    metric: String,
    #[serde(deserialize_with = "whole")]
    rights_needed: u64,
    #[serde(default)]
    entitlements: Vec<Priced>,
    #[serde(default)]
    override_license_cost: Money,
}

#[derive(Deserialize)]
struct Priced {
    #[serde(deserialize_with = "whole")]
    rights: u64,
    #[serde(default)]
    unit_cost: Option<Money>,
}

pub(super) fn true_up(case: TrueUp) -> Result<Value, CaseError> {
    let purchases: Vec<Purchase> = case
        .options
        .iter()
        .map(|option| {
            let (needed, override_cost) = (option.rights_needed, option.override_license_cost.0);
            Ok(Purchase { needed, currency: "", average: price(&option.entitlements)?, override_cost })
        })
        .collect::<Result<_, CaseError>>()?;
    let place = cheapest(&purchases).ok_or_else(|| CaseError::Inputs("options: there is none".to_owned()))?;
    let (option, purchase) = case.options.get(place).zip(purchases.get(place)).ok_or(CaseError::Member("options"))?;
    Ok(json!({
        "metric": option.metric,
        "average_price": purchase.average.map(Average::price).transpose().map_err(refused)?.map(number),
        "true_up_cost": purchase.cost().map_err(refused)?.map(number),
    }))
}

#[derive(Deserialize)]
pub(super) struct OverLicensed {
    entitlements: Vec<Priced>,
    #[serde(deserialize_with = "whole")]
    rights_used: u64,
}

pub(super) fn over_licensed(case: OverLicensed) -> Result<Value, CaseError> {
    let owned = case.entitlements.iter().fold(0_u64, |sum, one| sum.saturating_add(one.rights));
    let (available, average) = (available(owned, case.rights_used), price(&case.entitlements)?);
    Ok(json!({
        "rights_owned": owned,
        "rights_available": available,
        "average_price": average.map(Average::price).transpose().map_err(refused)?.map(number),
        "over_licensed_amount": reconcile::over_licensed(average, available, "").map_err(refused)?.map(number),
    }))
}

pub(super) fn refused(error: TooLarge) -> CaseError {
    CaseError::Inputs(error.to_string())
}

fn price(entitlements: &[Priced]) -> Result<Option<Average>, CaseError> {
    let priced = entitlements.iter().filter_map(|one| priced(one.rights, one.unit_cost.map(|Money(cost)| cost)));
    average(priced).map_err(refused)
}
