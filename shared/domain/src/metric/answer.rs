//! What a metric says: how many licences are needed, for what, and how that stands against the rights that are owned.

use std::collections::BTreeMap;

use super::amount::Amount;
use super::inputs::Inputs;
use crate::decimal::Decimal;

/// What needs licences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object<'a> {
    /// A device.
    Device(&'a str),
    /// A user.
    User(&'a str),
    /// An operating system environment.
    Ose(&'a str),
    /// A physical server.
    Host(&'a str),
    /// A cluster of servers.
    Cluster(&'a str),
    /// A virtual machine.
    Vm(&'a str),
    /// Machines on a server beyond those that its own licences allow, each with a licence more.
    Further(&'a str),
    /// A hardware partition.
    Partition(&'a str),
    /// What cannot be named, such as the users of a client access record that only has their number.
    Unnamed,
}

/// The licences of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// What needs them.
    pub object: Object<'a>,
    /// How many.
    pub rights: Amount,
}

/// Why a metric cannot license what is there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Only the highest edition may be licensed on the host.
    #[error("{0} cannot be licensed on the host; license the virtual machines")]
    EditionOnHost(String),
    /// Editions that another metric is for.
    #[error("{edition} is not licensed by this metric; take {instead}")]
    Edition {
        /// The edition.
        edition: String,
        /// The metric, or what else there is to say.
        instead: &'static str,
    },
    /// Virtual machines need it.
    #[error("virtual machines are licensed one by one only with Software Assurance or a subscription")]
    NoSoftwareAssurance,
    /// The server is too large for the edition.
    #[error("{edition} may run on servers with at most {most} sockets; {host:?} has room for {sockets}")]
    TooManySockets {
        /// The edition.
        edition: String,
        /// The server.
        host: String,
        /// Its sockets, occupied or not.
        sockets: u32,
        /// Its limit.
        most: u32,
    },
    /// The machine in the cloud is too large for the edition.
    #[error("{edition} may run on machines with at most {most} virtual processors; {vm:?} has {vcpus}")]
    TooManyVcpus {
        /// The edition.
        edition: String,
        /// The machine.
        vm: String,
        /// Its virtual processors.
        vcpus: u64,
        /// Its limit.
        most: u64,
    },
    /// What large clouds give dedicated hosts for.
    #[error(
        "on dedicated hosts of this cloud only rights that were bought before 2019-10-01 may be used (the field Purchased of the \
         entitlement), or such whose Software Assurance allows it"
    )]
    BoughtLate,
    /// Windows Server is rented with the machine.
    #[error(
        "Windows Server of one's own may not run on shared servers of this cloud; rent it with the machine, or take a dedicated host"
    )]
    SharedServers,
    /// Machines in a public cloud are not in a datacenter of one's own.
    #[error("RHEL for Virtual Datacenters licenses no machines in a public cloud; take RHEL Server for them")]
    Cloud,
}

/// What some metrics say besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Detail<'a> {
    /// Nothing.
    #[default]
    None,
    /// Rights that count only where they are allocated.
    Named {
        /// Allocated to somebody who uses it.
        allocated_in_use: u64,
        /// Allocated to somebody who does not.
        allocated_not_in_use: u64,
        /// Allocations that are missing.
        allocations_needed: u64,
        /// Who uses it without an allocation, by name.
        unlicensed_users: Vec<&'a str>,
        /// The same of devices: of all, or of those without a user.
        unlicensed_devices: Vec<&'a str>,
    },
    /// Subscriptions against allocations.
    Allocated {
        /// Allocated to somebody with a subscription.
        allocated_in_use: u64,
        /// Allocated to somebody without one.
        allocated_not_in_use: u64,
        /// Subscriptions without an allocation.
        not_allocated_in_use: u64,
    },
    /// Users with installs and without a subscription, by name.
    Unsubscribed {
        /// Who.
        unlicensed_users: Vec<&'a str>,
    },
    /// Licensed all together or not at all.
    AllOrNothing {
        /// Cores or users that are licensed; none where nobody said what is owned.
        licensed: Option<u64>,
    },
    /// Cores up to the limits of a product.
    Cores {
        /// Within the limits.
        licensed: u64,
        /// Beyond them.
        unlicensed: u64,
        /// The same by host, of those that have any.
        beyond: Vec<(&'a str, u64)>,
    },
    /// What a subscription costs.
    Spend {
        /// Over all its periods.
        total_cost: Option<Decimal>,
        /// In the current period.
        spend: Option<Decimal>,
    },
    /// What a price list makes of it.
    Price {
        /// A month, for each; none where the list ends before.
        monthly_price_each: Option<Decimal>,
        /// A month, for all.
        monthly_cost: Option<Decimal>,
        /// Twelve months of what is not owned.
        true_up_cost: Option<Decimal>,
    },
    /// Licences of each type.
    ByType(BTreeMap<&'a str, u64>),
}

/// What a metric says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer<'a> {
    /// Licences that are needed; none where the metric cannot license it, or asks for none.
    pub required: Option<Amount>,
    /// The same before it was rounded up.
    pub raw: Option<Amount>,
    /// Why this metric cannot license it.
    pub denied: Option<Denied>,
    /// The licences of each thing, before the total is rounded: hosts as they were given, all others by their ids.
    pub parts: Vec<Part<'a>>,
    /// What else there is to say.
    pub detail: Detail<'a>,
}

/// How what is needed stands against the rights that are owned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Whole rights to get; none where the metric cannot say.
    pub rights_needed: Option<u64>,
    /// Whether nothing stays unlicensed.
    pub compliant: bool,
}

