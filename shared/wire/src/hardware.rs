//! What an agent says about the machine it runs on.
//!
//! Every field may be absent: an agent leaves out what it cannot read and what is junk ("To be filled by O.E.M.").

use serde::{Deserialize, Serialize};

/// One machine. `hardware_digest` in a report is SHA-256 of this value's JSON as the agent wrote it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hardware {
    /// SMBIOS product UUID, lower case.
    pub product_uuid: Option<String>,
    /// SMBIOS product serial number.
    pub product_serial: Option<String>,
    /// Base board serial number.
    pub board_serial: Option<String>,
    /// Base board vendor.
    pub board_vendor: Option<String>,
    /// Base board model.
    pub board_model: Option<String>,
    /// Manufacturer of the machine.
    pub vendor: Option<String>,
    /// Product name of the machine.
    pub model: Option<String>,
    /// Product family.
    pub family: Option<String>,
    /// Stock keeping unit.
    pub sku: Option<String>,
    /// Asset tag set by the owner in the firmware.
    pub asset_tag: Option<String>,
    /// What kind of machine it is.
    pub chassis: Chassis,
    /// HMAC of the operating system's machine id with a key of this agent, hexadecimal.
    pub machine_id_hash: Option<String>,
    /// Permanent MAC addresses of physical interfaces, lower case with colons, sorted.
    pub macs: Vec<String>,
    /// Processors.
    pub cpu: Cpu,
    /// Bytes of memory.
    pub memory_bytes: Option<u64>,
    /// Physical disks.
    pub disks: Vec<Disk>,
    /// Hypervisor or container runtime (`kvm`, `vmware`, `hyper-v`, `docker`...); absent on bare metal.
    pub virtualization: Option<String>,
    /// `true` inside a container: then no session of the host is visible.
    pub container: bool,
    /// Operating system.
    pub os: Os,
    /// Network name of the machine.
    pub hostname: Option<String>,
}

/// Kind of machine, with the raw code it was read from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Chassis {
    /// What the machine was recognised as.
    pub kind: ChassisKind,
    /// SMBIOS chassis code without the lock bit, if there was one.
    pub code: Option<u8>,
    /// Where the kind comes from: `virtualization`, `dmi`, `acpi`, `device-tree` or `none`.
    pub source: Option<String>,
}

/// Kinds of machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChassisKind {
    /// A virtual machine.
    Virtual,
    /// A desktop.
    Desktop,
    /// A laptop.
    Laptop,
    /// A laptop that folds into a tablet.
    Convertible,
    /// A tablet.
    Tablet,
    /// A handset.
    Handset,
    /// A server.
    Server,
    /// An embedded machine.
    Embedded,
    /// Not known, or a kind this build does not know.
    #[default]
    #[serde(other)]
    Other,
}

/// Processors of a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cpu {
    /// Model name of the first processor.
    pub model: Option<String>,
    /// Vendor id of the first processor.
    pub vendor: Option<String>,
    /// Instruction set (`x86_64`, `aarch64`...).
    pub arch: Option<String>,
    /// Occupied sockets.
    pub sockets: Option<u32>,
    /// Physical cores over all sockets.
    pub cores: Option<u32>,
    /// Hardware threads over all sockets.
    pub threads: Option<u32>,
}

/// One physical disk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Disk {
    /// Kernel name (`sda`, `nvme0n1`).
    pub name: String,
    /// Bytes.
    pub size_bytes: u64,
    /// Model.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
}

/// Operating system of a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Os {
    /// `linux`, `windows`, `macos`...
    pub family: Option<String>,
    /// Distribution or edition (`Debian GNU/Linux`).
    pub name: Option<String>,
    /// Version (`12`).
    pub version: Option<String>,
    /// Kernel release.
    pub kernel: Option<String>,
}
