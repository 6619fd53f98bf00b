//! All that a metric may look at: the records of one product, its attributes, and how it is licensed.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use chrono::NaiveDate;

use super::error::{MetricError, shown};
use super::factor::Factor;
use super::machine::{Host, Partition, Vm};
use super::record::{Allocation, Checkout, ClientAccess, DailyPeak, HourlyCount, Install, NamedUser, Purchase, Subscription};

/// Days that a concurrent metric looks back.
pub const PEAK_PERIOD_DAYS: u32 = 30;

/// What is known of one product. Each metric takes what its entry in the registry names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs<'a> {
    /// Where it is installed.
    pub installs: Vec<Install<'a>>,
    /// Rights given by name.
    pub allocations: Vec<Allocation<'a>>,
    /// Client access records.
    pub client_access: Vec<ClientAccess<'a>>,
    /// Subscriptions.
    pub subscriptions: Vec<Subscription<'a>>,
    /// Physical servers.
    pub hosts: Vec<Host<'a>>,
    /// Virtual machines with the product.
    pub vms: Vec<Vm<'a>>,
    /// Hardware partitions with the product.
    pub partitions: Vec<Partition<'a>>,
    /// Cores of the pool that uncapped partitions share.
    pub pool_cores: Option<u64>,
    /// Machines with the product in a public cloud, where only their number is known.
    pub cloud_vm_count: u64,
    /// Users by type.
    pub named_users: Vec<NamedUser<'a>>,
    /// Users by use type.
    pub user_counts: Vec<(&'a str, u64)>,
    /// Documents by type.
    pub document_counts: Vec<(&'a str, u64)>,
    /// Peaks by day.
    pub daily_peaks: Vec<DailyPeak>,
    /// The day up to which a concurrent metric looks back.
    pub today: Option<NaiveDate>,
    /// Days that a concurrent metric looks back; none is [`PEAK_PERIOD_DAYS`].
    pub period_days: Option<u32>,
    /// Tokens taken out.
    pub checkouts: Vec<Checkout>,
    /// Endpoints by hour.
    pub hourly_counts: Vec<HourlyCount>,
    /// Endpoints by week.
    pub weekly_counts: Vec<u64>,
    /// What was bought for a subscription period.
    pub purchase: Option<Purchase>,
    /// Users at the peak.
    pub peak_user_count: Option<u64>,
    /// Users, where the metric takes their number.
    pub user_count: Option<u64>,
    /// Employees.
    pub employee_count: Option<u64>,
    /// Activated cores.
    pub activated_core_count: Option<u64>,
    /// Units by the resource value.
    pub units_consumed: Option<super::amount::Amount>,
    /// Attributes of the software model.
    pub attributes: Attributes,
    /// How the product is licensed.
    pub terms: Terms<'a>,
    /// Rights owned; none where nobody asks.
    pub rights_owned: Option<u64>,
    /// Rights owned of each type of user; none where nobody asks.
    pub rights_owned_by_type: Option<Vec<(&'a str, u64)>>,
}

impl Inputs<'_> {
    /// The inputs with each machine once; none where each is already.
    pub(super) fn without_duplicates(&self) -> Result<Option<Self>, MetricError> {
        let hosts = distinct(&self.hosts, |host| host.id)?;
        let vms = distinct(&self.vms, |vm| vm.id)?;
        let partitions = distinct(&self.partitions, |partition| partition.id)?;
        if hosts.len() == self.hosts.len() && vms.len() == self.vms.len() && partitions.len() == self.partitions.len() {
            return Ok(None);
        }
        Ok(Some(Self { hosts, vms, partitions, ..self.clone() }))
    }
}

/// The first record of each id; what is said twice must be the same.
fn distinct<'a, T: Copy + PartialEq>(records: &[T], id: impl Fn(&T) -> &'a str) -> Result<Vec<T>, MetricError> {
    let mut seen = BTreeMap::<&str, T>::new();
    let mut kept = Vec::with_capacity(records.len());
    for record in records {
        match seen.insert(id(record), *record) {
            None => kept.push(*record),
            Some(first) if first == *record => {}
            Some(_) => {
                let id = shown(id(record));
                return Err(MetricError::Wrong(format!("{id:?} is described twice, and not in the same way")));
            }
        }
    }
    Ok(kept)
}

/// A limit that a metric has of its own unless the model says otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Limit {
    /// The metric's own.
    #[default]
    Published,
    /// None.
    Unlimited,
    /// This one.
    At(NonZeroU64),
}

/// Metric attributes of a software model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attributes {
    /// Installs that one right covers on a device or for a user; none is any number.
    pub max_installs_per_right: Option<NonZeroU64>,
    /// Installs that one right covers in an operating system environment; none is one.
    pub max_installs_per_ose: Option<NonZeroU64>,
    /// Cores of a processor that one right covers.
    pub max_cores_per_processor: Limit,
    /// Cores that each processor, or virtual machine, counts at least; none is the metric's own.
    pub min_cores_per_processor: Option<u64>,
}

/// Where a product is licensed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Layer {
    /// On the host.
    #[default]
    Physical,
    /// On each virtual machine.
    Virtual,
}

/// Who runs a public cloud, as far as the terms of publishers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provider {
    /// Amazon Web Services.
    Aws,
    /// Microsoft Azure.
    Azure,
    /// Google Cloud.
    Google,
    /// Another one.
    Other,
}

/// What of a virtual environment counts for IBM.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UsageType {
    /// The virtual cores, at most the host's.
    #[default]
    SubCapacity,
    /// All cores of the host.
    FullCapacity,
}

/// Which hosts count for Oracle on VMware.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AggregationLevel {
    /// The hosts that the machines run on.
    Esx,
    /// All hosts of their clusters.
    #[default]
    EsxCluster,
    /// All hosts of their vCenters.
    VCenter,
}

/// Of what the minimum of Named User Plus is taken. The published example takes the cores, Oracle's contract the processors after
/// the core factor (domain 8, 29).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NupMinimum {
    /// Cores.
    #[default]
    Cores,
    /// Processors after the core factor.
    Processors,
}

/// How a product is licensed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terms<'a> {
    /// The product within its family; none is the metric's own.
    pub product: Option<&'a str>,
    /// The edition; none is the metric's own.
    pub edition: Option<&'a str>,
    /// The version; none where the metric need not know.
    pub version: Option<&'a str>,
    /// Where it is licensed.
    pub layer: Option<Layer>,
    /// Whether there is Software Assurance or a subscription.
    pub software_assurance: bool,
    /// What of a virtual environment counts.
    pub usage_type: UsageType,
    /// Whether it runs in a public cloud.
    pub cloud: bool,
    /// Whose cloud it is, also where it gives servers of one's own; none where nobody says so or in one's own rooms.
    pub provider: Option<Provider>,
    /// Whether the servers of that cloud are one's own.
    pub dedicated: bool,
    /// Whether the rights were bought on 2019-10-01 or later, or nobody says when.
    pub bought_late: bool,
    /// Whether two virtual processors of the cloud are one core.
    pub hyper_threading: bool,
    /// Which hosts count.
    pub aggregation_level: AggregationLevel,
    /// Of what the minimum of Named User Plus is taken.
    pub nup_minimum: NupMinimum,
    /// The core factor; none is looked up by the processor.
    pub core_factor: Option<Factor>,
    /// Value units of a core; none is looked up by the processor.
    pub pvu_per_core: Option<u64>,
    /// Hosts that have rights already, where a product is for so many hosts only.
    pub hosts_licensed: usize,
}
