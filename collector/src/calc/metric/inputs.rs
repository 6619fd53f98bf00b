//! The inputs of a case, as the records that the metrics themselves take.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use chrono::{DateTime, NaiveDate, Utc};
use muster_domain::decimal::Decimal;
use muster_domain::entitlement::SubscriptionPeriod;
use muster_domain::metric::inputs::{AggregationLevel, Layer, NupMinimum, UsageType};
use muster_domain::metric::record::Purchase;
use muster_domain::metric::{
    Allocation, Attributes, Audience, Checkout, ClientAccess, DailyPeak, Factor, Holder, Host, HourlyCount, Inputs, Install,
    Limit, Metric, NamedUser, Partition, PartitionKind, Subscription, Terms, Vm, find,
};
use serde::{Deserialize, Deserializer};

use super::super::cases::CaseError;
use super::super::exact::Exact;
use super::number::Whole;

/// Everything that a case may give; each metric looks at its own.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Given {
    installs: Vec<GivenInstall>,
    allocations: Vec<GivenAllocation>,
    client_access: Vec<GivenAccess>,
    subscriptions: Vec<GivenSubscription>,
    hosts: Vec<GivenHost>,
    vms: Vec<GivenVm>,
    partitions: Vec<GivenPartition>,
    pool_cores: Option<Whole>,
    cloud_vm_count: Whole,
    named_users: Vec<GivenUser>,
    user_counts: BTreeMap<String, Whole>,
    document_counts: BTreeMap<String, Whole>,
    daily_peaks: Vec<GivenPeak>,
    today: Option<NaiveDate>,
    period_days: Option<Whole>,
    checkouts: Vec<GivenCheckout>,
    hourly_counts: Vec<GivenHours>,
    weekly_counts: Vec<Whole>,
    purchased_rights: Option<Whole>,
    unit_cost: Option<Exact<Decimal>>,
    subscription_period: Option<SubscriptionPeriod>,
    start: Option<NaiveDate>,
    end: Option<NaiveDate>,
    peak_user_count: Option<Whole>,
    user_count: Option<Whole>,
    employee_count: Option<Whole>,
    activated_core_count: Option<Whole>,
    units_consumed: Option<Exact<Factor>>,
    rights_owned: Option<Whole>,
    rights_owned_by_type: Option<BTreeMap<String, Whole>>,
    max_installs_per_right: Option<Whole>,
    max_installs_per_ose: Option<Whole>,
    #[serde(deserialize_with = "given")]
    max_cores_per_processor: Option<Option<Whole>>,
    min_cores_per_processor: Option<Whole>,
    product: Option<String>,
    edition: Option<String>,
    layer: Option<GivenLayer>,
    software_assurance: bool,
    usage_type: GivenUsage,
    cloud: bool,
    hyper_threading: bool,
    aggregation_level: GivenLevel,
    nup_minimum: GivenMinimum,
    core_factor: Option<Exact<Factor>>,
    pvu_per_core: Option<Whole>,
}

/// Tells null, which is "none", from a member that is not given.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Whole>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
struct GivenInstall {
    #[serde(default)]
    device: Option<String>,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    ose: Option<String>,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    install_count: Option<Whole>,
}

