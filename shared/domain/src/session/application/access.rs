//! Who may take a seat of an application: lists of users, groups, hosts and networks. What is excluded is out, whatever else is
//! said; an inclusion that names nobody lets everybody in.

use serde::{Deserialize, Serialize};

use super::check::{MAX_LIST, check_users};
use super::error::ApplicationError;
use crate::session::network::Network;

/// Who may take a seat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Access {
    /// Only these may; nobody named: everybody may.
    pub include: AccessList,
    /// These may not.
    pub exclude: AccessList,
}

/// Whom one side of an access rule names: it is enough to be in one of the lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessList {
    /// Users.
    pub users: Vec<String>,
    /// Groups, an administrator's or a system's.
    pub groups: Vec<String>,
    /// Machines that the session or the program runs on.
    pub hosts: Vec<String>,
    /// Addresses and networks of clients, such as `10.1.0.0/16`.
    pub networks: Vec<String>,
}

impl AccessList {
    /// Whether it names nobody.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        let Self { users, groups, hosts, networks } = self;
        users.is_empty() && groups.is_empty() && hosts.is_empty() && networks.is_empty()
    }

    fn checked(self, fields: [&'static str; 4]) -> Result<Self, ApplicationError> {
        let [users, groups, hosts, networks] = fields;
        if self.networks.len() > MAX_LIST {
            return Err(ApplicationError::TooMany { field: networks, limit: MAX_LIST });
        }
        let network = |text: String| match text.parse::<Network>() {
            Ok(network) => Ok(network.to_string()),
            Err(_) => Err(ApplicationError::NotANetwork { field: networks, text: text.chars().take(64).collect() }),
        };
        Ok(Self {
            users: check_users(users, &self.users)?,
            groups: check_users(groups, &self.groups)?,
            hosts: check_users(hosts, &self.hosts)?,
            networks: self.networks.into_iter().map(network).collect::<Result<_, _>>()?,
        })
    }
}

impl Access {
    /// With every entry in the form it is kept.
    ///
    /// # Errors
    /// When an entry is empty, too long, has control characters, or is not a network.
    pub fn checked(self) -> Result<Self, ApplicationError> {
        let Self { include, exclude } = self;
        let include = include.checked([
            "access.include.users",
            "access.include.groups",
            "access.include.hosts",
            "access.include.networks",
        ])?;
        let exclude = exclude.checked([
            "access.exclude.users",
            "access.exclude.groups",
            "access.exclude.hosts",
            "access.exclude.networks",
        ])?;
        Ok(Self { include, exclude })
    }
}
