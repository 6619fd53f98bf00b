//! `/api/v1/settings`: what administrators set while the collector runs, with what each setting does.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::Caller,
        context::{AdminContext, Ctx},
        extract::{Json as Body, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    compliance::Effect,
    settings::{Setting, SettingsError},
    units::SettingsEffect,
};
use axum::{Json, extract::State, response::Response};
use muster_wire::problem::Code;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// One setting.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SettingView {
    /// Its name.
    pub name: &'static str,
    /// Its value in force.
    pub value: Value,
    /// Its default.
    pub default: Value,
    /// Whether it differs from its default.
    pub changed: bool,
    /// Its type: the words it may be, a range, or a map.
    pub kind: String,
    /// What it does.
    pub what: &'static str,
    /// Where the rule comes from.
    pub source: &'static str,
}

impl From<Setting> for SettingView {
    fn from(setting: Setting) -> Self {
        let Setting { name, value, default, changed, kind, what, source } = setting;
        Self { name, value, default, changed, kind, what, source }
    }
}

/// How to change.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct How {
    /// Only say what would happen.
    #[serde(default)]
    #[param(default = false)]
    dry_run: bool,
}

/// One changed setting.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChangedSetting {
    /// Its name.
    pub name: &'static str,
    /// Its value before.
    pub before: Value,
    /// Its value after.
    pub after: Value,
}

/// What a change of settings does to the compliance count.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EffectView {
    /// What the compliance query counts now.
    pub asset_count_before: u64,
    /// What it counts with the change.
    pub asset_count_after: u64,
    /// The limit.
    pub asset_limit: Option<u64>,
}

/// What a change of settings does to the subscription units.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SettingsUnitsEffect {
    /// Assets that count now.
    pub assets_before: u64,
    /// Assets that count with the change.
    pub assets_after: u64,
    /// Units now.
    pub units_before: u64,
    /// Units with the change.
    pub units_after: u64,
    /// Units that the licence key grants.
    pub entitled: Option<u64>,
}

/// What a change did, or would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SettingsChanged {
    /// Nothing was stored: this is what would be.
    pub dry_run: bool,
    /// What changes; empty when everything is as it was.
    pub items: Vec<ChangedSetting>,
    /// What it does to the compliance count; null when the count does not depend on it.
    pub effect: Option<EffectView>,
    /// What it does to the subscription units; null when they do not depend on it.
    pub units_effect: Option<SettingsUnitsEffect>,
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::Store(error) => error.into(),
            SettingsError::Unknown(_) | SettingsError::Value { .. } => Self::new(Code::InvalidValue, error.to_string()),
        }
    }
}

/// Every setting with its value and what it does.
#[utoipa::path(get, path = "/api/v1/settings", tag = "settings", params(Paging),
    responses((status = 200, description = "settings", body = Page<SettingView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let settings = context.settings.list().into_iter().map(SettingView::from).collect();
    let page = Page::of(settings, &paging, |setting: &SettingView| setting.name.to_owned())?;
    Ok(page.answer(&listing, &["name", "value", "default", "changed", "kind", "what", "source"]))
}

/// Changes settings: all that are named, or none. A null goes back to the default. Where the compliance count depends on one, the
/// answer says what the compliance query counts before and after; the count that judges is the next run's. Where the subscription
/// units depend on one, it says the assets and units before and after.
#[utoipa::path(patch, path = "/api/v1/settings", tag = "settings", params(How),
    request_body(content = Object, description = "names with their values"),
    responses((status = 200, description = "what changed", body = SettingsChanged), Problems))]
pub async fn change(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Query(How { dry_run }): Query<How>,
    Body(wanted): Body<Map<String, Value>>,
) -> Answer<Json<SettingsChanged>> {
    Ok(Json(changed(&context, &wanted, &caller.actor(), dry_run).await?))
}

/// Changes settings, or says what a change would do; with what it does to the counts that depend on them.
///
/// # Errors
/// 422 for an unknown name or a value that is none of its type, and those of the store.
pub async fn changed(context: &AdminContext, wanted: &Map<String, Value>, actor: &str, dry_run: bool) -> Answer<SettingsChanged> {
    let checked = context.settings.check(wanted)?;
    let ham_version = context.settings.values().ham_version;
    let effect = if checked.counts { Some(context.compliance.effect(&checked.values).await?) } else { None };
    let units_effect = if checked.units { Some(context.units.effect_of(&checked.values).await?) } else { None };
    let change = if dry_run { checked } else { context.settings.change(wanted, actor, context.now()).await? };
    if !dry_run && change.values.ham_version != ham_version {
        context.units.upgraded(ham_version, actor, context.now()).await?;
    }
    let items = change.changes.into_iter().map(|(name, before, after)| ChangedSetting { name, before, after }).collect();
    let effect = effect.map(|Effect { before, after, limit }| EffectView {
        asset_count_before: before,
        asset_count_after: after,
        asset_limit: limit,
    });
    let units_effect = units_effect.map(|SettingsEffect { before, after, entitled }| SettingsUnitsEffect {
        assets_before: before.0,
        assets_after: after.0,
        units_before: before.1,
        units_after: after.1,
        entitled,
    });
    Ok(SettingsChanged { dry_run, items, effect, units_effect })
}
