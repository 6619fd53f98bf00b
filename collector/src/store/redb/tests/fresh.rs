//! New stores to test with.

use crate::store::{
    Stores,
    conformance::{
        self,
        fixtures::{self, asset, date, ending, enrollment, entry, mark, report, session, token, usage},
    },
    records::UsageKind,
    redb::{OpenConfig, RedbStore, create, open, open_store},
};
use muster_domain::ids::SessionId;
use muster_runtime::clock::SystemClock;
use std::{path::PathBuf, sync::Arc};
use tempfile::TempDir;

/// The file of a store in a directory.
pub(super) fn file(directory: &TempDir) -> PathBuf {
    directory.path().join("muster.redb")
}

/// An empty store, and the directory it lives in.
pub(super) async fn stores() -> (Stores, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    create(&file(&directory)).unwrap();
    (open(&file(&directory)).await.unwrap(), directory)
}

/// The same, for units of work of the test's own.
pub(super) async fn store() -> (Arc<RedbStore>, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    create(&file(&directory)).unwrap();
    let store = open_store(&file(&directory), OpenConfig::default(), Arc::new(SystemClock)).await.unwrap();
    (Arc::new(store), directory)
}

/// Puts rows into many tables.
pub(super) async fn fill(stores: &Stores) {
    stores.tokens.create(token("t", 100), entry("token.create")).await.unwrap();
    for number in 1..=20_u8 {
        stores.agents.enroll(enrollment("t", number)).await.unwrap();
        let id = u128::from(number);
        stores.assets.create(asset(1000 + id, None), entry("asset.create")).await.unwrap();
        let started = vec![session(id, id), session(100 + id, id)];
        stores.reports.append(report(id, mark(1, 1), started, vec![(SessionId(id), ending(20))]), None).await.unwrap();
        stores.usage.raise(vec![usage(1, &format!("App {number}"), UsageKind::Total, 3)]).await.unwrap();
        let record = conformance::record("contracts", id, &format!("C{number}"));
        stores.records.change(vec![record], entry("record.change")).await.unwrap();
    }
    stores.reports.fold(30).await.unwrap();
    stores.applications.put(fixtures::application("Incident Management"), None, entry("application.put")).await.unwrap();
    stores.system.set("null_mode", Some("sql"), entry("settings.set")).await.unwrap();
    stores.reports.append(report(1, mark(1, 2), vec![], vec![]), None).await.unwrap();
}

/// Everything that a store gives out.
pub(super) async fn dump(stores: &Stores) -> Result<String, crate::store::StoreError> {
    let json = |value: serde_json::Result<serde_json::Value>| value.unwrap().to_string();
    let live = stores.reports.load().await?;
    Ok([
        json(serde_json::to_value(stores.tokens.all().await?)),
        json(serde_json::to_value(stores.agents.all().await?)),
        json(serde_json::to_value(stores.assets.page(None, 1000).await?)),
        json(serde_json::to_value(stores.audit.page(None, 1000).await?)),
        json(serde_json::to_value(stores.applications.all().await?)),
        json(serde_json::to_value(stores.usage.closed(fixtures::at(-1000), fixtures::at(1000)).await?)),
        json(serde_json::to_value(stores.usage.peaks(None, date(1), date(9)).await?)),
        json(serde_json::to_value(stores.system.settings().await?)),
        json(serde_json::to_value(live.progress)),
        json(serde_json::to_value(live.sessions)),
        json(serde_json::to_value(stores.records.all(None).await?)),
        format!("{:?}", stores.audit.verify().await?),
    ]
    .join("\n"))
}
