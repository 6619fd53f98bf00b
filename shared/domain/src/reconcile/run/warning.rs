//! What keeps a number from being sure, in words that say what to do.

use super::estate::EntitlementIndex;

/// What a run found and could not decide by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Warning {
    /// Rights of a group whose pack is off.
    #[error(
        "the metric group {group} needs the publisher pack {pack}, which is off: {entitlements} entitlements are not reconciled"
    )]
    PackOff {
        /// The group.
        group: String,
        /// Its pack.
        pack: String,
        /// How many.
        entitlements: usize,
    },
    /// A metric that nobody knows.
    #[error("{entitlement}: {why}; its rights are not counted")]
    UnknownMetric {
        /// The entitlement's id.
        entitlement: String,
        /// What is wrong.
        why: String,
    },
    /// A metric that has no unlimited licences.
    #[error(
        "{entitlement}: there are no unlimited licences of the metric {metric}; its rights are counted as unlimited all the same"
    )]
    NoUnlimited {
        /// The entitlement's id.
        entitlement: String,
        /// The metric.
        metric: String,
    },
    /// Rights that take over others and do not say which: both may be counted.
    #[error("{entitlement} is a step-up or an upgrade without the entitlement that it upgrades: rights may be counted twice")]
    NoSource {
        /// The entitlement's id.
        entitlement: String,
        /// Its place.
        place: EntitlementIndex,
    },
    /// Maintenance that maintains nothing.
    #[error("{entitlement} is maintenance without a base entitlement: it gives no rights")]
    NoBase {
        /// The entitlement's id.
        entitlement: String,
        /// Its place.
        place: EntitlementIndex,
    },
    /// More allocated than there is.
    #[error("{entitlement}: {allocated} rights are allocated, and there are {rights}")]
    OverAllocated {
        /// The entitlement's id.
        entitlement: String,
        /// Rights that are allocated.
        allocated: u64,
        /// Rights that there are.
        rights: u64,
    },
    /// A metric that could not be computed for some of what is there.
    #[error(
        "{metric}: {devices} devices stay unlicensed, because {why}; what is needed is not known until their facts, or those of their hosts, \
         are reported or entered"
    )]
    MissingFacts {
        /// The metric.
        metric: String,
        /// How many devices.
        devices: usize,
        /// The first of the reasons.
        why: String,
    },
    /// A metric that could not be computed at all.
    #[error("{metric}: {why}; what is needed is not known until it is recorded")]
    MissingRecords {
        /// The metric.
        metric: String,
        /// What is missing.
        why: String,
    },
    /// A metric that may not license what is there.
    #[error("{metric}: {why}; {devices} devices stay unlicensed")]
    Denied {
        /// The metric.
        metric: String,
        /// Why.
        why: String,
        /// How many devices.
        devices: usize,
    },
    /// What a product is not for, however many rights there are.
    #[error(
        "{metric}: {cores} cores of {hosts} hosts are beyond what the product licenses (VMware vSphere Essentials Plus: {limits}) and stay \
         unlicensed; license those hosts with another product"
    )]
    BeyondLimits {
        /// The metric.
        metric: String,
        /// How many cores.
        cores: u64,
        /// Of how many hosts.
        hosts: usize,
        /// The limits, in words.
        limits: String,
    },
    /// Databases that no option of Oracle licenses.
    #[error(
        "{databases} databases have more pluggable databases than any option of Oracle allows: {names}; move the pluggable databases to \
         other instances, or remove them"
    )]
    TooManyDatabases {
        /// How many machines.
        databases: usize,
        /// Their names, each with the most pluggable databases of one instance.
        names: String,
    },
    /// Rules that a metric cannot keep.
    #[error(
        "{metric} counts everything together, and nobody knows whose it is: consumption rules are not applied; name the users and devices \
         where its records can, or take the rules away"
    )]
    RulesNotApplied {
        /// The metric.
        metric: String,
    },
    /// Units that no rule is about.
    #[error(
        "{metric}: {units} units are of resource values that name no device, so that no consumption rule lets anybody license them; enter the \
         device that consumes them"
    )]
    NoDevice {
        /// The metric.
        metric: String,
        /// How many.
        units: u64,
    },
    /// Rights for software that is not under management.
    #[error(
        "{entitlements} entitlements are for software models that are not under management, and are not reconciled; set License under \
         management and the product type Licensable of the models, or retire the entitlements"
    )]
    NotManaged {
        /// How many.
        entitlements: usize,
    },
    /// Software that no model is about.
    #[error(
        "{devices} devices have it, and no software model is about it: a right for each is counted, and no price is known; create a \
         software model, and entitlements by the metric that was bought"
    )]
    NoModel {
        /// How many.
        devices: usize,
    },
    /// A metric that another one puts aside.
    #[error("{metric} is not counted for {models}, because there is a client access record and Named User Plus is")]
    PutAside {
        /// The metric.
        metric: String,
        /// The editions that it is not counted for.
        models: String,
    },
    /// Prices that cannot be compared or added.
    #[error("{what}: prices are in {currencies}; amounts of different currencies are not added, so there is no price")]
    SeveralCurrencies {
        /// Of what.
        what: String,
        /// The currencies.
        currencies: String,
    },
    /// An edition of which nothing was ever bought.
    #[error(
        "{what}: no rights of {metric} were ever bought for it, and those of other editions say nothing about its price; enter an override \
         license cost, or an entitlement with a unit cost"
    )]
    NoPurchase {
        /// The model, as people call it.
        what: String,
        /// The metric.
        metric: String,
    },
    /// Amounts that do not fit.
    #[error("{what}: the amount is more than money can be")]
    TooLarge {
        /// Of what.
        what: String,
    },
    /// A subscription whose periods cannot be counted.
    #[error("{entitlement}: {why}; one period is counted")]
    NoPeriods {
        /// The entitlement's id.
        entitlement: String,
        /// What is wrong.
        why: String,
    },
}

impl Warning {
    /// Whether it is about a metric result: its metric, written `group / metric`, or one of its entitlements.
    pub(super) fn is_about(&self, name: &str, mut has: impl FnMut(&str) -> bool) -> bool {
        match self {
            Self::MissingFacts { metric, .. }
            | Self::MissingRecords { metric, .. }
            | Self::Denied { metric, .. }
            | Self::BeyondLimits { metric, .. }
            | Self::RulesNotApplied { metric }
            | Self::NoDevice { metric, .. }
            | Self::PutAside { metric, .. } => metric == name,
            Self::NoUnlimited { entitlement, .. }
            | Self::NoSource { entitlement, .. }
            | Self::OverAllocated { entitlement, .. }
            | Self::NoPeriods { entitlement, .. } => has(entitlement),
            Self::SeveralCurrencies { what, .. } | Self::TooLarge { what } => what == name,
            Self::PackOff { .. }
            | Self::UnknownMetric { .. }
            | Self::NoBase { .. }
            | Self::NotManaged { .. }
            | Self::TooManyDatabases { .. }
            | Self::NoPurchase { .. }
            | Self::NoModel { .. } => false,
        }
    }
}
