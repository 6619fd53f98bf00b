//! The routes of the admin listener.

use super::{
    api::{
        agents, api_tokens, application_sets, applications, assets, audit, backup, checkouts as checkouts_api, compliance,
        explain, factors, forecast, groups, health, idle, imports, interop_credentials, join_tokens, license, license_metrics,
        normalisation, notifications, offline_uses, openapi, privacy, problems, reconcile, records, references, sessions,
        settings, sizing, software, status, units, units_history, usage, usage_denials, usage_hours, usage_now, users, webhooks,
    },
    auth::{self, guard, recognise},
    context::Ctx,
    extract::JSON_BYTES,
    idempotency::idempotent,
    layers,
    problem::Failure,
    versions::{Changing, unchanged, versioned},
};
use crate::console;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{from_fn, from_fn_with_state, map_response},
    response::{IntoResponse, Response},
    routing::{delete, get, patch, post, put},
};
use http::StatusCode;
use muster_wire::problem::Code;

/// The router of the admin listener: API, health and console.
pub fn router(context: Ctx) -> Router {
    // As a whole behind the outer layers, which may ask it for more than one thing.
    Router::new()
        .fallback_service(routes(context.clone()))
        .layer(from_fn_with_state(Changing::default(), unchanged))
        .layer(from_fn_with_state(context.clone(), layers::around))
        .layer(from_fn_with_state(context, console::in_words))
}