#[derive(Deserialize)]
struct GivenAllocation {
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    device: Option<String>,
    #[serde(default)]
    target: Option<String>,
    #[serde(default)]
    quantity: Option<Whole>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct GivenAccess {
    users: Vec<String>,
    devices: Vec<String>,
    user_count: Whole,
    device_count: Whole,
}

#[derive(Deserialize)]
struct GivenSubscription {
    user: String,
    #[serde(default = "yes")]
    active: bool,
}

#[derive(Deserialize)]
struct GivenHost {
    id: String,
    #[serde(default)]
    cpus: Option<Whole>,
    #[serde(default)]
    cores_per_cpu: Option<Whole>,
    #[serde(default)]
    cluster: Option<String>,
    #[serde(default)]
    installed: Option<bool>,
    #[serde(default)]
    vm_count: Whole,
    #[serde(default)]
    ose_count: Option<Whole>,
    #[serde(default)]
    max_sockets: Option<Whole>,
    #[serde(default)]
    potential_vm_count: Option<Whole>,
    #[serde(default)]
    potential_vm_core_count: Option<Whole>,
}

#[derive(Deserialize)]
struct GivenVm {
    id: String,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    edition: Option<String>,
    #[serde(default)]
    vcpus: Option<Whole>,
    #[serde(default)]
    cpus: Option<Whole>,
    #[serde(default)]
    cores_per_cpu: Option<Whole>,
    #[serde(default)]
    threads_per_core: Option<Whole>,
}

#[derive(Deserialize)]
struct GivenPartition {
    id: String,
    #[serde(rename = "type")]
    kind: GivenKind,
    #[serde(default)]
    cores: Option<Whole>,
    #[serde(default)]
    entitled_capacity: Option<Exact<Factor>>,
    #[serde(default)]
    virtual_processors: Option<Whole>,
}

#[derive(Deserialize)]
struct GivenUser {
    user: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct GivenPeak {
    date: NaiveDate,
    peak: Whole,
}

#[derive(Deserialize)]
struct GivenCheckout {
    tokens: Whole,
    start: DateTime<Utc>,
    #[serde(default)]
    end: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct GivenHours {
    endpoint_count: Whole,
    hours: Whole,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum GivenLayer {
    Physical,
    Virtual,
}

#[derive(Deserialize, Clone, Copy, Default)]
enum GivenUsage {
    #[default]
    #[serde(rename = "Sub-capacity")]
    Sub,
    #[serde(rename = "Full capacity")]
    Full,
}

#[derive(Deserialize, Clone, Copy, Default)]
enum GivenLevel {
    #[serde(rename = "ESX")]
    Esx,
    #[default]
    #[serde(rename = "ESX cluster")]
    Cluster,
    #[serde(rename = "vCenter")]
    VCenter,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
enum GivenMinimum {
    #[default]
    Servicenow,
    Oracle,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum GivenKind {
    Dedicated,
    Capped,
    Uncapped,
}

const fn yes() -> bool {
    true
}

impl Given {
    /// Whether the metric's row asks for the licences of each host.
    pub(super) fn is_by_host(&self, metric: &Metric) -> bool {
        is(metric, "VMware", "Per Core")
    }

    /// The records.
    pub(super) fn inputs(&self) -> Result<Inputs<'_>, CaseError> {
        let purchase = self.purchased_rights.map(|rights| Purchase {
            rights: rights.0,
            unit_cost: self.unit_cost.map(|cost| cost.0),
            period: self.subscription_period,
            start: self.start,
            end: self.end,
        });
        Ok(Inputs {
            installs: self.installs.iter().map(GivenInstall::record).collect(),
            allocations: self.allocations.iter().map(GivenAllocation::record).collect::<Result<_, _>>()?,
            client_access: self.client_access.iter().map(GivenAccess::record).collect(),
            subscriptions: self.subscriptions.iter().map(|one| Subscription { user: &one.user, active: one.active }).collect(),
            hosts: self.hosts.iter().map(GivenHost::record).collect::<Result<_, _>>()?,
            vms: self.vms.iter().map(GivenVm::record).collect::<Result<_, _>>()?,
            partitions: self.partitions.iter().map(GivenPartition::record).collect::<Result<_, _>>()?,
            pool_cores: number(self.pool_cores),
            cloud_vm_count: self.cloud_vm_count.0,
            named_users: self.named_users.iter().map(|one| NamedUser { kind: &one.kind, user: &one.user }).collect(),
            user_counts: counts(&self.user_counts),
            document_counts: counts(&self.document_counts),
            daily_peaks: self.daily_peaks.iter().map(|one| DailyPeak { date: one.date, peak: one.peak.0 }).collect(),
            today: self.today,
            period_days: small("period_days", self.period_days)?,
            checkouts: self
                .checkouts
                .iter()
                .map(|one| Checkout { tokens: one.tokens.0, start: one.start, end: one.end })
                .collect(),
            hourly_counts: self
                .hourly_counts
                .iter()
                .map(|one| HourlyCount { endpoint_count: one.endpoint_count.0, hours: one.hours.0 })
                .collect(),
            weekly_counts: self.weekly_counts.iter().map(|count| count.0).collect(),
            purchase,
            peak_user_count: number(self.peak_user_count),
            user_count: number(self.user_count),
            employee_count: number(self.employee_count),
            activated_core_count: number(self.activated_core_count),
            units_consumed: self.units_consumed.map(|units| units.0.amount()),
            attributes: self.attributes()?,
            terms: self.terms(),
            rights_owned: number(self.rights_owned),
            rights_owned_by_type: self.rights_owned_by_type.as_ref().map(counts),
        })
    }

    fn attributes(&self) -> Result<Attributes, CaseError> {
        Ok(Attributes {
            max_installs_per_right: limit("max_installs_per_right", self.max_installs_per_right)?,
            max_installs_per_ose: limit("max_installs_per_ose", self.max_installs_per_ose)?,
            max_cores_per_processor: match self.max_cores_per_processor {
                None => Limit::Published,
                Some(most) => limit("max_cores_per_processor", most)?.map_or(Limit::Unlimited, Limit::At),
            },
            min_cores_per_processor: number(self.min_cores_per_processor),
        })
    }

    fn terms(&self) -> Terms<'_> {
        Terms {
            product: self.product.as_deref(),
            edition: self.edition.as_deref(),
            layer: self.layer.map(|layer| match layer {
                GivenLayer::Physical => Layer::Physical,
                GivenLayer::Virtual => Layer::Virtual,
            }),
            software_assurance: self.software_assurance,
            usage_type: match self.usage_type {
                GivenUsage::Sub => UsageType::SubCapacity,
                GivenUsage::Full => UsageType::FullCapacity,
            },
            cloud: self.cloud,
            hyper_threading: self.hyper_threading,
            aggregation_level: match self.aggregation_level {
                GivenLevel::Esx => AggregationLevel::Esx,
                GivenLevel::Cluster => AggregationLevel::EsxCluster,
                GivenLevel::VCenter => AggregationLevel::VCenter,
            },
            nup_minimum: match self.nup_minimum {
                GivenMinimum::Servicenow => NupMinimum::Cores,
                GivenMinimum::Oracle => NupMinimum::Processors,
            },
            core_factor: Some(self.core_factor.map_or(Factor::millionths(1_000_000), |factor| factor.0)),
            pvu_per_core: number(self.pvu_per_core),
            ..Terms::default()
        }
    }
}

impl GivenHost {
    fn record(&self) -> Result<Host<'_>, CaseError> {
        Ok(Host {
            sockets: small("cpus", self.cpus)?,
            cores_per_socket: small("cores_per_cpu", self.cores_per_cpu)?,
            cluster: self.cluster.as_deref(),
            installed: self.installed,
            vm_count: self.vm_count.0,
            ose_count: self.ose_count.map_or(1, |count| count.0),
            max_sockets: small("max_sockets", self.max_sockets)?,
            potential_vm_count: number(self.potential_vm_count),
            potential_vm_core_count: number(self.potential_vm_core_count),
            ..Host::new(&self.id)
        })
    }
}

impl GivenInstall {
    fn record(&self) -> Install<'_> {
        Install {
            device: self.device.as_deref(),
            user: self.user.as_deref(),
            ose: self.ose.as_deref(),
            host: self.host.as_deref(),
            count: self.install_count.map_or(1, |count| count.0),
        }
    }
}

impl GivenAllocation {
    fn record(&self) -> Result<Allocation<'_>, CaseError> {
        let to = match (&self.user, &self.device, &self.target) {
            (Some(user), ..) => Holder::User(user),
            (_, Some(device), _) => Holder::Device(device),
            (.., Some(target)) => Holder::Any(target),
            (None, None, None) => return Err(CaseError::Inputs("allocations: name a user, a device or a target".to_owned())),
        };
        Ok(Allocation { to, quantity: self.quantity.map_or(1, |quantity| quantity.0) })
    }
}

impl GivenAccess {
    fn record(&self) -> ClientAccess<'_> {
        ClientAccess { users: audience(&self.users, self.user_count), devices: audience(&self.devices, self.device_count) }
    }
}

