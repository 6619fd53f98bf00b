//! Machines as metrics see them: hosts with their processors, virtual machines and where they run, hardware partitions.

use super::amount::Amount;
use super::error::MetricError;

/// A physical server. What is not known is none, and an error only for a metric that needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host<'a> {
    /// Its id.
    pub id: &'a str,
    /// Occupied sockets.
    pub sockets: Option<u32>,
    /// Cores of each processor.
    pub cores_per_socket: Option<u32>,
    /// The processor's name, to look up its factors.
    pub processor: Option<&'a str>,
    /// The cluster that it is part of.
    pub cluster: Option<&'a str>,
    /// What manages it.
    pub vcenter: Option<&'a str>,
    /// Whether the product runs on the host itself; none where nobody says so. Then it does, but for the metrics of IBM: they take it to
    /// run in the machines there, if there are any (domain 5.7).
    pub installed: Option<bool>,
    /// Virtual machines with the product.
    pub vm_count: u64,
    /// Operating system environments with the product; where machines move by themselves, the most at one time.
    pub ose_count: u64,
    /// Sockets of the hardware model, occupied or not; none means that all are occupied.
    pub max_sockets: Option<u32>,
    /// Whether what runs here only stands by for something else.
    pub passive: bool,
    /// Virtual machines that may move here.
    pub potential_vm_count: Option<u64>,
    /// Their virtual cores.
    pub potential_vm_core_count: Option<u64>,
}

/// The processor of a machine, by which factors are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Processor<'a> {
    /// Its name.
    pub name: &'a str,
    /// Occupied sockets of the physical server; none where that is not known.
    pub sockets: Option<u32>,
}

/// A virtual machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Vm<'a> {
    /// Its id.
    pub id: &'a str,
    /// Where it runs; none where that is not known or in a public cloud.
    pub host: Option<&'a str>,
    /// The edition in it.
    pub edition: Option<&'a str>,
    /// Its virtual processors (cores × threads).
    pub vcpus: Option<u32>,
    /// Its virtual sockets; none where only its virtual processors are known.
    pub sockets: Option<u32>,
    /// The cores of each of them.
    pub cores_per_socket: Option<u32>,
    /// What it runs on, where its host is not known.
    pub processor: Option<Processor<'a>>,
    /// Whether what runs in it only stands by for something else.
    pub passive: bool,
    /// Whether a second copy stands by in another zone of the cloud, which needs its own licences.
    pub multi_az: bool,
}

/// What bounds a partition's processors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionKind {
    /// Cores of its own.
    Dedicated,
    /// Its entitled capacity.
    Capped,
    /// Its virtual processors and the pool.
    Uncapped,
}

/// A partition made by the hardware (an LPAR).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition<'a> {
    /// Its id.
    pub id: &'a str,
    /// The server that it is a part of; none where that is not known.
    pub host: Option<&'a str>,
    /// What bounds it.
    pub kind: PartitionKind,
    /// What it runs on.
    pub processor: Option<Processor<'a>>,
    /// Cores of its own.
    pub cores: Option<u32>,
    /// Entitled capacity, in cores.
    pub entitled_capacity: Option<Amount>,
    /// Virtual processors.
    pub virtual_processors: Option<u32>,
}

impl<'a> Host<'a> {
    /// A host on which the product runs and of which nothing else is known.
    #[must_use]
    pub const fn new(id: &'a str) -> Self {
        Self {
            id,
            sockets: None,
            cores_per_socket: None,
            processor: None,
            cluster: None,
            vcenter: None,
            installed: None,
            vm_count: 0,
            ose_count: 1,
            max_sockets: None,
            passive: false,
            potential_vm_count: None,
            potential_vm_core_count: None,
        }
    }

    pub(super) fn sockets(&self) -> Result<u64, MetricError> {
        self.sockets.map(u64::from).ok_or_else(|| MetricError::missing_of("the number of processors (cpus)", self.id))
    }

    pub(super) fn cores_per_socket(&self) -> Result<u64, MetricError> {
        self.cores_per_socket
            .map(u64::from)
            .ok_or_else(|| MetricError::missing_of("the number of cores of a processor (cores_per_cpu)", self.id))
    }

    pub(super) fn cores(&self) -> Result<u64, MetricError> {
        Ok(self.sockets()?.saturating_mul(self.cores_per_socket()?))
    }

    pub(super) fn processor(&self) -> Option<Processor<'a>> {
        self.processor.map(|name| Processor { name, sockets: self.sockets })
    }

    /// Whether the product runs on the host itself.
    pub(super) fn has_product(&self) -> bool {
        self.installed.unwrap_or(true)
    }

    /// Whether the product runs here, by itself or in a machine.
    pub(super) fn runs(&self) -> bool {
        self.has_product() || self.vm_count > 0
    }
}

impl Vm<'_> {
    pub(super) fn vcpus(&self) -> Result<u64, MetricError> {
        self.vcpus.map(u64::from).ok_or_else(|| MetricError::missing_of("the number of virtual processors (vcpus)", self.id))
    }
}

impl<'a> Partition<'a> {
    /// A partition of which nothing else is known.
    #[must_use]
    pub const fn new(id: &'a str, kind: PartitionKind) -> Self {
        Self { id, host: None, kind, processor: None, cores: None, entitled_capacity: None, virtual_processors: None }
    }

    /// The processors that its own system sees.
    pub(super) fn processors(&self) -> Result<u64, MetricError> {
        match self.kind {
            PartitionKind::Dedicated => self.cores(),
            PartitionKind::Capped | PartitionKind::Uncapped => self.virtual_processors(),
        }
    }

    pub(super) fn cores(&self) -> Result<u64, MetricError> {
        self.cores.map(u64::from).ok_or_else(|| MetricError::missing_of("the number of cores (cores)", self.id))
    }

    pub(super) fn entitled_capacity(&self) -> Result<Amount, MetricError> {
        self.entitled_capacity.ok_or_else(|| MetricError::missing_of("the entitled capacity (entitled_capacity)", self.id))
    }

    pub(super) fn virtual_processors(&self) -> Result<u64, MetricError> {
        self.virtual_processors
            .map(u64::from)
            .ok_or_else(|| MetricError::missing_of("the number of virtual processors (virtual_processors)", self.id))
    }
}
