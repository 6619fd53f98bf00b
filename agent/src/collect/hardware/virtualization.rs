//! Whether this machine is a virtual machine or a container, and of which kind.
//!
//! In: firmware strings, `/sys/hypervisor`, `/proc/cpuinfo`, clock sources, namespaces, markers of container runtimes. Out: one
//! kind, named as systemd-detect-virt names it (but `hyper-v` for `microsoft`). A container wins over the virtual machine it runs
//! in. It runs no privileged instruction and starts no process.

use super::{
    cpu, dmi,
    roots::{self, Roots},
};

/// Inode of the first process-id namespace; it is part of the kernel's interface (`PROC_PID_INIT_INO`).
const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Virtualization {
    /// Kind of hypervisor or container runtime; `None` on bare metal.
    pub(super) kind: Option<String>,
    /// Inside a container, where no session of the host is visible.
    pub(super) container: bool,
}

/// Looks for a container first, then for a hypervisor.
pub(super) fn detect(roots: &Roots, firmware: &dmi::Firmware) -> Virtualization {
    if let Some(kind) = container(roots) {
        return Virtualization { kind: Some(kind), container: true };
    }
    Virtualization { kind: hypervisor(roots, firmware), container: false }
}

/// A marker file alone proves nothing: an image that was once a container's may be booted as a virtual machine. So a marker counts
/// unless this process is in the machine's first process-id namespace, and mounts and control groups count always.
fn container(roots: &Roots) -> Option<String> {
    let namespace = std::fs::read_link(roots.proc.join("self/ns/pid")).ok();
    let first_namespace = namespace.as_ref().map(|link| link.as_os_str() == FIRST_PID_NAMESPACE);
    let release = roots::text(&roots.proc.join("sys/kernel/osrelease")).unwrap_or_default();
    if release.contains("Microsoft") || release.contains("WSL") {
        return Some("wsl".to_owned());
    }
    let proof = mounts(roots).or_else(|| control_groups(roots));
    match first_namespace {
        Some(true) => proof,
        Some(false) => Some(proof.or_else(|| marker(roots)).unwrap_or_else(|| "container-other".to_owned())),
        None => proof.or_else(|| marker(roots)),
    }
}

fn marker(roots: &Roots) -> Option<String> {
    let environment = || {
        let raw = roots::bytes(&roots.proc.join("1/environ"))?;
        raw.split(|byte| *byte == 0).find_map(|entry| word(&String::from_utf8_lossy(entry.strip_prefix(b"container=")?)))
    };
    let told = roots::text(&roots.root.join("run/systemd/container")).and_then(|text| word(&text)).or_else(environment);
    told.or_else(|| roots.root.join("run/.containerenv").exists().then(|| "podman".to_owned()))
        .or_else(|| roots.root.join(".dockerenv").exists().then(|| "docker".to_owned()))
}

