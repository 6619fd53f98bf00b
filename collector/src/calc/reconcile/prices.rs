//! Questions about prices: what is missing, what is unused.

use muster_domain::decimal::Decimal;
use muster_domain::entitlement::available;
use muster_domain::reconcile::{self, Average, Purchase, TooLarge, average, cheapest};
use serde::Deserialize;
use serde_json::{Value, json};

use super::inputs::{Money, number};
use crate::calc::cases::{CaseError, whole};

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
            Ok(Purchase { needed, average: price(&option.entitlements)?, override_cost })
        })
        .collect::<Result<_, CaseError>>()?;
    let place = cheapest(&purchases).ok_or_else(|| CaseError::Inputs("options: there is none".to_owned()))?;
    let (option, purchase) = case.options.get(place).zip(purchases.get(place)).ok_or(CaseError::Member("options"))?;
    Ok(json!({
        "metric": option.metric,
        "average_price": number(purchase.average.map(Average::price).transpose().map_err(refused)?)?,
        "true_up_cost": number(purchase.cost().map_err(refused)?)?,
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
        "average_price": number(average.map(Average::price).transpose().map_err(refused)?)?,
        "over_licensed_amount": number(reconcile::over_licensed(average, available).map_err(refused)?)?,
    }))
}

pub(super) fn refused(error: TooLarge) -> CaseError {
    CaseError::Inputs(error.to_string())
}

fn price(entitlements: &[Priced]) -> Result<Option<Average>, CaseError> {
    let priced = |one: &Priced| Some((one.rights, one.unit_cost?.0));
    average(entitlements.iter().filter_map(priced).filter(|(_, cost)| *cost >= Decimal::default())).map_err(refused)
}
