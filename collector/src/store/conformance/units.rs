//! Subscription units.

use super::fixtures::{at, date, entry};
use crate::store::{
    StoreError, Stores,
    records::{ResourceCategoryRecord, UnitChoiceRecord, UnitReportRecord, UnitRow},
};
use muster_domain::units::{Choice, category::published};

fn choice(category: &str, choice: Choice) -> UnitChoiceRecord {
    UnitChoiceRecord {
        category: category.to_owned(),
        choice,
        at: at(1),
        by: "user:root".to_owned(),
        assets: (3, 9),
        units: (1, 3),
    }
}

fn report(day: u32, consumed: u64) -> UnitReportRecord {
    let row = UnitRow { category: "Servers".to_owned(), application: Some("HAM".to_owned()), ratio: 1, count: 7, units: Some(7) };
    UnitReportRecord {
        site_date: date(day),
        at: at(day.into()),
        consumed,
        entitled: Some(9),
        rounding: "up".to_owned(),
        rows: vec![row],
    }
}

pub(crate) async fn opting_in_and_out_is_kept_in_order(stores: &Stores) {
    let acts = [
        choice("Servers", Choice::OptedIn),
        choice("Printers", Choice::OptedOut),
        choice("Servers", Choice::OptedOut),
        choice("servers", Choice::OptedIn),
    ];
    for act in &acts {
        stores.units.choose(act.clone(), entry("units.opt")).await.unwrap();
    }
    for again in [choice("SERVERS", Choice::OptedIn), choice("Printers", Choice::OptedOut)] {
        let refused = stores.units.choose(again, entry("units.opt")).await;
        assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    }
    assert_eq!(stores.units.choices().await.unwrap(), acts);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(4), "each act with its entry, the refused ones without");
}

pub(crate) async fn resource_categories_are_one_whatever_the_case_of_their_name(stores: &Stores) {
    let row = |name: &str| {
        let mut category = published().swap_remove(1);
        category.name = name.to_owned();
        ResourceCategoryRecord { category, updated_at: at(2) }
    };
    for stored in [row("Servers"), row("Drones"), row("SERVERS")] {
        stores.units.put_category(stored, entry("units.category_set")).await.unwrap();
    }
    assert_eq!(stores.units.categories().await.unwrap(), [row("Drones"), row("SERVERS")]);
    for (name, there) in [("servers", true), ("Servers", false), ("Phones", false)] {
        assert_eq!(stores.units.remove_category(name, entry("units.category_reset")).await.unwrap(), there, "{name}");
    }
    assert_eq!(stores.units.categories().await.unwrap(), [row("Drones")]);
    assert_eq!(stores.audit.verify().await.unwrap(), Ok(4), "what removed nothing is not recorded");
}

pub(crate) async fn a_date_has_one_report_on_units(stores: &Stores) {
    for (day, consumed, kept) in [(8, 1, true), (15, 2, true), (15, 3, false), (1, 4, true)] {
        assert_eq!(stores.units.keep_report(report(day, consumed)).await.unwrap(), kept, "{day}");
    }
    let found = |before, limit| async move { stores.units.reports(before, limit).await.unwrap() };
    assert_eq!(found(None, 9).await, [report(15, 2), report(8, 1), report(1, 4)]);
    assert_eq!(found(None, 1).await, [report(15, 2)]);
    assert_eq!(found(Some(date(15)), 1).await, [report(8, 1)]);
    assert_eq!(found(Some(date(1)), 9).await, []);
}
