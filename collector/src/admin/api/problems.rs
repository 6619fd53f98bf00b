//! `GET /problems/{code}`: the page that a problem document's `type` points to.

use crate::admin::{
    auth::MaybeCaller,
    context::Ctx,
    problem::{Answer, Failure},
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use muster_wire::problem::Code;

/// What a problem code means and what to do about it.
#[utoipa::path(get, path = "/problems/{code}", tag = "problems", security(()),
    params(("code" = String, Path, description = "the last part of a problem's type")),
    responses(
        (status = 200, description = "the page", content_type = "text/html", body = String),
        (status = 404, description = "no such code", content_type = "application/problem+json", body = super::openapi::ProblemDocument)))]
pub async fn show(State(context): State<Ctx>, MaybeCaller(caller): MaybeCaller, Path(name): Path<String>) -> Answer<Response> {
    let code = Code::from_name(&name).ok_or_else(|| Failure::not_found("problem", &name))?;
    crate::console::problem_page(&context, caller.as_ref(), code, advice(code))
}

/// What to do.
const fn advice(code: Code) -> &'static str {
    match code {
        Code::Unauthenticated => "Log in at /login, or send an API token that is in force in the Authorization header.",
        Code::Forbidden => "Use a login whose role allows this, or ask an owner. In a browser: reload the page and try again.",
        Code::LicenseDisabled => {
            "The product is disabled or has no licence. Send the file of `muster-collector license request` to your vendor and apply \
             the key that comes back on the licence page, or with `muster-collector license apply FILE`."
        }
        Code::JoinTokenInvalid => "Make a new join token with `muster-collector join-token create` and enrol with it.",
        Code::AgentPending => "Approve the agent with `muster-collector agent approve ID`.",
        Code::AgentRevoked => "The agent was revoked. To take the machine back, enrol it anew with a new join token.",
        Code::NotFound => "Check the path and the id; list what there is with the command of the same name.",
        Code::MethodNotAllowed => "The Allow header names the methods of this path.",
        Code::InvalidBody => "Send well-formed JSON of the shape in /api/v1/openapi.json.",
        Code::InvalidQuery => "The member `position` says at which byte the encoded query cannot be read.",
        Code::InvalidValue => "The detail names the value and the rule it breaks.",
        Code::InvalidLicense => {
            "The licence in force stays. The detail says what is wrong with the key; the member `code` says it for programs."
        }
        Code::Conflict => "Somebody else was first, or the record is in another state. Read it again and decide again.",
        Code::Resync => "Meant for agents: go on with the epoch in the member `epoch`.",
        Code::PoolExhausted => "Wait for a seat, or end a session that holds one. The member `holders` says who holds what.",
        Code::TooLarge => "Send less: the limits are in /api/v1/openapi.json.",
        Code::UnsupportedMedia => "Send the Content-Type that the operation names in /api/v1/openapi.json.",
        Code::Misdirected => {
            "Use a name or address of the listener. To add one: `muster-collector init --name NAME` makes it part of the certificate."
        }
        Code::TooMany => "Wait for the time in the Retry-After header.",
        Code::Internal => "Look into the collector's log for the id of the x-request-id header, and report it.",
        Code::Unavailable => {
            "Nothing was changed. Try again after the time in the Retry-After header; check disk space and /readyz."
        }
    }
}
