//! Saying that the collector's clock is right, after it moved further than a clock does by itself.

use super::page::HERE;
use crate::{
    admin::{Ctx, Failure, auth::Caller},
    console::{frame::shown, note::Note},
};
use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};

/// `POST /console/license/clock`.
pub async fn confirm_clock(State(context): State<Ctx>, Caller(caller): Caller) -> Response {
    let confirmed = context.compliance.confirm_clock(&caller.actor()).await;
    shown(confirmed.map_err(Failure::from).map(|()| {
        let text = "The clock counts as right from now on; the licence position follows it again.".to_owned();
        let note = Note { at: HERE.to_owned(), text, warnings: Vec::new() };
        note.put(Redirect::to(HERE).into_response(), context.tls)
    }))
}
