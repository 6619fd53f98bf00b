//! `GET /api/v1/assets/hardware`: what agents reported of the machines that they run on.

use crate::{
    admin::{
        api::openapi::Problems,
        context::Ctx,
        extract::Query,
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    store::ports::HardwareVisit,
};
use axum::{extract::State, response::Response};
use muster_domain::ids::AssetId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// The hardware of an asset.
#[derive(Debug, Serialize, ToSchema)]
pub struct HardwareView {
    /// The asset.
    pub asset: Uuid,
    /// What the asset is called.
    pub asset_name: Option<String>,
    /// As its agent reported it: processors, memory, chassis, whether it is a virtual machine.
    #[schema(value_type = Object)]
    pub hardware: Value,
}

/// Of which assets.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhichHardware {
    /// Only of the asset with this id.
    asset: Option<String>,
    /// Most items of the page, 1 to 1000; 100 when absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// The first rows behind one of them, and no more than a page: hardware of all machines together is large.
struct Pick {
    after: Option<Uuid>,
    only: Option<Uuid>,
    most: usize,
    found: BTreeMap<Uuid, Vec<u8>>,
}

impl Pick {
    fn see(&mut self, asset: Uuid, json: &[u8]) {
        if self.after.is_some_and(|after| asset <= after) || self.only.is_some_and(|only| asset != only) {
            return;
        }
        let is_full = self.found.len() >= self.most;
        if is_full && self.found.last_key_value().is_some_and(|(last, _)| asset > *last) {
            return;
        }
        self.found.insert(asset, json.to_vec());
        if self.found.len() > self.most {
            self.found.pop_last();
        }
    }
}

/// What agents reported of the hardware of their machines, by asset.
#[utoipa::path(get, path = "/api/v1/assets/hardware", tag = "assets", params(WhichHardware),
    responses((status = 200, description = "hardware", body = Page<HardwareView>), Problems))]
pub async fn hardware(State(context): State<Ctx>, Query(which): Query<WhichHardware>, listing: Listing) -> Answer<Response> {
    let WhichHardware { asset, limit, cursor } = which;
    let paging = Paging { limit, cursor };
    let limit = paging.limit()?;
    let no_asset = |text: &str| Failure::invalid(format!("asset is {text:?}; give the id of an asset"));
    let only = asset.map(|text| Uuid::try_parse(&text).map_err(|_| no_asset(&text))).transpose()?;
    let pick = Arc::new(Mutex::new(Pick { after: paging.after()?, only, most: limit + 1, found: BTreeMap::new() }));
    let seen = Arc::clone(&pick);
    let visit: HardwareVisit =
        Box::new(move |asset: AssetId, json: &[u8]| seen.lock().unwrap_or_else(PoisonError::into_inner).see(asset.0, json));
    context.stores.assets.visit_hardware(visit).await?;
    let found = std::mem::take(&mut pick.lock().unwrap_or_else(PoisonError::into_inner).found);
    let page = Page::cut(found.into_iter().collect(), limit, |(asset, _)| asset.to_string());
    let mut items = Vec::with_capacity(page.items.len());
    for (asset, json) in page.items {
        let known = context.stores.assets.get(AssetId(asset)).await?;
        let asset_name = known.and_then(|known| known.display_name(context.references.snapshot().as_ref()));
        items.push(HardwareView { asset, asset_name, hardware: serde_json::from_slice(&json).unwrap_or_default() });
    }
    let page = Page { items, next: page.next, warnings: Vec::new() };
    Ok(page.answer(&listing, &["asset", "asset_name", "hardware"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_the_first_rows_behind_another() {
        let all = [5_u128, 1, 9, 3, 7];
        let check = |after: Option<u128>, only: Option<u128>, most: usize, expected: &[u128]| {
            let (after, only) = (after.map(Uuid::from_u128), only.map(Uuid::from_u128));
            let mut pick = Pick { after, only, most, found: BTreeMap::new() };
            all.iter().for_each(|asset| pick.see(Uuid::from_u128(*asset), b"{}"));
            let found: Vec<u128> = pick.found.keys().map(Uuid::as_u128).collect();
            assert_eq!(found, expected);
        };
        check(None, None, 2, &[1, 3]);
        check(Some(3), None, 2, &[5, 7]);
        check(Some(7), None, 9, &[9]);
        check(None, Some(9), 2, &[9]);
        check(Some(9), None, 2, &[]);
    }
}