fn audience(names: &[String], count: Whole) -> Audience<'_> {
    if names.is_empty() { Audience::Count(count.0) } else { Audience::Names(names.iter().map(String::as_str).collect()) }
}

impl GivenVm {
    fn record(&self) -> Result<Vm<'_>, CaseError> {
        let threads = self.threads_per_core.unwrap_or(Whole(1)).0;
        let product = || Some(Whole(self.cpus?.0.saturating_mul(self.cores_per_cpu?.0).saturating_mul(threads)));
        Ok(Vm {
            id: &self.id,
            host: self.host.as_deref(),
            edition: self.edition.as_deref(),
            vcpus: small("vcpus", self.vcpus.or_else(product))?,
            sockets: small("cpus", self.cpus)?,
            cores_per_socket: small("cores_per_cpu", self.cores_per_cpu)?,
            ..Vm::default()
        })
    }
}

impl GivenPartition {
    fn record(&self) -> Result<Partition<'_>, CaseError> {
        let kind = match self.kind {
            GivenKind::Dedicated => PartitionKind::Dedicated,
            GivenKind::Capped => PartitionKind::Capped,
            GivenKind::Uncapped => PartitionKind::Uncapped,
        };
        Ok(Partition {
            cores: small("cores", self.cores)?,
            entitled_capacity: self.entitled_capacity.map(|capacity| capacity.0.amount()),
            virtual_processors: small("virtual_processors", self.virtual_processors)?,
            ..Partition::new(&self.id, kind)
        })
    }
}

fn is(metric: &Metric, group: &str, name: &str) -> bool {
    find(group, name).is_ok_and(|other| std::ptr::eq(other, metric))
}

fn counts(map: &BTreeMap<String, Whole>) -> Vec<(&str, u64)> {
    map.iter().map(|(name, count)| (name.as_str(), count.0)).collect()
}

fn number(number: Option<Whole>) -> Option<u64> {
    number.map(|number| number.0)
}

fn small(field: &str, number: Option<Whole>) -> Result<Option<u32>, CaseError> {
    let read =
        |number: Whole| u32::try_from(number.0).map_err(|_| CaseError::Inputs(format!("{field}: {} is too large", number.0)));
    number.map(read).transpose()
}

fn limit(field: &str, number: Option<Whole>) -> Result<Option<NonZeroU64>, CaseError> {
    let read = |number: Whole| NonZeroU64::new(number.0).ok_or_else(|| CaseError::Inputs(format!("{field} must be at least 1")));
    number.map(read).transpose()
}
