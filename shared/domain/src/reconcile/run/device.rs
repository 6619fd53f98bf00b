//! Machines and people, as metrics and rules ask about them.

use super::estate::{DeviceIndex, UserIndex};
use crate::metric::{Amount, PartitionKind, Provider};
use crate::reconcile::Organisation;

/// A machine. A fact that is not known is none; a metric that needs it then says so, and never takes it for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Device {
    /// Unique id; ties between machines are broken by it.
    pub id: String,
    /// Its asset, for the results.
    pub asset: Option<String>,
    /// Its name.
    pub name: String,
    /// Where it belongs: device metrics and their rules ask for it.
    pub organisation: Organisation,
    /// To whom it is assigned.
    pub user: Option<UserIndex>,
    /// Physical, virtual, or a hardware partition.
    pub kind: DeviceKind,
    /// The machine that a virtual one runs on.
    pub host: Option<DeviceIndex>,
    /// The cluster that a physical machine is part of.
    pub cluster: Option<String>,
    /// What manages the machine's hypervisor.
    pub vcenter: Option<String>,
    /// Whether machines move by themselves in its cluster (vMotion, DRS).
    pub moves: bool,
    /// Hosts that a virtual machine is kept on; empty where it may go anywhere (Oracle's host affinity).
    pub kept_on: Vec<DeviceIndex>,
    /// Of a physical machine: its operating system environments as somebody counted them; where its machines move, the most at the
    /// same time.
    pub most_machines: Option<u64>,
    /// Occupied sockets; of a virtual machine its virtual ones.
    pub sockets: Option<u32>,
    /// Cores of each socket.
    pub cores_per_socket: Option<u32>,
    /// Threads of each core.
    pub threads_per_core: Option<u32>,
    /// Sockets of the hardware model, occupied or not.
    pub max_sockets: Option<u32>,
    /// The processor's name, vendor included.
    pub processor: Option<String>,
    /// Whether it runs in a public cloud, on servers that others use, too.
    pub cloud: bool,
    /// Whose cloud it runs in, also on a server of one's own there.
    pub provider: Option<Provider>,
    /// Whether what runs on it only stands by for something else.
    pub passive: bool,
    /// Whether two virtual processors of that cloud are one core.
    pub hyper_threading: bool,
    /// Whether a second copy stands by in another zone of that cloud.
    pub multi_az: bool,
}

/// What a machine is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum DeviceKind {
    /// A machine of its own.
    #[default]
    Physical,
    /// A virtual machine.
    Virtual,
    /// A part of a machine that the hardware keeps apart.
    Partition(PartitionFacts),
}

/// What bounds a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionFacts {
    /// How.
    pub kind: PartitionKind,
    /// Cores of its own.
    pub cores: Option<u32>,
    /// Entitled capacity, in cores.
    pub entitled_capacity: Option<Amount>,
    /// Virtual processors.
    pub virtual_processors: Option<u32>,
    /// The pool that it shares; partitions without one are alone in theirs.
    pub pool: Option<String>,
    /// Cores of the pool.
    pub pool_cores: Option<u64>,
}

/// A person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// Unique id; ties between users are broken by it.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Where they belong: user metrics and their rules ask for it.
    pub organisation: Organisation,
    /// Their contractual type at SAP (Named User).
    pub sap_type: Option<String>,
    /// Their use type at SAP (Full Usage Equivalent).
    pub use_type: Option<String>,
}
