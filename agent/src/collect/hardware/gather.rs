//! Puts the parts of a machine together.
//!
//! In: [`Roots`] and the agent's key. Out: [`Collected`], and the digest by which the collector knows it again. Every list is sorted
//! and nothing that moves by itself (free memory, link state, addresses) is in it, so the digest changes only with the machine.

use super::{
    Roots,
    chassis::{self, Evidence},
    cpu, disks, dmi, interfaces, junk, live, memory, os, roots, virtualization,
};
use muster_wire::hardware::{Cpu, Hardware, Os};
use sha2::{Digest as _, Sha256};

/// A machine and what could not be seen of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Collected {
    /// What was seen.
    pub hardware: Hardware,
    /// Facts that exist but could not be read, each with its remedy, for a report's `incomplete`.
    pub incomplete: Vec<String>,
}

/// Looks at the machine. `key` is this agent's key for the machine id. It reads about a hundred small files and blocks meanwhile
/// (about a millisecond); kernel, processor and host names come from the running system whatever `roots` say.
pub fn collect(roots: &Roots, key: &[u8; 32]) -> Collected {
    assemble(roots, key, live::facts())
}

/// `sha256:<hex>` of the hardware as JSON (contract 2.1, `hardware_digest`).
pub fn digest(hardware: &Hardware) -> String {
    // Hardware is plain text and numbers, which JSON can always hold; an empty body would still be a digest no collector knows.
    let json = serde_json::to_vec(hardware).unwrap_or_default();
    format!("sha256:{}", data_encoding::HEXLOWER.encode(&Sha256::digest(&json)))
}

fn assemble(roots: &Roots, key: &[u8; 32], live: live::Facts) -> Collected {
    let firmware = dmi::read(roots);
    let virtualization = virtualization::detect(roots, &firmware);
    let chassis = chassis::decide(Evidence {
        virtualized: virtualization.kind.is_some(),
        dmi: firmware.chassis_code,
        pm_profile: roots::number(&roots.sys.join("firmware/acpi/pm_profile")),
        device_tree: firmware.device_tree_chassis.as_deref(),
    });
    let counts = cpu::counts(roots);
    let release = os::release(roots);
    // Taken apart so that a new fact does not compile until someone decides where it goes.
    let dmi::Firmware {
        product_uuid,
        product_serial,
        board_serial,
        board_vendor,
        board_model,
        vendor,
        model,
        family,
        sku,
        asset_tag,
        bios_vendor: _,
        chassis_code: _,
        device_tree_chassis: _,
        device_tree_hypervisor: _,
        forbidden,
    } = firmware;
    let live::Facts { cpu_model, cpu_vendor, arch, memory_bytes, kernel, hostname } = live;
    let clean = |raw: Option<String>| raw.and_then(|raw| junk::name(&raw));
    let hardware = Hardware {
        product_uuid,
        product_serial,
        board_serial,
        board_vendor,
        board_model,
        vendor,
        model,
        family,
        sku,
        asset_tag,
        chassis,
        machine_id_hash: os::machine_id_hash(roots, key),
        macs: interfaces::macs(roots),
        cpu: Cpu {
            model: clean(cpu_model),
            vendor: clean(cpu_vendor),
            arch: clean(arch),
            sockets: counts.sockets,
            cores: counts.cores,
            threads: counts.threads,
        },
        memory_bytes: memory::plugged_in(roots).or(memory_bytes),
        disks: disks::disks(roots),
        virtualization: virtualization.kind,
        container: virtualization.container,
        os: Os {
            family: Some(std::env::consts::OS.to_owned()),
            name: release.name,
            version: release.version,
            kernel: clean(kernel),
        },
        hostname: clean(hostname),
    };
    Collected { hardware, incomplete: forbidden }
}

#[cfg(test)]
mod tests {
    use super::{super::machines::Machine, *};
    use muster_wire::hardware::ChassisKind;

    const KEY: [u8; 32] = [7; 32];
    const FIRST_NAMESPACE: &str = "pid:[4026531836]";

    fn collected(machine: &Machine) -> Hardware {
        let live = live::Facts {
            cpu_model: Some("11th Gen Intel(R) Core(TM) i7-1185G7 @ 3.00GHz".into()),
            cpu_vendor: Some("GenuineIntel".into()),
            arch: Some("x86_64".into()),
            memory_bytes: Some(16_608_395_264),
            kernel: Some("6.1.0-18-amd64".into()),
            hostname: Some("ws-17".into()),
        };
        assemble(&machine.roots(), &KEY, live).hardware
    }

