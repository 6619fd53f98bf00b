//! Whether somebody may take a seat: an application's lists in the form that is compared.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::session::application::{Access, AccessList};
use crate::session::key::fold_user;
use crate::session::network::Network;
use crate::session::normalise;

/// Who asks for a seat, in the form that is compared.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The user, without listed realms, in lower case.
    pub user: &'a str,
    /// Where the user sits.
    pub client: &'a str,
    /// The machine that the session or the program runs on.
    pub host: Option<&'a str>,
    /// Groups of the user, in lower case.
    pub groups: &'a BTreeSet<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AccessRules {
    include: Names,
    exclude: Names,
}

impl AccessRules {
    pub(super) fn new(access: &Access, realms: &[String]) -> Self {
        Self { include: Names::new(&access.include, realms), exclude: Names::new(&access.exclude, realms) }
    }

    pub(super) fn admits(&self, asker: Asker<'_>) -> bool {
        !self.exclude.names(asker) && (self.include.is_empty() || self.include.names(asker))
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Names {
    users: BTreeSet<String>,
    groups: BTreeSet<String>,
    hosts: BTreeSet<String>,
    networks: Vec<Network>,
}

impl Names {
    fn new(list: &AccessList, realms: &[String]) -> Self {
        Self {
            users: list.users.iter().map(|user| fold_user(user, realms)).collect(),
            groups: list.groups.iter().map(|group| fold_group(group)).collect(),
            hosts: list.hosts.iter().map(|host| normalise::client(host)).collect(),
            networks: list.networks.iter().filter_map(|network| network.parse().ok()).collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty() && self.hosts.is_empty() && self.networks.is_empty()
    }

    fn names(&self, asker: Asker<'_>) -> bool {
        let Asker { user, client, host, groups } = asker;
        let inside = || {
            let address = client.parse::<IpAddr>().ok();
            address.is_some_and(|address| self.networks.iter().any(|network| network.contains(address)))
        };
        self.users.contains(user)
            || !self.groups.is_disjoint(groups)
            || host.is_some_and(|host| self.hosts.contains(host))
            || (!self.networks.is_empty() && inside())
    }
}

/// A group in the form that is compared.
pub(super) fn fold_group(name: &str) -> String {
    normalise::user(name).to_lowercase()
}
