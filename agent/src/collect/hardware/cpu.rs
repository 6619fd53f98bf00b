//! Sockets, cores and threads.
//!
//! In: the processor topology in sysfs, or `/proc/cpuinfo` where there is none. Out: counts over the processors that are online. It
//! must not count what it cannot see: a count that is not known stays absent.

use super::roots::{self, Roots};
use std::collections::BTreeSet;

/// How many of each there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) sockets: Option<u32>,
    pub(super) cores: Option<u32>,
    pub(super) threads: Option<u32>,
}

/// One hardware thread: where it sits.
struct Thread {
    package: i64,
    core: String,
}

/// Counts from sysfs, else from `/proc/cpuinfo`.
pub(super) fn counts(roots: &Roots) -> Counts {
    let threads = from_topology(roots);
    if threads.is_empty() {
        return roots::text(&roots.proc.join("cpuinfo")).map(|text| count(&from_cpuinfo(&text))).unwrap_or_default();
    }
    count(&threads)
}

/// `true` when the processor says that a hypervisor runs it (x86 only).
pub(super) fn hypervisor_flag(roots: &Roots) -> bool {
    let Some(text) = roots::text(&roots.proc.join("cpuinfo")) else { return false };
    let flags = text.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.trim() == "flags");
    flags.is_some_and(|(_, flags)| flags.split_whitespace().any(|flag| flag == "hypervisor"))
}

fn from_topology(roots: &Roots) -> Vec<Thread> {
    let base = roots.sys.join("devices/system/cpu");
    let cpus = roots::names(&base).into_iter().filter(|name| is_cpu(name));
    cpus.filter_map(|name| {
        let dir = base.join(name).join("topology");
        let package = roots::number(&dir.join("physical_package_id"))?;
        // The list of sibling threads names a core better than `core_id`, which repeats between the dies and clusters of one package.
        let core = ["core_cpus_list", "thread_siblings_list", "core_id"].iter().find_map(|file| roots::text(&dir.join(file)))?;
        Some(Thread { package, core: core.trim().to_owned() })
    })
    .collect()
}

fn from_cpuinfo(text: &str) -> Vec<Thread> {
    let mut threads = Vec::new();
    for block in text.split("\n\n") {
        let field = |name: &str| {
            block
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(key, _)| key.trim() == name)
                .map(|(_, value)| value.trim().to_owned())
        };
        // Without topology (old ARM kernels) every processor is a core of its own in one package.
        let Some(processor) = field("processor") else { continue };
        let package = field("physical id").and_then(|id| id.parse().ok()).unwrap_or(0);
        threads.push(Thread { package, core: field("core id").unwrap_or(processor) });
    }
    threads
}

fn count(threads: &[Thread]) -> Counts {
    if threads.is_empty() {
        return Counts::default();
    }
    let packages: BTreeSet<i64> = threads.iter().map(|thread| thread.package).collect();
    let cores: BTreeSet<(i64, &str)> = threads.iter().map(|thread| (thread.package, thread.core.as_str())).collect();
    let number = |count: usize| u32::try_from(count).ok();
    Counts { sockets: number(packages.len()), cores: number(cores.len()), threads: number(threads.len()) }
}

fn is_cpu(name: &str) -> bool {
    name.strip_prefix("cpu").is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::{super::machines::Machine, *};
    use proptest::prelude::*;

    fn check(machine: Machine, want: (u32, u32, u32)) {
        let got = counts(&machine.roots());
        assert_eq!((got.sockets, got.cores, got.threads), (Some(want.0), Some(want.1), Some(want.2)));
    }

    #[test]
    fn topology_is_counted() {
        check(Machine::new().cpus(1, 4, 2), (1, 4, 8));
        check(Machine::new().cpus(2, 16, 2), (2, 32, 64));
        check(Machine::new().cpus(4, 1, 1), (4, 4, 4));
        check(
            Machine::new()
                .cpus(1, 2, 1)
                .file("sys/devices/system/cpu/cpufreq/x", "")
                .file("sys/devices/system/cpu/cpu9/online", "0"),
            (1, 2, 2),
        );
    }

    #[test]
    fn cpuinfo_is_the_fallback() {
        let cpu = |processor: u32, package: u32, core: u32| {
            format!("processor\t: {processor}\nphysical id\t: {package}\ncore id\t\t: {core}\n\n")
        };
        let text: String =
            [(0, 0, 0), (1, 0, 0), (2, 0, 1), (3, 0, 1), (4, 1, 0), (5, 1, 0)].iter().map(|(p, s, c)| cpu(*p, *s, *c)).collect();
        check(Machine::new().file("proc/cpuinfo", text), (2, 3, 6));
        let arm = "processor\t: 0\nBogoMIPS\t: 108.00\n\nprocessor\t: 1\nBogoMIPS\t: 108.00\n\nHardware\t: BCM2835\n";
        check(Machine::new().file("proc/cpuinfo", arm), (1, 2, 2));
        assert_eq!(counts(&Machine::new().roots()), Counts::default());
    }

    proptest! {
        #[test]
        fn any_cpuinfo_is_survived(text in "(processor|physical id|core id|flags|[a-z:\\n\\t 0-9-])*") {
            let threads = from_cpuinfo(&text);
            let counted = count(&threads);
            prop_assert!(counted.cores.unwrap_or(0) <= counted.threads.unwrap_or(0));
        }
    }
}
