//! The estate in an order of its own: everything has the rank of its id, so that the order of the input means nothing, and what is
//! there twice has one rank.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;

use super::device::{Device, DeviceKind, User};
use super::estate::Estate;
use super::model::Model;
use super::owned::Entitlement;
use crate::metric::edition_key;
use crate::reconcile::Organisation;
use crate::software::order_versions;

/// Ranks of the records of one list.
#[derive(Debug, Default)]
pub(super) struct Ranks {
    /// The rank of each place.
    of: Vec<u32>,
    /// The place of each rank; of several with one id the first.
    places: Vec<u32>,
}

/// A product: models that are reconciled together.
#[derive(Debug)]
pub(super) struct Product<'a> {
    pub(super) publisher: &'a str,
    pub(super) name: &'a str,
    /// The ranks of its models.
    pub(super) models: Range<u32>,
}

/// The estate by ranks.
pub(super) struct Site<'a> {
    pub(super) estate: &'a Estate,
    pub(super) devices: Ranks,
    pub(super) users: Ranks,
    pub(super) models: Ranks,
    pub(super) entitlements: Ranks,
    pub(super) products: Vec<Product<'a>>,
    /// The product of each model.
    product_of: Vec<u32>,
    /// The lane of each model: models of one product and edition, by whatever name.
    lanes: Vec<u32>,
    /// The place of each model among the versions of all, the newest last.
    ages: Vec<u32>,
    /// Organisations, each once; the first is that of somebody of whom nothing is known.
    pub(super) organisations: Vec<&'a Organisation>,
    device_organisations: Vec<u32>,
    user_organisations: Vec<u32>,
    /// Physical machines by cluster.
    pub(super) clusters: BTreeMap<&'a str, Vec<u32>>,
    /// Physical machines by what manages them.
    pub(super) vcenters: BTreeMap<&'a str, Vec<u32>>,
}

impl Ranks {
    fn new<K: Ord>(len: usize, key: impl Fn(usize) -> Option<K>) -> Self {
        let mut keyed: Vec<(Option<K>, u32)> = (0..len).zip(0_u32..).map(|(place, number)| (key(place), number)).collect();
        keyed.sort();
        let (mut of, mut places) = (vec![0; len], Vec::with_capacity(len));
        let mut before: Option<&Option<K>> = None;
        for (key, place) in &keyed {
            if before != Some(key) {
                places.push(*place);
                before = Some(key);
            }
            if let Some(rank) = of.get_mut(*place as usize) {
                *rank = u32::try_from(places.len() - 1).unwrap_or(u32::MAX);
            }
        }
        Self { of, places }
    }

    /// The rank of a place; none beyond the list.
    pub(super) fn rank(&self, place: u32) -> Option<u32> {
        self.of.get(place as usize).copied()
    }

    /// The place of a rank.
    pub(super) fn place(&self, rank: u32) -> u32 {
        self.places.get(rank as usize).copied().unwrap_or_default()
    }

    /// How many there are.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.places.len()).unwrap_or(u32::MAX)
    }
}

impl<'a> Site<'a> {
    pub(super) fn new(estate: &'a Estate) -> Self {
        let devices = Ranks::new(estate.devices.len(), |place| estate.devices.get(place).map(|one| one.id.as_str()));
        let users = Ranks::new(estate.users.len(), |place| estate.users.get(place).map(|one| one.id.as_str()));
        let models = Ranks::new(estate.models.len(), |place| {
            estate.models.get(place).map(|one| (one.publisher.as_str(), one.product.as_str(), one.id.as_str()))
        });
        let entitlements =
            Ranks::new(estate.entitlements.len(), |place| estate.entitlements.get(place).map(|one| one.id.as_str()));
        let mut site = Self {
            estate,
            devices,
            users,
            models,
            entitlements,
            products: Vec::new(),
            product_of: Vec::new(),
            lanes: Vec::new(),
            ages: Vec::new(),
            organisations: Vec::new(),
            device_organisations: Vec::new(),
            user_organisations: Vec::new(),
            clusters: BTreeMap::new(),
            vcenters: BTreeMap::new(),
        };
        site.find_products();
        site.find_ages();
        site.find_organisations();
        site.find_groups();
        site
    }

    fn find_products(&mut self) {
        let mut lanes: BTreeMap<(u32, Option<String>), u32> = BTreeMap::new();
        for rank in 0..self.models.len() {
            let Some(model) = self.estate.models.get(self.models.place(rank) as usize) else { continue };
            match self.products.last_mut() {
                Some(last) if (last.publisher, last.name) == (model.publisher.as_str(), model.product.as_str()) => {
                    last.models.end = rank + 1;
                }
                _ => self.products.push(Product { publisher: &model.publisher, name: &model.product, models: rank..rank + 1 }),
            }
            let product = u32::try_from(self.products.len() - 1).unwrap_or(u32::MAX);
            let next = u32::try_from(lanes.len()).unwrap_or(u32::MAX);
            let edition = model.edition.as_deref().map(|edition| edition_key(&model.publisher, edition));
            self.lanes.push(*lanes.entry((product, edition)).or_insert(next));
            self.product_of.push(product);
        }
    }

