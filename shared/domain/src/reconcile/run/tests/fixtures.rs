//! Estates in a few lines.

use crate::asset::InstallStatus;
use crate::reconcile::run::{
    Allocation, Device, DeviceKind, Entitlement, Estate, Holder, Install, MetricName, Model, Outcome, ProductResult, User,
    reconcile,
};
use crate::reconcile::{Organisation, Unit};

/// A site of which everything is on.
pub(super) fn site() -> Estate {
    let packs = crate::metric::GROUPS.iter().filter_map(|group| group.pack).map(str::to_owned).collect();
    Estate { today: "2026-06-17".parse().unwrap(), packs, ..Estate::default() }
}

pub(super) fn metric(name: &str) -> MetricName {
    let (group, metric) = name.split_once(" / ").unwrap();
    MetricName { group: group.to_owned(), metric: metric.to_owned() }
}

impl Estate {
    /// A model `publisher product [version]`, with a title of its own.
    pub(super) fn add_model(&mut self, text: &str) -> u32 {
        let mut words = text.split(' ');
        let mut next = || words.next().map(str::to_owned);
        let (publisher, product, version) = (next().unwrap(), next().unwrap(), next());
        let place = u32::try_from(self.models.len()).unwrap();
        self.models.push(Model { id: text.to_owned(), publisher, product, version, managed: true, ..Model::default() });
        self.titles.push(Some(place));
        place
    }

    pub(super) fn add_user(&mut self, id: &str) -> u32 {
        self.users.push(User { id: id.to_owned(), ..User::default() });
        u32::try_from(self.users.len() - 1).unwrap()
    }

    /// A device with models.
    pub(super) fn add_device(&mut self, id: &str, models: &[u32]) -> u32 {
        let device = u32::try_from(self.devices.len()).unwrap();
        self.devices.push(Device { id: id.to_owned(), ..Device::default() });
        self.installs.extend(models.iter().map(|title| Install { device, title: *title, ..Install::default() }));
        device
    }

    /// A physical machine with sockets of cores.
    pub(super) fn add_host(&mut self, id: &str, (sockets, cores): (u32, u32), models: &[u32]) -> u32 {
        let device = self.add_device(id, models);
        let known = &mut self.devices[device as usize];
        (known.sockets, known.cores_per_socket) = (Some(sockets), Some(cores));
        known.processor = Some("Intel Xeon".to_owned());
        device
    }

    /// A virtual machine with virtual processors.
    pub(super) fn add_machine(&mut self, id: &str, host: Option<u32>, vcpus: u32, models: &[u32]) -> u32 {
        let device = self.add_host(id, (vcpus, 1), models);
        (self.devices[device as usize].kind, self.devices[device as usize].host) = (DeviceKind::Virtual, host);
        device
    }

    /// Rights that are in use, at 10 EUR each.
    pub(super) fn add_rights(&mut self, model: u32, name: &str, rights: u64) -> &mut Entitlement {
        let id = format!("E{}", self.entitlements.len());
        let unit_cost = "10".parse().ok();
        let (metric, currency) = (metric(name), "EUR".to_owned());
        let state = InstallStatus::InUse;
        self.entitlements.push(Entitlement { id, model, state, metric, rights, unit_cost, currency, ..Entitlement::default() });
        self.entitlements.last_mut().unwrap()
    }

    pub(super) fn allocate(&mut self, entitlement: u32, holder: Holder, quantity: u64) {
        let id = format!("A{}", self.allocations.len());
        self.allocations.push(Allocation { id, entitlement, holder, quantity, meets_conditions: true });
    }

    pub(super) fn run(&self) -> Outcome {
        reconcile(self, None, &mut |_| {})
    }

    pub(super) fn product(&self, name: &str) -> ProductResult {
        self.run().products.into_iter().find(|product| product.product == name).unwrap()
    }
}

pub(super) fn company(name: &str) -> Organisation {
    Organisation::default().with(Unit::Company, Some(name.to_owned()))
}

/// `owned used needed unlicensed`, and the money of the true-up.
pub(super) fn shown(product: &ProductResult) -> String {
    let figures = &product.figures;
    let money: Vec<String> = figures.true_up.iter().map(|(currency, amount)| format!(" {amount} {currency}")).collect();
    format!("{} {} {} {}{}", figures.owned, figures.used(), figures.needed, figures.unlicensed, money.concat())
}
