//! `offline-use ...`

use crate::client::{
    args::OfflineUseCommand,
    error::ClientError,
    http::{Api, part},
    show::{Kind, List, Printer},
};
use reqwest::Method;

const PATH: &str = "/api/v1/offline-uses";

pub(super) async fn run(command: OfflineUseCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        OfflineUseCommand::List => {
            let items = api.list(PATH, &[], usize::MAX).await?;
            let columns = [
                ("ID", "id", Kind::Text),
                ("HOST", "host", Kind::Text),
                ("TOLD", "told_at", Kind::Time),
                ("APPLICATION", "application", Kind::Text),
                ("USER", "user", Kind::Text),
                ("FROM", "from", Kind::Time),
                ("TO", "to", Kind::Time),
                ("REASON", "reason", Kind::Text),
            ];
            printer.list(List { items, columns: &columns, empty: "Every use that agents told of afterwards counts." })
        }
        OfflineUseCommand::Dismiss { ids } => {
            for id in &ids {
                api.change(Method::DELETE, &format!("{PATH}/{}", part(id)), None).await?;
                printer.done(&format!("The use {id} was dismissed."))?;
            }
            Ok(())
        }
    }
}