    fn find_ages(&mut self) {
        let mut ranks: Vec<u32> = (0..self.models.len()).collect();
        let version = |rank: u32| self.model(rank).and_then(|model| model.version.as_deref());
        ranks.sort_by(|one, other| match order_versions(version(*one), version(*other)) {
            Ordering::Equal => one.cmp(other),
            order => order,
        });
        let mut ages = vec![0; ranks.len()];
        for (age, rank) in (0_u32..).zip(ranks) {
            if let Some(known) = ages.get_mut(rank as usize) {
                *known = age;
            }
        }
        self.ages = ages;
    }

    fn find_organisations(&mut self) {
        static NOWHERE: std::sync::LazyLock<Organisation> = std::sync::LazyLock::new(Organisation::default);
        let mut known: BTreeMap<&'a Organisation, u32> = BTreeMap::from([(&*NOWHERE, 0)]);
        let mut all: Vec<&'a Organisation> = vec![&NOWHERE];
        let mut number = |organisation: &'a Organisation| {
            *known.entry(organisation).or_insert_with(|| {
                all.push(organisation);
                u32::try_from(all.len() - 1).unwrap_or(u32::MAX)
            })
        };
        let estate = self.estate;
        let device = |rank: u32| estate.devices.get(self.devices.place(rank) as usize);
        let user = |rank: u32| estate.users.get(self.users.place(rank) as usize);
        let devices = (0..self.devices.len()).filter_map(device).map(|one| number(&one.organisation)).collect();
        let users = (0..self.users.len()).filter_map(user).map(|one| number(&one.organisation)).collect();
        (self.device_organisations, self.user_organisations, self.organisations) = (devices, users, all);
    }

    fn find_groups(&mut self) {
        for rank in 0..self.devices.len() {
            let Some(device) = self.estate.devices.get(self.devices.place(rank) as usize) else { continue };
            if device.kind != DeviceKind::Physical {
                continue;
            }
            if let Some(cluster) = &device.cluster {
                self.clusters.entry(cluster).or_default().push(rank);
            }
            if let Some(vcenter) = &device.vcenter {
                self.vcenters.entry(vcenter).or_default().push(rank);
            }
        }
    }

    pub(super) fn device(&self, rank: u32) -> Option<&'a Device> {
        self.estate.devices.get(self.devices.place(rank) as usize)
    }

    pub(super) fn user(&self, rank: u32) -> Option<&'a User> {
        self.estate.users.get(self.users.place(rank) as usize)
    }

    pub(super) fn device_named(&self, id: &str) -> Option<u32> {
        let place = self
            .devices
            .places
            .binary_search_by(|place| self.estate.devices.get(*place as usize).map(|one| one.id.as_str()).cmp(&Some(id)));
        place.ok().and_then(|rank| u32::try_from(rank).ok())
    }

    pub(super) fn user_named(&self, id: &str) -> Option<u32> {
        let place = self
            .users
            .places
            .binary_search_by(|place| self.estate.users.get(*place as usize).map(|one| one.id.as_str()).cmp(&Some(id)));
        place.ok().and_then(|rank| u32::try_from(rank).ok())
    }

    pub(super) fn model(&self, rank: u32) -> Option<&'a Model> {
        self.estate.models.get(self.models.place(rank) as usize)
    }

    pub(super) fn entitlement(&self, rank: u32) -> Option<&'a Entitlement> {
        self.estate.entitlements.get(self.entitlements.place(rank) as usize)
    }

    pub(super) fn product(&self, number: u32) -> Option<&Product<'a>> {
        self.products.get(number as usize)
    }

    pub(super) fn product_of(&self, model: u32) -> u32 {
        self.product_of.get(model as usize).copied().unwrap_or(u32::MAX)
    }

    pub(super) fn lane(&self, model: u32) -> u32 {
        self.lanes.get(model as usize).copied().unwrap_or(u32::MAX)
    }

    /// The newer of two models has the higher age.
    pub(super) fn age(&self, model: u32) -> u32 {
        self.ages.get(model as usize).copied().unwrap_or_default()
    }

    pub(super) fn organisation_of_device(&self, rank: u32) -> u32 {
        self.device_organisations.get(rank as usize).copied().unwrap_or_default()
    }

    pub(super) fn organisation_of_user(&self, rank: u32) -> u32 {
        self.user_organisations.get(rank as usize).copied().unwrap_or_default()
    }

    pub(super) fn organisation(&self, number: u32) -> Option<&'a Organisation> {
        self.organisations.get(number as usize).copied()
    }

    /// The physical machine that a device runs on, if it is a virtual one whose host is known.
    pub(super) fn host_of(&self, device: u32) -> Option<u32> {
        let device = self.device(device)?;
        if device.kind == DeviceKind::Physical { None } else { self.devices.rank(device.host?) }
    }
}