impl<'a> Answer<'a> {
    /// A number that nothing rounds.
    #[must_use]
    pub fn exact(amount: Amount) -> Self {
        Self { required: Some(amount), raw: Some(amount), ..Self::default() }
    }

    /// A whole number.
    #[must_use]
    pub fn whole(count: u64) -> Self {
        Self::exact(Amount::whole(count))
    }

    /// A number that is rounded up.
    #[must_use]
    pub fn rounded_up(raw: Amount) -> Self {
        Self { required: Some(Amount::whole(raw.ceil())), raw: Some(raw), ..Self::default() }
    }

    /// This metric cannot license it.
    #[must_use]
    pub fn denied(why: Denied) -> Self {
        Self { denied: Some(why), ..Self::default() }
    }

    /// Whole licences of each thing; their sum is the answer.
    #[must_use]
    pub fn of_parts(parts: impl IntoIterator<Item = (Object<'a>, u64)>) -> Self {
        let mut total = 0_u64;
        let parts = parts.into_iter().map(|(object, rights)| {
            total = total.saturating_add(rights);
            Part { object, rights: Amount::whole(rights) }
        });
        let parts = parts.collect();
        Self { parts, ..Self::whole(total) }
    }

    pub(super) fn with(self, detail: Detail<'a>) -> Self {
        Self { detail, ..self }
    }

    /// How the answer stands against the rights that are owned; none where nobody said what is owned.
    #[must_use]
    pub fn position(&self, inputs: &Inputs<'a>) -> Option<Position> {
        if let (Detail::ByType(needed), Some(owned)) = (&self.detail, &inputs.rights_owned_by_type) {
            let owned_of = |kind: &str| {
                let of_kind = owned.iter().filter(|(other, _)| *other == kind);
                of_kind.fold(0_u64, |sum, (_, rights)| sum.saturating_add(*rights))
            };
            // Rights of one type do not serve another.
            let missing = needed.iter().map(|(kind, needed)| needed.saturating_sub(owned_of(kind)));
            let missing = missing.fold(0, u64::saturating_add);
            return Some(Position { rights_needed: Some(missing), compliant: missing == 0 });
        }
        let owned = inputs.rights_owned?;
        let rights_needed = self.required.map(|required| required.ceil().saturating_sub(owned));
        let compliant = self.denied.is_none() && rights_needed.unwrap_or(0) == 0 && !self.leaves_unlicensed();
        Some(Position { rights_needed, compliant })
    }

    /// Whether something stays unlicensed whatever is owned.
    fn leaves_unlicensed(&self) -> bool {
        match &self.detail {
            Detail::Named { allocations_needed, .. } => *allocations_needed > 0,
            Detail::Unsubscribed { unlicensed_users } => !unlicensed_users.is_empty(),
            Detail::Cores { unlicensed, .. } => *unlicensed > 0,
            _ => false,
        }
    }
}
