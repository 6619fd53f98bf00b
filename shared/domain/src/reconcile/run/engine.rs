//! The run itself: what is used, by whom it is licensed, and what that comes to.

use std::collections::{BTreeMap, BTreeSet};

use super::conclude::Conclusion;
use super::estate::{Estate, Progress};
use super::result::Outcome;
use super::rights::Rights;
use super::serve::Serving;
use super::site::Site;
use super::suites::find_suites;
use super::tally::tally;
use super::unmodelled::add_unmodelled;
use super::uses::Uses;

/// Reconciles an estate: all of it, or `only` the products of one publisher, compared without case. Each product is told to `progress`
/// before it is looked at. The same estate gives the same outcome, whatever the order of its lists.
#[must_use]
pub fn reconcile(estate: &Estate, only: Option<&str>, progress: &mut dyn FnMut(Progress<'_>)) -> Outcome {
    let site = Site::new(estate);
    let mut uses = Uses::new(&site);
    let mut rights = Rights::new(&site);
    find_suites(&site, &rights.all, &mut uses);
    let is_meant = |product: u32| {
        let publisher = site.product(product).map(|product| product.publisher);
        only.is_none_or(|only| publisher.is_some_and(|publisher| publisher.trim().eq_ignore_ascii_case(only.trim())))
    };
    let has_suite = |product: &u32| {
        let mut models = site.product(*product).map(|product| product.models.clone()).unwrap_or_default();
        models.any(|model| site.model(model).is_some_and(super::model::Model::is_suite))
    };
    let fall_back = estate.settings.components_when_suites_run_out;
    let families = families(&site, &rights);
    let is_needed =
        |family: &&Family| family.products.iter().any(|product| is_meant(*product) || fall_back && has_suite(product));
    let (suites, others): (Vec<&Family>, Vec<&Family>) =
        families.iter().filter(is_needed).partition(|family| family.products.iter().any(&has_suite));
    let meant: BTreeSet<u32> = (0..).take(site.products.len()).filter(|product| is_meant(*product)).collect();
    let all = std::mem::take(&mut rights.all);
    let mut serving = Serving::new(&site, &uses, &rights.channels, all);
    let total = suites.iter().chain(&others).map(|family| family.products.len()).sum();
    let (mut done, mut limited) = (0, Vec::new());
    for (number, family) in suites.iter().chain(&others).enumerate() {
        if number == suites.len() && fall_back {
            serving.reopen();
        }
        for product in family.products.iter().filter_map(|product| site.product(*product)) {
            progress(Progress { publisher: product.publisher, product: product.name, done, total });
            done += 1;
        }
        limited.push(serving.family(&family.products, &family.channels));
    }
    serving.settle();
    for (family, limited) in suites.iter().chain(&others).zip(&limited) {
        serving.want_family(&family.products, &family.channels, limited, &rights.put_off);
    }
    serving.warnings.extend(rights.warnings.iter().cloned());
    let tallies = tally(&serving, &meant);
    let conclusion = Conclusion::new(&serving, &rights, &tallies);
    let mut products: Vec<_> =
        tallies.into_iter().map(|((product, group), models)| conclusion.product(product, group, models)).collect();
    add_unmodelled(&site, |publisher| only.is_none_or(|only| publisher.trim().eq_ignore_ascii_case(only.trim())), &mut products);
    products
        .sort_by(|one, other| (&one.publisher, &one.product, &one.group).cmp(&(&other.publisher, &other.product, &other.group)));
    progress(Progress { publisher: "", product: "", done: total, total });
    Outcome { products }
}

/// Products whose rights may be used for each other.
struct Family {
    products: BTreeSet<u32>,
    /// Their channels, in the order in which they are asked.
    channels: Vec<usize>,
}

fn families(site: &Site<'_>, rights: &Rights<'_>) -> Vec<Family> {
    let mut lead: Vec<u32> = (0..).take(site.products.len()).collect();
    fn find(lead: &[u32], product: u32) -> u32 {
        let mut at = product;
        while let Some(next) = lead.get(at as usize).copied().filter(|next| *next != at) {
            at = next;
        }
        at
    }
    for channel in &rights.channels {
        let beyond = channel.beyond.iter().map(|model| site.product_of(*model));
        let mut touched = channel.products.iter().copied().chain(beyond);
        let Some(first) = touched.next() else { continue };
        for other in touched {
            let (one, other) = (find(&lead, first), find(&lead, other));
            if let Some(leader) = lead.get_mut(one.max(other) as usize) {
                *leader = one.min(other);
            }
        }
    }
    let mut families: BTreeMap<u32, Family> = BTreeMap::new();
    for product in (0..).take(site.products.len()) {
        let family =
            families.entry(find(&lead, product)).or_insert_with(|| Family { products: BTreeSet::new(), channels: Vec::new() });
        family.products.insert(product);
    }
    for (place, channel) in rights.channels.iter().enumerate() {
        let leader = channel.products.first().map(|product| find(&lead, *product));
        if let Some(family) = leader.and_then(|leader| families.get_mut(&leader)) {
            family.channels.push(place);
        }
    }
    families.into_values().collect()
}
