//! `/api/v1/backup`: the store in one file.

use super::openapi::Problems;
use crate::{
    admin::{
        auth::Caller,
        context::Ctx,
        problem::{Answer, Failure},
    },
    backup::{BackupError, Made, Manifest},
};
use axum::{
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::{HeaderMap, HeaderValue, Method, header};
use muster_wire::problem::Code;
use std::{sync::Arc, time::Duration};
use tokio::io::AsyncReadExt as _;
use utoipa::ToSchema;

/// How long an answer waits for the backup, so that it says how long the file is, or why there is none. A larger store's begins
/// without that.
const PATIENCE: Duration = Duration::from_secs(20);
/// What is sent at once.
const PORTION: usize = 128 * 1024;
/// The media type of a backup.
const KIND: &str = "application/octet-stream";

/// A backup: two lines of text, the first with the digest of the second, the second with what is in it as JSON, and the store as one
/// zstd frame. `muster-collector restore` reads it.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct BackupFile(pub Vec<u8>);

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Store(error) => error.into(),
            BackupError::Busy => Self::new(Code::Unavailable, error.to_string()).retry_after(10),
            BackupError::NoRoom(_) => Self::new(Code::Unavailable, error.to_string()).retry_after(600),
            other => Self::internal(other),
        }
    }
}

/// Makes a backup of the store and gives it as a file: everything but the keys, which `muster-collector keys export` writes on the
/// collector's machine. The collector goes on meanwhile. One at a time.
#[utoipa::path(get, path = "/api/v1/backup", tag = "backup",
    responses((status = 200, description = "the backup", body = BackupFile, content_type = "application/octet-stream"), Problems))]
pub async fn create(State(context): State<Ctx>, Caller(caller): Caller, method: Method) -> Answer<Response> {
    let (backups, actor) = (Arc::clone(&context.backups), caller.actor());
    let name = format!("muster-{}.backup", context.now().format("%Y%m%dT%H%M%SZ"));
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(KIND));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    if method == Method::HEAD {
        return Ok((headers, Body::empty()).into_response());
    }
    let mut making = tokio::spawn(async move { backups.make(&actor).await });
    match tokio::time::timeout(PATIENCE, &mut making).await {
        Ok(made) => {
            let made = made.map_err(Failure::internal)??;
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(made.bytes));
            Ok((headers, Body::from_stream(pieces(made))).into_response())
        }
        Err(_) => {
            // Too late for a refusal: one that comes now breaks the answer off, and the log says why.
            let late = stream::once(async move {
                let made = making.await.map_err(std::io::Error::other)?;
                let made = made
                    .inspect_err(|error| tracing::error!(%error, "a backup could not be made"))
                    .map_err(std::io::Error::other)?;
                Ok::<_, std::io::Error>(pieces(made))
            });
            Ok((headers, Body::from_stream(late.try_flatten().boxed())).into_response())
        }
    }
}

/// The file of a backup, piece by piece.
fn pieces(made: Made) -> impl stream::Stream<Item = std::io::Result<Bytes>> + Send {
    let Made { manifest: Manifest { .. }, bytes: _, file, place } = made;
    let state = (tokio::fs::File::from_std(file), place);
    stream::try_unfold(state, |(mut file, place)| async move {
        let mut piece = vec![0; PORTION];
        let read = file.read(&mut piece).await?;
        piece.truncate(read);
        Ok((read > 0).then(|| (Bytes::from(piece), (file, place))))
    })
}
