//! `software ...`

use super::normalisation;
use crate::client::{
    args::{InstallsArgs, SoftwareCommand},
    error::ClientError,
    http::Api,
    show::{Column, Kind, List, Printer},
};

const SOFTWARE: [Column; 6] = [
    ("NAME", "name", Kind::Text),
    ("VERSION", "version", Kind::Text),
    ("INSTALLS", "installs", Kind::Number),
    ("PUBLISHER", "publisher", Kind::Text),
    ("SOURCE", "source", Kind::Text),
    ("ARCHITECTURE", "architecture", Kind::Text),
];

const INSTALLS: [Column; 13] = [
    ("HOST", "host", Kind::Text),
    ("ASSET", "asset_name", Kind::Text),
    ("NAME", "name", Kind::Text),
    ("VERSION", "version", Kind::Text),
    ("SOURCE", "source", Kind::Text),
    ("INSTALLED", "install_date", Kind::Text),
    ("FIRST SEEN", "first_seen", Kind::Time),
    ("UPDATED", "updated_at", Kind::Time),
    ("REMOVED", "removed_at", Kind::Time),
    ("LIST CHANGED", "reported_at", Kind::Time),
    ("PUBLISHER", "publisher", Kind::Text),
    ("ARCHITECTURE", "architecture", Kind::Text),
    ("ASSET ID", "asset", Kind::Id),
];

pub(super) async fn run(command: SoftwareCommand, api: &Api, printer: Printer) -> Result<(), ClientError> {
    match command {
        SoftwareCommand::List { name } => {
            let query: Vec<(&str, &str)> = name.as_deref().map(|name| ("name", name)).into_iter().collect();
            let items = api.list("/api/v1/software", &query, usize::MAX).await?;
            printer.list(List { items, columns: &SOFTWARE, empty: "No agent has reported such software." })
        }
        SoftwareCommand::Installs(args) => installs(args, api, printer).await,
        SoftwareCommand::Rules => normalisation::rules(api, printer).await,
        SoftwareCommand::Test(args) => normalisation::test(args, api, printer).await,
        SoftwareCommand::Unrecognised => normalisation::unrecognised(api, printer).await,
        SoftwareCommand::Products => normalisation::products(api, printer).await,
    }
}

async fn installs(args: InstallsArgs, api: &Api, printer: Printer) -> Result<(), ClientError> {
    let InstallsArgs { asset, name, removed, since, retired } = args;
    let since = since.map(|since| since.to_rfc3339());
    let mut query: Vec<(&str, &str)> = [("asset", &asset), ("name", &name), ("since", &since)]
        .into_iter()
        .filter_map(|(name, value)| value.as_deref().map(|value| (name, value)))
        .collect();
    query
        .extend([("removed", removed), ("retired", retired)].into_iter().filter_map(|(name, set)| set.then_some((name, "true"))));
    let items = api.list("/api/v1/software/installs", &query, usize::MAX).await?;
    let empty = if removed { "Nothing of this kind was removed." } else { "No agent has reported such software." };
    printer.list(List { items, columns: &INSTALLS, empty })
}
