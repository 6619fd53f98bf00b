//! What may go, and why (domain 6.5).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use super::demand::Whom;
use super::remedy::{Candidate, Justification};
use super::serve::{Row, Serving};
use super::tally::{MetricKey, MetricTally};
use super::warning::Warning;

/// How many machines a warning names at most.
const NAMED: usize = 20;

/// Everything of a model that may go, once each: first what nobody may use, then what is not licensed, what is little used, and what
/// has no allocation where others have one.
pub(super) fn candidates(
    serving: &Serving<'_, '_>,
    metrics: &BTreeMap<MetricKey, MetricTally>,
    open: &[usize],
    crowded: &[usize],
) -> Vec<Candidate> {
    let mut found = Vec::new();
    // What has more databases than any right is for is not licensed, whatever rights there are (domain 5.9).
    let unlicensed: BTreeSet<usize> = open.iter().chain(crowded).copied().collect();
    for place in &unlicensed {
        let restricted = is_restricted(serving, *place);
        let why = if restricted { Justification::RestrictedSoftware } else { Justification::Unlicensed };
        found.extend(of_use(serving, *place, why, 0));
    }
    for tally in metrics.values() {
        let someone = tally.allocated > 0;
        for row in tally.rows.iter().filter_map(|row| serving.rows.get(*row)).filter(|row| row.in_use > 0) {
            let low = is_low(serving, row);
            let mut rights = row.rights;
            for place in row.uses.iter().filter(|place| !unlicensed.contains(place)) {
                let Some(why) = why(serving, row, *place, (low, someone)) else { continue };
                found.extend(of_use(serving, *place, why, std::mem::take(&mut rights)));
            }
            if let (Whom::User(user), true, true) = (row.whom, row.uses.is_empty(), low) {
                let (model, user) = (serving.site.models.place(row.model), Some(serving.site.users.place(user)));
                let (justification, device) = (Justification::LowUsage, None);
                found.push(Candidate { device, user, model, justification, state: justification.first_state(), rights });
            }
        }
    }
    found
}

/// Installs of a metric that may go because they have no allocation where others have one.
pub(super) fn without_allocation(serving: &Serving<'_, '_>, tally: &MetricTally) -> u64 {
    let someone = tally.allocated > 0;
    let rows = tally.rows.iter().filter_map(|row| serving.rows.get(*row)).filter(|row| row.in_use > 0);
    let of_row = |row: &Row| {
        let low = is_low(serving, row);
        let is_it = |place: &&usize| why(serving, row, **place, (low, someone)) == Some(Justification::Unallocated);
        row.uses.iter().filter(is_it).count() as u64
    };
    rows.fold(0, |sum, row| sum.saturating_add(of_row(row)))
}

/// Why an install that is licensed may go; none where it may not. `low` and `someone` say whether it is of low usage, and whether others
/// have an allocation.
fn why(serving: &Serving<'_, '_>, row: &Row, place: usize, (low, someone): (bool, bool)) -> Option<Justification> {
    if is_restricted(serving, place) {
        Some(Justification::RestrictedSoftware)
    } else if low {
        Some(Justification::LowUsage)
    } else {
        (someone && !row.allocated).then_some(Justification::Unallocated)
    }
}

/// Rights of a metric that its candidates would set free.
pub(super) fn savings(serving: &Serving<'_, '_>, tally: &MetricTally) -> u64 {
    let someone = tally.allocated > 0;
    let rows = tally.rows.iter().filter_map(|row| serving.rows.get(*row)).filter(|row| row.in_use > 0);
    let goes = |row: &&Row| {
        let restricted = !row.uses.is_empty() && row.uses.iter().all(|place| is_restricted(serving, *place));
        restricted || is_low(serving, row) || (someone && !row.allocated && !row.uses.is_empty())
    };
    rows.filter(goes).fold(0, |sum, row| sum.saturating_add(row.rights))
}

/// Databases of a model that have more pluggable databases than any option allows, by their names.
pub(super) fn too_many_databases(serving: &Serving<'_, '_>, crowded: &[usize]) -> Option<Warning> {
    let site = serving.site;
    let one = |place: &usize| {
        let device = site.device(serving.uses.all.get(*place)?.device)?;
        let name = if device.name.is_empty() { &device.id } else { &device.name };
        Some(format!("{name} ({})", serving.crowded.get(place)?))
    };
    let mut names: Vec<String> = crowded.iter().take(NAMED).filter_map(one).collect();
    let more = crowded.len().saturating_sub(NAMED);
    names.extend((more > 0).then(|| format!("and {more} more")));
    (!crowded.is_empty()).then(|| Warning::TooManyDatabases { databases: crowded.len(), names: names.join(", ") })
}

fn is_restricted(serving: &Serving<'_, '_>, place: usize) -> bool {
    let one = serving.uses.all.get(place);
    one.and_then(|one| serving.site.model(one.model)).is_some_and(|model| model.restricted)
}

/// Whether nothing behind rights was used for as long as its model says. What is not known to be used little is not.
fn is_low(serving: &Serving<'_, '_>, row: &Row) -> bool {
    let estate = serving.site.estate;
    let is_old = |model: u32, used: Option<NaiveDate>| {
        let own = serving.site.model(model).and_then(|model| model.low_usage_days);
        let limit = estate.today.checked_sub_days(Days::new(own.unwrap_or(estate.settings.low_usage_days).into()));
        used.zip(limit).is_some_and(|(used, limit)| used < limit)
    };
    if row.uses.is_empty() {
        let Whom::User(user) = row.whom else { return false };
        let known = serving.uses.subscribed.binary_search_by_key(&(row.model, user), |one| (one.model, one.user));
        return known
            .ok()
            .and_then(|place| serving.uses.subscribed.get(place))
            .is_some_and(|one| is_old(one.model, one.last_used));
    }
    row.uses.iter().all(|place| serving.uses.all.get(*place).is_some_and(|one| is_old(one.model, one.last_used)))
}

fn of_use(serving: &Serving<'_, '_>, place: usize, justification: Justification, rights: u64) -> Option<Candidate> {
    let (one, site) = (serving.uses.all.get(place)?, serving.site);
    Some(Candidate {
        device: Some(site.devices.place(one.device)),
        user: one.user.map(|user| site.users.place(user)),
        model: site.models.place(one.model),
        justification,
        state: justification.first_state(),
        rights,
    })
}
