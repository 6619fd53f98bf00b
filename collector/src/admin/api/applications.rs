//! `/api/v1/applications`: what is tracked, with its seats (contract 2.4).

use super::openapi::Problems;
use crate::{
    admin::{
        auth::Caller,
        context::{AdminContext, Ctx},
        extract::{Json, Query},
        page::{Listing, Page, Paging},
        problem::{Answer, Failure},
    },
    store::{
        StoreError,
        records::{ApplicationRecord, AuditEntry},
    },
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use muster_domain::session::{
    Access, Application, ApplicationError, ApplicationPatch, AtLimit, IdleTimeout, Offline, Reservation, Share, UsedBy,
};
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, OneOfBuilder, RefOr, Schema, Type,
        schema::{Array as ArraySchema, Object as ObjectSchema, SchemaType},
    },
};

/// An application.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ApplicationView {
    /// Its name.
    name: String,
    /// Whether its use is tracked.
    #[schema(default = true)]
    tracking: bool,
    /// Named seats; null = unlimited, 0 = none.
    named_limit: Option<u64>,
    /// Users with a named seat.
    named_users: Vec<String>,
    /// Floating seats; null = unlimited, 0 = none.
    floating_limit: Option<u64>,
    /// `refuse`, `warn` or `queue`: what happens when no seat is free.
    #[schema(value_type = String, default = "warn", pattern = "^(refuse|warn|queue)$")]
    at_limit: AtLimit,
    /// `user`, `client_ip`, `host`, `display`: what makes two claims share a seat; nothing: each has its own.
    #[schema(value_type = Vec<String>)]
    sharing: Vec<Share>,
    /// Sessions without input for so long give their seat back; 0 = never.
    idle_timeout_seconds: u64,
    /// Users with a timeout of their own; 0 = never.
    #[schema(value_type = Vec<IdleTimeoutView>)]
    idle_timeout_users: Vec<IdleTimeout>,
    /// Users whose sessions keep their seats however long they are idle.
    idle_timeout_except: Vec<String>,
    /// A check-out ends so long after its last heartbeat.
    #[schema(default = 120)]
    lease_seconds: u64,
    /// A seat stays taken for so long after its end.
    linger_seconds: u64,
    /// Longest time a seat may be borrowed; 0 = never.
    borrow_max_hours: u64,
    /// `allow` or `deny`: what an agent answers without a valid verdict.
    #[schema(value_type = String, default = "allow", pattern = "^(allow|deny)$")]
    offline: Offline,
    /// Seats kept for groups.
    #[schema(value_type = Vec<ReservationView>)]
    reservations: Vec<Reservation>,
    /// Which sessions use it.
    #[schema(value_type = UsedByView)]
    used_by: UsedBy,
    /// Who may take a seat.
    #[schema(value_type = AccessView)]
    access: Access,
}

/// Seats kept for a group.
#[derive(Debug, ToSchema)]
#[schema(as = Reservation)]
#[expect(dead_code, reason = "describes the domain's type in the API document")]
pub(super) struct ReservationView {
    /// The group.
    group: String,
    /// Seats of the floating pool.
    seats: u64,
}

/// An idle timeout of one user.
#[derive(Debug, ToSchema)]
#[schema(as = IdleTimeout)]
#[expect(dead_code, reason = "describes the domain's type in the API document")]
pub(super) struct IdleTimeoutView {
    /// The user.
    user: String,
    /// Seconds without input; 0 = never.
    seconds: u64,
}

/// Who may take a seat. What is excluded is out; an inclusion that names nobody lets everybody in.
#[derive(Debug, ToSchema)]
#[schema(as = Access)]
#[expect(dead_code, reason = "describes the domain's type in the API document")]
pub(super) struct AccessView {
    /// Only these may.
    include: AccessListView,
    /// These may not.
    exclude: AccessListView,
}

