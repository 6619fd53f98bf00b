//! Measured figures, peaks, packs, settings.

use super::desk::Desk;
use crate::store::{
    conformance::fixtures::{application, entry},
    records::{UsageKind, UsageRecord},
};
use muster_domain::{
    asset::Table,
    reconcile::run::{Clients, Quantity},
};

#[tokio::test]
async fn the_last_measure_counts() {
    let mut desk = Desk::new().await;
    desk.model(60, "Engine", &[]);
    for (number, resource, units, from) in [
        (1, "employees", "100", "2025-01-01"),
        (2, "Employees", "120", "2026-01-01"),
        (3, "employees", "900", "2026-07-01"),
        (4, "envelopes", "7.5", "2026-01-01"),
    ] {
        desk.put(
            "resource-values",
            number,
            &[("software_model", "#60"), ("resource", resource), ("units_consumed", units), ("from_date", from)],
        );
    }
    desk.put(
        "document-counts",
        5,
        &[("software_model", "#60"), ("document_type", "Service & Maintenance"), ("document_count", "9")],
    );
    for hour in 0..3 {
        let hour_text = hour.to_string();
        let fields =
            [("software_model", "#60"), ("measured_on", "2026-06-16"), ("hour", hour_text.as_str()), ("endpoint_count", "5")];
        desk.put("endpoint-counts", 10 + hour, &fields);
    }
    desk.put(
        "endpoint-counts",
        20,
        &[("software_model", "#60"), ("period", "Week"), ("measured_on", "2026-06-14"), ("endpoint_count", "8")],
    );
    let estate = desk.gathered().await.estate;
    let mut values: Vec<_> = estate.resource_values.iter().map(|one| (one.quantity, one.units.to_string())).collect();
    values.sort();
    assert_eq!(values, [(Quantity::Units, "7.50".to_owned()), (Quantity::Employees, "120".to_owned())]);
    assert_eq!((estate.documents[0].kind.as_str(), estate.documents[0].count), ("service", 9));
    assert_eq!((estate.endpoints[0].hourly.len(), estate.endpoints[0].weekly.as_slice()), (3, &[8][..]));
}

#[tokio::test]
async fn models_take_the_peaks_of_their_applications() {
    let mut desk = Desk::new().await;
    desk.model(60, "Planner", &[]);
    desk.model(61, "Other", &[("application", "PLANNER")]);
    desk.stores.applications.put(application("Planner"), None, entry("application.put")).await.unwrap();
    let peak = |date: &str, kind, peak| UsageRecord {
        date: date.parse().unwrap(),
        application: "Planner".to_owned(),
        kind,
        peak,
        peak_at: "2026-06-01T00:00:00Z".parse().unwrap(),
        holders: Vec::new(),
    };
    let days = vec![
        peak("2026-06-16", UsageKind::Total, 5),
        peak("2026-06-16", UsageKind::Named, 2),
        peak("2026-01-01", UsageKind::Total, 50),
    ];
    desk.stores.usage.raise(days).await.unwrap();
    desk.put("usage-peaks", 1, &[("software_model", "#60"), ("measured_on", "2026-06-15"), ("peak", "7")]);
    desk.put("usage-peaks", 2, &[("software_model", "#60"), ("measured_on", "2026-01-15"), ("peak", "70")]);
    let fields = [
        ("software_model", "#60"),
        ("feature", "f"),
        ("tokens", "3"),
        ("day", "2026-06-17"),
        ("start_minute", "60"),
        ("end_minute", "1440"),
    ];
    desk.put("token-checkouts", 3, &fields);
    // Citrix looks back for 90 days; tokens for 30, today among them.
    desk.put("usage-peaks", 4, &[("software_model", "#60"), ("measured_on", "2026-04-20"), ("peak", "40")]);
    for (number, day) in [(5, "2026-05-18"), (6, "2026-05-19")] {
        let mut of_day = fields;
        of_day[3].1 = day;
        desk.put("token-checkouts", number, &of_day);
    }
    let estate = desk.gathered().await.estate;
    let peaks: Vec<_> = estate.peaks.iter().map(|one| (one.model, one.peak)).collect();
    assert_eq!(peaks, [(0, 5), (1, 5), (0, 7), (0, 40)]);
    let [checkout, first] = &estate.checkouts[..] else { panic!("{:?}", estate.checkouts) };
    assert_eq!(first.start.to_string(), "2026-05-19 01:00:00 UTC");
    assert_eq!(
        (checkout.start.to_string(), checkout.end.unwrap().to_string()),
        ("2026-06-17 01:00:00 UTC".to_owned(), "2026-06-18 00:00:00 UTC".to_owned())
    );
}

#[tokio::test]
async fn clients_packs_and_prices() {
    let mut desk = Desk::new().await;
    desk.reference(Table::User, 20, "anna");
    desk.model(60, "Server", &[]);
    desk.put("client-access-records", 1, &[("software_model", "#60"), ("user", "#20"), ("device_count", "4")]);
    desk.put("subscriptions", 2, &[("software_model", "#60"), ("user", "#20"), ("activated", "2026-01-01")]);
    desk.put("packs", 3, &[("name", "Oracle"), ("active", "false")]);
    desk.put("packs", 4, &[("name", "IBM")]);
    desk.put("custom-metrics", 5, &[("name", "Per Seat"), ("metric_group", "Ours"), ("order_allocated", "3")]);
    let fields = [
        ("software_model", "#60"),
        ("metric_group", "Common"),
        ("license_metric", "Per Device"),
        ("license_cost", "12.5"),
        ("currency", "EUR"),
    ];
    desk.put("override-costs", 6, &fields);
    let estate = desk.gathered().await.estate;
    let [named, counted] = &estate.client_access[..] else { panic!() };
    assert_eq!((&named.users, &counted.devices), (&Clients::Named(vec![0]), &Clients::Count(4)));
    assert_eq!((estate.subscriptions[0].user, estate.subscriptions[0].active), (0, true));
    assert!(!estate.packs.contains("Oracle") && estate.packs.contains("IBM") && estate.packs.contains("Microsoft"));
    assert_eq!((estate.custom_metrics[0].name.metric.as_str(), estate.custom_metrics[0].rank_allocated), ("Per Seat", 3));
    assert_eq!(estate.override_costs[0].license_cost, "12.5".parse().unwrap());
    desk.settings.custom_metrics = false;
    assert_eq!(desk.gathered().await.estate.custom_metrics, []);
}