    fn text(value: &Option<String>) -> &str {
        value.as_deref().unwrap_or("-")
    }

    #[test]
    fn a_dell_laptop() {
        let machine = Machine::new()
            .files(
                "sys/class/dmi/id",
                &[
                    ("sys_vendor", "Dell Inc."),
                    ("product_name", "Latitude 7420"),
                    ("product_family", "Latitude"),
                    ("product_sku", "0A36"),
                    ("product_serial", "7JXKL53"),
                    ("product_uuid", "4C4C4544-004A-5810-804B-B7C04F4C3533"),
                    ("board_vendor", "Dell Inc."),
                    ("board_name", "07MHG4"),
                    ("board_serial", "/7JXKL53/CNPEC0012300AB/"),
                    ("chassis_type", "10"),
                    ("chassis_asset_tag", "INV-004711"),
                    ("bios_vendor", "Dell Inc."),
                ],
            )
            .link("proc/self/ns/pid", FIRST_NAMESPACE)
            .file("sys/devices/system/memory/block_size_bytes", "40000000\n")
            .files(
                "sys/devices/system/memory",
                &[("memory0/state", "online"), ("memory1/state", "online"), ("auto_online_blocks", "online")],
            )
            .cpus(1, 4, 2)
            .files(
                "etc",
                &[
                    ("machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4"),
                    ("os-release", "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\""),
                ],
            )
            .device(
                "sys/class/net/eno1",
                "sys/devices/pci0000:00/1f.6/net/eno1",
                &[("address", "a4:bb:6d:12:34:56"), ("addr_assign_type", "0")],
            )
            .link("sys/devices/pci0000:00/1f.6/net/eno1/device", "../..");
        let hardware = collected(&machine);
        assert_eq!(text(&hardware.product_uuid), "4c4c4544-004a-5810-804b-b7c04f4c3533");
        assert_eq!(text(&hardware.product_serial), "7JXKL53");
        assert_eq!(text(&hardware.asset_tag), "INV-004711");
        assert_eq!((text(&hardware.vendor), text(&hardware.model), text(&hardware.sku)), ("Dell Inc.", "Latitude 7420", "0A36"));
        assert_eq!(
            (hardware.chassis.kind, hardware.chassis.code, text(&hardware.chassis.source)),
            (ChassisKind::Laptop, Some(10), "dmi")
        );
        assert_eq!((hardware.cpu.sockets, hardware.cpu.cores, hardware.cpu.threads), (Some(1), Some(4), Some(8)));
        assert_eq!(hardware.memory_bytes, Some(2 << 30));
        assert_eq!(hardware.macs, ["a4:bb:6d:12:34:56"]);
        assert_eq!((text(&hardware.os.name), text(&hardware.os.version)), ("Debian GNU/Linux", "12"));
        assert!(hardware.machine_id_hash.is_some());
        assert_eq!((hardware.virtualization, hardware.container), (None, false));
    }

    #[test]
    fn a_vmware_machine() {
        let machine = Machine::new()
            .files(
                "sys/devices/virtual/dmi/id",
                &[
                    ("sys_vendor", "VMware, Inc."),
                    ("product_name", "VMware7,1"),
                    ("product_serial", "VMware-56 4d 0f 6a 22 33 44 55-66 77 88 99 aa bb cc dd"),
                    ("product_uuid", "6a0f4d56-3322-5544-6677-8899aabbccdd"),
                    ("board_serial", "None"),
                    ("chassis_type", "1"),
                    ("chassis_asset_tag", "No Asset Tag"),
                ],
            )
            .link("proc/self/ns/pid", FIRST_NAMESPACE)
            .cpus(2, 1, 1);
        let hardware = collected(&machine);
        assert_eq!(text(&hardware.virtualization), "vmware");
        assert_eq!(
            (hardware.chassis.kind, hardware.chassis.code, text(&hardware.chassis.source)),
            (ChassisKind::Virtual, Some(1), "virtualization")
        );
        assert_eq!(text(&hardware.product_serial), "VMware-56 4d 0f 6a 22 33 44 55-66 77 88 99 aa bb cc dd");
        assert_eq!((hardware.board_serial, hardware.asset_tag), (None, None));
    }