fn routes(context: Ctx) -> Router {
    Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/status", get(status::show))
        .route("/api/v1/openapi.json", get(openapi::show))
        .route("/api/v1/license", get(license::show).put(license::apply))
        .route("/api/v1/license/request", get(license::request))
        .route("/api/v1/license/history", get(license::history))
        .route("/api/v1/license/trust", get(license::trusted).post(license::trust))
        .route("/api/v1/license/confirm-clock", post(license::confirm_clock))
        .route("/api/v1/compliance", get(compliance::show))
        .route("/api/v1/compliance/runs", get(compliance::runs).post(compliance::run))
        .route("/api/v1/compliance/runs/{id}", get(compliance::run_show))
        .route("/api/v1/compliance/forecast", get(forecast::forecast))
        .route("/api/v1/compliance/report", get(forecast::report))
        .route("/api/v1/explain", get(explain::explain_list))
        .route("/api/v1/explain/{id}", get(explain::explain))
        .route("/api/v1/assets", get(assets::list).post(assets::create))
        .route("/api/v1/assets/import", post(assets::import))
        .route("/api/v1/assets/change", post(assets::change))
        .route("/api/v1/assets/query/complete", get(assets::query_complete))
        .route("/api/v1/assets/hygiene", get(assets::hygiene))
        .route("/api/v1/assets/hardware", get(assets::hardware))
        .route("/api/v1/assets/{id}/actions/{action}", post(assets::action))
        .route("/api/v1/assets/{id}/history", get(assets::history))
        .route("/api/v1/assets/{id}/entered/{fields}", delete(assets::take_back))
        .route("/api/v1/assets/{id}", get(assets::show).patch(assets::edit))
        .route("/api/v1/references/{table}", get(references::list).post(references::create))
        .route("/api/v1/references/{table}/{id}", get(references::show).patch(references::edit).delete(references::delete))
        .route("/api/v1/agents", get(agents::list))
        .route("/api/v1/agents/{id}", get(agents::show))
        .route("/api/v1/agents/{id}/approve", post(agents::approve))
        .route("/api/v1/agents/{id}/revoke", post(agents::revoke))
        .route("/api/v1/agents/{id}/resolve", post(agents::resolve))
        .route("/api/v1/join-tokens", get(join_tokens::list).post(join_tokens::create))
        .route("/api/v1/join-tokens/{id}", delete(join_tokens::revoke))
        .route("/api/v1/interop-credentials", get(interop_credentials::list).post(interop_credentials::create))
        .route("/api/v1/interop-credentials/{id}", delete(interop_credentials::revoke))
        .route("/api/v1/applications", get(applications::list))
        .route("/api/v1/applications/{name}", get(applications::show).put(applications::set).delete(applications::delete))
        .route("/api/v1/applications/{name}/idle", get(idle::list))
        .route("/api/v1/application-sets/{set}", post(application_sets::import))
        .route("/api/v1/groups", get(groups::list).post(groups::set))
        .route("/api/v1/groups/{name}", delete(groups::delete))
        .route("/api/v1/offline-uses", get(offline_uses::list))
        .route("/api/v1/offline-uses/{id}", delete(offline_uses::dismiss))
        .route("/api/v1/sessions", get(sessions::list))
        .route("/api/v1/sessions/{id}", delete(sessions::end))
        .route("/api/v1/software", get(software::list))
        .route("/api/v1/software/installs", get(software::installs))
        .route("/api/v1/reconciliations", get(reconcile::list).post(reconcile::create))
        .route("/api/v1/reconciliations/history", get(reconcile::history))
        .route("/api/v1/reconciliations/{id}", get(reconcile::show))
        .route("/api/v1/reconciliations/{id}/positions", get(reconcile::positions))
        .route("/api/v1/reconciliations/{id}/positions/{position}", get(reconcile::position))
        .route("/api/v1/reconciliations/{id}/positions/{position}/members", get(reconcile::members))
        .route("/api/v1/reconciliations/{id}/positions/{position}/remedies", get(reconcile::remedies))
        .route("/api/v1/reconciliations/{id}/positions/{position}/remedies/{remedy}", patch(reconcile::move_remedy))
        .route("/api/v1/removal-candidates", get(reconcile::candidates))
        .route("/api/v1/removal-candidates/{id}", get(reconcile::candidate).patch(reconcile::move_candidate))
        .route("/api/v1/software/rules", get(normalisation::rules))
        .route("/api/v1/software/rules/test", post(normalisation::test))
        .route("/api/v1/software/unrecognised", get(normalisation::unrecognised))
        .route("/api/v1/software/products", get(normalisation::products))
        .route("/api/v1/metrics", get(license_metrics::list))
        .route("/api/v1/factors", get(factors::list))
        .route("/api/v1/factors/{table}", get(factors::show).put(factors::set).delete(factors::reset))
        .route("/api/v1/entitlements/{id}/publish", post(records::publish))
        .route("/api/v1/record-kinds", get(records::kinds))
        .route("/api/v1/imports", get(imports::list))
        .route("/api/v1/imports/{id}", get(imports::show))
        .route("/api/v1/imports/{id}/lines/{line}", patch(imports::set_line))
        .route("/api/v1/units", get(units::show))
        .route("/api/v1/units/categories", get(units::categories))
        .route("/api/v1/units/categories/{name}", put(units::set))
        .route("/api/v1/units/history", get(units_history::history))
        .route("/api/v1/usage", get(usage::show))
        .route("/api/v1/usage/denials", get(usage_denials::denials))
        .route("/api/v1/usage/hours", get(usage_hours::hours))
        .route("/api/v1/usage/now", get(usage_now::now))
        .route("/api/v1/usage/size", get(sizing::size))
        .route("/api/v1/settings", get(settings::list).patch(settings::change))
        .route("/api/v1/notifications", get(notifications::list))
        .route("/api/v1/notifications/test", post(notifications::test))
        .route("/api/v1/notifications/deliveries/{id}/retry", post(notifications::retry))
        .route("/api/v1/webhooks", get(webhooks::list).post(webhooks::create))
        .route("/api/v1/webhooks/{id}", patch(webhooks::change).delete(webhooks::delete))
        .route("/api/v1/audit", get(audit::list))
        .route("/api/v1/audit/export", get(audit::export))
        .route("/api/v1/audit/verify", get(audit::verify))
        .route("/api/v1/backup", get(backup::create))
        .route("/api/v1/users", get(users::list).post(users::create))
        .route("/api/v1/users/{name}", get(users::show).patch(users::edit).delete(users::delete))
        .route("/api/v1/users/{name}/reset-password", post(users::reset_password))
        .route("/api/v1/privacy", get(privacy::show))
        .route("/api/v1/privacy/purge", post(privacy::purge))
        .route("/api/v1/api-tokens", get(api_tokens::list).post(api_tokens::create))
        .route("/api/v1/api-tokens/{id}", delete(api_tokens::revoke))
        .route("/", get(console::home))
        .route("/assets-static/{file}", get(console::style))
        .route("/login", get(console::login_form).post(console::login))
        .route("/login/oidc", get(console::login_through))
        .route("/login/oidc/callback", get(console::login_back))
        .route("/logout", post(console::logout))
        .route("/password", get(console::password_form).post(console::password))
        .route("/console/license", get(console::license_page).post(console::license))
        .route("/console/license/trust", post(console::trust_vendor))
        .route("/console/license/clock", post(console::confirm_clock))
        .route("/notifications", get(console::notifications_page).post(console::notifications))
        .route("/notifications/webhooks", post(console::change_webhooks))
        .route("/units", get(console::units_page).post(console::units))
        .route("/records", get(console::records::overview))
        .route("/records/{kind}", get(console::records::list))
        .route("/records/{kind}/new", get(console::records::new_form).post(console::records::create))
        .route("/records/imports", get(console::records::imports))
        .route("/records/imports/{id}", get(console::records::import).post(console::records::set_line))
        .route("/records/{kind}/import", get(console::records::import_form).post(console::records::import_file))
        .route("/records/{kind}/{id}", get(console::records::record).post(console::records::edit))
        .route("/records/{kind}/{id}/delete", get(console::records::confirm).post(console::records::delete))
        .route("/records/{kind}/{id}/publish", post(console::records::publish))
        .merge(records::routes())
        .merge(problem_pages())
        .merge(checkouts())
        .merge(software_pages())
        .merge(estate_pages())
        .merge(people_pages())
        .route_layer(from_fn_with_state(context.clone(), idempotent))
        .route_layer(from_fn(versioned))
        .route_layer(from_fn_with_state(context.clone(), guard))
        .fallback(nothing_here)
        .layer(map_response(as_problem))
        .layer(DefaultBodyLimit::max(JSON_BYTES))
        .with_state(context)
}

