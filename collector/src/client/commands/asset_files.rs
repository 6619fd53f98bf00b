//! `asset export`: assets as a CSV file.

use crate::client::{
    error::ClientError,
    http::Api,
    show::{Kind, List, Printer},
};
use muster_runtime::output::Format;
use std::io::Write as _;

/// Writes all assets that a query finds to standard output.
pub(super) async fn export(query: Option<&str>, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let query: Vec<(&str, &str)> = query.iter().map(|query| ("sysparm_query", *query)).collect();
    if printer.chosen() == Some(Format::Json) {
        let items = api.list("/api/v1/assets", &query, usize::MAX).await?;
        return printer.list(List { items, columns: &[("ID", "id", Kind::Text)], empty: "" });
    }
    let mut response = api.download("/api/v1/assets", &query, "text/csv").await?;
    let mut out = std::io::stdout().lock();
    while let Some(piece) = api.piece(&mut response).await? {
        match out.write_all(&piece) {
            // Whoever reads has enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(|error| ClientError::Local { what: "standard output".to_owned(), error })?,
        }
    }
    Ok(())
}
