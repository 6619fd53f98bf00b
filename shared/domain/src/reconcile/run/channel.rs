//! Rights that are counted together: those of one metric, in the order in which metrics are asked.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::model::Model;
use super::site::Site;
use crate::decimal::Decimal;
use crate::metric::edition::is_same;
use crate::metric::{EditionChoice, Input, Metric};
use crate::reconcile::Rule;

/// How a metric finds what it counts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A right for each device.
    Devices,
    /// A right for each user.
    Users,
    /// The same, only where it is allocated.
    NamedDevices,
    /// The same, only where it is allocated.
    NamedUsers,
    /// A right for each user with a subscription.
    Subscribers,
    /// A right for each user of a type.
    TypedUsers,
    /// Rights by the facts of machines.
    Machines(&'static Metric),
    /// Rights by records of the whole product.
    Records(&'static Metric),
    /// Rights by the units of a resource value, for a metric that the site made.
    Custom,
}

/// Rights that are counted together.
#[derive(Debug)]
pub(super) struct Channel<'a> {
    pub(super) kind: Kind,
    pub(super) group: &'a str,
    pub(super) metric: &'a str,
    pub(super) unlimited: bool,
    /// Whether the rights have Software Assurance or are a subscription, where the metric asks; otherwise of no meaning.
    pub(super) assured: bool,
    /// Whether they were bought too late for dedicated hosts of large clouds, where there are any (Microsoft).
    pub(super) bought_late: bool,
    /// Of rights without Software Assurance, where the metric asks: the place of the same with it. They help out where it makes no
    /// difference, since a host may be licensed with rights of both.
    pub(super) beside: Option<usize>,
    /// The type of its users (SAP).
    pub(super) user_type: Option<&'a str>,
    /// The edition of its rights, or what their publisher calls them, where what a machine needs depends on that: whatever the rights
    /// license is counted as this.
    pub(super) edition: Option<&'a str>,
    /// Its place among the metrics that serve allocations.
    pub(super) rank_allocated: u32,
    /// Its place among the metrics that serve the rest.
    pub(super) rank: u32,
    /// Its lowest price of a right.
    pub(super) price: Option<Decimal>,
    /// Its rights: places in the list of all.
    pub(super) rights: Vec<usize>,
    /// The products that its rights are for.
    pub(super) products: BTreeSet<u32>,
    /// The models that its rights are for.
    pub(super) own: BTreeSet<u32>,
    /// Models of other products that they may be used for.
    pub(super) beyond: BTreeSet<u32>,
    /// Every model that they may be used for.
    pub(super) models: BTreeSet<u32>,
}

impl Kind {
    pub(super) fn of(metric: &'static Metric, group: &str) -> Self {
        let takes = |input| metric.inputs.contains(&input);
        match metric.name {
            "Per Named User" => return Self::NamedUsers,
            "Per Named Device" => return Self::NamedDevices,
            "Named User" if group == "SAP" => return Self::TypedUsers,
            _ => {}
        }
        if takes(Input::Subscriptions) {
            Self::Subscribers
        } else if takes(Input::Installs) {
            match metric.name {
                "Per User" => Self::Users,
                "Server (Per Server)" => Self::Machines(metric),
                _ => Self::Devices,
            }
        } else if takes(Input::Hosts) && !takes(Input::ClientAccess) {
            Self::Machines(metric)
        } else {
            Self::Records(metric)
        }
    }

    /// Whether it counts installs one by one.
    pub(super) const fn is_of_installs(self) -> bool {
        !matches!(self, Self::Records(_) | Self::TypedUsers | Self::Custom)
    }

    pub(super) const fn is_named(self) -> bool {
        matches!(self, Self::NamedDevices | Self::NamedUsers)
    }

    /// Whether consumption rules are not for it (domain 6.5), so that nobody need be told that they are not applied.
    pub(super) fn is_exempt_of_rules(self) -> bool {
        matches!(self, Self::Records(metric) if metric.name.contains("Value Unit") || metric.name == "Employee")
    }

    /// Whether it counts users, and what is installed as theirs.
    pub(super) const fn is_of_users(self) -> bool {
        matches!(self, Self::Users | Self::NamedUsers | Self::Subscribers)
    }

    /// The edition by which a metric counts what rights for a model license; none where it counts every edition alike.
    pub(super) fn edition<'a>(self, group: &str, model: &'a Model) -> Option<&'a str> {
        match (self, group) {
            (Self::Machines(_), "Microsoft") => model.edition.as_deref(),
            (Self::Machines(metric), "Red Hat") if metric.name == "Per Socket-pair" => model.family.as_deref(),
            _ => None,
        }
    }

    /// Whether it counts what is taken out at the same time, wherever that is used.
    pub(super) fn is_checked_out(self) -> bool {
        let Self::Records(metric) = self else { return false };
        let takes = |input| metric.inputs.contains(&input);
        takes(Input::DailyPeaks) || takes(Input::Checkouts) || metric.name == "Concurrent User"
    }

    /// Whether its clients are those of a server product, whose installs are licensed by others (client access licences).
    pub(super) fn is_access_only(self) -> bool {
        matches!(self, Self::Records(metric) if metric.name.ends_with("CAL"))
    }
}

