//! The stylesheet, the only asset of the pages.

use crate::admin::{Answer, Failure};
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::header;

/// `GET /assets-static/{file}`.
pub async fn style(Path(file): Path<String>) -> Answer<Response> {
    if file != "muster.css" {
        return Err(Failure::not_found("file", &file));
    }
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")];
    Ok((headers, include_str!("../../templates/muster.css")).into_response())
}
