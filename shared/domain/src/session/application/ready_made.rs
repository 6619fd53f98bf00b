//! Ready-made sets of applications, and what importing one would do to those that exist.
//!
//! In: the set and the applications of the site. Out: what to create, what to leave, what to change. Nothing that exists is
//! touched unless it is asked for, and limits, named users and access lists never are: these are the site's own.

use super::record::{Application, AtLimit, Offline, Share};

/// A set of applications that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApplicationSet {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    rows: &'static [Row],
    rules: Rules,
}

/// An application of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    name: &'static str,
    /// Names that other releases give it: who has one of them has the application.
    aliases: &'static [&'static str],
}

/// What the applications of a set have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rules {
    at_limit: AtLimit,
    sharing: &'static [Share],
    idle_timeout_seconds: u64,
    lease_seconds: u64,
    offline: Offline,
}

/// The ten applications whose licences Service Manager tracks, floating and named, one seat for a login user at a client address
/// whatever the kind of client (SOAP, web services, REST, web, `SCAuto`, batch).
pub const SERVICE_MANAGER: ApplicationSet = ApplicationSet {
    name: "service-manager",
    about: "the ten applications whose licences Service Manager tracks",
    rows: &[
        Row { name: "Contract Management", aliases: &[] },
        Row { name: "Change Management", aliases: &[] },
        Row { name: "Incident Management", aliases: &[] },
        Row { name: "Configuration Management", aliases: &[] },
        Row { name: "Request Fulfillment", aliases: &["Request Management"] },
        Row { name: "Problem Management", aliases: &[] },
        Row { name: "Service Desk", aliases: &[] },
        Row { name: "Knowledge Management", aliases: &[] },
        Row { name: "Service Level Management", aliases: &[] },
        Row { name: "Smart Analytics", aliases: &[] },
    ],
    rules: Rules {
        // Application licences warn and let the session go on; only logins are refused.
        at_limit: AtLimit::Warn,
        sharing: &[Share::User, Share::ClientIp],
        // Its inactivity timer is on by default, at 30 minutes.
        idle_timeout_seconds: 1800,
        lease_seconds: 120,
        offline: Offline::Allow,
    },
};

/// What happens to one application of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Import {
    /// It does not exist: it is made.
    Create(Application),
    /// It exists and is as the set says, or is not to be changed. Fields that the set has otherwise are named.
    Leave {
        /// The application as it is.
        application: Application,
        /// Fields that differ.
        differs: Vec<&'static str>,
    },
    /// It exists and gets these fields of the set.
    Change {
        /// The application as it will be.
        application: Application,
        /// Fields that change.
        differs: Vec<&'static str>,
    },
}

impl ApplicationSet {
    /// Every set.
    pub const ALL: &'static [Self] = &[SERVICE_MANAGER];

    /// The set of this name, without regard to case.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|set| set.name.eq_ignore_ascii_case(name.trim()))
    }

    /// What importing the set does, in the order of the set. With `overwrite`, applications that exist get the set's fields.
    #[must_use]
    pub fn plan(&self, existing: &[Application], overwrite: bool) -> Vec<Import> {
        self.rows.iter().map(|row| self.plan_one(row, existing, overwrite)).collect()
    }

    fn plan_one(&self, row: &Row, existing: &[Application], overwrite: bool) -> Import {
        let called = |name: &str| existing.iter().find(|application| application.name.to_lowercase() == name.to_lowercase());
        let known = called(row.name).or_else(|| row.aliases.iter().find_map(|alias| called(alias)));
        let Some(known) = known else {
            let mut application = Application::with_defaults(row.name.to_owned());
            self.rules.give(&mut application);
            return Import::Create(application);
        };
        let mut application = known.clone();
        let differs = self.rules.give(&mut application);
        if overwrite && !differs.is_empty() {
            Import::Change { application, differs }
        } else {
            Import::Leave { application: known.clone(), differs }
        }
    }
}

impl Import {
    /// The application, as it will be.
    #[must_use]
    pub const fn application(&self) -> &Application {
        match self {
            Self::Create(application) | Self::Leave { application, .. } | Self::Change { application, .. } => application,
        }
    }
}

impl Rules {
    /// Gives an application what the set says; the fields that were otherwise.
    fn give(self, application: &mut Application) -> Vec<&'static str> {
        let Self { at_limit, sharing, idle_timeout_seconds, lease_seconds, offline } = self;
        let mut changed = Vec::new();
        let mut note = |name, other: bool| {
            if other {
                changed.push(name);
            }
        };
        note("at_limit", std::mem::replace(&mut application.at_limit, at_limit) != at_limit);
        note("sharing", std::mem::replace(&mut application.sharing, sharing.to_vec()) != sharing);
        let before = std::mem::replace(&mut application.idle_timeout_seconds, idle_timeout_seconds);
        note("idle_timeout_seconds", before != idle_timeout_seconds);
        note("lease_seconds", std::mem::replace(&mut application.lease_seconds, lease_seconds) != lease_seconds);
        note("offline", std::mem::replace(&mut application.offline, offline) != offline);
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_applications_that_are_valid_as_they_are() {
        let plan = SERVICE_MANAGER.plan(&[], false);
        assert_eq!(plan.len(), 10);
        for import in &plan {
            let Import::Create(application) = import else { panic!("{import:?}") };
            assert_eq!(Application::new(&application.name).unwrap().name, application.name);
            assert_eq!(application.clone().change(super::super::ApplicationPatch::default()), Ok(()));
            assert_eq!((application.idle_timeout_seconds, application.at_limit), (1800, AtLimit::Warn));
            assert_eq!((application.named_limit, application.floating_limit, application.tracking), (None, None, true));
        }
        assert_eq!(ApplicationSet::named(" Service-Manager"), Some(&SERVICE_MANAGER));
        assert_eq!(ApplicationSet::named("other"), None);
    }

    #[test]
    fn what_exists_stays_unless_it_is_asked_for() {
        let mut own = Application::new("incident management").unwrap();
        (own.floating_limit, own.idle_timeout_seconds, own.at_limit) = (Some(25), 60, AtLimit::Refuse);
        let renamed = Application::new("Request Management").unwrap();
        let existing = [own.clone(), renamed.clone()];
        let find = |plan: Vec<Import>, name: &str| plan.into_iter().find(|import| import.application().name == name).unwrap();

        let plan = SERVICE_MANAGER.plan(&existing, false);
        assert_eq!(plan.iter().filter(|import| matches!(import, Import::Create(_))).count(), 8);
        let differs = vec!["at_limit", "idle_timeout_seconds"];
        assert_eq!(find(plan.clone(), &own.name), Import::Leave { application: own.clone(), differs: differs.clone() });
        assert!(matches!(find(plan, &renamed.name), Import::Leave { .. }), "another name of the same application");

        let Import::Change { application, differs: changed } = find(SERVICE_MANAGER.plan(&existing, true), &own.name) else {
            panic!("it was asked for")
        };
        assert_eq!((changed, application.floating_limit, application.idle_timeout_seconds), (differs, Some(25), 1800));
        // Once more changes nothing.
        let after: Vec<Application> = SERVICE_MANAGER.plan(&existing, true).iter().map(|i| i.application().clone()).collect();
        let again = SERVICE_MANAGER.plan(&after, true);
        assert!(again.iter().all(|import| matches!(import, Import::Leave { differs, .. } if differs.is_empty())));
    }
}
