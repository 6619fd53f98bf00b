//! `POST /api/v1/application-sets/{set}`: makes the applications of a ready-made set.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::Caller,
        context::{AdminContext, Ctx},
        extract::Query,
        page::{Listing, Page},
        problem::{Answer, Failure},
    },
    store::records::{ApplicationRecord, AuditEntry},
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use muster_domain::session::{Application, ApplicationSet, Import};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How to import.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct How {
    /// Do it; without it nothing is changed, and the answer says what would be.
    #[serde(default)]
    apply: bool,
    /// Give applications that exist the fields of the set; their limits, named users and access lists stay.
    #[serde(default)]
    overwrite: bool,
}

/// What happens to one application of a set.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SetOutcomeView {
    /// The application.
    pub name: String,
    /// `create`, `change` or `leave`.
    action: &'static str,
    /// Whether it was done; false for what is left and for a dry run.
    done: bool,
    /// Fields in which the application that exists differs from the set: what `change` changes and `leave` leaves.
    pub differs: Vec<&'static str>,
}

impl SetOutcomeView {
    /// Whether it is, or would be, made.
    #[must_use]
    pub fn makes(&self) -> bool {
        self.action == "create"
    }

    /// Whether it is, or would be, changed.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.action == "change"
    }
}

/// Makes the applications of a ready-made set (`service-manager`), or says what that would do. What exists stays as it is, unless
/// `overwrite` asks otherwise. Doing it again changes nothing.
#[utoipa::path(post, path = "/api/v1/application-sets/{set}", tag = "applications",
    params(("set" = String, Path, description = "its name"), How),
    responses((status = 200, description = "what was done, or would be", body = Page<SetOutcomeView>), Problems))]
pub async fn import(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(name): Path<String>,
    Query(how): Query<How>,
    listing: Listing,
) -> Answer<Response> {
    let set = ApplicationSet::named(&name).ok_or_else(|| Failure::not_found("ready-made set", &name))?;
    let items = import_set(&context, &caller.actor(), set, how.overwrite, how.apply).await?;
    let page = Page { items, next: None, warnings: Vec::new() };
    Ok(page.answer(&listing, &["name", "action", "done", "differs"]))
}

/// Makes the applications of a set, or without `apply` says what that would do.
///
/// # Errors
/// 409 when somebody else makes them at the same time, and those of the store.
pub async fn import_set(
    context: &AdminContext,
    actor: &str,
    set: &ApplicationSet,
    overwrite: bool,
    apply: bool,
) -> Answer<Vec<SetOutcomeView>> {
    let records = context.stores.applications.all().await?;
    let existing: Vec<Application> = records.iter().map(|record| record.application.clone()).collect();
    let plan = set.plan(&existing, overwrite);
    let items: Vec<SetOutcomeView> = plan.iter().map(|import| view(import, apply)).collect();
    if apply {
        let outcome = put_all(context, &records, plan, set.name, actor).await;
        // What was stored before something failed counts, too.
        context.sessions.reload_applications().await?;
        outcome?;
    }
    Ok(items)
}

async fn put_all(context: &AdminContext, records: &[ApplicationRecord], plan: Vec<Import>, set: &str, actor: &str) -> Answer<()> {
    for import in plan {
        let (Import::Create(application) | Import::Change { application, .. }) = import else { continue };
        let before = records.iter().find(|record| record.application.name == application.name);
        let audit = AuditEntry {
            at: context.now(),
            actor: actor.to_owned(),
            action: "application.import".to_owned(),
            subject: application.name.clone(),
            detail: serde_json::json!({"set": set, "before": before.map(|record| &record.application), "after": application}),
        };
        // A version of 0 is no record: what somebody else made meanwhile is a conflict.
        let expected = before.map_or(0, |record| record.version);
        context.stores.applications.put(application, Some(expected), audit).await?;
    }
    Ok(())
}

fn view(import: &Import, apply: bool) -> SetOutcomeView {
    let (action, differs) = match import {
        Import::Create(_) => ("create", Vec::new()),
        Import::Change { differs, .. } => ("change", differs.clone()),
        Import::Leave { differs, .. } => ("leave", differs.clone()),
    };
    SetOutcomeView { name: import.application().name.clone(), action, done: apply && action != "leave", differs }
}