/// Container runtimes bind their own files over `/etc/hostname` and put the root on their own storage.
fn mounts(roots: &Roots) -> Option<String> {
    let text = roots::text(&roots.proc.join("self/mountinfo"))?;
    let own = text.lines().filter(|line| {
        let target = line.split(' ').nth(4).unwrap_or_default();
        ["/", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf"].contains(&target)
    });
    own.filter_map(|line| {
        let kinds: &[(&str, &str)] = &[
            ("/kubelet/pods/", "kubernetes"),
            ("/docker/containers/", "docker"),
            ("/docker/overlay2/", "docker"),
            ("/overlay-containers/", "podman"),
            ("/containers/storage/", "podman"),
            ("/io.containerd.", "containerd"),
            ("/lxc/", "lxc"),
        ];
        kinds.iter().find(|(part, _)| line.contains(part)).map(|(_, kind)| (*kind).to_owned())
    })
    .next()
}

fn control_groups(roots: &Roots) -> Option<String> {
    let text = roots::text(&roots.proc.join("self/cgroup"))?;
    let kinds: &[(&str, &str)] = &[
        ("/kubepods", "kubernetes"),
        ("/docker/", "docker"),
        ("/docker-", "docker"),
        ("/libpod-", "podman"),
        ("/lxc.payload", "lxc"),
        ("/lxc/", "lxc"),
    ];
    let paths = text.lines().filter_map(|line| line.splitn(3, ':').nth(2));
    paths.filter_map(|path| kinds.iter().find(|(part, _)| path.contains(part))).map(|(_, kind)| (*kind).to_owned()).next()
}

fn hypervisor(roots: &Roots, firmware: &dmi::Firmware) -> Option<String> {
    if roots::text(&roots.proc.join("xen/capabilities")).is_some_and(|text| text.contains("control_d")) {
        return None; // Xen's first domain is the hardware's own system.
    }
    let flagged = cpu::hypervisor_flag(roots);
    let clocks =
        roots::text(&roots.sys.join("devices/system/clocksource/clocksource0/available_clocksource")).unwrap_or_default();
    let kvm_clock = clocks.split_whitespace().any(|clock| clock == "kvm-clock");
    let kind = from_firmware(firmware)
        .map(|kind| if kind == "qemu" && kvm_clock { "kvm" } else { kind }.to_owned())
        .or_else(|| roots::text(&roots.sys.join("hypervisor/type")).and_then(|text| word(&text)))
        .or_else(|| from_device_tree(firmware.device_tree_hypervisor.as_deref()?))
        .or_else(|| from_clocks(&clocks))
        .or_else(|| flagged.then(|| "vm-other".to_owned()))?;
    Some(kind)
}

/// Vendors of hypervisors also build hardware, so the product decides wherever the vendor alone could be a real machine.
fn from_firmware(firmware: &dmi::Firmware) -> Option<&'static str> {
    let has = |value: &Option<String>, part: &str| value.as_ref().is_some_and(|value| value.contains(part));
    let (vendor, model, bios) = (&firmware.vendor, &firmware.model, &firmware.bios_vendor);
    Some(match () {
        () if has(vendor, "Amazon EC2") || has(bios, "Amazon EC2") => {
            if model.as_ref().is_some_and(|model| model.ends_with(".metal") || model.contains(".metal-")) {
                return None;
            }
            "amazon"
        }
        () if has(vendor, "VMware") || has(model, "VMware") => "vmware",
        () if has(model, "VirtualBox") || has(vendor, "innotek") => "oracle",
        () if has(vendor, "Microsoft") && has(model, "Virtual Machine") => "hyper-v",
        () if has(model, "Google Compute Engine") => "google",
        () if has(vendor, "Xen") || (has(bios, "Xen") && has(model, "HVM")) => "xen",
        () if has(vendor, "Parallels") => "parallels",
        () if has(vendor, "BHYVE") || has(bios, "BHYVE") || has(model, "BHYVE") => "bhyve",
        () if has(vendor, "Apple") && has(model, "Apple Virtualization") => "apple",
        () if model.as_deref() == Some("KVM") || has(model, "KubeVirt") || has(model, "OpenStack") || has(model, "RHEV") => "kvm",
        () if has(vendor, "QEMU") || has(model, "QEMU") => "qemu",
        () => return None,
    })
}

fn from_device_tree(compatible: &str) -> Option<String> {
    let kind = match compatible {
        "linux,kvm" => "kvm",
        "vmware" => "vmware",
        other if other.contains("xen") => "xen",
        _ => "vm-other",
    };
    Some(kind.to_owned())
}

/// Clock sources that a kernel offers only as the guest of that hypervisor.
fn from_clocks(clocks: &str) -> Option<String> {
    let kinds = [("kvm-clock", "kvm"), ("hyperv_clocksource", "hyper-v"), ("xen", "xen")];
    let kind = kinds.iter().find(|(clock, _)| clocks.split_whitespace().any(|name| name.starts_with(clock)))?;
    Some(kind.1.to_owned())
}

