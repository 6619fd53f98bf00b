//! The API document, made from the handlers themselves.

use super::{
    agents, api_tokens, application_sets, applications, assets, audit, backup, checkouts, compliance, explain, factors, forecast,
    groups, health, idle, imports, interop_credentials, join_tokens, license, license_metrics, normalisation, notifications,
    offline_uses, privacy, problems, reconcile, records, references, sessions, settings, sizing, software, status, units,
    units_history, usage, usage_denials, usage_hours, usage_now, users, webhooks,
};
use super::{answers::Answers, records::Kinds};
use super::{openapi_keys::Keys, openapi_versions::Versions};
use crate::admin::auth::OPERATIONS;
use axum::{Json, response::IntoResponse};
use serde::Serialize;
use std::sync::LazyLock;
use utoipa::{
    Modify, OpenApi, ToSchema,
    openapi::{
        self,
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
    },
};

/// A problem document (RFC 9457); some types have further members.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// `/problems/<code>`, stable.
    #[serde(rename = "type")]
    kind: String,
    /// A short title, the same for every problem of this type.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What was wrong here, where, and what to do.
    detail: String,
}

/// The refusals that every operation with a login has.
#[derive(Debug)]
pub struct Problems;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "muster collector",
        description = "Assets, sessions and licences: what the collector knows, and what administrators do with it."
    ),
    paths(
        health::live, health::ready, health::metrics, status::show, problems::show, show,
        license::show, license::apply, license::request, license::history, license::trusted, license::trust, license::confirm_clock,
        compliance::show, compliance::runs, compliance::run, compliance::run_show,
        forecast::forecast, forecast::report, explain::explain_list, explain::explain,
        assets::list, assets::create, assets::show, assets::edit, assets::take_back,
        assets::change, assets::query_complete, assets::import, assets::action, assets::history, assets::hygiene, assets::hardware,
        references::list, references::create, references::show, references::edit, references::delete,
        agents::list, agents::show, agents::approve, agents::revoke, agents::resolve,
        join_tokens::list, join_tokens::create, join_tokens::revoke,
        interop_credentials::list, interop_credentials::create, interop_credentials::revoke,
        applications::list, applications::show, applications::set, applications::delete, application_sets::import, idle::list,
        checkouts::list, checkouts::create, checkouts::show, checkouts::heartbeat, checkouts::release,
        groups::list, groups::set, groups::delete, offline_uses::list, offline_uses::dismiss,
        software::list, software::installs, records::kinds, imports::list, imports::show, imports::set_line, reconcile::list, reconcile::create, reconcile::show, reconcile::history, reconcile::positions, reconcile::position, reconcile::members, reconcile::remedies, reconcile::move_remedy, reconcile::candidates, reconcile::candidate, reconcile::move_candidate, normalisation::rules, normalisation::test, normalisation::unrecognised, normalisation::products, license_metrics::list, factors::list, factors::show, factors::set, factors::reset, records::publish,
        units::show, units::categories, units::set, units_history::history, sessions::list, sessions::end, settings::list, settings::change,
        usage::show, usage_denials::denials, usage_hours::hours, usage_now::now, sizing::size,
        notifications::list, notifications::test, notifications::retry, webhooks::list, webhooks::create, webhooks::change, webhooks::delete,
        audit::list, audit::export, audit::verify, backup::create, users::list, users::create, users::show, users::edit, users::reset_password, users::delete, privacy::show, privacy::purge,
        api_tokens::list, api_tokens::create, api_tokens::revoke,
    ),
    components(schemas(ProblemDocument, checkouts::CheckoutInput)),
    security(("token" = []), ("session" = [])),
    modifiers(&Schemes, &Kinds, &Names, &Answers, &Keys, &Versions)
)]
struct Document;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.description = Some("An API token, msa_...".to_owned());
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
        let cookie = ApiKeyValue::with_description(
            "__Host-muster",
            "A console session (the cookie is called muster on a listener without TLS). Changes need the header x-csrf-token.",
        );
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

struct Names;

