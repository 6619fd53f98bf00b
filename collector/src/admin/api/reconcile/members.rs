//! The rows behind a number: which device, which user, licensed by what.

use super::{
    names::{Named, Names},
    positions::existing,
    view::{read_some, word},
};
use crate::{
    admin::{
        api::openapi::Problems,
        context::Ctx,
        extract::Query,
        page::{Listing, Page, Paging},
        problem::Answer,
    },
    store::{
        StoreError,
        records::{CorrectionRecord, MemberRecord},
    },
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use muster_domain::reconcile::run::Disposition;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const DISPOSITIONS: [Disposition; 8] = [
    Disposition::Own,
    Disposition::Downgrade,
    Disposition::Suite,
    Disposition::Allocated,
    Disposition::Unlimited,
    Disposition::Counted,
    Disposition::AllocatedNotInUse,
    Disposition::Unlicensed,
];

/// One row behind a number.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberView {
    /// The device; null where only a user is meant.
    pub device: Option<Named>,
    /// The user.
    pub user: Option<Named>,
    /// What is installed or subscribed to; null where no software model is about it.
    pub model: Option<Named>,
    /// How it is licensed: `own`, `downgrade`, `suite`, `allocated`, `unlimited`, `counted`, `allocated_not_in_use`, `unlicensed`.
    pub disposition: String,
    /// By which entitlement.
    pub entitlement: Option<Named>,
    /// Rights that it uses; 0 where another row of the same device, host or user has them.
    pub rights: u64,
    /// How many are meant, where only their number is known; 0 where another row counts the same.
    pub count: u64,
    /// Facts of its machine, or of the host that it runs on, that were counted as an administrator entered them.
    pub corrections: Vec<CorrectionView>,
}

/// A fact that was counted as an administrator entered it, and not as it is reported.
#[derive(Debug, Serialize, ToSchema)]
pub struct CorrectionView {
    /// Of which machine.
    pub machine: Named,
    /// Which fact, by the field of the host: `sockets`, `cores_per_socket`, `threads_per_core`, `processor`, `kind`.
    pub field: String,
    /// What is reported.
    pub reported: String,
    /// What was entered.
    pub entered: String,
    /// Why, as the administrator says.
    pub reason: Option<String>,
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WhichMembers {
    /// Only rows that are licensed in this way, such as `unlicensed`.
    disposition: Option<String>,
    /// Most items of the page, 1 to 1000; 100 when absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

impl MemberView {
    pub(crate) async fn of(row: MemberRecord, names: &mut Names<'_>) -> Result<Self, StoreError> {
        let mut corrections = Vec::with_capacity(row.corrections.len());
        for CorrectionRecord { machine, field, reported, entered, reason } in row.corrections {
            let machine = names.device(Some(machine)).await?.unwrap_or(Named { id: machine, display: None });
            corrections.push(CorrectionView { machine, field, reported, entered, reason });
        }
        Ok(Self {
            device: names.device(row.device).await?,
            user: names.user(row.user),
            model: row.model.map(|model| names.model(model)),
            disposition: word(row.disposition),
            entitlement: row.entitlement.map(|id| names.entitlement(id)),
            rights: row.rights,
            count: row.count,
            corrections,
        })
    }
}

/// The rows behind a position and its parts. They are kept of the last runs of each publisher, as the setting
/// `reconciliation_rows_runs` says. Refused while the product is disabled.
#[utoipa::path(get, path = "/api/v1/reconciliations/{id}/positions/{position}/members", tag = "reconciliations",
    params(("id" = String, Path, description = "the run, or latest"), ("position" = String, Path, description = "the position"), WhichMembers),
    responses((status = 200, description = "rows", body = Page<MemberView>), Problems))]
pub async fn members(
    State(context): State<Ctx>,
    Path((run, id)): Path<(String, String)>,
    Query(which): Query<WhichMembers>,
    listing: Listing,
) -> Answer<Response> {
    let WhichMembers { disposition, limit, cursor } = which;
    let only = read_some("disposition", disposition.as_deref(), &DISPOSITIONS)?;
    let paging = Paging { limit, cursor };
    let limit = paging.limit()?;
    let from = paging.after::<u64>()?.map_or(0, |last| last.saturating_add(1));
    let position = existing(&context, &run, &id).await?;
    let service = &context.reconciliations;
    let mut warnings = Vec::new();
    if position.all_members > 0 && !service.has_rows(&position).await? {
        warnings.push("the rows behind this number are not kept any more: the setting reconciliation_rows_runs says of how many runs they are".to_owned());
    }
    let rows = service.members(&position, only, from, limit + 1).await?;
    let page = Page::cut(rows, limit, |(place, _)| place.to_string());
    let (mut names, mut items) = (Names::new(&context), Vec::with_capacity(page.items.len()));
    for (_, row) in page.items {
        items.push(MemberView::of(row, &mut names).await?);
    }
    let page = Page { items, next: page.next, warnings };
    Ok(page.answer(&listing, &["device", "user", "model", "disposition", "entitlement", "rights", "count", "corrections"]))
}
