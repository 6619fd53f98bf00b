//! Everything put together: the estate, and which row each of its places is.

use super::{
    conditions::Wanted,
    declared, devices, entitlements,
    hardware::reported,
    hosts::{self, Correction},
    installs::{self, Deciding},
    inventory::Inventory,
    measures, models,
    organisation::Organisations,
    packs, peaks,
    places::Book,
    records,
    rights::{self, Known},
    users::users,
};
use crate::{settings::Values, store::StoreError};
use chrono::NaiveDate;
use muster_domain::{
    asset::References,
    ids::AssetId,
    metric::Factors,
    query::Context,
    reconcile::run::Estate,
    record::{Shelf, normalization},
    software::Models as Matched,
};
use std::sync::Arc;
use uuid::Uuid;

/// What an estate is made of, all of one moment.
pub struct Sources<'a> {
    /// Assets, installs, peaks.
    pub stores: &'a dyn Inventory,
    /// What references point to.
    pub references: Arc<References>,
    /// The records.
    pub shelf: &'a Shelf,
    /// What administrators set.
    pub settings: &'a Values,
    /// What conditions are read with.
    pub context: &'a Context,
    /// The factor tables.
    pub factors: Factors,
    /// The site's date.
    pub today: NaiveDate,
}

/// What a device of the estate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MachineId {
    /// An asset.
    Asset(AssetId),
    /// The record of a host that is no asset.
    Host(Uuid),
}

/// An estate, and which row each of its places is.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// The estate.
    pub estate: Estate,
    /// The devices.
    pub devices: Vec<MachineId>,
    /// The records of the users.
    pub users: Vec<Uuid>,
    /// The records of the models.
    pub models: Vec<Uuid>,
    /// The records of the entitlements.
    pub entitlements: Vec<Uuid>,
    /// Facts of machines that administrators corrected.
    pub corrections: Vec<Correction>,
    /// What was left out or was not clear, in sentences.
    pub notes: Vec<String>,
}

/// Reads the site.
///
/// # Errors
/// When the store cannot be read.
pub async fn gather(sources: Sources<'_>) -> Result<Gathered, StoreError> {
    let Sources { stores, references, shelf, settings, context, factors, today } = sources;
    let (book, mut notes) = (Book { shelf, today }, Vec::new());
    let organisations = Organisations::new(&references, book);
    let mut models = models::models(book);
    let (users, user_places) = users(&references, book, &organisations);
    let mut wanted = Wanted::default();
    rights::want(book, &mut wanted);
    models.install_conditions.values().for_each(|condition| wanted.of_every_asset(condition));
    let conditions = wanted.compiled(stores, &references, context, settings.null_mode, &mut notes).await?;
    let (machines, conditions) = devices::machines(stores, &references, conditions).await?;
    let facts = reported(stores, &mut notes).await?;
    let (mut devices, mut device_places) = devices::devices(machines, facts, &organisations, &user_places);
    let assets = devices.len();
    let (host_places, corrections) = hosts::correct(book, &mut devices, &mut device_places, &mut notes);
    let (mut entitlements, entitlement_places) = entitlements::entitlements(book, &models, &organisations, &mut notes);
    let known = Known {
        users: &user_places,
        devices: &device_places,
        hosts: &host_places,
        models: &models.places,
        entitlements: &entitlement_places,
    };
    rights::complete(book, known, &organisations, &mut entitlements);
    let allocations = rights::allocations(book, known, &conditions, &mut notes);
    let usage = installs::usage(book, known);
    let (normaliser, wrong) = normalization::normaliser(shelf);
    notes.extend(wrong);
    let declared = declared::declared(book, known, &normaliser, &mut notes);
    let tracked = stores.applications().await?;
    let days = settings.reconcile.peak_days;
    let mut estate = Estate {
        today,
        settings: settings.reconcile.clone(),
        users,
        entitlements,
        allocations,
        client_access: records::client_access(book, known),
        subscriptions: records::subscriptions(book, known),
        resource_values: measures::resource_values(book, &models.places, &device_places),
        documents: measures::documents(book, &models.places),
        peaks: peaks::peaks(stores, book, &models, &tracked, days.max(settings.reconcile.citrix_days)).await?,
        checkouts: measures::checkouts(book, &models.places, days),
        endpoints: measures::endpoints(book, &models.places),
        override_costs: records::override_costs(book, known),
        custom_metrics: if settings.custom_metrics { packs::custom_metrics(book) } else { Vec::new() },
        packs: packs::packs(book),
        parents: organisations.parents(),
        factors,
        ..Estate::default()
    };
    let device_places = Arc::new(device_places);
    let model_list = Arc::new(std::mem::take(&mut models.models));
    let deciding = Deciding {
        normaliser,
        matched: Matched::new(std::mem::take(&mut models.matches)),
        models: Arc::clone(&model_list),
        install_conditions: std::mem::take(&mut models.install_conditions),
        conditions,
        devices: Arc::clone(&device_places),
        usage,
        declared,
        names: devices.iter().map(|device| device.name.clone()).collect(),
    };
    let installed = installs::installs(stores, deciding).await?;
    (estate.titles, estate.installs, estate.unmodelled) = (installed.titles, installed.installs, installed.unmodelled);
    estate.crowded = installed.crowded;
    notes.extend(installed.notes);
    (estate.models, estate.devices) = (Arc::unwrap_or_clone(model_list), devices);
    let machine = |(place, id): (usize, Uuid)| if place < assets { MachineId::Asset(AssetId(id)) } else { MachineId::Host(id) };
    Ok(Gathered {
        estate,
        devices: Arc::unwrap_or_clone(device_places).into_ids().into_iter().enumerate().map(machine).collect(),
        users: user_places.into_ids(),
        models: models.places.into_ids(),
        entitlements: entitlement_places.into_ids(),
        corrections,
        notes,
    })
}
