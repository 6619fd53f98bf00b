//! Who may use software without having it installed, and what missing rights cost.
//!
//! In: client access records, subscriptions and override costs. Out: the same over the places of the estate.

use super::{
    models::{metric_name, model_of},
    places::{Book, text},
    rights::Known,
};
use muster_domain::{
    reconcile::run::{ClientAccess, Clients, OverrideCost, Subscription},
    record::kinds::{
        access::{CLIENT_ACCESS_RECORDS, SUBSCRIPTIONS},
        cost::OVERRIDE_COSTS,
    },
};

/// Clients by name and by number. A record with both is two: a named client is not among those who are only counted.
pub(super) fn client_access(book: Book<'_>, known: Known<'_>) -> Vec<ClientAccess> {
    let mut found = Vec::new();
    for (id, values) in book.all(&CLIENT_ACCESS_RECORDS) {
        let Some(model) = model_of(known.models, &values) else { continue };
        let named = |of: Option<u32>| of.map_or_else(Clients::default, |one| Clients::Named(vec![one]));
        let (user, device) = (known.users.of(&values, "user"), known.devices.of(&values, "device"));
        if user.is_some() || device.is_some() {
            found.push(ClientAccess { id: id.to_string(), model, users: named(user), devices: named(device) });
        }
        let counted = |field: &str| Clients::Count(values.count(field).unwrap_or_default());
        let (users, devices) = (counted("user_count"), counted("device_count"));
        if (&users, &devices) != (&Clients::Count(0), &Clients::Count(0)) {
            found.push(ClientAccess { id: format!("{id} by number"), model, users, devices });
        }
    }
    found
}

pub(super) fn subscriptions(book: Book<'_>, known: Known<'_>) -> Vec<Subscription> {
    let all = book.all(&SUBSCRIPTIONS);
    all.filter_map(|(_, values)| {
        Some(Subscription {
            user: known.users.of(&values, "user")?,
            model: model_of(known.models, &values)?,
            active: values.is("active"),
            start: values.date("activated"),
            end: None,
            last_used: values.date("last_activity"),
        })
    })
    .collect()
}

pub(super) fn override_costs(book: Book<'_>, known: Known<'_>) -> Vec<OverrideCost> {
    let all = book.all(&OVERRIDE_COSTS);
    all.filter_map(|(_, values)| {
        let money = |field: &str| values.decimal(field).unwrap_or_default();
        Some(OverrideCost {
            model: model_of(known.models, &values)?,
            metric: metric_name(&values),
            license_cost: money("license_cost"),
            license_and_maintenance_cost: money("license_maintenance_cost"),
            currency: text(&values, "currency").unwrap_or_default(),
        })
    })
    .collect()
}
