//! Software that administrators say is on a machine: what stands over what agents report there, hypervisors, Oracle's Multitenant.
//!
//! In: the records of software of machines and of hosts. Out: what is said of a product on a device, and what follows from it.

use super::{
    places::{Book, text},
    rights::Known,
};
use muster_domain::{
    metric::multitenant::{Instance, multitenant},
    record::kinds::{host::HOSTS, software::MACHINE_SOFTWARE},
    software::{
        Software,
        normal::{Normalised, Normaliser, ProductType},
    },
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What installs are reported from, for rules that ask for it.
const SOURCE: &str = "host";

/// A publisher and a product in small letters.
type Product = (String, String);

/// What is said of a product on a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// The asset that the device is.
    pub(super) asset: Option<Uuid>,
    /// The product as it is without anything that is reported.
    alone: Normalised,
    /// The most pluggable databases of an instance.
    pluggable: Option<u64>,
}

/// What follows from the pluggable databases of a database.
#[derive(Debug, Default)]
pub(super) struct Pluggable {
    /// The option that it needs.
    pub(super) option: Option<Normalised>,
    /// The most of one instance, where that is more than any option allows.
    pub(super) too_many: Option<u64>,
    /// What keeps it from being known.
    pub(super) note: Option<String>,
}

/// Everything that is said.
#[derive(Debug, Default)]
pub(super) struct Declared {
    said: BTreeMap<(u32, Product), Said>,
    products: BTreeSet<Product>,
}

pub(super) fn declared(book: Book<'_>, known: Known<'_>, normaliser: &Normaliser, notes: &mut Vec<String>) -> Declared {
    let mut declared = Declared::default();
    for (id, values) in book.all(&HOSTS) {
        let (Some(name), Some(device)) = (text(&values, "hypervisor"), known.hosts.get(id)) else { continue };
        let mut alone = normaliser.normalise(&Software { name, source: SOURCE.to_owned(), ..Software::default() });
        alone.edition = text(&values, "hypervisor_edition").or(alone.edition);
        declared.add(device, Said { asset: values.id("device"), alone, pluggable: None });
    }
    for (id, values) in book.all(&MACHINE_SOFTWARE) {
        let device = known.devices.of(&values, "device").or_else(|| known.hosts.of(&values, "host"));
        let Some(device) = device else {
            notes.push(format!("the software of a machine {id} is of a machine that is retired or gone; it is left out"));
            continue;
        };
        let alone = Normalised {
            rule: None,
            publisher: text(&values, "publisher"),
            product: text(&values, "product").unwrap_or_default(),
            version: text(&values, "version"),
            edition: text(&values, "edition"),
            product_type: ProductType::Licensable,
            platform: None,
            language: None,
        };
        let pluggable = values.count("pluggable_databases");
        declared.add(device, Said { asset: values.id("device"), alone, pluggable });
    }
    declared
}

fn product_of(normalised: &Normalised) -> Product {
    (normalised.publisher.as_deref().unwrap_or_default().to_lowercase(), normalised.product.to_lowercase())
}

impl Declared {
    fn add(&mut self, device: u32, said: Said) {
        let product = product_of(&said.alone);
        self.products.insert(product.clone());
        self.said.insert((device, product), said);
    }

    /// Whether anything is said of the product of a title on any machine.
    pub(super) fn knows(&self, title: &Normalised) -> bool {
        let is_software = matches!(title.product_type, ProductType::Licensable | ProductType::Unknown);
        is_software && !self.products.is_empty() && self.products.contains(&product_of(title))
    }

    /// A title as it is on a device; none where nothing is said of it there.
    pub(super) fn over(&self, device: u32, title: &Normalised) -> Option<(&Said, Normalised)> {
        let said = self.said.get(&(device, product_of(title)))?;
        let (version, edition) = (said.alone.version.clone(), said.alone.edition.clone());
        let over = Normalised {
            version: version.or(title.version.clone()),
            edition: edition.or(title.edition.clone()),
            ..title.clone()
        };
        Some((said, over))
    }

    /// What is said of products that are not among these, which agents report.
    pub(super) fn unreported(&self, reported: &BTreeSet<(u32, Normalised)>) -> Vec<(u32, &Said, Normalised)> {
        let reported: BTreeSet<(u32, Product)> = reported.iter().map(|(device, title)| (*device, product_of(title))).collect();
        let left = self.said.iter().filter(|(key, _)| !reported.contains(key));
        left.map(|((device, _), said)| (*device, said, said.alone.clone())).collect()
    }
}

impl Said {
    /// What follows from the pluggable databases of an Oracle database (domain 5.9).
    pub(super) fn option(&self, database: &Normalised, device: &str) -> Pluggable {
        let Some(user_pdb_count) = self.pluggable else { return Pluggable::default() };
        let missing = |field: &str| {
            let text = format!(
                "whether the pluggable databases of {device:?} need the Multitenant option is not known: say the {field} of its \
                                Oracle Database in the software of the machine"
            );
            Pluggable { note: Some(text), ..Pluggable::default() }
        };
        let Some(version) = &database.version else { return missing("version") };
        let Some(edition) = &database.edition else { return missing("edition") };
        match multitenant(version, edition, &[Instance { id: device, user_pdb_count }]) {
            Ok(found) => {
                let option = Normalised { product: "Multitenant".to_owned(), edition: None, ..database.clone() };
                Pluggable {
                    option: found.option_license_required.then_some(option),
                    too_many: Some(user_pdb_count).filter(|_| !found.over_limit.is_empty()),
                    note: None,
                }
            }
            Err(error) => {
                let note = format!("whether {device:?} needs Oracle's Multitenant option is not known: {error}");
                Pluggable { note: Some(note), ..Pluggable::default() }
            }
        }
    }
}
