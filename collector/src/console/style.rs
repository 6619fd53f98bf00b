//! Stylesheet, icon and the small script, the only assets of the pages.

use crate::admin::{Answer, Failure};
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::header;

/// `GET /assets-static/{file}`.
pub async fn style(Path(file): Path<String>) -> Answer<Response> {
    let (media, text) = match file.as_str() {
        "muster.css" => ("text/css; charset=utf-8", include_str!("../../templates/muster.css")),
        "muster.js" => ("text/javascript; charset=utf-8", include_str!("../../templates/muster.js")),
        "icon.svg" => ("image/svg+xml", include_str!("../../templates/icon.svg")),
        _ => return Err(Failure::not_found("file", &file)),
    };
    let headers = [(header::CONTENT_TYPE, media), (header::CACHE_CONTROL, "public, max-age=3600")];
    Ok((headers, text).into_response())
}
