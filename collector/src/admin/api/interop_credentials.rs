//! `/api/v1/interop-credentials`: what agents of another make log in with.

use super::{
    join_tokens::{closed, group_of},
    openapi::Problems,
    undo::{UndoneView, WithAssets, answered, undone},
};
use crate::{
    admin::{
        auth::Caller,
        context::{AdminContext, Ctx},
        extract::{Json, Query},
        page::{Listing, Page, Paging},
        problem::Answer,
    },
    ingest::Brought,
    store::records::{InteropCredentialRecord, InteropKind},
    trust::interop::{Created, NewCredential},
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use data_encoding::BASE64;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a credential is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InteropKindName {
    /// Agents that send inventories: GLPI, FusionInventory, OCS.
    Inventory,
    /// osquery.
    Osquery,
}

impl From<InteropKindName> for InteropKind {
    fn from(name: InteropKindName) -> Self {
        match name {
            InteropKindName::Inventory => Self::Inventory,
            InteropKindName::Osquery => Self::Osquery,
        }
    }
}

impl From<InteropKind> for InteropKindName {
    fn from(kind: InteropKind) -> Self {
        match kind {
            InteropKind::Inventory => Self::Inventory,
            InteropKind::Osquery => Self::Osquery,
        }
    }
}

/// A wish for a credential.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InteropCredentialWish {
    /// What it is for.
    pub kind: InteropKindName,
    /// Group of what comes with it.
    #[serde(default)]
    pub group: Option<String>,
    /// How many new devices it lets in within an hour, at most 10000; 20 when absent. Those beyond wait for an administrator.
    #[serde(default = "twenty")]
    #[schema(default = 20, minimum = 1, maximum = 10000)]
    pub max_new_per_hour: u32,
}

const fn twenty() -> u32 {
    20
}

/// A credential as it is shown once.
#[derive(Serialize, ToSchema)]
pub struct CreatedInteropCredential {
    /// Its public part.
    pub id: String,
    /// For inventories: the user to log in as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// For inventories: the password; it cannot be shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// For inventories: both in one, for `Authorization: Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bearer: Option<String>,
    /// For osquery: the secret to enrol with; it cannot be shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enroll_secret: Option<String>,
    /// Why agents cannot come with it yet, and what helps.
    pub warnings: Vec<String>,
    /// Where agents reach the collector; null while the interop listener is off. `COLLECTOR` stands for a name that is not known.
    pub url: Option<String>,
    /// What to put into which file of which agent; empty while the interop listener is off.
    pub configuration: Vec<AgentConfiguration>,
}

/// What to put into a file on a machine.
#[derive(Clone, Serialize, ToSchema)]
pub struct AgentConfiguration {
    /// Which agents read it.
    pub program: &'static str,
    /// The file.
    pub file: &'static str,
    /// Its lines.
    pub lines: String,
}

/// A credential as it is listed.
#[derive(Debug, Serialize, ToSchema)]
pub struct InteropCredentialView {
    /// Its public part.
    pub id: String,
    /// What it is for.
    pub kind: InteropKindName,
    /// `usable` or `revoked`.
    pub state: &'static str,
    /// Group of what comes with it.
    pub group: Option<String>,
    /// How many new devices it lets in within an hour.
    pub max_new_per_hour: u32,
    /// Devices that came with it, those that wait with them.
    pub devices: usize,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When a request last came with it, to the minute; null = never.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl InteropCredentialView {
    fn of(record: &InteropCredentialRecord, context: &AdminContext, devices: usize) -> Self {
        let InteropCredentialRecord {
            id,
            kind,
            secret_hash: _,
            group,
            max_new_per_hour,
            created_by,
            created_at,
            let_in: _,
            revoked,
        } = record.clone();
        let state = if revoked { "revoked" } else { "usable" };
        let last_used_at = context.directory.uses().of(&format!("interop:{id}"));
        Self { id, kind: kind.into(), state, group, max_new_per_hour, devices, created_by, created_at, last_used_at }
    }

    /// Every credential, newest first.
    #[must_use]
    pub fn all(context: &AdminContext) -> Vec<Self> {
        let agents = context.fleet.list();
        let devices = |id: &str| {
            let brought = Brought::Credential(id.to_owned());
            agents.iter().filter(|agent| brought.has(&agent.record)).count()
        };
        context.interop.list().iter().map(|record| Self::of(record, context, devices(&record.id))).collect()
    }
}

/// Interop credentials, newest first.
#[utoipa::path(get, path = "/api/v1/interop-credentials", tag = "agents", params(Paging),
    responses((status = 200, description = "credentials", body = Page<InteropCredentialView>), Problems))]
pub async fn list(State(context): State<Ctx>, Query(paging): Query<Paging>, listing: Listing) -> Answer<Response> {
    let page = Page::of(InteropCredentialView::all(&context), &paging, |credential| credential.id.clone())?;
    let columns = ["id", "kind", "state", "group", "max_new_per_hour", "devices", "created_by", "created_at", "last_used_at"];
    Ok(page.answer(&listing, &columns))
}

/// Makes a credential for agents of another make. It is shown once.
#[utoipa::path(post, path = "/api/v1/interop-credentials", tag = "agents", request_body = InteropCredentialWish,
    responses((status = 201, description = "the credential", body = CreatedInteropCredential), Problems))]
pub async fn create(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Json(wish): Json<InteropCredentialWish>,
) -> Answer<Response> {
    let created = made(&context, wish, &caller.actor()).await?;
    Ok((StatusCode::CREATED, axum::Json(created)).into_response())
}