/// Whom one side of an access rule names: it is enough to be in one of the lists.
#[derive(Debug, ToSchema)]
#[schema(as = AccessList)]
#[expect(dead_code, reason = "describes the domain's type in the API document")]
pub(super) struct AccessListView {
    /// Users.
    users: Vec<String>,
    /// Groups, an administrator's or a system's.
    groups: Vec<String>,
    /// Machines.
    hosts: Vec<String>,
    /// Addresses and networks of clients, such as `10.1.0.0/16`.
    networks: Vec<String>,
}

/// Which sessions use an application.
#[derive(Debug, ToSchema)]
#[schema(as = UsedBy)]
#[expect(dead_code, reason = "describes the domain's type in the API document")]
pub(super) struct UsedByView {
    /// Every login.
    login: bool,
    /// Sessions in which one of these processes runs.
    processes: Vec<String>,
    /// Only these users; `*` is everybody.
    users: Vec<String>,
}

impl From<ApplicationRecord> for ApplicationView {
    fn from(record: ApplicationRecord) -> Self {
        let ApplicationRecord { application, version: _ } = record;
        let Application {
            name,
            tracking,
            named_limit,
            named_users,
            floating_limit,
            at_limit,
            sharing,
            idle_timeout_seconds,
            idle_timeout_users,
            idle_timeout_except,
            lease_seconds,
            linger_seconds,
            borrow_max_hours,
            offline,
            reservations,
            used_by,
            access,
        } = application;
        Self {
            name,
            tracking,
            named_limit,
            named_users,
            floating_limit,
            at_limit,
            sharing,
            idle_timeout_seconds,
            idle_timeout_users,
            idle_timeout_except,
            lease_seconds,
            linger_seconds,
            borrow_max_hours,
            offline,
            reservations,
            used_by,
            access,
        }
    }
}

/// What to set: a field that is not given has its default on create and stays on change.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct ApplicationInput(ApplicationPatch);

impl PartialSchema for ApplicationInput {
    fn schema() -> RefOr<Schema> {
        match ApplicationView::schema() {
            RefOr::T(Schema::Object(mut object)) => {
                object.required.clear();
                for property in object.properties.values_mut() {
                    or_null(property);
                }
                object.description =
                    Some("Fields to set; what is not given has its default on create and stays on change.".to_owned());
                RefOr::T(Schema::Object(object))
            }
            other => other,
        }
    }
}

impl ToSchema for ApplicationInput {}

/// Null is as good as absent where it is no value of the field.
fn or_null(property: &mut RefOr<Schema>) {
    match property {
        RefOr::T(Schema::Object(ObjectSchema { schema_type, .. }) | Schema::Array(ArraySchema { schema_type, .. })) => {
            if let SchemaType::Type(kind) = schema_type {
                *schema_type = SchemaType::from_iter([kind.clone(), Type::Null]);
            }
        }
        other => {
            let null = ObjectBuilder::new().schema_type(Type::Null);
            *other = RefOr::T(OneOfBuilder::new().item(null).item(other.clone()).into());
        }
    }
}

/// Every application, ordered by name.
#[utoipa::path(get, path = "/api/v1/applications", tag = "applications", params(Paging),
    responses((status = 200, description = "applications", body = Page<ApplicationView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let records = context.stores.applications.all().await?;
    let key = |record: &ApplicationRecord| (record.application.name.to_lowercase(), record.application.name.clone());
    let page = Page::in_order(records, &paging, key)?.map(ApplicationView::from);
    let columns = [
        "name",
        "tracking",
        "named_limit",
        "named_users",
        "floating_limit",
        "at_limit",
        "sharing",
        "idle_timeout_seconds",
        "lease_seconds",
        "linger_seconds",
        "borrow_max_hours",
        "offline",
    ];
    Ok(page.answer(&listing, &columns))
}

/// One application.
#[utoipa::path(get, path = "/api/v1/applications/{name}", tag = "applications",
    params(("name" = String, Path, description = "its name, without regard to case")),
    responses((status = 200, description = "the application", body = ApplicationView), Problems))]
