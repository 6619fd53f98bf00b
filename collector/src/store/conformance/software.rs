//! Installed software.

use super::fixtures::{agent_id, asset, asset_id, at, date, entry};
use crate::store::{
    StoreError, Stores,
    ports::{AssetChange, InstallRow, InstallWish, SoftwareSight},
    records::SoftwareListRecord,
};
use muster_domain::{
    asset::{field::Field, value::Value},
    ids::AssetId,
    software::{Difference, Found, REMOVALS_KEPT, Software},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

pub(crate) fn software(name: &str, version: &str) -> Software {
    Software {
        name: name.to_owned(),
        version: Some(version.to_owned()),
        publisher: (name == "Bash").then(|| "Matthias Klose".to_owned()),
        source: "dpkg".to_owned(),
        architecture: None,
    }
}

fn list(number: u128, minutes: i64) -> SoftwareListRecord {
    let digest = format!("sha256:{minutes}");
    SoftwareListRecord { asset: asset_id(number), agent: agent_id(number), digest, at: at(minutes) }
}

async fn report(stores: &Stores, number: u128, minutes: i64, packages: &[(&str, &str)]) -> Difference {
    let found = packages.iter().map(|(name, version)| Found { software: software(name, version), install_date: Some(date(9)) });
    stores.software.replace(list(number, minutes), found.collect()).await.unwrap()
}

async fn machines(stores: &Stores, count: u128) {
    for number in 1..=count {
        stores.assets.create(asset(number, Some(agent_id(number))), entry("asset.create")).await.unwrap();
    }
}

/// `asset name version`, page by page.
async fn shown(stores: &Stores, wish: InstallWish, limit: usize) -> Vec<String> {
    let (mut after, mut all) = (None, Vec::new());
    loop {
        let page: Vec<InstallRow> = stores.software.installs(wish.clone(), after, limit).await.unwrap();
        assert!(page.len() <= limit);
        let Some(last) = page.last() else { return all };
        after = Some((last.asset, last.number));
        let one = |row: &InstallRow| {
            format!("{} {} {}", row.asset.0.as_u128(), row.software.name, row.software.version.clone().unwrap_or_default())
        };
        all.extend(page.iter().map(one));
    }
}

pub(crate) async fn a_list_replaces_the_one_before(stores: &Stores) {
    machines(stores, 1).await;
    assert_eq!(report(stores, 1, 1, &[("Bash", "5"), ("vim", "9")]).await, Difference { installed: 2, updated: 0, removed: 0 });
    assert_eq!(report(stores, 1, 2, &[("Bash", "6"), ("zsh", "1")]).await, Difference { installed: 1, updated: 1, removed: 1 });
    assert_eq!(stores.software.lists().await.unwrap(), [list(1, 2)]);
    let rows = stores.software.installs(InstallWish::default(), None, 9).await.unwrap();
    let bash = rows.iter().find(|row| row.software.name == "Bash").unwrap();
    assert_eq!((bash.first_seen, bash.updated_at, bash.reported_at), (at(1), Some(at(2)), at(2)));
    assert_eq!((bash.install_date, bash.removed_at, rows.len()), (Some(date(9)), None, 2));
    let gone = InstallWish { removed: true, ..InstallWish::default() };
    let rows = stores.software.installs(gone, None, 9).await.unwrap();
    assert_eq!((rows[0].software.name.as_str(), rows[0].removed_at, rows.len()), ("vim", Some(at(2)), 1));
}

pub(crate) async fn a_list_of_another_agent_is_refused(stores: &Stores) {
    machines(stores, 1).await;
    let foreign = SoftwareListRecord { agent: agent_id(2), ..list(1, 1) };
    assert!(matches!(stores.software.replace(foreign, Vec::new()).await, Err(StoreError::Conflict(_))));
    assert!(matches!(stores.software.replace(list(7, 1), Vec::new()).await, Err(StoreError::NotFound { what: "asset", .. })));
    assert_eq!(stores.software.lists().await.unwrap(), []);
}

pub(crate) async fn installs_are_paged_and_found(stores: &Stores) {
    machines(stores, 3).await;
    report(stores, 1, 1, &[("Bash", "5"), ("vim", "9")]).await;
    report(stores, 2, 2, &[("Bash", "5"), ("bash-doc", "5"), ("zsh", "1")]).await;
    report(stores, 3, 3, &[]).await;
    let all = ["1 Bash 5", "1 vim 9", "2 Bash 5", "2 bash-doc 5", "2 zsh 1"];
    for limit in 1..=6 {
        assert_eq!(shown(stores, InstallWish::default(), limit).await, all, "{limit}");
    }
    let none = InstallWish::default;
    for (wish, expected) in [
        (InstallWish { name: Some("BASH".to_owned()), ..none() }, &["1 Bash 5", "2 Bash 5", "2 bash-doc 5"][..]),
        (InstallWish { asset: Some(asset_id(1)), ..none() }, &["1 Bash 5", "1 vim 9"]),
        (InstallWish { asset: Some(asset_id(9)), ..none() }, &[]),
        (InstallWish { since: Some(at(2)), ..none() }, &["2 Bash 5", "2 bash-doc 5", "2 zsh 1"]),
        (InstallWish { name: Some("emacs".to_owned()), ..none() }, &[]),
        (InstallWish { removed: true, ..none() }, &[]),
    ] {
        assert_eq!(shown(stores, wish.clone(), 2).await, expected, "{wish:?}");
    }
    report(stores, 2, 4, &[("zsh", "1")]).await;
    let gone = InstallWish { removed: true, name: Some("doc".to_owned()), since: Some(at(4)), ..none() };
    assert_eq!(shown(stores, gone, 1).await, ["2 bash-doc 5"]);
}

pub(crate) async fn no_removal_is_skipped_while_others_come(stores: &Stores) {
    machines(stores, 1).await;
    let named = |range: std::ops::Range<usize>| range.map(|number| format!("p{number:04}")).collect::<Vec<_>>();
    let many = named(0..REMOVALS_KEPT + 4);
    let list = |names: &[String]| names.iter().map(|name| (name.clone(), "1")).collect::<Vec<_>>();
    let minutes = async |minutes, names: &[String]| {
        let list = list(names);
        let list: Vec<(&str, &str)> = list.iter().map(|(name, version)| (name.as_str(), *version)).collect();
        report(stores, 1, minutes, &list).await
    };
    minutes(1, &many).await;
    minutes(2, &many[REMOVALS_KEPT..]).await;
    let gone = InstallWish { removed: true, ..InstallWish::default() };
    let page = async |after: Option<(AssetId, u64)>| {
        let page = stores.software.installs(gone.clone(), after, 10).await.unwrap();
        let last = page.last().map(|row| (row.asset, row.number));
        (page.into_iter().map(|row| row.software.name).collect::<Vec<_>>(), last)
    };
    let (first, last) = page(None).await;
    assert_eq!(first, many[..10]);
    // Four more push the four oldest out.
    minutes(3, &[]).await;
    assert_eq!(page(last).await.0, many[10..20]);
    assert_eq!(page(None).await.0, many[4..14]);
}

pub(crate) async fn a_retired_asset_keeps_its_list_and_is_not_shown(stores: &Stores) {
    machines(stores, 2).await;
    report(stores, 1, 1, &[("Bash", "5")]).await;
    report(stores, 2, 1, &[("Bash", "5")]).await;
    let set = vec![(Field::InstallStatus, Some(Value::Int(7)))];
    stores.assets.edit(AssetChange::new(asset_id(1), set, at(2)), entry("asset.edit")).await.unwrap();
    assert_eq!(shown(stores, InstallWish::default(), 9).await, ["2 Bash 5"]);
    let all = InstallWish { retired: true, ..InstallWish::default() };
    assert_eq!(shown(stores, all, 9).await, ["1 Bash 5", "2 Bash 5"]);
}

pub(crate) async fn software_is_counted_over_all_assets(stores: &Stores) {
    machines(stores, 2).await;
    report(stores, 1, 1, &[("vim", "9"), ("Bash", "5"), ("bash-doc", "5")]).await;
    report(stores, 2, 2, &[("Bash", "5"), ("Bash", "6")]).await;
    let counts = |name: Option<&'static str>| async move {
        let (mut after, mut all) = (None, Vec::new());
        loop {
            let mut page = stores.software.titles(name, after, 1).await.unwrap();
            let Some(title) = page.pop() else { return all };
            all.push(format!(
                "{} {} {}",
                title.software.name,
                title.software.version.clone().unwrap_or_default(),
                title.installs
            ));
            after = Some(title.software);
        }
    };
    assert_eq!(counts(None).await, ["Bash 5 2", "Bash 6 1", "bash-doc 5 1", "vim 9 1"]);
    assert_eq!(counts(Some("BASH-")).await, ["bash-doc 5 1"]);
    report(stores, 1, 3, &[("Bash", "6")]).await;
    assert_eq!(counts(None).await, ["Bash 5 1", "Bash 6 2"]);
}