/// Makes a credential as it is wished.
///
/// # Errors
/// When the wish breaks a rule or the store cannot take it.
pub async fn made(context: &AdminContext, wish: InteropCredentialWish, actor: &str) -> Answer<CreatedInteropCredential> {
    let InteropCredentialWish { kind, group, max_new_per_hour } = wish;
    let new = NewCredential { kind: kind.into(), group: group_of(group)?, max_new_per_hour };
    let created = context.interop.create(new, actor, context.now()).await?;
    let address = address(context);
    let configuration = address.as_deref().map(|address| configuration(kind, address, &created)).unwrap_or_default();
    let url = address.map(|address| format!("https://{address}/"));
    let (whole, Created { record, secret }) = (created.whole(), created);
    let for_inventories = kind == InteropKindName::Inventory;
    let mut warnings = obstacles(context);
    if !for_inventories {
        warnings.push(NOT_SERVED.to_owned());
    }
    Ok(CreatedInteropCredential {
        user: for_inventories.then(|| record.id.clone()),
        password: for_inventories.then_some(secret),
        bearer: for_inventories.then(|| whole.clone()),
        enroll_secret: (!for_inventories).then_some(whole),
        id: record.id,
        warnings,
        url,
        configuration,
    })
}

/// What is said with a credential for osquery.
const NOT_SERVED: &str = "This version takes inventories; what osquery enrols with and sends is not taken yet.";

/// What stands for the collector's name where the site gave none that other machines could know.
const UNKNOWN_NAME: &str = "COLLECTOR";

/// Host and port of the interop listener; none while it is off.
fn address(context: &AdminContext) -> Option<String> {
    let port = context.interop_on?.port();
    let name = context.hosts.public().unwrap_or(UNKNOWN_NAME);
    Some(if name.contains(':') { format!("[{name}]:{port}") } else { format!("{name}:{port}") })
}

/// What agents are told of the collector and the credential.
fn configuration(kind: InteropKindName, address: &str, created: &Created) -> Vec<AgentConfiguration> {
    let (user, password) = (&created.record.id, &created.secret);
    match kind {
        InteropKindName::Inventory => vec![
            AgentConfiguration {
                program: "GLPI agent",
                file: "/etc/glpi-agent/conf.d/muster.cfg",
                lines: format!(
                    "server = https://{address}/\nuser = {user}\npassword = {password}\n\
                     ca-cert-file = /etc/glpi-agent/muster-ca.pem\n"
                ),
            },
            AgentConfiguration {
                program: "FusionInventory agent",
                file: "/etc/fusioninventory/agent.cfg",
                lines: format!(
                    "server = https://{address}/\nuser = {user}\npassword = {password}\n\
                     ca-cert-file = /etc/fusioninventory/muster-ca.pem\n"
                ),
            },
            // It decodes user and password by itself; as Debian installs it, it has a directory for inventories instead of a server.
            AgentConfiguration {
                program: "OCS agent",
                file: "/etc/ocsinventory/ocsinventory-agent.cfg",
                lines: format!(
                    "server=https://{address}/ocsinventory\nlocal=0\nrealm=muster\nuser={}\npassword={}\nssl=1\n\
                     ca=/etc/ocsinventory/muster-ca.pem\n",
                    BASE64.encode(user.as_bytes()),
                    BASE64.encode(password.as_bytes()),
                ),
            },
        ],
        InteropKindName::Osquery => vec![
            AgentConfiguration {
                program: "osquery, the secret",
                file: "/etc/osquery/muster-secret",
                lines: format!("{}\n", created.whole()),
            },
            AgentConfiguration {
                program: "osquery, the flags",
                file: "/etc/osquery/osquery.flags",
                lines: format!(
                    "--tls_hostname={address}\n--tls_server_certs=/etc/osquery/muster-ca.pem\n\
                     --enroll_secret_path=/etc/osquery/muster-secret\n"
                ),
            },
        ],
    }
}

/// Why agents of another make cannot come now, whatever credential they have.
#[must_use]
pub fn obstacles(context: &AdminContext) -> Vec<String> {
    let licence = closed(context).map(|why| format!("New devices are refused until a licence key is applied: {why}."));
    let listener = match context.interop_on {
        None => Some(
            "The interop listener is off: set listen in the section [interop] of collector.toml, such as 0.0.0.0:8445, and start the \
             collector again."
                .to_owned(),
        ),
        Some(on) if on.ip().is_loopback() => Some(format!(
            "Agents of other machines cannot reach this collector: its interop listener is bound to {}. Set listen in the section \
             [interop] of collector.toml and start it again.",
            on.ip()
        )),
        Some(_) => None,
    };
    licence.into_iter().chain(listener).collect()
}

/// Takes a credential back: what comes with it is refused from now on, and with `with_assets=true` what came with it is revoked and
/// its assets retired.
#[utoipa::path(delete, path = "/api/v1/interop-credentials/{id}", tag = "agents",
    params(("id" = String, Path, description = "the credential"), WithAssets),
    responses((status = 204, description = "taken back"),
        (status = 200, description = "taken back with what came with it", body = UndoneView), Problems))]
pub async fn revoke(
    State(context): State<Ctx>,
    Caller(caller): Caller,
    Path(id): Path<String>,
    Query(WithAssets { with_assets }): Query<WithAssets>,
) -> Answer<Response> {
    Ok(answered(take_back(&context, &id, with_assets, &caller.actor()).await?))
}

/// Takes a credential back, with its audit entry, and perhaps what came with it.
///
/// # Errors
/// When there is no such credential or the store cannot be written.
pub async fn take_back(context: &AdminContext, id: &str, with_assets: bool, actor: &str) -> Answer<Option<UndoneView>> {
    let detail = serde_json::json!({"with_assets": with_assets});
    context.interop.revoke(id, detail, actor, context.now()).await?;
    if with_assets { Ok(Some(undone(context, Brought::Credential(id.to_owned()), actor).await?)) } else { Ok(None) }
}
