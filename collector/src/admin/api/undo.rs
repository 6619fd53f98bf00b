//! What `with_assets=true` does when a join token or an interop credential is taken back.

use crate::{
    admin::{context::AdminContext, problem::Answer},
    ingest::{Brought, Undone, undo_all},
};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whether what came with it goes, too.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WithAssets {
    /// Also revoke every agent that came with it and retire their assets, as after a theft. May be repeated.
    #[serde(default)]
    pub with_assets: bool,
}

/// What was undone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UndoneView {
    /// Agents that were revoked.
    pub agents_revoked: usize,
    /// Assets that were retired.
    pub assets_retired: usize,
    /// Assets that stay as they are: another agent reports them, too, or their state does not allow it.
    pub assets_kept: usize,
}

impl UndoneView {
    /// As a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { agents_revoked, assets_retired, assets_kept } = self;
        let kept = match assets_kept {
            0 => String::new(),
            kept => format!(" Assets that stay, because another agent reports them or their state does not allow it: {kept}."),
        };
        format!("Agents revoked: {agents_revoked}. Assets retired: {assets_retired}.{kept}")
    }
}

/// The answer to a taking back: what was undone, if that was asked for.
pub(super) fn answered(undone: Option<UndoneView>) -> Response {
    match undone {
        Some(undone) => axum::Json(undone).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

/// Undoes what came with it.
pub(super) async fn undone(context: &AdminContext, brought: Brought, actor: &str) -> Answer<UndoneView> {
    let Undone { revoked, retired, kept } = undo_all(&context.fleet, &context.sessions, brought, actor).await?;
    Ok(UndoneView { agents_revoked: revoked, assets_retired: retired, assets_kept: kept })
}
