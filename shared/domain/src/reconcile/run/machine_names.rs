//! Which devices are behind what a metric names.

use std::collections::{BTreeMap, BTreeSet};

use super::site::Site;
use crate::metric::Object;

/// Devices by the names that parts of an answer have.
pub(super) struct Names<'a> {
    ids: BTreeMap<&'a str, u32>,
    pub(super) hosts: BTreeMap<&'a str, BTreeSet<u32>>,
    clusters: BTreeMap<&'a str, BTreeSet<u32>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(site: &Site<'a>, devices: &BTreeSet<u32>) -> Self {
        let mut names = Self { ids: BTreeMap::new(), hosts: BTreeMap::new(), clusters: BTreeMap::new() };
        for rank in devices {
            let at = site.host_of(*rank).unwrap_or(*rank);
            let (Some(device), Some(host)) = (site.device(*rank), site.device(at)) else { continue };
            names.ids.insert(&device.id, *rank);
            names.hosts.entry(&host.id).or_default().insert(*rank);
            if let Some(cluster) = &host.cluster {
                names.clusters.entry(cluster).or_default().insert(*rank);
            }
        }
        names
    }

    /// The devices behind a part that no other part has taken.
    pub(super) fn take(&mut self, object: Object<'_>, left: &mut BTreeSet<u32>) -> BTreeSet<u32> {
        let found = match object {
            Object::Device(name) | Object::Ose(name) | Object::Vm(name) | Object::Partition(name) => {
                self.ids.remove(name).into_iter().collect()
            }
            Object::Host(name) => self.hosts.remove(name).unwrap_or_default(),
            Object::Cluster(name) => self.clusters.remove(name).unwrap_or_default(),
            Object::User(_) | Object::Further(_) | Object::Unnamed => BTreeSet::new(),
        };
        found.into_iter().filter(|device| left.remove(device)).collect()
    }
}