pub async fn show(State(context): State<Ctx>, Path(name): Path<String>) -> Answer<axum::Json<ApplicationView>> {
    let record = stored(&context, &name).await?.ok_or_else(|| Failure::not_found("application", &name))?;
    Ok(axum::Json(record.into()))
}

/// Makes or changes an application.
#[utoipa::path(put, path = "/api/v1/applications/{name}", tag = "applications",
    params(("name" = String, Path, description = "its name, without regard to case")), request_body = ApplicationInput,
    responses(
        (status = 200, description = "changed", body = ApplicationView),
        (status = 201, description = "made", body = ApplicationView),
        Problems))]
pub async fn set(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(name): Path<String>,
    Json(ApplicationInput(mut patch)): Json<ApplicationInput>,
) -> Answer<Response> {
    // The path names the record without regard to case; the spelling of the record stays.
    if patch.name.as_deref().is_some_and(|given| given.trim().to_lowercase() == name.trim().to_lowercase()) {
        patch.name = None;
    }
    let (record, is_new) = put(&context, &caller.actor(), &name, patch, None).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, axum::Json(ApplicationView::from(record))).into_response())
}

/// Makes or changes an application: the record, and whether it is new. `seen` is the version that whoever changes it looked at, 0 for
/// none.
///
/// # Errors
/// 422 for values that cannot be, 409 when somebody else changed it, and those of the store.
pub async fn put(
    context: &AdminContext,
    actor: &str,
    name: &str,
    patch: ApplicationPatch,
    seen: Option<u64>,
) -> Answer<(ApplicationRecord, bool)> {
    let before = stored(context, name).await?;
    let refused = |error: ApplicationError| Failure::invalid(error.to_string());
    let mut application = match &before {
        Some(record) => record.application.clone(),
        None => Application::new(name).map_err(refused)?,
    };
    application.change(patch).map_err(refused)?;
    let audit = AuditEntry {
        at: context.now(),
        actor: actor.to_owned(),
        action: "application.set".to_owned(),
        subject: application.name.clone(),
        detail: serde_json::json!({"before": before.as_ref().map(|record| &record.application), "after": application}),
    };
    // A version of 0 is no record: two creations at once are a conflict, as two changes are.
    let expected = seen.unwrap_or_else(|| before.as_ref().map_or(0, |record| record.version));
    let record = context.stores.applications.put(application, Some(expected), audit).await?;
    context.sessions.reload_applications().await?;
    Ok((record, before.is_none()))
}

/// Deletes an application; its history stays.
#[utoipa::path(delete, path = "/api/v1/applications/{name}", tag = "applications",
    params(("name" = String, Path, description = "its name, without regard to case")),
    responses((status = 204, description = "deleted"), Problems))]
pub async fn delete(State(context): State<Ctx>, Caller(caller): Caller, Path(name): Path<String>) -> Answer<StatusCode> {
    remove(&context, &caller.actor(), &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes an application: its name as it was written.
///
/// # Errors
/// 404 when there is none, and those of the store.
pub async fn remove(context: &AdminContext, actor: &str, name: &str) -> Answer<String> {
    let record = stored(context, name).await?.ok_or_else(|| Failure::not_found("application", name))?;
    let name = record.application.name.clone();
    let audit = AuditEntry {
        at: context.now(),
        actor: actor.to_owned(),
        action: "application.delete".to_owned(),
        subject: name.clone(),
        detail: serde_json::json!({"before": record.application}),
    };
    context.stores.applications.delete(&name, audit).await?;
    context.sessions.reload_applications().await?;
    Ok(name)
}

/// The record of an application, by its name without regard to case.
///
/// # Errors
/// Those of the store.
pub async fn stored(context: &AdminContext, name: &str) -> Result<Option<ApplicationRecord>, StoreError> {
    let wanted = name.trim().to_lowercase();
    let records = context.stores.applications.all().await?;
    Ok(records.into_iter().find(|record| record.application.name.to_lowercase() == wanted))
}
