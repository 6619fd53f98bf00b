//! Whose groups a user is in: those that administrators keep, and the systems' own as agents report them.

use crate::{sessions::registry::Sessions, store::records::GroupRecord};
use muster_domain::session::fold_user;
use std::collections::{BTreeMap, BTreeSet};

/// A group as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupView {
    /// Its name.
    pub name: String,
    /// `administrator`, or `system` for one that agents report.
    pub source: &'static str,
    /// Its members; of a system's group those that are logged in.
    pub members: Vec<String>,
}

impl Sessions {
    /// Every group, ordered by name: the administrators' and the systems' own.
    #[must_use]
    pub fn groups(&self) -> Vec<GroupView> {
        self.with_pools(|state, _| {
            let own = state.pools.groups.records.iter().map(|GroupRecord { name, members }| GroupView {
                name: name.clone(),
                source: "administrator",
                members: members.clone(),
            });
            let mut groups: Vec<GroupView> = own.collect();
            let mut systems: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for session in state.live().filter(|session| session.record.ended.is_none()) {
                for group in &session.lively.groups {
                    systems.entry(group.clone()).or_default().insert(session.record.user.clone());
                }
            }
            groups.extend(systems.into_iter().map(|(name, members)| GroupView {
                name,
                source: "system",
                members: members.into_iter().collect(),
            }));
            groups.sort_by(|a, b| (a.name.to_lowercase(), a.source).cmp(&(b.name.to_lowercase(), b.source)));
            groups
        })
    }
}

/// The groups of the administrators.
#[derive(Debug, Default)]
pub(super) struct Groups {
    records: Vec<GroupRecord>,
    /// Groups by member, in the form that is compared.
    of: BTreeMap<String, BTreeSet<String>>,
}

impl Groups {
    pub(super) fn new(records: Vec<GroupRecord>, realms: &[String]) -> Self {
        let mut of: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for record in &records {
            for member in &record.members {
                of.entry(fold_user(member, realms)).or_default().insert(record.name.clone());
            }
        }
        Self { records, of }
    }

    /// The groups of a user, in the form that is compared.
    pub(super) fn of(&self, user: &str) -> impl Iterator<Item = &str> {
        self.of.get(user).into_iter().flatten().map(String::as_str)
    }

    /// The groups as they are kept.
    pub(super) fn records(&self) -> &[GroupRecord] {
        &self.records
    }
}
