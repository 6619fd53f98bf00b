//! Software that needs a licence and that no software model is about: it has a product result all the same (domain 6.5).
//!
//! In: the devices with it. Out: what they lack, in the product's result. It asks for no rights of a metric: nobody says by which one
//! it is licensed, so that a right for each device is counted.

use std::collections::{BTreeMap, BTreeSet};

use super::result::{Disposition, Member, ProductResult, Status};
use super::site::Site;
use super::tally::{GroupKey, group_key};
use super::warning::Warning;

/// A product and a group of results; the names are in lower case.
type Key = (String, String, GroupKey);

/// The names as they are written, and the devices.
type Found<'a> = (&'a str, &'a str, BTreeSet<u32>);

/// Adds what no model is about to the results of the products that are meant.
pub(super) fn add_unmodelled(site: &Site<'_>, is_meant: impl Fn(&str) -> bool, products: &mut Vec<ProductResult>) {
    let same = |one: &str, other: &str| one.trim().to_lowercase() == other.trim().to_lowercase();
    let mut found: BTreeMap<Key, Found<'_>> = BTreeMap::new();
    for one in site.estate.unmodelled.iter().filter(|one| is_meant(&one.publisher)) {
        for device in one.devices.iter().filter_map(|device| site.devices.rank(*device)) {
            let group = group_key(site, site.organisation(site.organisation_of_device(device)));
            let key = (one.publisher.trim().to_lowercase(), one.product.trim().to_lowercase(), group);
            let (publisher, product, devices) =
                found.entry(key).or_insert_with(|| (one.publisher.trim(), one.product.trim(), BTreeSet::new()));
            // Names that differ in their case only are one, whichever comes first.
            (*publisher, *product) = (*publisher, *product).min((one.publisher.trim(), one.product.trim()));
            devices.insert(device);
        }
    }
    for ((.., group), (publisher, product, devices)) in found {
        let known =
            products.iter_mut().find(|one| same(&one.publisher, publisher) && same(&one.product, product) && one.group == group);
        match known {
            Some(known) => lacks(site, known, &devices),
            None => {
                let (publisher, product) = (publisher.to_owned(), product.to_owned());
                let mut result = ProductResult { publisher, product, group, ..ProductResult::default() };
                lacks(site, &mut result, &devices);
                products.push(result);
            }
        }
    }
}

fn lacks(site: &Site<'_>, result: &mut ProductResult, devices: &BTreeSet<u32>) {
    let count = devices.len() as u64;
    let figures = &mut result.figures;
    figures.needed = figures.needed.saturating_add(count);
    figures.unlicensed = figures.unlicensed.saturating_add(count);
    let user = |device: &u32| site.users.rank(site.device(*device)?.user?);
    figures.unlicensed_users =
        figures.unlicensed_users.saturating_add(devices.iter().filter_map(user).collect::<BTreeSet<_>>().len() as u64);
    if result.status == Status::Compliant {
        result.status = Status::NotCompliant;
    }
    result.warnings.push(Warning::NoModel { devices: devices.len() });
    result.members.extend(devices.iter().map(|device| Member {
        device: Some(site.devices.place(*device)),
        user: user(device).map(|user| site.users.place(user)),
        model: None,
        disposition: Disposition::Unlicensed,
        entitlement: None,
        rights: 0,
        count: 1,
    }));
    result.members.sort_unstable();
}
