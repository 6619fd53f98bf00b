//! Trusting another vendor key out of the form: an endorsement, or from an owner a bare public key.

use super::{
    page::{HERE, Said, show},
    sent::Sent,
};
use crate::{
    admin::{
        AdminContext, Answer, Ctx, Failure,
        auth::{Caller, Principal},
    },
    compliance::TrustError,
    console::{frame::shown, note::Note},
    store::records::Role,
};
use axum::{
    extract::{Request, State},
    response::{IntoResponse, Redirect, Response},
};
use http::StatusCode;

/// `POST /console/license/trust`.
pub async fn trust_vendor(State(context): State<Ctx>, Caller(caller): Caller, request: Request) -> Response {
    shown(added(&context, &caller, request).await)
}

async fn added(context: &AdminContext, caller: &Principal, request: Request) -> Answer<Response> {
    let headers = request.headers().clone();
    let Sent { text, act: _ } = Sent::read(request).await?;
    let known: Vec<String> = context.compliance.trusted().into_iter().map(|key| key.vendor_key_id).collect();
    let why = match context.compliance.add_trust(&text, &caller.actor(), caller.role >= Role::Owner).await {
        Ok(trusted) => {
            let new = trusted.into_iter().map(|key| key.vendor_key_id).find(|id| !known.contains(id));
            let text = new.map_or_else(
                || "This vendor key was trusted already.".to_owned(),
                |id| format!("Licence keys that vendor key {id} signs are trusted now."),
            );
            let note = Note { at: HERE.to_owned(), text, warnings: Vec::new() };
            return Ok(note.put(Redirect::to(HERE).into_response(), context.tls));
        }
        Err(error @ TrustError::Run(_)) => return Err(Failure::from(error)),
        Err(error) => error.to_string(),
    };
    let said = Said { distrusted: Some((why, text)), ..Said::default() };
    let mut response = show(context, caller, &headers, &said).await?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}