/// What a problem's `type` names.
pub(super) fn problem_pages() -> Router<Ctx> {
    Router::new().route("/problems/{code}", get(problems::show))
}

/// The console's pages of software asset management.
fn software_pages() -> Router<Ctx> {
    use console::software as pages;
    Router::new()
        .route("/software", get(pages::software_page).post(pages::software))
        .route("/software/positions/{id}", get(pages::position_page))
        .route("/software/positions/{id}/remedies", post(pages::move_remedy))
        .route("/software/candidates", get(pages::candidates_page).post(pages::move_candidates))
        .route("/software/candidates/{id}", get(pages::candidate_page).post(pages::move_candidate))
        .route("/software/runs", get(pages::runs_page))
        .route("/software/runs/{id}", get(pages::run_page))
        .route("/software/installs", get(pages::installs_page))
        .route("/software/products", get(pages::products_page))
        .route("/software/unrecognised", get(pages::unrecognised_page))
        .route("/software/rules", get(pages::rules_page).post(pages::switch_rule))
        .route("/software/metrics", get(pages::metrics_page))
        .route("/software/packs", get(pages::packs_page).post(pages::switch_pack))
        .route("/software/factors", get(pages::factors_page))
        .route("/software/factors/{table}", get(pages::factor_page).post(pages::set_factor))
}

