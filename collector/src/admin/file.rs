//! A file in the body of a request, and the events of its import in the answer.
//!
//! In: a request. Out: the pieces of its body as they come; a stream of JSON lines. It must not hold the file.

use super::problem::{Answer, Failure};
use crate::sheet::{Event, Source};
use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt as _, stream};
use http::header;
use muster_wire::problem::Code;
use std::{convert::Infallible, time::Duration};
use tokio::{sync::mpsc, time::timeout};

/// Events that wait for a slow reader.
pub(super) const WAITING: usize = 1_000;
/// Longest silence of an answer.
const SILENCE: Duration = Duration::from_secs(10);

/// The CSV file in a request's body, and its size in bytes; 0 where that is not said.
///
/// # Errors
/// When the body is said to be something else.
pub(super) fn csv(request: Request) -> Answer<(Source, u64)> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !header(header::CONTENT_TYPE).to_ascii_lowercase().starts_with("text/csv") {
        return Err(Failure::new(Code::UnsupportedMedia, "send the file with Content-Type: text/csv"));
    }
    let bytes = header(header::CONTENT_LENGTH).parse().unwrap_or_default();
    let pieces = request.into_body().into_data_stream();
    let pieces = pieces.map(|piece| piece.map(Vec::from).map_err(|error| error.to_string()));
    Ok((Box::pin(pieces), bytes))
}

/// The answer that tells events as they come, one JSON object a line. Where nothing happens for a while it says again how far it is, so
/// that nobody takes a long portion for a broken connection.
pub(super) fn events(told: mpsc::Receiver<Event>) -> Response {
    let lines = stream::unfold((told, None), |(mut told, mut still): (_, Option<Event>)| async move {
        let event = loop {
            match (timeout(SILENCE, told.recv()).await, &still) {
                (Ok(event), _) => break event?,
                (Err(_), Some(still)) => break still.clone(),
                (Err(_), None) => {}
            }
        };
        if matches!(event, Event::Progress { .. }) {
            still = Some(event.clone());
        }
        let mut line = serde_json::to_vec(&event).unwrap_or_default();
        line.push(b'\n');
        Some((Ok::<_, Infallible>(line), (told, still)))
    });
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response()
}