/// A short lower-case word, as the runtimes write their names; anything else is not a name.
fn word(text: &str) -> Option<String> {
    let text = text.trim();
    let shaped =
        (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    shaped.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::{super::machines::Machine, *};

    fn check(machine: Machine, kind: Option<&str>, container: bool) {
        let roots = machine.roots();
        let found = detect(&roots, &dmi::read(&roots));
        assert_eq!((found.kind.as_deref(), found.container), (kind, container));
    }

    fn firmware(files: &[(&str, &str)]) -> Machine {
        Machine::new().files("sys/class/dmi/id", files)
    }

    #[test]
    fn firmware_names_the_hypervisor() {
        let kvm_clock = |machine: Machine| {
            machine.file("sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc kvm-clock acpi_pm \n")
        };
        check(firmware(&[("sys_vendor", "VMware, Inc."), ("product_name", "VMware7,1")]), Some("vmware"), false);
        check(firmware(&[("sys_vendor", "innotek GmbH"), ("product_name", "VirtualBox")]), Some("oracle"), false);
        check(firmware(&[("sys_vendor", "Microsoft Corporation"), ("product_name", "Virtual Machine")]), Some("hyper-v"), false);
        check(firmware(&[("sys_vendor", "Microsoft Corporation"), ("product_name", "Surface Laptop 4")]), None, false);
        check(firmware(&[("sys_vendor", "Amazon EC2"), ("product_name", "m5.large")]), Some("amazon"), false);
        check(firmware(&[("sys_vendor", "Amazon EC2"), ("product_name", "m5.metal")]), None, false);
        check(firmware(&[("sys_vendor", "Google"), ("product_name", "Eve")]), None, false);
        check(firmware(&[("sys_vendor", "Google"), ("product_name", "Google Compute Engine")]), Some("google"), false);
        check(firmware(&[("sys_vendor", "Oracle Corporation"), ("product_name", "SUN FIRE X4170 M3")]), None, false);
        check(firmware(&[("sys_vendor", "QEMU"), ("product_name", "Standard PC (Q35 + ICH9, 2009)")]), Some("qemu"), false);
        check(kvm_clock(firmware(&[("sys_vendor", "QEMU")])), Some("kvm"), false);
        check(firmware(&[("sys_vendor", "Xen"), ("product_name", "HVM domU")]), Some("xen"), false);
        check(firmware(&[("sys_vendor", "Dell Inc.")]), None, false);
    }

    #[test]
    fn without_firmware_the_kernel_tells() {
        let flagged = || Machine::new().file("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu hypervisor sse\n");
        check(flagged(), Some("vm-other"), false);
        check(
            flagged().file("sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc kvm-clock"),
            Some("kvm"),
            false,
        );
        check(
            flagged().file("sys/devices/system/clocksource/clocksource0/available_clocksource", "hyperv_clocksource_tsc_page"),
            Some("hyper-v"),
            false,
        );
        check(flagged().file("sys/hypervisor/type", "xen\n"), Some("xen"), false);
        check(flagged().file("sys/hypervisor/type", "xen\n").file("proc/xen/capabilities", "control_d\n"), None, false);
        check(Machine::new().file("proc/device-tree/hypervisor/compatible", "linux,kvm\0"), Some("kvm"), false);
        check(Machine::new().file("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vmx hypervisors\n"), None, false);
        check(Machine::new(), None, false);
    }

    #[test]
    fn a_container_wins_and_a_stale_marker_does_not() {
        let vmware = || firmware(&[("sys_vendor", "VMware, Inc.")]);
        let inside = || vmware().link("proc/self/ns/pid", "pid:[4026532301]");
        let outside = || vmware().link("proc/self/ns/pid", FIRST_PID_NAMESPACE);
        check(inside(), Some("container-other"), true);
        check(inside().file(".dockerenv", ""), Some("docker"), true);
        check(inside().file("run/systemd/container", "systemd-nspawn\n"), Some("systemd-nspawn"), true);
        check(inside().file("proc/1/environ", b"PATH=/bin\0container=lxc\0"), Some("lxc"), true);
        check(
            inside().file("proc/self/cgroup", "0::/kubepods.slice/kubepods-pod1.slice/cri-2.scope\n"),
            Some("kubernetes"),
            true,
        );
        check(outside().file(".dockerenv", ""), Some("vmware"), false);
        check(vmware().file(".dockerenv", ""), Some("docker"), true);
        let mounts = "712 690 8:1 /var/lib/docker/containers/0a1b/hostname /etc/hostname rw,relatime - ext4 /dev/sda1 rw\n";
        check(outside().file("proc/self/mountinfo", mounts), Some("docker"), true);
        let host =
            "36 1 8:1 / / rw - ext4 /dev/sda1 rw\n90 36 0:50 / /var/lib/docker/overlay2/ab/merged rw - overlay overlay rw\n";
        check(outside().file("proc/self/mountinfo", host), Some("vmware"), false);
        check(Machine::new().file("proc/sys/kernel/osrelease", "5.15.90.1-microsoft-standard-WSL2\n"), Some("wsl"), true);
    }
}