pub(crate) async fn a_visit_shows_every_install_once(stores: &Stores) {
    machines(stores, 3).await;
    report(stores, 2, 2, &[("Bash", "5"), ("zsh", "1")]).await;
    report(stores, 1, 1, &[("Bash", "5"), ("vim", "9")]).await;
    report(stores, 3, 3, &[("vim", "9")]).await;
    report(stores, 3, 4, &[]).await;
    let seen = Arc::new(Mutex::new((BTreeMap::new(), Vec::new())));
    let filled = Arc::clone(&seen);
    let visit = move |sight: SoftwareSight<'_>| {
        let (titles, rows) = &mut *filled.lock().unwrap();
        match sight {
            SoftwareSight::Title(number, title) => assert_eq!(titles.insert(number, title), None),
            SoftwareSight::Asset(asset, numbers) => {
                let names: Vec<String> = numbers.iter().map(|number| titles[number].software.name.clone()).collect();
                rows.push((asset.0.as_u128(), names));
            }
        }
    };
    stores.software.visit(Box::new(visit)).await.unwrap();
    let (titles, mut rows) = std::mem::take(&mut *seen.lock().unwrap());
    rows.iter_mut().for_each(|(_, names)| names.sort());
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(rows, [(1, names(&["Bash", "vim"])), (2, names(&["Bash", "zsh"])), (3, names(&[]))]);
    let mut counts: Vec<_> = titles.into_values().map(|title| (title.software.name, title.installs)).collect();
    counts.sort();
    assert_eq!(counts, [("Bash".to_owned(), 2), ("vim".to_owned(), 1), ("zsh".to_owned(), 1)]);
}