impl Modify for Names {
    /// Gives each operation the name that roles and errors know it by; handlers' own names are not unique.
    fn modify(&self, document: &mut openapi::OpenApi) {
        for operation in OPERATIONS.iter().filter(|operation| operation.documented()) {
            let Some(item) = document.paths.paths.get_mut(operation.path) else { continue };
            let described = match operation.method {
                "POST" => &mut item.post,
                "PUT" => &mut item.put,
                "PATCH" => &mut item.patch,
                "DELETE" => &mut item.delete,
                _ => &mut item.get,
            };
            if let Some(described) = described {
                described.operation_id = Some(operation.name.to_owned());
            }
        }
    }
}

/// The document.
#[must_use]
pub fn document() -> &'static openapi::OpenApi {
    static DOCUMENT: LazyLock<openapi::OpenApi> = LazyLock::new(Document::openapi);
    &DOCUMENT
}

/// This document.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "problems", security(()),
    responses((status = 200, description = "the OpenAPI document", content_type = "application/json")))]
pub async fn show() -> impl IntoResponse {
    Json(document())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The document that is checked in. After a wanted change: `MUSTER_RENEW=1 cargo test -p muster-collector openapi`.
    const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

    #[test]
    fn the_checked_in_document_is_this_one() {
        let now = document().to_pretty_json().unwrap() + "\n";
        if std::env::var_os("MUSTER_RENEW").is_some() {
            muster_runtime::durable::write(SNAPSHOT.as_ref(), now.as_bytes(), 0o644).unwrap();
        }
        let kept = std::fs::read_to_string(SNAPSHOT).unwrap_or_default();
        assert!(
            kept == now,
            "the API changed; look at the difference and renew the file: MUSTER_RENEW=1 cargo test -p muster-collector openapi"
        );
    }

    /// Whether a body says what it is: by a schema, by an example, or by being no JSON.
    fn says(content: &serde_json::Value) -> bool {
        let bodies = content.as_object().into_iter().flatten();
        bodies.into_iter().all(|(media, body)| {
            let known = ["schema", "example", "examples"].iter().any(|name| !body[*name].is_null());
            known || !media.contains("json") || media.contains("openapi")
        })
    }

    #[test]
    fn every_operation_says_what_it_does_takes_and_answers() {
        let document = serde_json::to_value(document()).unwrap();
        let mut wrong = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let mut check = |what: &str, holds: bool| {
                    if !holds {
                        wrong.push(format!("{method} {path}: {what}"));
                    }
                };
                let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().trim().to_owned();
                check("a summary that is a sentence", text(&operation["summary"]).ends_with('.'));
                check("a subject", !text(&operation["tags"][0]).is_empty());
                check("a body with a shape", says(&operation["requestBody"]["content"]));
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    check("parameters with a meaning", !text(&parameter["description"]).is_empty());
                    check("parameters with a type", !parameter["schema"].is_null());
                }
                let responses = operation["responses"].as_object().unwrap();
                for (status, response) in responses {
                    let referred = response["$ref"].as_str().and_then(|target| document.pointer(target.strip_prefix('#')?));
                    let response = referred.unwrap_or(response);
                    check("answers with a meaning", !text(&response["description"]).is_empty());
                    check("answers with a shape", says(&response["content"]) || path.ends_with("/openapi.json"));
                    let empty = response["content"].as_object().is_none_or(|content| content.is_empty());
                    check("answers with a body", !empty || ["202", "204"].contains(&status.as_str()));
                }
                let open = operation["security"][0].as_object().is_some_and(|scheme| scheme.is_empty());
                let refuses = responses.contains_key("401") && responses.contains_key("403");
                check("who may do it, and who may not", open || refuses);
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn every_route_is_in_the_document_and_nothing_else() {
        let document = serde_json::to_value(document()).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        let (mut described, mut names) = (BTreeSet::new(), BTreeSet::new());
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                assert!(names.insert(operation["operationId"].as_str().unwrap()), "an operation id twice: {operation}");
                described.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
        let known: BTreeSet<String> = OPERATIONS
            .iter()
            .filter(|operation| operation.documented())
            .map(|operation| format!("{} {}", operation.method, operation.path))
            .collect();
        assert_eq!(described, known);
    }
}