/// The console's pages of what is there: agents, assets, how they are counted, who holds seats, and who changed what.
fn estate_pages() -> Router<Ctx> {
    use console::{administration, agents, assets, compliance as runs, seats};
    Router::new()
        .route("/agents", get(agents::agents_page).post(agents::decide_agents))
        .route("/agents/tokens", get(agents::tokens_page).post(agents::change_tokens))
        .route("/agents/interop", get(agents::interop_page).post(agents::change_credentials))
        .route("/agents/{id}", get(agents::agent_page))
        .route("/assets", get(assets::assets_page))
        .route("/assets.csv", get(assets::assets_file))
        .route("/assets/change", get(assets::change_form).post(assets::change_assets))
        .route("/assets/hygiene", get(assets::hygiene_page))
        .route("/assets/import", get(assets::import_form).post(assets::import_assets))
        .route("/assets/new", get(assets::new_form).post(assets::make))
        .route("/assets/{id}", get(assets::asset_page))
        .route("/assets/{id}/edit", get(assets::edit_form).post(assets::edit))
        .route("/compliance", get(runs::compliance_page).post(runs::count_now))
        .route("/compliance/runs/{id}", get(runs::compliance_run_page))
        .route("/sessions", get(seats::sessions_page))
        .route("/sessions/{id}", get(seats::session_page).post(seats::end_session))
        .route("/explain", get(console::explain_list_page))
        .route("/explain/{id}", get(console::explain_page))
        .route("/checkouts/{id}", get(seats::checkout_page).post(seats::end_checkout))
        .route("/applications", get(seats::applications_page))
        .route("/applications/{name}", get(seats::application_page))
        .route("/applications/{name}/edit", get(seats::application_form).post(seats::change_application))
        .route("/applications/{name}/delete", get(seats::confirm_deletion).post(seats::delete_application))
        .route("/console/applications/new", get(seats::new_application).post(seats::make_application))
        .route("/console/applications/import", get(seats::sets_page).post(seats::import_applications))
        .route("/audit", get(administration::audit_page))
        .route("/audit.csv", get(administration::audit_file))
        .route("/settings", get(administration::settings_page))
        .route("/settings/{name}", get(administration::setting_page).post(administration::change_setting))
}

/// The console's pages of who may log in.
fn people_pages() -> Router<Ctx> {
    use console::people as pages;
    Router::new()
        .route("/accounts", get(pages::accounts_page).post(pages::make_account))
        .route("/accounts/{name}", get(pages::account_page).post(pages::change_account))
        .route("/api", get(console::api_page))
        .route("/privacy", get(pages::privacy_page).post(pages::purge))
        .route("/api-tokens", get(pages::api_tokens_page).post(pages::change_api_tokens))
}

/// The check-outs of applications, which the interop listener serves, too.
pub(super) fn checkouts() -> Router<Ctx> {
    Router::new()
        .route("/api/v1/checkouts", get(checkouts_api::list).post(checkouts_api::create))
        .route("/api/v1/checkouts/{id}", get(checkouts_api::show).delete(checkouts_api::release))
        .route("/api/v1/checkouts/{id}/heartbeat", post(checkouts_api::heartbeat))
}

/// Paths that do not exist; who asks the API for one must be logged in to learn that.
async fn nothing_here(State(context): State<Ctx>, request: Request) -> Failure {
    if request.uri().path().starts_with("/api/") && recognise(&context, request.headers()).is_none() {
        return auth::unauthenticated();
    }
    Failure::new(Code::NotFound, format!("there is nothing at {}", request.uri().path()))
}

/// Errors that the framework answered by itself become problem documents, too.
pub(super) async fn as_problem(response: Response) -> Response {
    let plain = !response.headers().contains_key(http::header::CONTENT_TYPE)
        || response.headers().get(http::header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !response.status().is_client_error() || !plain {
        return response;
    }
    match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Failure::new(Code::TooLarge, format!("the body is larger than {JSON_BYTES} bytes")).into_response()
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Failure::new(Code::UnsupportedMedia, "this Content-Type is not spoken here").into_response()
        }
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
            Failure::new(Code::InvalidBody, "the request cannot be read").into_response()
        }
        _ => response,
    }
}