impl Channel<'_> {
    /// Takes over the rights of another one.
    pub(super) fn absorb(&mut self, other: Self) {
        self.rights.extend(other.rights);
        self.products.extend(other.products);
        self.own.extend(other.own);
        self.beyond.extend(other.beyond);
        self.models.extend(other.models);
        self.price = match (self.price, other.price) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    /// Whether it is of a metric of Oracle.
    pub(super) fn is_of_oracle(&self, metric: &str) -> bool {
        (self.group, self.metric) == ("Oracle", metric)
    }

    /// Whether it counts named users of machines: then rights of a version are counted for themselves, unless they may be used for
    /// another one that has some.
    pub(super) fn is_of_named_users(&self) -> bool {
        self.is_of_oracle("Named User Plus")
    }

    /// Whether its rights may be used for a model, as far as that decides how machines are counted.
    pub(super) fn licenses(&self, model: u32) -> bool {
        self.edition.is_none() || self.models.contains(&model)
    }

    /// Whether its rights are counted as the same edition as those of another one of its group, by whatever name.
    pub(super) fn is_of_edition(&self, other: &Self) -> bool {
        match (self.edition, other.edition) {
            (Some(one), Some(other)) => is_same(self.group, one, other),
            (one, other) => one == other,
        }
    }

    /// The choice that its metric leaves between two products, and whether it has the rights of the one that licenses whole servers.
    pub(super) fn choice(&self) -> Option<(&'static EditionChoice, bool)> {
        let (choice, edition) = (EditionChoice::of(self.group, self.metric)?, self.edition.filter(|_| !self.unlimited)?);
        let is = |name: &str| is_same(self.group, edition, name);
        (is(choice.by_server) || is(choice.by_machine)).then(|| (choice, is(choice.by_server)))
    }

    /// Whether rights of it that are left of a pack may be too few for any machine (domain 5.8).
    pub(super) fn is_in_packs_of_cores(&self) -> bool {
        self.group == "Microsoft" && matches!(self.metric, "Per Core" | "Per Core (with CAL)")
    }

    /// Which is asked first: unlimited ones, ranked ones by their rank, then the cheaper; records of a whole product at the end.
    pub(super) fn order(&self) -> impl Ord + '_ {
        let records = matches!(self.kind, Kind::Records(_) | Kind::TypedUsers);
        let dear = (self.price.is_none(), self.price);
        (Reverse(self.unlimited), records, self.rank, dear, self.group, self.metric, self.tie())
    }

    /// The same among those that serve allocations.
    pub(super) fn order_allocated(&self) -> impl Ord + '_ {
        let dear = (self.price.is_none(), self.price);
        // What licenses whole servers is allocated first (domain 5.10).
        let by_machine = self.choice().is_some_and(|(_, by_server)| !by_server);
        (self.rank_allocated, by_machine, dear, self.group, self.metric, self.tie())
    }

    fn tie(&self) -> impl Ord + '_ {
        (self.assured, self.bought_late, self.user_type, self.edition, self.products.first().copied())
    }

    /// The metric's names, as people see them.
    pub(super) fn name(&self) -> String {
        format!("{} / {}", self.group, self.metric)
    }

    /// The same with the edition, where there is a choice.
    pub(super) fn name_with_edition(&self) -> String {
        let edition = self.edition.filter(|_| self.choice().is_some());
        edition.map_or_else(|| self.name(), |edition| format!("{}, {edition}", self.name()))
    }
}

/// The parts of the organisation below each value, by field and value.
pub(super) type Below = BTreeMap<(crate::reconcile::Unit, String), Vec<String>>;

/// What belongs to each value that has something below it.
pub(super) fn below(site: &Site<'_>) -> Below {
    let mut found = Below::new();
    for (unit, value) in site.estate.parents.keys() {
        let (mut at, mut seen) = (value.as_str(), BTreeSet::from([value.as_str()]));
        while let Some(parent) = site.estate.parents.get(&(*unit, at.to_owned())) {
            // A circle in the organisation ends where it began.
            if !seen.insert(parent) {
                break;
            }
            found.entry((*unit, parent.clone())).or_default().push(value.clone());
            at = parent;
        }
    }
    found
}

/// The active rules of an entitlement.
pub(super) fn rules(entitlement: &super::owned::Entitlement, below: &Below) -> Vec<Rule> {
    let active = entitlement.rules.iter().filter(|rule| rule.active);
    active.map(|rule| one_rule(rule, below)).collect()
}

fn one_rule(rule: &super::owned::ConsumptionRule, below: &Below) -> Rule {
    let children = below.get(&(rule.unit, rule.value.clone())).filter(|_| rule.include_children);
    let and = rule.and.iter().map(|other| one_rule(other, below)).collect();
    Rule { unit: rule.unit, value: rule.value.clone(), below: children.cloned().unwrap_or_default(), pool: rule.pool, and }
}
