//! The most licences in use at the same time, day by day: muster's own peaks and those of other licence managers.
//!
//! In: the days of the usage store and the usage peaks that were entered. Out: peaks of models. A model takes the peaks of the
//! application that it names, otherwise of the one that is called like its product.

use super::{
    inventory::Inventory,
    models::{Models, model_of},
    places::Book,
};
use crate::store::{StoreError, records::UsageKind};
use chrono::{Days, NaiveDate};
use muster_domain::{reconcile::run::ConcurrentPeak, record::kinds::measure::USAGE_PEAKS};
use std::collections::BTreeMap;

pub(super) async fn peaks(
    inventory: &dyn Inventory,
    book: Book<'_>,
    models: &Models,
    applications: &[String],
    days: u32,
) -> Result<Vec<ConcurrentPeak>, StoreError> {
    let first = book.today.checked_sub_days(Days::new(days.into())).unwrap_or(NaiveDate::MIN);
    let mut by_application: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (model, application) in &models.applications {
        by_application.entry(application.to_lowercase()).or_default().push(*model);
    }
    let mut peaks = Vec::new();
    // Only applications that the site tracks have peaks; most products are none.
    for application in applications {
        let Some(of) = by_application.get(&application.to_lowercase()) else { continue };
        for record in inventory.peaks(application, first, book.today).await? {
            if record.kind == UsageKind::Total {
                peaks.extend(of.iter().map(|model| ConcurrentPeak { model: *model, date: record.date, peak: record.peak }));
            }
        }
    }
    for (_, values) in book.all(&USAGE_PEAKS) {
        let date = values.date("measured_on").filter(|date| (first..=book.today).contains(date));
        if let (Some(model), Some(date), Some(peak)) = (model_of(&models.places, &values), date, values.count("peak")) {
            peaks.push(ConcurrentPeak { model, date, peak });
        }
    }
    Ok(peaks)
}