    #[test]
    fn a_rack_server_with_a_white_box_board() {
        let machine = Machine::new()
            .files(
                "sys/class/dmi/id",
                &[
                    ("sys_vendor", "To Be Filled By O.E.M."),
                    ("product_name", "System Product Name"),
                    ("product_serial", "0123456789"),
                    ("product_uuid", "03000200-0400-0500-0006-000700080009"),
                    ("product_sku", "Default string"),
                    ("board_vendor", "Supermicro"),
                    ("board_name", "X11DPU"),
                    ("board_serial", "WM18AS001234"),
                    ("chassis_type", "151"),
                    ("chassis_asset_tag", "Default string"),
                ],
            )
            .cpus(2, 16, 2);
        let hardware = collected(&machine);
        let absent = [
            &hardware.vendor,
            &hardware.model,
            &hardware.product_serial,
            &hardware.product_uuid,
            &hardware.sku,
            &hardware.asset_tag,
        ];
        assert!(absent.iter().all(|value| value.is_none()), "{absent:?}");
        assert_eq!((text(&hardware.board_vendor), text(&hardware.board_serial)), ("Supermicro", "WM18AS001234"));
        assert_eq!((hardware.chassis.kind, hardware.chassis.code), (ChassisKind::Server, Some(0x17)), "the lock bit is masked");
        assert_eq!((hardware.cpu.sockets, hardware.cpu.cores, hardware.cpu.threads), (Some(2), Some(32), Some(64)));
    }

    #[test]
    fn firecracker_without_smbios() {
        let machine = Machine::new()
            .file("proc/cpuinfo", "processor\t: 0\nphysical id\t: 0\ncore id\t\t: 0\nflags\t\t: fpu hypervisor\n\n")
            .file("sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc kvm-clock \n")
            .file("sys/firmware/acpi/pm_profile", "0\n")
            .file(".dockerenv", "")
            .link("proc/self/ns/pid", FIRST_NAMESPACE)
            .device("sys/block/vda", "sys/devices/pci0000:00/virtio1/block/vda", &[("size", "536870912")])
            .link("sys/devices/pci0000:00/virtio1/block/vda/device", "../..");
        let hardware = collected(&machine);
        assert_eq!((text(&hardware.virtualization), hardware.container), ("kvm", false));
        assert_eq!((hardware.chassis.kind, hardware.chassis.code), (ChassisKind::Virtual, None));
        assert_eq!((hardware.model, hardware.product_uuid, hardware.macs.len()), (None, None, 0));
        assert_eq!(hardware.disks.len(), 1);
        assert_eq!(hardware.cpu.threads, Some(1));
    }

    #[test]
    fn a_container_on_a_laptop() {
        let machine = Machine::new()
            .files("sys/class/dmi/id", &[("sys_vendor", "LENOVO"), ("product_name", "20XW0026GE"), ("chassis_type", "10")])
            .link("proc/self/ns/pid", "pid:[4026532447]")
            .file(".dockerenv", "");
        let hardware = collected(&machine);
        assert_eq!((text(&hardware.virtualization), hardware.container), ("docker", true));
        assert_eq!(hardware.chassis.kind, ChassisKind::Virtual);
    }

    #[test]
    fn an_empty_tree_is_a_machine_of_which_nothing_is_known() {
        let hardware = assemble(&Machine::new().roots(), &KEY, live::Facts::default()).hardware;
        let nothing = Hardware {
            os: Os { family: Some("linux".into()), ..Os::default() },
            chassis: hardware.chassis.clone(),
            ..Hardware::default()
        };
        assert_eq!(hardware, nothing);
    }

    #[test]
    fn the_digest_of_this_machine_stays() {
        let first = collect(&Roots::system(), &KEY);
        let digests: Vec<String> = (0..3).map(|_| digest(&collect(&Roots::system(), &KEY).hardware)).collect();
        assert!(digests.iter().all(|other| *other == digest(&first.hardware)), "{digests:?}");
        assert!(digest(&first.hardware).starts_with("sha256:"));
        assert_ne!(digest(&Hardware { sku: Some("x".into()), ..first.hardware.clone() }), digest(&first.hardware));
        assert!(first.hardware.cpu.threads.is_some_and(|threads| threads > 0), "{first:?}");
    }
}
